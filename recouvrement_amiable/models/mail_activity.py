# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    recouvrement_delivery_id = fields.Many2one(
        "recouvrement.delivery",
        string="Relance Delivery",
        index="btree_not_null",
        ondelete="set null",
    )

    def _action_done(self, feedback=False, attachment_ids=None):
        """A call marked done from any screen is done for the relance too."""
        deliveries = self.sudo().recouvrement_delivery_id.filtered(
            lambda delivery: delivery.state == "todo" and delivery.activity_id in self
        )
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if deliveries:
            note = {"result_note": feedback} if feedback else {}
            deliveries.write(dict(note, state="sent", sent_on=fields.Datetime.now()))
            deliveries.relance_id._refresh_progress()
        return result
