# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How good were predicted probabilities? Plain definitions, no library.

``predicted`` are probabilities and ``late`` booleans, in the same order.
"""

BINS = 10


def auc(predicted, late):
    """Chance that a late item was ranked above a timely one; ties count half.

    Mann and Whitney's statistic. None when all items ended alike.
    """
    ranked = sorted(zip(predicted, late, strict=True), key=lambda pair: pair[0])
    lates = sum(late)
    others = len(ranked) - lates
    if not (lates and others):
        return None
    total, start = 0.0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        middle = (start + end + 1) / 2
        total += middle * sum(is_late for _value, is_late in ranked[start:end])
        start = end
    return (total - lates * (lates + 1) / 2) / (lates * others)


def brier(predicted, late):
    """Mean of the squared error: 0 is perfect, a constant share scores its variance."""
    pairs = zip(predicted, late, strict=True)
    return sum((value - is_late) ** 2 for value, is_late in pairs) / len(late)


def deciles(predicted, late, bins=BINS):
    """Predicted and observed shares in bins of equal count, lowest first.

    :return: list of ``(count, predicted, observed)``
    """
    ranked = sorted(zip(predicted, late, strict=True), key=lambda pair: pair[0])
    size = len(ranked)
    groups = (ranked[n * size // bins : (n + 1) * size // bins] for n in range(bins))
    return [
        (
            len(group),
            sum(value for value, _late in group) / len(group),
            sum(is_late for _value, is_late in group) / len(group),
        )
        for group in groups
        if group
    ]


def calibration_error(predicted, late, bins=BINS):
    """Mean distance between predicted and observed share over the bins."""
    found = deciles(predicted, late, bins)
    return sum(n * abs(told - seen) for n, told, seen in found) / len(late)


def recall_of_worst(predicted, late, share=0.2):
    """Share of the late items that the worst predicted fifth contains."""
    ranked = sorted(zip(predicted, late, strict=True), key=lambda pair: -pair[0])
    kept = ranked[: round(len(ranked) * share)]
    lates = sum(late)
    return sum(is_late for _value, is_late in kept) / lates if lates else None


def mean_absolute(errors):
    errors = list(errors)
    return sum(map(abs, errors)) / len(errors) if errors else None
