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


def outcome(due, paid, tolerance):
    """``(first day on which it is known whether it was paid in time, late?)``"""
    last = due + tolerance
    if paid is not None and paid <= last:
        return paid + 1, False
    return last + 1, True


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
        return outcome(self.due, self.paid, tolerance)[0]

    def is_late(self, tolerance):
        return outcome(self.due, self.paid, tolerance)[1]


class Past:
    """Items of a customer as known on a day, gone through once for all figures.

    :param items: any order; ``(issued, due, paid, amount)`` as in :class:`Item`
    :ivar payments: ``(days late, day paid)`` of what was paid before the day
    :ivar overdue: amounts of what was left to pay, its due date being past
    """

    __slots__ = ("_items", "_known", "day", "overdue", "payments")

    def __init__(self, items, day):
        self.day = day
        self.payments = []
        self.overdue = []
        self._items = []
        self._known = {}
        for _issued, due, paid, amount in items:
            if paid is not None and paid < day:
                late_by = paid - due
                self.payments.append((late_by, paid))
            else:
                late_by = day - due
                if late_by > 0:
                    self.overdue.append(amount)
            self._items.append((due, paid, late_by, amount))

    def known(self, tolerance):
        """``[(since, late?, days late, amount)]`` of what had ended, or was late.

        Days late are those after (before: negative) the due date, so far.
        """
        if tolerance not in self._known:
            day, found = self.day, []
            for due, paid, late_by, amount in self._items:
                since, late = outcome(due, paid, tolerance)
                if since <= day:
                    found.append((since, late, late_by, amount))
            self._known[tolerance] = found
        return self._known[tolerance]


class Fading(dict):
    """``2 ** (-age / half_life)`` by age in days, each worked out once.

    :param half_life: in days
    """

    def __init__(self, half_life):
        super().__init__()
        self.half_life = half_life

    def __missing__(self, age):
        worth = self[age] = 2 ** (-age / self.half_life)
        return worth


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
    return behaviour_of(Past(items, day), tolerance)


def behaviour_of(past, tolerance):
    """:func:`behaviour` of a :class:`Past`"""
    sums = {"overdue": len(past.overdue), "overdue_amount": sum(past.overdue)}
    days, recent, older = [], [], []
    total = late_total = weighted = 0
    year_ago = past.day - YEAR
    for since, late, late_by, amount in past.known(tolerance):
        days.append(late_by)
        (recent if since > year_ago else older).append(late)
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
