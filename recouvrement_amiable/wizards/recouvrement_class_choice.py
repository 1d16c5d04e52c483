# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields, models


class RecouvrementClassChoice(models.TransientModel):
    """Decide on the risk class of a customer, with a reason and until a day."""

    _name = "recouvrement.class.choice"
    _inherit = "recouvrement.wizard"
    _description = "Decide on the risk class"

    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        readonly=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    score_class = fields.Selection(
        related="dossier_id.score_id.risk_class", string="Class by the Score"
    )
    risk_class = fields.Selection(
        lambda self: self.env["recouvrement.score"]._selection_class()[:-1],
        string="Class",
        required=True,
    )
    reason = fields.Char(required=True)
    until = fields.Date(
        required=True,
        default=lambda self: self.env.company._recouvrement_today()
        + timedelta(days=180),
        help="After this day the score decides again.",
    )

    def action_confirm(self):
        self.ensure_one()
        self.dossier_id._check_decider()
        self.dossier_id._decide_class(self.risk_class, self.reason, self.until)
        return {"type": "ir.actions.act_window_close"}
