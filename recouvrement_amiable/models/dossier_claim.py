# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..legal.errors import LegalError
from ..legal.rates import CONTRACTUAL, check_percent
from .situation_item import open_condition


class RecouvrementDossier(models.Model):
    """What the customer owes besides the invoices."""

    _inherit = "recouvrement.dossier"

    late_rate = fields.Float(
        string="Agreed Late-payment Rate (%)",
        digits=(7, 2),
        tracking=True,
        help="Of the contract with this customer. 0: the company's. Only for a company:"
        " no contract sets the rate of a public body or of a consumer.",
    )
    late_rate_warning = fields.Char(compute="_compute_late_rate_warning")
    amount_principal = fields.Monetary(
        string="Overdue Invoices",
        compute="_compute_claim",
        help="What is past its due date, without charge invoices; not what is"
        " prescribed.",
    )
    amount_interest = fields.Monetary(string="Interest", compute="_compute_claim")
    amount_indemnity = fields.Monetary(string="Indemnities", compute="_compute_claim")
    amount_charged = fields.Monetary(
        string="Charge Invoices",
        compute="_compute_claim",
        help="Interest and indemnities that are on an invoice of their own, unpaid.",
    )
    amount_unallocated = fields.Monetary(
        string="Payments to Allocate",
        compute="_compute_claim",
        help="Payments and credit notes that no invoice was matched with yet.",
    )
    amount_claim = fields.Monetary(string="Total Claim", compute="_compute_claim")
    amount_overcharged = fields.Monetary(
        string="Charged Too Much",
        compute="_compute_claim",
        help="Interest or indemnities on charge invoices that are not owed any more: a"
        " payment or a credit note was dated back, the kind of debtor changed.",
    )
    claim_error = fields.Char(compute="_compute_claim")
    charge_ids = fields.One2many("recouvrement.charge", "dossier_id")
    charge_count = fields.Integer(compute="_compute_charge_count")

    @api.constrains("late_rate")
    def _check_late_rate(self):
        for dossier in self.filtered("late_rate"):
            try:
                check_percent(CONTRACTUAL, round(dossier.late_rate, 4))
            except LegalError as error:
                raise ValidationError(
                    self.env["recouvrement.legal.words"]._explain(error)
                ) from error

    @api.depends("late_rate", "company_id")
    def _compute_late_rate_warning(self):
        for dossier in self:
            company = dossier.company_id
            dossier.late_rate_warning = company and company._recouvrement_floor_text(
                dossier.late_rate
            )

    @api.depends_context("recouvrement_day", "lang")
    def _compute_claim(self):
        """Open items and what was paid late, in the company's currency.

        Charges of an invoice that was paid late are part of it: interest survives the
        principal.
        """
        words = self.env["recouvrement.claim"]
        saved = self.filtered("id")
        reader = words._reader(words._forced_day())
        claims = reader.items(words._claimable_sql(saved)) if saved else {}
        balances = self._balances(words._forced_day())
        by_dossier = {}
        for claim in claims.values():
            by_dossier.setdefault(claim.dossier_id, []).append(claim)
        for dossier in self:
            own = by_dossier.get(dossier._origin.id, [])
            dossier.amount_interest = dossier._in_company(own, "interest")
            dossier.amount_indemnity = dossier._in_company(own, "indemnity")
            overdue, charged, credit = balances.get(dossier._origin.id, (0, 0, 0))
            dossier.amount_principal = overdue
            dossier.amount_charged = charged
            dossier.amount_unallocated = -credit
            dossier.amount_claim = max(
                overdue
                + charged
                + dossier.amount_interest
                + dossier.amount_indemnity
                - credit,
                0,
            )
            dossier.amount_overcharged = dossier._in_company(own, "overcharged")
            dossier.claim_error = next(filter(None, map(words._error_text, own)), False)

    def _balances(self, day):
        """What the ledger holds open, in the company's currency.

        :param date day: None for each company's today
        :return: by dossier id: overdue invoices, charge invoices, credits
        """
        if not self.ids:
            return {}
        self.env["recouvrement.open.item"]._prepare_read()
        days = SQL(", ").join(
            SQL("(%s, %s::date)", company.id, day or company._recouvrement_today())
            for company in self.company_id
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.id,
                       COALESCE(sum(l.amount_residual) FILTER (
                           WHERE l.amount_residual > 0 AND NOT %(charge)s
                             AND %(due)s < y.day AND z.id IS NULL), 0),
                       COALESCE(sum(l.amount_residual) FILTER (
                           WHERE l.amount_residual > 0 AND %(charge)s), 0),
                       -COALESCE(sum(l.amount_residual) FILTER (
                           WHERE l.amount_residual < 0), 0)
                  FROM recouvrement_dossier d
                  JOIN (VALUES %(days)s) y (company_id, day)
                    ON y.company_id = d.company_id
                  JOIN res_partner q ON q.commercial_partner_id = d.partner_id
                  JOIN account_move_line l
                    ON l.partner_id = q.id AND l.company_id = d.company_id
                  JOIN account_move m ON m.id = l.move_id
             LEFT JOIN recouvrement_limitation z
                    ON z.move_line_id = l.id AND z.last_day < y.day
                 WHERE d.id IN %(dossiers)s AND %(is_open)s
                   AND l.parent_state = 'posted'
              GROUP BY d.id
                """,
                charge=SQL("COALESCE(m.recouvrement_is_charge, false)"),
                due=SQL("COALESCE(l.date_maturity, l.invoice_date, l.date)"),
                days=days,
                dossiers=tuple(self.ids),
                is_open=open_condition(
                    self.env["recouvrement.open.item"]._receivable_ids()
                ),
            )
        )
        return {row[0]: tuple(map(float, row[1:])) for row in rows}

    def _in_company(self, claims, name):
        """Sum of amounts of several currencies, at the rates of the day."""
        self.ensure_one()
        if not claims:
            return 0.0
        day = self.company_id._recouvrement_today()
        totals = {}
        for claim in claims:
            amount = getattr(claim, name)
            totals[claim.currency_id] = totals.get(claim.currency_id, 0) + amount
        return sum(
            self.env["res.currency"]
            .browse(currency_id)
            ._convert(amount, self.currency_id, self.company_id, day)
            for currency_id, amount in totals.items()
        )

    def _compute_charge_count(self):
        counts = dict(
            self.env["recouvrement.charge"]._read_group(
                [("dossier_id", "in", self.ids)], ["dossier_id"], ["__count"]
            )
        )
        for dossier in self:
            dossier.charge_count = counts.get(dossier, 0)

    def action_claim_statement(self):
        self.ensure_one()
        return self.env["recouvrement.claim.statement"]._open_for_dossier(self)

    def action_open_charges(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_charge_action"
        )
        action["domain"] = [("dossier_id", "=", self.id)]
        action["context"] = {}
        return action
