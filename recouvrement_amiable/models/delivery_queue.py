# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from .delivery_calendar import BY_ITSELF
from .progress import SENDER, alone, commit_progress, roll_back

_logger = logging.getLogger(__name__)

# Channels in the order of the queue, with the size of a batch: for letters that of a
# run of wkhtmltopdf, which starts slowly and gains nothing from more. What holding a
# batch against the ledger takes hardly depends on its size; the e-mails of a batch
# leave one after the other, the last ones not long after they were checked.
SENDERS = (
    ("email", 100),
    ("letter", 40),
    ("registered", 40),
    ("call", 200),
    ("visit", 200),
    ("task", 200),
)
# Invoices to attach in one batch: those that have no PDF yet are made there, and a
# worker has but two minutes.
MOST_INVOICES = 50


class RecouvrementDelivery(models.Model):
    """The queue: the only place from which something leaves."""

    _inherit = "recouvrement.delivery"

    @api.model
    def _wake_sender(self, at=None):
        """Start the sender as soon as this transaction is committed, or later.

        :param datetime at: UTC
        """
        cron = self.env.ref(
            "recouvrement_amiable.ir_cron_send", raise_if_not_found=False
        )
        if cron:
            cron.sudo()._trigger(at)

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
            told._fail(told._uncertain_text(), uncertain=True)
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
        return self._send_batches(channel, self._batches(channel, size))

    @api.model
    def _batches(self, channel, size):
        """What is in the queue of a channel, as long as there is any."""
        last_id, limit = 0, self._first_size(channel, size)
        while batch := self.search(
            self._leaving_domain(channel) & Domain("id", ">", last_id),
            order="id",
            limit=limit,
        ):
            batch = batch._with_few_invoices()
            last_id, limit = batch[-1].id, size
            for company, deliveries in batch.grouped("company_id").items():
                yield company._recouvrement_told(deliveries)

    def _with_few_invoices(self):
        """The first ones, as far as one batch can make the invoices they attach."""
        invoices = 0
        for index, delivery in enumerate(self):
            relance = delivery.relance_id
            if delivery.channel == "email" and relance.level_id.attach_invoices:
                invoices += relance.item_count
            if index and invoices > MOST_INVOICES:
                return self[:index]
        return self

    @api.model
    def _first_size(self, channel, size):
        return size

    @api.model
    def _send_batches(self, channel, batches):
        return all(batch._send_batch(channel) for batch in batches)

    @api.model
    def _leaving_domain(self, channel):
        """What of the queue of a channel may leave now: see ``delivery_calendar``."""
        domain = Domain("state", "=", "queued") & Domain("channel", "=", channel)
        domain &= Domain("retry_on", "=", False) | Domain(
            "retry_on", "<=", fields.Datetime.now()
        )
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
        """Find the delivery that cannot be prepared, by halves; the others go."""
        queued = self.filtered(lambda d: d.state == "queued")
        if len(queued) > 1:
            middle = len(queued) // 2
            halves = (queued[:middle], queued[middle:])
            return all([half._send_batch(channel) for half in halves])
        queued._fail(
            self.env._("The message could not be prepared: %s", str(error)[:500])
        )
        queued.relance_id._refresh_progress()
        return bool(commit_progress(self.env, len(self)))

    def _send_batch_once(self, channel):
        """What still stands of the batch, through its channel."""
        count = len(self)
        standing = self._standing()
        if standing:
            getattr(standing, f"_deliver_{channel}")()
            standing.relance_id._refresh_progress()
        return bool(commit_progress(self.env, count))

    def _standing(self):
        """What may still leave, held against the ledger of now."""
        self.relance_id._revalidate()
        return self.filtered(
            lambda d: d.state == "queued" and not d.relance_id.held_reason
        )
