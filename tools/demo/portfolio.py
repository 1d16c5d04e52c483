"""The demo's own customers: who they are, what they buy, how they pay.

``data/portfolio.csv`` has one line per customer. Its days are counted from the day of
the demo, so that the demo is the same whenever it is made:

* ``past``: ``5 x 1450 / 20`` is five invoices of about 1,450 over the past year, paid
  about 20 days late (before the due date if negative);
* ``open``: ``30:1960 -5:840`` is one invoice that fell due 30 days ago, another that
  falls due in 5 days, before VAT. ``:half`` is partly paid; ``:blocked``, ``:excluded``
  and ``:nofollowup`` are the decisions of a person about it;
* ``credits``: ``note 6 380`` is a credit note of 6 days ago, ``payment 2 3600`` a
  payment of 2 days ago, neither of them matched with an invoice;
* ``more``: ``key`` account, ``bad`` payer, ``paused`` dossier, ``english`` letters, or
  the currency of a foreign customer.
"""

import csv
import random
from dataclasses import dataclass, field
from datetime import timedelta

from odoo.fields import Command

from .company import DATA, bank_journal, staff

# Every number is from a range that is never attributed.
PHONES = {
    "01": "+33 1 99 00 {:02d} {:02d}",
    "02": "+33 2 61 91 {:02d} {:02d}",
    "03": "+33 3 53 01 {:02d} {:02d}",
    "04": "+33 4 65 71 {:02d} {:02d}",
    "05": "+33 5 36 49 {:02d} {:02d}",
    "+44": "+44 117 496 0{0}{1:02d}",
    "+49": "+49 40 66969 {0}{1:02d}",
    "+1": "+1 312 555 01{1:02d}",
}
# Days of the instalments of each payment term.
TERMS = {
    "0": ("Comptant", "Immediate payment", [0]),
    "15": ("15 jours", "15 days", [15]),
    "30": ("30 jours", "30 days", [30]),
    "45": ("45 jours", "45 days", [45]),
    "60": ("60 jours", "60 days", [60]),
    "3x": ("3 échéances : 30, 60 et 90 jours", "3 instalments", [30, 60, 90]),
}
# One unit of the company's currency, a year ago and since four months.
RATES = {"GBP": (0.842, 0.861), "USD": (1.092, 1.134)}
# The oldest invoice of the demo.
YEAR = 350


@dataclass
class Bill:
    """An invoice, and what becomes of it.

    :ivar due: day of its first instalment
    :ivar paid: ``[(day, instalment, share)]``
    :ivar flag: a decision of a person, see the head of this file
    """

    row: dict
    due: object
    amount: int
    paid: list = field(default_factory=list)
    flag: str = ""
    move: object = None

    @property
    def terms(self):
        return TERMS[self.row["terms"]][2]

    @property
    def date(self):
        return self.due - timedelta(days=self.terms[0])

    def instalment(self, number):
        """The item of the ledger, the first one is 0."""
        return self.move.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).sorted("date_maturity")[number]


