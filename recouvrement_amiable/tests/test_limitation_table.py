# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The table of what prescribes soon: holds, filters, and who is told."""

from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import TODAY
from .test_limitation import FIVE, LAST, TWO, LimitationCommon


@tagged("post_install", "-at_install")
class TestLimitationTable(LimitationCommon):
    # -- the table -------------------------------------------------------
    def test_table_keeps_what_is_near(self):
        near, far, over = (
            self._old(),
            self._old(date(2021, 11, 10)),
            self._old(date(2020, 6, 10)),
        )
        paid = self._old()
        self._pay(paid)
        self._refresh()
        self.assertEqual(self._rows_of(near).last_day, LAST)
        self.assertEqual(self._rows_of(over).last_day, date(2025, 6, 10))
        self.assertFalse(self._rows_of(far) | self._rows_of(paid))
        self._refresh(day=date(2026, 4, 10))
        self.assertTrue(self._rows_of(far))

    def test_facts_move_the_table_at_once(self):
        move = self._old(TWO)
        dossier = self._dossier()
        self.assertFalse(self._rows_of(move))
        dossier.kind = "consumer"
        self.assertEqual(self._rows_of(move).last_day, LAST)
        dossier.kind = "company"
        self.assertFalse(self._rows_of(move))
        dossier.sector = "transport"
        self.assertEqual(self._rows_of(move).last_day, date(2025, 6, 10))
        event = self._event("acknowledgment", date(2025, 6, 2), move)
        self.assertEqual(self._rows_of(move).last_day, date(2026, 6, 2))
        event.active = False
        self.assertEqual(self._rows_of(move).last_day, date(2025, 6, 10))
        dossier.sector = False
        self.assertFalse(self._rows_of(move))
        self.company.sudo().recouvrement_sector = "transport"
        self.assertTrue(self._rows_of(move))

    def test_table_sees_what_was_performed_before_it_was_booked(self):
        performed = self._old(date(2021, 11, 10))
        performed.recouvrement_performed_on = FIVE
        delivered = self._old(date(2021, 11, 10))
        delivered.delivery_date = FIVE
        self.Limitation.search([]).unlink()
        self._refresh()
        self.assertEqual(self._rows_of(performed).last_day, LAST)
        self.assertEqual(self._rows_of(delivered).last_day, LAST)

    def test_a_presented_letter_moves_the_table_at_once(self):
        self._dossier().notice_clause = "yes"
        move = self._old()
        letter = self._notice(move, date(2026, 2, 2))
        self._refresh()
        self.assertFalse(self._rows_of(move))
        letter.presented_on = False
        self.assertTrue(self._rows_of(move))

    # -- prescribed ------------------------------------------------------
    def test_prescribed_item_is_never_asked_for(self):
        over = self._old(date(2020, 6, 10), amount=400)
        late = self._invoice(40)
        self._run()
        row = self.assertSituation(over, "held", "prescribed")
        self.assertEqual(row["item_holds"], ["prescribed"])
        item = self.env["recouvrement.open.item"].browse(self._item(over).id)
        self.assertEqual(
            item.situation_text,
            "Prescribed since 06/11/2025: can no longer be claimed.",
        )
        relance = self._relances()
        asked = relance.line_ids.move_line_id
        self.assertIn(self._item(late), asked)
        self.assertNotIn(self._item(over), asked)
        dossier = self._dossier()
        self.assertEqual(dossier.amount_open, 1400, "it stays in the balance")
        self.assertIn("1 item(s) are prescribed", dossier.limitation_warning)
        wizard = self.env["recouvrement.relance.now"].create(
            {
                "dossier_ids": [Command.set(dossier.ids)],
                "move_ids": [Command.set(over.ids)],
                "level_id": self.level1.id,
                "confirmed": True,
            }
        )
        with self.assertRaisesRegex(UserError, "nothing late to ask for"):
            wizard.action_confirm()

    def test_dossier_with_nothing_else(self):
        self._old(date(2020, 6, 10))
        run = self._run()
        sentence = "Prescribed since 06/11/2025: can no longer be claimed."
        self.assertEqual(self._dossier().situation_text, sentence)
        line = run.line_ids.filtered(lambda x: x.dossier_id == self._dossier())
        self.assertEqual((line.situation, line.reason), ("held", "prescribed"))

    def test_last_day_and_the_day_after(self):
        move = self._old(date(2021, 3, 17))
        self._refresh()
        self.assertNotEqual(self._row(move)["reason"], "prescribed")
        tomorrow = date(2026, 3, 18)
        self.assertSituation(move, "held", "prescribed", day=tomorrow)

    def test_a_persons_exclusion_comes_first(self):
        over = self._old(date(2020, 6, 10))
        self._refresh()
        self.env["recouvrement.exclusion"].create(
            {"company_id": self.company.id, "move_id": over.id, "reason": "Ours"}
        )
        row = self.assertSituation(over, "held", "excluded")
        self.assertEqual(row["item_holds"], ["excluded", "prescribed"])
        self.assertEqual((row["detail"], row["until"]), ("Ours", None))

    def test_filters(self):
        near, over, fresh = (
            self._old(),
            self._old(date(2020, 6, 10)),
            self._invoice(3),
        )
        self._refresh()
        Item = self.env["recouvrement.open.item"]
        mine = [("partner_id", "=", self.customer.id)]
        for state, move in (
            ("near", near),
            ("prescribed", over),
            (False, fresh),
        ):
            found = Item.search([("limitation_state", "=", state), *mine])
            self.assertEqual(found.move_id, move, state)
            self.assertEqual(found.limitation_state, state)
        dossier = self._dossier()
        self.assertEqual(dossier.limitation_date, LAST)
        domain = [("limitation_ids.last_day", "<", "2026-03-17")]
        self.assertIn(dossier, dossier.search(domain))


