# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError


class RecouvrementReleaseAsk(models.TransientModel):
    """Whoever is stopped asks a credit manager to let the document go."""

    _name = "recouvrement.release.ask"
    _inherit = "recouvrement.wizard"
    _description = "Ask for a release"

    res_model = fields.Char(required=True)
    res_ids = fields.Char(required=True)
    stop_text = fields.Text(string="Why It Is Stopped")
    reason = fields.Char(string="Why It Should Go", required=True)

    def action_confirm(self):
        self.ensure_one()
        if not self.reason.strip():
            raise UserError(self.env._("Say why it should go."))
        records = self._records()
        releases = self.env["recouvrement.release"]._ask(records, self.reason)
        lost = next(filter(None, (r._nobody_decides() for r in releases)), None)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if lost else "success",
                "sticky": bool(lost),
                "message": lost
                or self.env._("The credit manager has been asked. You will be told."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _records(self):
        """The documents, if they are of a kind that can be stopped and readable."""
        model = self.env.get(self.res_model)
        if model is None or not hasattr(model, "_recouvrement_document"):
            raise UserError(self.env._("This kind of document is never stopped."))
        ids = [int(part) for part in self.res_ids.split(",") if part.isdigit()]
        records = model.browse(ids).exists()
        if not records:
            raise UserError(self.env._("The document is gone."))
        records.check_access("read")
        return records
