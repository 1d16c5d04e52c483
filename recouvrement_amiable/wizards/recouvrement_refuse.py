# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class RecouvrementRefuse(models.TransientModel):
    """Refuse relances that wait for approval, with a reason."""

    _name = "recouvrement.refuse"
    _inherit = "recouvrement.wizard"
    _description = "Refuse relances"

    relance_ids = fields.Many2many(
        "recouvrement.relance",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    reason = fields.Char(required=True)
    until = fields.Date(
        string="Leave in Peace Until",
        default=lambda self: self.env.company._recouvrement_today() + timedelta(days=7),
        help="Without a day, the next run proposes the relance again.",
    )

    def action_confirm(self):
        self.ensure_one()
        relances = self.relance_ids
        relances._check_approver()
        closed = relances.filtered(lambda relance: relance.state != "to_approve")
        if closed:
            raise UserError(
                self.env._("%s no longer waits for approval.", closed[:1].name)
            )
        if self.until and self.until <= self.env.company._recouvrement_today():
            raise UserError(self.env._("The rest must end after today."))
        relances.sudo()._refuse(self.reason, self.until)
        return {"type": "ir.actions.act_window_close"}
