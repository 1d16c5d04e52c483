# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What must hold of any claim, searched for counter-examples."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..legal.dates import add_months, add_years, next_semester, semester_start
from ..legal.interest import (
    ACT_365,
    ACT_ACT,
    CHARGE,
    CREDIT_NOTE,
    PAYMENT,
    Claim,
    InterestEngine,
    Movement,
    Policy,
)
from ..legal.prescription import EVENTS, Event, limitation
from ..legal.rates import reference_rates

RATES = reference_rates()
ONE = timedelta(days=1)
FIRST, LAST = date(2015, 1, 1), date(2026, 12, 31)
ENGINES = [
    InterestEngine(RATES, Policy(imputation, day_count, rounding))
    for imputation in ("principal", "interest")
    for day_count in (ACT_365, ACT_ACT)
    for rounding in ("segment", "once")
]

amounts = st.integers(0, 10**7)
engines = st.sampled_from(ENGINES)
# around the borders that matter, and anywhere
borders = st.builds(
    lambda year, border, days: date(year, *border) + days * ONE,
    st.integers(2015, 2026),
    st.sampled_from([(1, 1), (2, 28), (7, 1)]),
    st.integers(0, 1),
)
days = st.one_of(borders, st.dates(FIRST, LAST))
movements = st.lists(
    st.builds(Movement, days, st.sampled_from([CREDIT_NOTE, CHARGE, PAYMENT]), amounts),
    max_size=4,
).map(tuple)
suspensions = st.lists(
    st.tuples(days, days).map(lambda pair: tuple(sorted(pair))), max_size=2
).map(tuple)


@st.composite
def claims(draw):
    due = draw(days)
    kind = draw(st.sampled_from(["company", "public", "consumer"]))
    return Claim(
        kind,
        draw(amounts),
        due,
        draw(movements),
        draw(st.none() | st.integers(0, 500_000)),
        draw(st.none() | st.dates(due, LAST)) if kind == "consumer" else None,
        draw(st.none() | days),
        draw(suspensions),
    )


def searched(*strategies, examples=100):
    """The same examples at every run: a failure is one for everybody."""

    def decorate(test):
        chosen = settings(
            max_examples=examples, derandomize=True, database=None, deadline=None
        )
        return chosen(given(*strategies)(test))

    return decorate


