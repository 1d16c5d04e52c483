# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which rate a day bears, as tables ready for many claims.

Days are ordinals (``date.toordinal()``). A schedule is a list of stretches, each with
one rate and one length of the year; interest is cut where a stretch ends.
"""

from bisect import bisect_right
from datetime import date
from typing import NamedTuple

from .dates import FIRST_DAY, LAST_DAY, next_semester, semester_start
from .errors import NotInForce
from .parameters import BUSINESS_MARGIN, PUBLIC_MARGIN

ACT_365 = "act_365"
ACT_ACT = "act_act"

# Interest is base x rate x days / (millionths x days of the year). Both lengths of a
# year are brought to one denominator, so that sums over leap years stay exact.
_WEIGHTS = {365: 366, 366: 365}
DENOMINATOR = 1_000_000 * 365 * 366


class Schedule(NamedTuple):
    """Rates over time.

    :ivar list starts: first day of each stretch, then a day after all of them
    :ivar list rates: in millionths (12.40 % is 124000); None where there is none
    :ivar list years: days of the year to divide by, 365 or 366
    :ivar list factors: rate x weight: interest of a day over ``DENOMINATOR``, per
        minor unit
    :ivar problem: makes the error for a stretch without rate, from its first day
    """

    starts: list
    rates: list
    years: list
    factors: list
    problem: object


def _days_of_year(day_count, year):
    if day_count == ACT_365:
        return 365
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _schedule(days, rates, day_count, problem):
    years = [_days_of_year(day_count, day.year) for day in days]
    factors = [
        None if rate is None else rate * _WEIGHTS[year]
        for rate, year in zip(rates, years, strict=True)
    ]
    starts = [day.toordinal() for day in days]
    return Schedule([*starts, LAST_DAY.toordinal() + 1], rates, years, factors, problem)


def _semesters():
    days = []
    day = semester_start(FIRST_DAY)
    while day <= LAST_DAY:
        days.append(day)
        day = next_semester(day)
    return days


class Schedules:
    """The schedules of every kind of claim, made once.

    :param ReferenceRates rates:
    :param str day_count: ``act_365`` (year of 365 days) or ``act_act`` (366 days in a
        leap year)
    """

    def __init__(self, rates, day_count=ACT_365):
        self.rates = rates
        self.day_count = day_count
        self.semesters = _semesters()
        self._semester_ordinals = [day.toordinal() for day in self.semesters]
        self._fixed = {}
        self._frozen = {}
        self.business = self._business()
        self.legal_business = self._legal(rates.legal_business)
        self.legal_individual = self._legal(rates.legal_individual)

    def fixed(self, rate):
        """An agreed rate, the same on every day.

        :param int rate: in millionths
        :rtype: Schedule
        """
        if rate not in self._fixed:
            self._fixed[rate] = self._one_rate(rate, None)
        return self._fixed[rate]

    def public(self, first):
        """Rate of a public body, frozen on the first day of interest (CCP R2192-31).

        :param int first: ordinal of that day
        :rtype: Schedule
        """
        index = bisect_right(self._semester_ordinals, first) - 1
        if index not in self._frozen:
            self._frozen[index] = self._public(self.semesters[index])
        return self._frozen[index]

    def _public(self, semester):
        # the half-year in which the regime began counts as a whole
        day = max(semester, PUBLIC_MARGIN.values[0].day)
        if semester_start(day) != semester:
            return self._one_rate(None, lambda _day: _too_early(PUBLIC_MARGIN, day))
        refi = self.rates.refi.get(semester)
        if refi is None:
            return self._one_rate(None, lambda _day: self.rates.refi.missing(semester))
        return self._one_rate(refi + PUBLIC_MARGIN.on(day).value, None)

    def _one_rate(self, rate, problem):
        if self.day_count == ACT_365:
            return _schedule([FIRST_DAY], [rate], ACT_365, problem)
        days = self.semesters[::2]
        return _schedule(days, [rate] * len(days), self.day_count, problem)

    def _business(self):
        """Refinancing rate of each half-year and the margin (C. com. L441-10 II)."""
        series = self.rates.refi

        def rate(day):
            refi = series.get(day)
            if refi is None or not BUSINESS_MARGIN.applies(day):
                return None
            return refi + BUSINESS_MARGIN.on(day).value

        def problem(day):
            if not BUSINESS_MARGIN.applies(day):
                return _too_early(BUSINESS_MARGIN, day)
            return series.missing(day)

        return self._by_semester(rate, problem)

    def _legal(self, series):
        """Legal interest rate of each half-year (CMF L313-2)."""
        return self._by_semester(series.get, series.missing)

    def _by_semester(self, rate, problem):
        rates = [rate(day) for day in self.semesters]
        return _schedule(self.semesters, rates, self.day_count, problem)


def _too_early(parameter, day):
    first = parameter.values[0]
    return NotInForce(article=first.article, since=first.day, day=day)
