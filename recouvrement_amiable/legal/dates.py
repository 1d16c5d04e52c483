# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Counting days, months and half-years.

Source of the rule on months: CPC 641, which civil time limits follow as well.
"""

from calendar import monthrange
from datetime import date, timedelta

from .errors import BadPeriod, DateOutOfRange

# Beyond lies a typing error rather than a debt.
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2099, 12, 31)


def check_day(day):
    """The day itself, when a debt may have to do with it.

    :param date day:
    :raises DateOutOfRange: before 2000 or after 2099
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DateOutOfRange(day=day, first=FIRST_DAY, last=LAST_DAY)
    return day


def check_period(first, last):
    """Refuse a period that ends before it starts; ``last`` None is open.

    :raises BadPeriod, DateOutOfRange:
    """
    check_day(first)
    if last is not None and check_day(last) < first:
        raise BadPeriod(first=first, last=last)


def add_days(day, days):
    return day + timedelta(days=days)


def add_months(day, months):
    """Same number in the month reached, or its last day when there is none (CPC 641).

    >>> add_months(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def add_years(day, years):
    """As :func:`add_months`: 29 February becomes 28 in a common year."""
    return add_months(day, 12 * years)


def month_end(day):
    return day.replace(day=monthrange(day.year, day.month)[1])


def semester_start(day):
    """1 January or 1 July.

    >>> semester_start(date(2026, 6, 30))
    datetime.date(2026, 1, 1)
    """
    return date(day.year, 1 if day.month < 7 else 7, 1)


def next_semester(day):
    """First day of the half-year after that of a day."""
    return add_months(semester_start(day), 6)


def semester_name(day):
    """
    >>> semester_name(date(2026, 7, 1))
    '2026 S2'
    """
    return f"{day.year} S{1 if day.month < 7 else 2}"
