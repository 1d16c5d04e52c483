# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class RecouvrementLimit(models.Model):
    """The insured part of a limit, held against what credit insurance covers."""

    _inherit = "recouvrement.limit"

    insured_warning = fields.Char(compute="_compute_insured_warning")

    @api.depends("insured_amount", "dossier_id", "state")
    @api.depends_context("recouvrement_day", "lang")
    def _compute_insured_warning(self):
        """A warning only: the insurer's answer may be on its way."""
        live = self.filtered(
            lambda limit: limit.insured_amount > 0
            and limit.state in ("asked", "approved")
        )
        covers = self.env["recouvrement.guarantee"]._covered(live.dossier_id._origin)
        for limit in self:
            limit.insured_warning = False
            cover = limit in live and covers.get(limit.dossier_id._origin.id)
            if not cover:
                continue
            currency = limit.currency_id
            ceiling = cover.insured_ceiling
            if currency.compare_amounts(limit.insured_amount, ceiling) > 0:
                limit.insured_warning = self.env._(
                    "%(insured)s would be insured, but the credit insurance valid today"
                    " covers %(ceiling)s at most.",
                    insured=limit.dossier_id._limit_money(limit.insured_amount),
                    ceiling=limit.dossier_id._limit_money(ceiling),
                )
