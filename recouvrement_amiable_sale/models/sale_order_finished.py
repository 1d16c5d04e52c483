# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class SaleOrder(models.Model):
    """Orders whose rest will never come."""

    _inherit = "sale.order"

    recouvrement_finished = fields.Boolean(
        string="Nothing More to Deliver",
        copy=False,
        tracking=True,
        groups="sales_team.group_sale_manager,recouvrement_amiable.group_credit_manager",
        help="What is not delivered yet leaves the exposure. Goods count as long as a"
        " delivery order holds them.",
    )

    def _action_confirm(self):
        """Confirmed again, all of it is to deliver again."""
        finished = self.sudo().filtered("recouvrement_finished")
        finished.recouvrement_finished = False
        return super()._action_confirm()
