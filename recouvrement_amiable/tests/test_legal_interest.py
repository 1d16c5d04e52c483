# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Late-payment interest, by cases computed by hand."""

import doctest
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..legal import interest, ledger
from ..legal.amounts import to_minor, to_rate
from ..legal.errors import (
    BadAmount,
    BadPeriod,
    BadSetting,
    DateOutOfRange,
    MissingRate,
    NoticeBeforeDue,
    NotInForce,
)
from ..legal.interest import (
    ACT_ACT,
    CHARGE,
    CREDIT_NOTE,
    PAYMENT,
    Claim,
    InterestEngine,
    Movement,
    Policy,
)
from ..legal.rates import reference_rates

RATES = reference_rates()
HALVES = InterestEngine(RATES)
ONCE = InterestEngine(RATES, Policy(rounding="once"))
LEAP = InterestEngine(RATES, Policy(day_count=ACT_ACT))
INTEREST_FIRST = InterestEngine(RATES, Policy(imputation="interest"))


def claim(amount, due, *movements, kind="company", **values):
    """A claim in euros; movements are (day, kind, euros)."""
    moves = tuple(Movement(day, what, to_minor(paid)) for day, what, paid in movements)
    return Claim(kind, to_minor(amount), due, moves, **values)


class LegalCase(BaseCase):
    def assert_interest(self, euros, one, until, engine=HALVES, since=None):
        found = engine.total(one, until, since).interest
        self.assertEqual(found, to_minor(euros), Decimal(found) / 100)

    def assert_segments(self, expected, one, until, engine=HALVES, since=None):
        """Expected: (days, percent, euros) per segment."""
        found = engine.statement(one, until, since).segments
        self.assertEqual(
            [(one.days, one.rate, one.amount) for one in found],
            [(days, to_rate(rate), to_minor(sum_)) for days, rate, sum_ in expected],
        )


@tagged("post_install", "-at_install")
class TestCompany(LegalCase):
    def test_one_half_year(self):
        one = claim(10000, date(2026, 7, 15))
        self.assert_segments([(77, "12.40", "261.59")], one, date(2026, 9, 30))
        (segment,) = HALVES.statement(one, date(2026, 9, 30)).segments
        self.assertEqual(segment.first, date(2026, 7, 16))
        self.assertEqual(segment.last, date(2026, 9, 30))
        self.assertEqual((segment.base, segment.year), (1_000_000, 365))
        self.assertEqual(segment.percent, Decimal("12.40"))

    def test_two_half_years(self):
        one = claim(12000, date(2026, 5, 31))
        day = date(2026, 8, 31)
        self.assert_segments(
            [(30, "12.15", "119.84"), (62, "12.40", "252.76")], one, day
        )
        self.assert_interest("372.60", one, day)
        self.assert_interest("372.59", one, day, ONCE)

    def test_segments_add_up_when_rounded_once(self):
        one = claim(12000, date(2026, 5, 31))
        expected = [(30, "12.15", "119.84"), (62, "12.40", "252.75")]
        self.assert_segments(expected, one, date(2026, 8, 31), ONCE)

    def test_five_half_years(self):
        one = claim("1234.56", date(2024, 11, 15))
        day = date(2026, 11, 21)
        expected = [
            (46, "14.25", "22.17"),
            (181, "13.15", "80.51"),
            (184, "12.15", "75.62"),
            (181, "12.15", "74.38"),
            (144, "12.40", "60.40"),
        ]
        self.assert_segments(expected, one, day)
        self.assert_interest("313.08", one, day)
        self.assert_interest("313.07", one, day, ONCE)

    def test_leap_year(self):
        one = claim(5000, date(2023, 12, 31))
        day = date(2024, 3, 31)
        self.assert_segments([(91, "14.50", "180.75")], one, day)
        self.assert_segments([(91, "14.50", "180.26")], one, day, LEAP)
        self.assertEqual(LEAP.statement(one, day).segments[0].year, 366)

    def test_agreed_rate_over_a_leap_year(self):
        one = claim(3650, date(2023, 12, 30), contractual_rate=to_rate("10"))
        day = date(2024, 1, 2)
        self.assert_segments([(3, "10", "3.00")], one, day)
        self.assert_segments([(1, "10", "1.00"), (2, "10", "1.99")], one, day, LEAP)

    def test_day_on_the_border(self):
        one = claim(1000, date(2026, 6, 30))
        self.assert_segments([(1, "12.40", "0.34")], one, date(2026, 7, 1))
        self.assert_segments([], one, date(2026, 6, 30))
        before = claim(1000, date(2026, 6, 29))
        self.assert_segments([(1, "12.15", "0.33")], before, date(2026, 6, 30))
        after = claim(1000, date(2026, 7, 1))
        self.assert_segments([], after, date(2026, 7, 1))
        self.assert_segments([(1, "12.40", "0.34")], after, date(2026, 7, 2))

    def test_year_end(self):
        one = claim(1000, date(2025, 12, 31))
        self.assert_segments([(1, "12.15", "0.33")], one, date(2026, 1, 1))
        one = claim(1000, date(2025, 12, 30))
        two = [(1, "12.15", "0.33"), (1, "12.15", "0.33")]
        self.assert_segments(two, one, date(2026, 1, 1))

    def test_not_late(self):
        one = claim(1000, date(2026, 11, 20))
        for day in (date(2026, 11, 20), date(2026, 11, 1)):
            found = HALVES.total(one, day)
            self.assertEqual(
                (found.interest, found.late, found.days_late), (0, False, 0)
            )

    def test_agreed_rate(self):
        one = claim(10000, date(2026, 7, 15), contractual_rate=to_rate(12))
        self.assert_segments([(77, "12", "253.15")], one, date(2026, 9, 30))
        # one rate, one segment; and a rate under the floor is not corrected
        one = claim(10000, date(2026, 5, 31), contractual_rate=to_rate(8))
        self.assert_segments([(31, "8", "67.95")], one, date(2026, 7, 1))

    def test_default_is_not_raised_to_the_floor(self):
        one = claim(10000, date(2023, 12, 31))
        self.assert_segments([(1, "14.50", "3.97")], one, date(2024, 1, 1))
        one = claim(10000, date(2024, 6, 30))
        self.assert_segments([(1, "14.25", "3.90")], one, date(2024, 7, 1))

    def test_second_half_of_2022(self):
        one = claim(10000, date(2022, 6, 30))
        self.assert_segments([(184, "10.00", "504.11")], one, date(2022, 12, 31))

    def test_yen(self):
        one = Claim("company", 1_000_000, date(2026, 7, 15))
        self.assertEqual(HALVES.total(one, date(2026, 9, 30)).interest, 26159)

    def test_nothing_owed(self):
        found = HALVES.total(claim(0, date(2026, 1, 31)), date(2026, 9, 30))
        self.assertEqual((found.interest, found.late, found.days_late), (0, False, 0))


