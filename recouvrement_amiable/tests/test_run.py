# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestRun(RecouvrementCommon):
    """One plan for one company and day: once, with a reason for everyone."""

    def _lines(self, run):
        return {line.partner_id: line for line in run.line_ids}

    # -- relances ----------------------------------------------------------
    def test_one_relance_at_the_highest_due_level(self):
        self.scenario.progression = "age"
        firm, first, waiting = (
            self._invoice(16, 100),
            self._invoice(3, 200),
            self._invoice(1, 400),
        )
        soon, far = self._invoice(-3, 800), self._invoice(-30, 1600)
        self._unallocated(50)
        self._run()
        relance = self._relances()
        self.assertEqual(len(relance), 1)
        self.assertEqual(relance.level_id, self.level2)
        by_move = {line.move_line_id.move_id: line for line in relance.line_ids}
        self.assertNotIn(far, by_move)
        self.assertRecordValues(
            by_move[firm] | by_move[first] | by_move[waiting] | by_move[soon],
            [
                {"kind": "a_late", "granted": True, "level_id": self.level2.id},
                {"kind": "a_late", "granted": True, "level_id": self.level1.id},
                {"kind": "a_late", "granted": False, "level_id": False},
                {"kind": "c_soon", "granted": False, "level_id": False},
            ],
        )
        self.assertEqual(
            relance.line_ids.filtered(lambda line: line.kind == "d_credit").residual,
            -50,
        )
        self.assertEqual(relance.amount_late, 700)
        self.assertEqual(relance.amount_due, 650)
        self.assertEqual(relance.state, "approved")
        self.assertEqual(relance.delivery_ids.state, "queued")

    def test_courtesy_never_mixes_with_the_late_ladder(self):
        early = self._invoice(-5)
        self._run()
        relance = self._relances()
        self.assertTrue(relance.courtesy)
        self.assertEqual(relance.line_ids.kind, "b_early")
        self.assertEqual(relance.line_ids.move_line_id.move_id, early)

    def test_late_wins_over_courtesy_the_same_day(self):
        self._invoice(-5)
        self._invoice(3)
        self._run()
        relance = self._relances()
        self.assertEqual(len(relance), 1)
        self.assertEqual(relance.level_id, self.level1)
        self.assertEqual(sorted(relance.line_ids.mapped("kind")), ["a_late", "c_soon"])

    def test_excluded_item_is_not_asked_for(self):
        kept, excluded = self._invoice(3, 100), self._invoice(3, 200)
        self.env["recouvrement.exclusion"].create(
            {
                "company_id": self.company.id,
                "move_id": excluded.id,
                "reason": "Wrong price",
            }
        )
        self._run()
        relance = self._relances()
        self.assertEqual(relance.line_ids.move_line_id.move_id, kept)
        self.assertEqual(relance.amount_due, 100)

    def test_channel_without_contact_is_a_visible_failure(self):
        self.level1.channel_call = True
        self.customer.phone = False
        self._invoice(3)
        self._run()
        relance = self._relances()
        states = {d.channel: d.state for d in relance.delivery_ids}
        self.assertEqual(states, {"email": "queued", "call": "failed"})
        self.assertTrue(relance.has_failure)
        work = self.env["recouvrement.worklist"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(work.action, "fix")

    # -- once ----------------------------------------------------------------
    def test_twice_in_a_day_adds_nothing(self):
        self._invoice(3)
        first = self._run()
        self.assertEqual(self._run(), first)
        self.assertEqual(len(self._relances()), 1)
        self.assertEqual(len(first.line_ids), 1)
        self.assertEqual(len(self._relances().delivery_ids), 1)

    def test_interrupted_run_goes_on_with_the_others(self):
        """A run whose worker died after a first chunk finishes the rest."""
        others = [self._create_customer(f"Other{index}") for index in range(3)]
        for partner in (self.customer, *others):
            self._invoice(3, partner=partner)
        run = self._run()
        done = run.line_ids[:2]
        lost = run.line_ids - done
        lost.relance_id.sudo().line_ids.unlink()
        self.env.cr.execute(
            "DELETE FROM recouvrement_relance WHERE id IN %s",
            [tuple(lost.relance_id.ids)],
        )
        lost.unlink()
        run.state = "planning"
        self.env.invalidate_all()
        self._run()
        self.assertEqual(len(run.line_ids), 4)
        self.assertEqual(len(run.line_ids.relance_id), 4)

    @mute_logger("odoo.sql_db")
    def test_an_item_gets_a_level_once(self):
        self._invoice(3)
        self._run()
        line = self._relances().line_ids
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["recouvrement.relance.line"].sudo().create(
                {
                    "relance_id": line.relance_id.id,
                    "move_line_id": line.move_line_id.id,
                    "level_id": line.level_id.id,
                    "kind": "a_late",
                    "granted": True,
                }
            )
            self.env.flush_all()

    def test_next_days_climb_the_ladder(self):
        """Three months of nights: each level once, in order, never on a closed day."""
        self._invoice(0)
        for offset in range(90):
            self._run(TODAY + timedelta(days=offset))
            self.env["recouvrement.delivery"].sudo().search(
                [("state", "=", "queued")]
            ).write({"state": "sent"})
            self._relances()._refresh_progress()
        relances = self._relances()
        self.assertEqual(
            relances.mapped("level_id"), self.level1 | self.level2 | self.level3
        )
        self.assertEqual(len(relances), 3)
        self.assertEqual(
            [relance.date for relance in relances],
            [TODAY + timedelta(days=days) for days in (3, 15, 30)],
        )
        self.assertTrue(all(r.date.weekday() < 5 for r in relances))

    # -- reasons -----------------------------------------------------------
    def test_one_line_per_debtor_with_the_reason(self):
        paused, small, quiet = (
            self._create_customer(name) for name in ("Paused", "Small", "Quiet")
        )
        self.scenario.minimum_amount = 50
        self._invoice(3)
        self._invoice(3, partner=paused)
        self._dossier(paused)._pause(TODAY + timedelta(days=5), "Holidays")
        self._invoice(3, 10, partner=small)
        self._invoice(-30, partner=quiet)
        lines = self._lines(self._run())
        self.assertEqual(lines[self.customer].situation, "due")
        self.assertEqual(lines[self.customer].relance_id, self._relances())
        self.assertEqual(
            (lines[paused].situation, lines[paused].reason), ("held", "paused")
        )
        self.assertIn("Holidays", lines[paused].explanation)
        self.assertEqual(
            (lines[small].situation, lines[small].reason), ("waiting", "amount")
        )
        self.assertEqual(lines[quiet].situation, "not_due")
        self.assertEqual(lines[quiet].amount_not_due, 1000)

    def test_closed_day_makes_no_run(self):
        self._invoice(3)
        self.assertFalse(self._run(TODAY + timedelta(days=4)))

    def test_dry_run_writes_the_report_only(self):
        self._invoice(2)
        tomorrow = TODAY + timedelta(days=1)
        run = self.env["recouvrement.run"]._dry_run(self.company, tomorrow)
        self.assertEqual(run.line_ids.situation, "due")
        self.assertEqual(run.line_ids.level_id, self.level1)
        self.assertFalse(self._relances())
        again = self.env["recouvrement.run"]._dry_run(self.company, tomorrow)
        self.assertNotEqual(run, again)

    def test_dry_run_of_an_impossible_day(self):
        Dry = self.env["recouvrement.dry.run"]
        known = self.env["recouvrement.run"].search_count([])
        for days in (4000, -4000):
            wizard = Dry.create({"date": TODAY + timedelta(days=days)})
            with self.assertRaisesRegex(UserError, "less than ten years"):
                wizard.action_confirm()
        self.assertEqual(self.env["recouvrement.run"].search_count([]), known)
        action = Dry.create({"date": TODAY + timedelta(days=30)}).action_confirm()
        self.assertEqual(action["res_model"], "recouvrement.run")

    def test_old_lines_are_forgotten(self):
        self._invoice(3)
        run = self._run()
        self.env["recouvrement.run"].sudo()._gc_lines()
        self.assertTrue(run.line_ids)
        later = TODAY + timedelta(days=366)
        self.env["recouvrement.run"].sudo().with_context(
            recouvrement_day=later.isoformat()
        )._gc_lines()
        self.assertFalse(run.line_ids)
        self.assertTrue(self._relances())

    def test_bank_warning_is_on_the_run(self):
        self._invoice(3)
        self.assertIn("bank", self._run().warning)

    # -- approval ------------------------------------------------------------
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

    # -- going live -----------------------------------------------------------
    def test_installed_company_sends_nothing(self):
        fresh = self.env["res.company"].sudo().create({"name": "Fresh"})
        self.assertTrue(fresh.recouvrement_test_mode)
        self.company.sudo().recouvrement_test_mode = True
        self._invoice(3)
        self.assertFalse(self._run())
        self.assertFalse(self._relances())

    def _go_live(self, **vals):
        self.company.sudo().recouvrement_test_mode = True
        partner = self.company.partner_id
        partner.write({"street": "1 rue", "zip": "22000", "city": "Saint-Brieuc"})
        self.env["res.partner.bank"].create(
            {"acc_number": "FR7630006000011234567890189", "partner_id": partner.id}
        )
        self.env["ir.mail_server"].sudo().create(
            {"name": "Out", "smtp_host": "127.0.0.1"}
        )
        wizard = self.env["recouvrement.go.live"].create(
            dict({"texts_read": True, "warnings_accepted": True}, **vals)
        )
        wizard.action_go_live()

    def test_checklist_stops_what_is_missing(self):
        self.company.sudo().recouvrement_test_mode = True
        wizard = self.env["recouvrement.go.live"].create({"texts_read": True})
        self.assertTrue(wizard.blocking)
        with self.assertRaises(UserError):
            wizard.action_go_live()
        self.assertTrue(self.company.recouvrement_test_mode)

    def test_go_live_enter_by_age_without_sending(self):
        invoice = self._invoice(20)
        self._go_live(entry_mode="age")
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level2.id)
        self._run()
        self.assertFalse(
            self._relances().filtered(lambda relance: relance.origin != "entry")
        )
        self.assertFalse(self._relances().delivery_ids)
        self._run(TODAY + timedelta(days=10))
        self.assertEqual(self._relances()[-1].level_id, self.level3)

    def test_go_live_start_at_the_first_level_even_by_age(self):
        self.scenario.progression = "age"
        self._invoice(20)
        self._go_live(entry_mode="first")
        self._run()
        self.assertEqual(self._relances().level_id, self.level1)

    def test_go_live_leaves_out_before_a_date(self):
        old = self._invoice(50)
        self._go_live(ignore_before=TODAY - timedelta(days=10))
        self.assertSituation(old, "held", "left_out")

    def test_test_relances_are_forgotten(self):
        self.company.sudo().write(
            {
                "recouvrement_test_mode": True,
                "recouvrement_test_email": "test@exemple.example",
            }
        )
        invoice = self._invoice(3)
        self._run()
        self.assertTrue(self._relances().is_test)
        self._go_live()
        self.assertFalse(self._row(invoice)["reached_level_id"])
        self.assertEqual(self._relances().state, "cancelled")

    # -- by hand -----------------------------------------------------------
    def _relance_now(self, records, level, **vals):
        wizard = (
            self.env["recouvrement.relance.now"]
            .with_context(active_model=records._name, active_ids=records.ids)
            .create(dict({"level_id": level.id}, **vals))
        )
        return wizard.action_confirm()

    def test_relance_now_at_any_level(self):
        invoice, young = self._invoice(20), self._invoice(1)
        self._relance_now(self._dossier(), self.level2)
        relance = self._relances()
        self.assertEqual((relance.origin, relance.level_id), ("manual", self.level2))
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level2.id)
        self.assertFalse(self._row(young)["reached_level_id"])
        self.assertEqual(relance.item_count, 2)
        self._run()
        self.assertEqual(len(self._relances()), 1)

    def test_relance_now_from_invoices_gives_the_level_to_these(self):
        invoice, other = self._invoice(2), self._invoice(2)
        self._relance_now(invoice, self.level1)
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level1.id)
        self.assertFalse(self._row(other)["reached_level_id"])

    def test_relance_now_never_lowers_a_level(self):
        invoice = self._invoice(20)
        self._relance_now(self._dossier(), self.level2)
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        with self.assertRaisesRegex(UserError, "Minimum gap"):
            self._relance_now(self._dossier(), self.level1)
        self._relance_now(self._dossier(), self.level1, confirmed=True)
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level2.id)
        self.assertEqual(len(self._relances()), 2)

    def test_relance_now_with_nothing_late(self):
        self._invoice(-30)
        with self.assertRaises(UserError):
            self._relance_now(self._dossier(), self.level1)

    def test_relance_now_needs_the_approval_of_its_level(self):
        self.level3.approval = True
        self._invoice(3)
        self._relance_now(self._dossier(), self.level3)
        self.assertEqual(self._relances().state, "to_approve")

    # -- bad input -----------------------------------------------------------
    def test_scenario_without_level(self):
        with self.assertRaises(ValidationError):
            self.env["recouvrement.scenario"].create({"name": "Empty"})
        with self.assertRaises(ValidationError):
            self.scenario.level_ids.unlink()

    @mute_logger("odoo.sql_db")
    def test_two_levels_with_the_same_day(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.level2.delay = 3
            self.env.flush_all()

    def test_sixty_levels_and_no_more(self):
        ladder = self._create_scenario("Long", range(-10, 50), progression="age")
        move = self._invoice(49)
        self._dossier().scenario_choice_id = ladder
        self._run()
        line = self._relances().line_ids.filtered("granted")
        self.assertEqual(line.move_line_id.move_id, move)
        self.assertEqual(line.level_id.delay, 49)
        with self.assertRaisesRegex(ValidationError, "60"):
            ladder.level_ids[:1].copy({"delay": 99})

    def test_template_that_does_not_render(self):
        with self.assertRaisesRegex(ValidationError, "tottal"):
            self.level1.body = "<p>{{tottal}}</p>"

    def test_level_in_use_is_archived_not_deleted(self):
        self._invoice(3)
        self._run()
        with self.assertRaisesRegex(UserError, "Archive"):
            self.level1.unlink()
        with self.assertRaisesRegex(UserError, "Archive"):
            self.scenario.unlink()

    def test_pause_needs_a_reason_and_a_day_to_come(self):
        dossier = self._dossier(self._invoice(3).partner_id)
        Wizard = self.env["recouvrement.pause"].with_context(
            active_model=dossier._name, active_ids=dossier.ids
        )
        with self.assertRaises(UserError):
            Wizard.create({"until": TODAY, "reason": "x"}).action_confirm()
        with self.assertRaises(ValidationError):
            dossier.write({"pause_until": TODAY + timedelta(days=2)})
        self.assertFalse(dossier.pause_until)

    def test_unknown_language_falls_back(self):
        self.customer.lang = False
        self._invoice(3)
        self._run()
        self.assertTrue(self._relances().preview_subject)

    # -- rights ------------------------------------------------------------
    def _user(self, *groups):
        login = "user_" + "_".join(groups)
        return (
            self.env["res.users"]
            .sudo()
            .create(
                {
                    "name": login,
                    "login": login,
                    "company_id": self.company.id,
                    "company_ids": [(6, 0, self.company.ids)],
                    "group_ids": [(6, 0, [self.env.ref("base.group_user").id])]
                    + [
                        (4, self.env.ref(f"recouvrement_amiable.{group}").id)
                        for group in groups
                    ],
                }
            )
        )

    def test_internal_user_without_group_sees_nothing(self):
        self._invoice(3)
        self._run()
        user = self._user()
        for model in (
            "recouvrement.dossier",
            "recouvrement.relance",
            "recouvrement.delivery",
            "recouvrement.worklist",
            "recouvrement.open.item",
            "recouvrement.run",
            "recouvrement.scenario",
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(user).search([]).read(["display_name"])

    def test_salesperson_reads_own_customers_only(self):
        other = self._create_customer("Other")
        self._invoice(3)
        self._invoice(3, partner=other)
        self._run()
        user = self._user("group_reader")
        self.customer.user_id = user
        Dossier = self.env["recouvrement.dossier"].with_user(user)
        self.assertEqual(Dossier.search([]).partner_id, self.customer)
        work = self.env["recouvrement.worklist"].with_user(user).search([])
        self.assertEqual(work.partner_id, self.customer)
        with self.assertRaises(AccessError):
            Dossier.search([]).write({"note": "x"})
        with self.assertRaises(AccessError):
            self._relances().with_user(user).action_approve()

    def test_collector_cannot_approve_nor_force_a_state(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        user = self._user("group_collector_all")
        relance = self._relances().with_user(user)
        with self.assertRaises(AccessError):
            relance.action_approve()
        with self.assertRaises(AccessError):
            relance.write({"state": "approved"})
        delivery = relance.delivery_ids
        with self.assertRaises(AccessError):
            delivery.write({"state": "sent"})
        with self.assertRaises(AccessError):
            delivery.write({"recipient": "me@me.example"})

    def test_collector_sees_own_and_unassigned_dossiers(self):
        other = self._create_customer("Other")
        self._invoice(3)
        self._invoice(3, partner=other)
        user, colleague = (
            self._user("group_collector"),
            self._user("group_collector", "group_reader"),
        )
        self._dossier().collector_id = user
        self._dossier(other).collector_id = colleague
        seen = self.env["recouvrement.dossier"].with_user(user).search([])
        self.assertEqual(seen.partner_id, self.customer)

    def test_exclusion_for_good_is_the_manager_s(self):
        invoice = self._invoice(3)
        user = self._user("group_collector_all")
        values = {
            "company_id": self.company.id,
            "move_id": invoice.id,
            "reason": "Wrong price",
        }
        Exclusion = self.env["recouvrement.exclusion"]
        with self.assertRaises(AccessError):
            Exclusion.with_user(user).create(values)
        Exclusion.with_user(user).create(dict(values, until=TODAY))

    def test_collector_completes_a_contact(self):
        """“No usable contact” opens the customer: it can be mended there."""
        self.customer.email = False
        self._invoice(3)
        self._dossier()
        user = self._user("group_collector_all")
        work = (
            self.env["recouvrement.worklist"]
            .with_user(user)
            .search([("partner_id", "=", self.customer.id)])
        )
        self.assertEqual(work.action, "fix")
        action = work.action_do()
        self.assertEqual(action["res_model"], "res.partner")
        customer = self.env["res.partner"].with_user(user).browse(action["res_id"])
        customer.email = "compta@vasseur.example"
        customer.create({"name": "Mme Le Goff", "parent_id": customer.id})
        self.assertEqual(self._work_action(), False)
        # who asks for the money does not say where it goes
        with self.assertRaises(AccessError):
            customer.unlink()
        with self.assertRaises(AccessError):
            self.env["res.partner.bank"].with_user(user).create(
                {"acc_number": "FR7630006000011234567890189", "partner_id": customer.id}
            )

    def _work_action(self):
        self.env.invalidate_all()
        return (
            self.env["recouvrement.worklist"]
            .search([("partner_id", "=", self.customer.id)])
            .action
        )

    def test_allocation_tells_whom_to_ask(self):
        self._invoice(3)
        self._unallocated(900)
        self._dossier()
        self.assertEqual(self._work_action(), "allocate")
        work = self.env["recouvrement.worklist"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(work.action_do()["res_model"], "account.move")
        user = self._user("group_collector_all")
        told = work.with_user(user).action_do()
        self.assertEqual(told["tag"], "display_notification")
        self.assertIn(self.env.user.name, told["params"]["message"])
        self.assertEqual(told["params"]["next"]["res_model"], "account.move")

    # -- customers made one -------------------------------------------------
    def test_merged_customers_keep_their_history(self):
        twin = self._create_customer("Menuiserie bis")
        invoice = self._invoice(3)
        theirs = self._invoice(4, partner=twin)
        self._run()
        relances = (self._relances() + self._relances(twin)).sudo()
        relances.delivery_ids.write({"state": "sent"})
        relances._refresh_progress()
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer | twin).ids, self.customer
        )
        self.env.invalidate_all()
        dossier = self._dossier()
        self.assertEqual(len(dossier), 1)
        self.assertEqual(len(dossier.relance_ids), 2)
        for move in (invoice, theirs):
            self.assertEqual(self._row(move)["reached_level_id"], self.level1.id)

    def test_merged_customers_are_written_to_once(self):
        twin = self._create_customer("Menuiserie bis")
        self._invoice(3)
        theirs = self._invoice(4, partner=twin)
        self._run()
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer | twin).ids, self.customer
        )
        self.env.invalidate_all()
        relances = self._dossier().relance_ids
        self.assertEqual(sorted(relances.mapped("state")), ["approved", "cancelled"])
        self.assertFalse(self._row(theirs)["reached_level_id"])

    def test_a_pause_has_an_end(self):
        self._invoice(3)
        dossier = self._dossier()
        with self.assertRaisesRegex(ValidationError, "two years"):
            dossier.write({"pause_until": "2999-01-01", "pause_reason": "never"})

    def test_items_without_customer_are_told(self):
        account = self.company_data["default_account_receivable"]
        revenue = self.company_data["default_account_revenue"]
        self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": TODAY,
                "line_ids": [
                    (0, 0, {"account_id": account.id, "debit": 10}),
                    (0, 0, {"account_id": revenue.id, "credit": 10}),
                ],
            }
        ).action_post()
        self._invoice(3)
        self.assertIn("no customer", self._run().warning)

    def test_account_is_told_to_the_customer_s_contacts_only(self):
        self.level1.approval = True
        stranger = self._create_customer("Stranger")
        self._invoice(3)
        self._run()
        with self.assertRaisesRegex(ValidationError, "Stranger"):
            self._relances().delivery_ids.partner_id = stranger
        with self.assertRaisesRegex(ValidationError, "Stranger"):
            self._dossier().contact_id = stranger
        with self.assertRaises(AccessError):
            self._dossier().write({"partner_id": stranger.id})


