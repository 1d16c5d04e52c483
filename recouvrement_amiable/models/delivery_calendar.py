# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

# Channels on which a message reaches the customer without another act of a person.
BY_ITSELF = ("email",)


class RecouvrementDelivery(models.Model):
    """Nothing leaves by itself on a day when the company is closed.

    What was approved on a Saturday, or was still in the queue at midnight, goes on the
    next open day; the delivery says so, and a person may send it at once all the same.
    Letters and calls are made ready meanwhile: they leave by somebody's hand.
    """

    _inherit = "recouvrement.delivery"

    despite_closed = fields.Boolean(
        readonly=True,
        copy=False,
        help="A person chose to send it although the company is closed that day.",
    )
    leaves_on = fields.Date(
        compute="_compute_leaves_on",
        help="The company is closed today: the message leaves on this day.",
    )

    @api.depends("state", "channel", "despite_closed", "company_id")
    @api.depends_context("recouvrement_day")
    def _compute_leaves_on(self):
        held = self.filtered(
            lambda d: d.state == "queued"
            and d.channel in BY_ITSELF
            and not d.despite_closed
        )
        (self - held).leaves_on = False
        for company, deliveries in held.grouped("company_id").items():
            deliveries.leaves_on = company._recouvrement_closed_until()

    @api.model
    def _closed_companies(self):
        """Companies that have something in the queue and are closed today."""
        queued = self._read_group([("state", "=", "queued")], ["company_id"])
        companies = self.env["res.company"].sudo().concat(*[row[0] for row in queued])
        return companies.filtered(lambda c: c._recouvrement_closed_until())

    def action_send_now(self):
        """Send although the company is closed today, or try the mail server again."""
        self.check_access("write")
        # Their own fields are for buttons alone, like the state.
        held = self.sudo().filtered(lambda d: d.leaves_on or d.retry_on)
        if not held:
            raise UserError(
                self.env._(
                    "Nothing among this waits for the company to open or for the mail"
                    " server."
                )
            )
        held.filtered("leaves_on").despite_closed = True
        held.retry_on = False
        self._wake_sender()
