# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class RecouvrementDossier(models.Model):
    """Until when the customer's debts can be claimed, and what moved that day."""

    _inherit = "recouvrement.dossier"

    legal_event_ids = fields.One2many("recouvrement.legal.event", "dossier_id")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_legal_events(self):
        events = self.sudo().with_context(active_test=False).legal_event_ids
        if events:
            raise UserError(
                self.env._(
                    "The dossier of %s has legal events, archived ones included: they"
                    " say until when its debts can be claimed. Pause the dossier"
                    " instead.",
                    events[:1].dossier_id.display_name,
                )
            )
