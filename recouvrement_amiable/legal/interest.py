# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Late-payment interest of a company, a public body or a consumer.

========  ===========================================  =====================  ========
debtor    rate                                         first day              article
========  ===========================================  =====================  ========
company   refinancing rate of each half-year + 10      after the due date     L441-10
          points, or the agreed rate
public    refinancing rate of the half-year in which   after the due date     R2192-31
          interest starts + 8 points, frozen
consumer  legal interest rate of each half-year        after the formal       1231-6,
                                                       notice                 1344-1
========  ===========================================  =====================  ========

(L: Code de commerce; R: Code de la commande publique; the last two: Code civil.)

Interest is simple. The day of a payment still bears interest on what was owed before
it; the due date does not. Amounts are integers in minor units of the currency, tax
included; rates integers in millionths. One engine serves many claims.

>>> from .rates import reference_rates
>>> engine = InterestEngine(reference_rates())
>>> claim = Claim("company", 1_000_000, date(2026, 7, 15))
>>> engine.total(claim, date(2026, 9, 30)).interest
26159
>>> engine.statement(claim, date(2026, 9, 30)).segments[0].days
77
"""

from datetime import date

from .claim import Claim, Imputation, Movement, Policy, Segment, Statement, Totals
from .dates import FIRST_DAY, LAST_DAY, add_days, check_day, check_period
from .errors import BadAmount, BadPeriod, LegalError, NoticeBeforeDue
from .ledger import CHARGE, CREDIT_NOTE, PAYMENT, Ledger, without
from .parameters import COMPANY, CONSUMER, PUBLIC, check_kind
from .schedule import ACT_365, ACT_ACT, Schedules

__all__ = [
    "ACT_365",
    "ACT_ACT",
    "CHARGE",
    "CREDIT_NOTE",
    "PAYMENT",
    "Claim",
    "Imputation",
    "InterestEngine",
    "Movement",
    "Policy",
    "Segment",
    "Statement",
    "Totals",
]


class InterestEngine:
    """Computes claims under one policy.

    :param ReferenceRates rates: as they are now; another engine is made when they
        change
    :param Policy policy:
    """

    def __init__(self, rates, policy=None):
        self.policy = policy or Policy()
        self._schedules = Schedules(rates, self.policy.day_count)
        self._interest_first = self.policy.imputation == "interest"
        self._once = self.policy.rounding == "once"
        self._judgment_day = int(self.policy.judgment_day_bears)
        self._legal = (
            self._schedules.legal_business
            if self.policy.creditor == "business"
            else self._schedules.legal_individual
        )

    def total(self, claim, until, since=None):
        """What a claim comes to at the end of a day.

        :param Claim claim:
        :param date until: last day of interest, included; movements after it are
            ignored
        :param date since: first day of the period; by default the day after
            ``charged_until``, or the first of all. Whatever the rounding, the interest
            of two periods that follow each other is that of both as one
        :rtype: Totals
        :raises MissingRate: a half-year with interest has no rate
        :raises NotInForce: interest for days before the rule
        :raises NoticeBeforeDue, DateOutOfRange, BadPeriod, BadAmount, BadSetting:
        """
        return _totals(claim, until, self._run(claim, until, since))

    def statement(self, claim, until, since=None):
        """As :meth:`total`, with readable segments and imputations.

        :rtype: Statement
        """
        ledger = self._run(claim, until, since)
        return Statement(
            _totals(claim, until, ledger),
            tuple(_segment(*piece) for piece in ledger.pieces),
            tuple(
                Imputation(date.fromordinal(day), *rest)
                for day, *rest in ledger.imputations
            ),
        )

    def totals(self, claims, until):
        """:meth:`total` of many claims; one that cannot be computed stops no other.

        :param claims: iterable of :class:`Claim`
        :rtype: list[Totals | LegalError]
        """
        found = []
        for claim in claims:
            try:
                found.append(_totals(claim, until, self._run(claim, until, None)))
            except LegalError as error:
                found.append(error)
        return found

    def _run(self, claim, until, since):
        """The one computation: both the totals and the segments come from it."""
        check_day(until)
        windows = self._windows(claim, until)
        schedule = self._schedule(claim, windows)
        ledger = Ledger(
            claim.principal,
            windows,
            schedule,
            _first_asked(claim, until, since),
            self._interest_first,
            self._once,
        )
        if claim.movements:
            _impute(ledger, claim.movements, until)
        ledger.run_to(until.toordinal())
        return ledger

    def _windows(self, claim, until):
        """Spans of days that bear interest, as ordinals."""
        start = self._start(claim)
        if start is None:
            return []
        first = start.toordinal() + 1
        last = until.toordinal()
        if claim.judgment is not None:
            stop = check_day(claim.judgment).toordinal() - 1 + self._judgment_day
            last = min(last, stop)
        if first > last:
            return []
        if not claim.suspensions:
            return [(first, last)]
        return without(first, last, map(_span, claim.suspensions))

    def _start(self, claim):
        """Day after which interest runs, or None."""
        due = claim.due
        if not FIRST_DAY <= due <= LAST_DAY:
            check_day(due)
        if claim.kind != CONSUMER:
            return due
        if claim.notice is not None and check_day(claim.notice) < due:
            raise NoticeBeforeDue(notice=claim.notice, due=due)
        return claim.notice

    def _schedule(self, claim, windows):
        kind = claim.kind
        if kind == COMPANY:
            rate = claim.contractual_rate
            if rate is None:
                return self._schedules.business
            if rate.__class__ is not int or rate < 0:
                raise BadAmount(amount=rate, what="contractual rate")
            return self._schedules.fixed(rate)
        if kind == PUBLIC:
            return self._schedules.public(windows[0][0]) if windows else None
        check_kind(kind)
        return self._legal


def _first_asked(claim, until, since):
    if since is None:
        charged = claim.charged_until
        return 0 if charged is None else check_day(charged).toordinal() + 1
    if check_day(since) > add_days(until, 1):
        raise BadPeriod(first=since, last=until)
    return since.toordinal()


def _impute(ledger, movements, until):
    if len(movements) > 1:
        # the amount last, so that even the lines of a statement have one order
        movements = sorted(movements)
    for day, kind, amount in movements:
        if check_day(day) > until:
            break
        ordinal = day.toordinal()
        ledger.run_to(ordinal)
        ledger.apply(ordinal, kind, amount)


def _totals(claim, until, ledger):
    due = claim.due.toordinal()
    end = until.toordinal() if ledger.settled is None else ledger.settled
    days = end - due
    late = days > 0 and claim.principal > 0
    return Totals(
        ledger.interest,
        ledger.accrued,
        ledger.paid,
        ledger.charged,
        ledger.overcharged,
        ledger.principal,
        ledger.surplus,
        late,
        days if late else 0,
    )


def _span(suspension):
    first, last = suspension
    check_period(first, last)
    return first.toordinal(), (last or LAST_DAY).toordinal()


def _segment(first, last, rate, year, base, amount):
    return Segment(
        date.fromordinal(first),
        date.fromordinal(last),
        last - first + 1,
        rate,
        year,
        base,
        amount,
    )
