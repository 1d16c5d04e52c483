# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ResPartner(models.Model):
    """A credit limit typed on the customer leaves its trace on the dossier."""

    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if any(vals.get("credit_limit") for vals in vals_list):
            partners._note_typed_limits({})
        return partners

    def write(self, vals):
        """Only a write of the limit itself costs anything."""
        # any RPC call may bring the key along, but not all rights with it
        decided = self.env.su and self.env.context.get("recouvrement_decided")
        if "credit_limit" not in vals or decided:
            return super().write(vals)
        before = {partner.id: partner.credit_limit for partner in self.sudo()}
        result = super().write(vals)
        self._note_typed_limits(before)
        return result

    def _note_typed_limits(self, before):
        """:param dict before: former limits by partner id"""
        currency = self.env.company.sudo().currency_id
        typed = self.sudo().filtered(
            lambda partner: partner == partner.commercial_partner_id
            and currency.compare_amounts(
                partner.credit_limit, before.get(partner.id) or 0
            )
        )
        if typed:
            self.env["recouvrement.limit"]._note_typed(typed, before)
