# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Time limits of procedures, and a few others that letters state.

A limit in months ends on the same number, or on the last day of a shorter month (CPC
641); a limit of procedure that ends on a Saturday, a Sunday or a holiday runs on until
the next open day (CPC 642). Whoever must act in time looks at ``computed``, the
earlier day; whoever waits for the other side looks at ``last_day``.
"""

from datetime import date
from typing import NamedTuple

from .calendar import OpeningCalendar
from .dates import add_days, add_months, check_day
from .parameters import ORDER_SERVICE_MONTHS


class Deadline(NamedTuple):
    """
    :ivar date computed: by the rule on days or months alone
    :ivar date last_day: run on to an open day where the law does so
    :ivar str article:
    """

    computed: date
    last_day: date
    article: str


def extended(day, alsace_moselle=False):
    """The day itself, or the next that is no Saturday, Sunday or holiday (CPC 642).

    :param bool alsace_moselle: with the two holidays of Alsace and Moselle

    >>> extended(date(2027, 2, 28))
    datetime.date(2027, 3, 1)
    """
    return _calendar(alsace_moselle).next_open(day)


def procedural(start, article, days=0, months=0, alsace_moselle=False):
    """A limit of procedure; the day of the act itself does not count (CPC 640-642).

    :param date start: day of the act
    :rtype: Deadline
    :raises DateOutOfRange:
    """
    computed = add_days(add_months(check_day(start), months), days)
    return Deadline(computed, extended(computed, alsace_moselle), article)


def order_service(ordered, alsace_moselle=False):
    """Last day to serve an order to pay, void after it (CPC 1411).

    :param date ordered: day of the order: those since September 2026 have three
        months, those before six
    :rtype: Deadline

    >>> order_service(date(2026, 8, 31)).last_day
    datetime.date(2027, 3, 1)
    """
    months = ORDER_SERVICE_MONTHS.on(check_day(ordered))
    return procedural(
        ordered, months.article, months=months.value, alsace_moselle=alsace_moselle
    )


def order_opposition(served, alsace_moselle=False):
    """Last day for the debtor to oppose an order to pay (CPC 1416).

    :param date served: in person; else of the first act in person, or of the first
        seizure
    :rtype: Deadline
    """
    return procedural(served, "CPC 1416", months=1, alsace_moselle=alsace_moselle)


class Commandment(NamedTuple):
    """Time table of an undisputed commercial debt.

    :ivar Deadline answer: for the debtor to pay or contest
    :ivar date report: first day of the report that nobody contested, eight days on
    """

    answer: Deadline
    report: date


def commandment(served, run_on=True, alsace_moselle=False):
    """Time table after a commandment to pay has been served (CPCE L126-1 ff.).

    For information: the decree that completes the law may set it otherwise.

    :param date served:
    :param bool run_on: whether the debtor's month runs on to an open day, which no
        text says; the default leaves the debtor more time
    :rtype: Commandment

    >>> commandment(date(2026, 10, 1)).report
    datetime.date(2026, 11, 10)
    """
    answer = procedural(
        served, "CPCE L126-1 to L126-5", months=1, alsace_moselle=alsace_moselle
    )
    if not run_on:
        answer = answer._replace(last_day=answer.computed)
    return Commandment(answer, add_days(answer.last_day, 8))


def insolvency_declaration(published, alsace_moselle=False):
    """Last day to declare a claim, from the notice in the BODACC (C. com. R622-24).

    :param date published:
    :rtype: Deadline
    """
    return procedural(
        published, "C. com. R622-24", months=2, alsace_moselle=alsace_moselle
    )


class ElectronicLetter(NamedTuple):
    """
    :ivar date accept_by: last day for the addressee to accept the letter
    :ivar date unclaimed_from: first day of the proof that it was not claimed
    """

    accept_by: date
    unclaimed_from: date


def electronic_letter(notified):
    """Time table of an electronic registered letter (C. postes R53-3).

    Fifteen days from the day after the notification; they do not run on.

    :param date notified: day on which the addressee was told of a letter
    :rtype: ElectronicLetter
    :raises DateOutOfRange:

    >>> electronic_letter(date(2026, 11, 2)).accept_by
    datetime.date(2026, 11, 17)
    """
    accept_by = add_days(check_day(notified), 15)
    return ElectronicLetter(accept_by, add_days(accept_by, 1))


def public_interest_due(paid):
    """Last day for a public body to pay interest and indemnity (CCP R2192-36).

    :param date paid: day on which the principal was paid
    :rtype: date
    :raises DateOutOfRange:

    >>> public_interest_due(date(2026, 8, 20))
    datetime.date(2026, 10, 4)
    """
    return add_days(check_day(paid), 45)


def _calendar(alsace_moselle):
    return OpeningCalendar(holidays="alsace_moselle" if alsace_moselle else "france")
