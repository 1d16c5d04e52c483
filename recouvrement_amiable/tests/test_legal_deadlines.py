# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Time limits of procedures and longest payment terms."""

import doctest
from datetime import date

from odoo.tests import BaseCase, tagged

from ..legal import deadlines, terms
from ..legal.deadlines import (
    commandment,
    electronic_letter,
    extended,
    insolvency_declaration,
    order_opposition,
    order_service,
    public_interest_due,
)
from ..legal.errors import (
    BadPeriod,
    BadSetting,
    DateOutOfRange,
    LateSuspension,
    NoStart,
    SecondSuspension,
    TermTooLong,
)
from ..legal.terms import (
    Suspension,
    days_over,
    latest_business_due,
    latest_public_due,
    public_term_start,
)


@tagged("post_install", "-at_install")
class TestDeadlines(BaseCase):
    def test_runs_on_to_an_open_day(self):
        for day, expected in [
            (date(2026, 11, 20), date(2026, 11, 20)),
            (date(2026, 11, 21), date(2026, 11, 23)),
            (date(2026, 11, 1), date(2026, 11, 2)),
            (date(2026, 5, 1), date(2026, 5, 4)),
            (date(2026, 12, 25), date(2026, 12, 28)),
            (date(2026, 4, 4), date(2026, 4, 7)),  # Easter Monday
        ]:
            self.assertEqual(extended(day), expected, day)
        self.assertEqual(extended(date(2026, 4, 3)), date(2026, 4, 3))
        self.assertEqual(extended(date(2026, 4, 3), True), date(2026, 4, 7))

    def test_order_to_pay(self):
        for ordered, computed, last in [
            (date(2026, 8, 31), date(2027, 2, 28), date(2027, 3, 1)),
            (date(2026, 9, 1), date(2026, 12, 1), date(2026, 12, 1)),
            (date(2026, 11, 30), date(2027, 2, 28), date(2027, 3, 1)),
        ]:
            found = order_service(ordered)
            self.assertEqual((found.computed, found.last_day), (computed, last))
        self.assertIn("2026-96", order_service(date(2026, 9, 1)).article)
        found = order_opposition(date(2026, 10, 31))
        self.assertEqual(found[:2], (date(2026, 11, 30),) * 2)

    def test_commandment(self):
        found = commandment(date(2026, 10, 1))
        self.assertEqual(found.answer[:2], (date(2026, 11, 1), date(2026, 11, 2)))
        self.assertEqual(found.report, date(2026, 11, 10))
        found = commandment(date(2026, 10, 1), run_on=False)
        self.assertEqual(found.answer.last_day, date(2026, 11, 1))
        self.assertEqual(found.report, date(2026, 11, 9))

    def test_insolvency_declaration(self):
        found = insolvency_declaration(date(2026, 8, 20))
        self.assertEqual(found[:2], (date(2026, 10, 20),) * 2)

    def test_electronic_letter(self):
        found = electronic_letter(date(2026, 11, 2))
        self.assertEqual(found, (date(2026, 11, 17), date(2026, 11, 18)))

    def test_interest_of_a_public_body(self):
        self.assertEqual(public_interest_due(date(2026, 8, 20)), date(2026, 10, 4))

    def test_far_dates(self):
        for limit in (order_service, order_opposition, commandment, electronic_letter):
            with self.assertRaises(DateOutOfRange):
                limit(date(2126, 1, 1))

    def test_documented_examples(self):
        for module in (deadlines, terms):
            self.assertFalse(doctest.testmod(module).failed, module.__name__)


