# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class PaymentTransaction(models.Model):
    """A payment is kept, whatever the rules say about the order it pays."""

    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """Stopped orders stay quotations with their payment; people are told."""
        quotations = self.sale_order_ids.filtered(
            lambda order: order.state in ("draft", "sent")
        )
        aside = quotations._recouvrement_set_aside() if quotations else quotations
        going = self.filtered(lambda tx: not tx.sale_order_ids & aside)
        return super(PaymentTransaction, going)._check_amount_and_confirm_order()