@tagged("post_install", "-at_install")
class TestMovements(LegalCase):
    due = date(2026, 4, 30)
    day = date(2026, 9, 2)
    border = date(2026, 6, 30)

    def paid(self, *movements, amount=10000, engine=HALVES, until=None):
        return engine.statement(claim(amount, self.due, *movements), until or self.day)

    def test_interest_first(self):
        found = self.paid((self.border, PAYMENT, 4000), engine=INTEREST_FIRST)
        self.assertEqual(
            [(s.days, s.amount) for s in found.segments[:1]], [(61, 20305)]
        )
        self.assertEqual(
            [(s.days, s.amount) for s in found.segments[1:]], [(64, 13487)]
        )
        (line,) = found.imputations
        self.assertEqual((line.to_interest, line.to_principal), (20305, 379695))
        totals = found.totals
        self.assertEqual((totals.principal_left, totals.interest_left), (620305, 13487))
        self.assertEqual(totals.principal_left + totals.interest_left + 4000, 637792)

    def test_principal_first(self):
        found = self.paid((self.border, PAYMENT, 4000))
        self.assertEqual([s.amount for s in found.segments], [20305, 13045])
        self.assertEqual([s.base for s in found.segments], [1_000_000, 600_000])
        totals = found.totals
        self.assertEqual(totals.principal_left + totals.interest_left + 4000, 637350)

    def test_credit_note_never_pays_interest(self):
        for engine in (HALVES, INTEREST_FIRST):
            found = self.paid((self.border, CREDIT_NOTE, 4000), engine=engine)
            self.assertEqual(found.totals.accrued, 20305 + 13045)
            self.assertEqual(found.totals.interest_paid, 0)
            self.assertEqual(found.totals.principal_left, 600_000)

    def test_credit_note_over_the_principal(self):
        found = self.paid((self.border, CREDIT_NOTE, 10500)).totals
        self.assertEqual((found.principal_left, found.surplus), (0, 50000))
        self.assertEqual((found.interest_left, found.days_late), (20305, 61))

    def test_paid_on_the_due_date(self):
        for engine in (HALVES, INTEREST_FIRST):
            found = self.paid((self.due, PAYMENT, 10000), engine=engine).totals
            self.assertEqual(
                (found.accrued, found.late, found.days_late), (0, False, 0)
            )

    def test_paid_a_day_late(self):
        found = self.paid((date(2026, 5, 1), PAYMENT, 10000)).totals
        self.assertEqual((found.accrued, found.late, found.days_late), (333, True, 1))
        self.assertEqual(found.principal_left, 0)

    def test_advance(self):
        for engine in (HALVES, INTEREST_FIRST):
            found = self.paid((date(2025, 12, 1), PAYMENT, 4000), engine=engine)
            self.assertEqual(found.segments[0].base, 600_000)
            self.assertEqual(found.totals.principal_left, 600_000)

    def test_paid_before_due_in_full_needs_no_rate(self):
        one = claim(10, date(2027, 3, 1), (date(2026, 3, 1), PAYMENT, 10))
        self.assertEqual(HALVES.total(one, date(2027, 6, 1)).accrued, 0)

    def test_overpayment(self):
        day = date(2026, 5, 1)
        for engine in (HALVES, INTEREST_FIRST):
            found = self.paid((day, PAYMENT, 10100), engine=engine).totals
            self.assertEqual(found.principal_left, 0)
            self.assertEqual((found.interest_paid, found.interest_left), (333, 0))
            self.assertEqual(found.surplus, 10000 - 333)

    def test_advance_over_the_principal(self):
        found = self.paid((date(2026, 4, 1), PAYMENT, 10100)).totals
        self.assertEqual((found.accrued, found.surplus, found.late), (0, 10000, False))

    def test_interest_stays_claimable_after_the_principal(self):
        movements = [(self.border, PAYMENT, 10000)]
        found = self.paid(*movements, until=date(2027, 5, 1)).totals
        self.assertEqual((found.principal_left, found.interest_left), (0, 20305))
        movements.append((self.day, PAYMENT, "203.05"))
        found = self.paid(*movements).totals
        self.assertEqual((found.interest_left, found.surplus), (0, 0))

    def test_interest_first_leaves_some_principal(self):
        found = self.paid((self.border, PAYMENT, 10000), engine=INTEREST_FIRST).totals
        self.assertEqual((found.interest_paid, found.principal_left), (20305, 20305))
        self.assertEqual(found.interest_left, 441)

    def test_order_of_one_day(self):
        moves = [
            (self.border, PAYMENT, 9900),
            (self.border, CREDIT_NOTE, 300),
            (self.border, PAYMENT, 10),
            (self.border, CHARGE, "203.05"),
        ]
        for engine in (HALVES, INTEREST_FIRST):
            self.assertEqual(
                self.paid(*moves, engine=engine), self.paid(*moves[::-1], engine=engine)
            )

    def test_later_movements_are_not_known_yet(self):
        found = self.paid((date(2026, 9, 3), PAYMENT, 10000))
        self.assertEqual(found, self.paid()._replace())

    def test_charged_interest_is_left_alone(self):
        charge = (date(2026, 6, 29), CHARGE, "150")
        found = self.paid(
            charge, (self.border, PAYMENT, 4000), engine=INTEREST_FIRST
        ).totals
        self.assertEqual((found.interest_paid, found.interest_charged), (5305, 15000))
        self.assertEqual(found.principal_left, 1_000_000 - 400_000 + 5305)

    def test_charged_too_much(self):
        found = self.paid(
            (date(2026, 5, 1), PAYMENT, 10000), (self.border, CHARGE, 10)
        ).totals
        self.assertEqual((found.interest_left, found.overcharged), (0, 1000 - 333))

    def test_charge_for_interest_that_payments_took(self):
        """203.05 taken on 30 June left 203.05 of principal, which bore 4.41 since."""
        moves = [(self.border, PAYMENT, 10000), (self.day, CHARGE, "207.46")]
        later = date(2027, 1, 1)
        found = self.paid(*moves, engine=INTEREST_FIRST, until=later)
        totals = found.totals
        self.assertEqual((totals.principal_left, totals.interest_left), (0, 0))
        self.assertEqual((totals.accrued, totals.overcharged), (20305 + 441, 0))
        line = found.imputations[-1]
        self.assertEqual((line.to_interest, line.to_principal), (441, 20305))

    def test_payments_turn_into_principal_once(self):
        found = self.paid(
            (self.border, PAYMENT, 4000),
            (date(2026, 7, 1), CHARGE, 500),
            (date(2026, 7, 1), CHARGE, 600),
            engine=INTEREST_FIRST,
            until=date(2026, 7, 1),
        )
        totals = found.totals
        self.assertEqual([x.to_principal for x in found.imputations[1:]], [20305, 0])
        self.assertEqual(totals.principal_left, 600_000)
        self.assertEqual(totals.overcharged, 110000 - totals.accrued)

    def test_payment_on_the_last_day_asked_for(self):
        found = self.paid((self.border, PAYMENT, 10000), until=self.border).totals
        self.assertEqual((found.principal_left, found.accrued), (0, 20305))


