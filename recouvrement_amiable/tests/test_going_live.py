# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import config

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestGoingLive(RecouvrementCommon):
    """Nothing leaves before a manager says so, and what is late already."""

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

    def test_checklist_reads_as_much_for_many_items(self):
        """The page is made of counts: a ledger of any size may go live."""
        self.company.sudo().recouvrement_test_mode = True
        self.customer.email = False
        read, rows = type(self.env).execute_query, []

        def counted(env, query):
            found = read(env, query)
            rows.append(len(found))
            return found

        def page():
            self._dossier()
            wizard = self.env["recouvrement.go.live"].create({})
            self.env.flush_all()
            self.env.invalidate_all()
            rows.clear()
            before = self.env.cr.sql_log_count
            with patch.object(type(self.env), "execute_query", counted):
                shown = wizard.read(["blocking", "late_summary", "is_live"])[0]
                advice = wizard.line_ids.mapped("advice")
            cost = (self.env.cr.sql_log_count - before, len(rows), sum(rows))
            return cost, shown["late_summary"], advice

        for _rank in range(5):
            self._invoice(3)
        page()
        few, summary, advice = page()
        self.assertIn("5 late item(s) of 1 customer(s)", summary)
        self.assertTrue(any("Menuiserie Vasseur" in text for text in advice))
        for rank in range(45):
            self._invoice(3 + rank)
        many, summary, again = page()
        self.assertIn("50 late item(s) of 1 customer(s)", summary)
        self.assertEqual(again, advice)
        self.assertEqual(few, many)

    def test_late_summary_leaves_out_before_a_date(self):
        self.company.sudo().recouvrement_test_mode = True
        for days in (3, 20, 50):
            self._invoice(days)
        self._dossier()
        wizard = self.env["recouvrement.go.live"].create(
            {"ignore_before": TODAY - timedelta(days=20)}
        )
        self.assertIn("2 late item(s) of 1", wizard.late_summary)

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
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual((letter.state, letter.is_test), ("todo", True))
        self._go_live()
        self.assertEqual(self._row(reached)["reached_level_id"], self.level1.id)
        self.assertEqual((relance.state, letter.state), ("approved", "queued"))
        self.assertFalse(self._row(missed)["reached_level_id"])
        self.assertEqual(self._relances(only_test).state, "cancelled")

    def test_dry_run_before_going_live_tries_the_choice(self):
        """By age nothing leaves for what is late already; from the first, a letter."""
        self.company.sudo().write(
            {
                "recouvrement_test_mode": True,
                "recouvrement_test_email": "test@exemple.example",
            }
        )
        invoice = self._invoice(20)
        self._run()
        tested = self._relances()
        before = self.company.read()[0]

        def dry(**choice):
            wizard = self.env["recouvrement.dry.run"].create(dict(choice, date=TODAY))
            run = self.env["recouvrement.run"].browse(wizard.action_confirm()["res_id"])
            return self._lines(run)[self.customer]

        line = dry(entry_mode="age")
        self.assertEqual((line.situation, line.reason), ("waiting", "delay"))
        self.assertEqual(line.level_id, self.level3)
        line = dry(entry_mode="first")
        self.assertEqual((line.situation, line.level_id), ("due", self.level1))
        self.assertIn(self.customer.email, line.recipient)
        action = line.action_preview()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertIn("Menuiserie Vasseur", preview.body)
        line = dry(ignore_before=TODAY)
        self.assertEqual((line.situation, line.reason), ("held", "left_out"))
        # and nothing of it is left
        self.env.invalidate_all()
        self.assertEqual(self.company.read()[0], before)
        self.assertEqual(self._relances(), tested)
        self.assertNotEqual(tested.state, "cancelled")
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level1.id)

    def test_dry_run_of_a_live_company_supposes_nothing(self):
        self._invoice(20)
        wizard = self.env["recouvrement.dry.run"].create(
            {"date": TODAY, "entry_mode": "age"}
        )
        run = self.env["recouvrement.run"].browse(wizard.action_confirm()["res_id"])
        self.assertFalse(run.entry_mode)
        self.assertEqual(run.line_ids.situation, "due")

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
