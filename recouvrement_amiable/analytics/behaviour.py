# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a customer pays, from the items it had to pay.

Days are ordinals (``date.toordinal()``) and amounts floats in one currency: these
functions go through millions of items. ``tolerance`` is the number of days past the
due date that still counts as on time.

What is known when: a payment is known on the day after it came in; that an item is
late is known as soon as the tolerance is over, paid or not. An item that is not due
yet says nothing, whatever its due date will bring.
"""

from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

YEAR = 365


class Item(NamedTuple):
    """An instalment of an invoice, credit notes deducted.

    :ivar issued: day of the invoice
    :ivar due: day it falls due
    :ivar paid: day its last payment came in, None while something is left to pay
    :ivar amount: what there was to pay, positive
    """

    issued: int
    due: int
    paid: int | None
    amount: float = 1.0

    def outcome(self, tolerance):
        """``(first day on which it is known whether it was paid in time, late?)``"""
        last = self.due + tolerance
        if self.paid is not None and self.paid <= last:
            return self.paid + 1, False
        return last + 1, True

    def known_from(self, tolerance):
        return self.outcome(tolerance)[0]

    def is_late(self, tolerance):
        return self.outcome(tolerance)[1]

    def is_overdue(self, day):
        """Whether it was left to pay on a day, its due date being past."""
        return self.due < day and (self.paid is None or self.paid >= day)

    def days_late(self, day):
        """Days after (before: negative) the due date, as known on a day."""
        if self.paid is not None and self.paid < day:
            return self.paid - self.due
        return day - self.due


@dataclass(frozen=True)
class Behaviour:
    """Figures of a customer, or of a portfolio, on a day.

    Shares are between 0 and 1, days are days after the due date (negative: before).

    :ivar known: items of which the end, or the lateness, is known
    :ivar late: those paid late, or unpaid past the tolerance
    :ivar late_amount_share: late share, each item by its amount
    :ivar mean_days: mean of days late; unpaid items count the days so far
    :ivar weighted_days: the same, each item by its amount
    :ivar recent_share: late share of what became known in the last 12 months
    :ivar before_share: and before; None where there is nothing
    :ivar overdue: items unpaid past their due date now
    """

    known: int = 0
    late: int = 0
    late_amount_share: float = 0.0
    mean_days: float = 0.0
    median_days: float = 0.0
    weighted_days: float = 0.0
    recent_share: float | None = None
    before_share: float | None = None
    overdue: int = 0
    overdue_amount: float = 0.0

    @property
    def late_share(self):
        return self.late / self.known if self.known else 0.0


def behaviour(items, day, tolerance=0):
    """Figures of some items as they were known on a day.

    :rtype: Behaviour
    """
    overdue = [item.amount for item in items if item.is_overdue(day)]
    sums = {"overdue": len(overdue), "overdue_amount": sum(overdue)}
    days, recent, older = [], [], []
    total = late_total = weighted = 0
    for item in items:
        since, late = item.outcome(tolerance)
        if since > day:
            continue
        amount, late_by = item.amount, item.days_late(day)
        days.append(late_by)
        (recent if since > day - YEAR else older).append(late)
        total += amount
        weighted += amount * late_by
        if late:
            late_total += amount
    if not days:
        return Behaviour(**sums)
    return Behaviour(
        known=len(days),
        late=sum(recent) + sum(older),
        late_amount_share=late_total / total if total else 0.0,
        mean_days=sum(days) / len(days),
        median_days=median(days),
        weighted_days=weighted / total if total else 0.0,
        recent_share=_share(recent),
        before_share=_share(older),
        **sums,
    )


def _share(late):
    return sum(late) / len(late) if late else None
