# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, timedelta

from odoo import Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# A Tuesday: the day before and the day after are open too.
TODAY = date(2026, 3, 17)


class RecouvrementCommon(AccountTestInvoicingCommon):
    """A live company on a given day, a ladder of its own, and short factories.

    Days are counted from ``TODAY``; the one query gets the day as a parameter,
    so that no test depends on the clock.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "recouvrement_amiable.group_credit_manager"
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.env = cls.env(
            context=dict(
                cls.env.context,
                lang="en_US",
                recouvrement_day=fields.Date.to_string(TODAY),
            )
        )
        cls.company = cls.env["res.company"].browse(cls.company_data["company"].id)
        cls.company.sudo().write(
            {
                "recouvrement_test_mode": False,
                "recouvrement_french_law": True,
                "recouvrement_bank_policy": "warn",
                "recouvrement_collector_id": cls.env.uid,
                "recouvrement_manager_id": cls.env.uid,
                "email": "compta@exemple.example",
            }
        )
        # what the night writes down is in this language
        cls.company.sudo().partner_id.lang = "en_US"
        cls.scenario = cls._create_scenario("Ladder")
        cls.env["recouvrement.scenario"].search(
            [("id", "!=", cls.scenario.id)]
        ).sudo().write({"by_hand": True})
        cls.courtesy, cls.level1, cls.level2, cls.level3 = (
            cls.scenario.level_ids.sorted("delay")
        )
        cls.customer = cls._create_customer("Menuiserie Vasseur")

    # ------------------------------------------------------------------
    # Factories
    # ------------------------------------------------------------------
    @classmethod
    def _create_scenario(cls, name, delays=(-5, 3, 15, 30), **vals):
        levels = [
            Command.create(
                {
                    "name": f"Level {delay:+d}",
                    "delay": delay,
                    "minimum_gap": 5,
                    "subject": "Relance {{company}}",
                    "body": "<p>Dear {{customer}}, {{amount_due}} is due.</p>",
                }
            )
            for delay in delays
        ]
        return cls.env["recouvrement.scenario"].create(
            dict({"name": name, "sequence": 1, "level_ids": levels}, **vals)
        )

    @classmethod
    def _create_customer(cls, name, **vals):
        slug = name.split()[0].lower()
        return cls.env["res.partner"].create(
            dict(
                {
                    "name": name,
                    "is_company": True,
                    "email": f"{slug}@client.example",
                    "phone": "02 96 00 00 00",
                    "street": "1 rue du Port",
                    "zip": "22000",
                    "city": "Saint-Brieuc",
                    "lang": "en_US",
                },
                **vals,
            )
        )

    @classmethod
    def _invoice(cls, days_late, amount=1000.0, partner=None, **vals):
        """A posted invoice of one line without tax, ``days_late`` on TODAY."""
        due = TODAY - timedelta(days=days_late)
        company = vals.pop("company", cls.company)
        post = vals.pop("post", True)
        journal = cls.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        )
        lines = [
            Command.create(
                {"name": "Work", "quantity": 1, "price_unit": amount, "tax_ids": []}
            )
        ]
        move = cls.env["account.move"].create(
            dict(
                {
                    "move_type": "out_invoice",
                    "partner_id": (partner or cls.customer).id,
                    "journal_id": journal.id,
                    "invoice_date": min(due - timedelta(days=30), TODAY),
                    "invoice_date_due": due,
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": lines,
                },
                **vals,
            )
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def _vat_credit(cls, partner, amount=5000.0):
        """A receivable of the State: its account says that it is no trade."""
        account = cls.company_data["default_account_receivable"].copy(
            {"name": "VAT credit to carry forward", "non_trade": True}
        )
        revenue = cls.company_data["default_account_revenue"]
        due = TODAY - timedelta(days=40)
        entry = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": due,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": side.id,
                            "partner_id": partner.id,
                            "balance": balance,
                            "date_maturity": due,
                        }
                    )
                    for side, balance in ((account, amount), (revenue, -amount))
                ],
            }
        )
        entry.action_post()
        return entry

    @classmethod
    def _change_customer(cls, move, partner):
        """An invoice that was posted on the wrong customer is put right."""
        item = move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        move.button_draft()
        move.partner_id = partner
        move.action_post()
        assert item.exists(), "core keeps the item: so the test says something"

    @classmethod
    def _credit_note(cls, amount, partner=None):
        return cls._invoice(0, amount, partner, move_type="out_refund")

    @classmethod
    def _pay(cls, move, amount=None, days_ago=0):
        """Register a payment of an invoice and reconcile it."""
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create(
                dict(
                    {"payment_date": TODAY - timedelta(days=days_ago)},
                    **({"amount": amount} if amount else {}),
                )
            )
        )
        return wizard._create_payments()

    @classmethod
    def _unallocated(cls, amount, partner=None):
        """A customer payment that nobody matched yet."""
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or cls.customer).id,
                "amount": amount,
                "date": TODAY,
                "journal_id": cls.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        return payment

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------
    @classmethod
    def _rows(cls, partner=None, day=TODAY, company=None):
        """Rows of the one query for a customer, oldest first."""
        company = company or cls.company
        partner = partner or cls.customer
        Dossier = cls.env["recouvrement.dossier"].sudo()
        Dossier._refresh(company, day, partner)
        rows = cls.env["recouvrement.open.item"]._situations(company, partner, day)
        return sorted(rows, key=lambda row: (row["date_due"], row["id"]))

    @classmethod
    def _row(cls, move, day=TODAY):
        rows = [
            row
            for row in cls._rows(move.commercial_partner_id, day, move.company_id)
            if row["move_id"] == move.id
        ]
        return rows[0] if rows else None

    @classmethod
    def _dossier(cls, partner=None, company=None):
        company = company or cls.company
        partner = partner or cls.customer
        cls.env["recouvrement.dossier"].sudo()._refresh(company, TODAY, partner)
        return cls.env["recouvrement.dossier"].search(
            [("partner_id", "in", partner.ids), ("company_id", "=", company.id)]
        )

    @classmethod
    def _run(cls, day=TODAY, company=None):
        return (
            cls.env["recouvrement.run"].sudo()._run_company(company or cls.company, day)
        )

    @classmethod
    def _relances(cls, partner=None):
        return cls.env["recouvrement.relance"].search(
            [("dossier_id.partner_id", "=", (partner or cls.customer).id)], order="id"
        )

    def _lines(self, run):
        return {line.partner_id: line for line in run.line_ids}

    def _relance_now(self, records, level, **vals):
        wizard = (
            self.env["recouvrement.relance.now"]
            .with_context(active_model=records._name, active_ids=records.ids)
            .create(dict({"level_id": level.id}, **vals))
        )
        return wizard.action_confirm()

    def _user(self, *groups):
        login = "user_" + "_".join(groups)
        return (
            self.env["res.users"]
            .sudo()
            .create(
                {
                    "name": login,
                    "login": login,
                    "company_id": self.company.id,
                    "company_ids": [(6, 0, self.company.ids)],
                    "group_ids": [(6, 0, [self.env.ref("base.group_user").id])]
                    + [
                        (4, self.env.ref(f"recouvrement_amiable.{group}").id)
                        for group in groups
                    ],
                }
            )
        )

    def assertSituation(self, move, situation, reason=None, day=TODAY):
        row = self._row(move, day)
        self.assertEqual((row["situation"], row["reason"]), (situation, reason), row)
        return row
