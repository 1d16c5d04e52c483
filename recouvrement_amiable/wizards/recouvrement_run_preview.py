# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class RecouvrementRunPreview(models.TransientModel):
    """A message that a dry run would send, as the debtor would read it."""

    _name = "recouvrement.run.preview"
    _inherit = "recouvrement.wizard"
    _description = "Message of a dry run"

    line_id = fields.Many2one(
        "recouvrement.run.line", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="line_id.partner_id")
    date = fields.Date(related="line_id.date")
    level_id = fields.Many2one(related="line_id.level_id")
    channel_text = fields.Char(related="line_id.channel_text")
    recipient = fields.Char(related="line_id.recipient")
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount_asked = fields.Monetary(related="line_id.amount_asked")
    subject = fields.Char(readonly=True)
    body = fields.Html(readonly=True, sanitize="email_outgoing")
