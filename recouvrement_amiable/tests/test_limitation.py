# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Until when items can be claimed, and what moves that day.

Last days are counted by hand; the day of the tests is 17 March 2026.
"""

from datetime import date, datetime

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import TODAY, RecouvrementCommon

# Five years, two years and one year before 10 June 2026.
FIVE, TWO, ONE = date(2021, 6, 10), date(2024, 6, 10), date(2025, 6, 10)
LAST = date(2026, 6, 10)


class LimitationCommon(RecouvrementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Reader = cls.env["recouvrement.limitation.reader"]
        cls.Limitation = cls.env["recouvrement.limitation"].sudo()
        cls.env["recouvrement.dossier"].sudo().create(
            {"company_id": cls.company.id, "partner_id": cls.customer.id}
        )

    # -- factories -------------------------------------------------------
    def _old(self, day=FIVE, due=None, **vals):
        """An invoice of a day, due a month later unless told."""
        return self._invoice(
            0,
            invoice_date=day,
            invoice_date_due=due or day.replace(month=day.month + 1),
            **vals,
        )

    def _event(self, kind, day, move=None, **vals):
        return self.env["recouvrement.legal.event"].create(
            dict(
                {
                    "dossier_id": self._dossier(vals.pop("partner", None)).id,
                    "kind": kind,
                    "date": day,
                    "move_ids": [Command.set(move.ids)] if move else [],
                },
                **vals,
            )
        )

    def _written(self, move, channel, level=None, **vals):
        """A relance that left about an invoice."""
        dossier = self._dossier(move.commercial_partner_id)
        relance = (
            self.env["recouvrement.relance"]
            .sudo()
            .create(
                {
                    "name": "REL",
                    "company_id": move.company_id.id,
                    "dossier_id": dossier.id,
                    "level_id": (level or self.level1).id,
                    "date": TODAY,
                    "origin": "manual",
                    "state": "done",
                    "is_test": vals.pop("is_test", False),
                }
            )
        )
        self.env["recouvrement.relance.line"].sudo().create(
            {
                "relance_id": relance.id,
                "move_line_id": self._item(move).id,
                "kind": "a_late",
            }
        )
        return (
            self.env["recouvrement.delivery"]
            .sudo()
            .create(
                dict(
                    {
                        "relance_id": relance.id,
                        "company_id": move.company_id.id,
                        "dossier_id": dossier.id,
                        "channel": channel,
                        "state": "sent",
                    },
                    **vals,
                )
            )
        )

    def _notice(self, move, day):
        self.level3.sudo().formal_notice = True
        return self._written(
            move, "registered", self.level3, posted_on=day, presented_on=day
        )

    def _entry(self, count):
        """An entry taken over from another system, with many open items."""
        account = self.company_data["default_account_receivable"]
        lines = [
            Command.create(
                {
                    "account_id": account.id,
                    "partner_id": self.customer.id,
                    "debit": 10,
                    "date_maturity": FIVE,
                }
            )
            for _number in range(count)
        ]
        income = self.company_data["default_account_revenue"]
        lines.append(Command.create({"account_id": income.id, "credit": 10 * count}))
        entry = self.env["account.move"].create(
            {"move_type": "entry", "date": FIVE, "line_ids": lines}
        )
        entry.action_post()
        return entry

    # -- reading ---------------------------------------------------------
    def _item(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _answer(self, move):
        self._dossier(move.commercial_partner_id, move.company_id)
        item = self._item(move)
        return self.Reader._of_items(item.ids, TODAY).get(item.id)

    def _refresh(self, company=None, day=TODAY):
        self._dossier()
        self.Limitation._refresh(company or self.company, day)
        self.env.invalidate_all()

    def _rows_of(self, move):
        return self.Limitation.search([("move_line_id", "in", self._item(move).ids)])

    def assertLast(self, move, day):
        self.assertEqual(self._answer(move).last_day, day)


@tagged("post_install", "-at_install")
class TestLimitation(LimitationCommon):
    # -- the period ------------------------------------------------------
    def test_company(self):
        move = self._old()
        self.assertLast(move, LAST)
        self.assertEqual(move.recouvrement_limitation_date, LAST)
        text = move.recouvrement_limitation_text
        self.assertIn("Can be claimed in court until 06/10/2026.", text)
        self.assertIn("Performed on 06/10/2021, 5 year(s)", text)
        self.assertIn("C. com. L110-4", text)

    def test_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        move = self._old().with_context(lang="fr_FR")
        self.assertIn(
            "Peut être réclamé en justice jusqu'au 10/06/2026. Exécution le 10/06/2021,"
            " 5 an(s) pour agir (C. com. L110-4)",
            move.recouvrement_limitation_text,
        )

    def test_consumer(self):
        self._dossier().kind = "consumer"
        self.assertLast(self._old(TWO), LAST)

    def test_kind_that_held_for_the_invoice(self):
        """A consumer until 2025, a company since: two years for what came before."""
        day = date(2023, 1, 31)
        before = self._old(day, due=day)
        since = self._old(date(2025, 3, 3))
        self.assertLast(before, date(2028, 1, 31))
        self._dossier().write(
            {
                "kind": "company",
                "kind_since": date(2025, 1, 1),
                "kind_before": "consumer",
            }
        )
        self.assertLast(before, date(2025, 1, 31))
        self.assertLast(since, date(2030, 3, 3))
        self.assertEqual(self._rows_of(before).last_day, date(2025, 1, 31))
        self.assertFalse(self._rows_of(since))

    def test_letters_to_what_was_a_public_body(self):
        """A simple letter interrupts only for what was invoiced to the public body."""
        before, since = self._old(date(2022, 5, 2)), self._old(date(2025, 3, 3))
        self._dossier().write(
            {
                "kind": "company",
                "kind_since": date(2025, 1, 1),
                "kind_before": "public",
            }
        )
        self.assertLast(before, date(2026, 12, 31))
        for move in (before, since):
            self._written(
                move,
                "letter",
                posted_on=date(2026, 2, 2),
                presented_on=date(2026, 2, 2),
            )
        self.assertLast(before, date(2030, 12, 31))
        self.assertLast(since, date(2030, 3, 3))
        self.assertFalse(self._answer(since).ignored)

    def test_public_body_in_calendar_years(self):
        self._dossier().kind = "public"
        self.assertLast(self._old(date(2022, 5, 2)), date(2026, 12, 31))

    def test_trade_of_the_company_and_of_the_dossier(self):
        move = self._old(ONE)
        self.assertLast(move, date(2030, 6, 10))
        self.company.sudo().recouvrement_sector = "transport"
        self.assertLast(move, LAST)
        self._dossier().sector = "general"
        self.assertLast(move, date(2030, 6, 10))

    def test_unknown_trade_takes_the_shortest_period(self):
        move = self._old(ONE)
        self.company.sudo().recouvrement_sector = "unknown"
        self.assertLast(move, LAST)
        move.invalidate_recordset()
        self.assertIn("shortest period is assumed", move.recouvrement_limitation_text)

    def test_trade_without_a_rule_for_the_debtor(self):
        """Unknown rather than an error when it is only the company's habit."""
        self.company.sudo().recouvrement_sector = "consumer_credit"
        self.assertTrue(self._answer(self._old(ONE)).assumed)
        with self.assertRaisesRegex(ValidationError, "Choose another trade"):
            self._dossier().sector = "consumer_credit"

    def test_contract_years(self):
        self.company.sudo().recouvrement_contract_years = 3
        move = self._old(date(2023, 6, 10))
        self.assertLast(move, LAST)
        self._dossier().kind = "consumer"
        self.assertLast(move, date(2025, 6, 10))

    def test_performance_before_the_invoice(self):
        move = self._old(date(2021, 11, 10))
        self.assertLast(move, date(2026, 11, 10))
        move.recouvrement_performed_on = FIVE
        self.assertLast(move, LAST)
        self.assertEqual(self._rows_of(move).last_day, LAST, "the table follows")
        move.recouvrement_performed_on = False
        self.assertFalse(self._rows_of(move))
        move.delivery_date = FIVE
        self.assertLast(move, LAST)
        self.assertFalse(move.copy().recouvrement_performed_on)

    def test_due_date_may_come_first(self):
        move = self._old(date(2021, 8, 10), due=FIVE)
        self.assertLast(move, LAST)
        self.assertIn("Due on", move.recouvrement_limitation_text)

    def test_too_old_for_the_rules(self):
        move = self._old(date(2007, 1, 10))
        self.assertIn(move.name, self._answer(move))
        self.assertIn("before the rules of today", move.recouvrement_limitation_text)
        self._refresh()
        self.assertFalse(self._rows_of(move))
        move.recouvrement_performed_on = date(2007, 1, 1)
        with self.assertRaisesRegex(ValidationError, "check the year"):
            move.recouvrement_performed_on = date(1007, 1, 1)

    # -- what is paid, and its interest -----------------------------------
    def _prescribed(self, moves, day):
        """Which of some invoices are prescribed on a day."""
        found = self.Reader._prescribed_ids(self._item(moves).ids, day)
        return moves.filtered(lambda move: self._item(move).id in found)

    def _paid(self, day, due=None):
        move = self._old(day, due)
        self._pay(move)
        self.assertTrue(self._item(move).reconciled)
        return move

    def test_prescribed_of_a_consumer_though_paid(self):
        self._dossier().kind = "consumer"
        paid, recent = self._paid(TWO), self._paid(date(2024, 8, 1))
        moves = paid | recent | self._old(TWO)
        self.assertFalse(self._prescribed(moves, LAST))
        self.assertEqual(self._prescribed(moves, date(2026, 6, 11)), moves - recent)
        self._event("acknowledgment", date(2025, 9, 1), paid)
        self.assertEqual(
            self._prescribed(moves, date(2026, 6, 11)), moves - recent - paid
        )

    def test_prescribed_of_a_public_body_though_paid(self):
        """Four calendar years, and four more: the payment interrupts."""
        self._dossier().kind = "public"
        paid, unpaid = self._paid(date(2022, 5, 2)), self._old(date(2022, 5, 2))
        moves = paid | unpaid
        self.assertFalse(self._prescribed(moves, date(2026, 12, 31)))
        self.assertEqual(self._prescribed(moves, date(2027, 1, 1)), unpaid)
        self.assertEqual(self._prescribed(moves, date(2031, 1, 1)), moves)

    def test_prescribed_of_a_company_though_paid(self):
        paid = self._paid(FIVE)
        self.assertFalse(self._prescribed(paid, LAST))
        self.assertEqual(self._prescribed(paid, date(2026, 6, 11)), paid)
        self.company.sudo().recouvrement_contract_years = 3
        recent = self._paid(date(2023, 6, 10))
        self.assertFalse(self._prescribed(recent, LAST))
        self.assertEqual(self._prescribed(recent, date(2026, 6, 11)), recent)
        self.company.sudo().recouvrement_contract_years = 0
        self._dossier().sector = "transport"
        recent = self._paid(ONE)
        self.assertFalse(self._prescribed(recent, LAST))
        self.assertEqual(self._prescribed(recent, date(2026, 6, 11)), recent)

    def test_prescribed_leaves_out_what_cannot_be_told(self):
        moves = self._paid(date(2007, 1, 10)) | self._credit_note(50)
        self.assertFalse(self._prescribed(moves, TODAY))
        self.assertEqual(self.Reader._prescribed_ids([], TODAY), set())

    def test_prescribed_of_a_charge_invoice(self):
        charge = self._charge_of(self._old())
        self.assertFalse(self._prescribed(charge, LAST))
        self.assertEqual(self._prescribed(charge, date(2026, 6, 11)), charge)

    def test_prescribed_in_a_fixed_number_of_queries(self):
        counts = []
        for number in (1, 6):
            moves = self.env["account.move"].concat(
                *(self._old() for _index in range(number))
            )
            ids = self._item(moves).ids
            self.env.flush_all()
            self.Reader._prescribed_ids(ids, date(2027, 1, 1))
            before = self.env.cr.sql_log_count
            found = self.Reader._prescribed_ids(ids, date(2027, 1, 1))
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(found, set(ids))
        self.assertEqual(*counts)

    # -- charge invoices -------------------------------------------------
    def _charge_of(self, *sources):
        charge = self._old(date(2025, 9, 1))
        self.env["recouvrement.charge"].sudo().create(
            [
                {
                    "company_id": source.company_id.id,
                    "dossier_id": self._dossier().id,
                    "move_line_id": self._item(source).id,
                    "move_id": source.id,
                    "kind": "interest",
                    "date_from": source.invoice_date_due,
                    "date_to": date(2025, 8, 31),
                    "amount": 10,
                    "currency_id": source.currency_id.id,
                    "charge_move_id": charge.id,
                }
                for source in sources
            ]
        )
        return charge

    def test_a_charge_invoice_starts_no_new_clock(self):
        old, other = self._old(), self._old(date(2020, 12, 10), date(2020, 12, 20))
        charge = self._charge_of(old, other)
        self._pay(old)
        self.assertLast(charge, LAST)
        self._refresh()
        self.assertEqual(self._rows_of(charge).last_day, LAST)
        self._event("acknowledgment", date(2025, 9, 20), other)
        self.assertLast(charge, date(2030, 9, 1))

    def test_an_event_of_the_charge_invoice_counts(self):
        charge = self._charge_of(self._old())
        self._event("acknowledgment", date(2025, 10, 1), charge)
        self.assertLast(charge, date(2030, 10, 1))

    def test_a_charge_on_what_cannot_be_told(self):
        charge = self._charge_of(self._old(date(2007, 1, 10)))
        self.assertLast(charge, date(2030, 9, 1))

    def test_credits_have_none(self):
        self.assertIsNone(self._answer(self._credit_note(50)))

    # -- events ----------------------------------------------------------
    def test_acknowledgment_moves_the_last_day(self):
        move, other = self._old(), self._old()
        self._event("acknowledgment", date(2025, 9, 1), move)
        self.assertLast(move, date(2030, 9, 1))
        self.assertLast(other, LAST)
        self.assertIn(
            "Debt acknowledged by the debtor on 09/01/2025 (C. civ. 2240, 2231): until"
            " 09/01/2030.",
            move.recouvrement_limitation_text,
        )

    def test_registered_letter(self):
        """Nothing without the clause, a new period with it; never for a consumer."""
        move = self._old()
        self._notice(move, date(2026, 2, 2))
        self.assertLast(move, LAST)
        self.assertIn(
            "Formal notice on 02/02/2026 changes nothing: does not interrupt.",
            move.recouvrement_limitation_text,
        )
        self.company.sudo().recouvrement_notice_clause = True
        self.assertLast(move, date(2031, 2, 2))
        self._dossier().notice_clause = "no"
        self.assertLast(move, LAST)
        self.company.sudo().recouvrement_notice_clause = False
        self._dossier().notice_clause = "yes"
        self.assertLast(move, date(2031, 2, 2))
        self._dossier().kind = "consumer"
        self.assertLast(move, date(2023, 6, 10))

    def test_letters_that_prove_nothing(self):
        self._dossier().notice_clause = "yes"
        move = self._old()
        self._written(move, "registered", self.level1, posted_on=TODAY)
        self.level3.sudo().formal_notice = True
        self._written(move, "registered", self.level3, posted_on=TODAY)
        self._written(move, "email", self.level3, sent_on=datetime(2026, 2, 2))
        self.assertFalse(self._answer(move).ignored)
        self.assertLast(move, LAST)

    def test_written_reminder_to_a_public_body(self):
        self._dossier().kind = "public"
        move = self._old(date(2021, 5, 3))
        self._written(
            move,
            "email",
            sent_on=datetime(2024, 12, 31, 23, 30),
            is_test=True,
        )
        self.assertLast(move, date(2025, 12, 31))
        # half past midnight in Paris: another year
        self._written(move, "email", sent_on=datetime(2024, 12, 31, 23, 30))
        self.assertLast(move, date(2029, 12, 31))
        self._written(move, "call")
        self.assertLast(move, date(2029, 12, 31))

    def test_court_claim(self):
        move = self._old()
        claim = self._event("court_claim", date(2026, 1, 5), move)
        self.assertIsNone(self._answer(move).last_day)
        self.assertFalse(move.recouvrement_limitation_date)
        self.assertIn("does not run", move.recouvrement_limitation_text)
        claim.date_end = date(2026, 3, 2)
        self.assertLast(move, date(2031, 3, 2))
        claim.is_void = True
        self.assertLast(move, LAST)

    def test_mediation_leaves_six_months(self):
        move = self._old(date(2021, 4, 10))
        self._event("mediation", date(2026, 3, 1), move, date_end=date(2026, 3, 15))
        self.assertLast(move, date(2026, 9, 15))

    def test_insolvency_alone_interrupts_nothing(self):
        move = self._old()
        self._dossier().sudo().write(
            {"insolvency": "liquidation", "insolvency_date": date(2026, 1, 5)}
        )
        self.assertLast(move, LAST)
        self._event("insolvency_declaration", date(2026, 2, 2), move)
        self.assertIsNone(self._answer(move).last_day)

    def test_events_that_stop_interest_alone(self):
        move = self._old()
        self._event("grace", date(2026, 2, 2), move)
        self.assertLast(move, LAST)

    def test_part_payment_by_setting(self):
        move = self._old()
        self._pay(move, 100, days_ago=100)  # 7 December 2025
        self.assertLast(move, LAST)
        self.assertEqual(self._answer(move).ignored[0].event, "part_payment")
        self.company.sudo().recouvrement_payment_interrupts = True
        self.assertLast(move, date(2030, 12, 7))

    def test_credit_note_acknowledges_nothing(self):
        self.company.sudo().recouvrement_payment_interrupts = True
        move, credit = self._old(), self._credit_note(100)
        (self._item(move) + self._item(credit)).reconcile()
        self.assertFalse(self._answer(move).ignored)
        self.assertLast(move, LAST)

    # -- bounds ----------------------------------------------------------
    def test_fixed_number_of_queries(self):
        """Ten items or a hundred, with events and payments among them."""
        move = self._entry(100)
        self._dossier()
        self._event("acknowledgment", date(2025, 9, 1), move)
        items = self._item(move)
        self.assertEqual(len(items), 100)
        self.env.flush_all()
        counts = []
        for ids in (items.ids[:10], items.ids):
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.Reader._of_items(ids, TODAY)), len(ids))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertEqual(counts[0], 5)
        self.assertEqual(self.Reader._of_items([], TODAY), {})

    def test_two_companies(self):
        other = self.company_data_2 = self.setup_other_company()
        company = self.env["res.company"].browse(other["company"].id)
        company.sudo().recouvrement_sector = "transport"
        here = self._old(TWO)
        there = self._old(TWO, company=company)
        self._dossier(company=company)
        self._refresh()
        self._refresh(company)
        self.assertFalse(self._rows_of(here))
        self.assertEqual(self._rows_of(there).company_id, company)
        self.assertLast(here, date(2029, 6, 10))
        self.assertLast(there, date(2025, 6, 10))

    def test_rights(self):
        self._old()
        self._refresh()
        self.customer.user_id = False
        row = self.Limitation.search([("dossier_id", "=", self._dossier().id)])
        reader = new_test_user(
            self.env,
            login="limitation_reader",
            groups="base.group_user,recouvrement_amiable.group_reader",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        mine = row.with_user(reader)
        self.assertFalse(mine.search([]))
        self.customer.user_id = reader
        self.assertEqual(mine.search([]), row)
        self.assertEqual(self._dossier().with_user(reader).limitation_date, LAST)
        with self.assertRaises(AccessError):
            mine.last_day = TODAY

    def test_settings(self):
        with Form(self.env["res.config.settings"]) as form:
            form.recouvrement_contract_years = 3
            form.recouvrement_payment_interrupts = True
            form.recouvrement_notice_clause = True
            form.recouvrement_sector = "transport"
        form.record.execute()
        self.assertEqual(self.company.recouvrement_contract_years, 3)
        self.assertTrue(self.company.recouvrement_notice_clause)