@tagged("post_install", "-at_install")
class TestPeriods(LegalCase):
    one = claim(12000, date(2026, 5, 31))

    def test_after_what_is_charged(self):
        day = date(2026, 8, 31)
        self.assert_segments(
            [(30, "12.15", "119.84"), (31, "12.40", "126.38")],
            self.one,
            date(2026, 7, 31),
        )
        since = date(2026, 8, 1)
        self.assert_segments([(31, "12.40", "126.38")], self.one, day, since=since)
        found = HALVES.statement(self.one, day, since)
        self.assertEqual(found.segments[0].first, since)
        self.assertEqual(found.totals.accrued, 37260)

    def test_charged_until(self):
        charged = self.one._replace(charged_until=date(2026, 7, 31))
        day, since = date(2026, 8, 31), date(2026, 8, 1)
        expected = HALVES.statement(self.one, day, since)
        self.assertEqual(HALVES.statement(charged, day), expected)
        self.assertEqual(HALVES.totals([charged], day), [expected.totals])
        # asked for a day before: nothing is left to charge, and nothing is wrong
        self.assert_interest(0, charged, date(2026, 6, 30))
        self.assert_interest("119.84", charged, date(2026, 6, 30), since=self.one.due)

    def test_charged_then_credited_back_in_time(self):
        credit = Movement(date(2026, 6, 10), CREDIT_NOTE, to_minor(12000))
        charge = Movement(date(2026, 8, 1), CHARGE, to_minor("246.22"))
        one = self.one._replace(
            movements=(charge, credit), charged_until=date(2026, 7, 31)
        )
        found = HALVES.total(one, date(2026, 8, 31))
        self.assertEqual((found.interest, found.interest_left), (0, 0))
        self.assertEqual(found.accrued, 3995)
        self.assertEqual(found.overcharged, 24622 - 3995)

    def test_the_rest_to_the_cent(self):
        one = claim("41", date(2026, 7, 31), contractual_rate=to_rate(10))
        # 0.0112 a day: rounded each on its own, they would make 0.31
        days = [date(2026, 8, day) for day in range(1, 32)]
        parts = sum(HALVES.total(one, day, day).interest for day in days)
        self.assertEqual(parts, HALVES.total(one, days[-1]).interest)
        self.assertEqual(parts, 35)

    def test_nothing_left_to_charge(self):
        day = date(2026, 8, 31)
        self.assert_segments([], self.one, day, since=date(2026, 9, 1))
        self.assert_interest(0, self.one, day, since=date(2026, 9, 1))

    def test_upside_down(self):
        with self.assertRaises(BadPeriod):
            HALVES.total(self.one, date(2026, 8, 31), date(2026, 9, 2))

    def test_suspended(self):
        spans = ((date(2026, 6, 11), date(2026, 6, 20)), (date(2026, 8, 1), None))
        one = self.one._replace(suspensions=spans)
        self.assert_segments(
            [(10, "12.15", "39.95"), (10, "12.15", "39.95"), (31, "12.40", "126.38")],
            one,
            date(2026, 12, 31),
        )

    def test_suspensions_overlap(self):
        spans = (
            (date(2026, 6, 5), date(2026, 6, 20)),
            (date(2026, 6, 1), date(2026, 6, 30)),
            (date(2026, 6, 30), date(2026, 7, 30)),
            (date(2020, 1, 1), date(2020, 2, 1)),
        )
        one = self.one._replace(suspensions=spans)
        self.assert_segments([(1, "12.40", "4.08")], one, date(2026, 7, 31))

    def test_suspended_throughout(self):
        one = self.one._replace(suspensions=((date(2026, 1, 1), None),))
        found = HALVES.total(one, date(2026, 8, 31))
        self.assertEqual((found.accrued, found.days_late, found.late), (0, 92, True))

    def test_suspension_upside_down(self):
        spans = ((date(2026, 6, 5), date(2026, 6, 4)),)
        with self.assertRaises(BadPeriod):
            HALVES.total(self.one._replace(suspensions=spans), date(2026, 8, 31))

    def test_insolvency(self):
        one = claim(10000, date(2026, 5, 31), judgment=date(2026, 7, 15))
        day = date(2026, 11, 21)
        expected = [(30, "12.15", "99.86"), (14, "12.40", "47.56")]
        self.assert_segments(expected, one, day)
        self.assert_interest("147.42", one, day)
        bears = InterestEngine(RATES, Policy(judgment_day_bears=True))
        expected[1] = (15, "12.40", "50.96")
        self.assert_segments(expected, one, day, bears)

    def test_due_after_the_judgment(self):
        for judgment in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 1, 1)):
            one = claim(10000, date(2026, 5, 31), judgment=judgment)
            self.assert_interest(0, one, date(2026, 11, 21))