@tagged("post_install", "-at_install")
class TestBusinessTerms(BaseCase):
    issued = date(2026, 3, 20)

    def test_each_agreement(self):
        for agreement, expected in [
            ("none", date(2026, 4, 19)),
            ("60_days", date(2026, 5, 19)),
            ("45_days_then_month_end", date(2026, 5, 31)),
            ("month_end_then_45_days", date(2026, 5, 15)),
            ("45_days_periodic", date(2026, 5, 4)),
        ]:
            found = latest_business_due(self.issued, agreement)
            self.assertEqual(found, expected, agreement)

    def test_without_agreement_from_receipt(self):
        found = latest_business_due(self.issued, "none", received=date(2026, 4, 1))
        self.assertEqual(found, date(2026, 5, 1))

    def test_month_ends(self):
        found = latest_business_due(date(2024, 1, 16), "45_days_then_month_end")
        self.assertEqual(found, date(2024, 3, 31))
        found = latest_business_due(date(2024, 1, 15), "45_days_then_month_end")
        self.assertEqual(found, date(2024, 2, 29))
        found = latest_business_due(date(2024, 2, 29), "month_end_then_45_days")
        self.assertEqual(found, date(2024, 4, 14))

    def test_days_over(self):
        latest = date(2026, 5, 19)
        found = [days_over(date(2026, 5, day), latest) for day in (1, 19, 20)]
        self.assertEqual(found, [0, 0, 1])

    def test_errors(self):
        with self.assertRaises(BadSetting):
            latest_business_due(self.issued, "90_days")
        with self.assertRaises(DateOutOfRange):
            latest_business_due(date(1926, 3, 20))


@tagged("post_install", "-at_install")
class TestPublicTerms(BaseCase):
    start = date(2026, 3, 10)

    def test_start(self):
        available, received = date(2026, 3, 12), date(2026, 3, 10)
        self.assertEqual(public_term_start(available, received), available)
        self.assertEqual(public_term_start(received=received), received)
        requested = public_term_start(requested=date(2026, 3, 8))
        self.assertEqual(requested, received)
        found = public_term_start(received=received, performed=available)
        self.assertEqual(found, available)
        found = public_term_start(received=available, performed=received)
        self.assertEqual(found, available)
        with self.assertRaises(NoStart):
            public_term_start(performed=received)

    def test_maximum(self):
        for buyer, expected in [
            ("authority", date(2026, 4, 9)),
            ("hospital", date(2026, 4, 29)),
            ("undertaking", date(2026, 5, 9)),
        ]:
            self.assertEqual(latest_public_due(self.start, buyer), expected)

    def test_contract(self):
        found = latest_public_due(self.start, "hospital", days=20)
        self.assertEqual(found, date(2026, 3, 30))
        with self.assertRaises(TermTooLong) as caught:
            latest_public_due(self.start, "authority", days=31)
        self.assertEqual(caught.exception.maximum, 30)
        for buyer, days in (("bank", None), ("hospital", -1)):
            with self.assertRaises(BadSetting):
                latest_public_due(self.start, buyer, days)

    def suspended(self, notice, completed, buyer="authority"):
        one = Suspension(notice, completed)
        return latest_public_due(self.start, buyer, suspensions=[one])

    def test_suspension(self):
        notice, completed = date(2026, 3, 20), date(2026, 4, 1)
        found = self.suspended(notice, completed)
        self.assertEqual(found, date(2026, 5, 1))
        found = self.suspended(notice, completed, "hospital")
        self.assertEqual(found, date(2026, 5, 11))
        self.assertIsNone(self.suspended(notice, None))

    def test_thirty_days_left_or_a_new_term(self):
        completed = date(2026, 5, 1)
        for notice in (date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 29)):
            found = self.suspended(notice, completed, "hospital")
            self.assertEqual(found, date(2026, 5, 31), notice)
        found = self.suspended(date(2026, 3, 29), completed, "hospital")
        self.assertEqual(found, date(2026, 6, 1))

    def test_once_and_in_time(self):
        one = Suspension(date(2026, 3, 20), date(2026, 4, 1))
        with self.assertRaises(SecondSuspension):
            latest_public_due(self.start, suspensions=[one, one])
        for notice in (date(2026, 3, 9), date(2026, 4, 10)):
            with self.assertRaises(LateSuspension):
                self.suspended(notice, date(2026, 5, 1))
        with self.assertRaises(BadPeriod):
            self.suspended(date(2026, 3, 20), date(2026, 3, 19))
