# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Until when a debt can be claimed in court, and what moved that day.

The period starts when the work was done or the goods delivered (Cass. com. 26 February
2020, n° 18-25.036), not with the invoice; a debt with a term does not prescribe before
it (C. civ. 2233). Two clocks are kept, one from each, and the earlier one alerts.
Periods count in whole days, the first not counted, and end with their last day (C.
civ. 2228, 2229): a Sunday changes nothing.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from .dates import add_days, add_months, add_years, check_day, check_period
from .errors import NoStart, UnknownEvent
from .parameters import COMPANY
from .sectors import DUE, GENERAL, PERFORMANCE, UNKNOWN, rule_of

ACKNOWLEDGMENT = "acknowledgment"
PART_PAYMENT = "part_payment"
COURT_CLAIM = "court_claim"
ENFORCEMENT = "enforcement"
INSOLVENCY_DECLARATION = "insolvency_declaration"
FORMAL_NOTICE = "formal_notice"
WRITTEN_CLAIM = "written_claim"
MEDIATION = "mediation"
SMALL_CLAIMS = "small_claims"

# What each does to the period, and why.
_INTERRUPTIONS = {
    ACKNOWLEDGMENT: "C. civ. 2240, 2231",
    PART_PAYMENT: "C. civ. 2240, 2231",
    COURT_CLAIM: "C. civ. 2241, 2242",
    ENFORCEMENT: "C. civ. 2244",
    INSOLVENCY_DECLARATION: "C. com. L622-25-1",
}
_SUSPENSIONS = {
    MEDIATION: "C. civ. 2238",
    SMALL_CLAIMS: "C. civ. 2238, CPCE L125-1",
}
_LETTERS = (FORMAL_NOTICE, WRITTEN_CLAIM)
EVENTS = (*_INTERRUPTIONS, *_LETTERS, *_SUSPENSIONS)
# Interruptions that last until a procedure ends.
_LASTING = (COURT_CLAIM, INSOLVENCY_DECLARATION)
# Those that stop a lapse too, and that no number of years can wear out.
_BEFORE_COURT = (COURT_CLAIM, ENFORCEMENT, INSOLVENCY_DECLARATION)
_PUBLIC_ARTICLE = "loi 68-1250 art. 2"
_LONGEST_YEARS = 20
_LEFT_MONTHS = 6

# Why an event moved nothing.
NOT_INTERRUPTIVE = "not_interruptive"
VOID = "void"
TOO_LATE = "too_late"
NO_EFFECT = "no_effect"


class Event(NamedTuple):
    """Something that may move the last day.

    :ivar str kind: one of ``EVENTS``
    :ivar date day:
    :ivar date until: end of the court case, of the insolvency, of the mediation; None
        while it lasts
    :ivar bool void: a court claim withdrawn, lapsed or dismissed (C. civ. 2243)
    """

    kind: str
    day: date
    until: date | None = None
    void: bool = False


class Step(NamedTuple):
    """The start, or an event that moved the last day.

    :ivar str event: ``performance``, ``due``, or one of ``EVENTS``
    :ivar date day:
    :ivar str article:
    :ivar date last_day: from then on; None while the period does not run
    """

    event: str
    day: date
    article: str
    last_day: date | None


class Ignored(NamedTuple):
    """An event that moved nothing.

    :ivar str reason: ``not_interruptive``, ``void``, ``too_late``, ``no_effect``
    """

    event: str
    day: date
    reason: str


class Limitation(NamedTuple):
    """
    :ivar date last_day: last day to act, of the clock that ends first; None while
        proceedings or a mediation keep it from running
    :ivar str basis: ``performance`` or ``due``: where that clock started
    :ivar int years: of the period
    :ivar str article:
    :ivar bool assumed: the sector is unknown, and its period the shortest there is
    :ivar tuple steps: the start, then what moved the last day
    :ivar tuple ignored: events that did not
    :ivar date other_last_day: of the other clock, None when there is none
    """

    last_day: date | None
    basis: str
    years: int
    article: str
    assumed: bool
    steps: tuple
    ignored: tuple
    other_last_day: date | None

    def is_prescribed(self, day):
        """Whether it is too late on a day."""
        return self.last_day is not None and day > self.last_day