@tagged("post_install", "-at_install")
class TestLimitationAlert(LimitationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collector = new_test_user(
            cls.env,
            login="limitation_collector",
            groups="base.group_user,recouvrement_amiable.group_collector",
            lang="en_US",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _cron(self, day):
        """What the scheduled action does for this company on a day."""
        dossier = self._dossier()
        dossier.sudo().collector_id = self.collector
        self.Limitation.with_context(recouvrement_day=str(day))._alert(
            self.company.with_context(recouvrement_day=str(day))
        )
        self.env.invalidate_all()

    def _activities(self):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "recouvrement.dossier"),
                ("res_id", "in", self._dossier().ids),
            ]
        )

    def test_once_at_each_stage(self):
        self._old()  # last day 10 June 2026
        self._cron(date(2025, 12, 9))
        self.assertFalse(self._activities())
        for day, months in (
            (date(2025, 12, 10), 6),
            (date(2026, 3, 10), 3),
            (date(2026, 5, 10), 1),
        ):
            self._cron(day)
            first = self._activities()
            self.assertEqual(len(first), 1, "the stage before is closed")
            row = self.Limitation.search([("activity_id", "=", first.id)])
            self.assertEqual(row.told_months, months)
            self._cron(day)
            self._cron(day.replace(day=20))
            self.assertEqual(self._activities(), first)
        self.assertEqual(first.user_id, self.collector)
        self.assertEqual(first.summary, "1 item(s) to claim in court by 06/10/2026")
        self.assertIn("1,000.00", first.note)
        self.assertIn("does not put the day off", first.note)
        self.assertLessEqual(first.date_deadline, LAST)

    def test_found_late_is_told_once(self):
        self._old(date(2021, 4, 10))
        self._cron(TODAY)
        self.assertEqual(len(self._activities()), 1)

    def test_one_activity_for_the_items_of_a_stage(self):
        self._old()
        self._old(date(2021, 5, 10))
        self._cron(TODAY)
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertIn("2 item(s)", activity.summary)
        self.assertIn("05/10/2026", activity.summary)

    def test_closed_when_paid(self):
        move = self._old()
        self._cron(TODAY)
        self._pay(move)
        self._cron(TODAY)
        self.assertFalse(self._activities())

    def test_closed_at_once_when_put_off(self):
        move = self._old()
        self._cron(TODAY)
        self._event("acknowledgment", TODAY, move)
        self.assertFalse(self._activities())

    def test_a_moved_last_day_is_told_about_anew(self):
        move = self._old()
        self._cron(TODAY)
        first = self._activities()
        move.recouvrement_performed_on = date(2021, 6, 1)
        self.assertFalse(first.exists().filtered("active"))
        self._cron(TODAY)
        self.assertIn("06/01/2026", self._activities().summary)

    def test_done_by_a_person_is_not_told_again(self):
        self._old()
        self._cron(TODAY)
        self._activities().action_feedback()
        self._cron(TODAY)
        self.assertFalse(self._activities())

    def test_what_to_do_depends_on_the_debtor(self):
        dossier = self._dossier()
        for kind, sector, words in (
            ("public", False, "Write to the public body"),
            ("consumer", "consumer_credit", "nothing else puts it off"),
            ("company", False, "acknowledgment or a payment schedule"),
        ):
            dossier.write({"kind": kind, "sector": sector})
            self.assertIn(words, self.Limitation._what_to_do(dossier))

    def test_every_company_through_the_scheduled_action(self):
        self._old()
        self._dossier().sudo().collector_id = self.collector
        self.Limitation.with_context(recouvrement_day=str(TODAY))._cron_alert()
        self.assertEqual(len(self._activities()), 1)
