# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.misc import format_date, formatLang

# Share of a usual exposure that each class may have; unrated like C, half of it.
FACTORS = {"A": 1.5, "B": 1.25, "C": 1.0, "D": 0.5, "E": 0.0, "none": 0.5}
# Recommended amounts are rounded up to it.
STEP = 500


class RecouvrementDossier(models.Model):
    """Exposure of the customer, its limit and the limit that is recommended."""

    _inherit = "recouvrement.dossier"

    limit_until = fields.Date(
        string="Limit Valid Until",
        readonly=True,
        copy=False,
        help="After this day the limit counts as nothing. Empty: no end.",
    )
    limit_review_on = fields.Date(string="Review on", readonly=True, copy=False)
    no_credit = fields.Boolean(
        readonly=True,
        copy=False,
        help="Nothing is delivered on credit: payment with the order.",
    )
    limit_ids = fields.One2many("recouvrement.limit", "dossier_id", string="Limits")
    limit_amount = fields.Monetary(
        string="Credit Limit", compute="_compute_exposure", compute_sudo=True
    )
    limit_left = fields.Monetary(
        string="Left", compute="_compute_exposure", compute_sudo=True
    )
    has_limit = fields.Boolean(compute="_compute_exposure", compute_sudo=True)
    limit_share = fields.Integer(
        string="Used",
        compute="_compute_exposure",
        compute_sudo=True,
        help="Share of the limit in percent.",
    )
    is_over_limit = fields.Boolean(
        string="Over Limit",
        compute="_compute_exposure",
        search="_search_is_over_limit",
        compute_sudo=True,
    )
    exposure = fields.Monetary(compute="_compute_exposure", compute_sudo=True)
    group_exposure = fields.Monetary(
        string="Exposure of the Group", compute="_compute_exposure", compute_sudo=True
    )
    exposure_draft = fields.Monetary(
        string="Draft Invoices", compute="_compute_exposure", compute_sudo=True
    )
    exposure_ordered = fields.Monetary(
        string="Orders to Deliver", compute="_compute_exposure", compute_sudo=True
    )
    exposure_delivered = fields.Monetary(
        string="Delivered, to Invoice", compute="_compute_exposure", compute_sudo=True
    )
    limit_text = fields.Char(
        string="Limit in Words", compute="_compute_exposure", compute_sudo=True
    )
    limit_recommended = fields.Monetary(
        string="Recommended Limit", compute="_compute_recommended", compute_sudo=True
    )
    limit_reasoning = fields.Char(
        string="Because", compute="_compute_recommended", compute_sudo=True
    )

    def _compute_exposure(self):
        rows = self.env["recouvrement.exposure"]._of(self)
        for dossier in self:
            row = rows.get(dossier.id) or {}
            dossier.limit_amount = row.get("limit_amount") or 0
            dossier.limit_left = row.get("limit_left") or 0
            dossier.has_limit = row.get("has_limit")
            dossier.is_over_limit = row.get("is_over")
            dossier.exposure = row.get("exposure") or 0
            dossier.group_exposure = row.get("group_exposure") or 0
            dossier.exposure_draft = row.get("amount_draft") or 0
            dossier.exposure_ordered = row.get("amount_ordered") or 0
            dossier.exposure_delivered = row.get("amount_delivered") or 0
            dossier.limit_share = dossier._used_percent()
            dossier.limit_text = dossier._limit_words(row) if row else ""

    def _used_percent(self):
        """Share of the limit that is used; all of it when the limit is nothing."""
        used = max(self.group_exposure, 0)
        if self.limit_amount:
            return round(100 * used / self.limit_amount)
        return 100 if self.has_limit and used else 0

    def _limit_words(self, row):
        """About the limit, which is that of the group's head."""
        words = self._limit_sentence(row)
        if row["unrated"]:
            missing = self.env._(
                "No exchange rate for %s: what is owed in it is not counted.",
                row["unrated"],
            )
            return f"{words} {missing}"
        return words

    def _limit_sentence(self, row):
        used = self._limit_money(self.group_exposure)
        if row["limit_expired"]:
            return self.env._(
                "The limit ended on %(day)s: ask for a new one. Exposure: %(used)s.",
                day=format_date(self.env, row["limit_until"]),
                used=used,
            )
        if row["no_credit"]:
            return self.env._("No credit: payment with the order. Exposure: %s.", used)
        if not row["has_limit"]:
            return self.env._("No limit. Exposure: %s.", used)
        limit = self._limit_money(self.limit_amount)
        if row["is_over"]:
            return self.env._(
                "Over the limit of %(limit)s by %(over)s.",
                limit=limit,
                over=self._limit_money(-self.limit_left),
            )
        return self.env._(
            "%(used)s of %(limit)s used, %(left)s left.",
            used=used,
            limit=limit,
            left=self._limit_money(self.limit_left),
        )

    def _limit_money(self, amount):
        return formatLang(
            self.env, amount or 0, currency_obj=self.company_id.sudo().currency_id
        )

    def _search_is_over_limit(self, operator, value):
        if operator not in ("=", "!=", "in", "not in"):
            return NotImplemented
        wanted = (True in value if operator in ("in", "not in") else bool(value)) == (
            operator in ("=", "in")
        )
        over = self.env["recouvrement.exposure"].sudo().search([("is_over", "=", True)])
        return [("id", "in" if wanted else "not in", over.ids)]

    # ------------------------------------------------------------------
    # Recommended limit
    # ------------------------------------------------------------------
    def _compute_recommended(self):
        """Turnover a day, times the days of credit, times the factor of the class.

        Days of credit: the customer's usual time from invoice to payment.
        """
        turnover = self._turnover()
        for dossier in self:
            amount, days = turnover.get(dossier.id, (0, 0))
            days += max(dossier.score_id.pay_days, 0)
            factor = FACTORS[dossier.risk_class or "none"]
            recommended = max(float(amount), 0) / 365 * float(days) * factor
            dossier.limit_recommended = -(-recommended // STEP) * STEP
            dossier.limit_reasoning = self.env._(
                "%(turnover)s invoiced in 12 months, over 365 days, times %(days)s days"
                " from invoice to payment, times %(factor)s for the class.",
                turnover=dossier._limit_money(amount),
                days=round(days),
                factor=formatLang(self.env, factor, digits=2),
            )

    def _turnover(self):
        """``{dossier_id: (invoiced in 12 months, mean days of the terms)}``"""
        if not self.ids:
            return {}
        self.env["account.move"].flush_model()
        found = {}
        for company, dossiers in self.grouped("company_id").items():
            today = company._recouvrement_today()
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT d.id, sum(m.amount_total_signed),
                           COALESCE(sum((m.invoice_date_due - m.invoice_date)
                                        * m.amount_total_signed)
                                    FILTER (WHERE m.move_type = 'out_invoice')
                             / NULLIF(sum(m.amount_total_signed)
                                    FILTER (WHERE m.move_type = 'out_invoice'), 0), 0)
                      FROM recouvrement_dossier d
                      JOIN account_move m ON m.commercial_partner_id = d.partner_id
                     WHERE d.id IN %s AND m.company_id = %s AND m.state = 'posted'
                       AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                       AND m.invoice_date > %s AND m.invoice_date <= %s
                  GROUP BY d.id
                    """,
                    tuple(dossiers.ids),
                    company.id,
                    today - relativedelta(years=1),
                    today,
                )
            )
            found.update({row[0]: (row[1], row[2]) for row in rows})
        return found

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def write(self, vals):
        """What a decision on the limit sets is not typed."""
        if not self.env.su and {"limit_until", "limit_review_on", "no_credit"} & set(
            vals
        ):
            raise AccessError(
                self.env._("A limit is asked for and approved, never typed here.")
            )
        return super().write(vals)

    def action_ask_limit(self):
        """Open a request for a limit, with the recommended amount in it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Limit of %s", self.partner_id.display_name),
            "res_model": "recouvrement.limit",
            "views": [(False, "form")],
            "target": "current",
            "context": {
                "default_dossier_id": self.id,
                "default_amount": self.limit_recommended,
            },
        }
