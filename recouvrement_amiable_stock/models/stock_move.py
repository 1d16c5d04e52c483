# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class StockMove(models.Model):
    """What a delivered product is worth to the credit rules."""

    _inherit = "stock.move"

    def _recouvrement_value(self):
        """Value in the company's currency: the order's price, else the list price.

        With taxes at the order's price, as in the exposure.
        """
        self.ensure_one()
        move = self.sudo()  # whoever delivers may not read orders
        quantity = move.quantity
        if not move.picked:
            quantity = max(quantity, move.product_uom_qty)
        line = "sale_line_id" in move._fields and move.sale_line_id
        # the parts of a kit have no price on the order
        if line and line.product_id == move.product_id and line.product_uom_qty:
            sold = move.product_uom._compute_quantity(
                quantity, line.product_uom_id, round=False
            )
            price = line.price_total / line.product_uom_qty
            return sold * price / (line.order_id.currency_rate or 1)
        product = move.product_id.with_company(move.company_id)
        listed = move.product_uom._compute_quantity(
            quantity, product.uom_id, round=False
        )
        return product.currency_id._convert(
            listed * product.lst_price,
            move.company_id.currency_id,
            move.company_id,
            move.company_id._recouvrement_today(),
        )