def day_by_day(claim, until, business):
    """Exact interest, principal first, by the definition: one day after the other."""
    total = Fraction(0)
    day = claim.due + ONE
    while day <= until:
        base = claim.principal
        for moved, kind, amount in claim.movements:
            if kind != CHARGE and moved < day:
                base = max(0, base - amount)
        year = 365
        if business.policy.day_count == ACT_ACT:
            year = (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
        rate = claim.contractual_rate
        if rate is None:
            rate = RATES.refi.on(day) + 100_000
        if not any(first <= day <= last for first, last in claim.suspensions):
            total += Fraction(base * rate, 1_000_000 * year)
        day += ONE
    return total


@tagged("post_install", "-at_install")
class TestInterestProperties(BaseCase):
    @searched(claims(), engines, days, days)
    def test_two_periods_make_one(self, claim, engine, one, other):
        middle, end = sorted((one, other))
        parts = [
            engine.total(claim, middle).interest,
            engine.total(claim, end, middle + ONE).interest,
        ]
        self.assertEqual(sum(parts), engine.total(claim, end).interest)

    @searched(claims(), engines, days, days, days)
    def test_a_split_of_a_period(self, claim, engine, one, two, three):
        first, middle, end = sorted((one, two, three))
        whole = engine.total(claim, end, first).interest
        before = engine.total(claim, middle, first).interest
        after = engine.total(claim, end, middle + ONE).interest
        self.assertEqual(before + after, whole)

    @searched(claims(), engines, days)
    def test_time_only_adds(self, claim, engine, day):
        day = min(day, LAST - ONE)
        today, tomorrow = engine.total(claim, day), engine.total(claim, day + ONE)
        self.assertLessEqual(today.accrued, tomorrow.accrued)
        self.assertGreaterEqual(today.principal_left, tomorrow.principal_left)

    @searched(claims(), engines, days, amounts)
    def test_a_larger_debt_bears_no_less(self, claim, engine, day, more):
        larger = claim._replace(principal=claim.principal + more)
        # a segment that a movement cuts rounds anew: a cent for each at most
        slack = len(claim.movements)
        self.assertLessEqual(
            engine.total(claim, day).accrued, engine.total(larger, day).accrued + slack
        )

    @searched(claims(), engines, days, st.integers(0, 500_000), st.integers(0, 9999))
    def test_a_higher_rate_bears_no_less(self, claim, engine, day, rate, more):
        claim = claim._replace(kind="company", notice=None, contractual_rate=rate)
        higher = claim._replace(contractual_rate=rate + more)
        slack = len(claim.movements)
        self.assertLessEqual(
            engine.total(claim, day).accrued, engine.total(higher, day).accrued + slack
        )

    @searched(claims(), engines, days)
    def test_never_negative_and_nothing_lost(self, claim, engine, day):
        totals, segments, imputations = engine.statement(claim, day)
        self.assertTrue(all(value >= 0 for value in (*totals, totals.interest_left)))
        moved = sum(line.amount for line in imputations)
        to_principal = sum(line.to_principal for line in imputations)
        to_interest = sum(line.to_interest for line in imputations)
        self.assertEqual(claim.principal, totals.principal_left + to_principal)
        self.assertEqual(to_interest, totals.interest_paid + totals.interest_charged)
        left_over = totals.surplus + totals.overcharged
        self.assertEqual(moved, to_principal + to_interest + left_over)
        self.assertEqual(sum(one.amount for one in segments), totals.interest)

    @searched(claims(), st.sampled_from(ENGINES), days, days)
    def test_interest_stops_once_all_is_paid(self, claim, engine, one, other):
        """The invoice paid in full, and charged what accrued, in two times or one."""
        middle, end = sorted((one, other))
        left, paid = claim.principal, []
        for move in claim.movements:
            kind = PAYMENT if move.kind == CHARGE else move.kind
            amount = min(move.amount, left)
            paid.append(Movement(min(move.day, end), kind, amount))
            left -= amount
        claim = claim._replace(movements=(*paid, Movement(end, PAYMENT, left)))
        for day in (middle, end):
            charged = sum(one.amount for one in claim.movements if one.kind == CHARGE)
            amount = engine.total(claim, day).accrued - charged
            charge = Movement(day, CHARGE, amount)
            claim = claim._replace(movements=(*claim.movements, charge))
        found = engine.total(claim, LAST)
        self.assertEqual((found.principal_left, found.interest_left), (0, 0))
        self.assertEqual(found.accrued, engine.total(claim, end).accrued)
        self.assertEqual((found.overcharged, found.surplus), (0, 0))

    @searched(claims(), engines, days, st.randoms(use_true_random=False))
    def test_order_of_movements(self, claim, engine, day, random):
        # all on two days, so that the order within one is put to the test
        cut = [
            one._replace(day=claim.due + (index % 2) * 40 * ONE)
            for index, one in enumerate(claim.movements)
        ]
        shuffled = random.sample(cut, len(cut))
        found = [
            engine.statement(claim._replace(movements=tuple(moves)), day)
            for moves in (cut, shuffled)
        ]
        self.assertEqual(*found)

    @searched(claims(), engines, days, days, days, amounts)
    def test_paying_later_costs_no_less(self, claim, engine, day, one, other, amount):
        sooner, later = sorted((one, other))
        claim = claim._replace(movements=())
        found = [
            engine.total(
                claim._replace(movements=(Movement(when, PAYMENT, amount),)), day
            )
            for when in (sooner, later)
        ]
        self.assertLessEqual(found[0].accrued, found[1].accrued + 1)

    @searched(claims(), engines, days, days)
    def test_segments(self, claim, engine, day, since):
        segments = engine.statement(claim, day, min(day, since)).segments
        for before, after in zip(segments, segments[1:], strict=False):
            self.assertLess(before.last, after.first)
        for one in segments:
            self.assertEqual(one.days, (one.last - one.first).days + 1)
            self.assertGreater(one.days, 0)
            self.assertGreaterEqual(one.first, claim.due + ONE)
            self.assertLessEqual(one.last, day)
            if claim.kind != "public" and claim.contractual_rate is None:
                self.assertLess(one.last, next_semester(one.first))

    @searched(claims(), st.sampled_from(ENGINES[::2]), days)
    def test_a_segment_is_its_own_formula(self, claim, engine, day):
        for one in engine.statement(claim, day).segments:
            exact = Fraction(one.base * one.rate * one.days, 1_000_000 * one.year)
            self.assertEqual(one.amount, int(exact + Fraction(1, 2)))

    @searched(claims(), st.sampled_from(ENGINES[:4]), days, examples=60)
    def test_against_the_definition(self, claim, engine, day):
        due = max(claim.due, date(2021, 1, 1))
        claim = claim._replace(kind="company", notice=None, judgment=None, due=due)
        exact = day_by_day(claim, day, engine)
        totals, segments, _lines = engine.statement(claim, day)
        if engine.policy.rounding == "once":
            self.assertEqual(totals.accrued, int(exact + Fraction(1, 2)))
        else:
            slack = Fraction(len(segments), 2)
            self.assertLessEqual(abs(totals.accrued - exact), slack)

    @searched(claims(), engines, st.integers(2015, 2026), st.sampled_from([1, 7]))
    def test_borders_of_half_years(self, claim, engine, year, month):
        """The day before a border bears the old rate, the border itself the new."""
        border = date(year, month, 1)
        claim = Claim("company", claim.principal + 1, border - 2 * ONE)
        segments = engine.statement(claim, border).segments
        for one, day in zip(segments, (border - ONE, border), strict=True):
            self.assertEqual((one.first, one.last), (day, day))
            self.assertEqual(one.rate, RATES.refi.on(day) + 100_000)

    @searched(claims(), engines)
    def test_borders_of_the_due_date(self, claim, engine):
        claim = claim._replace(
            movements=(), due=min(claim.due, LAST - ONE), notice=None
        )
        on_time, late = (engine.total(claim, claim.due + days * ONE) for days in (0, 1))
        self.assertEqual((on_time.accrued, on_time.late), (0, False))
        self.assertEqual(late.late, claim.principal > 0)
        paid = claim._replace(
            movements=(Movement(claim.due, PAYMENT, claim.principal),)
        )
        self.assertEqual(engine.total(paid, LAST).accrued, 0)

    @searched(claims(), engines, days)
    def test_many_at_once(self, claim, engine, day):
        self.assertEqual(engine.totals([claim], day), [engine.total(claim, day)])


events = st.lists(
    st.builds(
        lambda kind, day, length, void: Event(
            kind, day, None if length is None else day + length * ONE, void
        ),
        st.sampled_from(EVENTS),
        days,
        st.none() | st.integers(0, 900),
        st.booleans(),
    ),
    max_size=5,
).map(tuple)
kinds = st.sampled_from(["company", "public", "consumer"])


@tagged("post_install", "-at_install")
class TestPrescriptionProperties(BaseCase):
    @searched(kinds, days, st.none() | days, events, st.booleans())
    def test_an_event_never_shortens(self, kind, performed, due, moved, clause):
        values = {"performed": performed, "due": due, "notice_clause": clause}
        found = limitation(kind, events=moved, **values)
        bare = limitation(kind, **values)
        if found.last_day is not None:
            self.assertGreaterEqual(found.last_day, bare.last_day)
        known = [one.last_day or date.max for one in found.steps]
        self.assertEqual(known, sorted(set(known)), "each step moves it on")
        self.assertEqual(found.steps[-1].last_day, found.last_day)
        self.assertEqual(len(found.steps) - 1 + len(found.ignored), len(moved))

    @searched(kinds, days, events, st.randoms(use_true_random=False))
    def test_order_of_events(self, kind, performed, moved, random):
        shuffled = random.sample(moved, len(moved))
        self.assertEqual(
            limitation(kind, performed=performed, events=moved).last_day,
            limitation(kind, performed=performed, events=shuffled).last_day,
        )

    @searched(kinds, days)
    def test_borders_of_an_interruption(self, kind, performed):
        last = limitation(kind, performed=performed).last_day
        in_time, late = (
            limitation(
                kind,
                performed=performed,
                events=[Event("part_payment", last + add * ONE)],
            ).last_day
            for add in (0, 1)
        )
        self.assertGreater(in_time, last)
        self.assertEqual(late, last)


@tagged("post_install", "-at_install")
class TestDateProperties(BaseCase):
    @searched(days, st.integers(-240, 240))
    def test_months(self, day, months):
        found = add_months(day, months)
        reached = (found.year - day.year) * 12 + found.month - day.month
        self.assertEqual(reached, months)
        if found.day != day.day:
            self.assertEqual((found + ONE).day, 1, "the last day of a shorter month")

    @searched(days)
    def test_half_years(self, day):
        self.assertLessEqual(semester_start(day), day)
        self.assertLess(day, next_semester(day))
        self.assertEqual(
            next_semester(next_semester(day)), add_years(semester_start(day), 1)
        )
