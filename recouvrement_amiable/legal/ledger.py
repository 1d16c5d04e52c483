# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Interest accruing on what is left of a debt, and what payments are imputed on.

Days are ordinals and amounts integers in minor units. The public face of this module
is :mod:`interest`.
"""

from bisect import bisect_right
from datetime import date

from .amounts import check_minor, half_up
from .errors import BadSetting
from .schedule import DENOMINATOR

# Kinds of movement, in the order in which those of one day take effect: which was
# booked first that day must not change what is owed.
CREDIT_NOTE, CHARGE, PAYMENT = range(3)
_MOVEMENTS = "CREDIT_NOTE, CHARGE, PAYMENT"


def merge(spans):
    """Spans of days (both ends included) without overlap, in order.

    >>> merge([(8, 9), (1, 5), (3, 7)])
    [(1, 9)]
    """
    merged = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def without(first, last, suspended):
    """What is left of a span of days after others are taken out.

    >>> without(1, 10, [(3, 4), (9, 20)])
    [(1, 2), (5, 8)]
    """
    left = []
    for start, end in merge(suspended):
        if first < start:
            left.append((first, min(start - 1, last)))
        first = max(first, end + 1)
        if first > last:
            break
    if first <= last:
        left.append((first, last))
    return [(start, end) for start, end in left if start <= end]


class Ledger:
    """A debt over time.

    :param list windows: spans of days that bear interest, in order; used up
    :param Schedule schedule: their rates; None when there is no window
    :param int since: first day of the period asked for
    :param bool interest_first: payments settle interest before principal
    :param bool once: segments are steps of one rounded sum
    :ivar int principal: left of the principal
    :ivar int accrued: interest from the first day on
    :ivar int interest: that part of it which falls in the period asked for
    :ivar int paid: interest settled by payments
    :ivar int charged: interest moved to an invoice of charges
    :ivar int overcharged: moved there without having accrued, to be given back
    :ivar int surplus: paid or credited beyond what was owed
    :ivar int settled: day on which nothing was left of the principal, else None
    :ivar list pieces: (first, last, rate, days of the year, base, amount)
    :ivar list imputations: (day, kind, amount, to interest, to principal)
    """

    __slots__ = (
        "principal",
        "accrued",
        "interest",
        "paid",
        "charged",
        "overcharged",
        "surplus",
        "settled",
        "pieces",
        "imputations",
        "_windows",
        "_window",
        "_schedule",
        "_since",
        "_interest_first",
        "_once",
        "_exact",
        "_next",
        "_turned",
    )

    def __init__(self, principal, windows, schedule, since, interest_first, once):
        self.principal = check_minor(principal, "principal")
        self.accrued = self.interest = self.paid = 0
        self.charged = self.overcharged = self.surplus = 0
        self.settled = None
        self.pieces = []
        self.imputations = []
        self._windows = windows
        self._window = 0
        self._schedule = schedule
        self._since = since
        self._interest_first = interest_first
        self._once = once
        self._exact = 0
        self._next = None
        # part of ``paid`` that charges turned into principal
        self._turned = 0

    def run_to(self, day):
        """Let interest accrue up to a day, included."""
        windows = self._windows
        while self._window < len(windows):
            first, last = windows[self._window]
            if first > day:
                return
            end = last if last < day else day
            if self.principal:
                self._accrue(first, end)
            if end < last:
                windows[self._window] = (end + 1, last)
                return
            self._window += 1

    def _accrue(self, first, last):
        base = self.principal
        starts, rates, years, factors, problem = self._schedule
        index = bisect_right(starts, first) - 1
        # a movement that left the principal alone does not cut a segment in two
        goes_on = (first, base, index) == self._next
        while True:
            end = starts[index + 1] - 1
            if end > last:
                end = last
            factor = factors[index]
            if factor is None:
                raise problem(date.fromordinal(starts[index]))
            if not (goes_on or self._once):
                self._exact = 0
            asked = self._rounded(first, end, base * factor)
            if end >= self._since:
                first = max(first, self._since)
                if goes_on and self.pieces:
                    first, *_same, before = self.pieces.pop()
                    asked += before
                self.pieces.append(
                    (first, end, rates[index], years[index], base, asked)
                )
            if end == last:
                self._next = (end + 1, base, index)
                return
            first = end + 1
            index += 1
            goes_on = False

    def _rounded(self, first, last, daily):
        """Let some days accrue; return the interest of those in the period asked for.

        Rounding is that of the segment from its first day, or of the sum of all. What
        comes before the period is what the same rounding would have given had the
        segment stopped there: so what is claimed in several times adds up to what
        would have been claimed at once.
        """
        before = self._exact
        rounded = half_up(before, DENOMINATOR) if before else 0
        self._exact = before + daily * (last - first + 1)
        amount = half_up(self._exact, DENOMINATOR) - rounded
        self.accrued += amount
        asked = amount
        if self._since > first:
            if self._since > last:
                return 0
            earlier = before + daily * (self._since - first)
            asked -= half_up(earlier, DENOMINATOR) - rounded
        self.interest += asked
        return asked

    def apply(self, day, kind, amount):
        """Impute a movement of a day.

        Credit notes never touch interest. Payments settle both, in the order of the
        policy (C. civ. 1343-1). What is left over is a surplus of the debtor.

        A charge for interest that payments took already claims it a second time, on an
        invoice of its own: as much of those payments goes to the principal, which else
        would bear interest for ever once everything is paid.

        :raises BadAmount, BadSetting: of a negative amount, an unknown kind
        """
        check_minor(amount, "a movement")
        owed = self.accrued - self.paid - self.charged
        to_interest = to_principal = 0
        if kind == PAYMENT:
            if self._interest_first:
                to_interest = min(amount, owed)
                to_principal = min(amount - to_interest, self.principal)
            else:
                to_principal = min(amount, self.principal)
                to_interest = min(amount - to_principal, owed)
            self.paid += to_interest
        elif kind == CREDIT_NOTE:
            to_principal = min(amount, self.principal)
        elif kind == CHARGE:
            to_interest = min(amount, owed)
            if self._interest_first:
                to_principal = min(
                    amount - to_interest, self.principal, self.paid - self._turned
                )
                self._turned += to_principal
            self.charged += to_interest
            self.overcharged += amount - to_interest - to_principal
        else:
            raise BadSetting(name="movement", value=kind, allowed=_MOVEMENTS)
        if kind != CHARGE:
            self.surplus += amount - to_interest - to_principal
        if to_principal:
            self.principal -= to_principal
            if not self.principal:
                self.settled = day
        self.imputations.append((day, kind, amount, to_interest, to_principal))
