# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What interest is computed from, and what comes out.

Amounts are integers in minor units of the currency, rates integers in millionths.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from .amounts import to_percent
from .errors import BadSetting
from .schedule import ACT_365, ACT_ACT

_POLICY_VALUES = {
    "imputation": ("principal", "interest"),
    "day_count": (ACT_365, ACT_ACT),
    "rounding": ("segment", "once"),
    "creditor": ("business", "individual"),
}


@dataclass(frozen=True)
class Policy:
    """What the law leaves open, or to the parties.

    :ivar imputation: what a payment settles first, ``principal`` or ``interest``.
        C. civ. 1343-1 says interest unless agreed otherwise; the default claims less,
        and agrees with books in which an invoice paid in full is closed
    :ivar day_count: ``act_365`` or ``act_act``; no text decides
    :ivar rounding: ``segment`` (each line of a statement is its own formula, rounded)
        or ``once`` (the lines are steps of the sum, rounded)
    :ivar judgment_day_bears: whether the day of the judgment that opens insolvency
        still bears interest (C. com. L622-28); the default claims less
    :ivar creditor: ``business``, or ``individual`` for a private person, whose legal
        interest rate is another (CMF L313-2)
    :raises BadSetting:
    """

    imputation: str = "principal"
    day_count: str = ACT_365
    rounding: str = "segment"
    judgment_day_bears: bool = False
    creditor: str = "business"

    def __post_init__(self):
        for name, allowed in _POLICY_VALUES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise BadSetting(name=name, value=value, allowed=", ".join(allowed))


class Movement(NamedTuple):
    """What happened to a debt after it arose; before its due date too.

    :ivar date day: real day of the payment or of the credit note
    :ivar int kind: ``PAYMENT``, ``CREDIT_NOTE``, or ``CHARGE`` for interest moved to
        an invoice of its own, which payments of this debt then leave alone
    :ivar int amount: zero or more
    """

    day: date
    kind: int
    amount: int


class Claim(NamedTuple):
    """A debt that falls due on one day.

    :ivar str kind: of debtor: ``company``, ``public`` or ``consumer``
    :ivar int principal: unpaid amount to begin with, tax included; for a public body
        less the retention money (CCP R2192-33)
    :ivar date due: last day to pay
    :ivar movements: of type :class:`Movement`, in any order
    :ivar int contractual_rate: agreed rate, for a company; the rates of a public body
        and of a consumer are not for a contract to set
    :ivar date notice: day on which the formal notice took effect, for a consumer
    :ivar date judgment: opening of insolvency; only for a debt born before it
    :ivar suspensions: pairs of days, both without interest (grace period, C. civ.
        1343-5; over-indebtedness, C. conso. L722-14; dispute), the last may be None
    :ivar date charged_until: last day whose interest is on an invoice of its own; the
        period asked for starts after it. Its amount goes to ``movements``
    """

    kind: str
    principal: int
    due: date
    movements: tuple = ()
    contractual_rate: int | None = None
    notice: date | None = None
    judgment: date | None = None
    suspensions: tuple = ()
    charged_until: date | None = None


class Totals(NamedTuple):
    """What a claim comes to on a day; the properties are sums of the others.

    :ivar int interest: of the period asked for
    :ivar int accrued: since the first day
    :ivar int interest_paid: settled by payments of the debt
    :ivar int interest_charged: moved to invoices of their own
    :ivar int overcharged: charged without having accrued: to be given back
    :ivar int principal_left: never negative
    :ivar int surplus: paid or credited too much
    :ivar bool late: something was unpaid when the due date was over
    :ivar int days_late: until the principal was paid, or until the day asked for
    """

    interest: int
    accrued: int
    interest_paid: int
    interest_charged: int
    overcharged: int
    principal_left: int
    surplus: int
    late: bool
    days_late: int

    @property
    def interest_left(self):
        return self.accrued - self.interest_paid - self.interest_charged


class Segment(NamedTuple):
    """Days with one rate and one base: base x rate x days / days of the year.

    :ivar date first: both ends included
    :ivar int rate: in millionths
    :ivar int year: 365 or 366
    :ivar int amount: rounded; where the segment is a part of a longer one already
        claimed up to some day, the rest of that one, to the cent
    """

    first: date
    last: date
    days: int
    rate: int
    year: int
    base: int
    amount: int

    @property
    def percent(self):
        return to_percent(self.rate)


class Imputation(NamedTuple):
    """What a movement settled; the rest of its amount is surplus, or overcharged.

    A charge settles principal with what payments took for the same interest.
    """

    day: date
    kind: int
    amount: int
    to_interest: int
    to_principal: int


class Statement(NamedTuple):
    """:class:`Totals` and how they came about."""

    totals: Totals
    segments: tuple
    imputations: tuple
