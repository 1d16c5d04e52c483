# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reference rates, and what people get wrong when they type one."""

import copy
import doctest
import pickle
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..legal import amounts, dates, parameters, rates
from ..legal.amounts import half_up, to_decimal, to_minor, to_rate
from ..legal.errors import (
    AbsurdRate,
    BadAmount,
    DateOutOfRange,
    DuplicateRate,
    LegalError,
    MissingRate,
    NotHalfYearStart,
    NotInForce,
    PrematureRate,
    RateGap,
    UnknownSeries,
)
from ..legal.parameters import (
    BUSINESS_MARGIN,
    ECB_REFI,
    LEGAL_BUSINESS,
    ORDER_SERVICE_MONTHS,
)
from ..legal.rates import (
    RateSeries,
    check_new_rate,
    check_no_gap,
    check_percent,
    floor_warnings,
    read_rows,
    reference_rates,
)

TODAY = date(2026, 11, 22)


@tagged("post_install", "-at_install")
class TestPackagedRates(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rates = reference_rates()

    def test_known_values(self):
        for day, percent in [
            (date(2013, 7, 1), "0.50"),
            (date(2016, 6, 30), "0.05"),
            (date(2016, 7, 1), "0.00"),
            (date(2022, 7, 1), "0.00"),  # the rise of that month came after the 1st
            (date(2022, 12, 31), "0.00"),
            (date(2023, 1, 1), "2.50"),
            (date(2024, 6, 30), "4.50"),
            (date(2026, 6, 30), "2.15"),
            (date(2026, 7, 1), "2.40"),
        ]:
            self.assertEqual(self.rates.refi.percent_on(day), Decimal(percent), day)
        self.assertEqual(self.rates.legal_business.on(date(2026, 9, 1)), 27500)
        self.assertEqual(self.rates.legal_individual.on(date(2026, 9, 1)), 68400)

    def test_series_are_whole(self):
        for series in self.rates:
            self.assertEqual(series.gaps(), [])
            self.assertEqual(series.days()[-1], date(2026, 7, 1))
        self.assertEqual(self.rates.refi.days()[0], date(2010, 1, 1))
        self.assertEqual(self.rates.legal_business.days()[0], date(2015, 1, 1))

    def test_every_row_has_a_reference(self):
        self.assertTrue(all(row.reference for row in read_rows()))

    def test_next_half_year_is_missing(self):
        self.assertEqual(self.rates.refi.on(date(2026, 12, 31)), 24000)
        with self.assertRaises(MissingRate) as caught:
            self.rates.refi.on(date(2027, 1, 1))
        error = caught.exception
        self.assertEqual(
            (error.series, error.semester, error.valid_from),
            (ECB_REFI, "2027 S1", date(2027, 1, 1)),
        )
        self.assertIn("2027 S1", str(error))
        self.assertIn(ECB_REFI, str(error))


@tagged("post_install", "-at_install")
class TestTypedRates(BaseCase):
    def series(self):
        return RateSeries(ECB_REFI, [(date(2026, 1, 1), "2.15")])

    def check(self, percent="2.40", valid_from=date(2026, 7, 1), today=TODAY):
        return check_new_rate(self.series(), valid_from, percent, today)

    def test_good(self):
        self.assertEqual(self.check(), 24000)
        self.assertEqual(self.check(2.4), 24000)
        self.assertEqual(self.check(Decimal("-0.5")), -5000)

    def test_absurd(self):
        for percent in (1240, "12400", "-2.01", "20.01", 124.0):
            with self.assertRaises(AbsurdRate) as caught:
                self.check(percent)
            self.assertEqual(caught.exception.percent, percent)
        with self.assertRaises(AbsurdRate):
            check_percent("contractual", "1240")
        with self.assertRaises(AbsurdRate):
            check_percent("contractual", "-0.01")
        self.assertEqual(check_percent("contractual", "12.40"), 124000)

    def test_not_a_number(self):
        for percent in ("twelve", "", None, "nan", "inf", "12,40", "1.23456"):
            with self.assertRaises(BadAmount):
                self.check(percent)

    def test_two_for_one_day(self):
        with self.assertRaises(DuplicateRate) as caught:
            self.check(valid_from=date(2026, 1, 1))
        self.assertEqual(caught.exception.valid_from, date(2026, 1, 1))
        with self.assertRaises(DuplicateRate):
            RateSeries(ECB_REFI, [(date(2026, 1, 1), 2)] * 2)

    def test_within_a_half_year(self):
        with self.assertRaises(NotHalfYearStart):
            self.check(valid_from=date(2026, 9, 16))
        with self.assertRaises(NotHalfYearStart):
            RateSeries(ECB_REFI, [(date(2026, 7, 2), 2)])

    def test_gap(self):
        with self.assertRaises(RateGap) as caught:
            self.check(valid_from=date(2027, 1, 1), today=date(2026, 12, 20))
        self.assertEqual(caught.exception.semester, "2026 S2")
        with self.assertRaises(RateGap):
            check_no_gap(ECB_REFI, [date(2026, 7, 1), date(2025, 7, 1)])
        check_no_gap(ECB_REFI, [date(2026, 7, 1), date(2026, 1, 1)])
        check_no_gap(ECB_REFI, [])

    def test_a_gap_only_hurts_its_own_days(self):
        rows = [(date(2025, 1, 1), "3.15"), (date(2026, 1, 1), "2.15")]
        series = RateSeries(ECB_REFI, rows)
        self.assertEqual(series.gaps(), [date(2025, 7, 1)])
        self.assertEqual(series.on(date(2026, 6, 30)), 21500)
        with self.assertRaises(MissingRate):
            series.on(date(2025, 12, 31))

    def test_too_early_to_know(self):
        with self.assertRaises(PrematureRate):
            self.check(valid_from=date(2027, 1, 1), today=date(2026, 11, 22))

    def test_far_dates(self):
        for day in (date(1999, 7, 1), date(2100, 1, 1)):
            with self.assertRaises(DateOutOfRange):
                self.check(valid_from=day)

    def test_unknown_series(self):
        for code in ("euribor", "contractual"):
            with self.assertRaises(UnknownSeries):
                reference_rates([(code, date(2026, 1, 1), "2.15")])
        with self.assertRaises(UnknownSeries):
            RateSeries("euribor", [])

    def test_nothing_known(self):
        self.assertEqual(reference_rates([]).refi.days(), [])

    def test_errors_are_values(self):
        error = MissingRate(series="x", semester="2027 S1", valid_from=TODAY)
        for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            self.assertEqual((type(twin), twin.data), (MissingRate, error.data))
        self.assertIsInstance(error, (LegalError, ValueError))
        self.assertFalse(hasattr(error, "nothing"))


@tagged("post_install", "-at_install")
class TestFloor(BaseCase):
    def warnings(self, percent, first, last):
        legal = reference_rates().legal_business
        return floor_warnings(to_rate(percent), first, last, legal)

    def test_half_by_half(self):
        found = self.warnings("8", date(2026, 6, 1), date(2026, 7, 1))
        self.assertEqual(found, [(date(2026, 7, 1), to_rate("8.25"))])
        self.assertFalse(self.warnings("8", date(2026, 1, 1), date(2026, 6, 30)))
        self.assertFalse(self.warnings("8.25", date(2026, 7, 1), date(2026, 7, 1)))

    def test_above_the_default_in_2024(self):
        found = self.warnings("14.50", date(2024, 1, 1), date(2024, 12, 31))
        floors = [to_rate("15.21"), to_rate("14.76")]
        self.assertEqual([warning.floor for warning in found], floors)

    def test_unknown_floor(self):
        found = self.warnings("12", date(2026, 12, 31), date(2027, 1, 1))
        self.assertEqual(found, [(date(2027, 1, 1), None)])


@tagged("post_install", "-at_install")
class TestNumbers(BaseCase):
    def test_minor_units(self):
        self.assertEqual(to_minor(1234.56), 123456)
        self.assertEqual(to_minor("1234", decimals=0), 1234)
        self.assertEqual(to_minor("1.234", decimals=3), 1234)
        self.assertEqual(to_decimal(1234, 0), Decimal(1234))
        for bad in ("1.234", 1.239, "a", float("nan"), float("inf"), None):
            with self.assertRaises(BadAmount):
                to_minor(bad)
        with self.assertRaises(BadAmount):
            to_minor("0.5", decimals=0)

    def test_half_goes_up(self):
        found = [half_up(*pair) for pair in ((5, 10), (4, 10), (15, 10), (25, 10))]
        self.assertEqual(found, [1, 0, 2, 3])

    def test_dated_parameters(self):
        first = date(2013, 1, 1)
        self.assertEqual(BUSINESS_MARGIN.on(first).value, 100000)
        with self.assertRaises(NotInForce) as caught:
            BUSINESS_MARGIN.on(first - timedelta(days=1))
        self.assertEqual(caught.exception.since, first)
        self.assertEqual(ORDER_SERVICE_MONTHS.on(date(2026, 8, 31)).value, 6)
        self.assertEqual(ORDER_SERVICE_MONTHS.on(date(2026, 9, 1)).value, 3)

    def test_months(self):
        for start, months, end in [
            (date(2024, 2, 29), 12, date(2025, 2, 28)),
            (date(2024, 1, 31), 1, date(2024, 2, 29)),
            (date(2026, 12, 31), 2, date(2027, 2, 28)),
            (date(2026, 1, 31), -2, date(2025, 11, 30)),
            (date(2026, 11, 30), 1, date(2026, 12, 30)),
        ]:
            self.assertEqual(dates.add_months(start, months), end)
        self.assertEqual(dates.next_semester(date(2026, 12, 31)), date(2027, 1, 1))

    def test_documented_examples(self):
        for module in (amounts, dates, parameters, rates):
            self.assertFalse(doctest.testmod(module).failed, module.__name__)

    def test_legal_business_is_not_the_individual_column(self):
        codes = {row.series for row in read_rows()}
        self.assertIn(LEGAL_BUSINESS, codes)
        self.assertEqual(len(codes), 3)
