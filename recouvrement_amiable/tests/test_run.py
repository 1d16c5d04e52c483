# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestRun(RecouvrementCommon):
    """One plan for one company and day: once, with a reason for everyone."""

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

    # -- words ---------------------------------------------------------------
    def test_what_the_night_writes_is_in_the_company_s_language(self):
        """The scheduled action has no language; the people of the company have."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.sudo().partner_id.lang = "fr_FR"
        self.level1.channel_call = True
        self.customer.phone = False
        self._invoice(3)
        night = self.env(su=True, context=dict(self.env.context, lang=None))
        run = night["recouvrement.run"]._run_company(self.company, TODAY)
        self.assertIn("des règlements peuvent manquer", run.warning)
        failed = self._relances().delivery_ids.filtered(lambda d: d.state == "failed")
        self.assertIn("Aucun contact de ce client", failed.failure_reason)
        self.customer.email = False
        night["recouvrement.delivery"]._cron_send()
        email = self._relances().delivery_ids.filtered(lambda d: d.channel == "email")
        self.assertEqual(email.state, "failed")
        self.assertNotIn("e-mail address", email.failure_reason)
        other = self._create_customer("Autre")
        invoice = self._invoice(3, partner=other)
        night["recouvrement.run"]._run_company(self.company, TODAY + timedelta(days=1))
        self._pay(invoice)
        night["recouvrement.delivery"]._cron_send()
        self.assertIn("Plus rien à réclamer", self._relances(other).state_reason)

    def test_company_without_language_speaks_its_manager_s(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        company = self.company.sudo()
        company.partner_id.lang = False
        company.recouvrement_manager_id.lang = "fr_FR"
        told = company._recouvrement_told(self.env["recouvrement.run"])
        self.assertEqual(told.env.lang, "fr_FR")

    # -- currencies -----------------------------------------------------------
    def test_credit_lessens_what_is_asked_in_its_own_currency(self):
        """What the list asks for is what the message asks for."""
        pounds = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        self._invoice(3, 1000)
        self._invoice(0, 200, move_type="out_refund", currency_id=pounds.id)
        self._run()
        relance = self._relances()
        sums = (relance.amount_late, relance.amount_credit)
        self.assertEqual(sums, (1000, 400))
        self.assertEqual((relance.amount_due, relance.amount_claimed), (1000, 1000))
        [total] = relance._statement()["totals"]
        self.assertIn("1,000.00", total)
        self._invoice(3, 300, currency_id=pounds.id)
        self._credit_note(100)
        relance.sudo()._revalidate()
        # 1,000 less 100, and 300 less 200 pounds at two for one
        self.assertEqual((relance.amount_due, relance.amount_claimed), (1100, 1100))
        self.assertEqual(len(relance._statement()["totals"]), 2)

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

    def test_looking_at_a_dry_run_writes_nothing_on_the_dossier(self):
        self._invoice(20)
        run = self.env["recouvrement.run"]._dry_run(self.company, TODAY)
        dossier = self._dossier()
        before = dossier.read(["planned_on", "write_date"])
        run.line_ids.action_preview()
        self.env.invalidate_all()
        self.assertEqual(dossier.read(["planned_on", "write_date"]), before)

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

    def test_dry_runs_are_as_old_as_their_making(self):
        """Whatever the day that they look at."""
        self._invoice(3)
        Run = self.env["recouvrement.run"].sudo()
        old = Run._dry_run(self.company, TODAY + timedelta(days=300))
        new = Run._dry_run(self.company, TODAY - timedelta(days=800))
        for run, age in ((old, 366), (new, 1)):
            made = fields.Datetime.to_datetime(TODAY - timedelta(days=age))
            self.env.cr.execute(
                "UPDATE recouvrement_run SET create_date = %s WHERE id = %s",
                [made, run.id],
            )
        self.env.invalidate_all()
        Run._gc_lines()
        self.assertFalse(old.exists())
        self.assertTrue(new.exists().line_ids)

    def test_bank_warning_is_on_the_run(self):
        self._invoice(3)
        self.assertIn("bank", self._run().warning)

    def test_a_vat_credit_without_customer_is_nobody_s(self):
        self._vat_credit(self.env["res.partner"])
        self._invoice(3)
        self.assertNotIn("no customer", self._run().warning or "")

    # -- the debtor is another one ------------------------------------------
    def _sent(self):
        """The first level is said to the customer, and done."""
        invoice = self._invoice(3)
        self._run()
        relance = self._relances().sudo()
        relance.delivery_ids.write({"state": "sent"})
        relance._refresh_progress()
        self.assertEqual(relance.state, "done")
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level1.id)
        return invoice, relance

    def test_a_new_debtor_starts_at_the_first_level(self):
        """Not where the one that was invoiced by mistake stood."""
        invoice, relance = self._sent()
        figures = (relance.amount_due, relance.item_count, relance.state)
        other = self._create_customer("Scierie Neuve")
        self._change_customer(invoice, other)
        self.assertFalse(self._row(invoice)["reached_level_id"])
        later = TODAY + timedelta(days=15)
        self._run(later)
        self.assertEqual(self._relances(other).level_id, self.level1)
        self.assertEqual(len(relance.line_ids), 1, "the proof of what was sent")
        self.assertEqual(
            (relance.amount_due, relance.item_count, relance.state), figures
        )

    def test_an_entry_given_to_another_debtor_starts_anew(self):
        invoice, _relance = self._sent()
        other = self._create_customer("Scierie Neuve")
        item = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        item.partner_id = other
        row = self._rows(other)[0]
        self.assertEqual(row["move_id"], invoice.id)
        self.assertFalse(row["reached_level_id"])

    def test_a_contact_of_the_same_customer_keeps_the_level(self):
        invoice, _relance = self._sent()
        site = self._create_customer(
            "Site", parent_id=self.customer.id, is_company=False, type="invoice"
        )
        self._change_customer(invoice, site)
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level1.id)

    def test_an_item_of_another_debtor_leaves_what_waits(self):
        self.level1.approval = True
        invoice = self._invoice(3, 700)
        self._invoice(3, 300)
        self._run()
        relance = self._relances()
        self.assertEqual(relance.amount_due, 1000)
        self._change_customer(invoice, self._create_customer("Scierie Neuve"))
        self.assertEqual((relance.amount_due, relance.item_count), (300, 1))
        self.assertEqual(relance.state, "to_approve")

    # -- customers made one -------------------------------------------------
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
