# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How long a claim lives, by kind of debtor and by trade of the creditor."""

from typing import NamedTuple

from .errors import ContractualYears, UnknownSector
from .parameters import (
    COMPANY,
    CONSUMER,
    LAPSE_CREDIT,
    PRESCRIPTION_CIVIL,
    PRESCRIPTION_COMMERCE,
    PRESCRIPTION_CONSUMER,
    PRESCRIPTION_PUBLIC,
    PRESCRIPTION_PUBLIC_WATER,
    PRESCRIPTION_SHIP,
    PRESCRIPTION_TELECOM,
    PRESCRIPTION_TRANSPORT,
    PUBLIC,
    Parameter,
    check_kind,
    prescription_by_contract,
)

PERFORMANCE = "performance"
DUE = "due"

GENERAL = "general"
UNKNOWN = "unknown"


class Rule(NamedTuple):
    """A period of prescription.

    :ivar Parameter period: years, by the day on which it starts
    :ivar tuple starts: days from which it may run: ``performance``, ``due``
    :ivar bool calendar: in whole years, from 1 January of the next one
    :ivar bool lapse: a *forclusion*, which only acts before a court interrupt
    """

    period: Parameter
    starts: tuple = (PERFORMANCE, DUE)
    calendar: bool = False
    lapse: bool = False


_ALL = (COMPANY, CONSUMER, PUBLIC)
_CIVIL = Rule(PRESCRIPTION_CIVIL)
_CONSUMER = Rule(PRESCRIPTION_CONSUMER)
_PUBLIC = Rule(PRESCRIPTION_PUBLIC, calendar=True)
# from the delivery, which is the performance
_TRANSPORT = Rule(PRESCRIPTION_TRANSPORT, (PERFORMANCE,))
_TELECOM = Rule(PRESCRIPTION_TELECOM, (DUE,))
# the day on which the public accountant took charge stands for the performance
_PUBLIC_WATER = Rule(PRESCRIPTION_PUBLIC_WATER, (PERFORMANCE,))

# The one-year periods hold against a public body too, as far as a prudent reading
# goes: its own four years would only come later.
SECTORS = {
    GENERAL: {
        COMPANY: Rule(PRESCRIPTION_COMMERCE),
        CONSUMER: _CONSUMER,
        PUBLIC: _PUBLIC,
    },
    "transport": dict.fromkeys(_ALL, _TRANSPORT),
    "telecom": dict.fromkeys(_ALL, _TELECOM),
    "energy": {COMPANY: _CIVIL, CONSUMER: _CONSUMER, PUBLIC: _PUBLIC},
    "water": {COMPANY: _CIVIL, CONSUMER: _CONSUMER, PUBLIC: _PUBLIC},
    "public_water": dict.fromkeys(_ALL, _PUBLIC_WATER),
    "ship_supplies": {COMPANY: Rule(PRESCRIPTION_SHIP)},
    "consumer_credit": {CONSUMER: Rule(LAPSE_CREDIT, (DUE,), lapse=True)},
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

    >>> rule_of("consumer").period.latest.value
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
    return rule._replace(period=prescription_by_contract(contract_years))


def _shortest(kind):
    rules = [by_kind[kind] for by_kind in SECTORS.values() if kind in by_kind]
    shortest = min(rules, key=lambda rule: rule.period.latest.value)
    return Rule(shortest.period)
