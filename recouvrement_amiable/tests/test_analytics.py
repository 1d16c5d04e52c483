# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Payment behaviour and score in plain Python, by hand-computed cases."""

import math
import random
from datetime import date

from odoo.tests import BaseCase, tagged

from ..analytics import measure
from ..analytics.behaviour import Item, behaviour
from ..analytics.expected import habit, quantiles
from ..analytics.portfolio import Portfolio
from ..analytics.replay import History, quality, quarters
from ..analytics.score import (
    PRIOR_WEIGHTS,
    Features,
    Model,
    Sample,
    features,
    fit,
    logit,
    risk_class,
)

DAY = date(2026, 3, 17).toordinal()


def item(due, paid=None, amount=100.0, issued=None):
    """An item due so many days before DAY, paid so many days after its due date."""
    due = DAY - due
    issued = due - 30 if issued is None else issued
    return Item(issued, due, None if paid is None else due + paid, amount)


@tagged("post_install", "-at_install")
class TestBehaviour(BaseCase):
    def test_by_hand(self):
        items = [
            item(100, paid=0),
            item(90, paid=10, amount=300),
            item(60, paid=-5),
            item(20),  # unpaid for 20 days
            item(-10),  # not due: says nothing
        ]
        found = behaviour(items, DAY)
        self.assertEqual((found.known, found.late), (4, 2))
        self.assertEqual(found.late_share, 0.5)
        self.assertAlmostEqual(found.late_amount_share, 400 / 600)
        self.assertEqual(found.mean_days, (0 + 10 - 5 + 20) / 4)
        self.assertEqual(found.median_days, 5)
        self.assertAlmostEqual(found.weighted_days, (3000 - 500 + 2000) / 600)
        self.assertEqual((found.overdue, found.overdue_amount), (1, 100))
        self.assertIsNone(found.before_share)

    def test_who_never_paid_does_not_look_good(self):
        found = behaviour([item(days) for days in (200, 150, 100)], DAY)
        self.assertEqual(found.late_share, 1)
        self.assertEqual(found.mean_days, 150)

    def test_tolerance_and_borders(self):
        self.assertEqual(behaviour([item(50, paid=5)], DAY, 5).late, 0)
        self.assertEqual(behaviour([item(50, paid=6)], DAY, 5).late, 1)
        self.assertEqual(behaviour([item(0)], DAY).known, 0, "due today: not late")
        self.assertEqual(behaviour([item(1)], DAY).late, 1, "due yesterday: late")
        self.assertEqual(behaviour([item(5)], DAY, 5).known, 0)

    def test_a_payment_of_today_is_known_tomorrow(self):
        paid_today = Item(DAY - 30, DAY, DAY)
        self.assertEqual(behaviour([paid_today], DAY).known, 0)
        self.assertEqual(behaviour([paid_today], DAY + 1).known, 1)

    def test_trend(self):
        items = [item(500, paid=9), item(400, paid=9), item(100, paid=0)]
        found = behaviour(items, DAY)
        self.assertEqual((found.before_share, found.recent_share), (1, 0))

    def test_nothing(self):
        self.assertEqual(behaviour([], DAY).late_share, 0)


