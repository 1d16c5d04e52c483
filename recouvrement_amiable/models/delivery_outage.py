# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields, models

# How often a message waits for a mail server that does not answer, and how long each
# time: two hours, then its failure waits for a person.
MOST_WAITS = 8
WAIT = timedelta(minutes=15)


class RecouvrementDelivery(models.Model):
    """A mail server that does not answer: wait a little, then tell a person."""

    _inherit = "recouvrement.delivery"

    retry_on = fields.Datetime(
        string="Tried Again On",
        readonly=True,
        copy=False,
        help="The mail server did not answer: the message leaves by itself when it"
        " answers again.",
    )
    waits = fields.Integer(string="Times Waited", readonly=True, copy=False)

    def _no_session(self, error):
        """Nothing of these has left: they wait, or fail together.

        :param error: the NoSessionError
        """
        self.invalidate_recordset(["state"])
        queued = self.filtered(lambda d: d.state == "queued")
        patient = queued.filtered(lambda d: error.passing and d.waits < MOST_WAITS)
        patient._wait_for_server(error)
        (queued - patient)._fail_without_server(error)

    def _wait_for_server(self, error):
        # The thread shows no message that has not left: it is written again.
        self.message_id.sudo().unlink()
        again = fields.Datetime.now() + WAIT
        reason = self.env._(
            "The mail server does not answer (%s). The message is tried again by"
            " itself.",
            error,
        )
        for waits, deliveries in self.grouped("waits").items():
            deliveries.write(
                {"waits": waits + 1, "retry_on": again, "failure_reason": reason}
            )
        if self:
            self._wake_sender(again)

    def _fail_without_server(self, error):
        self._fail(
            self.env._(
                "No message can leave: %s. Correct the outgoing mail server, then send"
                " again.",
                str(error).rstrip("."),
            )
        )
        self._set_notification(
            {
                "notification_status": "exception",
                "failure_type": "mail_smtp",
                "failure_reason": str(error),
            }
        )
