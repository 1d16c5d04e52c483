# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class RecouvrementDelivery(models.Model):
    """The dates of a registered letter may move prescription."""

    _inherit = "recouvrement.delivery"

    def write(self, vals):
        result = super().write(vals)
        if {"posted_on", "presented_on", "received_on", "returned_on"} & set(vals):
            letters = self.sudo().filtered(
                lambda delivery: delivery.channel in ("letter", "registered")
            )
            self.env["recouvrement.limitation"]._refresh_dossiers(letters.dossier_id)
        return result
