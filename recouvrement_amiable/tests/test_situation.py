# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from ..models.open_item_page import PLAIN_FIELDS
from ..models.recouvrement_worklist import HEAD_ORDER
from ..models.situation_reasons import HOLD_ORDER, SITUATIONS, WAITING_ORDER
from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestSituation(RecouvrementCommon):
    """On a given day every open item is in exactly one situation."""

    # -- the ladder ----------------------------------------------------
    def test_not_due(self):
        invoice = self._invoice(-20)
        row = self.assertSituation(invoice, "not_due")
        self.assertEqual(row["next_level_id"], self.courtesy.id)
        self.assertEqual(row["next_date"], TODAY + timedelta(days=15))

    def test_courtesy_before_due_date(self):
        row = self.assertSituation(self._invoice(-5), "due")
        self.assertEqual(row["next_level_id"], self.courtesy.id)
        self.assertFalse(row["is_late"])

    def test_due_date_itself_is_not_late(self):
        self.assertSituation(self._invoice(0), "not_due")

    def test_one_day_before_and_on_the_first_level(self):
        self.assertSituation(self._invoice(2), "waiting", "delay")
        self.assertSituation(self._invoice(3), "due")

    def test_delay_zero_is_due_on_the_due_date(self):
        scenario = self._create_scenario("At once", delays=(0, 10))
        invoice = self._invoice(0, recouvrement_scenario_id=scenario.id)
        row = self.assertSituation(invoice, "due")
        self.assertEqual(row["next_delay"], 0)

    def test_step_by_step_skips_no_level(self):
        row = self.assertSituation(self._invoice(100), "due")
        self.assertEqual(row["next_level_id"], self.level1.id)

    def test_by_age_takes_the_highest_level_passed(self):
        self.scenario.progression = "age"
        row = self.assertSituation(self._invoice(20), "due")
        self.assertEqual(row["next_level_id"], self.level2.id)

    def test_by_age_before_the_first_level_waits(self):
        self.scenario.progression = "age"
        row = self.assertSituation(self._invoice(1), "waiting", "delay")
        self.assertEqual(row["next_level_id"], self.level1.id)

    def test_reached_then_next(self):
        invoice = self._invoice(3)
        self._run()
        row = self._row(invoice)
        self.assertEqual(row["reached_level_id"], self.level1.id)
        self.assertEqual(row["next_level_id"], self.level2.id)

    # -- lists ---------------------------------------------------------
    def test_a_page_shows_what_the_whole_list_shows(self):
        """Without situations where nothing asks for one: same items, same order."""
        at_once = self._create_scenario("At once", delays=(0, 10))
        for days in (-20, -5, 0, 3, 100):
            self._invoice(days)
        self._invoice(0, recouvrement_scenario_id=at_once.id)
        self._rows()  # opens the dossier
        self.env.flush_all()
        items = self.env["recouvrement.open.item"].with_context(
            recouvrement_day=TODAY, allowed_company_ids=self.company.ids
        )
        names = sorted({*PLAIN_FIELDS, "situation", "reason", "next_date"})
        for domain in (
            [],
            [("is_late", "=", True)],
            [("is_late", "=", False)],
            [("date_due", "<", TODAY)],
            [("dossier_id.partner_id.name", "!=", "Nobody"), ("days_late", "<=", 0)],
            [("situation", "=", "due")],
        ):
            whole = items.search_fetch(domain, names, order="date_due desc, id")
            rows = whole.read(names)
            items.invalidate_model()
            page = items.search_fetch(
                domain, names, offset=1, limit=3, order="date_due desc, id"
            )
            self.assertTrue(rows)
            self.assertEqual(page.read(names), rows[1:4])
            self.assertEqual(items.search_count(domain), len(rows))
            self.assertEqual(items.search_count(domain, limit=1), 1)

    def test_a_page_loads_no_situation_of_others(self):
        """Only what the lines say decides which items are on a page."""
        model = self.env["recouvrement.open.item"]
        for domain, order, is_plain in (
            ([("is_late", "=", True)], "date_due, id", True),
            ([("situation", "=", "due")], "date_due, id", False),
            ([], "next_date", False),
        ):
            plain = model._plain_for(domain, order).env.context
            self.assertEqual(bool(plain.get("recouvrement_plain")), is_plain)

    def test_last_level_done(self):
        self.scenario.progression = "age"
        invoice = self._invoice(40)
        self._run()
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        self.assertSituation(invoice, "exhausted")

    def test_cancelled_relance_gives_the_level_back(self):
        invoice = self._invoice(3)
        self._run()
        self._relances().action_cancel()
        row = self.assertSituation(invoice, "due")
        self.assertFalse(row["reached_level_id"])

    def test_scenario_change_keeps_the_age_of_what_was_said(self):
        """Reached +15; a ladder of +5, +12, +20 counts +12 as reached."""
        self.scenario.progression = "age"
        invoice = self._invoice(16)
        self._run()
        other = self._create_scenario("Other", delays=(5, 12, 20))
        self._dossier().scenario_choice_id = other
        row = self._row(invoice)
        levels = other.level_ids.sorted("delay")
        self.assertEqual(row["reached_level_id"], levels[1].id)
        self.assertEqual(row["next_level_id"], levels[2].id)

    def test_scenario_change_below_every_new_level(self):
        invoice = self._invoice(3)
        self._run()
        other = self._create_scenario("Late", delays=(10, 20))
        self._dossier().scenario_choice_id = other
        row = self._row(invoice)
        self.assertFalse(row["reached_level_id"])
        self.assertEqual(row["next_delay"], 10)

    def test_archived_level_still_counts_as_said(self):
        invoice = self._invoice(3)
        self._run()
        self.level1.active = False
        row = self._row(invoice)
        self.assertFalse(row["reached_level_id"])
        self.assertEqual(row["next_level_id"], self.level2.id)

    # -- choice of the scenario ----------------------------------------
    def test_hand_choice_wins_and_the_invoice_wins_over_both(self):
        invoice = self._invoice(3)
        chosen = self._create_scenario("Chosen", delays=(1,))
        self._dossier().scenario_choice_id = chosen
        self.assertEqual(self._row(invoice)["scenario_id"], chosen.id)
        on_invoice = self._create_scenario("Invoice", delays=(2,))
        invoice.recouvrement_scenario_id = on_invoice
        self.assertEqual(self._row(invoice)["scenario_id"], on_invoice.id)

    def test_first_match_by_sequence(self):
        tag = self.env["res.partner.category"].create({"name": "Fragile"})
        special = self._create_scenario(
            "Tagged", sequence=0, segment_category_ids=[Command.link(tag.id)]
        )
        invoice = self._invoice(3)
        self.assertEqual(self._row(invoice)["scenario_id"], self.scenario.id)
        self.customer.category_id = tag
        self.assertEqual(self._row(invoice)["scenario_id"], special.id)

    def test_segments(self):
        invoice = self._invoice(3, 500)
        france = self.env.ref("base.fr")
        for vals, fits in (
            ({"segment_kind": "company"}, True),
            ({"segment_kind": "public"}, False),
            ({"segment_amount_min": 500}, True),
            ({"segment_amount_min": 501}, False),
            ({"segment_amount_max": 500}, False),
            ({"segment_amount_max": 501}, True),
            ({"segment_country_ids": [Command.link(france.id)]}, False),
            ({"segment_bad_payer": True}, False),
            ({"segment_new_days": 365}, True),
            ({"segment_new_days": 20}, False),
        ):
            special = self._create_scenario("Segment", sequence=0, **vals)
            expected = special if fits else self.scenario
            self.assertEqual(self._row(invoice)["scenario_id"], expected.id, vals)
            special.active = False

    def test_bad_payer_segment_reads_the_company_s_own_trust(self):
        special = self._create_scenario("Bad", sequence=0, segment_bad_payer=True)
        invoice = self._invoice(3)
        self.customer.with_company(self.company).trust = "bad"
        self.assertEqual(self._row(invoice)["scenario_id"], special.id)

    def test_no_scenario_is_a_visible_hold(self):
        self.scenario.active = False
        self.assertSituation(self._invoice(3), "held", "no_scenario")

    # -- waits -----------------------------------------------------------
    def test_minimum_gap(self):
        self._invoice(3)
        self._run()
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        other = self._invoice(4)
        row = self.assertSituation(other, "waiting", "gap")
        self.assertEqual(row["next_date"], TODAY + timedelta(days=5))
        self.assertSituation(other, "waiting", "gap", TODAY + timedelta(days=4))
        # Day 5 is a Sunday: closed; Monday it goes.
        self.assertSituation(other, "waiting", "closed", TODAY + timedelta(days=5))
        self.assertSituation(other, "due", None, TODAY + timedelta(days=6))

    def test_courtesy_does_not_delay_the_late_ladder(self):
        self._invoice(-5)
        self._run()
        late = self._invoice(3)
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        self.assertSituation(late, "due", None, TODAY + timedelta(days=1))

    def test_minimum_amount(self):
        self.scenario.minimum_amount = 100
        invoice = self._invoice(3, 99.99)
        self.assertSituation(invoice, "waiting", "amount")
        self._invoice(4, 0.01)
        self.assertSituation(invoice, "due")

    def test_below_the_minimum_says_what_would_be_asked_for(self):
        """150 are overdue, above the minimum; 50 of them are set off by a credit."""
        self.scenario.write({"minimum_amount": 120, "credit_policy": "net"})
        invoice = self._invoice(3, 150)
        self._unallocated(50)
        row = self.assertSituation(invoice, "waiting", "amount")
        describe = self.env["recouvrement.open.item"]._describe
        self.assertEqual(
            describe(row, self.company),
            "Waiting: $\xa0100.00 left to ask for is below the scenario's minimum of"
            " $\xa0120.00.",
        )
        self.assertIn("100.00", self._dossier().situation_text)
        line = self._lines(self._run())[self.customer]
        self.assertNotIn("150", line.explanation)
        self.assertIn("below the scenario's minimum", line.explanation)

    def test_closed_days(self):
        saturday = TODAY + timedelta(days=4)
        invoice = self._invoice(0)
        self.assertSituation(invoice, "waiting", "closed", saturday)
        self.assertSituation(invoice, "due", None, saturday + timedelta(days=2))

    def test_holiday_and_own_closed_day(self):
        easter_monday = TODAY.replace(month=4, day=6)
        invoice = self._invoice(3)
        self.assertSituation(invoice, "waiting", "closed", easter_monday)
        self.company.sudo().recouvrement_holidays = "none"
        self.assertSituation(invoice, "due", None, easter_monday)
        self.env["recouvrement.closed.day"].create(
            {"name": "Inventory", "date": TODAY, "company_id": self.company.id}
        )
        self.assertSituation(invoice, "waiting", "closed")

    def test_waiting_for_approval_does_not_escalate(self):
        self.level1.approval = True
        invoice = self._invoice(3)
        self._run()
        self.assertSituation(invoice, "waiting", "approval", TODAY + timedelta(days=30))

    # -- credits, instalments, currency ----------------------------------
    def test_credit_above_half_holds(self):
        invoice = self._invoice(3, 1000)
        credit = self._unallocated(500)
        self.assertSituation(invoice, "due")
        self.assertEqual(self._row(credit.move_id)["situation"], "credit")
        self._unallocated(0.01)
        self.assertSituation(invoice, "held", "unallocated_credit")

    def test_credit_policies(self):
        invoice = self._invoice(3, 1000)
        self._unallocated(600)
        for policy, expected in (
            ("net", ("due", None)),
            ("hold", ("held", "unallocated_credit")),
            ("ignore", ("due", None)),
            ("auto", ("held", "unallocated_credit")),
        ):
            self.scenario.credit_policy = policy
            self.assertSituation(invoice, *expected)
        self._unallocated(400)
        self.scenario.credit_policy = "net"
        self.assertSituation(invoice, "held", "unallocated_credit")

    def test_open_credit_note_counts_as_credit(self):
        invoice = self._invoice(3, 1000)
        self._credit_note(600)
        self.assertSituation(invoice, "held", "unallocated_credit")

    def test_instalments_one_by_one(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Three times",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": share, "nb_days": days}
                    )
                    for share, days in ((30, 10), (30, 40), (40, 70))
                ],
            }
        )
        invoice = self._invoice(
            0,
            1000,
            invoice_date=TODAY - timedelta(days=43),
            invoice_date_due=False,
            invoice_payment_term_id=term.id,
        )
        rows = self._rows()
        self.assertEqual([row["days_late"] for row in rows], [33, 3, -27])
        self.assertEqual([row["situation"] for row in rows], ["due", "due", "not_due"])
        self.assertEqual([row["amount_residual"] for row in rows], [300, 300, 400])
        self.assertEqual(invoice.recouvrement_situation, "due")

    def test_partial_payment_keeps_residual_and_history(self):
        invoice = self._invoice(3, 1000)
        self._run()
        self._pay(invoice, 400)
        row = self._row(invoice)
        self.assertEqual(row["amount_residual"], 600)
        self.assertEqual(row["reached_level_id"], self.level1.id)

    def test_paid_credited_cancelled_trigger_nothing(self):
        paid, credited, draft = (self._invoice(3) for _each in range(3))
        self._pay(paid)
        refund = credited._reverse_moves([{"invoice_date": TODAY}], cancel=True)
        self.assertEqual(refund.state, "posted")
        draft.button_draft()
        draft.button_cancel()
        self.assertEqual(self._rows(), [])
        self._run()
        self.assertFalse(self._relances())

    def test_foreign_currency_item(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "company_id": self.company.id,
                "name": TODAY - timedelta(days=365),
                "rate": 2.0,
            }
        )
        if self.company.currency_id == usd:
            usd = self.env.ref("base.EUR")
            usd.active = True
        invoice = self._invoice(3, 1000, currency_id=usd.id)
        row = self._row(invoice)
        self.assertEqual(row["currency_id"], usd.id)
        self.assertEqual(row["amount_residual_currency"], 1000)
        self.assertEqual(row["amount_residual"], invoice.amount_residual_signed)

    # -- holds -----------------------------------------------------------
    def test_core_flags(self):
        invoice = self._invoice(3)
        invoice.no_followup = True
        self.assertSituation(invoice, "held", "no_followup")
        invoice.no_followup = False
        invoice.action_toggle_block_payment()
        self.assertSituation(invoice, "held", "blocked")

    def test_paused_until_a_day(self):
        invoice = self._invoice(3)
        self._dossier()._pause(TODAY + timedelta(days=1), "Call back")
        row = self.assertSituation(invoice, "held", "paused")
        self.assertEqual(row["detail"], "Call back")
        self.assertSituation(invoice, "due", None, TODAY + timedelta(days=1))

    def test_exclusion_of_one_instalment_and_of_an_invoice(self):
        invoice, other = self._invoice(3), self._invoice(4)
        item = invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        self.env["recouvrement.exclusion"].create(
            {
                "company_id": self.company.id,
                "move_id": invoice.id,
                "move_line_id": item.id,
                "reason": "Wrong price",
                "until": TODAY,
            }
        )
        self.assertSituation(invoice, "held", "excluded")
        self.assertSituation(other, "due")
        self.assertEqual(self._dossier().amount_late, 2000)
        self.assertSituation(invoice, "due", None, TODAY + timedelta(days=1))

    def test_bank_data_too_old(self):
        invoice = self._invoice(3)
        self.company.sudo().recouvrement_bank_policy = "hold"
        self.assertSituation(invoice, "held", "bank_stale")
        self._pay(self._invoice(1, 10), days_ago=7)
        self.assertSituation(invoice, "due")
        # A dry run of a coming day knows no more than today.
        self.assertSituation(invoice, "due", None, TODAY + timedelta(days=1))
        self.company.sudo().recouvrement_bank_max_age = 6
        self.assertSituation(invoice, "held", "bank_stale")
        self.company.sudo().recouvrement_bank_max_age = 0
        self.assertSituation(invoice, "due")

    def _bank_entry(self, journal, days_ago, account, amount=-10.0, partner=None):
        """Money of a customer or to a supplier, entered in a bank journal."""
        lines = [
            {"account_id": journal.default_account_id.id, "balance": -amount},
            {"account_id": account.id, "balance": amount},
        ]
        lines[1]["partner_id"] = partner and partner.id
        self.env["account.move"].create(
            {
                "journal_id": journal.id,
                "date": TODAY - timedelta(days=days_ago),
                "line_ids": [Command.create(line) for line in lines],
            }
        ).action_post()

    def _statement_line(self, journal, days_ago):
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "date": TODAY - timedelta(days=days_ago),
                "payment_ref": "Card",
                "amount": -5,
            }
        )

    def _two_banks(self):
        """Two accounts that another customer pays on: ``(journal, journal)``."""
        self.company.sudo().recouvrement_bank_policy = "hold"
        receivable = self.company_data["default_account_receivable"]
        first = self.company_data["default_journal_bank"]
        second = self.env["account.journal"].create(
            {"name": "Second bank", "type": "bank", "code": "BNK9"}
        )
        payer = self._create_customer("Payer")
        for journal in (first, second):
            self._bank_entry(journal, 20, receivable, -10, payer)
        return first, second

    def test_supplier_paid_today_is_no_fresh_bank_data(self):
        invoice = self._invoice(3)
        bank = self._two_banks()[0]
        self._bank_entry(bank, 0, self.company_data["default_account_expense"], 50)
        self.assertSituation(invoice, "held", "bank_stale")

    def test_imported_account_that_is_behind_decides(self):
        invoice = self._invoice(3)
        first, second = self._two_banks()
        self._statement_line(first, 20)
        self._statement_line(second, 0)
        self.assertSituation(invoice, "held", "bank_stale")
        self._statement_line(first, 1)
        self.assertSituation(invoice, "due")

    def test_payment_entered_by_hand_does_not_refresh_an_import(self):
        invoice = self._invoice(3)
        first, _second = self._two_banks()
        self._statement_line(first, 20)
        self._pay(self._invoice(1, 10))
        self.assertSituation(invoice, "held", "bank_stale")

    def test_dormant_account_holds_nothing(self):
        invoice = self._invoice(3)
        self.company.sudo().recouvrement_bank_policy = "hold"
        dormant = self.env["account.journal"].create(
            {"name": "Dormant bank", "type": "bank", "code": "BNK8"}
        )
        receivable = self.company_data["default_account_receivable"]
        payer = self._create_customer("Payer")
        bank = self.company_data["default_journal_bank"]
        self._bank_entry(dormant, 100, receivable, -10, payer)
        self._statement_line(dormant, 100)
        self._bank_entry(bank, 10, receivable, -10, payer)
        self._statement_line(bank, 1)
        self.assertSituation(invoice, "due")

    def test_bank_account_that_was_closed_holds_nothing(self):
        """Its journal is archived: the customers pay on another one now."""
        invoice = self._invoice(3)
        closed, second = self._two_banks()
        self._statement_line(closed, 20)
        self._statement_line(second, 0)
        self.assertSituation(invoice, "held", "bank_stale")
        closed.active = False
        self.assertSituation(invoice, "due")

    def _give_back(self, amount):
        """A bank line that paid the customer back, on its account."""
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": TODAY - timedelta(days=10),
                "payment_ref": "Refund",
                "amount": -amount,
                "partner_id": self.customer.id,
                "counterpart_account_id": self.company_data[
                    "default_account_receivable"
                ].id,
            }
        )
        return line.move_id

    def test_a_vat_credit_is_no_debt_of_a_customer(self):
        """445670 of the French chart: receivable, and owed by the State."""
        state = self._create_customer("Service des impôts")
        entry = self._vat_credit(state)
        self.assertFalse(self._dossier(state), "nobody to write to")
        self._invoice(3, partner=state)
        self.assertIsNone(self._row(entry))
        self._run()
        self.assertEqual(self._relances(state).amount_due, 1000)
        exposure = self.env["recouvrement.exposure"]._of(self._dossier(state))
        self.assertEqual(exposure[self._dossier(state).id]["exposure"], 1000)

    def test_money_given_back_is_no_debt(self):
        """A refund that left before its credit note was written."""
        refund = self._give_back(500)
        self.assertSituation(refund, "held", "paid_out")
        self._run()
        self.assertFalse(self._relances())
        work = self.env["recouvrement.worklist"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(work.action, "allocate")

    def test_credit_that_was_given_back_is_not_deducted(self):
        """Both are open: until they are matched nobody asks for less."""
        invoice = self._invoice(3, 2000)
        self._credit_note(500)
        self.assertSituation(invoice, "due")
        self._give_back(500)
        self.assertSituation(invoice, "held", "unallocated_credit")

    def test_contact_who_left_for_another_customer(self):
        """Is told nothing more about the account of the first."""
        buyer = self.env["res.partner"].create(
            {
                "name": "Buyer",
                "parent_id": self.customer.id,
                "type": "contact",
                "email": "buyer@client.example",
            }
        )
        invoice = self._invoice(3)
        self._dossier().contact_id = buyer
        row = self._row(invoice)
        self.assertEqual(row["email_partner_id"], buyer.id)
        buyer.parent_id = self._create_customer("Other")
        row = self._row(invoice)
        self.assertEqual(row["email_partner_id"], self.customer.id)

    def test_subsidiary_is_another_debtor_than_its_parent(self):
        """Though it is where the parent gets invoices: that account is not its own."""
        self.env["res.partner"].create(
            {
                "name": "Subsidiary",
                "parent_id": self.customer.id,
                "is_company": True,
                "type": "invoice",
                "email": "subsidiary@client.example",
            }
        )
        row = self._row(self._invoice(3))
        self.assertEqual(row["email_partner_id"], self.customer.id)

    def test_every_situation_has_its_place_at_the_head(self):
        places = {f"held:{hold}" for hold in HOLD_ORDER}
        places |= {f"waiting:{wait}" for wait in WAITING_ORDER}
        places |= set(SITUATIONS) - {"held", "waiting"}
        self.assertEqual(set(HEAD_ORDER), places)

    def test_scenario_without_level_is_none(self):
        """Left so by an older version: nobody may think that all was said."""
        self.scenario.by_hand = True
        empty = self._create_scenario("Empty", delays=(10,), by_hand=True)
        invoice = self._invoice(30)
        self._dossier().scenario_choice_id = empty
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE recouvrement_level SET active = false WHERE id = %s",
            [empty.level_ids.id],
        )
        self.env.invalidate_all()
        self.assertSituation(invoice, "held", "no_scenario")

    def test_no_usable_contact_is_an_exception(self):
        invoice = self._invoice(3)
        self.customer.email = False
        self.assertSituation(invoice, "held", "no_contact")
        self.level1.channel_call = True
        self.assertSituation(invoice, "due")
        self.customer.phone = False
        self.assertSituation(invoice, "held", "no_contact")
        self.env["res.partner"].create(
            {
                "name": "Accounts",
                "parent_id": self.customer.id,
                "type": "invoice",
                "email": "accounts@client.example",
            }
        )
        self.assertSituation(invoice, "due")

    def test_order_of_the_holds(self):
        """The documented order decides, the others stay listed."""
        invoice = self._invoice(3)
        self._dossier()._pause(TODAY + timedelta(days=9), "Wait")
        self.company.sudo().recouvrement_bank_policy = "hold"
        self.customer.email = False
        row = self.assertSituation(invoice, "held", "paused")
        self.assertEqual(set(row["holds"]), {"paused", "bank_stale", "no_contact"})
        invoice.no_followup = True
        self.assertSituation(invoice, "held", "no_followup")
        self.env["recouvrement.exclusion"].create(
            {
                "company_id": self.company.id,
                "move_id": invoice.id,
                "reason": "In question",
            }
        )
        row = self.assertSituation(invoice, "held", "excluded")
        self.assertIn("no_followup", row["holds"])

    def test_left_out_before_a_date(self):
        invoice, recent = self._invoice(50), self._invoice(10)
        self.company.sudo().recouvrement_ignore_before = TODAY - timedelta(days=20)
        self.assertSituation(invoice, "held", "left_out")
        self.assertSituation(recent, "due")

    # -- people and companies --------------------------------------------
    def test_child_contact_belongs_to_its_parent(self):
        child = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        invoice = self._invoice(3, partner=child)
        row = self._row(invoice)
        self.assertEqual(row["partner_id"], self.customer.id)
        self.assertEqual(len(self._dossier()), 1)

    def test_archived_customer_still_owes(self):
        invoice = self._invoice(3)
        self.customer.active = False
        self.assertSituation(invoice, "due")

    def test_two_companies_never_mix(self):
        other = self.setup_other_company()["company"]
        other.sudo().write(
            {"recouvrement_test_mode": False, "recouvrement_bank_policy": "warn"}
        )
        mine = self._invoice(3)
        theirs = self._invoice(3, 700, company=other)
        self.assertEqual(
            [row["move_id"] for row in self._rows(company=other)], [theirs.id]
        )
        self.assertEqual([row["move_id"] for row in self._rows()], [mine.id])
        self._run()
        self.assertEqual(self._relances().company_id, self.company)

    def test_residual_signs(self):
        """A negative residual is a credit; a zero one is not there."""
        refund = self._credit_note(50)
        row = self._row(refund)
        self.assertEqual((row["situation"], row["amount_residual"]), ("credit", -50))
        zero = self._invoice(3, 0)
        self.assertIsNone(self._row(zero))

    def test_one_query_whatever_the_items(self):
        """The planning of a chunk has a fixed number of queries.

        The first run also fills what Odoo keeps in memory: languages, settings.
        """
        counts = []
        for number in (1, 1, 12):
            for index in range(number):
                self._invoice(3 + index)
            self.env["recouvrement.run"].sudo().search([]).unlink()
            day = TODAY + timedelta(days=7 * len(counts))
            self._relances().delivery_ids.sudo().write({"state": "sent"})
            self._relances()._refresh_progress()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._run(day)
            counts.append(self.env.cr.sql_log_count - before)
        _first, few, many = counts
        self.assertLessEqual(abs(few - many), 2, counts)