@tagged("post_install", "-at_install")
class TestRevalidation(RecouvrementCommon):
    """What waits, or partly left, follows the ledger before anything leaves."""

    def _prepare(self, **vals):
        self.level1.write(dict({"approval": True}, **vals))
        self._invoice(3, 1000)
        self._run()
        return self._relances()

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
        """E-mail gone, letter failed, pause: the level is not said twice."""
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
        self.assertEqual(relance.state, "done")
        self.assertEqual(deliveries["letter"].state, "cancelled")
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
        with self.assertRaises(UserError):
            letter.action_print()
        self._run(TODAY + timedelta(days=1))
        self.assertEqual(letter.state, "cancelled")

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

    def test_go_live_twice_does_not_swallow_a_level(self):
        self.scenario.progression = "age"
        invoice = self._invoice(20)
        self._run()
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        wizard = self.env["recouvrement.go.live"].create({})
        wizard._enter_by_age(TODAY + timedelta(days=11))
        row = self._row(invoice, TODAY + timedelta(days=11))
        self.assertEqual(row["reached_level_id"], self.level2.id)

    def test_manager_takes_only_own_companies_live(self):
        other = self.env["res.company"].sudo().create({"name": "Not mine"})
        self.env.user.sudo().company_ids -= other
        with self.assertRaises(AccessError):
            self.env["recouvrement.go.live"].create({"company_id": other.id})

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
