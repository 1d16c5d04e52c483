# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from odoo.addons.recouvrement_amiable.models.recouvrement_stop import Document


class StockPicking(models.Model):
    """Stops at the validation of a delivery to a customer."""

    _inherit = "stock.picking"

    _recouvrement_kind = "delivery"

    def _recouvrement_document(self):
        """This delivery for the rules: its order is in the exposure already.

        :rtype: Document
        """
        self.ensure_one()
        return Document(self, self.company_id, self.partner_id, 0)

    def button_validate(self):
        deliveries = self.filtered(
            lambda picking: picking.picking_type_code == "outgoing"
            and picking.location_dest_id.usage == "customer"
            and picking.state not in ("done", "cancel")
        )
        if deliveries:
            self.env["recouvrement.stop"]._enforce(
                "delivery", [picking._recouvrement_document() for picking in deliveries]
            )
        return super().button_validate()
