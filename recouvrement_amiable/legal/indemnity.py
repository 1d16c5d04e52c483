# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fixed indemnity for the costs of recovery (C. com. L441-10 II and D441-5, CCP
D2192-35).

Owed by professionals and public bodies from the first day late, without a reminder and
once however many there are. Never by a consumer, from whom costs cannot be claimed
(CPCE L111-8). Outside the scope of VAT. Always in cents of euro: in an invoice of
another currency it is for the caller to convert.
"""

from datetime import date
from typing import NamedTuple

from .amounts import check_minor
from .dates import check_day
from .errors import BadSetting
from .parameters import (
    CONSUMER,
    FIXED_INDEMNITY,
    PUBLIC,
    PUBLIC_FIXED_INDEMNITY,
    check_kind,
)

# The texts say "per invoice" and nothing of instalments.
PER_INVOICE = "invoice"
PER_INSTALMENT = "instalment"


class Instalment(NamedTuple):
    """A due date of an invoice.

    :ivar date due:
    :ivar date settled: day on which nothing was left to pay, None while there is
    """

    due: date
    settled: date | None = None


def fixed_indemnity(kind, instalments, until, judgment=None, per=PER_INVOICE):
    """Fixed indemnity of one invoice.

    :param str kind: of debtor
    :param instalments: of type :class:`Instalment`, one or more
    :param date until: day on which the question is put
    :param date judgment: opening of insolvency; from that day on what falls due cannot
        be paid, and no indemnity arises (C. com. L441-10 II); only for an invoice born
        before it
    :param str per: ``invoice``, or ``instalment`` for one indemnity per due date
    :return: int, cents of euro
    :raises BadSetting, DateOutOfRange:
    """
    check_kind(kind)
    if per not in (PER_INVOICE, PER_INSTALMENT):
        allowed = f"{PER_INVOICE}, {PER_INSTALMENT}"
        raise BadSetting(name="per", value=per, allowed=allowed)
    check_day(until)
    amounts = [
        indemnity_due(kind, instalment.due, judgment)
        for instalment in sorted(instalments, key=lambda one: one.due)
        if is_late(instalment, until)
    ]
    if per == PER_INSTALMENT:
        return sum(amounts)
    return next((amount for amount in amounts if amount), 0)


def is_late(instalment, until):
    """Whether something was unpaid when its due date was over.

    :raises DateOutOfRange:
    """
    last = until
    if instalment.settled is not None:
        last = min(until, check_day(instalment.settled))
    return last > check_day(instalment.due)


def indemnity_due(kind, due, judgment=None):
    """Fixed indemnity for a debt paid late, whatever the others of its invoice.

    :return: int, cents of euro; 0 where there is none
    """
    if kind == CONSUMER or (judgment is not None and due >= judgment):
        return 0
    parameter = PUBLIC_FIXED_INDEMNITY if kind == PUBLIC else FIXED_INDEMNITY
    return parameter.on(due).value if parameter.applies(due) else 0


def complementary_indemnity(proven_costs, fixed):
    """What may be claimed on proof, over the fixed indemnity of the same invoice.

    :param int proven_costs: cents of euro, of all costs
    :param int fixed: cents of euro; without fixed indemnity (a consumer, insolvency)
        there is no complementary one either
    :return: int, cents of euro
    :raises BadAmount: of a negative amount

    >>> complementary_indemnity(31000, 4000)
    27000
    """
    check_minor(proven_costs, "proven costs")
    return max(0, proven_costs - fixed) if check_minor(fixed, "indemnity") else 0
