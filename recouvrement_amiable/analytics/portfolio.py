# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What all customers did at the same time: the measure of what one of them does.

Payments slow down in a crisis and recover after it: a customer is compared with the
portfolio of the same weeks, not with an average of all times.
"""

from dataclasses import dataclass, field

# Length of a period in days, and how fast old periods lose their weight: after 90
# days an item counts half.
PERIOD = 30
FADE = 2 ** (-PERIOD / 90)
# Days late beyond which an item says no more than "very late" or "very early".
EARLIEST, LATEST = -30, 60
# Late items imagined before the first known one, out of twice as many.
PRIOR = 1.0
# No share of the portfolio is taken for surer than this.
SURE = 0.02
CENTRAL_QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)


def clipped(days):
    if days > LATEST:
        return LATEST
    return EARLIEST if days < EARLIEST else days


def period_of(day):
    return day // PERIOD


@dataclass
class Portfolio:
    """Late share and days late by period, each item when it became known.

    An item counts as late or not from the day on which that is known, and with its
    days from the day on which it was paid. Filled with :meth:`add`, item by item or in
    sums; read for any day, it only answers from the periods that had ended before.
    """

    tolerance: int
    counts: dict = field(default_factory=dict)  # period: [items, late, paid, days]
    _rates: dict = field(default_factory=dict)
    _usual: dict = field(default_factory=dict)

    def add(self, period, items=0, late=0, paid=0, days=0):
        """:param days: sum of the clipped days late of the items paid"""
        sums = self.counts.setdefault(period, [0, 0, 0, 0])
        for index, value in enumerate((items, late, paid, days)):
            sums[index] += value
        self._rates.clear()
        self._usual.clear()

    def add_item(self, item):
        known = period_of(item.known_from(self.tolerance))
        self.add(known, items=1, late=int(item.is_late(self.tolerance)))
        if item.paid is not None:
            days = clipped(item.paid - item.due)
            self.add(period_of(item.paid + 1), paid=1, days=days)

    def late_share(self, day):
        """Faded late share known on a day, between 0 and 1 (never one of them)."""
        return self._of(period_of(day))[0]

    def usual_share(self, day):
        """The late share that single items are held against: never nearly 0 or 1."""
        period = day // PERIOD
        try:
            return self._usual[period]
        except KeyError:
            share = max(SURE, min(1 - SURE, self._of(period)[0]))
            self._usual[period] = share
            return share

    def days_late(self, day):
        """Faded mean of days late of what was paid before a day."""
        return self._of(period_of(day))[1]

    def _of(self, period):
        if period not in self._rates:
            self._fill(period)
        return self._rates[period]

    def _fill(self, last):
        """Every period up to ``last`` from the one before it."""
        sums = (0.0, 0.0, 0.0, 0.0)
        for period in range(min([*self.counts, last]), last + 1):
            items, late, paid, days = sums
            self._rates[period] = (
                (late + PRIOR) / (items + 2 * PRIOR),
                days / (paid + PRIOR),
            )
            added = self.counts.get(period, (0, 0, 0, 0))
            sums = [FADE * (o + n) for o, n in zip(sums, added, strict=True)]
