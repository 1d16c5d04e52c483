# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ready rows of the worklist say at any moment what the one query says."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..hooks import uninstall_hook
from ..models.worklist_ready import COLUMNS, HEADER, READY
from ..models.worklist_touch import LOG, PREFIX
from .common import TODAY, RecouvrementCommon

_READY = "odoo.addons.recouvrement_amiable.models.worklist_ready"
_REFRESH = "odoo.addons.recouvrement_amiable.models.worklist_refresh"


class ReadyCommon(RecouvrementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.work = cls.env["recouvrement.worklist"]

    def rows(self, query):
        found = self.env.execute_query_dict(query)
        return {row["id"]: {name: row[name] for name in COLUMNS} for row in found}

    def make(self):
        """What the scheduled action does."""
        self.work.sudo()._refresh_ready()
        self.work.sudo()._make_ready(self.company)

    def page(self):
        """Rows of a page, and whether it took ready ones."""
        self.work._prepare_read()
        ready = self.work._ready_query()[0] is not None
        with self.work._one_reading():
            return self.rows(self.work._table_query), ready

    def live(self):
        self.work._prepare_read(whole=True)
        return self.rows(self.work._live_query())

    def kept(self):
        """Rows in the table, stale or not."""
        return self.rows(
            SQL(
                "SELECT * FROM %s WHERE company_id = %s",
                SQL.identifier(READY),
                self.company.id,
            )
        )

    def touches(self):
        self.env.flush_all()
        self.env.cr.execute(SQL("SELECT count(*) FROM %s", SQL.identifier(LOG)))
        return self.env.cr.fetchone()[0]

    def open_dossiers(self):
        self.env["recouvrement.dossier"].sudo()._refresh(self.company, TODAY)


@tagged("post_install", "-at_install")
class TestReady(ReadyCommon):
    """When ready rows are of use, and when nobody may trust them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._invoice(20)
        cls._dossier()

    def used(self):
        return self.page()[1]

    def test_nothing_ready(self):
        self.assertFalse(self.used())
        self.make()
        self.assertTrue(self.used())

    def test_another_day(self):
        self.make()
        morrow = self.work.with_context(
            recouvrement_day=(TODAY + timedelta(days=1)).isoformat()
        )
        self.assertIsNone(morrow._ready_query()[0])
        morrow.sudo()._make_ready(self.company.with_env(morrow.env))
        self.assertIsNotNone(morrow._ready_query()[0])
        self.assertFalse(self.used())

    def test_a_page_reads_them(self):
        """Sums, rows and sentences, without the one query."""
        self.make()
        with patch.object(type(self.work), "_select", side_effect=AssertionError):
            signature = self.work._ready_signature
            self.assertRaises(AssertionError, signature)
        signature = self.work._ready_signature()
        with (
            patch.object(type(self.work), "_select", side_effect=AssertionError),
            patch.object(type(self.work), "_ready_signature", lambda me: signature),
        ):
            page = self.work.web_search_read(
                [], {"situation_text": {}, "amount_late": {}}, limit=80
            )
            groups = self.work.web_read_group(
                [], ["situation"], ["amount_late:sum"], auto_unfold=False
            )
        self.assertEqual(page["records"][0]["amount_late"], 1000)
        self.assertIn("To be dunned", page["records"][0]["situation_text"])
        self.assertEqual(groups["groups"][0]["amount_late:sum"], 1000)

    def test_a_replica_only_reads(self):
        """Where nothing can be kept, each part of the page reads for itself."""
        self.make()
        self._invoice(9, 700)
        self.env.flush_all()
        cursor = type(self.env.cr)
        execute = cursor.execute
        asked = []

        def spied(cr, query, *args, **kwargs):
            asked.append(str(getattr(query, "code", query)))
            return execute(cr, query, *args, **kwargs)

        live = self.live()
        with (
            patch.object(cursor, "readonly", property(lambda cr: True)),
            patch.object(cursor, "execute", spied),
        ):
            self.assertEqual(self.page(), (live, True))
        self.assertFalse([text for text in asked if "CREATE" in text])

    def test_a_rolled_back_change_touches_nobody(self):
        self.make()
        before = self.touches()
        savepoint = self.env.cr.savepoint()
        self.first.no_followup = True
        self.assertGreater(self.touches(), before)
        savepoint.rollback()
        savepoint.close(rollback=False)
        self.env.invalidate_all()
        self.assertEqual(self.touches(), before)
        self.assertEqual(self.page(), (self.live(), True))

    def test_what_says_nothing_touches_nobody(self):
        self.make()
        self.customer.write({"comment": "Nice people", "website": "client.example"})
        self.first.write({"narration": "Thank you", "payment_reference": "R1"})
        self._dossier().sudo().note = "Call in the morning"
        self.assertFalse(self.touches())

    def test_too_many_are_read_anew(self):
        self.make()
        self.first.no_followup = True
        with patch(f"{_READY}.FEW_TOUCHED", 0):
            self.assertFalse(self.used())
        with patch(f"{_READY}.MANY_TOUCHES", 0), patch(f"{_REFRESH}.MANY_TOUCHES", 0):
            self.assertFalse(self.used())
            self.work.sudo()._refresh_ready()
        self.assertFalse(self.touches())
        self.assertFalse(self.used())
        self.work.sudo()._make_ready(self.company)
        self.assertEqual(self.page(), (self.live(), True))

    def test_rows_that_were_not_followed_are_void(self):
        """A setting that comes back must not bring rows of before with it."""
        self.make()
        self.company.sudo().recouvrement_bank_policy = "hold"
        self.first.no_followup = True
        self.env.flush_all()
        self.work.sudo()._refresh_ready()
        self.company.sudo().recouvrement_bank_policy = "warn"
        rows, ready = self.page()
        self.assertFalse(ready)
        self.assertEqual(rows, self.live())

    def test_several_companies(self):
        other = self.setup_other_company()["company"]
        both = self.work.with_context(
            allowed_company_ids=[self.company.id, other.id],
        )
        self.make()
        self.assertIsNone(both._ready_query()[0])
        both.sudo()._make_ready(other.with_env(both.env))
        self.assertIsNotNone(both._ready_query()[0])
        self.assertTrue(self.used())

    # -- what the query reads -------------------------------------------------
    def test_all_that_the_query_reads_is_watched(self):
        self.assertFalse(self.work.sudo()._ready_unseen())

    def holding(self, condition):
        """Another add-on's hold."""
        item = type(self.env["recouvrement.open.item"])
        sources = item._dossier_hold_sources
        hold = SQL(
            "SELECT d.id AS dossier_id, 'dispute' AS reason, NULL::date AS until,"
            " NULL::varchar AS detail FROM recouvrement_dossier d WHERE %s",
            SQL(condition),
        )
        return patch.object(
            item, "_dossier_hold_sources", lambda me: [*sources(me), hold]
        )

    def test_another_hold_is_seen_at_once(self):
        self.make()
        self.assertTrue(self.used())
        with self.holding("d.collector_id IS NULL OR true"):
            self.assertFalse(self.used())
            self.make()
            self.assertEqual(self.page(), (self.live(), True))
        self.assertFalse(self.used())

    def test_a_table_that_nobody_watches(self):
        with (
            self.holding("d.id IN (SELECT res_id FROM ir_attachment)"),
            self.assertLogs(_REFRESH, "WARNING") as logs,
        ):
            self.make()
            self.assertFalse(self.used())
            self.assertEqual(self.page()[0], self.live())
        self.assertIn("ir_attachment.res_id", logs.output[0])

    def test_a_column_that_nobody_watches(self):
        with (
            self.holding("d.note IS NULL"),
            self.assertLogs(_REFRESH, "WARNING") as logs,
        ):
            self.make()
            self.assertFalse(self.used())
        self.assertIn("recouvrement_dossier.note", logs.output[0])

    def test_switched_off_triggers(self):
        self.env.cr.execute(
            SQL(
                "ALTER TABLE recouvrement_dossier DISABLE TRIGGER %s",
                SQL.identifier(f"{PREFIX}update_recouvrement_dossier"),
            )
        )
        with mute_logger(_REFRESH):
            self.make()
        self.assertFalse(self.used())

    # -- upkeep ----------------------------------------------------------------
    def triggers(self):
        self.env.cr.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname LIKE %s", [f"{PREFIX}%"]
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def test_update_keeps_one_of_each_trigger(self):
        before = sorted(self.triggers())
        self.make()
        registry = type(self.env.registry)
        with patch.object(registry, "post_init", lambda me, do, *args: do(*args)):
            self.work.sudo().init()
        self.assertEqual(sorted(self.triggers()), before)
        self.assertFalse(self.used())
        self.assertFalse(self.kept())

    def test_uninstalled_nothing_is_left(self):
        self.assertTrue(self.triggers())
        uninstall_hook(self.env(su=True))
        self.assertFalse(self.triggers())
        for table in (LOG, READY, HEADER):
            self.env.cr.execute("SELECT to_regclass(%s)", [table])
            self.assertIsNone(self.env.cr.fetchone()[0])
        self._invoice(3)

    def test_page_has_a_fixed_number_of_queries(self):
        """Ready rows alone, and with a few or many customers touched since."""
        partners = [self._create_customer(f"Work{n}") for n in range(30)]
        for partner in partners:
            self._invoice(3, partner=partner)
        self.open_dossiers()
        self.make()
        counts = [self.queries() for _warm in range(2)][1:]
        for number in (1, 30):
            for partner in partners[:number]:
                partner.phone = f"02 96 00 00 {number}"
            self.env.flush_all()
            counts.append(self.queries())
        self.assertEqual(counts[1], counts[2])
        self.assertLess(counts[0], counts[1])

    def queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.work.web_search_read(
            [], {"situation_text": {}, "amount_late": {}}, limit=80
        )
        return self.env.cr.sql_log_count - before

    def test_the_scheduled_action(self):
        cron = self.env.ref("recouvrement_amiable.ir_cron_ready").sudo()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.cr.execute(
            SQL(
                "SELECT day FROM %s WHERE company_id = %s",
                SQL.identifier(HEADER),
                self.company.id,
            )
        )
        self.assertEqual(len(self.env.cr.fetchall()), 1)
