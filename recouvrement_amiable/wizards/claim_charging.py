# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Puts charges on invoices, or waives them: each day of an item once."""

from datetime import timedelta

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_date, formatLang

from ..legal.amounts import to_decimal
from ..legal.parameters import CONSUMER, PUBLIC

# A charge invoice is dated soon after the days that it charges.
FURTHEST = timedelta(days=62)


class ClaimCharging:
    """Charges chosen on a statement.

    The amounts are computed again here: the screen may be old.

    :param env: of the user who decides
    :param chosen: recouvrement.claim.line
    :param statement: recouvrement.claim.statement, for its days
    """

    def __init__(self, env, chosen, statement):
        self.env = env
        self.day = statement.date
        self.invoice_date = statement.invoice_date
        dossiers = statement.dossier_ids
        dossiers.check_access("write")
        dossiers._lock_or_explain()
        self.env["recouvrement.charge"].sudo()._sync(dossiers.company_id)
        self._check_days(dossiers.company_id)
        self.found = self._claimable(dossiers, chosen)
        self.items = (
            env["account.move.line"]
            .browse(self.found)
            .sorted(lambda item: (self.found[item.id][0].due, item.id))
        )
        if not self.found:
            raise UserError(
                env._("Nothing is left to charge: somebody else was faster.")
            )

    def _claimable(self, dossiers, chosen):
        """``{item id: (claim, statement)}`` of the items chosen, as they are now.

        Only items of the dossiers whose rights were checked.
        """
        claim = self.env["recouvrement.claim"]
        found = claim._statements_of(
            SQL(
                "%s AND l.id IN %s",
                claim._claimable_sql(dossiers),
                tuple(chosen.move_line_id.ids) or (0,),
            ),
            self.day,
        )
        return {
            item_id: pair
            for item_id, pair in found.items()
            if pair[0].charges and pair[0].dossier_id in dossiers._ids
        }

    def _check_days(self, companies):
        for company in companies:
            if self.day > company._recouvrement_today():
                raise UserError(
                    self.env._(
                        "Interest is charged for days that are over: choose a day up to"
                        " %s.",
                        format_date(self.env, company._recouvrement_today()),
                    )
                )
            latest = company._recouvrement_today() + FURTHEST
            if not self.day <= self.invoice_date <= latest:
                raise UserError(
                    self.env._(
                        "Date the charge invoice between %(day)s, the last day charged,"
                        " and %(latest)s.",
                        day=format_date(self.env, self.day),
                        latest=format_date(self.env, latest),
                    )
                )

    # ------------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------------
    def charge(self):
        """:return: the charge invoices, drafts"""
        groups = {}
        for item in self.items:
            answer = self.found[item.id][0]
            key = (answer.dossier_id, answer.currency_id)
            groups.setdefault(key, []).append(item.id)
        # As superuser: a collector decides on the charges, which were checked above,
        # and need not be allowed to make other invoices. It stays a draft.
        moves = self.env["account.move"].sudo()
        for (dossier_id, currency_id), item_ids in groups.items():
            dossier = self.env["recouvrement.dossier"].browse(dossier_id)
            move = moves.create(self._move_values(dossier, currency_id, item_ids))
            self._keep(item_ids, charge_move_id=move.id)
            moves |= move
        return moves.sudo(False)

    def _move_values(self, dossier, currency_id, item_ids):
        company = dossier.company_id
        journal = self._journal(company)
        accounts = self._accounts(company)
        contact = dossier.partner_id
        address = contact.address_get(["invoice"])["invoice"]
        env = self.env["account.move"].with_context(lang=contact.lang).env
        kinds = {self.found[item_id][0].kind for item_id in item_ids}
        return {
            "move_type": "out_invoice",
            "company_id": company.id,
            "journal_id": journal.id,
            "partner_id": address or contact.id,
            "currency_id": currency_id,
            "invoice_date": self.invoice_date,
            "invoice_date_due": self.invoice_date,
            "invoice_payment_term_id": False,
            "ref": _reference(env, kinds),
            "recouvrement_is_charge": True,
            "invoice_line_ids": [
                Command.create(values | {"sequence": rank})
                for rank, values in enumerate(
                    values
                    for item_id in item_ids
                    for values in self._line_values(env, item_id, accounts)
                )
            ],
        }

    def _journal(self, company):
        journal = company.sudo().recouvrement_charge_journal_id or self.env[
            "account.journal"
        ].search(
            [
                *self.env["account.journal"]._check_company_domain(company),
                ("type", "=", "sale"),
            ],
            limit=1,
        )
        if not journal:
            raise UserError(
                self.env._(
                    "%s has no sales journal: create one, or choose the journal of"
                    " charges in the settings.",
                    company.name,
                )
            )
        lock = company._get_user_fiscal_lock_date(journal)
        if self.invoice_date <= lock:
            raise UserError(
                self.env._(
                    "The accounts of %(company)s are locked until %(day)s: date the"
                    " charge invoice later.",
                    company=company.name,
                    day=format_date(self.env, lock),
                )
            )
        return journal

    def _accounts(self, company):
        accounts = company._recouvrement_charge_accounts()
        missing = [kind for kind, account in accounts.items() if not account]
        if missing:
            raise UserError(
                self.env._(
                    "%s: choose the accounts of interest and of indemnities in the"
                    " settings, Recouvrement block.",
                    company.name,
                )
            )
        return accounts

    def _line_values(self, env, item_id, accounts):
        """One line per segment, one for the indemnity; no tax (damages)."""
        answer, statement = self.found[item_id]
        item = self.env["account.move.line"].browse(item_id)
        currency = item.currency_id
        name = item.move_id.name
        rows = []
        billed = 0.0
        for segment in statement.segments if statement else ():
            amount = float(to_decimal(segment.amount, currency.decimal_places))
            base = float(to_decimal(segment.base, currency.decimal_places))
            billed += amount
            rows.append(
                (
                    env._(
                        "%(invoice)s: interest from %(first)s to %(last)s, %(days)s"
                        " days at %(rate)s %% on %(base)s",
                        invoice=name,
                        first=format_date(env, segment.first),
                        last=format_date(env, segment.last),
                        days=segment.days,
                        rate=_percent(env, segment.percent),
                        base=formatLang(env, base, currency_obj=currency),
                    ),
                    amount,
                    accounts["interest"],
                )
            )
        rest = currency.round(answer.interest - billed)
        if rest:
            label = env._("%s: correction of interest charged before", name)
            rows.append((label, rest, accounts["interest"]))
        if answer.indemnity:
            label = env._("%s: fixed indemnity for recovery costs", name)
            rows.append((label, answer.indemnity, accounts["indemnity"]))
        return [
            {
                "name": label,
                "quantity": 1,
                "price_unit": amount,
                "account_id": account.id,
                "tax_ids": [Command.clear()],
            }
            for label, amount, account in rows
            if amount
        ]

    # ------------------------------------------------------------------
    # Waivers
    # ------------------------------------------------------------------
    def waive(self, reason):
        """Give up what was chosen; the dossier keeps who decided and why."""
        public = [
            pair[0]
            for pair in self.found.values()
            if pair[0].kind == PUBLIC and pair[0].interest
        ]
        if public:
            dossier = self.env["recouvrement.dossier"].browse(public[0].dossier_id)
            raise UserError(
                self.env._(
                    "%s is a public body: giving up its late-payment interest is void"
                    " (CCP art. L2192-14).",
                    dossier.partner_id.display_name,
                )
            )
        self._keep(list(self.found), waived=True, reason=reason)
        waived = {}
        for answer, _statement in self.found.values():
            amounts = waived.setdefault(answer.dossier_id, {})
            before = amounts.get(answer.currency_id, 0.0)
            amounts[answer.currency_id] = before + answer.charges
        for dossier_id, amounts in waived.items():
            self._log(dossier_id, amounts, reason)

    def _log(self, dossier_id, amounts, reason):
        """:param dict amounts: by id of currency"""
        currencies = self.env["res.currency"]
        dossier = self.env["recouvrement.dossier"].browse(dossier_id)
        dossier._message_log(
            body=self.env._(
                "Charges waived: %(amount)s. Reason: %(reason)s",
                amount=" + ".join(
                    formatLang(
                        self.env, amount, currency_obj=currencies.browse(currency_id)
                    )
                    for currency_id, amount in amounts.items()
                ),
                reason=reason,
            )
        )

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------
    def _keep(self, item_ids, **vals):
        """The rows that make the days unavailable to anybody else.

        As superuser: nobody writes charges but through an invoice or a waiver.
        """
        rows = []
        for item_id in item_ids:
            answer, statement = self.found[item_id]
            common = {
                "company_id": answer.company_id,
                "dossier_id": answer.dossier_id,
                "move_line_id": item_id,
                "move_id": answer.move_id,
                "debtor_kind": answer.kind,
                "currency_id": answer.currency_id,
                "user_id": self.env.uid,
                **vals,
            }
            segments = statement.segments if statement else ()
            if answer.interest:
                rows.append(
                    common
                    | {
                        "kind": "interest",
                        "date_from": segments[0].first if segments else self.day,
                        "date_to": segments[-1].last if segments else self.day,
                        "amount": answer.interest,
                        "correction": not segments,
                    }
                )
            if answer.indemnity:
                rows.append(
                    common
                    | {
                        "kind": "indemnity",
                        "date_from": answer.due,
                        "date_to": max(answer.due, self.day),
                        "amount": answer.indemnity,
                    }
                )
        try:
            with self.env.cr.savepoint():
                self.env["recouvrement.charge"].sudo().create(rows)
                self.env["recouvrement.charge"].flush_model()
        except (
            psycopg2.errors.ExclusionViolation,
            psycopg2.errors.UniqueViolation,
        ) as error:
            raise UserError(
                self.env._(
                    "Some of these days were charged by somebody else meanwhile. Open"
                    " the statement again."
                )
            ) from error


def _reference(env, kinds):
    """What the customer reads on the invoice; a consumer owes no penalty."""
    if kinds == {CONSUMER}:
        return env._("Interest at the legal rate")
    if kinds == {PUBLIC}:
        return env._("Late-payment interest and fixed indemnity")
    return env._("Late-payment charges")


def _percent(env, percent):
    """12,40 in French, 12.40 in English."""
    lang = env["res.lang"]._lang_get(env.lang or "en_US")
    return lang.format("%.2f", percent)
