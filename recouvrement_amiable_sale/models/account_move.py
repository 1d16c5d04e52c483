# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import models


class AccountMove(models.Model):
    """An invoice of an order is the same money as the order."""

    _inherit = "account.move"

    def _recouvrement_parts(self):
        self.ensure_one()
        move = self.sudo()  # whoever posts may not read orders
        total = move.amount_total_in_currency_signed
        rate = move.amount_total_signed / total if total else 0
        parts = defaultdict(float)
        for line in move.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        ):
            source = line.sale_line_ids.order_id[:1] or move
            parts[f"{source._name},{source.id}"] += line.price_total * rate
        return dict(parts)
