# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
import smtplib
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileWriter

from .common import TODAY
from .email_common import QUIET, EmailCommon


@tagged("post_install", "-at_install")
class TestEmail(EmailCommon):
    """What customers get by e-mail, and what becomes of it."""

    # -- what leaves -------------------------------------------------------
    def test_message(self):
        invoice = self._invoice(3, 1234.5)
        self._run()
        self._send()
        delivery = self._relances().delivery_ids
        self.assertEqual(delivery.state, "sent")
        self.assertEqual(self._relances().state, "done")
        [(recipients, message)] = self.sink.messages
        self.assertEqual(recipients, ["menuiserie@client.example"])
        body = self._html(message)
        self.assertIn(invoice.name, body)
        self.assertIn("1,234.50", body)
        self.assertEqual(message["Subject"], f"Relance {self.company.name}")
        self.assertEqual(message["Message-Id"], delivery.message_id.message_id)
        self.assertEqual(delivery.message_id.res_id, self._dossier().id)

    def test_each_collector_writes_in_their_own_name(self):
        ana, bea = (
            new_test_user(
                self.env,
                login,
                groups="recouvrement_amiable.group_collector",
                email=f"{login}@exemple.example",
            )
            for login in ("ana", "bea")
        )
        customers = self._late_customers("Alpha", "Beta", "Gamma")
        for customer, collector in zip(customers, (ana, bea, ana), strict=True):
            self._dossier(customer).collector_id = collector
        self._run()
        self._send()
        self.assertEqual(
            sorted(
                (recipients[0], message["From"])
                for recipients, message in self.sink.messages
            ),
            [
                ("alpha@client.example", ana.email_formatted),
                ("beta@client.example", bea.email_formatted),
                ("gamma@client.example", ana.email_formatted),
            ],
        )

    def test_every_customer_once(self):
        self._late_customers("Alpha", "Beta", "Gamma")
        self._run()
        self._send()
        self._send()
        self._run()
        self._send()
        self.assertEqual(
            sorted(self.sink.recipients()),
            ["alpha@client.example", "beta@client.example", "gamma@client.example"],
        )

    def test_as_many_queries_for_many_messages(self):
        """Up to the messages that are ready to leave; they leave one by one."""
        customers = self._late_customers(*(f"Batch{rank:02}" for rank in range(18)))
        for customer in customers:
            self._invoice(5, partner=customer)
        run = self._run()
        queue = (
            self.env["recouvrement.delivery"]
            .sudo()
            .search([("relance_id.run_id", "=", run.id)], order="id")
        )
        self.assertEqual(len(queue), len(customers))

        def count(batch):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch.with_prefetch()._send_batch("email")
            self.assertEqual(len(batch.message_id), len(batch))
            return self.env.cr.sql_log_count - before

        with patch.object(type(queue), "_hand_over", lambda self: None):
            count(queue[:2])  # templates and settings are read once
            self.assertEqual(count(queue[2:6]), count(queue[6:18]))

    def test_paid_between_queue_and_sending(self):
        invoice = self._invoice(3)
        self._run()
        self._pay(invoice)
        self._send()
        self.assertFalse(self.sink.messages)
        self.assertEqual(self._relances().state, "cancelled")
        self.assertEqual(self._relances().delivery_ids.state, "cancelled")

    def test_partly_paid_between_queue_and_sending(self):
        invoice = self._invoice(3, 1000)
        self._run()
        self._pay(invoice, 400)
        self._send()
        body = self._html(self.sink.messages[0][1])
        self.assertIn("600.00", body)
        self.assertNotIn("1,000.00", body)

    def test_debtor_s_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.level1.with_context(lang="fr_FR").write(
            {"subject": "Relance en français", "body": "<p>Bonjour {{customer}}</p>"}
        )
        self.customer.lang = "fr_FR"
        self._invoice(3)
        self._run()
        self._send()
        message = self.sink.messages[0][1]
        self.assertEqual(message["Subject"], "Relance en français")
        self.assertIn("1 000,00", self._html(message))

    def test_file_of_many_invoices_is_named_in_the_debtor_s_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        invoices = [self._invoice(3) for _rank in range(9)]
        self._run()
        relance = self._relances()
        writer = PdfFileWriter()
        writer.add_blank_page(width=10, height=10)
        page = io.BytesIO()
        writer.write(page)
        stored = {move.id: page.getvalue() for move in invoices}
        [(name, _data)] = relance._named_documents(stored)
        self.assertEqual(name, f"Factures {relance.name}.pdf")

    def test_text_written_for_this_customer(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        relance = self._relances()
        relance.action_edit_text()
        relance.write({"custom_body": "<p>Special for {{customer}}</p>"})
        relance.action_approve()
        self._send()
        body = self._html(self.sink.messages[0][1])
        self.assertIn("Special for Menuiserie Vasseur", body)

    def test_text_written_for_this_customer_wins_over_a_layout(self):
        self.level1.write(
            {
                "approval": True,
                "mail_template_id": self.env["mail.template"]
                .sudo()
                .create(
                    {
                        "name": "Own layout",
                        "model_id": self.env["ir.model"]._get_id(
                            "recouvrement.relance"
                        ),
                        "subject": "From the layout",
                        "body_html": "<p>Our own layout</p>",
                    }
                )
                .id,
            }
        )
        self._invoice(3)
        self._run()
        relance = self._relances()
        self.assertIn("Our own layout", relance.preview)
        relance.custom_subject = "For you, {{customer}}"
        self.env.invalidate_all()
        self.assertIn("Our own layout", relance.preview)
        self.assertEqual(relance.preview_subject, "For you, Menuiserie Vasseur")
        relance.custom_body = "<p>Special for {{customer}}</p>"
        relance.action_approve()
        self._send()
        message = self.sink.messages[0][1]
        self.assertIn("Special for Menuiserie Vasseur", self._html(message))
        self.assertEqual(message["Subject"], "For you, Menuiserie Vasseur")

    def test_customer_name_is_escaped(self):
        self.customer.name = "<b>Dupont</b> & fils"
        self._invoice(3)
        self._run()
        self._send()
        body = self._html(self.sink.messages[0][1])
        self.assertIn("&lt;b&gt;Dupont&lt;/b&gt; &amp; fils", body)

    def test_chosen_contact_then_invoice_address(self):
        self.env["res.partner"].create(
            {
                "name": "Accounts",
                "parent_id": self.customer.id,
                "type": "invoice",
                "email": "accounts@client.example",
            }
        )
        chosen = self.env["res.partner"].create(
            {
                "name": "Chief",
                "parent_id": self.customer.id,
                "email": "chief@client.example",
            }
        )
        self._invoice(3)
        self._run()
        self._send()
        self.assertEqual(self.sink.recipients(), ["accounts@client.example"])
        other = self._create_customer("Other", child_ids=[(4, chosen.id)])
        self._invoice(3, partner=other)
        self._dossier(other).contact_id = chosen
        self.env["recouvrement.run"].sudo().search([]).unlink()
        self._run()
        self._send()
        self.assertEqual(self.sink.recipients()[1:], ["chief@client.example"])

    # -- closed days -----------------------------------------------------------
    def _on(self, day):
        return (
            self.env["recouvrement.delivery"]
            .sudo()
            .with_context(recouvrement_day=str(day))
        )

    def _approved_on(self, day):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        return self._relances().with_context(recouvrement_day=str(day)).action_approve()

    def test_nothing_leaves_on_a_closed_day(self):
        """Approved on Saturday: the message waits, says so, and leaves on Monday."""
        saturday, monday = TODAY + timedelta(days=4), TODAY + timedelta(days=6)
        told = self._approved_on(saturday)["params"]["message"]
        self.assertIn("03/23/2026", told)
        delivery = self._relances().delivery_ids
        self._on(saturday)._cron_send()
        self._on(saturday + timedelta(days=1))._cron_send()
        self.assertFalse(self.sink.messages)
        self.assertEqual(
            delivery.with_context(recouvrement_day=str(saturday)).leaves_on, monday
        )
        self._on(monday)._cron_send()
        self.assertEqual(self.sink.recipients(), ["menuiserie@client.example"])

    def test_a_person_may_send_on_a_closed_day(self):
        saturday = TODAY + timedelta(days=4)
        self._approved_on(saturday)
        delivery = self._relances().delivery_ids
        delivery.with_context(recouvrement_day=str(saturday)).action_send_now()
        self._on(saturday)._cron_send()
        self.assertEqual(self.sink.recipients(), ["menuiserie@client.example"])

    def test_call_is_made_ready_on_a_closed_day(self):
        self.level1.write({"channel_email": False, "channel_call": True})
        saturday = TODAY + timedelta(days=4)
        self._approved_on(saturday)
        self._on(saturday)._cron_send()
        self.assertEqual(self._relances().delivery_ids.state, "todo")

    # -- test mode -----------------------------------------------------------
    def test_test_mode_goes_to_one_address(self):
        self.company.sudo().write(
            {
                "recouvrement_test_mode": True,
                "recouvrement_test_email": "test@exemple.example",
            }
        )
        self._invoice(3)
        self._run()
        self._send()
        [(recipients, message)] = self.sink.messages
        self.assertEqual(recipients, ["test@exemple.example"])
        self.assertIn("TEST", message["Subject"])

    def test_test_mode_switched_on_after_the_run(self):
        self._invoice(3)
        self._run()
        self.company.sudo().recouvrement_test_mode = True
        self._send()
        self.assertFalse(self.sink.messages)
        self.assertEqual(self._relances().delivery_ids.state, "failed")

    def test_made_in_test_mode_never_reaches_the_debtor(self):
        self.company.sudo().write(
            {
                "recouvrement_test_mode": True,
                "recouvrement_test_email": "test@exemple.example",
            }
        )
        self._invoice(3)
        self._run()
        self.company.sudo().recouvrement_test_mode = False
        self._send()
        self.assertEqual(self.sink.recipients(), ["test@exemple.example"])

    # -- failures --------------------------------------------------------------
    @mute_logger(*QUIET)
    def test_refused_and_dropped_do_not_stop_the_others(self):
        alpha, beta, gamma, delta = self._late_customers(
            "Alpha", "Beta", "Gamma", "Delta"
        )
        self.sink.refused.add("beta@client.example")
        self.sink.dropped.add("gamma@client.example")
        self._run()
        self._send()
        self.assertEqual(
            sorted(self.sink.recipients()),
            ["alpha@client.example", "delta@client.example"],
        )
        for customer, state in (
            (alpha, "sent"),
            (beta, "failed"),
            (gamma, "failed"),
            (delta, "sent"),
        ):
            self.assertEqual(self._relances(customer).delivery_ids.state, state)
        self.assertIn(
            "No such mailbox", self._relances(beta).delivery_ids.failure_reason
        )
        self.assertFalse(
            self.env["recouvrement.delivery"].search(
                [("state", "in", ("queued", "sending"))]
            )
        )

    @mute_logger(*QUIET)
    def test_failure_is_an_exception_and_does_not_escalate(self):
        self.sink.refused.add("menuiserie@client.example")
        invoice = self._invoice(3)
        self._run()
        self._send()
        work = self.env["recouvrement.worklist"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(work.action, "fix")
        self.assertSituation(invoice, "waiting", "failed", TODAY + timedelta(days=20))

    @mute_logger(*QUIET)
    def test_retry_on_demand(self):
        self.sink.refused.add("menuiserie@client.example")
        self._invoice(3)
        self._run()
        self._send()
        self.customer.email = "new@client.example"
        self._relances().delivery_ids.action_retry()
        self._send()
        self.assertEqual(self.sink.recipients(), ["new@client.example"])
        self.assertEqual(self._relances().state, "done")

    @mute_logger(*QUIET)
    def test_gap_counts_from_the_day_on_which_it_was_sent_again(self):
        self.sink.refused.add("menuiserie@client.example")
        invoice = self._invoice(3)
        self._run()
        self._send()
        self.assertEqual(self._relances().date, TODAY)
        self.sink.refused.clear()
        later = TODAY + timedelta(days=13)
        delivery = self._relances().delivery_ids.with_context(
            recouvrement_day=later.isoformat()
        )
        delivery.action_retry()
        delivery.sudo()._cron_send()
        self.env.invalidate_all()
        self.assertEqual((delivery.state, self._relances().date), ("sent", later))
        self.assertSituation(invoice, "waiting", "gap", later + timedelta(days=1))
        self.assertSituation(invoice, "due", None, later + timedelta(days=8))

    @contextmanager
    def _meanwhile(self, work):
        """Something happens while the server looks at an address."""
        look = smtplib.SMTP.rcpt

        def wrapped(session, *args, **kwargs):
            answer = look(session, *args, **kwargs)
            work()
            return answer

        with patch.object(smtplib.SMTP, "rcpt", wrapped):
            yield

    @mute_logger(*QUIET)
    def test_cancelled_while_it_is_handed_over(self):
        self._invoice(3)
        self._run()
        relance = self._relances().sudo()
        with self._meanwhile(lambda: relance._cancel("The customer called")):
            self._send()
        self.assertFalse(self.sink.messages)
        self.assertEqual(
            (relance.state, relance.delivery_ids.state), ("cancelled", "cancelled")
        )
        self.assertFalse(relance.delivery_ids.failure_reason)

    @mute_logger(*QUIET)
    def test_back_to_test_mode_while_messages_are_handed_over(self):
        customers = self._late_customers("Alpha", "Beta")
        self._run()
        company = self.company.sudo()
        with self._meanwhile(lambda: company.write({"recouvrement_test_mode": True})):
            self._send()
        self.assertFalse(self.sink.messages)
        for customer in customers:
            self.assertEqual(self._relances(customer).delivery_ids.state, "queued")

    @mute_logger(*QUIET)
    def test_refused_after_it_was_cancelled(self):
        """The address is refused; the cancelled delivery does not come back."""
        self.sink.refused.add("menuiserie@client.example")
        self._invoice(3)
        self._run()
        relance = self._relances().sudo()
        with self._meanwhile(lambda: relance._cancel("The customer called")):
            self._send()
        self.assertEqual(relance.delivery_ids.state, "cancelled")

    def test_archived_contact_is_not_written_to(self):
        clerk = self.env["res.partner"].create(
            {
                "name": "Clerk",
                "parent_id": self.customer.id,
                "email": "clerk@client.example",
            }
        )
        self.level1.approval = True
        self._invoice(3)
        self._run()
        relance = self._relances()
        relance.delivery_ids.partner_id = clerk
        self.customer.email = False
        relance.action_approve()
        clerk.active = False
        self._send()
        self.assertFalse(self.sink.messages)
        self.assertEqual(relance.delivery_ids.state, "failed")
        self.assertIn("archived", relance.delivery_ids.failure_reason)

    @mute_logger(*QUIET)
    def test_settled_failure_lets_the_ladder_go_on(self):
        self.sink.refused.add("menuiserie@client.example")
        invoice = self._invoice(3)
        self._run()
        self._send()
        self._relances().delivery_ids.action_settle()
        self.assertEqual(self._relances().state, "done")
        self.assertSituation(invoice, "due", None, TODAY + timedelta(days=13))

    @mute_logger("odoo.addons.recouvrement_amiable.models.delivery_queue")
    def test_message_that_cannot_be_prepared_does_not_stop_the_others(self):
        alpha, beta = self._late_customers("Alpha", "Beta")
        self._run()
        Delivery = type(self.env["recouvrement.delivery"])
        prepare = Delivery._prepare_messages

        def fragile(deliveries):
            if beta in deliveries.customer_id:
                raise ValueError("broken picture")
            return prepare(deliveries)

        with patch.object(Delivery, "_prepare_messages", fragile):
            self._send()
        self.assertEqual(self.sink.recipients(), ["alpha@client.example"])
        self.assertEqual(self._relances(alpha).delivery_ids.state, "sent")
        failed = self._relances(beta).delivery_ids
        self.assertEqual(failed.state, "failed")
        self.assertIn("broken picture", failed.failure_reason)

    @mute_logger(*QUIET)
    def test_answer_lost_is_never_sent_twice_by_itself(self):
        self.sink.vanished.add("menuiserie@client.example")
        self._invoice(3)
        self._run()
        self._send()
        self._send()
        self.assertEqual(len(self.sink.messages), 1)
        self.assertEqual(self._relances().delivery_ids.state, "failed")

    @mute_logger(*QUIET)
    def test_answer_lost_is_not_said_again_after_a_hold(self):
        """Nobody knows whether it left: no morning's hold gives its level back."""
        self.sink.vanished.add("menuiserie@client.example")
        invoice = self._invoice(3)
        self._run()
        self._send()
        relance = self._relances()
        delivery = relance.delivery_ids
        with self.assertRaisesRegex(UserError, "nobody knows"):
            relance.action_cancel()
        for policy, days in (("hold", 1), ("warn", 2)):
            self.company.sudo().recouvrement_bank_policy = policy
            self._run(TODAY + timedelta(days=days))
            self._send()
            self.assertEqual(self._relances(), relance)
            self.assertEqual((relance.state, delivery.state), ("approved", "failed"))
            self.assertTrue(delivery.uncertain and relance.has_failure)
            row = self._row(invoice)
            self.assertEqual(row["reached_level_id"], self.level1.id)
        self.assertEqual(len(self.sink.messages), 1)
        self.sink.vanished.clear()
        delivery.action_retry()
        self._send()
        self.assertEqual(len(self.sink.messages), 2)
        self.assertEqual((relance.state, delivery.uncertain), ("done", False))

    @mute_logger(*QUIET)
    def test_answer_lost_outlives_a_stop_of_the_rest(self):
        """What stops it for good cancels what has surely not left, and only that."""
        self.sink.vanished.add("menuiserie@client.example")
        invoice = self._invoice(3)
        self._run()
        self._send()
        self._dossier().write(
            {"insolvency": "receivership", "insolvency_date": TODAY - timedelta(days=1)}
        )
        relance = self._relances()
        relance.sudo()._revalidate()
        self.assertEqual(relance.delivery_ids.state, "failed")
        self.assertTrue(relance.state_reason)
        row = self._row(invoice)
        self.assertEqual(row["reached_level_id"], self.level1.id)
        relance.delivery_ids.action_settle()
        self.assertEqual(relance.state, "done")

    @mute_logger(*QUIET)
    def test_refused_address_still_falls_with_a_hold(self):
        """The server said no: it has not left, and is made again later."""
        self.sink.refused.add("menuiserie@client.example")
        self._invoice(3)
        self._run()
        self._send()
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        relance = self._relances()
        relance.sudo()._revalidate()
        self.assertFalse(relance.delivery_ids.uncertain)
        self.assertEqual(relance.state, "cancelled")

    def test_interrupted_message_waits_for_a_person(self):
        self._invoice(3)
        self._run()
        delivery = self._relances().delivery_ids.sudo()
        delivery.state = "sending"
        self._send()
        self.assertFalse(self.sink.messages)
        self.assertEqual((delivery.state, delivery.uncertain), ("failed", True))

    def test_bounce(self):
        self._invoice(3)
        self._run()
        self._send()
        self._dossier()._message_receive_bounce(
            "menuiserie@client.example", self.customer
        )
        delivery = self._relances().delivery_ids
        self.assertEqual(delivery.state, "returned")
        self.assertTrue(self._relances().has_failure)

    def test_reply_comes_back_to_the_dossier(self):
        """An answer to the message is posted on the dossier's thread."""
        self.env["mail.alias.domain"].sudo().search([]).unlink()
        domain = (
            self.env["mail.alias.domain"]
            .sudo()
            .create({"name": "exemple.example", "catchall_alias": "catchall"})
        )
        self.company.sudo().alias_domain_id = domain
        self._invoice(3)
        self._run()
        self._send()
        sent = self.sink.messages[0][1]
        self.assertIn("catchall@exemple.example", sent["Reply-To"])
        self.env["mail.thread"].sudo().message_process(
            "mail.thread",
            "From: menuiserie@client.example\r\n"
            f"To: {sent['Reply-To']}\r\n"
            "Subject: Re: Relance\r\n"
            "Message-Id: <answer@client.example>\r\n"
            f"In-Reply-To: {sent['Message-Id']}\r\n"
            f"References: {sent['Message-Id']}\r\n"
            "\r\nWe pay on Friday.\r\n",
        )
        answer = self._dossier().message_ids.filtered(
            lambda message: "We pay on Friday" in (message.body or "")
        )
        self.assertTrue(answer)
