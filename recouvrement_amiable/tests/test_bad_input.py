# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestBadInput(RecouvrementCommon):
    """Refused with what to do, and nothing changes."""

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

    def test_the_only_level_gives_way_to_another(self):
        """In one save, even of the same day; taken away alone, it is refused."""
        single = self._create_scenario("Single", delays=(10,))
        old = single.level_ids
        with self.assertRaises(ValidationError):
            single.write({"level_ids": [Command.delete(old.id)]})
        values = {
            "name": "New",
            "delay": 10,
            "subject": "Relance",
            "body": "<p>Due</p>",
        }
        single.write({"level_ids": [Command.delete(old.id), Command.create(values)]})
        self.assertEqual(single.level_ids.mapped("name"), ["New"])
        with self.assertRaises(ValidationError):
            single.level_ids.unlink()

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

    def test_translation_that_does_not_render(self):
        """Odoo's dialog writes the other languages without the one that is read."""
        self.env["res.lang"]._activate_lang("fr_FR")
        for field, text in (
            ("subject", "Relance {{company}}"),
            ("body", "<p>Dear {{customer}}, {{amount_due}} is due.</p>"),
        ):
            wrong = text.replace("{{", "{{montant_")
            term = "Dear {{customer}}, {{amount_due}} is due."
            values = wrong if field == "subject" else {term: wrong[3:-4]}
            with (
                self.assertRaisesRegex(ValidationError, "French.*montant_"),
                self.env.cr.savepoint(),
            ):
                self.level1.update_field_translations(field, {"fr_FR": values})
            self.env.invalidate_all(flush=False)
        self.level1.update_field_translations("subject", {"fr_FR": "De {{company}}"})
        self.assertEqual(
            self.level1.with_context(lang="fr_FR").subject, "De {{company}}"
        )

    @mute_logger("odoo.addons.recouvrement_amiable.models.delivery_queue")
    def test_unknown_word_never_leaves_a_hole(self):
        """A text that got in by another way: the delivery fails, and says why."""
        self._invoice(3)
        self._run()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE recouvrement_level SET body = replace(body::text, 'amount_due',"
            " 'tottal')::jsonb WHERE id = %s",
            [self.level1.id],
        )
        self.env.invalidate_all()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        delivery = self._relances().delivery_ids
        self.assertEqual(delivery.state, "failed")
        self.assertIn("{{tottal}}", delivery.failure_reason)
        self.assertFalse(delivery.message_id)
        reader = self.env["recouvrement.text.reader"].create(
            {"scenario_ids": self.scenario.ids, "lang": "en_US"}
        )
        self.assertIn("{{tottal}}", reader.page)

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

    @mute_logger("odoo.sql_db")
    def test_days_that_no_calendar_has(self):
        """Refused when they are typed, and not by a night that fails over them."""
        company = self.company.sudo()
        for record, values in (
            (company, {"recouvrement_run_keep_days": 999999}),
            (company, {"recouvrement_run_keep_days": 0}),
            (self.scenario, {"segment_new_days": 999999}),
        ):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                record.write(values)
                self.env.flush_all()
            self.env.invalidate_all(flush=False)
        company.recouvrement_run_keep_days = 36500
        self.env["recouvrement.run"].sudo()._gc_lines()
        dossier = self._dossier(self._invoice(3).partner_id)
        Wizard = self.env["recouvrement.pause"].with_context(
            active_model=dossier._name, active_ids=dossier.ids
        )
        for days in (999999, -999999, 2_000_000_000):
            with self.assertRaisesRegex(UserError, "3650"):
                Wizard.create({"mode": "postpone", "days": days, "reason": "x"})
