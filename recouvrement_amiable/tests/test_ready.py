# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ready rows of the worklist say at any moment what the one query says."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
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

    def follow(self, name, used=True):
        """The page is true now, and once the rows are brought up to date.

        :param bool used: whether ready rows are of use in between
        """
        rows, ready = self.page()
        live = self.live()
        self.assertEqual(ready, used, name)
        self.compare(rows, live, name)
        self.assertTrue(self.kept() != live, f"{name}: changes no row, proves nothing")
        self.make()
        self.assertFalse(self.touches(), name)
        self.compare(self.kept(), live, name)
        rows, ready = self.page()
        self.assertTrue(ready, name)
        self.compare(rows, live, name)

    def compare(self, rows, live, name):
        """Row for row; says what differs, not all that does not."""
        wrong = {
            key: (rows.get(key), live.get(key))
            for key in rows.keys() | live.keys()
            if rows.get(key) != live.get(key)
        }
        self.assertFalse(wrong, name)


@tagged("post_install", "-at_install")
class TestReadyOperations(ReadyCommon):
    """Whatever a user does, one thing after the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.others = [cls._create_customer(f"Other{number}") for number in range(3)]
        for partner in cls.others:
            cls._invoice(3, partner=partner)
        cls.first = cls._invoice(20)
        cls.second = cls._invoice(4, 500)
        cls.open = cls._dossier()

    def setUp(self):
        super().setUp()
        self.open_dossiers()
        self.make()

    def receivable(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def test_invoices_and_payments(self):
        new = self._create_customer("Newcomer")
        move = self._invoice(5, partner=new)
        self.open_dossiers()
        self.follow("first invoice of a customer")
        third = self._invoice(9, 700)
        self.follow("another invoice")
        self._pay(third, 300)
        self.follow("part payment")
        self._pay(third)
        self.follow("paid")
        self.receivable(third).remove_move_reconcile()
        self.follow("matching undone")
        self._credit_note(100)
        self.follow("credit note")
        self._unallocated(50, self.others[0])
        self.follow("payment that nobody matched")
        self._pay(move)
        self.follow("nothing open any more")
        self.receivable(self.first).date_maturity = TODAY - timedelta(days=2)
        self.follow("another due date")
        self.second.no_followup = True
        self.follow("no follow-up")
        alone = self.env["account.move"].search(
            [("partner_id", "=", self.others[2].id)]
        )
        alone.action_toggle_block_payment()
        self.follow("blocked")
        alone.action_toggle_block_payment()
        self.follow("not blocked any more")
        last = self._invoice(15, 900, self.others[1])
        self.follow("one more")
        last.button_draft()
        self.follow("back to draft")
        last.button_cancel()
        again = self._invoice(15, 900, self.others[1])
        again.button_draft()
        again.action_post()
        self.follow("posted again")
        again.button_draft()
        again.unlink()
        self.follow("gone")

    def test_entries_of_contacts_and_sql(self):
        child = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id}
        )
        accounts = self.company_data
        entry = self.env["account.move"].create(
            {
                "date": TODAY - timedelta(days=10),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": accounts["default_account_receivable"].id,
                            "partner_id": child.id,
                            "debit": 60,
                            "date_maturity": TODAY - timedelta(days=10),
                        }
                    ),
                    Command.create(
                        {
                            "account_id": accounts["default_account_revenue"].id,
                            "credit": 60,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        self.follow("entry of a contact")
        child.parent_id = self.others[0]
        self.follow("contact of another customer")
        self.env.cr.execute(
            "UPDATE account_move_line SET date_maturity = %s WHERE id = %s",
            [TODAY - timedelta(days=30), self.receivable(self.first).id],
        )
        self.env.invalidate_all()
        self.follow("written past the ORM")

    def test_contacts(self):
        self.customer.write({"email": False, "phone": False, "street": False})
        self.follow("cannot be reached")
        child = self.env["res.partner"].create(
            {
                "name": "Accounts",
                "type": "invoice",
                "parent_id": self.customer.id,
                "email": "accounts@client.example",
            }
        )
        self.follow("invoice address")
        child.active = False
        self.follow("archived")
        child.active = True
        self.follow("in use again")
        child.parent_id = self.others[0]
        self.follow("belongs to another customer")
        child.parent_id = self.customer
        child.type = "other"
        self.open.contact_id = child
        self.follow("chosen contact")
        child.email = False
        self.follow("its address is gone")
        child.email = "accounts@client.example"
        self.follow("and there again")
        child.unlink()
        self.follow("the contact is deleted")
        self.customer.email = "new@client.example"
        self.follow("reached again")
        self.customer.user_id = self.env.user
        self.follow("salesperson")

    def test_merge(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        both = self.others[0] | self.others[1]
        wizard._merge(both.ids, self.others[1].with_env(wizard.env))
        self.env.invalidate_all()
        self.follow("customers merged")

    def test_decisions(self):
        self.first.recouvrement_scenario_id = self._create_scenario("By hand", (9, 40))
        self.follow("ladder of an invoice", used=False)  # and a new ladder
        self.first.recouvrement_scenario_id = False
        self.follow("ladder of the customer again")
        self.second.no_followup = True
        exclusion = self.env["recouvrement.exclusion"].create(
            {
                "move_id": self.first.id,
                "company_id": self.company.id,
                "reason": "Asked",
            }
        )
        self.follow("excluded")
        exclusion.until = TODAY + timedelta(days=3)
        self.follow("until a day")
        exclusion.reason = "Told"
        self.follow("another reason")
        exclusion.active = False
        self.follow("not excluded any more")
        self.open.write(
            {"pause_until": TODAY + timedelta(days=9), "pause_reason": "Holidays"}
        )
        self.follow("paused")
        self.open.pause_until = False
        self.follow("goes on")
        self.open.write({"insolvency": "safeguard", "insolvency_date": TODAY})
        self.follow("insolvency")
        self.open.insolvency = False
        self.follow("insolvency over")
        self.open.collector_id = self.env.ref("base.user_admin")
        self.follow("collector")
        other = self.env["recouvrement.scenario"].search([("name", "=", "By hand")])
        self.open.scenario_choice_id = other
        self.follow("ladder of the customer")

    def test_relances(self):
        self.level1.write({"approval": True})
        self.level2.write({"channel_call": True})
        self.make()
        self._run()
        self.follow("the run")
        relance = self._relances(self.others[0])
        relance.action_approve()
        self.follow("approved")
        delivery = relance.delivery_ids
        delivery.sudo().write({"state": "failed", "failure_reason": "Mailbox unknown"})
        relance._refresh_progress()
        self.follow("failed")
        delivery.sudo().failure_reason = "Mailbox full"
        self.follow("failed for another reason")
        delivery.sudo().write({"state": "sent", "sent_on": f"{TODAY} 10:00:00"})
        relance._refresh_progress()
        self.follow("sent")
        self._relances(self.others[1]).sudo()._cancel("Agreed")
        self.follow("cancelled")
        new = self._create_customer("Newcomer")
        self._relance_now(self._invoice(40, partner=new), self.level2, confirmed=True)
        self.follow("by hand")
        call = self._relances(new).delivery_ids.filtered(
            lambda delivery: delivery.channel == "call"
        )
        call.sudo().state = "todo"
        self.follow("call to make")
        call.sudo().not_before = TODAY + timedelta(days=2)
        self.follow("call put off")
        line = self._relances().line_ids.filtered("granted")[:1]
        self.env.cr.execute(
            "UPDATE recouvrement_relance_line SET cancelled = true WHERE id = %s",
            [line.id],
        )
        self.env.invalidate_all()
        self.follow("level given back")

    def test_public_buyers_and_prescription(self):
        town = self._create_customer("Commune", company_registry="21220123400015")
        move = self._invoice(40, partner=town)
        self.open_dossiers()
        self.follow("public buyer")
        move.write(
            {
                "recouvrement_available_on": move.invoice_date,
                "recouvrement_suspended_on": move.invoice_date + timedelta(days=1),
            }
        )
        self.follow("time to pay suspended")
        move.recouvrement_completed_on = TODAY - timedelta(days=2)
        self.follow("completed")
        self._dossier(town).sudo().public_buyer = "hospital"
        self.follow("another buyer")
        self.first.write(
            {
                "recouvrement_retention": 1000,
                "recouvrement_retention_until": TODAY + timedelta(days=9),
            }
        )
        self.follow("retention money")
        self.first.recouvrement_retention_until = TODAY - timedelta(days=9)
        self.follow("retention over")
        self._invoice(2200, partner=self.others[0])
        self.follow("old invoice")
        self.env["recouvrement.limitation"].sudo()._refresh(self.company, TODAY)
        self.follow("prescribed")

    def test_configuration_is_read_anew(self):
        self.level1.delay = 6
        self.follow("another delay", used=False)
        self.level1.active = False
        self.follow("level archived", used=False)
        self.scenario.minimum_amount = 2000
        self.follow("minimum amount", used=False)
        self.scenario.minimum_amount = 0
        self.follow("no minimum", used=False)
        self.company.sudo().recouvrement_ignore_before = TODAY - timedelta(days=10)
        self.follow("left out before a day", used=False)
        self.company.sudo().recouvrement_ignore_before = False
        self.follow("not left out", used=False)
        self.company.sudo().recouvrement_bank_policy = "hold"
        self.follow("bank data too old", used=False)
        self.env["recouvrement.closed.day"].sudo().create(
            {"name": "Strike", "date": TODAY, "company_id": self.company.id}
        )
        self.company.sudo().recouvrement_bank_policy = "warn"
        self.follow("closed day", used=False)
        self.scenario.active = False
        self.open_dossiers()
        self.follow("ladder archived", used=False)


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