@tagged("post_install", "-at_install")
class TestPublicBody(LegalCase):
    expiry = date(2026, 4, 9)
    day = date(2026, 8, 20)

    def test_frozen_rate(self):
        one = claim(20000, self.expiry, (self.day, PAYMENT, 20000), kind="public")
        self.assert_segments([(133, "10.15", "739.70")], one, date(2026, 11, 21))

    def test_retention_money(self):
        one = claim(19000, self.expiry, kind="public")
        self.assert_interest("702.71", one, self.day)

    def test_paid_in_parts_over_half_years(self):
        one = claim(
            20000,
            date(2025, 6, 29),
            (date(2025, 12, 31), PAYMENT, 5000),
            (date(2026, 7, 1), PAYMENT, 5000),
            kind="public",
        )
        found = HALVES.statement(one, self.day).segments
        self.assertEqual({one.rate for one in found}, {to_rate("11.15")})
        self.assertEqual([one.days for one in found], [185, 182, 50])
        self.assertEqual([one.base for one in found], [2_000_000, 1_500_000, 1_000_000])

    def test_rate_of_the_first_day_of_interest(self):
        for expiry, percent in [
            (date(2026, 6, 29), "10.15"),
            (date(2026, 6, 30), "10.40"),
            (date(2025, 12, 31), "10.15"),
            (date(2024, 12, 31), "11.15"),
            (date(2024, 12, 30), "12.25"),
        ]:
            one = claim(1000, expiry, kind="public")
            segment = HALVES.statement(one, self.day).segments[0]
            self.assertEqual(segment.rate, to_rate(percent), expiry)

    def test_start_put_off_by_a_suspension(self):
        spans = ((date(2026, 4, 1), date(2026, 6, 30)),)
        one = claim(1000, self.expiry, kind="public", suspensions=spans)
        self.assert_segments([(1, "10.40", "0.28")], one, date(2026, 7, 1))

    def test_agreed_rate_is_not_for_a_public_body(self):
        one = claim(20000, self.expiry, kind="public", contractual_rate=to_rate(15))
        self.assert_interest("739.70", one, self.day)

    def test_late_over_a_missing_half_year(self):
        one = claim(20000, self.expiry, kind="public")
        self.assertEqual(HALVES.total(one, date(2027, 2, 1)).accrued, 165737)

    def test_over_a_leap_year(self):
        one = claim(1000, date(2023, 12, 30), kind="public")
        found = LEAP.statement(one, date(2024, 1, 1)).segments
        self.assertEqual([(s.year, s.days) for s in found], [(365, 1), (366, 1)])
        self.assertEqual({s.rate for s in found}, {to_rate("12")})


