"""How good is the score? Replay a history by day, without looking ahead.

For each of the last four quarters the weights are learnt from what was known on its
first day; each invoice of the quarter is predicted from what was known on the day it
was issued, and compared with what came. Beside it: the portfolio's average, the
customer's raw late share and, when scikit-learn is installed, a logistic regression
and a gradient boosting on the same facts.

Arguments::

    --invoices FILE.csv   any invoice history (layouts of bin/demo); default: a made-up
                          one, which shows that the programs work, nothing more
    --dates dmy|mdy       how the file writes its days, if unclear
    --tolerance N         days past due that still count as on time, default 0
"""

import argparse
import random
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

from tools.analytics import analytics
from tools.base import Missing

history_files = analytics("history")
behaviour = analytics("behaviour")
measure = analytics("measure")
replay = analytics("replay")

TARGETS = {"auc": (0.87, False), "brier": (0.135, True), "ece": (0.06, True)}
NAMES = {"auc": "AUC", "brier": "Brier", "ece": "calibration error"}
CHECKED = 60


def run(context):
    options = _options(context.arguments)
    history = replay.History(_items(options), options.tolerance)
    spans = replay.quarters(history.latest)
    parts = [history.predictions(*span) for span in spans]
    if not all(parts):
        raise Missing("the history is too short: four quarters with invoices wanted")
    everything = [prediction for part in parts for prediction in part]
    context.figure("invoices predicted", len(everything))
    context.figure("late", sum(p.late for p in everything) / len(everything))
    _report(context, "score", [replay.quality(part) for part in parts], options)
    for name, value in (("average", "average"), ("raw late share", "raw")):
        _report(context, name, [replay.quality(part, value) for part in parts])
    context.figure(
        "days late, mean absolute error", replay.days_error(everything), "days"
    )
    plain = [replace(prediction, expected_days=0) for prediction in everything]
    context.figure("the same, paid on the due date", replay.days_error(plain), "days")
    context.figure("facts that the future changes", _changed(history, spans), target=0)
    _compare_with_learners(context, history, spans)
    _print_deciles(everything)


def _options(arguments):
    parser = argparse.ArgumentParser("bin/bench score")
    parser.add_argument("--invoices", type=Path)
    parser.add_argument("--dates", choices=("dmy", "mdy"))
    parser.add_argument("--tolerance", type=int, default=0)
    return parser.parse_args(arguments)


def _items(options):
    """``{customer: [Item]}``; credit notes say nothing about payments."""
    if not options.invoices:
        return made_up()
    try:
        invoices = history_files.read_history(options.invoices, options.dates).invoices
    except history_files.HistoryError as error:
        raise Missing(f"{options.invoices}: {error}") from error
    items = defaultdict(list)
    for invoice in invoices:
        if invoice.amount > 0:
            items[invoice.customer].append(
                behaviour.Item(
                    invoice.date.toordinal(),
                    invoice.due_date.toordinal(),
                    invoice.paid_date and invoice.paid_date.toordinal(),
                    float(invoice.amount),
                )
            )
    if not items:
        raise Missing(f"{options.invoices}: no invoice to predict")
    return items


def made_up(customers=120, seed=1):
    """Customers with habits of their own, two years of invoices."""
    draw = random.Random(seed)  # noqa: S311
    start = date(2024, 1, 2).toordinal()
    items = {}
    for customer in range(customers):
        usual, spread = draw.gauss(0, 10), draw.uniform(2, 12)
        issued = start + draw.randrange(30)
        own = items[f"customer {customer}"] = []
        while issued < start + 730:
            due = issued + 30
            paid = max(issued, due + round(draw.gauss(usual, spread)))
            own.append(behaviour.Item(issued, due, paid, draw.uniform(50, 5_000)))
            issued += draw.randrange(5, 60)
    return items


def _report(context, name, found, options=None):
    """Means over the quarters; targets are those of lateness of any length."""
    strict = options and options.invoices and not options.tolerance
    for key, label in NAMES.items():
        values = [figures[key] for figures in found if figures[key] is not None]
        target, at_most = TARGETS[key] if strict else (None, True)
        mean = sum(values) / len(values)
        context.figure(f"{label}: {name}", mean, target=target, at_most=at_most)


def _changed(history, spans):
    """Facts of random invoices that move when the future is erased: none may."""
    wanted = [
        (item, customer)
        for item, customer in history.items
        if spans[0][0] <= item.issued < spans[-1][1]
    ]
    draw = random.Random(2)  # noqa: S311
    chosen = draw.sample(wanted, min(CHECKED, len(wanted)))
    return sum(
        history.known_on(item.issued).features_of(customer, item.issued)
        != history.features_of(customer, item.issued)
        for item, customer in chosen
    )


def _compare_with_learners(context, history, spans):
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        print("scikit-learn is not installed: no comparison with its models")
        return
    learners = {
        "logistic regression": LogisticRegression,
        "gradient boosting": HistGradientBoostingClassifier,
    }
    for name, learner in learners.items():
        found = [_learnt(history, span, learner()) for span in spans]
        _report(context, name, [replay.quality(part) for part in found])


def _learnt(history, span, learner):
    samples = history.samples(span[0])
    learner.fit([s.vector for s in samples], [s.late for s in samples])
    return history.predictions(*span, model=Learnt(learner))


class Learnt:
    """A fitted classifier in the place of the model."""

    def __init__(self, learner):
        self.learner = learner

    def probability(self, found):
        return self.learner.predict_proba([found.vector()])[0][1]


def _print_deciles(everything):
    told = [prediction.score for prediction in everything]
    print(f"\n{'tenth':>5}  {'invoices':>8}  {'predicted':>9}  {'late':>6}")
    found = measure.deciles(told, [prediction.late for prediction in everything])
    for rank, (count, predicted, seen) in enumerate(found, start=1):
        print(f"{rank:>5}  {count:>8}  {predicted:>9.1%}  {seen:>6.1%}")
    print()
