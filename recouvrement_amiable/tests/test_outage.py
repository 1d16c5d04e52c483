# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config, mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from ..models import delivery_queue
from ..models.delivery_outage import MOST_WAITS
from .email_common import QUIET, EmailCommon


@tagged("post_install", "-at_install")
class TestOutage(EmailCommon):
    """What becomes of a batch that no mail server takes, or takes slowly."""

    @contextmanager
    def _calls(self):
        """Counts how often the mail server is called."""
        calls = []
        connect = IrMail_Server._connect__

        def counted(server, *args, **kwargs):
            calls.append(server)
            return connect(server, *args, **kwargs)

        with patch.object(IrMail_Server, "_connect__", counted):
            yield calls

    @mute_logger(*QUIET)
    def test_mail_server_that_does_not_answer_is_waited_for(self):
        """One call for all of them; they leave by themselves once it answers."""
        servers = self.env["ir.mail_server"].sudo().search([])
        servers.write({"smtp_port": 1})
        customers = self._late_customers("Alpha", "Beta", "Gamma")
        self._run()
        with self._calls() as calls:
            self._send()
        deliveries = self.env["recouvrement.delivery"].union(
            *(self._relances(customer).delivery_ids for customer in customers)
        )
        self.assertEqual(len(calls), 1)
        self.assertEqual(deliveries.mapped("state"), ["queued"] * 3)
        self.assertFalse(deliveries.message_id, "Nothing stands in the thread as sent")
        self.assertIn("does not answer", deliveries[0].failure_reason)
        servers.write({"smtp_port": self.sink.port})
        with self._calls() as calls:
            self._send()
        self.assertFalse(calls, "Not before its time")
        deliveries.sudo().write({"retry_on": deliveries[0].queued_on})
        self._send()
        self.assertEqual(len(self.sink.messages), 3)
        self.assertEqual(deliveries.mapped("state"), ["sent"] * 3)
        self.assertFalse(deliveries.filtered("failure_reason"))

    @mute_logger(*QUIET)
    def test_mail_server_that_stays_silent_fails_in_the_end(self):
        self.env["ir.mail_server"].sudo().search([]).write({"smtp_port": 1})
        self._invoice(3)
        self._run()
        delivery = self._relances().delivery_ids.sudo()
        for _time in range(MOST_WAITS):
            self._send()
            self.assertEqual(delivery.state, "queued")
            delivery.retry_on -= timedelta(hours=1)
        self._send()
        self.assertEqual(delivery.state, "failed")
        self.assertIn("Correct the outgoing mail server", delivery.failure_reason)
        self.assertFalse(delivery.uncertain)

    @mute_logger(*QUIET)
    def test_a_person_tries_the_mail_server_again_at_once(self):
        servers = self.env["ir.mail_server"].sudo().search([])
        servers.write({"smtp_port": 1})
        self._invoice(3)
        self._run()
        self._send()
        servers.write({"smtp_port": self.sink.port})
        delivery = self._relances().delivery_ids
        delivery.action_send_now()
        self._send()
        self.assertEqual(delivery.state, "sent")

    @mute_logger(*QUIET)
    def test_no_mail_server_at_all(self):
        """Odoo falls back to its configuration file, here without one either."""
        self.env["ir.mail_server"].sudo().search([]).unlink()
        known = config.get
        with patch.object(
            config,
            "get",
            lambda name, *default: (
                "" if name == "smtp_server" else known(name, *default)
            ),
        ):
            self._invoice(3)
            self._run()
            self._send()
        delivery = self._relances().delivery_ids
        self.assertEqual(delivery.state, "failed")
        self.assertIn("Missing SMTP Server", delivery.failure_reason)

    def test_nobody_to_write_in_the_name_of(self):
        self.company.sudo().email = False
        self._invoice(3)
        self._run()
        self._dossier()._collector().sudo().email = False
        self._send()
        delivery = self._relances().delivery_ids
        self.assertEqual(delivery.state, "failed")
        self.assertIn("No address to write from", delivery.failure_reason)

    def test_few_invoices_are_attached_in_one_batch(self):
        """Each batch makes the PDF of at most so many invoices; all leave."""
        self.scenario.level_ids.attach_invoices = True
        for customer in self._late_customers("Alpha", "Beta", "Gamma"):
            self._invoice(3, partner=customer)
        self._run()
        batches = []
        prepare = type(self.env["recouvrement.delivery"])._prepare_messages

        def counted(deliveries):
            batches.append(sum(deliveries.relance_id.mapped("item_count")))
            return prepare(deliveries)

        with (
            patch.object(delivery_queue, "MOST_INVOICES", 4),
            patch.object(
                type(self.env["recouvrement.delivery"]), "_prepare_messages", counted
            ),
        ):
            self._send()
        self.assertEqual(batches, [4, 2])
        self.assertEqual(len(self.sink.messages), 3)
