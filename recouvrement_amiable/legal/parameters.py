# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Figures set by the law, with the day since which each holds.

Rates are integers in millionths (``RATE_UNIT`` is one percent), amounts integers in
minor units of the currency: sums stay exact. Kinds of debtor and the series of
reference rates have their names here too.
"""

from datetime import date
from typing import NamedTuple

from .errors import BadSetting, NotInForce

COMPANY = "company"
PUBLIC = "public"
CONSUMER = "consumer"
KINDS = (COMPANY, PUBLIC, CONSUMER)

ECB_REFI = "ecb_refi"
LEGAL_BUSINESS = "legal_business"
LEGAL_INDIVIDUAL = "legal_individual"

RATE_UNIT = 10_000


class Since(NamedTuple):
    """A value of the law.

    :ivar date day: first day on which it holds
    :ivar int value: see the parameter for its unit
    :ivar str article: where it is written
    """

    day: date
    value: int
    article: str


class Parameter:
    """A figure of the law over time, oldest value first."""

    def __init__(self, *values):
        self.values = values

    @property
    def latest(self):
        return self.values[-1]

    def on(self, day):
        """The value in force on a day.

        :param date day:
        :rtype: Since
        :raises NotInForce: before the first value

        >>> FIXED_INDEMNITY.on(date(2026, 1, 1)).value
        4000
        """
        for since in reversed(self.values):
            if since.day <= day:
                return since
        first = self.values[0]
        raise NotInForce(article=first.article, since=first.day, day=day)

    def applies(self, day):
        """Whether there is a value on that day."""
        return self.values[0].day <= day


# Points over the refinancing rate. The ten points are older, but the rate follows
# the half-years only since 2013: an earlier day is an error, not an approximation.
BUSINESS_MARGIN = Parameter(
    Since(date(2013, 1, 1), 10 * RATE_UNIT, "C. com. L441-10 II"),
)
PUBLIC_MARGIN = Parameter(
    Since(date(2013, 3, 16), 8 * RATE_UNIT, "CCP R2192-31"),
)
# Times the legal interest rate, below which an agreed rate may not go.
FLOOR_MULTIPLIER = Parameter(
    Since(date(2009, 1, 1), 3, "C. com. L441-10 II"),
)
# Cents of euro.
FIXED_INDEMNITY = Parameter(
    Since(date(2013, 1, 1), 4000, "C. com. D441-5"),
)
PUBLIC_FIXED_INDEMNITY = Parameter(
    Since(date(2013, 3, 16), 4000, "CCP D2192-35"),
)
# Months to serve an order to pay, by the day of the order.
ORDER_SERVICE_MONTHS = Parameter(
    Since(date(1976, 1, 1), 6, "CPC 1411"),
    Since(date(2026, 9, 1), 3, "CPC 1411, décret 2026-96 art. 9"),
)

# Years of prescription, by the first day of the period. The general ones are those of
# the reform of 2008; for the others, as far back as this package looks.
_REFORM = date(2008, 6, 19)
_EARLIEST = date(2000, 1, 1)
PRESCRIPTION_COMMERCE = Parameter(Since(_REFORM, 5, "C. com. L110-4"))
PRESCRIPTION_CIVIL = Parameter(Since(_REFORM, 5, "C. civ. 2224"))
PRESCRIPTION_CONSUMER = Parameter(Since(_REFORM, 2, "C. conso. L218-2"))
PRESCRIPTION_PUBLIC = Parameter(Since(_EARLIEST, 4, "loi 68-1250 art. 1"))
PRESCRIPTION_TRANSPORT = Parameter(Since(_EARLIEST, 1, "C. com. L133-6"))
PRESCRIPTION_TELECOM = Parameter(Since(_EARLIEST, 1, "C. postes L34-2"))
PRESCRIPTION_PUBLIC_WATER = Parameter(Since(_EARLIEST, 4, "CGCT L1617-5"))
PRESCRIPTION_SHIP = Parameter(Since(_EARLIEST, 1, "C. com. L110-4 II"))
LAPSE_CREDIT = Parameter(Since(_EARLIEST, 2, "C. conso. R312-35"))


def prescription_by_contract(years):
    """Period that a contract sets, as a parameter (C. civ. 2254)."""
    return Parameter(Since(_REFORM, years, "C. civ. 2254"))


def check_kind(kind):
    """Refuse what is not a kind of debtor.

    :raises BadSetting:
    """
    if kind not in KINDS:
        raise BadSetting(name="kind of debtor", value=kind, allowed=", ".join(KINDS))
    return kind