@tagged("post_install", "-at_install")
class TestConsumer(LegalCase):
    due = date(2026, 7, 31)
    notice = date(2026, 9, 1)
    day = date(2026, 11, 21)

    def debt(self, **values):
        return claim(
            1200, self.due, kind="consumer", **{"notice": self.notice, **values}
        )

    def test_from_the_formal_notice(self):
        self.assert_segments([(81, "2.75", "7.32")], self.debt(), self.day)
        self.assert_interest(0, self.debt(), self.notice)
        self.assert_interest(0, self.debt(notice=None), self.day)

    def test_late_without_interest(self):
        found = HALVES.total(self.debt(notice=None), self.day)
        self.assertEqual((found.late, found.days_late), (True, 113))

    def test_private_creditor(self):
        private = InterestEngine(RATES, Policy(creditor="individual"))
        self.assert_segments([(81, "6.84", "18.22")], self.debt(), self.day, private)

    def test_legal_rate_follows_half_years(self):
        one = claim(1200, date(2025, 12, 1), kind="consumer", notice=date(2026, 6, 29))
        expected = [(1, "2.62", "0.09"), (1, "2.75", "0.09")]
        self.assert_segments(expected, one, date(2026, 7, 1))

    def test_agreed_rate_is_not_for_a_consumer(self):
        self.assert_interest("7.32", self.debt(contractual_rate=to_rate(12)), self.day)

    def test_notice_before_due(self):
        for notice in (date(2026, 7, 30), date(2026, 1, 1)):
            with self.assertRaises(NoticeBeforeDue) as caught:
                HALVES.total(self.debt(notice=notice), self.day)
            self.assertEqual(caught.exception.notice, notice)
        found = HALVES.total(self.debt(notice=self.due), date(2026, 8, 1))
        self.assertEqual(found.interest, 9)


