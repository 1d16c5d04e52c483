# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Days on which a French company writes to its customers.

Source of the list of holidays: Code du travail, art. L3133-1; for Alsace and
Moselle, art. L3134-13 adds Good Friday and 26 December.
"""

from datetime import date, timedelta

from dateutil.easter import easter

_ONE_DAY = timedelta(days=1)
MONDAY_TO_FRIDAY = range(5)


def french_holidays(year, alsace_moselle=False):
    """Public holidays of a year.

    :param int year: 1583 or later (Gregorian Easter)
    :param bool alsace_moselle: add the two local holidays
    :rtype: set[date]

    >>> sorted(french_holidays(2026))[1:3]
    [datetime.date(2026, 4, 6), datetime.date(2026, 5, 1)]
    """
    sunday = easter(year)
    days = {
        date(year, 1, 1),
        sunday + timedelta(days=1),
        date(year, 5, 1),
        date(year, 5, 8),
        sunday + timedelta(days=39),
        sunday + timedelta(days=50),
        date(year, 7, 14),
        date(year, 8, 15),
        date(year, 11, 1),
        date(year, 11, 11),
        date(year, 12, 25),
    }
    if alsace_moselle:
        days |= {sunday - timedelta(days=2), date(year, 12, 26)}
    return days


class OpeningCalendar:
    """Says which days are open, from the company's own choices.

    :param weekdays: open weekdays, Monday is 0
    :param str holidays: ``none``, ``france`` or ``alsace_moselle``
    :param closed: extra closed days
    """

    def __init__(self, weekdays=MONDAY_TO_FRIDAY, holidays="france", closed=()):
        self.weekdays = frozenset(weekdays)
        self.holidays = holidays
        self.closed = frozenset(closed)

    def is_open(self, day):
        """Whether messages may leave on that day.

        >>> OpeningCalendar().is_open(date(2026, 5, 1))
        False
        """
        if day.weekday() not in self.weekdays or day in self.closed:
            return False
        if self.holidays == "none":
            return True
        return day not in french_holidays(
            day.year, alsace_moselle=self.holidays == "alsace_moselle"
        )

    def next_open(self, day):
        """The day itself when it is open, else the next open one.

        A calendar closed for a whole year answers the day itself: a planning
        error must not hang a screen.

        >>> OpeningCalendar().next_open(date(2026, 5, 1))
        datetime.date(2026, 5, 4)
        """
        candidate = day
        for _attempt in range(366):
            if self.is_open(candidate):
                return candidate
            candidate += _ONE_DAY
        return day
