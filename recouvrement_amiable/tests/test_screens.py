# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from ast import literal_eval
from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

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
        letter.write({"posted_on": TODAY, "returned_on": TODAY + timedelta(days=9)})
        self.assertEqual(letter.history_day, TODAY + timedelta(days=9))
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
    def _work(self, partner=None):
        return self.env["recouvrement.worklist"].search(
            [("partner_id", "=", (partner or self.customer).id)]
        )

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
        self.assertIn(
            "Cheque leaves on Friday",
            "".join(self._dossier().message_ids.mapped("body")),
        )

    def test_call_not_reached_then_again(self):
        call = self._call()
        self._note_call(call, result="unreached", next_step="call")
        self.assertEqual(call.state, "sent")
        again = self._dossier().activity_ids
        self.assertEqual(again.date_deadline, TODAY + timedelta(days=2))

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

    def test_removed_invoice_takes_its_lines_along(self):
        invoice = self._invoice(3)
        self._run()
        self._relances().action_cancel()
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertFalse(self._relances().line_ids)