@tagged("post_install", "-at_install")
class TestErrors(LegalCase):
    def test_missing_rate_is_named_and_stops_no_other(self):
        new = claim(1000, date(2026, 11, 30))
        old = claim(1000, date(2025, 1, 31), (date(2025, 6, 1), PAYMENT, 1000))
        day = date(2027, 1, 1)
        missing, fine = HALVES.totals([new, old], day)
        self.assertIsInstance(missing, MissingRate)
        self.assertEqual((missing.series, missing.semester), ("ecb_refi", "2027 S1"))
        self.assertEqual(fine, HALVES.total(old, day))
        self.assertEqual(HALVES.total(new, date(2026, 12, 31)).accrued, 1053)

    def test_missing_rates_of_the_others(self):
        day = date(2027, 1, 10)
        public = claim(1000, date(2026, 12, 31), kind="public")
        consumer = claim(9, date(2027, 1, 1), kind="consumer", notice=date(2027, 1, 2))
        errors = HALVES.totals([public, consumer], day)
        self.assertEqual(
            [(error.series, error.semester) for error in errors],
            [("ecb_refi", "2027 S1"), ("legal_business", "2027 S1")],
        )

    def test_before_the_rule(self):
        for kind, due in [("company", date(2012, 12, 1)), ("public", date(2012, 5, 1))]:
            with self.assertRaises(NotInForce):
                HALVES.total(claim(1, due, kind=kind), date(2014, 1, 1))
        one = claim(100, date(2012, 12, 31))
        self.assert_interest("0.03", one, date(2013, 1, 1))

    def test_far_dates(self):
        far, day = date(2226, 1, 1), date(2026, 9, 1)
        for one, until in [
            (claim(1, date(1926, 1, 1)), day),
            (claim(1, far), day),
            (claim(1, day), far),
            (claim(1, day, (date(26, 1, 1), PAYMENT, 1)), day),
            (claim(1, day, judgment=far), day),
            (claim(1, date(2026, 8, 1), suspensions=((day, far),)), day),
        ]:
            with self.assertRaises(DateOutOfRange):
                HALVES.total(one, until)

    def test_bad_amounts(self):
        due, day = date(2026, 8, 1), date(2026, 9, 1)
        for one in [
            Claim("company", -1, due),
            Claim("company", 10.0, due),
            Claim("company", 10, due, (Movement(due, PAYMENT, -1),)),
            Claim("company", 10, due, (Movement(due, PAYMENT, 0.5),)),
            Claim("company", 10, due, contractual_rate=-1),
            Claim("company", 10, due, contractual_rate=12.4),
        ]:
            with self.assertRaises(BadAmount):
                HALVES.total(one, day)

    def test_bad_settings(self):
        due, day = date(2026, 8, 1), date(2026, 9, 1)
        for one in [
            Claim("person", 1, due),
            Claim("company", 1, due, (Movement(due, 9, 1),)),
        ]:
            with self.assertRaises(BadSetting):
                HALVES.total(one, day)
        for values in (
            {"imputation": "neither"},
            {"day_count": "360"},
            {"rounding": "up"},
            {"creditor": "company"},
        ):
            with self.assertRaises(BadSetting):
                Policy(**values)

    def test_documented_examples(self):
        for module in (interest, ledger):
            self.assertFalse(doctest.testmod(module).failed, module.__name__)
