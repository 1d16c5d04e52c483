# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""On which day an open item will probably be paid.

The customer's own days late, the recent ones more, mixed with the portfolio's usual
ones: their median and quartiles. A customer who pays on fixed days of the month, or
on one day of the week, is then moved to the next such day. Days are ordinals.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from .behaviour import Fading, Past
from .portfolio import CENTRAL_QUANTILES

# Half-life of a payment in days, and weight of the portfolio in payments.
MEMORY, SHRINKAGE = 365, 3
_WORTH = Fading(MEMORY)
# A habit: so many payments at least, so large a share on so few days.
HABIT_COUNT, HABIT_SHARE, HABIT_DAYS = 6, 0.75, 2
# An item already later than ever is expected so many days from now.
AT_LEAST = 7


@dataclass(frozen=True)
class Habit:
    """Days late (signed): quartiles, and the days on which the customer pays.

    :ivar month_days: days of the month of its payment runs, 31 for the last one
    :ivar week_day: day of the week of its payment runs, 0 for Monday
    """

    median: float
    low: float
    high: float
    month_days: tuple = ()
    week_day: int | None = None

    def expected(self, due, today):
        """``(low, expected, high)`` days on which an item due then will be paid."""
        days = [due + round(late) for late in (self.low, self.median, self.high)]
        if days[1] <= today:
            days[1] = min(max(days[2], today + 1), today + AT_LEAST)
        days[0] = max(days[0], today)
        days[2] = max(days[2], days[1])
        return tuple(self._run_day(max(day, today)) for day in days)

    def _run_day(self, day):
        """The next day of the payment run."""
        for ahead in range(32):
            if self._pays_on(date.fromordinal(day + ahead)):
                return day + ahead
        return day

    def _pays_on(self, day):
        if self.week_day is not None:
            return day.weekday() == self.week_day
        if self.month_days:
            return _calendar(day.toordinal())[0] in self.month_days
        return True


def quantiles(days):
    """Usual days late of a portfolio, what single customers are mixed with."""
    ranked = sorted(days)
    if not ranked:
        return (0.0,) * len(CENTRAL_QUANTILES)
    return tuple(ranked[int(q * (len(ranked) - 1))] for q in CENTRAL_QUANTILES)


def habit(items, day, usual):
    """Habit of a customer from its items paid before ``day``.

    :param usual: :func:`quantiles` of the portfolio
    :rtype: Habit
    """
    return habit_of(Past(items, day), usual)


def habit_of(past, usual):
    """:func:`habit` of a :class:`~.behaviour.Past`"""
    day = past.day
    points = [(late, SHRINKAGE / len(usual)) for late in usual]
    points += [(late, _WORTH[day - paid]) for late, paid in past.payments]
    points.sort()
    total = sum(weight for _late, weight in points)
    runs = [_calendar(paid) for _late, paid in past.payments]
    month_days = _month_days(runs)
    return Habit(
        median=_weighted(points, 0.5 * total),
        low=_weighted(points, 0.25 * total),
        high=_weighted(points, 0.75 * total),
        month_days=month_days,
        # one run a month is no habit of the week
        week_day=None if month_days else _week_day(runs),
    )


def _weighted(points, wanted):
    """Where the weights of sorted ``(value, weight)`` add up to so much."""
    for value, weight in points:
        wanted -= weight
        if wanted <= 0:
            return value
    return points[-1][0]


@lru_cache(maxsize=20_000)
def _calendar(ordinal):
    """Day of the month (31 for its last one) and of the week."""
    day = date.fromordinal(ordinal)
    is_last = date.fromordinal(ordinal + 1).day == 1
    return 31 if is_last else day.day, day.weekday()


def _month_days(runs):
    if len(runs) < HABIT_COUNT:
        return ()
    common = Counter([day for day, _week_day in runs]).most_common(HABIT_DAYS)
    if sum(count for _day, count in common) < HABIT_SHARE * len(runs):
        return ()
    return tuple(sorted(day for day, count in common if count > 1))


def _week_day(runs):
    if len(runs) < HABIT_COUNT:
        return None
    ((week_day, count),) = Counter([week_day for _day, week_day in runs]).most_common(1)
    return week_day if count >= HABIT_SHARE * len(runs) else None
