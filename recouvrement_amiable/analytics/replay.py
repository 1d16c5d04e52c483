# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The past again, day by day: what would the score have said, and was it right?

For each cut-off the weights are learnt from what was known on it; the items of the
quarter that follows are then predicted, each from what was known on its day of issue.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from . import measure
from .behaviour import Past
from .expected import habit_of, quantiles
from .portfolio import Portfolio
from .score import Sample, features_of, fit

# Days of history before an item of the past teaches something.
WARM_UP = 60
# Items of the past that are learnt from, at most.
SAMPLES = 5_000


@dataclass(frozen=True)
class Prediction:
    """One item as predicted on its day of issue, and what came."""

    customer: object
    late: bool
    score: float
    raw: float
    average: float
    known: int
    days: float | None
    expected_days: float


class History:
    """The items of all customers, ready to be looked at from any day.

    :param customers: ``{customer: [Item]}``
    :param tolerance: days past due that still count as on time
    :param portfolio: what all customers did, when these are only some of them
    """

    def __init__(self, customers, tolerance=0, portfolio=None):
        self.tolerance = tolerance
        self.customers = customers
        self.items = sorted(
            (
                (item, customer)
                for customer, items in customers.items()
                for item in items
            ),
            key=lambda pair: (pair[0].issued, pair[0].due, str(pair[1])),
        )
        self.portfolio = portfolio or self._own_portfolio()
        self.first = min((item.issued for item, _who in self.items), default=0)
        self.latest = max((item.issued for item, _who in self.items), default=0)
        self.last = max((i.paid or i.issued for i, _who in self.items), default=0)

    def _own_portfolio(self):
        portfolio = Portfolio(self.tolerance)
        for item, _customer in self.items:
            portfolio.add_item(item)
        return portfolio

    def features_of(self, customer, day):
        """Features and facts of a customer at the start of a day."""
        return features_of(self._past(customer, day), self.portfolio)

    def _past(self, customer, day):
        items = self.customers[customer]
        return Past([item for item in items if item.issued < day], day)

    def known_on(self, day):
        """The same history as it was known on a day: what came later is erased."""
        return History(
            {
                customer: [
                    item._replace(paid=item.paid if (item.paid or day) < day else None)
                    for item in items
                    if item.issued < day
                ]
                for customer, items in self.customers.items()
            },
            self.tolerance,
        )

    def samples(self, day):
        """What a cut-off teaches: items issued before it that had fallen due.

        What is paid before it falls due is known too, but alone it would teach that
        nobody pays late.
        A part of them, evenly spread, when there are more than SAMPLES.
        """
        known = [
            (item, customer)
            for item, customer in self.items
            if self.first + WARM_UP <= item.issued < day
            and item.due + self.tolerance < day
        ]
        step = -(-len(known) // SAMPLES) or 1
        return [
            Sample(
                self.features_of(customer, item.issued)[0].vector(),
                item.is_late(self.tolerance),
                day - item.due,
            )
            for item, customer in known[::step]
        ]

    def model(self, day):
        """:rtype: Model"""
        return fit(self.samples(day))

    def predictions(self, start, end, model=None):
        """Items issued from ``start`` (kept) to ``end`` (left out), predicted.

        Only those whose end is known at last.
        """
        model = model or self.model(start)
        usual = self._usual(start)
        average = self._average(start)
        found = []
        for item, customer in self.items:
            if start <= item.issued < end and self._is_over(item):
                found.append(self._predict(item, customer, model, usual, average))
        return found

    def _is_over(self, item):
        return item.paid is not None or item.due + self.tolerance < self.last

    def _predict(self, item, customer, model, usual, average):
        past = self._past(customer, item.issued)
        known, facts = features_of(past, self.portfolio)
        late = habit_of(past, usual).median
        raw = facts.late_count / facts.count if facts.count else average
        return Prediction(
            customer=customer,
            late=item.is_late(self.tolerance),
            score=model.probability(known),
            raw=raw,
            average=average,
            known=facts.count,
            days=item.paid - item.due if item.paid is not None else None,
            expected_days=late,
        )

    def _usual(self, day):
        return quantiles(
            item.paid - item.due
            for item, _customer in self.items
            if item.paid is not None and item.paid < day
        )

    def _average(self, day):
        """The portfolio's raw late share: the simplest baseline."""
        known = [
            item.is_late(self.tolerance)
            for item, _customer in self.items
            if item.known_from(self.tolerance) <= day
        ]
        return sum(known) / len(known) if known else 0.5


def quarters(last, count=4):
    """``(start, end)`` of the quarter of a day and those before it, oldest first."""
    day = date.fromordinal(last)
    month = 12 * day.year + (day.month - 1) // 3 * 3
    starts = [
        date(number // 12, number % 12 + 1, 1).toordinal()
        for number in range(month - 3 * (count - 1), month + 4, 3)
    ]
    return list(pairwise(starts))


def quality(predictions, value="score"):
    """Figures of some predictions.

    :param value: which of the predicted values: ``score``, ``raw`` or ``average``
    :rtype: dict[str, float | None]
    """
    told = [getattr(prediction, value) for prediction in predictions]
    late = [prediction.late for prediction in predictions]
    return {
        "auc": measure.auc(told, late),
        "brier": measure.brier(told, late),
        "ece": measure.calibration_error(told, late),
        "recall": measure.recall_of_worst(told, late),
    }


def days_error(predictions):
    """Mean absolute error of the expected day, in days."""
    return measure.mean_absolute(
        prediction.days - prediction.expected_days
        for prediction in predictions
        if prediction.days is not None
    )