def limitation(
    kind,
    performed=None,
    due=None,
    sector=GENERAL,
    events=(),
    contract_years=None,
    notice_clause=False,
    payment_counts=True,
):
    """Last day to claim a debt in court.

    :param str kind: of debtor
    :param date performed: end of the work, or delivery; one of the two days is enough
    :param date due:
    :param str sector: see :func:`sectors.rule_of`
    :param events: of type :class:`Event`, in any order
    :param int contract_years: duration agreed with a company
    :param bool notice_clause: the contract with a company says that a formal notice
        interrupts (C. civ. 2254); ignored for any other debtor
    :param bool payment_counts: a part payment acknowledges the debt, as courts say
        and no text does; for a public body the law says so
    :rtype: Limitation
    :raises NotInForce: a start before the periods of today, of 2008
    :raises NoStart, UnknownSector, ContractualYears, UnknownEvent, DateOutOfRange,
        BadPeriod, BadSetting:

    >>> limitation("company", performed=date(2021, 11, 30)).last_day
    datetime.date(2026, 11, 30)
    """
    rule = rule_of(kind, sector, contract_years)
    for event in events:
        _check_event(event)
    articles = _articles(kind, rule, notice_clause, payment_counts)
    clocks = [
        _Clock(rule, basis, day, articles)
        for basis, day in _starts(rule, performed, due)
    ]
    for event in sorted(events, key=lambda event: (event.day, event.kind)):
        for clock in clocks:
            clock.take(event)
    first, *others = sorted(clocks, key=lambda clock: clock.last_day or date.max)
    return Limitation(
        first.last_day,
        first.basis,
        first.period.value,
        first.period.article,
        sector == UNKNOWN and contract_years is None,
        tuple(first.steps),
        tuple(first.ignored),
        others[0].last_day if others else None,
    )


def _check_event(event):
    if event.kind not in EVENTS:
        raise UnknownEvent(event=event.kind)
    check_period(event.day, event.until)


def _starts(rule, performed, due):
    days = {PERFORMANCE: performed, DUE: due}
    known = {basis: check_day(day) for basis, day in days.items() if day is not None}
    if not known:
        raise NoStart()
    wanted = [(basis, day) for basis, day in known.items() if basis in rule.starts]
    # the day that is known alerts better than none
    return wanted or list(known.items())


def _articles(kind, rule, notice_clause, payment_counts):
    """By which article each kind of event moves the last day; the others do not."""
    if rule.calendar:
        # whether a mediation suspends here was not established: an early alert does
        # no harm
        return dict.fromkeys((*_INTERRUPTIONS, *_LETTERS), _PUBLIC_ARTICLE)
    if rule.lapse:
        return {event: _INTERRUPTIONS[event] for event in _BEFORE_COURT}
    articles = {**_INTERRUPTIONS, **_SUSPENSIONS}
    if not payment_counts:
        del articles[PART_PAYMENT]
    if notice_clause and kind == COMPANY:
        articles[FORMAL_NOTICE] = "C. civ. 2254"
    return articles


@dataclass
class _Clock:
    """One period, from one start."""

    rule: object
    basis: str
    start: date
    articles: dict
    period: object = None
    last_day: date | None = None
    running_from: date | None = None
    steps: list = field(default_factory=list)
    ignored: list = field(default_factory=list)

    def __post_init__(self):
        self.period = self.rule.period.on(self.start)
        self.last_day = self._period_from(self.start)
        self.running_from = self.start
        self.steps.append(
            Step(self.basis, self.start, self.period.article, self.last_day)
        )

    def _period_from(self, day):
        if self.rule.calendar:
            return date(day.year + self.period.value, 12, 31)
        return add_years(day, self.period.value)

    def take(self, event):
        """Move the last day, or say why not."""
        article = self.articles.get(event.kind)
        if event.void:
            self._ignore(event, VOID)
        elif article is None:
            self._ignore(event, NOT_INTERRUPTIVE)
        elif self.last_day is None:
            self._ignore(event, NO_EFFECT)
        elif event.day > self.last_day:
            self._ignore(event, TOO_LATE)
        else:
            self._move(event, article)

    def _move(self, event, article):
        if event.kind in _SUSPENSIONS:
            moved, resumed = self._suspended(event)
        else:
            moved, resumed = self._interrupted(event)
        if moved is not None and moved <= self.last_day:
            self._ignore(event, NO_EFFECT)
            return
        self.last_day = moved
        self.running_from = resumed
        self.steps.append(Step(event.kind, event.day, article, moved))

    def _interrupted(self, event):
        """A new period as long as the first (C. civ. 2231), and where it starts."""
        resumed = event.day
        if event.kind in _LASTING:
            resumed = event.until
            if resumed is None:
                return None, None
        return self._capped(event, self._period_from(resumed)), resumed

    def _suspended(self, event):
        """The period stands still, then has six months left or more (C. civ. 2238)."""
        if event.until is None:
            return None, None
        resumed = max(event.until, self.running_from)
        still = (resumed - max(event.day, self.running_from)).days
        moved = max(
            add_days(self.last_day, still), add_months(event.until, _LEFT_MONTHS)
        )
        return self._capped(event, moved), resumed

    def _capped(self, event, moved):
        """Twenty years at most, save by acts before a court (C. civ. 2232)."""
        if event.kind in _BEFORE_COURT or self.rule.calendar:
            return moved
        return min(moved, add_years(self.start, _LONGEST_YEARS))

    def _ignore(self, event, reason):
        self.ignored.append(Ignored(event.kind, event.day, reason))
