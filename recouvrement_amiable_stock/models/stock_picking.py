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
        partner, parts = self.partner_id, None
        total = sum(move._recouvrement_value() for move in self._recouvrement_moves())
        if "sale_id" in self._fields and self.sale_id:
            order = self.sudo().sale_id
            partner = order.partner_invoice_id
            parts = {f"{order._name},{order.id}": total}
        return Document(self, self.company_id, partner, 0, total, parts)

    def _recouvrement_moves(self):
        """What leaves: what is picked, all of it while nothing is."""
        moves = self.move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        )
        return moves.filtered("picked") or moves

    def _action_done(self):
        """After the questions of the validation: each one is asked once.

        Only what a person validates; a point of sale delivers what is paid.
        """
        if self.env.context.get("button_validate_picking_ids"):
            deliveries = self.filtered(
                lambda picking: picking.picking_type_code in ("outgoing", "dropship")
                and picking.location_dest_id.usage == "customer"
                and picking.state not in ("done", "cancel")
            )
            if deliveries:
                documents = [picking._recouvrement_document() for picking in deliveries]
                self.env["recouvrement.stop"]._enforce("delivery", documents)
        return super()._action_done()
