# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Two customers made one: their dossiers too, with their whole history."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._merge_recouvrement_dossiers(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _merge_recouvrement_dossiers(self, src_partners, dst_partner):
        """One dossier per company is left: the destination's, else the oldest."""
        dossiers = (
            self.env["recouvrement.dossier"]
            .sudo()
            .search(
                [("partner_id", "in", (src_partners + dst_partner).ids)], order="id"
            )
        )
        for group in dossiers.grouped("company_id").values():
            kept = group.filtered(lambda d: d.partner_id == dst_partner) or group[:1]
            others = group - kept
            if others:
                kept._absorb(others)
            limit = kept.limit_ids.filtered(lambda limit: limit.state == "approved")
            if limit:
                limit._set_core_limit(limit.amount, dst_partner)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """What core copies was decided before: nobody typed it."""
        decided = dst_partner.with_context(recouvrement_decided=True)
        return super()._update_values(src_partners, decided)