class Portfolio:
    """Lives the past year of the company, up to the day of the demo."""

    def __init__(self, env, day):
        self.env = env(context=dict(env.context, tracking_disable=True))
        self.company = env.ref("base.main_company")
        self.journal = bank_journal(env)
        self.day = day
        # the same customers do the same things in every demo
        self.draw = random.Random("portfolio")
        self.people = staff(env)
        self._set_rates()
        self.terms = {key: self._term(key) for key in TERMS}
        self.products = self._products()
        rows = _rows("portfolio.csv")
        self.partners = {row["name"]: self._partner(row) for row in rows}
        self._open_dossiers(rows)
        self.bills = [bill for row in rows for bill in self._bills(row)]
        self.events = sorted(
            [event for bill in self.bills for event in self._events(bill)]
            + [event for row in rows for event in self._other_events(row)],
            key=lambda event: event[0],
        )

    def _ago(self, days):
        return self.day - timedelta(days=days)

    # ------------------------------------------------------------------
    # Who they are
    # ------------------------------------------------------------------
    def _set_rates(self):
        for name, rates in RATES.items():
            currency = (
                self.env["res.currency"]
                .with_context(active_test=False)
                .search([("name", "=", name)])
            )
            currency.active = True
            currency.rate_ids.unlink()
            self.env["res.currency.rate"].create(
                [
                    {"currency_id": currency.id, "name": self._ago(days), "rate": rate}
                    for days, rate in zip((YEAR + 100, 120), rates, strict=True)
                ]
            )

    def _term(self, key):
        name, english, days = TERMS[key]
        share = round(100 / len(days), 2)
        term = self.env["account.payment.term"].create(
            {
                "name": name,
                "note": name,
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": share
                            if number < len(days)
                            else 100 - share * (len(days) - 1),
                            "nb_days": nb_days,
                        }
                    )
                    for number, nb_days in enumerate(days, 1)
                ],
            }
        )
        term.with_context(lang="en_US").write({"name": english, "note": english})
        term.with_context(lang="fr_FR").write({"name": name, "note": name})
        return term

    def _products(self):
        rows = _rows("products.csv")
        products = self.env["product.product"].create(
            [{"name": row["name"], "list_price": float(row["price"])} for row in rows]
        )
        for product, row in zip(products, rows, strict=True):
            product.with_context(lang="en_US").name = row["english"]
            product.with_context(lang="fr_FR").name = row["name"]
        return products.sorted("list_price", reverse=True)

    def _partner(self, row):
        more = row["more"]
        foreign = more in ("english", *RATES)
        partner = self.env["res.partner"].create(
            {
                "name": row["name"],
                "is_company": row["kind"] != "consumer",
                "customer_rank": 1,
                "street": row["street"],
                "zip": row["zip"],
                "city": row["city"],
                "country_id": self.env.ref(f"base.{row['country']}").id,
                "phone": self._phone(row["phone"]),
                "email": row["email"],
                "lang": "en_US" if foreign else "fr_FR",
                "user_id": self.people[row["seller"]].id if row["seller"] else False,
                "property_payment_term_id": self.terms[row["terms"]].id,
                "trust": "bad" if more == "bad" else "normal",
                "property_account_position_id": self._fiscal_position(row).id,
            }
        )
        if row["invoice_contact"]:
            self._invoice_contact(partner, row["invoice_contact"])
        return partner

    def _fiscal_position(self, row):
        """Sales to a company of another country of the Union bear no VAT."""
        positions = self.env["account.fiscal.position"]
        if row["country"] != "de":
            return positions
        chart = self.env["account.chart.template"]
        return chart.ref("fiscal_position_template_intraeub2b")

    def _invoice_contact(self, partner, email):
        self.env["res.partner"].create(
            {
                "parent_id": partner.id,
                "type": "invoice",
                "name": "Service comptabilité",
                "email": email,
                "phone": self._phone("01"),
                "lang": partner.lang,
                **{name: partner[name] for name in ("street", "zip", "city")},
                "country_id": partner.country_id.id,
            }
        )

    def _phone(self, prefix):
        pair = int(self.draw.random() * 100), int(self.draw.random() * 100)
        return PHONES[prefix].format(*pair) if prefix else False

    def _open_dossiers(self, rows):
        key_account = self.env.ref("recouvrement_amiable.scenario_key_account")
        self.env["recouvrement.dossier"].create(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": self.partners[row["name"]].id,
                    "kind": row["kind"],
                    "collector_id": self.people[row["collector"]].id,
                    "scenario_choice_id": row["more"] == "key" and key_account.id,
                }
                for row in rows
            ]
        )

    # ------------------------------------------------------------------
    # What they buy, how they pay
    # ------------------------------------------------------------------
    def _bills(self, row):
        bills = []
        if row["past"]:
            count, amount, late = (
                int(part) for part in row["past"].replace("x", "/").split("/")
            )
            bills = [
                self._past_bill(row, number / count, amount, late)
                for number in range(count)
            ]
        for story in row["open"].split():
            days, amount, *flag = story.split(":")
            bill = Bill(row, self._ago(int(days)), int(amount), flag="".join(flag))
            if bill.flag == "half":
                bill.paid = [(bill.due + timedelta(days=10), 0, 0.5)]
            bills.append(bill)
        return bills

    def _past_bill(self, row, place, amount, late):
        """One of the invoices of the past year, ``place`` from 0 to 1 in it."""
        last = late + TERMS[row["terms"]][2][-1] - TERMS[row["terms"]][2][0] + 12
        days = YEAR - TERMS[row["terms"]][2][-1] - 20
        ago = days - place * max(days - last, 0) - self.draw.random() * 6
        about = max(int(amount * (0.8 + 0.4 * self.draw.random())), 12)
        bill = Bill(row, self._ago(int(ago)), about)
        for instalment, nb_days in enumerate(bill.terms):
            shift = late + int(self.draw.random() * 7) - 3
            due = bill.due + timedelta(days=nb_days - bill.terms[0])
            paid = max(due + timedelta(days=shift), bill.date)
            bill.paid.append((_weekday(min(paid, self._ago(3))), instalment, 1))
        return bill

    # ------------------------------------------------------------------
    # What happens: (day, method, arguments)
    # ------------------------------------------------------------------
    def _events(self, bill):
        yield bill.date, "_bill", (bill,)
        for day, instalment, share in bill.paid:
            yield day, "_pay", (bill, instalment, share)
        if bill.flag in ("blocked", "excluded", "nofollowup"):
            day = max(bill.due + timedelta(days=2), bill.date)
            yield min(day, self._ago(1)), f"_{bill.flag}", (bill,)

    def _other_events(self, row):
        if row["credits"]:
            kind, days, amount = row["credits"].split()
            yield self._ago(int(days)), f"_unmatched_{kind}", (row, int(amount))
        if row["more"] == "paused":
            yield self._ago(12), "_pause", (row,)

    def advance(self, day):
        """Live up to the end of a day; invoices and payments are made together."""
        known = [event for event in self.events if event[0] <= day]
        self.events = self.events[len(known) :]
        self._post([event[2][0] for event in known if event[1] == "_bill"])
        self._pay([(event[0], *event[2]) for event in known if event[1] == "_pay"])
        for when, method, arguments in known:
            if method not in ("_bill", "_pay"):
                getattr(self, method)(when, *arguments)
        self.env.flush_all()

    def _post(self, bills):
        if not bills:
            return
        moves = self.env["account.move"].create(
            [self._bill_values(bill) for bill in bills]
        )
        moves.action_post()
        for bill, move in zip(bills, moves, strict=True):
            bill.move = move

    def _bill_values(self, bill):
        partner = self.partners[bill.row["name"]]
        return {
            "move_type": "out_invoice",
            "partner_id": partner.address_get(["invoice"])["invoice"],
            "invoice_user_id": partner.user_id.id,
            "invoice_date": bill.date,
            "invoice_payment_term_id": self.terms[bill.row["terms"]].id,
            "currency_id": self._currency(bill.row).id,
            "invoice_line_ids": self._goods(bill.amount),
        }

    def _currency(self, row):
        if row["more"] in RATES:
            return self.env.ref(f"base.{row['more']}")
        return self.company.currency_id

    def _goods(self, amount):
        """Products for exactly this amount, the dearest ones that fit first."""
        fitting = self.products.filtered(lambda product: product.list_price <= amount)
        first = fitting[int(self.draw.random() * min(4, len(fitting)))]
        quantity = max(
            int(amount * (0.6 + 0.3 * self.draw.random()) / first.list_price), 1
        )
        rest = amount - quantity * first.list_price
        lines = [(first, quantity, first.list_price)]
        if rest:
            lines.append((self.products[-3 if rest >= 150 else -1], 1, rest))
        return [
            Command.create(
                {"product_id": product.id, "quantity": quantity, "price_unit": price}
            )
            for product, quantity, price in lines
        ]

    # ------------------------------------------------------------------
    # Payments
    # ------------------------------------------------------------------
    def _pay(self, payments):
        """Bank statement lines matched with the instalments that they pay.

        :param payments: list of ``(day, bill, instalment, share)``
        """
        if not payments:
            return
        due = [bill.instalment(number) for _day, bill, number, _share in payments]
        received = self._receive(
            [
                self._payment_values(
                    day, bill.row, line.amount_residual_currency * share, bill.move.name
                )
                for (day, bill, _number, share), line in zip(payments, due, strict=True)
            ]
        )
        due[0]._reconcile_plan(
            [one | two for one, two in zip(due, received, strict=True)]
        )

    def _receive(self, values):
        """The items that payments leave on the accounts of the customers."""
        lines = self.env["account.bank.statement.line"].create(values)
        return [
            line.move_id.line_ids.filtered(
                lambda item: item.account_type == "asset_receivable"
            )
            for line in lines
        ]

    def _payment_values(self, day, row, amount, label):
        partner = self.partners[row["name"]]
        currency = self._currency(row)
        amount = currency.round(amount)
        values = {
            "journal_id": self.journal.id,
            "date": day,
            "partner_id": partner.id,
            "payment_ref": f"Virement {partner.name} {label}",
            "amount": amount,
            "counterpart_account_id": partner.property_account_receivable_id.id,
        }
        if currency != self.company.currency_id:
            values["foreign_currency_id"] = currency.id
            values["amount_currency"] = amount
            values["amount"] = currency._convert(
                amount, self.company.currency_id, self.company, day
            )
        return values

    def _unmatched_payment(self, day, row, amount):
        self._receive([self._payment_values(day, row, amount, "acompte")])

    def _unmatched_note(self, day, row, amount):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.partners[row["name"]].id,
                "invoice_date": day,
                "invoice_payment_term_id": self.terms["0"].id,
                "invoice_line_ids": self._goods(amount),
            }
        )
        note.action_post()

    # ------------------------------------------------------------------
    # Decisions of a person
    # ------------------------------------------------------------------
    def _blocked(self, _day, bill):
        bill.move.action_toggle_block_payment()

    def _nofollowup(self, _day, bill):
        bill.move.no_followup = True

    def _excluded(self, _day, bill):
        self.env["recouvrement.exclusion"].create(
            {
                "company_id": self.company.id,
                "move_id": bill.move.id,
                "reason": "Retenue de garantie, à réclamer à la réception",
                "user_id": self.people["sylvie"].id,
            }
        )

    def _pause(self, _day, row):
        dossier = self.env["recouvrement.dossier"].search(
            [("partner_id", "=", self.partners[row["name"]].id)]
        )
        dossier._pause(
            self.day + timedelta(days=18),
            "Le gérant est hospitalisé, rappeler à son retour",
        )


def _rows(name):
    with open(DATA / name, encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter=";"))


def _weekday(day):
    """Banks are closed on Saturday and Sunday."""
    return day - timedelta(days=max(day.weekday() - 4, 0))
