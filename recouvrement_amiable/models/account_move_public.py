# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..legal.dates import FIRST_DAY
from ..legal.errors import LegalError
from ..legal.parameters import PUBLIC
from ..legal.terms import PUBLIC_BUYERS, public_term
from .debtor_kind import Debtor, reference_condition
from .situation_term import TERM_MOVE

_GROUPS = "recouvrement_amiable.group_reader"


def _public_index(registry):
    """Invoices that name a public contract, where an app has that field."""
    condition = reference_condition(registry)
    return condition and f"(company_id, commercial_partner_id) WHERE {condition}"


class AccountMove(models.Model):
    """What only an invoice to a public buyer has: its own calendar."""

    _inherit = "account.move"

    _recouvrement_public_idx = models.Index(_public_index)
    # The one query finds the few open invoices with a time to pay of their own.
    _recouvrement_term_idx = models.Index(
        f"(company_id) WHERE {TERM_MOVE.format(alias='')}"
    )

    recouvrement_available_on = fields.Date(
        string="Available on",
        copy=False,
        groups=_GROUPS,
        help="Day of the message by which the portal told the buyer that the invoice is"
        " there: its time to pay starts then (Public Procurement Code, art. R2192-15).",
    )
    recouvrement_suspended_on = fields.Date(
        string="Suspended on",
        copy=False,
        groups=_GROUPS,
        help="Day on which you received the buyer's notice of missing or wrong"
        " documents. The time to pay can be suspended once (art. R2192-27).",
    )
    recouvrement_completed_on = fields.Date(
        string="Completed on",
        copy=False,
        groups=_GROUPS,
        help="Day on which the buyer received what was missing: a new term of 30 days"
        " starts, or what was left when that is more (art. R2192-29).",
    )
    recouvrement_retention = fields.Monetary(
        string="Retention Money",
        copy=False,
        groups=_GROUPS,
        help="Part of the total that the buyer keeps as a guarantee: it bears no"
        " interest (art. R2192-33). Once only this is left to pay, nothing is dunned.",
    )
    recouvrement_retention_until = fields.Date(
        string="Retention Kept until",
        copy=False,
        groups=_GROUPS,
        help="Last day on which the buyer may keep the retention money: one month at"
        " most after the end of the guarantee (art. R2191-35), which usually lasts one"
        " year from the acceptance. From the next day on it is dunned. Empty: never.",
    )
    recouvrement_debtor_kind = fields.Selection(
        lambda self: self.env["recouvrement.dossier"]._selection_kind(),
        string="Kind of Debtor",
        compute="_compute_recouvrement_public",
        compute_sudo=True,
        groups=_GROUPS,
    )
    recouvrement_legal_due = fields.Date(
        string="Last Lawful Day",
        compute="_compute_recouvrement_public",
        compute_sudo=True,
        groups=_GROUPS,
        help="Last day for the public buyer to pay. Empty while the time to pay is"
        " suspended.",
    )
    recouvrement_legal_due_text = fields.Char(
        string="How It Is Counted",
        compute="_compute_recouvrement_public",
        compute_sudo=True,
        groups=_GROUPS,
    )

    # ------------------------------------------------------------------
    # The debtor
    # ------------------------------------------------------------------
    def _recouvrement_debtors(self):
        """What the debtor of each customer document is, for documents of a same
        company in one query.

        :rtype: dict[recordset, Debtor]
        """
        found = {}
        dossier = self.env["recouvrement.dossier"].sudo()
        for company, moves in self.grouped("company_id").items():
            debtors = dossier._debtors(company, moves.commercial_partner_id._origin)
            for move in moves:
                found[move] = debtors.get(move.commercial_partner_id._origin.id)
        return found

    def _recouvrement_issued(self):
        """Day of the invoice; of a draft without one, today."""
        self.ensure_one()
        return self.invoice_date or self.company_id._recouvrement_today()

    # ------------------------------------------------------------------
    # Time to pay of a public buyer
    # ------------------------------------------------------------------
    @api.depends(
        "commercial_partner_id",
        "company_id",
        "delivery_date",
        "invoice_date",
        "move_type",
        "recouvrement_performed_on",
        "recouvrement_available_on",
        "recouvrement_completed_on",
        "recouvrement_suspended_on",
    )
    @api.depends_context("lang", "recouvrement_day")
    def _compute_recouvrement_public(self):
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        debtors = invoices._recouvrement_debtors()
        for move in self:
            debtor = debtors.get(move)
            kind = debtor and debtor.on(move._recouvrement_issued())
            due, text = False, False
            if kind == PUBLIC:
                due, text = move._recouvrement_public_due(debtor)
            move.recouvrement_debtor_kind = kind or False
            move.recouvrement_legal_due = due
            move.recouvrement_legal_due_text = text

    def _recouvrement_public_due(self, debtor):
        """Last lawful day for a public buyer and the sentence that explains it.

        :param Debtor debtor:
        :rtype: tuple
        """
        self.ensure_one()
        problem = self._recouvrement_public_problem(debtor)
        if problem:
            return False, problem
        buyer = debtor.public_buyer
        start, due = public_term(
            *self._recouvrement_public_start(),
            self.recouvrement_suspended_on or None,
            self.recouvrement_completed_on or None,
            buyer,
        )
        return due or False, self._recouvrement_public_words(start, buyer, due)

    def _recouvrement_public_start(self):
        """The days that decide when the time to pay begins: see ``public_term``."""
        return (
            self._recouvrement_issued(),
            self._recouvrement_performed(),
            self.recouvrement_available_on or None,
        )

    def _recouvrement_is_suspended(self):
        """Whether a public buyer still waits for what it asked for (CCP R2192-27)."""
        self.ensure_one()
        return bool(
            self.recouvrement_suspended_on and not self.recouvrement_completed_on
        )

    def _recouvrement_public_words(self, start, buyer, due):
        days, article = PUBLIC_BUYERS[buyer]
        values = {
            "day": format_date(self.env, start),
            "days": days,
            "article": article,
            "due": format_date(self.env, due) if due else "",
            "notice": format_date(self.env, self.recouvrement_suspended_on),
            "completed": format_date(self.env, self.recouvrement_completed_on),
        }
        available = self.recouvrement_available_on
        if available and start == available:
            from_day = self.env._("Available on %(day)s, %(days)s days", **values)
        elif start == self._recouvrement_performed():
            from_day = self._recouvrement_performed_words(values)
        else:
            from_day = self.env._(
                "Availability not noted: counted from %(day)s, two days after the"
                " invoice (CCP R2192-14), %(days)s days",
                **values,
            )
        values["from_day"] = from_day
        if not self.recouvrement_suspended_on:
            return self.env._(
                "%(from_day)s (%(article)s): to be paid by %(due)s.", **values
            )
        if due is None:
            return self.env._(
                "%(from_day)s (%(article)s), suspended since %(notice)s: the time to"
                " pay goes on once the buyer has what it asked for.",
                **values,
            )
        return self.env._(
            "%(from_day)s (%(article)s), suspended on %(notice)s, completed on"
            " %(completed)s: new term until %(due)s (CCP R2192-29).",
            **values,
        )

    def _recouvrement_performed_words(self, values):
        """The time to pay starts with the end of the work (CCP R2192-13)."""
        if self.recouvrement_performed_on:
            return self.env._("Performed on %(day)s, %(days)s days", **values)
        return self.env._("Delivered on %(day)s, %(days)s days", **values)

    # ------------------------------------------------------------------
    # What cannot be
    # ------------------------------------------------------------------
    @api.constrains(
        "recouvrement_available_on",
        "recouvrement_completed_on",
        "recouvrement_retention",
        "recouvrement_suspended_on",
    )
    def _check_recouvrement_public(self):
        noted = self.filtered(
            lambda move: move.recouvrement_available_on
            or move.recouvrement_suspended_on
            or move.recouvrement_completed_on
            or move.recouvrement_retention
        )
        for move, debtor in noted._recouvrement_debtors().items():
            problem = (
                move._recouvrement_retention_problem()
                or move._recouvrement_public_problem(debtor)
            )
            if problem:
                raise ValidationError(problem)

    def _recouvrement_retention_problem(self):
        currency = self.currency_id
        kept = self.recouvrement_retention
        if currency.compare_amounts(kept, 0) < 0:
            return self.env._(
                "The retention money of %s cannot be negative.", self.display_name
            )
        # an invoice that is being made has no total yet
        if self.amount_total and currency.compare_amounts(kept, self.amount_total) > 0:
            return self.env._(
                "The retention money of %(invoice)s is more than its total, %(total)s.",
                invoice=self.display_name,
                total=currency.format(self.amount_total),
            )
        return None

    def _recouvrement_public_problem(self, debtor):
        """First thing that is wrong with the days of a public buyer, or None."""
        try:
            return (
                self._recouvrement_far_day()
                or self._recouvrement_disorder()
                or self._recouvrement_bad_suspension(debtor or Debtor(PUBLIC))
            )
        except LegalError:
            return self.env._(
                "The days of %s are too far away to count a time to pay from them.",
                self.display_name,
            )

    def _recouvrement_far_day(self):
        """A day that is not between the invoice and today."""
        today = self.company_id._recouvrement_today()
        first = self.invoice_date or FIRST_DAY
        for name in (
            "recouvrement_available_on",
            "recouvrement_suspended_on",
            "recouvrement_completed_on",
        ):
            day = self[name]
            if day and not first <= day <= max(first, today):
                return self.env._(
                    "“%(field)s” of %(invoice)s cannot be %(day)s: give a day from"
                    " %(first)s to today.",
                    field=self._fields[name]._description_string(self.env),
                    invoice=self.display_name,
                    day=format_date(self.env, day),
                    first=format_date(self.env, first),
                )
        return None

    def _recouvrement_disorder(self):
        notice = self.recouvrement_suspended_on
        completed = self.recouvrement_completed_on
        if completed and not notice:
            return self.env._(
                "%s was completed without having been suspended: give the day of the"
                " buyer's notice.",
                self.display_name,
            )
        if completed and completed < notice:
            return self.env._(
                "%s was completed before it was suspended.", self.display_name
            )
        return None

    def _recouvrement_bad_suspension(self, debtor):
        """A notice counts within the time to pay, neither before nor after."""
        start, last = public_term(
            *self._recouvrement_public_start(), buyer=debtor.public_buyer
        )
        notice = self.recouvrement_suspended_on
        values = {
            "invoice": self.display_name,
            "notice": format_date(self.env, notice),
            "start": format_date(self.env, start),
            "last": format_date(self.env, last),
        }
        if notice and notice < start:
            return self.env._(
                "%(invoice)s was suspended on %(notice)s, before its time to pay"
                " began on %(start)s: check the day on which it was available.",
                **values,
            )
        if notice and notice > last:
            return self.env._(
                "%(invoice)s was suspended on %(notice)s, after its last day to be"
                " paid, %(last)s: such a notice comes too late.",
                **values,
            )
        return None