@tagged("post_install", "-at_install")
class TestScore(BaseCase):
    def portfolio(self, late=30, items=100):
        """Nothing but one old period: a constant late share."""
        portfolio = Portfolio(0)
        portfolio.add((DAY - 31) // 30, items=items, late=late)
        return portfolio

    def test_no_history_is_the_portfolio(self):
        found, facts = features([], DAY, self.portfolio())
        self.assertEqual(facts.count, 0)
        share = facts.portfolio_share
        self.assertEqual(found, Features(logit(share)))
        self.assertAlmostEqual(Model().probability(found), share)

    def test_little_history_is_pulled_to_the_portfolio(self):
        """Ten late items weigh more than one, and neither makes a certainty."""
        told = []
        for count in (0, 1, 10):
            items = [item(40 + n, paid=8) for n in range(count)]
            told.append(Model().probability(features(items, DAY, self.portfolio())[0]))
        self.assertLess(told[0], told[1])
        self.assertLess(told[1], told[2])
        self.assertLess(told[2], 1)

    def test_recent_items_weigh_more(self):
        def told(old, new):
            items = [item(1500 + n, paid=old) for n in range(8)]
            items += [item(60 + n, paid=new) for n in range(8)]
            return Model().probability(features(items, DAY, self.portfolio())[0])

        self.assertGreater(told(0, 20), told(20, 0))

    def test_overdue_now_counts(self):
        items = [item(200 + n, paid=0) for n in range(6)]
        calm = Model().probability(features(items, DAY, self.portfolio())[0])
        items.append(item(10))
        known = features(items, DAY, self.portfolio())
        self.assertGreater(Model().probability(known[0]), calm)
        self.assertEqual(known[1].overdue, 1)

    def test_parts_add_up(self):
        items = [item(60, paid=9), item(40), item(300, paid=-4)]
        found, _facts = features(items, DAY, self.portfolio())
        model = Model()
        total = sum(model.parts(found).values())
        self.assertAlmostEqual(logit(model.probability(found)), total)

    def test_classes(self):
        told = [risk_class(p) for p in (0, 0.0999, 0.1, 0.25, 0.5, 0.75, 1)]
        self.assertEqual("".join(told), "AABCDEE")

    def test_learns_what_the_past_says(self):
        """Weights move to the data, and back to the prior ones without any."""
        self.assertEqual(fit([]).weights, PRIOR_WEIGHTS)
        draw = random.Random(3)
        samples = []
        for _n in range(4000):
            own = draw.gauss(0, 1.5)
            vector = (1.0, -0.5, own, 0.0, 0.0, 0.0)
            likely = 1 / (1 + math.exp(-(0.4 - 0.5 + 2 * own)))
            samples.append(Sample(vector, draw.random() < likely, draw.randrange(700)))
        model = fit(samples)
        self.assertAlmostEqual(model.weights[2], 2, delta=0.2)
        self.assertAlmostEqual(model.weights[3], PRIOR_WEIGHTS[3])
        self.assertEqual(model.samples, 4000)

    def test_all_late_or_none_is_no_error(self):
        for late in (True, False):
            samples = [Sample((1.0, 0.0, 1.0, 0.5, 0.0, 0.0), late, 10)] * 30
            self.assertTrue(all(map(math.isfinite, fit(samples).weights)))


@tagged("post_install", "-at_install")
class TestReplay(BaseCase):
    def history(self, tolerance=0):
        draw = random.Random(5)
        customers = {}
        for customer in range(25):
            usual = draw.gauss(2, 9)
            customers[customer] = [
                item(due, max(-30, round(draw.gauss(usual, 6))))
                if due > 40 or draw.random() < 0.5
                else item(due)
                for due in range(-20, 700, draw.randrange(12, 40))
            ]
        return History(customers, tolerance)

    def test_the_future_changes_nothing(self):
        for tolerance in (0, 5):
            history = self.history(tolerance)
            for what, customer in random.Random(6).sample(history.items, 60):
                day = what.issued
                self.assertEqual(
                    history.known_on(day).features_of(customer, day),
                    history.features_of(customer, day),
                )

    def test_better_than_the_baselines(self):
        history = self.history()
        span = quarters(history.latest)[1]
        predictions = history.predictions(*span)
        score, average = quality(predictions), quality(predictions, "average")
        self.assertGreater(score["auc"], 0.65)
        self.assertLess(score["brier"], average["brier"])
        self.assertEqual(average["auc"], 0.5)

    def test_quarters(self):
        spans = quarters(date(2026, 2, 10).toordinal(), 2)
        found = [tuple(map(date.fromordinal, span)) for span in spans]
        self.assertEqual(
            found,
            [
                (date(2025, 10, 1), date(2026, 1, 1)),
                (date(2026, 1, 1), date(2026, 4, 1)),
            ],
        )

    def test_measures_by_hand(self):
        told, late = [0.1, 0.4, 0.4, 0.9], [False, False, True, True]
        self.assertEqual(measure.auc(told, late), (2 + 1.5) / 4)
        self.assertAlmostEqual(
            measure.brier(told, late), (0.01 + 0.16 + 0.36 + 0.01) / 4
        )
        self.assertIsNone(measure.auc([0.5, 0.6], [True, True]))
        self.assertAlmostEqual(measure.calibration_error(told, late, bins=1), 0.05)
        self.assertEqual(measure.recall_of_worst(told, late, 0.25), 0.5)


@tagged("post_install", "-at_install")
class TestExpected(BaseCase):
    def test_median_not_mean(self):
        items = [item(300, paid=late) for late in (1, 2, 2, 3, 90)] * 4
        self.assertEqual(habit(items, DAY, quantiles([2])).median, 2)

    def test_no_history_is_the_portfolio(self):
        usual = quantiles(range(-5, 16))
        found = habit([], DAY, usual)
        self.assertEqual(found.median, 5)
        low, likely, high = found.expected(DAY + 10, DAY)
        self.assertLessEqual(low, likely)
        self.assertLessEqual(likely, high)

    def test_payment_runs(self):
        """Pays on the 10th and on the last day of the month."""
        runs = [
            Item(day - 40, day - 3, day)
            for day in (
                date(2025, month, number).toordinal()
                for month, last in ((5, 31), (6, 30), (7, 31), (9, 30), (10, 31))
                for number in (10, last)
            )
        ]
        found = habit(runs, DAY, quantiles([3]))
        self.assertEqual(found.month_days, (10, 31))
        due = date(2026, 4, 2).toordinal()
        self.assertEqual(
            date.fromordinal(found.expected(due, DAY)[1]), date(2026, 4, 10)
        )

    def test_week_day(self):
        friday = date(2025, 11, 7).toordinal()
        runs = [Item(d - 30, d - 2, d) for d in range(friday, friday + 98, 14)]
        found = habit(runs, DAY, quantiles([2]))
        self.assertEqual(found.week_day, 4)
        expected = date.fromordinal(found.expected(DAY + 20, DAY)[1])
        self.assertEqual(expected.weekday(), 4)

    def test_long_overdue_is_expected_soon_not_in_the_past(self):
        found = habit([item(300, paid=2)] * 5, DAY, quantiles([2]))
        low, likely, high = found.expected(DAY - 90, DAY)
        self.assertGreaterEqual(low, DAY)
        self.assertTrue(DAY < likely <= DAY + 7)
        self.assertGreaterEqual(high, likely)
