# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class RecouvrementOpenItem(models.Model):
    _inherit = "recouvrement.open.item"

    def action_open_invoice(self):
        self.ensure_one()
        return self.env["recouvrement.delivery"]._open(self.move_id)

    def action_open_item(self):
        """All that is known of this instalment."""
        self.ensure_one()
        return self.env["recouvrement.delivery"]._open(self)

    def action_open_dossier(self):
        self.ensure_one()
        return self.env["recouvrement.delivery"]._open(self.dossier_id)

    def action_exclude(self):
        """Leave this instalment out of the relances."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_exclude_action"
        )
        action["context"] = {
            "active_model": "account.move.line",
            "active_ids": self.move_line_id.ids,
        }
        return action
