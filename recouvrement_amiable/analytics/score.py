# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Probability that an item issued now is paid late, and what makes it.

Five facts are read from a customer's items (:class:`Features`), each as a difference
from the portfolio of the same weeks; a logistic model adds them up. Its weights are
learnt from the company's own past (:func:`fit`); with little past they stay near what
is known of other histories (``PRIOR_WEIGHTS``). Everything is a sum of five terms: the
score can be said in a sentence, and what would change it too.
"""

import math
from dataclasses import dataclass, replace
from operator import itemgetter

from .behaviour import Fading, Past
from .portfolio import clipped

# Half-life of an item of the customer's own, in days.
MEMORY = 3 * 365
# Items of the portfolio mixed into the customer's own: little history pulls there.
# Between 2 and 10 it makes no difference on known histories.
SHRINKAGE = 3
# Shrinkage of the mean of days late, in items.
DELAY_SHRINKAGE = 3
# The last items, and how many of the expected kind are mixed into them.
LAST, LAST_SHRINKAGE = 3, 2
# Items of one customer that are looked at, the latest known ones.
DEPTH = 200
# Below it, the number is shown with "little history"; none at all is unrated.
ENOUGH = 5

NAMES = ("constant", "portfolio", "own", "delay", "overdue", "recent")
# Portfolio's odds times the customer's own; the rest is learnt.
PRIOR_WEIGHTS = (0.0, 1.0, 1.0, 0.3, 0.2, 0.5)
# Strength of PRIOR_WEIGHTS, in units of information: few items leave them alone.
RIDGE = 2.0
# Half-life of the evidence that moves the whole level, in days since an item fell due,
# and its shrinkage.
LEVEL_MEMORY, LEVEL_SHRINKAGE = 30, 3.0

_WORTH = Fading(MEMORY)

CLASSES = "ABCDE"
# Highest probability of each class but the last.
BORDERS = (0.10, 0.25, 0.50, 0.75)


def logit(share):
    return math.log(share / (1 - share))


def sigmoid(value):
    value = max(-30.0, min(30.0, value))
    return 1 / (1 + math.exp(-value))


def bounded(share, margin=0.01):
    return max(margin, min(1 - margin, share))


@dataclass(frozen=True)
class Features:
    """What is known of a customer on a day, for a tolerance.

    :ivar portfolio: log-odds of the portfolio's late share
    :ivar own: log-odds of the customer's shrunk late share, less the portfolio's of
        the times when its items became known
    :ivar delay: shrunk mean of days late less the portfolio's, in tens of days
    :ivar overdue: ``log(1 + n)``, n unpaid items past their due date
    :ivar recent: shrunk late share of the last three items less the expected one
    """

    portfolio: float
    own: float = 0.0
    delay: float = 0.0
    overdue: float = 0.0
    recent: float = 0.0

    def vector(self):
        return (
            1.0,
            self.portfolio,
            self.own,
            self.delay,
            self.overdue,
            self.recent,
        )


@dataclass(frozen=True)
class Facts:
    """The counts behind the features, for the sentence.

    :ivar late: weighted number of late items; ``known`` likewise of all items
    :ivar expected: late items that the portfolio would have had
    """

    count: int = 0
    late_count: int = 0
    known: float = 0.0
    late: float = 0.0
    expected: float = 0.0
    days: float = 0.0
    portfolio_share: float = 0.0
    portfolio_days: float = 0.0
    overdue: int = 0
    last_late: int = 0
    last_count: int = 0


def features(items, day, portfolio):
    """Features of one customer from its items, nothing later than ``day`` seen.

    :param items: of the customer, any order
    :param portfolio: Portfolio with the same tolerance
    :return: ``(Features, Facts)``
    """
    return features_of(Past(items, day), portfolio)


def features_of(past, portfolio):
    """:func:`features` of a :class:`~.behaviour.Past`"""
    day = past.day
    share = bounded(portfolio.late_share(day))
    level = logit(share)
    days_base = portfolio.days_late(day)
    overdue = len(past.overdue)
    overdue_term = math.log1p(overdue)
    base = {"portfolio_share": share, "portfolio_days": days_base, "overdue": overdue}
    known = sorted(past.known(portfolio.tolerance), key=itemgetter(0))[-DEPTH:]
    if not known:
        return Features(level, overdue=overdue_term), Facts(**base)
    weight = late = expected = days = 0.0
    late_count = 0
    usual_share = portfolio.usual_share
    for since, is_late, late_by, _amount in known:
        worth = _WORTH[day - since]
        weight += worth
        expected += worth * usual_share(since)
        days += worth * clipped(late_by)
        if is_late:
            late += worth
            late_count += 1
    usual = expected / weight
    own = logit(bounded((late + SHRINKAGE * usual) / (weight + SHRINKAGE), 0.005))
    own -= logit(usual)
    delay = (days + DELAY_SHRINKAGE * days_base) / (weight + DELAY_SHRINKAGE)
    likely = sigmoid(level + own)
    last = [is_late for _since, is_late, *_rest in known[-LAST:]]
    recent = (sum(last) + LAST_SHRINKAGE * likely) / (len(last) + LAST_SHRINKAGE)
    return (
        Features(level, own, (delay - days_base) / 10, overdue_term, recent - likely),
        Facts(
            count=len(known),
            late_count=late_count,
            known=weight,
            late=late,
            expected=expected,
            days=days / weight,
            last_late=sum(last),
            last_count=len(last),
            **base,
        ),
    )


@dataclass(frozen=True)
class Model:
    """Weights of the features, see NAMES.

    :ivar samples: items that the weights were learnt from, 0 for the prior ones
    """

    weights: tuple = PRIOR_WEIGHTS
    samples: int = 0

    def probability(self, found):
        """:rtype: float between 0 and 1"""
        return sigmoid(_dot(self.weights, found.vector()))

    def parts(self, found):
        """Part of each feature in the log-odds, by name."""
        terms = zip(NAMES, self.weights, found.vector(), strict=True)
        return {name: weight * value for name, weight, value in terms}


def risk_class(probability, borders=BORDERS):
    """Letter of a probability: A pays in time, E almost never."""
    return CLASSES[sum(probability >= border for border in borders)]


# --- learning ------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """An item of the past as it looked on its day of issue, and how it ended.

    :ivar age: days since it fell due, when the weights are learnt
    """

    vector: tuple
    late: bool
    age: int


def fit(samples):
    """Weights learnt from samples, held near PRIOR_WEIGHTS by a ridge.

    Newton's method on the penalised likelihood; the level is then moved to what the
    last weeks showed.

    :rtype: Model
    """
    if not samples:
        return Model()
    weights = _newton(samples)
    weights[0] += _level_shift(samples, weights)
    return Model(tuple(weights), len(samples))


def _newton(samples, rounds=20):
    size = len(NAMES)
    weights = list(PRIOR_WEIGHTS)
    for _round in range(rounds):
        gradient = [
            RIDGE * (prior - weight)
            for prior, weight in zip(PRIOR_WEIGHTS, weights, strict=True)
        ]
        hessian = [[RIDGE * (i == j) for j in range(size)] for i in range(size)]
        for sample in samples:
            vector = sample.vector
            likely = sigmoid(_dot(weights, vector))
            error, spread = sample.late - likely, likely * (1 - likely)
            for i in range(size):
                gradient[i] += error * vector[i]
                row, scaled = hessian[i], spread * vector[i]
                for j in range(i + 1):
                    row[j] += scaled * vector[j]
        step = _solve(hessian, gradient)
        weights = [weight + move for weight, move in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return weights


def _level_shift(samples, weights, rounds=8):
    """What to add to the constant so that recent items come out right."""
    pairs = [
        (2 ** (-s.age / LEVEL_MEMORY), s.late, _dot(weights, s.vector)) for s in samples
    ]
    shift = 0.0
    for _round in range(rounds):
        gradient, spread = -LEVEL_SHRINKAGE * shift, LEVEL_SHRINKAGE
        for worth, late, value in pairs:
            likely = sigmoid(value + shift)
            gradient += worth * (late - likely)
            spread += worth * likely * (1 - likely)
        shift += gradient / spread
    return shift


def _dot(left, right):
    return sum(a * b for a, b in zip(left, right, strict=True))


def _solve(lower, right):
    """Solve a positive definite system given by its lower half (Cholesky)."""
    size = len(right)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = lower[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
    half = []
    for i in range(size):
        half.append(
            (right[i] - sum(root[i][k] * half[k] for k in range(i))) / root[i][i]
        )
    found = [0.0] * size
    for i in reversed(range(size)):
        rest = half[i] - sum(root[k][i] * found[k] for k in range(i + 1, size))
        found[i] = rest / root[i][i]
    return found


# --- what would change it --------------------------------------------------------


def what_if(found, facts, model, timely=3):
    """Probability if the overdue items were paid, and after some timely payments.

    :return: ``(paid, timely)``; None where nothing would change
    """
    paid = None
    if facts.overdue:
        paid = model.probability(replace(found, overdue=0.0))
    if not facts.known:
        return paid, None
    usual = facts.expected / facts.known
    weight = facts.known + timely
    mixed = (facts.late + SHRINKAGE * usual) / (weight + SHRINKAGE)
    own = logit(bounded(mixed, 0.005)) - logit(usual)
    likely = sigmoid(found.portfolio + own)
    recent = LAST_SHRINKAGE * likely / (min(timely, LAST) + LAST_SHRINKAGE) - likely
    faster = facts.known / weight
    after = replace(
        found, own=own, recent=recent, delay=min(found.delay, found.delay * faster)
    )
    return paid, model.probability(after)
