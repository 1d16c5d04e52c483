# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Longest payment terms that the law allows (C. com. L441-10 I, CCP R2192-10 ff.)."""

from datetime import date
from typing import NamedTuple

from .dates import add_days, check_day, check_period, month_end
from .errors import (
    BadSetting,
    LateSuspension,
    NoStart,
    SecondSuspension,
    TermTooLong,
)

# Between professionals: what the parties agreed.
NO_AGREEMENT = "none"
SIXTY_DAYS = "60_days"
# The two readings of "45 days end of month"; the contract must say which.
DAYS_THEN_MONTH_END = "45_days_then_month_end"
MONTH_END_THEN_DAYS = "month_end_then_45_days"
PERIODIC = "45_days_periodic"
AGREEMENTS = (
    NO_AGREEMENT,
    SIXTY_DAYS,
    DAYS_THEN_MONTH_END,
    MONTH_END_THEN_DAYS,
    PERIODIC,
)

# Public buyers: days, article.
PUBLIC_BUYERS = {
    "authority": (30, "CCP R2192-10"),
    "hospital": (50, "CCP R2192-11 1°"),
    "undertaking": (60, "CCP R2192-11 2°"),
}
_RESUMED_DAYS = 30
_UNPROVEN_RECEIPT_DAYS = 2


def latest_business_due(issued, agreement=SIXTY_DAYS, received=None):
    """Latest lawful due date between professionals (C. com. L441-10 I).

    :param date issued: day of the invoice
    :param str agreement: one of ``AGREEMENTS``
    :param date received: of the goods, or end of the service; without agreement the
        term starts there. The day of the invoice when it is not known
    :rtype: date
    :raises BadSetting, DateOutOfRange:

    >>> latest_business_due(date(2026, 3, 20), DAYS_THEN_MONTH_END)
    datetime.date(2026, 5, 31)
    """
    check_day(issued)
    if agreement == NO_AGREEMENT:
        return add_days(issued if received is None else check_day(received), 30)
    if agreement == SIXTY_DAYS:
        return add_days(issued, 60)
    if agreement == DAYS_THEN_MONTH_END:
        return month_end(add_days(issued, 45))
    if agreement == MONTH_END_THEN_DAYS:
        return add_days(month_end(issued), 45)
    if agreement == PERIODIC:
        return add_days(issued, 45)
    raise BadSetting(name="agreement", value=agreement, allowed=", ".join(AGREEMENTS))


def days_over(due, latest):
    """Days by which a due date is over the latest lawful one, 0 when it is not."""
    return max(0, (due - latest).days)


def public_term_start(available=None, received=None, requested=None, performed=None):
    """Day from which the term of a public buyer runs.

    :param date available: of the portal's message that the invoice is there (CCP
        R2192-15); it comes before all others
    :param date received: of the request for payment (R2192-12)
    :param date requested: day of the request when its receipt is not proven: two days
        are added (R2192-14)
    :param date performed: end of the performance, when it came later (R2192-13)
    :rtype: date
    :raises NoStart: none of the first three is known
    :raises DateOutOfRange:
    """
    start = available or received
    if start is None and requested is not None:
        start = add_days(check_day(requested), _UNPROVEN_RECEIPT_DAYS)
    if start is None:
        raise NoStart()
    check_day(start)
    return start if performed is None else max(start, check_day(performed))


class Suspension(NamedTuple):
    """Documents asked for by a public buyer (CCP R2192-27).

    :ivar date notice: receipt of the buyer's notice
    :ivar date completed: receipt of what was missing; None while it is
    """

    notice: date
    completed: date | None = None


def latest_public_due(start, buyer="authority", days=None, suspensions=()):
    """Last day for a public buyer to pay.

    A suspension opens a new term from the day of completion: thirty days, or what was
    left when that is more (CCP R2192-29).

    :param date start: see :func:`public_term_start`
    :param str buyer: one of ``PUBLIC_BUYERS``
    :param int days: shorter term of the contract
    :param suspensions: of type :class:`Suspension`, one at most
    :return: date, or None while the buyer waits for documents
    :raises TermTooLong: a contract cannot go over the maximum (CCP L2192-10)
    :raises SecondSuspension: the term is suspended once (R2192-27)
    :raises LateSuspension: the notice came before the term, or after it
    :raises BadSetting, BadPeriod, DateOutOfRange:

    >>> one = Suspension(date(2026, 3, 20), date(2026, 4, 1))
    >>> latest_public_due(date(2026, 3, 10), "hospital", suspensions=[one])
    datetime.date(2026, 5, 11)
    """
    due = add_days(check_day(start), _public_days(buyer, days))
    if len(suspensions) > 1:
        raise SecondSuspension(notice=suspensions[1].notice)
    for notice, completed in suspensions:
        check_period(notice, completed)
        if not start <= notice <= due:
            raise LateSuspension(notice=notice, first=start, last=due)
        if completed is None:
            return None
        return add_days(completed, max(_RESUMED_DAYS, (due - notice).days))
    return due


class PublicTerm(NamedTuple):
    """Time to pay of a public buyer.

    :ivar date start: day from which it runs
    :ivar date due: last day to pay; None while it is suspended
    """

    start: date
    due: date | None


def public_term(
    issued,
    performed=None,
    available=None,
    suspended=None,
    completed=None,
    buyer="authority",
):
    """The time to pay that follows from the days noted on an invoice.

    :param date issued: day of the invoice, which counts while the day of its
        availability is not known
    :param date performed: end of the performance
    :param date available: of the portal's message
    :param date suspended: receipt of the buyer's notice
    :param date completed: receipt of what was missing
    :param str buyer: one of ``PUBLIC_BUYERS``
    :rtype: PublicTerm
    :raises LateSuspension, BadSetting, BadPeriod, DateOutOfRange:

    >>> public_term(date(2026, 3, 2), available=date(2026, 3, 10)).due
    datetime.date(2026, 4, 9)
    """
    start = public_term_start(
        available=available, requested=issued, performed=performed
    )
    suspensions = [Suspension(suspended, completed)] if suspended else []
    return PublicTerm(start, latest_public_due(start, buyer, suspensions=suspensions))


def _public_days(buyer, days):
    if buyer not in PUBLIC_BUYERS:
        allowed = ", ".join(PUBLIC_BUYERS)
        raise BadSetting(name="buyer", value=buyer, allowed=allowed)
    maximum, article = PUBLIC_BUYERS[buyer]
    if days is None:
        return maximum
    if days > maximum:
        raise TermTooLong(days=days, maximum=maximum, article=article)
    if days < 0:
        raise BadSetting(name="days", value=days, allowed=f"0 to {maximum}")
    return days
