# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import config, mute_logger

from .common import TODAY, RecouvrementCommon


class ByHand(RecouvrementCommon):
    def _relance_now(self, records, level, **vals):
        wizard = (
            self.env["recouvrement.relance.now"]
            .with_context(active_model=records._name, active_ids=records.ids)
            .create(dict({"level_id": level.id}, **vals))
        )
        return wizard.action_confirm()


@tagged("post_install", "-at_install")
class TestRun(ByHand):
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

    # -- a night that fails ---------------------------------------------------
    @mute_logger("odoo.addons.recouvrement_amiable.models.recouvrement_run")
    def test_failed_run_is_tried_again_and_told(self):
        """A few times, by itself; the credit manager has one task until it is made."""
        self._invoice(3)
        Run = self.env["recouvrement.run"].sudo()
        cron = self.env.ref("recouvrement_amiable.ir_cron_plan").sudo()
        triggers = self.env["ir.cron.trigger"].sudo()
        before = triggers.search_count([("cron_id", "=", cron.id)])
        broken = ValueError("the ledger is on fire")
        with patch.object(type(Run), "_prepare", side_effect=broken):
            for _night in range(5):
                Run._run_company_safely(self.company)
        run = Run.search([("company_id", "=", self.company.id)])
        self.assertEqual((run.state, run.failures), ("failed", 5))
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]) - before, 3)
        self.assertEqual(run.activity_ids.user_id, self.env.user)
        self.assertEqual(len(run.activity_ids), 1)
        self.assertIn("on fire", run.activity_ids.note)
        Run._run_company_safely(self.company)
        self.assertEqual(run.state, "done")
        self.assertFalse(run.activity_ids)
        self.assertTrue(self._relances())

    def test_failure_is_told_to_all_managers_where_none_is_named(self):
        self.company.sudo().recouvrement_manager_id = False
        manager, reader = self._user("group_credit_manager"), self._user("group_reader")
        stranger = self._user("group_credit_manager", "group_reader")
        away = self.setup_other_company()["company"]
        stranger.write({"company_ids": [(6, 0, away.ids)], "company_id": away.id})
        run = self._run()
        readers = run._failure_readers()
        self.assertIn(manager, readers)
        self.assertNotIn(reader, readers)
        self.assertNotIn(stranger, readers)

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
        self.env.invalidate_all()
        self.assertFalse(self._dossier().planned_on)
        again = self.env["recouvrement.run"]._dry_run(self.company, tomorrow)
        self.assertNotEqual(run, again)

    def test_dry_run_says_to_whom_by_what_and_for_how_much(self):
        """What the line says is what the run of that day then does."""
        accounts = self._create_customer(
            "Le Goff", parent_id=self.customer.id, type="invoice", is_company=False
        )
        self.level1.write({"channel_letter": True, "charges": "claim"})
        self._invoice(2, 1000)
        self._invoice(20, 500, no_followup=True)
        self._unallocated(200)
        held = self._create_customer("Held")
        self._invoice(2, partner=held)
        self._dossier(held)._pause(TODAY + timedelta(days=9), "Holidays")
        tomorrow = TODAY + timedelta(days=1)
        lines = self._lines(
            self.env["recouvrement.run"]._dry_run(self.company, tomorrow)
        )
        line = lines[self.customer]
        self.assertEqual(line.channel_text, "E-mail, Letter")
        self.assertIn(accounts.email, line.recipient)
        self.assertIn("1 rue du Port, 22000 Saint-Brieuc", line.recipient)
        self.assertFalse(lines[held].recipient)
        self.assertFalse(lines[held].amount_asked)
        self.assertFalse(self._relances())
        relance = self._lines(self._run(tomorrow))[self.customer].relance_id
        self.assertTrue(relance)
        self.assertGreater(relance.amount_claimed, relance.amount_due)
        self.assertAlmostEqual(line.amount_asked, relance.amount_claimed)
        done = relance.run_id.line_ids.filtered("relance_id")
        self.assertEqual(
            (done.recipient, done.amount_asked), (line.recipient, line.amount_asked)
        )
        self.assertEqual(
            [d.partner_id for d in relance.delivery_ids.sorted("channel")],
            [line.email_partner_id, line.post_partner_id],
        )

    def test_message_of_a_dry_run(self):
        """The words of that day, and nothing that is left behind."""
        self._invoice(2, 1234)
        other = self._create_customer("Other")
        self._invoice(2, partner=other)
        tomorrow = TODAY + timedelta(days=1)
        last = self._next_number()
        lines = self._lines(
            self.env["recouvrement.run"]._dry_run(self.company, tomorrow)
        )
        action = lines[self.customer].action_open()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(preview.subject, f"Relance {self.company.name}")
        for words in ("Menuiserie Vasseur", "1,234.00", "18 March 2026", "3 days late"):
            self.assertIn(words, preview.body.replace("&nbsp;", " "))
        self.assertFalse(self._relances() | self._relances(other))
        self.assertFalse(self.env["recouvrement.delivery"].search([]))
        self._pay(self.env["account.move"].search([("partner_id", "=", other.id)]))
        with self.assertRaisesRegex(UserError, "Other"):
            lines[other].action_preview()
        self._run(tomorrow)
        self.assertEqual(self._relances().id, last + 1, "a dry run took a number")

    def _next_number(self):
        """The last number given to a relance."""
        self.env.cr.execute("SELECT nextval('recouvrement_relance_id_seq')")
        return self.env.cr.fetchone()[0]

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

    def test_mail_server_of_the_configuration_file_counts(self):
        self.env["ir.mail_server"].sudo().search([]).unlink()
        wizard = self.env["recouvrement.go.live"].create({})
        self.assertEqual(wizard._check_mail_server()[1], "missing")
        given = {"smtp_server": "relay.exemple.example"}
        with patch.dict(config.options.maps[0], given):
            self.assertEqual(
                wizard._check_mail_server()[1:], ("ok", "relay.exemple.example")
            )

    def test_test_mode_ends_by_the_checklist_alone(self):
        """Not even an administrator writes or imports its end."""
        admin = new_test_user(
            self.env(su=True),
            "admin_only",
            groups="base.group_user,base.group_system,base.group_partner_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        company = self.company.with_user(admin)
        with self.assertRaisesRegex(AccessError, "checklist"):
            company.recouvrement_live_date = TODAY
        company.recouvrement_test_mode = True
        with self.assertRaisesRegex(AccessError, "checklist"):
            company.recouvrement_test_mode = False
        born = (
            self.env["res.company"]
            .with_user(admin)
            .with_context(default_recouvrement_test_mode=False)
        )
        values = {"recouvrement_test_mode": False, "recouvrement_live_date": TODAY}
        for company in (
            born.create({"name": "Live at birth"}),
            born.create(dict(values, name="Live by its values")),
        ):
            self.assertTrue(company.recouvrement_test_mode)
            self.assertFalse(company.recouvrement_live_date)

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

    def _three_ages(self):
        """Items at 50, 35 and 20 days; the level at 30 is a formal notice."""
        last = self.level3.copy({"name": "Last", "delay": 45})
        self.level3.write(
            {"formal_notice": True, "approval": True, "channel_registered": True}
        )
        moves = [self._invoice(days) for days in (50, 35, 20)]
        return moves, [last, self.level3, self.level2]

    def test_go_live_gives_each_item_the_level_of_its_age(self):
        moves, levels = self._three_ages()
        self._go_live(entry_mode="age")
        for move, level in zip(moves, levels, strict=True):
            self.assertEqual(self._row(move)["reached_level_id"], level.id)
        for offset in range(10):
            self._run(TODAY + timedelta(days=offset))
        self.assertEqual(self._relances().mapped("origin"), ["entry"])

    def test_go_live_by_age_where_everything_is_approved(self):
        moves, levels = self._three_ages()
        self.scenario.level_ids.approval = True
        self._go_live(entry_mode="age")
        for move, level in zip(moves, levels, strict=True):
            self.assertEqual(self._row(move)["reached_level_id"], level.id)

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

    def test_back_to_test_keeps_what_reached_the_customer(self):
        """The e-mail left for good, its letter in test mode: not said twice."""
        only_test = self._create_customer("Atelier Lumen")
        self.level1.channel_letter = True
        reached = self._invoice(3)
        self._run()
        relance = self._relances()
        email, letter = (
            relance.delivery_ids.sudo().filtered(lambda d, c=channel: d.channel == c)
            for channel in ("email", "letter")
        )
        email.state = "sent"
        self.company.sudo().write(
            {
                "recouvrement_test_mode": True,
                "recouvrement_test_email": "test@exemple.example",
            }
        )
        missed = self._invoice(3, partner=only_test)
        self.env["recouvrement.run"].sudo().search([]).unlink()
        self._run()
        made = {d.id: b"%PDF-1.4" for d in self.env["recouvrement.delivery"].search([])}
        Delivery = type(letter)
        with patch.object(Delivery, "_letter_documents", lambda deliveries: made):
            self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual((letter.state, letter.is_test), ("todo", True))
        self._go_live()
        self.assertEqual(self._row(reached)["reached_level_id"], self.level1.id)
        self.assertEqual((relance.state, letter.state), ("approved", "queued"))
        self.assertFalse(self._row(missed)["reached_level_id"])
        self.assertEqual(self._relances(only_test).state, "cancelled")

    # -- by hand -----------------------------------------------------------
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

    def test_ladder_keeps_a_level(self):
        """Archived or moved away, the last level leaves nothing to say."""
        single = self._create_scenario("Single", delays=(10,))
        shown = self.scenario.with_context(active_test=False)
        for emptied in (
            lambda: self.scenario.level_ids.action_archive(),
            lambda: shown.level_ids.write({"active": False}),
            lambda: single.level_ids.write({"scenario_id": self.scenario.id}),
        ):
            with self.assertRaises(ValidationError) as refused:
                emptied()
            self.assertIn("has no level", str(refused.exception))
        single.active = False
        single.level_ids.active = False

    def test_scenario_of_which_a_level_was_said_is_kept(self):
        """Though no relance names it any more, and the level is archived."""
        self._invoice(3)
        self._run()
        other = self._create_scenario("Other", delays=(10,))
        self._relances().sudo().write(
            {"scenario_id": other.id, "level_id": other.level_ids.id}
        )
        self.level1.active = False
        with self.assertRaisesRegex(UserError, "Archive"):
            self.scenario.unlink()
        self.assertTrue(self.level1.exists())

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
        two_years = TODAY + timedelta(days=730)
        later = two_years + timedelta(days=1)
        with self.assertRaises(AccessError) as refused:
            Exclusion.with_user(user).create(dict(values, until=later))
        self.assertIn("two years", str(refused.exception))
        mine = Exclusion.with_user(user).create(dict(values, until=two_years))
        with self.assertRaises(AccessError):
            mine.until = "9999-12-31"
        self.assertEqual(mine.until, two_years)
        mine.with_user(self.env.user).until = "9999-12-31"

    def test_biller_who_only_reads_does_not_choose_the_ladder(self):
        other = self._create_scenario("Other", delays=(10,))
        user = self._user("group_reader")
        user.group_ids += self.env.ref("account.group_account_invoice")
        self.customer.user_id = user
        invoice = self._invoice(3).with_user(user)
        with self.assertRaisesRegex(AccessError, "collectors"):
            invoice.recouvrement_scenario_id = other
        with self.assertRaisesRegex(AccessError, "collectors"):
            invoice.with_context(default_recouvrement_scenario_id=other.id).create(
                {"move_type": "out_invoice", "partner_id": self.customer.id}
            )
        invoice.ref = "Still their invoice"
        self.assertFalse(
            self.env["account.move"].browse(invoice.id)["recouvrement_scenario_id"]
        )

    def test_nobody_who_left_is_given_work(self):
        left = self._user("group_collector")
        self._invoice(3)
        dossier = self._dossier()
        dossier.collector_id = left
        self.customer.user_id = left
        self.assertEqual(dossier._collector(), left)
        left.active = False
        self.assertEqual(dossier._collector(), self.env.user)
        self.level1.write({"channel_email": False, "channel_visit": True})
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual(self._relances().delivery_ids.user_id, self.env.user)

    # -- exclusions ---------------------------------------------------------
    def _exclude(self, moves, until, day=TODAY, user=None, **vals):
        wizard = self.env["recouvrement.exclude"].with_user(user or self.env.user)
        return (
            wizard.with_context(
                active_model="account.move",
                active_ids=moves.ids,
                recouvrement_day=str(day),
            )
            .create(dict({"reason": "Wrong price", "until": until}, **vals))
            .action_confirm()["params"]["message"]
        )

    def test_item_is_excluded_again_after_its_exclusion(self):
        first, second = self._invoice(3, 100), self._invoice(3, 200)
        self._exclude(first, TODAY)
        day, until = TODAY + timedelta(days=10), TODAY + timedelta(days=30)
        self.assertSituation(first, "due", None, day)
        self.assertIn("2 item(s)", self._exclude(first | second, until, day))
        self.assertSituation(first, "held", "excluded", day)
        self.assertSituation(second, "held", "excluded", day)
        standing = self.env["recouvrement.exclusion"].search(
            [("move_id", "=", first.id)]
        )
        self.assertEqual(standing.until, until)
        ended = standing.with_context(active_test=False).search(
            [("move_id", "=", first.id), ("active", "=", False)]
        )
        self.assertEqual(ended.until, TODAY)

    def test_running_exclusion_is_put_off(self):
        first, second = self._invoice(3, 100), self._invoice(3, 200)
        near, far = TODAY + timedelta(days=5), TODAY + timedelta(days=30)
        self._exclude(first, near)
        self._exclude(first | second, far)
        exclusions = self.env["recouvrement.exclusion"].search(
            [("move_id", "in", (first | second).ids)]
        )
        self.assertEqual(exclusions.mapped("until"), [far, far])

    def test_exclusion_counts_what_it_wrote(self):
        first, second = self._invoice(3, 100), self._invoice(3, 200)
        near, far = TODAY + timedelta(days=5), TODAY + timedelta(days=30)
        self._exclude(first, far)
        self.assertIn("1 item(s)", self._exclude(first | second, near))
        self.assertSituation(first, "held", "excluded", far)
        with self.assertRaisesRegex(UserError, "already excluded"):
            self._exclude(first | second, near)

    def test_collector_excludes_again_what_another_had_excluded(self):
        invoice = self._invoice(3)
        self._exclude(invoice, TODAY)
        user = self._user("group_collector_all")
        later = TODAY + timedelta(days=2)
        self._exclude(invoice, later, later, user)
        self.assertSituation(invoice, "held", "excluded", later)

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
class TestDayFromOutside(RecouvrementCommon, HttpCase):
    """Who calls from outside chooses the context of the call, not the day."""

    def test_relance_is_of_today(self):
        user = new_test_user(
            self.env(su=True),
            "collector_rpc",
            groups="base.group_user,recouvrement_amiable.group_collector_all",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self._invoice(3)
        dossier = self._dossier()
        wizard = (
            self.env["recouvrement.relance.now"]
            .with_user(user)
            .with_context(active_model=dossier._name, active_ids=dossier.ids)
            .create({"level_id": self.level1.id, "confirmed": True})
        )
        self.authenticate("collector_rpc", "collector_rpc")
        self.make_jsonrpc_request(
            "/web/dataset/call_kw/recouvrement.relance.now/action_confirm",
            {
                "model": wizard._name,
                "method": "action_confirm",
                "args": [wizard.ids],
                "kwargs": {"context": {"recouvrement_day": "2030-01-01"}},
            },
        )
        today = self.company.with_context(recouvrement_day=None)._recouvrement_today()
        self.assertEqual(self._relances().date, today)


@tagged("post_install", "-at_install")
class TestRevalidation(ByHand):
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
