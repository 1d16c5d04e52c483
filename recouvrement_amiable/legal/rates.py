# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reference rates by half-year.

Two laws point to them: C. com. L441-10 II and CCP R2192-31 to the refinancing rate of
the European Central Bank in force on 1 January and 1 July, CMF L313-2 to the legal
interest rate set for each half-year, one for creditors who are private persons and one
for all others. A row holds for its own half-year only: the next one is asked for, not
guessed.
"""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from .amounts import to_percent, to_rate
from .dates import check_day, next_semester, semester_name, semester_start
from .errors import (
    AbsurdRate,
    DuplicateRate,
    MissingRate,
    NotHalfYearStart,
    PrematureRate,
    RateGap,
    UnknownSeries,
)
from .parameters import (
    ECB_REFI,
    FLOOR_MULTIPLIER,
    LEGAL_BUSINESS,
    LEGAL_INDIVIDUAL,
)

PACKAGED = Path(__file__).with_name("reference_rates.csv")
CONTRACTUAL = "contractual"

# Percent between which a rate is plausible: wide enough for a crisis, narrow enough
# to catch a decimal point in the wrong place.
PLAUSIBLE = {
    ECB_REFI: (-2, 20),
    LEGAL_BUSINESS: (0, 20),
    LEGAL_INDIVIDUAL: (0, 25),
    CONTRACTUAL: (0, 50),
}
# A half-year's rate is published in the last days before it.
_KNOWN_AHEAD = timedelta(days=31)


class RateSeries:
    """The rates of one series.

    :param str code: one of the series of :mod:`parameters`
    :param rows: pairs (date valid from, percent)
    :raises UnknownSeries, AbsurdRate, DuplicateRate, NotHalfYearStart: a gap is no
        error here: what does not need the missing half-year can be computed

    >>> series = RateSeries(ECB_REFI, [(date(2026, 7, 1), "2.40")])
    >>> series.on(date(2026, 9, 30))
    24000
    """

    def __init__(self, code, rows):
        self.code = check_series(code)
        self._rates = {}
        for valid_from, percent in rows:
            check_half_year(code, valid_from)
            if valid_from in self._rates:
                raise DuplicateRate(series=code, valid_from=valid_from)
            self._rates[valid_from] = check_percent(code, percent)

    def get(self, day):
        """Rate of the half-year of a day in millionths, None when there is none."""
        return self._rates.get(semester_start(day))

    def on(self, day):
        """Rate of the half-year of a day.

        :param date day:
        :return: int, in millionths (2.40 % is 24000)
        :raises MissingRate: with the series and the half-year
        """
        rate = self.get(day)
        if rate is None:
            raise self.missing(day)
        return rate

    def percent_on(self, day):
        """As :meth:`on`, as a Decimal in percent."""
        return to_percent(self.on(day))

    def missing(self, day):
        """The error that says that the half-year of a day is missing."""
        return MissingRate(
            series=self.code,
            semester=semester_name(day),
            valid_from=semester_start(day),
        )

    def days(self):
        """First days of the half-years that have a rate, oldest first."""
        return sorted(self._rates)

    def gaps(self):
        """First days of the half-years missing between others."""
        days = self.days()
        return [
            day
            for before, after in zip(days, days[1:], strict=False)
            for day in _semesters_between(before, after)
        ]


class ReferenceRates(NamedTuple):
    """The three series that the law uses."""

    refi: RateSeries
    legal_business: RateSeries
    legal_individual: RateSeries


class RateRow(NamedTuple):
    """A row of the packaged table, as it is written there."""

    series: str
    valid_from: date
    percent: str
    reference: str


def read_rows(path=PACKAGED):
    """Rows of a table with the columns series, valid_from, percent and reference.

    :rtype: list[RateRow]
    """
    with open(path, newline="", encoding="utf-8") as handle:
        return [
            RateRow(
                row["series"],
                date.fromisoformat(row["valid_from"]),
                row["percent"],
                row["reference"],
            )
            for row in csv.DictReader(handle)
        ]


def reference_rates(rows=None):
    """The series made of some rows, by default of the packaged ones.

    :param rows: tuples whose first values are series, valid from, percent
    :rtype: ReferenceRates
    :raises UnknownSeries, AbsurdRate, DuplicateRate, NotHalfYearStart:

    >>> reference_rates().legal_business.percent_on(date(2026, 7, 1))
    Decimal('2.7500')
    """
    by_series = {ECB_REFI: [], LEGAL_BUSINESS: [], LEGAL_INDIVIDUAL: []}
    for series, valid_from, percent, *_rest in read_rows() if rows is None else rows:
        if series not in by_series:
            raise UnknownSeries(series=series)
        by_series[series].append((valid_from, percent))
    series = [RateSeries(code, rows) for code, rows in by_series.items()]
    return ReferenceRates(*series)


class FloorWarning(NamedTuple):
    """A half-year in which an agreed rate is below what the law allows.

    :ivar date valid_from: first day of the half-year
    :ivar int floor: least lawful rate in millionths; None when the legal rate of that
        half-year is missing, so that nothing can be said
    """

    valid_from: date
    floor: int | None


def floor_warnings(rate, first, last, legal_business):
    """Half-years in which an agreed rate is under its floor (C. com. L441-10 II).

    A matter of warning only. The floor bounds agreed rates and never the default one,
    which was below it in 2024.

    :param int rate: agreed rate, in millionths
    :param date first: first day of the period looked at, ``last`` its last
    :param RateSeries legal_business: legal rate of creditors in business
    :rtype: list[FloorWarning]
    """
    found = []
    day = semester_start(check_day(first))
    while day <= check_day(last):
        legal = legal_business.get(day)
        floor = None if legal is None else legal * FLOOR_MULTIPLIER.on(day).value
        if floor is None or rate < floor:
            found.append(FloorWarning(day, floor))
        day = next_semester(day)
    return found


def check_series(code):
    """:raises UnknownSeries:"""
    if code not in PLAUSIBLE:
        raise UnknownSeries(series=code)
    return code


def check_percent(code, percent):
    """Rate in millionths of a plausible percentage.

    :param percent: Decimal, int, str or float, of four decimals at most
    :raises AbsurdRate: 1240 for 12.40, or below what can be
    :raises BadAmount: not a number
    """
    low, high = PLAUSIBLE[check_series(code)]
    rate = to_rate(percent)
    if not to_rate(low) <= rate <= to_rate(high):
        raise AbsurdRate(series=code, percent=percent, low=low, high=high)
    return rate


def check_half_year(code, valid_from):
    """:raises NotHalfYearStart, DateOutOfRange: a rate decided within a half-year has
    no effect before the next one"""
    if semester_start(check_day(valid_from)) != valid_from:
        raise NotHalfYearStart(series=code, valid_from=valid_from)
    return valid_from


def check_new_rate(series, valid_from, percent, today):
    """Check a rate that somebody types, against those already there.

    :param RateSeries series: without the new rate
    :param date today: day on which it is typed
    :return: int, the rate in millionths
    :raises AbsurdRate, BadAmount, NotHalfYearStart, DateOutOfRange:
    :raises DuplicateRate: there is one from that day already
    :raises PrematureRate: the half-year is too far ahead to be known
    :raises RateGap: the half-year before it is missing
    """
    rate = check_percent(series.code, percent)
    check_half_year(series.code, valid_from)
    if series.get(valid_from) is not None:
        raise DuplicateRate(series=series.code, valid_from=valid_from)
    if valid_from > today + _KNOWN_AHEAD:
        raise PrematureRate(series=series.code, valid_from=valid_from, today=today)
    days = series.days()
    if days and valid_from > days[-1]:
        check_no_gap(series.code, [*days, valid_from])
    return rate


def check_no_gap(code, days):
    """Refuse half-years missing between others.

    :param days: first days of half-years, in any order
    :raises RateGap: for the first that is missing
    """
    ordered = sorted(days)
    for before, after in zip(ordered, ordered[1:], strict=False):
        for day in _semesters_between(before, after):
            raise RateGap(series=code, semester=semester_name(day), valid_from=day)


def _semesters_between(before, after):
    found = []
    day = next_semester(before)
    while day < after:
        found.append(day)
        day = next_semester(day)
    return found
