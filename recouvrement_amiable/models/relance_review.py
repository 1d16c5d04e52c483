# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class RecouvrementRelance(models.Model):
    """What the review screen shows beside the message."""

    _inherit = "recouvrement.relance"

    channel_text = fields.Char(string="Channels", compute="_compute_channel_text")
    has_left = fields.Boolean(compute="_compute_has_left")

    @api.depends("name", "partner_id.display_name")
    def _compute_display_name(self):
        for relance in self:
            relance.display_name = f"{relance.name} · {relance.partner_id.display_name}"

    @api.depends("delivery_ids.channel")
    @api.depends_context("lang")
    def _compute_channel_text(self):
        labels = dict(self.env["recouvrement.delivery"]._selection_channel())
        for relance in self:
            deliveries = relance.delivery_ids.sorted("id")
            relance.channel_text = ", ".join(
                dict.fromkeys(labels[d.channel] for d in deliveries)
            )

    @api.depends("delivery_ids.has_left")
    def _compute_has_left(self):
        for relance in self:
            relance.has_left = any(relance.delivery_ids.mapped("has_left"))

    def action_open_dossier(self):
        self.ensure_one()
        return self.delivery_ids._open(self.dossier_id)

    def action_open_invoices(self):
        """The invoices that this relance speaks of."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice"
        )
        moves = self._asked_lines().move_id
        action["domain"] = [("id", "in", moves.ids)]
        action["context"] = {"default_move_type": "out_invoice", "create": False}
        return action


class RecouvrementRelanceLine(models.Model):
    _inherit = "recouvrement.relance.line"

    def action_open_invoice(self):
        self.ensure_one()
        return self.env["recouvrement.delivery"]._open(self.move_id)
