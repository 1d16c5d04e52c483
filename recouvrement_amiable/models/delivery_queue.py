# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

import psycopg2

from odoo import api, models
from odoo.fields import Domain

from .delivery_calendar import BY_ITSELF
from .progress import SENDER, alone, commit_progress, roll_back

_logger = logging.getLogger(__name__)

# Channels in the order of the queue, with the size of a batch: PDF batches are
# small because wkhtmltopdf's time grows faster than the number of letters.
SENDERS = (
    ("email", 50),
    ("letter", 30),
    ("registered", 30),
    ("call", 200),
    ("visit", 200),
    ("task", 200),
)


class RecouvrementDelivery(models.Model):
    """The queue: the only place from which something leaves."""

    _inherit = "recouvrement.delivery"

    @api.model
    def _wake_sender(self):
        """Start the sender as soon as this transaction is committed."""
        cron = self.env.ref(
            "recouvrement_amiable.ir_cron_send", raise_if_not_found=False
        )
        if cron:
            cron.sudo()._trigger()

    @api.model
    def _cron_send(self):
        """Hand over everything that is queued, in batches, once."""
        with alone(self.env, SENDER) as only_sender:
            if not only_sender:
                return
            self._recover_interrupted()
            if not all(self._send_channel(channel, size) for channel, size in SENDERS):
                self._wake_sender()
                commit_progress(self.env)

    @api.model
    def _recover_interrupted(self):
        """Name the messages that a dead sender had in its hands."""
        interrupted = self.search([("state", "=", "sending")])
        for company, deliveries in interrupted.grouped("company_id").items():
            told = company._recouvrement_told(deliveries)
            told._fail(told._uncertain_text())
        if interrupted:
            interrupted.relance_id._refresh_progress()
            commit_progress(self.env)

    @api.model
    def _uncertain_text(self):
        return self.env._(
            "The connection or the server broke off while this message was being handed"
            " over: it may have left, or not. Look in the mailbox's sent messages, then"
            " send again or settle."
        )

    @api.model
    def _send_channel(self, channel, size):
        """Batches of one channel until its queue is empty.

        :return: False when the scheduled action has no time left
        """
        last_id = 0
        while True:
            batch = self.search(
                self._leaving_domain(channel) & Domain("id", ">", last_id),
                order="id",
                limit=size,
            )
            if not batch:
                return True
            last_id = batch[-1].id
            for company, deliveries in batch.grouped("company_id").items():
                if not company._recouvrement_told(deliveries)._send_batch(channel):
                    return False

    @api.model
    def _leaving_domain(self, channel):
        """What of the queue of a channel may leave now: see ``delivery_calendar``."""
        domain = Domain("state", "=", "queued") & Domain("channel", "=", channel)
        closed = self._closed_companies() if channel in BY_ITSELF else None
        if closed:
            domain &= Domain("company_id", "not in", closed.ids) | Domain(
                "despite_closed", "=", True
            )
        return domain

    def _send_batch(self, channel, tries=3):
        """Check the batch against the ledger, then hand it over.

        :return: False when the scheduled action has no time left
        """
        ids = self.ids
        try:
            return self._send_batch_once(channel)
        except Exception as error:
            roll_back(self.env)
            if isinstance(error, psycopg2.errors.SerializationFailure) and tries > 1:
                # A person worked on the same customers: look again.
                return self._send_batch(channel, tries - 1)
            _logger.exception("Deliveries %s of channel %s", ids, channel)
            return self.browse(ids)._isolate_failure(channel, error)

    def _isolate_failure(self, channel, error):
        """Find the delivery that cannot be prepared; the others go."""
        queued = self.filtered(lambda d: d.state == "queued")
        if len(queued) > 1:
            return all([one._send_batch(channel) for one in queued])
        queued._fail(
            self.env._("The message could not be prepared: %s", str(error)[:500])
        )
        queued.relance_id._refresh_progress()
        return bool(commit_progress(self.env, len(self)))

    def _send_batch_once(self, channel):
        """What still stands of the batch, through its channel."""
        count = len(self)
        self.relance_id._revalidate()
        standing = self.filtered(
            lambda d: d.state == "queued" and not d.relance_id.held_reason
        )
        if standing:
            getattr(standing, f"_deliver_{channel}")()
            standing.relance_id._refresh_progress()
        return bool(commit_progress(self.env, count))
