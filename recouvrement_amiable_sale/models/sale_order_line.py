# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

# What is written on a line and may raise its order; what Odoo counts by itself
# (delivered, invoiced) is not among it.
RAISING = {
    "order_id",
    "product_id",
    "product_uom_qty",
    "product_uom_id",
    "price_unit",
    "technical_price_unit",
    "discount",
    "tax_ids",
    "is_downpayment",
}


class SaleOrderLine(models.Model):
    """Confirmed orders that grow by their lines, past the order itself."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_order_id")
        ids = {vals.get("order_id") or default for vals in vals_list}
        orders = self.order_id.browse(filter(None, ids))._recouvrement_to_watch()
        if not orders:
            return super().create(vals_list)
        before = orders._recouvrement_totals()
        lines = super().create(vals_list)
        orders._recouvrement_check_raised(before)
        return lines

    def write(self, vals):
        if not RAISING & set(vals):
            return super().write(vals)
        # another order may get these lines
        orders = self.order_id | self.order_id.browse(
            filter(None, [vals.get("order_id")])
        )
        orders = orders._recouvrement_to_watch()
        if not orders:
            return super().write(vals)
        before = orders._recouvrement_totals()
        result = super().write(vals)
        orders._recouvrement_check_raised(before)
        return result
