# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..models.relance_text import PLACEHOLDERS
from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestScreens(RecouvrementCommon):
    """What the accountant reads on the invoice, the customer and the worklist."""

    # -- narrow screens ------------------------------------------------------
    def test_lists_have_cards_for_a_telephone(self):
        """A list inside a form stays a list at 390 px unless cards stand beside it."""
        for model, names in (
            ("recouvrement.dossier", ("limit_ids", "guarantee_ids", "open_item_ids")),
            ("recouvrement.guarantee", ("alert_ids",)),
            ("res.partner", ("recouvrement_delivery_ids",)),
        ):
            arch = etree.fromstring(self.env[model].get_view(view_type="form")["arch"])
            for name in names:
                (field,) = arch.xpath(f"//field[@name='{name}'][list]")
                self.assertTrue(field.xpath("kanban//t[@t-name='card']"), name)
        modes = self._dossier_action_modes()
        for model in ("recouvrement.score", "recouvrement.score.model"):
            self.assertIn("kanban", modes[model], model)
            view = self.env[model].get_view(view_type="kanban")
            self.assertIn('t-name="card"', view["arch"])

    def _dossier_action_modes(self):
        self._invoice(3)
        quality = "recouvrement_amiable.recouvrement_score_model_action"
        return {
            "recouvrement.score": self._dossier().action_open_scores()["view_mode"],
            "recouvrement.score.model": self.env.ref(quality).view_mode,
        }

    # -- invoice -----------------------------------------------------------
    def test_invoice_says_why(self):
        late, future = self._invoice(3), self._invoice(-30)
        self._dossier()
        self.assertEqual(late.recouvrement_situation, "due")
        self.assertIn("Level +3", late.recouvrement_text)
        self.assertIn("Due on", future.recouvrement_text)
        self._run()
        self.env.invalidate_all()
        self.assertEqual(late.recouvrement_level_id, self.level1)
        self.assertEqual(late.recouvrement_last_date, TODAY)
        self.assertTrue(late.recouvrement_next_date > TODAY)

    def test_next_relance_of_an_invoice(self):
        """The open day on which something comes by itself; none while it is held."""
        due, held, soon = self._invoice(3), self._invoice(20), self._invoice(-30)
        held.action_toggle_block_payment()
        self._dossier()
        self.assertEqual(due.recouvrement_next_date, TODAY)
        self.assertFalse(held.recouvrement_next_date)
        # five days before the due date: a Saturday, hence the Monday after
        self.assertEqual(
            soon.recouvrement_next_date, self._next_open(TODAY + timedelta(days=25))
        )
        late = self._invoice(60, partner=self._create_customer("Waiting"))
        self._run()
        self.level2.approval = True
        self.env.invalidate_all()
        self.assertEqual(
            late.recouvrement_next_date, self._next_open(TODAY + timedelta(days=5))
        )
        self._dossier()._pause(TODAY + timedelta(days=9), "Away")
        self.env.invalidate_all()
        self.assertFalse(due.recouvrement_next_date)

    def _next_open(self, day):
        return self.company._recouvrement_calendar().next_open(day)

    def test_next_relance_is_shown(self):
        Move = self.env["account.move"].with_context(default_move_type="out_invoice")
        form = Move.get_view(view_type="form")["arch"]
        self.assertIn('name="recouvrement_next_date"', form)
        view = self.env.ref("account.view_out_invoice_tree")
        arch = Move.get_view(view.id, view_type="list")["arch"]
        arch = etree.fromstring(arch)
        for name in ("recouvrement_last_date", "recouvrement_next_date"):
            (column,) = arch.xpath(f"//field[@name='{name}']")
            self.assertEqual(column.get("optional"), "hide")

    def test_hold_in_words(self):
        invoice = self._invoice(3)
        self._dossier()._pause(TODAY + timedelta(days=3), "Mme Le Goff is away")
        self.assertIn("Mme Le Goff is away", invoice.recouvrement_text)
        self._dossier().action_resume()
        self._unallocated(900)
        self.env.invalidate_all()
        self.assertIn("900", invoice.recouvrement_text)

    def test_draft_paid_and_vendor_bills_say_nothing(self):
        paid = self._invoice(3)
        self._pay(paid)
        draft = paid.copy()
        self.assertFalse((paid | draft).filtered("recouvrement_text"))

    def test_invoice_without_dossier_yet(self):
        self.assertTrue(self._invoice(3).recouvrement_text)

    def test_search_and_group_invoices(self):
        self._invoice(3)
        blocked = self._invoice(4)
        blocked.action_toggle_block_payment()
        paid = self._invoice(5)
        self._pay(paid)
        self._run()
        Move = self.env["account.move"]
        mine = [
            ("partner_id", "=", self.customer.id),
            ("move_type", "=", "out_invoice"),
        ]
        found = Move.search(mine + [("recouvrement_level_id", "=", self.level1.id)])
        self.assertEqual(len(found), 1)
        self.assertEqual(
            Move.search(mine + [("recouvrement_reason", "=", "blocked")]), blocked
        )
        held = Move.search(mine + [("recouvrement_situation", "in", ["held"])])
        self.assertEqual(held, blocked)
        rest = Move.search(mine + [("recouvrement_situation", "=", False)])
        self.assertEqual(rest, paid)
        not_held = Move.search(mine + [("recouvrement_situation", "!=", "held")])
        self.assertEqual(not_held, found | paid)
        groups = Move._read_group(mine, ["recouvrement_level_id"], ["__count"])
        self.assertEqual(
            {level: count for level, count in groups},
            {self.level1: 1, self.env["recouvrement.level"]: 2},
        )
        groups = Move._read_group(mine, ["recouvrement_reason"], ["__count"])
        self.assertIn(("blocked", 1), groups)

    def test_one_level_or_one_hold_in_the_invoice_list(self):
        """The search box finds both by name, and the holds have filters."""
        dunned, paused = self._invoice(3), self._invoice(3, partner=self._paused())
        excluded = self._invoice(3)
        self._run()
        self.env["recouvrement.exclusion"].create(
            {
                "company_id": self.company.id,
                "move_id": excluded.id,
                "reason": "Wrong price",
                "until": TODAY,
            }
        )
        Move = self.env["account.move"]
        mine = Domain("id", "in", (dunned | paused | excluded).ids)
        by_name = Domain("recouvrement_level_id", "ilike", "level +3")
        self.assertEqual(Move.search(mine & by_name), dunned | excluded)
        view = etree.fromstring(Move.get_view(self._invoice_search(), "search")["arch"])
        for name in ("recouvrement_level_id", "recouvrement_reason"):
            self.assertTrue(view.xpath(f"//field[@name='{name}']"), name)
        found = {
            node.get("name"): Move.search(
                mine & Domain(literal_eval(node.get("domain")))
            )
            for node in view.xpath("//filter[contains(@domain, 'recouvrement_reason')]")
        }
        self.assertEqual(found.pop("recouvrement_paused"), paused)
        self.assertEqual(found.pop("recouvrement_excluded"), excluded)
        self.assertEqual(
            set(found),
            {
                "recouvrement_credits",
                "recouvrement_no_contact",
                "recouvrement_approval",
                "recouvrement_failed",
            },
        )

    def _invoice_search(self):
        return self.env.ref("account.view_account_invoice_filter").id

    def _paused(self):
        partner = self._create_customer("Paused")
        self._invoice(1, partner=partner)
        self._dossier(partner)._pause(TODAY + timedelta(days=9), "Holidays")
        return partner

    def test_the_planner_is_free_after_the_invoice_list(self):
        self._invoice(3)
        held = [("recouvrement_situation", "=", "held")]
        Move = self.env["account.move"]
        for read in (
            lambda: Move.search(held),
            lambda: Move.search_read(held, ["name"]),
            lambda: Move._read_group(held, ["recouvrement_reason"], ["__count"]),
        ):
            read()
            self.env.cr.execute(
                "SELECT current_setting('enable_nestloop'),"
                " current_setting('enable_mergejoin')"
            )
            self.assertEqual(self.env.cr.fetchone(), ("on", "on"))

    def test_invoice_list_reads_in_a_fixed_number_of_queries(self):
        counts = []
        for number in (2, 20):
            for _index in range(number):
                partner = self._create_customer(f"Customer{_index}")
                self._invoice(3, partner=partner)
            moves = self.env["account.move"].search([("move_type", "=", "out_invoice")])
            self._dossier(moves.partner_id)
            moves.fetch(["state"])
            moves.mapped("recouvrement_text")
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            moves.mapped("recouvrement_text")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 2, counts)

    # -- customer ------------------------------------------------------------
    def test_customer_tab(self):
        self._invoice(3, 300)
        self._invoice(-10, 700)
        child = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        self._run()
        for partner in (self.customer, child):
            partner = partner.with_company(self.company)
            self.assertEqual(partner.recouvrement_amount_open, 1000)
            self.assertEqual(partner.recouvrement_amount_late, 300)
            self.assertEqual(partner.recouvrement_days_late, 3)
            self.assertEqual(partner.recouvrement_level_id, self.level1)
            self.assertEqual(partner.recouvrement_collector_id, self.env.user)
        action = self.customer.action_recouvrement_dossier()
        self.assertEqual(action["res_id"], self._dossier().id)

    def test_customer_tab_says_what_comes_and_what_happened(self):
        call = self._call()
        self._note_call(
            call,
            result="promise",
            note="Cheque leaves on Friday",
            promise_date=TODAY + timedelta(days=3),
            promise_amount=1000,
            next_step="scenario",
        )
        customer = self.customer.with_company(self.company)
        customer.invalidate_recordset()
        self.assertEqual(customer.recouvrement_next_level_id, self.level2)
        self.assertTrue(customer.recouvrement_next_date > TODAY)
        history = customer.recouvrement_delivery_ids
        self.assertEqual((history.channel, history.level_id), ("call", self.level1))
        for words in ("promises to pay", "1,000.00", "Cheque leaves on Friday"):
            self.assertIn(words, history.history_text)
        self._relances().delivery_ids.sudo()._fail("Mailbox unknown")
        customer.invalidate_recordset()
        self.assertIn(
            "Mailbox unknown", customer.recouvrement_delivery_ids.history_text
        )

    def test_returned_letter_in_the_history(self):
        self.level1.write({"channel_email": False, "channel_registered": True})
        self._invoice(3)
        self._run()
        letter = self._relances().delivery_ids
        letter.sudo().write({"state": "todo"})
        back = TODAY + timedelta(days=9)
        letter.with_context(recouvrement_day=back.isoformat()).write(
            {"posted_on": TODAY, "returned_on": back}
        )
        self.assertEqual(letter.history_day, back)
        self.assertEqual(letter.history_text, "Returned")

    # -- wizards ---------------------------------------------------------------
    def test_wizards_are_where_the_customers_are(self):
        """Relance now, postpone, pause, exclude: from each screen, one way or other."""
        wizards = {"recouvrement.relance.now", "recouvrement.pause"}
        wizards |= {"recouvrement.exclude"}
        for model in ("account.move", "res.partner"):
            bound = {
                (action["res_model"], "postpone" in (action.get("context") or ""))
                for action in self._bound(model)
            }
            self.assertLessEqual(
                {(wizard, False) for wizard in wizards}
                | {("recouvrement.pause", True)},
                bound,
                model,
            )
        for model in ("recouvrement.worklist", "recouvrement.dossier"):
            names = [action["res_model"] for action in self._bound(model)]
            self.assertIn("recouvrement.exclude", names, model)
        for model, place in (
            ("account.move", "//div[@name='recouvrement']"),
            ("res.partner", "//page[@name='recouvrement']"),
        ):
            view = self.env[model].get_view(view_type="form")
            arch = etree.fromstring(view["arch"])
            buttons = {b.get("name") for b in arch.xpath(f"{place}//button")}
            for name in ("relance_now", "postpone", "pause", "exclude"):
                action = self.env.ref(
                    f"recouvrement_amiable.recouvrement_{name}_action"
                )
                self.assertIn(str(action.id), buttons, (model, name))

    def _bound(self, model):
        ids = [
            action["id"]
            for action in self.env["ir.actions.actions"].get_bindings(model)["action"]
        ]
        return (
            self.env["ir.actions.act_window"]
            .sudo()
            .search([("id", "in", ids)])
            .read(["res_model", "context"])
        )

    def _exclude(self, records, **vals):
        return (
            self.env["recouvrement.exclude"]
            .with_context(active_model=records._name, active_ids=records.ids)
            .create(dict({"reason": "Wrong price", "until": TODAY}, **vals))
        )

    def test_exclude_from_a_customer_lets_one_choose(self):
        first, second = self._invoice(3), self._invoice(4)
        dossier = self._dossier()
        for records in (
            self.customer,
            dossier,
            self.env["recouvrement.worklist"].browse(dossier.id),
        ):
            wizard = self._exclude(records)
            self.assertEqual(wizard.line_ids.move_id, first | second)
            self.assertFalse(wizard.line_ids.filtered("chosen"))
            with self.assertRaises(UserError):
                wizard.action_confirm()
        wizard.line_ids.filtered(lambda line: line.move_id == second).chosen = True
        wizard.action_confirm()
        self.assertSituation(second, "held", "excluded")
        self.assertSituation(first, "due")

    def test_exclude_from_an_invoice_means_that_invoice(self):
        first, second = self._invoice(3), self._invoice(4)
        wizard = self._exclude(first)
        self.assertEqual(wizard.line_ids.filtered("chosen").move_id, first)
        self.assertTrue(wizard.whole_invoice)
        wizard.action_confirm()
        self.assertSituation(first, "held", "excluded")
        self.assertSituation(second, "due")

    def test_postpone_from_an_invoice(self):
        invoice = self._invoice(3)
        action = self.env.ref("recouvrement_amiable.recouvrement_postpone_action_move")
        wizard = (
            self.env["recouvrement.pause"]
            .with_context(
                active_model="account.move",
                active_ids=invoice.ids,
                **literal_eval(action.sudo().context),
            )
            .create({"reason": "Corrected invoice to come"})
        )
        wizard.action_confirm()
        self.assertEqual(self._dossier().pause_until, TODAY + timedelta(days=7))

    def test_dossier_figures_and_items(self):
        self._invoice(3, 300)
        self._invoice(-10, 700)
        self._unallocated(50)
        dossier = self._dossier()
        self.assertEqual(dossier.amount_open, 950)
        self.assertEqual(dossier.amount_late, 300)
        self.assertEqual(dossier.amount_credit, 50)
        items = dossier.open_item_ids
        self.assertEqual(len(items), 3)
        self.assertTrue(all(items.mapped("situation_text")))

    # -- worklist ------------------------------------------------------------
    def _work(self, partner=None, day=TODAY):
        Work = self.env["recouvrement.worklist"].with_context(
            recouvrement_day=day.isoformat()
        )
        Work.invalidate_model()
        return Work.search([("partner_id", "=", (partner or self.customer).id)])

    def test_worklist_actions(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        self.assertEqual(self._work().action, "approve")
        self.assertEqual(self._work().amount_late, 1000)
        silent = self._create_customer("Silent", email=False)
        self._invoice(3, partner=silent)
        self._dossier(silent)
        self.assertEqual(self._work(silent).action, "fix")
        generous = self._create_customer("Generous")
        self._invoice(3, partner=generous)
        self._unallocated(900, generous)
        self._dossier(generous)
        self.assertEqual(self._work(generous).action, "allocate")
        works = self.env["recouvrement.worklist"].search([])
        self.assertEqual(works[0].action, "fix")
        self.assertTrue(self._work(generous).situation_text)

    def test_worklist_page_has_a_fixed_number_of_queries(self):
        counts = []
        specification = {
            "partner_id": {"fields": {"display_name": {}}},
            "situation_text": {},
            "amount_late": {},
            "days_late": {},
            "level_id": {"fields": {"display_name": {}}},
            "action": {},
        }
        for number in (2, 30):
            for index in range(number):
                partner = self._create_customer(f"Work{number}-{index}")
                self._invoice(3, partner=partner)
            self.env["recouvrement.dossier"].sudo()._refresh(self.company, TODAY)
            Work = self.env["recouvrement.worklist"]
            Work.web_search_read([], specification, limit=80)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            Work.web_search_read([], specification, limit=80)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 1, counts)

    # -- levels ----------------------------------------------------------------
    def test_text_of_a_decision_can_be_written(self):
        with Form(self.level1) as form:
            form.channel_email = False
            form.channel_task = True
            form.call_script = "<p>To decide: {{amount_claimed}}</p>"
        self.assertIn("To decide", self.level1.call_script)

    def test_every_word_is_listed_with_its_meaning(self):
        shown = str(self.level1.words_html)
        for word in PLACEHOLDERS:
            self.assertIn(f"<code>{{{{{word}}}}}</code>", shown)
        self._invoice(3)
        self._run()
        values = self._relances()._values(self.customer)
        self.assertFalse(PLACEHOLDERS - values.keys())

    def test_day_is_grouped_by_work_in_one_reading(self):
        """Counts, sums and rows of the page come from one classification."""
        self.level1.approval = True
        for name in ("First", "Second"):
            self._invoice(3, 300, partner=self._create_customer(name))
        silent = self._create_customer("Silent", email=False)
        self._invoice(3, partner=silent)
        self._run()
        Work = self.env["recouvrement.worklist"]
        action = Work.action_open()
        self.assertIn("search_default_group_action", action["context"])
        readings = []
        read = type(Work)._live_query
        with patch.object(
            type(Work), "_live_query", lambda me: readings.append(1) or read(me)
        ):
            page = Work.web_read_group(
                [("action", "!=", False)],
                ["action"],
                ["amount_late:sum", "priority:max"],
                order="priority desc, amount_late desc, id",
                auto_unfold=True,
                unfold_read_specification={"situation_text": {}, "action": {}},
            )
        self.assertEqual(len(readings), 1)
        found = [
            (g["action"], g["__count"], g["amount_late:sum"], len(g["__records"]))
            for g in page["groups"]
        ]
        self.assertEqual(found, [("fix", 1, 1000, 1), ("approve", 2, 600, 2)])

    # -- calls -----------------------------------------------------------------
    def _call(self):
        self.level1.write(
            {
                "channel_email": False,
                "channel_call": True,
                "call_script": "<p>Good morning {{contact}}</p>",
            }
        )
        self._invoice(3)
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        return self._relances().delivery_ids

    def _note_call(self, call, **vals):
        wizard = self.env["recouvrement.call.result"].create(
            dict({"delivery_id": call.id}, **vals)
        )
        wizard.action_confirm()

    def test_call_is_an_activity_with_its_script(self):
        call = self._call()
        self.assertEqual((call.channel, call.state), ("call", "todo"))
        activity = call.activity_id
        self.assertEqual(activity.user_id, self.env.user)
        self.assertIn("Good morning Menuiserie Vasseur", activity.note)
        self.assertIn("02 96 00 00 00", activity.note)
        self.assertEqual(self._work().action, "call")

    def test_call_result_with_a_promise(self):
        call = self._call()
        self._note_call(
            call,
            result="promise",
            note="Cheque leaves on Friday",
            promise_date=TODAY + timedelta(days=3),
            promise_amount=1000,
            next_step="postpone",
        )
        self.assertEqual((call.state, call.result), ("delivered", "promise"))
        self.assertFalse(self._dossier().activity_ids)
        self.assertEqual(self._relances().state, "done")
        self.assertEqual(self._dossier().pause_until, TODAY + timedelta(days=4))
        work = self._work()
        self.assertEqual((work.action, work.reason), (False, "paused"))
        self.assertEqual(work.next_date, TODAY + timedelta(days=4))
        self.assertIn(
            "Cheque leaves on Friday",
            "".join(self._dossier().message_ids.mapped("body")),
        )

    def test_call_again_comes_back_with_its_script(self):
        call = self._call()
        self._note_call(
            call, result="unreached", next_step="call", note="Answering machine"
        )
        again = TODAY + timedelta(days=2)
        self.assertEqual((call.state, call.not_before), ("todo", again))
        self.assertEqual(call.activity_id.date_deadline, again)
        self.assertEqual(len(self._dossier().activity_ids), 1)
        work = self._work()
        self.assertFalse(work.action, "today there is nothing more to do")
        self.assertEqual(work.next_date, again)
        self.assertIn("called again on 03/19/2026", work.situation_text)
        work = self._work(day=again)
        self.assertEqual(work.action, "call")
        action = work.action_do()
        wizard = (
            self.env["recouvrement.call.result"]
            .with_context(**action["context"])
            .create({"result": "reached", "note": "The cheque leaves on Friday"})
        )
        self.assertEqual(wizard.delivery_id, call)
        self.assertIn("Good morning Menuiserie Vasseur", wizard.call_note)
        self.assertIn("Not reached: Answering machine", wizard.earlier)
        wizard.action_confirm()
        self.assertEqual((call.state, call.attempts), ("delivered", 2))
        self.assertIn("Answering machine", call.result_note)
        self.assertIn("The cheque leaves on Friday", call.result_note)
        self.assertEqual(self._relances().state, "done")
        self.assertFalse(self._work(day=again).action)

    def test_the_ladder_waits_for_a_call_that_was_put_off(self):
        call = self._call()
        call_day = TODAY + timedelta(days=16)
        self._note_call(call, result="message", next_step="call", next_date=call_day)
        invoice = self._relances().line_ids.move_id
        row = self.assertSituation(
            invoice, "waiting", "call", TODAY + timedelta(days=13)
        )
        self.assertEqual(row["next_date"], call_day + timedelta(days=1))
        self._run(TODAY + timedelta(days=13))
        self.assertEqual(len(self._relances()), 1)
        self.assertSituation(invoice, "waiting", "call", call_day)
        after = call_day + timedelta(days=1)
        self.assertSituation(invoice, "due", None, after)

    def _ends_the_call(self, result, state):
        call = self._call()
        self._note_call(call, result=result, next_step="scenario")
        self.assertEqual((call.state, self._relances().state), (state, "done"))
        work = self._work()
        self.assertFalse(work.action)
        self.assertIn("Level +15", work.situation_text)

    def test_call_reached_lets_the_ladder_go_on(self):
        self._ends_the_call("reached", "delivered")

    def test_call_message_left_lets_the_ladder_go_on(self):
        self._ends_the_call("message", "sent")

    def test_call_not_reached_may_let_the_ladder_go_on(self):
        self._ends_the_call("unreached", "sent")

    def _contest(self, call, ticked=None, **vals):
        form = Form(
            self.env["recouvrement.call.result"].with_context(
                default_delivery_id=call.id
            )
        )
        form.result = "contested"
        self.assertEqual(form.next_step, "exclude", "proposed by itself")
        form.note = "Two windows are missing"
        for index in ticked or ():
            with form.line_ids.edit(index) as line:
                line.contested = True
        return form.save().action_confirm()

    def test_contested_invoice_is_not_dunned_on(self):
        contested = self._invoice(4, 400)
        call = self._call()
        with self.assertRaisesRegex(UserError, "Menuiserie"):
            self._contest(call)
        self.assertEqual(call.state, "todo", "nothing is noted by halves")
        self._contest(call, [0])
        self.assertEqual((call.state, call.result), ("delivered", "contested"))
        later = TODAY + timedelta(days=13)
        row = self.assertSituation(contested, "held", "excluded", later)
        self.assertIn("Two windows are missing", row["detail"])
        self._run(later)
        second = self._relances()[-1]
        self.assertEqual(second.level_id, self.level2)
        self.assertNotIn(contested, second.line_ids.move_id)
        back = TODAY + timedelta(days=31)
        self.assertSituation(contested, "due", None, back)

    def test_everything_contested_leaves_the_day_and_says_why(self):
        self._contest(self._call())
        work = self._work()
        self.assertFalse(work.action)
        self.assertEqual((work.situation, work.reason), ("held", "excluded"))
        self.assertIn("Two windows are missing", work.situation_text)

    def test_contest_may_pause_the_customer(self):
        until = TODAY + timedelta(days=20)
        self._note_call(
            self._call(),
            result="contested",
            next_step="postpone",
            next_date=until,
            note="All is contested",
        )
        work = self._work()
        self.assertEqual((work.reason, work.next_date), ("paused", until))
        self.assertIn("All is contested", work.situation_text)

    def test_wrong_number_is_mended_then_called(self):
        call = self._call()
        self._note_call(call, result="wrong_number", next_step="call")
        self.assertEqual(call.state, "failed")
        self.assertFalse(self._dossier().activity_ids)
        work = self._work()
        self.assertEqual(work.action, "fix")
        self.assertIn("02 96 00 00 00", work.situation_text)
        invoice = self._relances().line_ids.move_id
        later = TODAY + timedelta(days=13)
        self.assertSituation(invoice, "waiting", "failed", later)
        self.assertEqual(work.action_do()["res_id"], call.id)
        call.contact_phone = "02 99 11 22 33"
        call.action_retry()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual((call.state, call.result), ("todo", False))
        self.assertIn("02 99 11 22 33", call.activity_id.note)
        self.assertEqual(self._work().action, "call")

    def test_activity_done_elsewhere_is_noted(self):
        call = self._call()
        call.activity_id.action_feedback(feedback="Talked to Mme Le Goff")
        self.assertEqual(call.state, "sent")
        self.assertEqual(call.result_note, "Talked to Mme Le Goff")

    def test_visit_is_for_the_salesperson(self):
        salesperson = (
            self.env["res.users"]
            .sudo()
            .create(
                {
                    "name": "Seller",
                    "login": "seller",
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                }
            )
        )
        self.customer.user_id = salesperson
        self.level1.write({"channel_email": False, "channel_visit": True})
        self._invoice(3)
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual(self._relances().delivery_ids.user_id, salesperson)

    # -- decisions -----------------------------------------------------------
    def _undecided(self, *partners):
        """The last level is a decision, and it is said about these customers."""
        (self.level2 | self.level3).active = False
        self.level1.write({"channel_email": False, "channel_task": True})
        for partner in partners or (self.customer,):
            self._invoice(3, partner=partner)
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()

    def _decide(self, work=None, **vals):
        work = work or self._work()
        action = work.action_do()
        self.assertEqual(action["res_model"], "recouvrement.decision")
        wizard = (
            self.env["recouvrement.decision"]
            .with_context(**action["context"])
            .create(vals)
        )
        wizard.action_confirm()
        return wizard

    def assertDecided(self, until, *words):
        """The row says the decision, and comes back on its day."""
        work = self._work()
        self.assertFalse(work.action)
        self.assertEqual(work.next_date, until)
        for word in words:
            self.assertIn(word, work.situation_text)
        task = self._relances().delivery_ids
        self.assertEqual((task.state, task.relance_id.state), ("delivered", "done"))
        self.assertFalse(task.activity_id.active)
        thread = "".join(self._dossier().message_ids.mapped("body"))
        self.assertIn(f"Decision of {self.env.user.name}", thread)
        self.assertFalse(self._work(day=until - timedelta(days=1)).action)
        self.assertEqual(self._work(day=until).action, "decide")

    def test_last_level_handed_over(self):
        self._undecided()
        self.assertEqual(self._work().action, "decide")
        with self.assertRaisesRegex(UserError, "to whom"):
            self._decide(choice="handover")
        wizard = self._decide(
            choice="handover", handed_to="bailiff", handed_name="Étude Martin"
        )
        self.assertEqual(self._work().reason, "handover")
        self.assertDecided(wizard.until, "handed over", "Étude Martin")
        self.assertEqual(self._dossier().pause_kind, "handover")
        with self.assertRaisesRegex(UserError, "Étude Martin"):
            self._dossier()._pause(TODAY + timedelta(days=3), "Mistake")
        fresh, gap_over = self._invoice(3), TODAY + timedelta(days=6)
        self.assertSituation(fresh, "held", "handover", gap_over)
        self._dossier().action_resume()
        self.assertFalse(self._dossier().pause_kind)
        self.assertSituation(fresh, "due", None, gap_over)

    def test_last_level_payment_agreement(self):
        self._undecided()
        with self.assertRaisesRegex(UserError, "agreed"):
            self._decide(choice="agreement")
        until = TODAY + timedelta(days=10)
        self._decide(choice="agreement", note="500 on 5 April and May", until=until)
        self.assertDecided(until, "Payment agreement", "500 on 5 April")
        self.assertEqual(self._work().reason, "paused")

    def test_last_level_goes_on_by_hand(self):
        self._undecided()
        with self.assertRaisesRegex(UserError, "after today"):
            self._decide(choice="call", until=TODAY)
        wizard = self._decide(choice="call", note="Will see the manager")
        self.assertDecided(wizard.until, "looked at again", "Will see the manager")
        gap_over = TODAY + timedelta(days=6)
        self.assertSituation(self._invoice(3), "due", None, gap_over)

    def test_last_level_write_off_is_proposed(self):
        self._undecided()
        accounting = new_test_user(
            self.env(su=True),
            "accounting",
            "recouvrement_amiable.group_collector_all",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaisesRegex(UserError, "Choose who"):
            self._decide(choice="write_off", user_id=self.env.ref("base.user_root").id)
        wizard = self._decide(choice="write_off", user_id=accounting.id)
        activity = self._dossier().activity_ids
        self.assertEqual(activity.user_id, accounting)
        self.assertIn("1,000.00", activity.summary)
        self.assertDecided(wizard.until, "Write-off proposed to", accounting.name)

    def test_one_decision_for_several_customers(self):
        other = self._create_customer("Other")
        self._undecided(self.customer, other)
        dossiers = self._dossier(self.customer | other)
        self._decide(
            dossiers.env["recouvrement.worklist"].browse(dossiers[:1].id),
            choice="agreement",
            note="Settled by the group",
            dossier_ids=[Command.set(dossiers.ids)],
        )
        for partner in (self.customer, other):
            self.assertFalse(self._work(partner).action)

    def test_one_highlighted_button_on_the_dossier(self):
        """What the worklist asks for is the primary button, never Relance Now."""
        arch = self.env["recouvrement.dossier"].get_view(view_type="form")["arch"]
        relance = str(
            self.env.ref("recouvrement_amiable.recouvrement_relance_now_action").id
        )
        buttons = [
            button
            for button in etree.fromstring(arch).xpath("//header/button")
            if button.get("name") in ("action_do", relance)
            and "oe_highlight" in (button.get("class") or "")
        ]
        values = {"amount_late": 100, "scenario_id": 1, "is_paused": False}
        actions = [a for a, _w in self.env["recouvrement.worklist"]._selection_action()]
        for action in (False, *actions):
            shown = [
                button.get("name")
                for button in buttons
                if not safe_eval(button.get("invisible"), dict(values, action=action))
            ]
            self.assertEqual(shown, ["action_do" if action else relance], action)

    # -- copies ------------------------------------------------------------
    def test_neutralized_copy_cannot_write_to_a_debtor(self):
        self._invoice(3)
        self._run()
        self.env.flush_all()
        for query in get_neutralization_queries(["recouvrement_amiable"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertTrue(self.company.recouvrement_test_mode)
        self.assertFalse(self.company.recouvrement_test_email)
        delivery = self._relances().delivery_ids
        self.assertEqual(delivery.state, "failed")
        # a code in the data, words for whoever reads it
        self.assertEqual(delivery.failure_reason, "neutralized")
        self.assertEqual(delivery.failure_text, "Neutralized copy: not sent")
        self.assertIn("Neutralized copy", self._work().situation_text)
        self.assertFalse(
            self.env.ref("recouvrement_amiable.ir_cron_send").sudo().active
        )

    def test_letter_of_a_neutralized_copy_is_written_again(self):
        """It was made without the mark of a test."""
        self.level1.write({"channel_email": False, "channel_letter": True})
        self._invoice(3)
        self._run()
        letter = self._relances().delivery_ids.sudo()
        paper = self.env["ir.attachment"].sudo()
        paper = paper.create({"name": "Letter.pdf", "raw": b"%PDF-1.4"})
        letter.write({"state": "todo", "attachment_id": paper.id})
        self.env.flush_all()
        for query in get_neutralization_queries(["recouvrement_amiable"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual((letter.state, letter.attachment_id.id), ("failed", False))
        self.assertTrue(letter._goes_to_test())

    def test_removed_invoice_takes_its_lines_along(self):
        invoice = self._invoice(3)
        self._run()
        self._relances().action_cancel()
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertFalse(self._relances().line_ids)
