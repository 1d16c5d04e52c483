# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Two customers made one: their dossiers too, with their whole history."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._leave_merged_heads(src_partners + dst_partner)
        self._merge_recouvrement_dossiers(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _leave_merged_heads(self, partners):
        """Whoever is made one with its group's head is in no group of its own.

        Else core, which rewrites references in SQL, makes the customer its own head.
        Whatever rights on credit: the limit that they shared stays the same.
        """
        partners = partners.sudo()
        members = partners.filtered(lambda p: p.recouvrement_head_id in partners)
        members.recouvrement_head_id = False

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
            kept._join(group - kept, dst_partner)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """What core copies was decided before: nobody typed it.

        The credit group neither: it is that of who stays, else of who goes.
        """
        merged = (dst_partner + src_partners).sudo()
        head = merged.recouvrement_head_id[:1]
        merged.recouvrement_head_id = False  # core would ask for rights to copy it
        decided = dst_partner.with_context(recouvrement_decided=True)
        result = super()._update_values(src_partners, decided)
        if head:
            dst_partner.sudo().recouvrement_head_id = head
        # merged into a contact, the account is that of the contact's customer
        dst_partner._recouvrement_join_parents()
        return result
