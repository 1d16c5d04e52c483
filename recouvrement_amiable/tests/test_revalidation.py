# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestRevalidation(RecouvrementCommon):
    """What waits, or partly left, follows the ledger before anything leaves."""

    def _prepare(self, **vals):
        self.level1.write(dict({"approval": True}, **vals))
        self._invoice(3, 1000)
        self._run()
        return self._relances()

    def _on(self, record, days):
        day = TODAY + timedelta(days=days)
        return record.with_context(recouvrement_day=day.isoformat())

    def _partly_left(self, level=None, days_late=3, **vals):
        """The e-mail is gone, the letter is written and waits for the post."""
        level = level or self.level1
        level.write(dict({"channel_letter": True}, **vals))
        self.scenario.progression = "age"
        invoice = self._invoice(days_late)
        self._run()
        relance = self._relances()
        relance.sudo()._approve()
        letter = relance.delivery_ids.sudo().filtered(
            lambda d: d.channel in ("letter", "registered")
        )
        (relance.delivery_ids - letter).sudo().state = "sent"
        self._written(letter)
        return invoice, relance, letter

    def _written(self, letter):
        attachment = self.env["ir.attachment"].sudo()
        letter.write(
            {
                "state": "todo",
                "recipient": "Menuiserie Vasseur, 1 rue du Port",
                "attachment_id": attachment.create(
                    {"name": "Letter.pdf", "raw": b"%PDF-1.4"}
                ).id,
            }
        )
        letter.relance_id._refresh_progress()

    def _notice_partly_left(self):
        return self._partly_left(
            self.level3,
            31,
            channel_letter=False,
            channel_registered=True,
            formal_notice=True,
            approval=True,
        )

    # -- by hand -------------------------------------------------------------
    def test_by_hand_nothing_is_asked_once_payments_cover_it(self):
        self.level3.approval = True
        self._invoice(31)
        self._relance_now(self._dossier(), self.level3)
        self._unallocated(1000)
        relance = self._relances()
        relance.action_approve()
        self.assertEqual((relance.origin, relance.state), ("manual", "cancelled"))
        self.assertEqual(relance.delivery_ids.state, "cancelled")

    def test_by_hand_a_pause_recorded_since_stops(self):
        self.level3.approval = True
        self._invoice(31)
        self._relance_now(self._dossier(), self.level3)
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        self._relances().action_approve()
        self.assertEqual(self._relances().state, "cancelled")
        self.assertIn("paused", self._relances().state_reason)

    def test_by_hand_the_holds_known_then_do_not_stop(self):
        self.level3.approval = True
        self._invoice(31)
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        self._relance_now(self._dossier(), self.level3, confirmed=True)
        relance = self._relances()
        relance.action_approve()
        self.assertEqual(relance.state, "approved")
        self._dossier().write(
            {"insolvency": "receivership", "insolvency_date": TODAY - timedelta(days=1)}
        )
        relance.sudo()._revalidate()
        self.assertEqual(relance.state, "cancelled")

    def test_by_hand_a_level_said_before_stands(self):
        """It grants nothing, and still asks for the item."""
        self.scenario.progression = "age"
        self._invoice(20)
        self._run()
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        self._relance_now(self._dossier(), self.level1, confirmed=True)
        relance = self._relances()[-1]
        relance.sudo()._revalidate()
        self.assertEqual(relance.state, "approved")
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        relance.sudo()._revalidate()
        self.assertEqual(relance.state, "cancelled")

    # -- holds that pass -----------------------------------------------------
    def test_old_bank_data_rest_the_registered_letter(self):
        invoice, relance, letter = self._notice_partly_left()
        self.company.sudo().recouvrement_bank_policy = "hold"
        self._run(TODAY + timedelta(days=1))
        self.assertEqual((relance.state, letter.state), ("approved", "todo"))
        self.assertEqual(relance.held_reason, "bank_stale")
        work = self.env["recouvrement.worklist"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(work.action, "bank")
        self.assertIn("rests until", work.situation_text)
        told = letter.action_print()["params"]["message"]
        self.assertIn("Bank data too old", told)
        letter.action_posted()
        self.assertFalse(letter.printed_on or letter.posted_on)
        self.company.sudo().recouvrement_bank_policy = "warn"
        self.assertEqual(self._on(letter, 1).action_posted(), None)
        self.assertEqual((relance.state, letter.state), ("done", "sent"))
        self.assertFalse(relance.held_reason)
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level3.id)

    def test_a_letter_posted_before_the_hold_keeps_its_proof(self):
        _invoice, relance, letter = self._notice_partly_left()
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        self._run(TODAY + timedelta(days=1))
        self.assertEqual(relance.held_reason, "paused")
        letter.with_user(self.env.user).posted_on = TODAY
        self.assertEqual((relance.state, letter.state), ("done", "sent"))

    def test_a_small_credit_rests_a_letter_that_was_approved(self):
        """Nothing left yet; the letter is not made again while it rests."""
        self.level1.write(
            {"channel_email": False, "channel_registered": True, "approval": True}
        )
        self.scenario.credit_policy = "hold"
        self._invoice(3)
        self._run()
        relance = self._relances()
        relance.action_approve()
        letter = relance.delivery_ids.sudo()
        self._written(letter)
        self._unallocated(10)
        for offset in (1, 2):
            self._run(TODAY + timedelta(days=offset))
            self.env["recouvrement.delivery"].sudo()._cron_send()
            self.assertEqual((relance.state, letter.state), ("approved", "queued"))
            self.assertEqual(relance.held_reason, "unallocated_credit")
        self.assertEqual(relance.amount_due, 990)
        self.scenario.credit_policy = "net"
        relance.sudo()._revalidate()
        self.assertFalse(relance.held_reason)

    def _bank(self, policy):
        self.company.sudo().recouvrement_bank_policy = policy

    def _work(self):
        self.env.flush_all()
        self.env["recouvrement.worklist"].invalidate_model()
        return self.env["recouvrement.worklist"].search(
            [("partner_id", "=", self.customer.id)]
        )

    def _run_on(self, days):
        run = self._on(self.env["recouvrement.run"].sudo(), days)
        run._run_company(self.company, TODAY + timedelta(days=days))

    def _send_on(self, days):
        self._on(self.env["recouvrement.delivery"].sudo(), days)._cron_send()

    def test_an_approval_outlives_a_hold(self):
        """Approved on a Saturday; bank data are too old on Monday, and new later."""
        self.level2.minimum_gap = 3
        self.scenario.progression = "age"
        relance = self._prepare()
        self._on(relance, 4).action_approve()
        self._send_on(4)
        self._bank("hold")
        self._run_on(6)
        self._send_on(6)
        delivery = relance.delivery_ids
        self.assertEqual((relance.state, delivery.state), ("approved", "queued"))
        self.assertEqual(delivery.held_reason, "bank_stale")
        work = self._work()
        self.assertEqual((work.action, work.reason), ("bank", "bank_stale"))
        self._bank("warn")
        # the next level is late enough by now, and keeps its distance
        self._run_on(14)
        self.assertEqual(self._relances(), relance)
        self.assertFalse(relance.held_reason)
        self.assertEqual(relance.date, TODAY + timedelta(days=14))
        self.assertEqual(relance.approved_by_id, self.env.user)
        self._send_on(14)
        self.assertEqual((relance.state, delivery.state), ("done", "sent"))

    def test_the_ladder_does_not_go_on_beside_what_rests(self):
        """Held by what only its own items know, as payments that cover them."""
        self.scenario.progression = "age"
        relance = self._prepare()
        relance.action_approve()
        invoice = relance.line_ids.move_id
        day = TODAY + timedelta(days=16)
        self.assertSituation(invoice, "due", None, day)
        relance.sudo().held_reason = "unallocated_credit"
        self.assertSituation(invoice, "waiting", "posting", day)

    def test_what_was_not_approved_nor_touched_is_made_anew(self):
        relance = self._prepare()
        self._bank("hold")
        relance.sudo()._revalidate()
        self.assertEqual(relance.state, "cancelled")

    def test_a_text_of_one_s_own_outlives_a_hold(self):
        relance = self._prepare()
        relance.custom_body = "<p>As agreed with Mme Le Goff</p>"
        self._bank("hold")
        self._run(TODAY + timedelta(days=1))
        self.assertEqual(
            (relance.state, relance.held_reason), ("to_approve", "bank_stale")
        )
        self.assertEqual(self._work().action, "bank")
        told = self._on(relance, 1).action_approve()["params"]["message"]
        self.assertIn("rest(s) until", told)
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual(relance.delivery_ids.state, "queued")
        self._bank("warn")
        relance.sudo()._revalidate()
        self.assertFalse(relance.held_reason)
        self.assertIn("Le Goff", relance.custom_body)

    def test_items_taken_out_stay_out_after_a_hold(self):
        dropped = self._invoice(3, 100)
        relance = self._prepare()
        relance.line_ids.filtered(
            lambda line: line.move_line_id.move_id == dropped
        ).action_drop()
        self._dossier()._pause(TODAY + timedelta(days=2), "Wait")
        self._run(TODAY + timedelta(days=1))
        self.assertEqual((relance.state, relance.held_reason), ("to_approve", "paused"))
        self.assertFalse(self._work().action)
        self._on(relance, 3).action_approve()
        self.assertFalse(relance.held_reason)
        self.assertEqual(relance.amount_due, 1000)

    def test_a_call_put_off_outlives_a_hold(self):
        self.level1.write({"channel_email": False, "channel_call": True})
        self._invoice(3)
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        relance = self._relances()
        call = relance.delivery_ids.sudo()
        again = TODAY + timedelta(days=9)
        call._note_result(
            {"result": "unreached", "result_note": "Away until the 26th"}, again
        )
        self._bank("hold")
        self._run(TODAY + timedelta(days=1))
        self.assertEqual((call.state, call.not_before), ("todo", again))
        self.assertTrue(call.activity_id)
        self.assertEqual(relance.held_reason, "bank_stale")
        self.assertEqual(self._work().action, "bank")
        self._bank("warn")
        self._run(TODAY + timedelta(days=2))
        self.assertEqual(self._relances(), relance)
        self.assertFalse(relance.held_reason)
        self.assertIn("called again on", self._work().situation_text)

    def test_what_a_stopped_call_gave_is_told_to_the_next(self):
        self.level1.write({"channel_email": False, "channel_call": True})
        invoice = self._invoice(3)
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        call = self._relances().delivery_ids.sudo()
        again = TODAY + timedelta(days=9)
        call._note_result({"result": "message", "result_note": "Told Paul"}, again)
        self._pay(invoice)
        call.relance_id._revalidate()
        self.assertEqual(call.state, "cancelled")
        self._invoice(3, 500)
        self.env["recouvrement.run"].sudo().search([]).unlink()
        self._run()
        later = self._relances()[-1]
        self.assertIn("Told Paul", later._call_note(self.customer))

    def test_formal_notice_is_not_closed_without_its_letter(self):
        """Stopped for good: the level goes back, the ladder does not climb."""
        invoice, relance, letter = self._notice_partly_left()
        dossier = self._dossier()
        dossier.write(
            {"insolvency": "receivership", "insolvency_date": TODAY - timedelta(days=1)}
        )
        self._run(TODAY + timedelta(days=1))
        self.assertEqual((relance.state, letter.state), ("done", "cancelled"))
        self.assertTrue(relance.state_reason)
        self.assertFalse(self._row(invoice)["reached_level_id"])

    def test_an_item_taken_out_of_a_notice_was_not_notified(self):
        invoice, relance, letter = self._notice_partly_left()
        self._invoice(2)
        self.env["recouvrement.exclusion"].create(
            {
                "company_id": self.company.id,
                "move_id": invoice.id,
                "reason": "Wrong price",
            }
        )
        relance.sudo()._revalidate()
        self.assertEqual(letter.state, "cancelled")
        self.assertFalse(self._row(invoice)["reached_level_id"])

    def test_credit_that_came_after_a_part_left_is_deducted(self):
        _invoice, relance, letter = self._partly_left()
        self._unallocated(400)
        told = letter.action_print()["params"]["message"]
        self.assertIn("written again", told)
        self.assertEqual((relance.amount_credit, relance.amount_due), (400, 600))
        self.assertEqual(letter.state, "queued")
        credit = relance.line_ids.filtered(lambda line: line.kind == "d_credit")
        self.assertEqual(credit.residual, -400)

    # -- courtesy ------------------------------------------------------------
    def _courtesy(self, **vals):
        self.courtesy.write(vals)
        invoice = self._invoice(-5)
        self._run()
        return invoice, self._relances()

    def test_courtesy_reminder_never_leaves_after_the_due_date(self):
        _invoice, relance = self._courtesy(approval=True)
        self._on(relance, 6).action_approve()
        self.assertEqual(relance.state, "cancelled")
        self.assertIn("announce", relance.state_reason)

    def test_courtesy_reminder_waiting_does_not_hold_the_late_ladder(self):
        invoice, relance = self._courtesy(approval=True)
        self.assertSituation(invoice, "due", None, TODAY + timedelta(days=8))
        relance.action_approve()
        relance.delivery_ids.sudo()._fail("No such mailbox")
        relance._refresh_progress()
        self.assertSituation(invoice, "due", None, TODAY + timedelta(days=8))

    def test_courtesy_reminder_is_not_sent_again_too_late(self):
        _invoice, relance = self._courtesy()
        relance.delivery_ids.sudo()._fail("No such mailbox")
        relance._refresh_progress()
        with self.assertRaisesRegex(UserError, "announce"), self.env.cr.savepoint():
            self._on(relance.delivery_ids, 6).action_retry()
        self._invoice(3)
        self.env["recouvrement.run"].sudo().search([]).unlink()
        self._run()
        late = self._relances()[-1]
        self.assertFalse(late.courtesy)
        with self.assertRaisesRegex(UserError, late.name):
            relance.delivery_ids.action_retry()

    def test_a_courtesy_and_a_late_relance_wait_side_by_side(self):
        """Each keeps its own items and credits when the ledger moves."""
        self.level1.approval = True
        early, courtesy = self._courtesy(approval=True)
        late = self._invoice(3, 500)
        self._unallocated(100)
        self.env["recouvrement.run"].sudo().search([]).unlink()
        self._run()
        relances = self._relances()
        relances.sudo()._revalidate()
        self.assertEqual(courtesy._asked_lines().move_line_id.move_id, early)
        other = relances - courtesy
        self.assertEqual(other._asked_lines().move_line_id.move_id, late)
        self.assertEqual((courtesy.amount_credit, other.amount_due), (0, 400))

    # -- contacts --------------------------------------------------------------
    def _contact(self, name, **vals):
        return self.env["res.partner"].create(
            dict(
                {
                    "name": name,
                    "parent_id": self.customer.id,
                    "type": "invoice",
                    "email": f"{name.lower()}@client.example",
                    "phone": "06 11 22 33 44",
                    "street": "9 quai Est",
                    "zip": "29200",
                    "city": "Brest",
                },
                **vals,
            )
        )

    def test_letter_to_another_contact_is_written_again(self):
        _invoice, _relance, letter = self._partly_left()
        letter.with_user(self.env.user).partner_id = self._contact("Buyer")
        self.assertEqual(letter.state, "queued")
        self.assertFalse(letter.attachment_id or letter.recipient or letter.printed_on)

    def test_letter_to_an_address_that_was_corrected_is_written_again(self):
        """By whoever may correct it; a note about the customer changes nothing."""
        _invoice, _relance, letter = self._partly_left()
        clerk = new_test_user(
            self.env,
            login="address_clerk",
            groups="base.group_user,base.group_partner_manager",
        )
        customer = letter.partner_id.with_user(clerk)
        customer.comment = "Rang twice"
        customer.write({"street": customer.street, "phone": "02 96 11 11 11"})
        self.assertEqual(letter.state, "todo")
        customer.street = "9 quai Est"
        self.assertEqual(letter.state, "queued")
        self.assertFalse(letter.attachment_id or letter.recipient)
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual(letter.state, "todo")
        self.assertIn("9 quai Est", letter.recipient)

    def test_call_to_another_contact_has_another_note(self):
        self.level1.write({"channel_email": False, "channel_call": True})
        self._invoice(3)
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        call = self._relances().delivery_ids
        self.assertNotIn("06 11 22 33 44", call.activity_id.note)
        call.partner_id = self._contact("Buyer", type="contact")
        self.assertIn("06 11 22 33 44", call.activity_id.note)

    def test_contact_is_chosen_again_before_sending(self):
        buyer = self._contact("Buyer")
        relance = self._prepare()
        delivery = relance.delivery_ids
        self.assertEqual(delivery.partner_id, buyer)
        buyer.active = False
        relance.sudo()._revalidate()
        self.assertEqual(delivery.partner_id, self.customer)
        chief = self._contact("Chief", type="contact")
        self._dossier().contact_id = chief
        relance.action_approve()
        self.assertEqual(delivery.partner_id, chief)

    def test_contact_chosen_who_left_for_another_customer(self):
        """A queued message is not told to a stranger, chosen or not."""
        clerk = self._contact("Clerk", type="contact")
        relance = self._prepare()
        delivery = relance.delivery_ids
        delivery.partner_id = clerk
        clerk.parent_id = self._create_customer("Other")
        self.assertIn("belongs to Other", delivery._contact_problem())
        relance.action_approve()
        self.assertEqual(delivery.partner_id, self.customer)
        self.assertFalse(delivery._contact_problem())

    def test_contact_chosen_by_a_person_stays_unless_archived(self):
        clerk = self._contact("Clerk", type="contact")
        relance = self._prepare()
        relance.delivery_ids.partner_id = clerk
        self._contact("Buyer")
        relance.sudo()._revalidate()
        self.assertEqual(relance.delivery_ids.partner_id, clerk)
        clerk.active = False
        relance.sudo()._revalidate()
        self.assertEqual(relance.delivery_ids.partner_id.name, "Buyer")

    # -- sent again ------------------------------------------------------------
    def _returned(self):
        """A registered letter that came back without having been presented."""
        _invoice, _relance, letter = self._notice_partly_left()
        letter.write({"posted_on": TODAY, "tracking_number": "1A 234"})
        letter = self._on(letter, 5)
        letter.returned_on = TODAY + timedelta(days=4)
        self.assertEqual(letter.state, "returned")
        return letter

    def test_letter_that_took_effect_is_not_sent_again(self):
        letter = self._returned()
        self.company.sudo().recouvrement_notice_basis = "posted"
        with self.assertRaisesRegex(UserError, "make a new relance"):
            letter.action_retry()
        self.assertEqual((letter.posted_on, letter.state), (TODAY, "returned"))

    def test_letter_sent_again_leaves_its_proof_in_the_thread(self):
        letter = self._returned()
        self.company.sudo().recouvrement_notice_basis = "presented"
        letter.action_retry()
        self.assertEqual(letter.state, "queued")
        self.assertFalse(letter.posted_on or letter.tracking_number)
        told = letter.dossier_id.message_ids[0].body
        for proof in ("1A 234", "03/17/2026", "03/21/2026"):
            self.assertIn(proof, told)

    def test_those_that_stand_are_sent_again_the_others_named(self):
        other = self._create_customer("Paid SARL")
        kept, paid = self._invoice(3), self._invoice(3, partner=other)
        self._run()
        failed = (self._relances() | self._relances(other)).delivery_ids.sudo()
        failed._fail("No such mailbox")
        failed.relance_id._refresh_progress()
        self._pay(paid)
        told = failed.action_retry()["params"]["message"]
        self.assertIn("Paid SARL", told)
        self.assertIn("1 sent again, 1 not", told)
        self.assertEqual(self._relances().delivery_ids.state, "queued")
        self.assertEqual(self._relances(other).delivery_ids.state, "cancelled")
        self.assertEqual(self._row(kept)["reached_level_id"], self.level1.id)

    # -- dates of the post -----------------------------------------------------
    def test_dates_of_the_post_are_possible_ones(self):
        _invoice, relance, letter = self._partly_left()
        letter = self._on(letter, 5)
        for wrong in (TODAY.replace(year=2062), TODAY - timedelta(days=1)):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                letter.posted_on = wrong
            self.env.invalidate_all()
        letter.posted_on = TODAY + timedelta(days=4)
        self.assertEqual(relance.date, TODAY + timedelta(days=4))
        letter.posted_on = TODAY + timedelta(days=2)
        self.assertEqual(relance.date, TODAY + timedelta(days=2))
        self.assertEqual(self._row(_invoice)["last_late"], TODAY + timedelta(days=2))

    def test_pause_stops_a_relance_at_the_last_level(self):
        self.scenario.progression = "age"
        self.level3.approval = True
        self._invoice(31)
        self._run()
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        self._relances().action_approve()
        self.assertEqual(self._relances().state, "cancelled")

    def test_pause_stops_a_courtesy_reminder(self):
        self.courtesy.approval = True
        self._invoice(-5)
        self._run()
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        self._relances().action_approve()
        self.assertEqual(self._relances().state, "cancelled")

    def test_courtesy_reminder_over_the_minimum_leaves(self):
        self.scenario.minimum_amount = 50
        self.courtesy.approval = True
        move = self._invoice(-5, 100)
        self._run()
        self._relances().action_approve()
        self.assertEqual(self._relances().state, "approved")
        self._pay(move, 60)
        self._relances().sudo()._revalidate()
        self.assertEqual(self._relances().state, "cancelled")

    def test_courtesy_reminder_less_a_credit_leaves(self):
        self.scenario.credit_policy = "net"
        self.courtesy.approval = True
        self._invoice(-5, 1000)
        self._unallocated(400)
        self._run()
        self._relances().action_approve()
        self.assertEqual(self._relances().state, "approved")

    def test_credit_that_came_meanwhile_is_deducted(self):
        relance = self._prepare()
        self._unallocated(400)
        relance.action_approve()
        self.assertEqual(relance.state, "approved")
        self.assertEqual((relance.amount_credit, relance.amount_due), (400, 600))

    def test_less_than_the_minimum_is_not_asked_for(self):
        self.scenario.minimum_amount = 50
        relance = self._prepare()
        self._pay(relance.line_ids.move_line_id.move_id, 999)
        relance.action_approve()
        self.assertEqual(relance.state, "cancelled")

    def test_what_fell_due_meanwhile_is_listed_as_late(self):
        relance = self._prepare()
        other = self._invoice(-2, 500)
        day = (TODAY + timedelta(days=3)).isoformat()
        relance.with_context(recouvrement_day=day).action_approve()
        line = relance.line_ids.filtered(
            lambda line: line.move_line_id.move_id == other
        )
        self.assertRecordValues(line, [{"kind": "a_late", "granted": False}])
        self.assertEqual(relance.amount_due, 1500)

    def test_dropped_item_stays_out(self):
        self.level1.approval = True
        dropped, _kept = self._invoice(3, 100), self._invoice(3, 200)
        self._run()
        relance = self._relances()
        relance.line_ids.filtered(
            lambda line: line.move_line_id.move_id == dropped
        ).action_drop()
        relance.action_approve()
        self.assertEqual(relance.amount_due, 200)

    def test_partly_left_keeps_its_level(self):
        """E-mail gone, letter failed, pause: the level is not said twice.

        The letter rests with the pause; it is neither lost nor sent again meanwhile.
        """
        self.level1.write({"channel_letter": True})
        invoice = self._invoice(3)
        self._run()
        relance = self._relances()
        deliveries = {d.channel: d for d in relance.delivery_ids.sudo()}
        deliveries["email"].state = "sent"
        deliveries["letter"]._fail("No paper")
        relance._refresh_progress()
        self._dossier()._pause(TODAY + timedelta(days=1), "Wait")
        relance.sudo()._revalidate()
        self.assertEqual((relance.state, relance.held_reason), ("approved", "paused"))
        self.assertEqual(deliveries["letter"].state, "failed")
        with self.assertRaisesRegex(UserError, "paused"):
            deliveries["letter"].action_retry()
        self._on(relance, 1).sudo()._revalidate()
        self.assertFalse(relance.held_reason)
        self._on(deliveries["letter"], 1).action_retry()
        self.assertEqual(deliveries["letter"].state, "queued")
        row = self._row(invoice)
        self.assertEqual(row["reached_level_id"], self.level1.id)

    def test_level_by_hand_never_gives_a_higher_one(self):
        self.scenario.progression = "age"
        invoice = self._invoice(20)
        self._run()
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        wizard = self.env["recouvrement.relance.now"].with_context(
            active_model="recouvrement.dossier",
            active_ids=self._dossier().ids,
            recouvrement_day=(TODAY + timedelta(days=13)).isoformat(),
        )
        wizard.create({"level_id": self.level1.id, "confirmed": True}).action_confirm()
        self.assertEqual(
            self._row(invoice, TODAY + timedelta(days=13))["reached_level_id"],
            self.level2.id,
        )

    def test_two_messages_by_hand_need_a_person_s_word(self):
        self._invoice(20)
        wizard = self.env["recouvrement.relance.now"].with_context(
            active_model="recouvrement.dossier", active_ids=self._dossier().ids
        )
        wizard.create({"level_id": self.level1.id}).action_confirm()
        with self.assertRaisesRegex(UserError, "on its way"):
            wizard.create(
                {"level_id": self.level2.id, "confirmed": True}
            ).action_confirm()

    def test_formal_notice_is_said_in_its_own_words(self):
        """A level that needs approval is not granted through another message."""
        self.level2.approval = True
        other = self._create_scenario("Other", delays=(16,))
        self._invoice(20, recouvrement_scenario_id=other.id)
        self.scenario.progression = "age"
        notice = self._invoice(15)
        self._run()
        relance = self._relances()
        self.assertEqual(relance.level_id.scenario_id, other)
        self.assertFalse(self._row(notice)["reached_level_id"])

    def test_gap_counts_from_the_day_of_leaving(self):
        relance = self._prepare()
        later = TODAY + timedelta(days=14)
        relance.with_context(recouvrement_day=later.isoformat()).action_approve()
        self.assertEqual(relance.date, later)

    def test_letter_of_a_paid_invoice_is_not_printed(self):
        self.level1.write({"channel_email": False, "channel_letter": True})
        invoice = self._invoice(3)
        self._run()
        letter = self._relances().delivery_ids.sudo()
        letter.write(
            {
                "state": "todo",
                "attachment_id": self.env["ir.attachment"]
                .sudo()
                .create({"name": "Letter.pdf", "raw": b"%PDF-1.4"})
                .id,
            }
        )
        self._pay(invoice)
        told = letter.action_print()["params"]["message"]
        self.assertIn("paid", told)
        self.assertEqual(letter.state, "cancelled")
        self.assertEqual(self._relances().state, "cancelled")
        self.assertFalse(letter.printed_on)

    def test_payment_of_a_contact_is_the_customer_s(self):
        child = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        invoice = self._invoice(3, 1000)
        account = self.company_data["default_account_receivable"]
        bank = self.company_data["default_journal_bank"]
        self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": bank.id,
                "date": TODAY,
                "line_ids": [
                    (0, 0, {"account_id": bank.default_account_id.id, "debit": 900}),
                    (
                        0,
                        0,
                        {
                            "account_id": account.id,
                            "credit": 900,
                            "partner_id": child.id,
                        },
                    ),
                ],
            }
        ).action_post()
        self.assertSituation(invoice, "held", "unallocated_credit")
        self.assertFalse(self._dossier(child))

    def test_free_activity_does_not_mark_a_delivery(self):
        self.level1.write({"channel_email": False, "channel_call": True})
        self._invoice(3)
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        call = self._relances().delivery_ids
        stray = (
            self.env["mail.activity"]
            .sudo()
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "res_id": self.customer.id,
                    "recouvrement_delivery_id": call.id,
                    "user_id": self.env.uid,
                }
            )
        )
        stray.action_feedback(feedback="x")
        self.assertEqual(call.state, "todo")

    def test_figures_of_what_was_sent_stay(self):
        """Though the invoice is reset to draft, and its item deleted with it."""
        invoice, relance, _letter = self._partly_left()
        relance.delivery_ids.sudo().state = "sent"
        relance.sudo()._refresh_progress()
        figures = ("state", "amount_late", "amount_due", "item_count", "days_late")
        before = relance.read(figures)
        self.assertEqual((relance.state, relance.amount_due), ("done", 1000))
        self._delete_item(invoice)
        self.assertEqual(relance.read(figures), before)

    def _delete_item(self, invoice):
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()

    def test_a_letter_in_the_tray_follows_an_item_that_went(self):
        """Else it would be posted with an invoice that is not there any more."""
        invoice, relance, letter = self._partly_left()
        self._delete_item(invoice)
        self.assertFalse(relance.item_count)
        self.assertEqual((letter.state, letter.attachment_id.id), ("queued", False))
