# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How long a claim lives, by kind of debtor and by trade of the creditor."""

from typing import NamedTuple

from .errors import ContractualYears, UnknownSector
from .parameters import COMPANY, CONSUMER, PUBLIC, check_kind

PERFORMANCE = "performance"
DUE = "due"

GENERAL = "general"
UNKNOWN = "unknown"


class Rule(NamedTuple):
    """A period of prescription.

    :ivar int years:
    :ivar str article:
    :ivar tuple starts: days from which it may run: ``performance``, ``due``
    :ivar bool calendar: in whole years, from 1 January of the next one
    :ivar bool lapse: a *forclusion*, which only acts before a court interrupt
    """

    years: int
    article: str
    starts: tuple = (PERFORMANCE, DUE)
    calendar: bool = False
    lapse: bool = False


_COMMERCE = Rule(5, "C. com. L110-4")
_PROFESSIONAL = Rule(5, "C. civ. 2224")
_CONSUMER = Rule(2, "C. conso. L218-2")
_PUBLIC = Rule(4, "loi 68-1250 art. 1", calendar=True)
# from the delivery, which is the performance
_TRANSPORT = Rule(1, "C. com. L133-6", (PERFORMANCE,))
_TELECOM = Rule(1, "C. postes L34-2", (DUE,))
# the day on which the public accountant took charge stands for the performance
_PUBLIC_WATER = Rule(4, "CGCT L1617-5", (PERFORMANCE,))

# The one-year periods hold against a public body too, as far as a prudent reading
# goes: its own four years would only come later.
SECTORS = {
    GENERAL: {COMPANY: _COMMERCE, CONSUMER: _CONSUMER, PUBLIC: _PUBLIC},
    "transport": dict.fromkeys((COMPANY, CONSUMER, PUBLIC), _TRANSPORT),
    "telecom": dict.fromkeys((COMPANY, CONSUMER, PUBLIC), _TELECOM),
    "energy": {COMPANY: _PROFESSIONAL, CONSUMER: _CONSUMER, PUBLIC: _PUBLIC},
    "water": {COMPANY: _PROFESSIONAL, CONSUMER: _CONSUMER, PUBLIC: _PUBLIC},
    "public_water": dict.fromkeys((COMPANY, CONSUMER, PUBLIC), _PUBLIC_WATER),
    "ship_supplies": {COMPANY: Rule(1, "C. com. L110-4 II")},
    "consumer_credit": {CONSUMER: Rule(2, "C. conso. R312-35", (DUE,), lapse=True)},
}


def rule_of(kind, sector=GENERAL, contract_years=None):
    """Period that applies to a claim.

    :param str kind: of debtor
    :param str sector: one of ``SECTORS``; ``unknown`` takes the shortest of them, for
        alerts that come too early rather than too late
    :param int contract_years: duration agreed with a company (C. civ. 2254)
    :rtype: Rule
    :raises UnknownSector: not in the table, or not with that kind of debtor
    :raises ContractualYears: not from 1 to 10 years; never with a consumer (C. conso.
        L218-1), nor with a public body, whose period is set by its own law
    :raises BadSetting: unknown kind

    >>> rule_of("consumer").years
    2
    """
    check_kind(kind)
    rule = _shortest(kind) if sector == UNKNOWN else SECTORS.get(sector, {}).get(kind)
    if rule is None:
        raise UnknownSector(sector=sector, kind=kind)
    if contract_years is None:
        return rule
    if kind != COMPANY or contract_years not in range(1, 11):
        raise ContractualYears(years=contract_years, kind=kind)
    return rule._replace(years=contract_years, article="C. civ. 2254")


def _shortest(kind):
    rules = [by_kind[kind] for by_kind in SECTORS.values() if kind in by_kind]
    shortest = min(rules, key=lambda rule: rule.years)
    return Rule(shortest.years, shortest.article)
