# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestApproval(RecouvrementCommon):
    """Who approves reads what leaves, and it still stands."""

    def test_approval_then_queue(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        relance = self._relances()
        self.assertEqual(relance.state, "to_approve")
        self.assertEqual(relance.delivery_ids.state, "draft")
        relance.action_approve()
        self.assertEqual(relance.state, "approved")
        self.assertEqual(relance.delivery_ids.state, "queued")
        self.assertEqual(relance.approved_by_id, self.env.user)

    def test_paid_before_approval_falls(self):
        self.level1.approval = True
        invoice = self._invoice(3)
        self._run()
        self._pay(invoice)
        relance = self._relances()
        relance.action_approve()
        self.assertEqual(relance.state, "cancelled")
        self.assertEqual(relance.delivery_ids.state, "cancelled")
        self.assertTrue(relance.state_reason)

    def test_partly_paid_before_approval_asks_for_the_rest(self):
        self.level1.approval = True
        invoice, other = self._invoice(3, 1000), self._invoice(3, 500)
        self._run()
        self._pay(invoice, 400)
        self._pay(other)
        relance = self._relances()
        relance.action_approve()
        self.assertEqual(relance.state, "approved")
        self.assertEqual(relance.amount_due, 600)
        self.assertEqual(relance.item_count, 1)

    def test_the_item_of_the_level_is_paid(self):
        """What remains is at a lower level: this message would be too firm."""
        self.scenario.progression = "age"
        self.level3.approval = True
        old = self._invoice(31)
        self._invoice(3)
        self._run()
        relance = self._relances()
        self.assertEqual(relance.level_id, self.level3)
        self._pay(old)
        relance.action_approve()
        self.assertEqual(relance.state, "cancelled")
        self._run(TODAY + timedelta(days=1))
        self.assertEqual(self._relances()[-1].level_id, self.level1)

    def test_payment_to_allocate_before_approval_holds(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        self._unallocated(900)
        self._relances().action_approve()
        self.assertEqual(self._relances().state, "cancelled")

    def test_pending_relance_follows_the_ledger_each_morning(self):
        self.level1.approval = True
        invoice = self._invoice(3)
        self._run()
        self._pay(invoice)
        self._run(TODAY + timedelta(days=1))
        self.assertEqual(self._relances().state, "cancelled")

    def test_refusal_rests_then_comes_back(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        relance = self._relances()
        self.env["recouvrement.refuse"].with_context(active_ids=relance.ids).create(
            {"reason": "They called", "until": TODAY + timedelta(days=3)}
        ).action_confirm()
        self.assertEqual(relance.state, "refused")
        self._run(TODAY + timedelta(days=1))
        self.assertEqual(len(self._relances()), 1)
        self._run(TODAY + timedelta(days=3))
        self.assertEqual(len(self._relances()), 2)

    def test_refusal_does_not_end_a_longer_pause(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        later = TODAY + timedelta(days=200)
        self._dossier()._pause(later, "Before the court")
        relance = self._relances()
        self.env["recouvrement.refuse"].with_context(active_ids=relance.ids).create(
            {"reason": "They called", "until": TODAY + timedelta(days=7)}
        ).action_confirm()
        self.assertEqual(relance.state, "refused")
        self.assertRecordValues(
            self._dossier(),
            [{"pause_until": later, "pause_reason": "Before the court"}],
        )

    def test_only_a_pause_on_purpose_ends_a_longer_one(self):
        self._invoice(3)
        dossier = self._dossier()
        dossier._pause(TODAY + timedelta(days=200), "Before the court")
        sooner = TODAY + timedelta(days=7)
        done = (
            self.env["recouvrement.pause"]
            .with_context(active_model=dossier._name, active_ids=dossier.ids)
            .create({"until": sooner, "reason": "Settled"})
            .action_confirm()
        )
        self.assertEqual(dossier.pause_until, sooner)
        self.assertIn(dossier.display_name, done["params"]["message"])

    def _call_to_approve(self):
        self.level2.write(
            {
                "channel_email": False,
                "channel_call": True,
                "subject": False,
                "body": False,
                "approval": True,
            }
        )
        self.scenario.progression = "age"
        self._invoice(16, 300)
        self._run()
        return self._relances()

    def test_a_call_turned_into_an_email_has_words(self):
        self.level1.write({"subject": "First words", "body": "<p>Please pay.</p>"})
        relance = self._call_to_approve()
        self.assertNotIn("Please pay.", relance.preview)
        relance.delivery_ids.write({"channel": "email"})
        relance.invalidate_recordset(["preview", "preview_subject"])
        self.assertEqual(relance.delivery_ids.partner_id, self.customer)
        self.assertEqual(relance.preview_subject, "First words")
        self.assertIn("Please pay.", relance.preview)
        relance.action_edit_text()
        self.assertIn("Please pay.", relance.custom_body)

    def test_a_call_without_words_to_write_stays_a_call(self):
        relance = self._call_to_approve()
        others = self.scenario.level_ids - self.level2
        others.write({"channel_email": False, "channel_call": True})
        others.write({"subject": False, "body": False})
        with self.assertRaisesRegex(UserError, "without a written message"):
            relance.action_edit_text()
        with self.assertRaisesRegex(UserError, "has no words for"):
            relance.delivery_ids.write({"channel": "email"})

    def test_another_channel_finds_its_own_contact(self):
        accounting = self._create_customer(
            "Accounting",
            parent_id=self.customer.id,
            type="invoice",
            is_company=False,
            phone=False,
        )
        relance = self._call_to_approve()
        self.assertEqual(relance.delivery_ids.partner_id, self.customer)
        relance.delivery_ids.write({"channel": "email"})
        self.assertEqual(relance.delivery_ids.partner_id, accounting)

    def test_item_that_calls_for_the_level_is_not_taken_out_alone(self):
        self.scenario.progression = "age"
        self.level2.approval = True
        caller, other = self._invoice(16, 100), self._invoice(4, 200)
        self._run()
        relance = self._relances()
        lines = relance.line_ids
        self.assertEqual(relance.level_id, self.level2)
        with self.assertRaises(UserError) as refused:
            lines.filtered(lambda line: line.move_id == caller).action_drop()
        self.assertIn("exclude the invoice", str(refused.exception))
        lines.filtered(lambda line: line.move_id == other).action_drop()
        self.assertEqual(relance.amount_due, 100)

    def test_drop_one_item(self):
        self.level1.approval = True
        dropped, kept = self._invoice(3, 100), self._invoice(3, 200)
        self._run()
        relance = self._relances()
        relance.line_ids.filtered(
            lambda line: line.move_line_id.move_id == dropped
        ).action_drop()
        self.assertEqual(relance.amount_due, 200)
        self.assertFalse(self._row(dropped)["reached_level_id"])
        self.assertEqual(self._row(kept)["reached_level_id"], self.level1.id)
        relance.line_ids.filtered(lambda line: not line.cancelled).action_drop()
        self.assertEqual(relance.state, "cancelled")
