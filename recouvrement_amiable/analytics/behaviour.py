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

    def known_from(self, tolerance):
        """First day on which it is known whether the item was paid in time."""
        last = self.due + tolerance
        if self.paid is not None and self.paid <= last:
            return self.paid + 1
        return last + 1

    def is_late(self, tolerance):
        return self.paid is None or self.paid > self.due + tolerance

    def days_late(self, day):
        """Days after (before: negative) the due date, as known on a day."""
        if self.paid is not None and self.paid < day:
            return self.paid - self.due
        return day - self.due


def known_items(items, day, tolerance):
    """Those of which it is known on ``day`` whether they were paid in time."""
    return [item for item in items if item.known_from(tolerance) <= day]


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
    known = known_items(items, day, tolerance)
    overdue = [i for i in items if i.due < day and (i.paid is None or i.paid >= day)]
    sums = {
        "overdue": len(overdue),
        "overdue_amount": sum(item.amount for item in overdue),
    }
    if not known:
        return Behaviour(**sums)
    late = [item for item in known if item.is_late(tolerance)]
    days = [item.days_late(day) for item in known]
    total = sum(item.amount for item in known)
    recent = [item for item in known if item.known_from(tolerance) > day - YEAR]
    older = [item for item in known if item.known_from(tolerance) <= day - YEAR]
    return Behaviour(
        known=len(known),
        late=len(late),
        late_amount_share=sum(item.amount for item in late) / total if total else 0.0,
        mean_days=sum(days) / len(days),
        median_days=median(days),
        weighted_days=sum(
            item.amount * late_by for item, late_by in zip(known, days, strict=True)
        )
        / total
        if total
        else 0.0,
        recent_share=_share(recent, tolerance),
        before_share=_share(older, tolerance),
        **sums,
    )


def _share(items, tolerance):
    if not items:
        return None
    return sum(item.is_late(tolerance) for item in items) / len(items)
