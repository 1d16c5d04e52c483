# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class RecouvrementDryRun(models.TransientModel):
    """What the run of any day would send, and why not to the others."""

    _name = "recouvrement.dry.run"
    _description = "Dry run"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date = fields.Date(
        required=True, default=lambda self: self.env.company._recouvrement_today()
    )

    def action_confirm(self):
        self.ensure_one()
        if not self.env.user.has_group("recouvrement_amiable.group_collector_all"):
            raise AccessError(
                self.env._("Only collectors of all dossiers run the dry run.")
            )
        if self.company_id not in self.env.user.company_ids:
            raise AccessError(self.env._("This company is not one of yours."))
        today = self.company_id._recouvrement_today()
        if abs(self.date - today) > timedelta(days=3660):
            raise UserError(self.env._("Choose a day less than ten years from today."))
        run = self.env["recouvrement.run"]._dry_run(self.company_id, self.date)
        return {
            "type": "ir.actions.act_window",
            "res_model": "recouvrement.run",
            "res_id": run.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
