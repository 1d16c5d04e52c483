# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From the ledger to claims: a handful of queries whatever the number of items.

The law is in ``legal``; here facts are gathered for it, all of an invoice's
instalments at once (the fixed indemnity is one per invoice), and its answers are put
into amounts.
"""

from collections import defaultdict
from typing import NamedTuple

from odoo.tools.gc import disabling_gc

from ..legal.amounts import to_rate
from ..legal.errors import LegalError
from ..legal.indemnity import PER_INSTALMENT, indemnity_due
from ..legal.interest import Claim
from ..legal.parameters import COMPANY, CONSUMER, PUBLIC
from ..legal.terms import public_term
from .claim_facts import (
    NOTHING_CHARGED,
    ClaimFacts,
    among,
    really_owed,
    retained,
)

EURO = 2  # decimals of the fixed indemnity


class ItemClaim(NamedTuple):
    """What an item comes to on a day, in its own currency.

    :ivar float principal: left to pay in the books
    :ivar float interest: to claim now: accrued, less what was charged or waived
    :ivar float indemnity: to claim now
    :ivar date due: lawful due date, from which interest counts
    :ivar int days_late: until the item was paid, or until today
    :ivar LegalError error: why interest cannot be computed, or None
    :ivar float overcharged: on charge invoices, and no longer owed: to be credited
    :ivar bool is_due: the last day to pay is over
    """

    id: int
    move_id: int
    company_id: int
    dossier_id: int | None
    currency_id: int
    kind: str
    due: object
    days_late: int
    principal: float
    interest: float
    indemnity: float
    error: object = None
    overcharged: float = 0.0
    is_due: bool = True

    @property
    def charges(self):
        return self.interest + self.indemnity

    @property
    def total(self):
        """What is open, due or not, with its charges."""
        return self.principal + self.interest + self.indemnity

    @property
    def owed(self):
        """What can be asked for on the day."""
        return self.total if self.is_due else self.charges


class ClaimReader(ClaimFacts):
    """Claims of some items on a day.

    :param env: superuser environment: callers check the rights on the items
    :param date day: last day of interest; None: each company's today
    """

    def __init__(self, env, day=None):
        super().__init__(env)
        self.day = day
        self.rates = env["res.company"]._recouvrement_reference_rates()
        self._companies = {}
        self._rates = {}
        self._in_euro = {}
        self._euro_currency = env.ref("base.EUR", raise_if_not_found=False)

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------
    def items(self, condition):
        """``{item id: ItemClaim}``

        :param SQL condition: on ``l`` (account_move_line)
        """
        # what is made here stays until the end: nothing for the collector to find
        with disabling_gc():
            return {
                answer.id: answer for _fact, _claim, answer in self._answers(condition)
            }

    def statements(self, condition):
        """``{item id: (ItemClaim, Statement | None)}``, the days not charged yet."""
        return {
            answer.id: (answer, self._statement(fact, claim))
            for fact, claim, answer in self._answers(condition)
        }

    def _statement(self, fact, claim):
        if isinstance(claim, LegalError):
            return None
        company = self._company(fact.company_id)
        try:
            return company["engine"].statement(claim, company["day"])
        except LegalError:
            return None

    def _answers(self, condition):
        """Facts, ``Claim | LegalError`` and ItemClaim of each item asked for."""
        facts = self._facts(condition)
        ids = among(fact.id for fact in facts)
        movements = self._movements(ids)
        facts = really_owed(facts, movements)
        charged = self._charged(ids, movements)
        claims = self._claims(facts, movements, charged)
        totals = self._totals(facts, claims)
        prescribed = self._prescribed(facts)
        indemnities = self._indemnities(facts, claims, totals, prescribed)
        for fact in facts:
            if not fact.wanted:
                continue
            claim = claims[fact.id]
            answer = self._answer(
                fact,
                claim,
                totals[fact.id],
                charged.get(fact.id, NOTHING_CHARGED),
                indemnities.get(fact.id, 0.0),
                fact.id in prescribed,
            )
            # what was never owed speaks only to have charges credited
            if fact.principal or answer.overcharged:
                yield fact, claim, answer

    def _answer(self, fact, claim, total, charged, indemnity, is_prescribed):
        scale = fact.scale
        due = fact.due if isinstance(claim, LegalError) else claim.due
        error, interest, overcharged, days_late = None, 0, 0, 0
        if isinstance(total, LegalError):
            error = total
        else:
            interest, days_late = total.accrued - charged.amount, total.days_late
            overcharged = charged.invoiced - total.accrued
        if is_prescribed:
            error, interest, indemnity = None, 0, min(indemnity, 0)
        return ItemClaim(
            fact.id,
            fact.move_id,
            fact.company_id,
            fact.dossier_id,
            fact.currency_id,
            fact.kind,
            due,
            days_late,
            fact.residual / scale,
            interest / scale if interest > 0 else 0.0,
            indemnity if indemnity > 0 else 0.0,
            error,
            max(overcharged, 0) / scale + max(-indemnity, 0.0),
            due < self._day(fact.company_id),
        )

    def _prescribed(self, facts):
        """Ids of the items that are past their last day: nothing is claimed on them.

        The others of their invoices too: they share its indemnity.
        """
        by_company = defaultdict(list)
        for fact in facts:
            young = self._company(fact.company_id)["young_since"]
            if fact.due < young or (fact.performed or fact.issued) < young:
                by_company[fact.company_id].append(fact.id)
        reader = self.env["recouvrement.limitation.reader"]
        return {
            item_id
            for company_id, ids in by_company.items()
            for item_id in reader._prescribed_ids(ids, self._day(company_id))
        }

    # ------------------------------------------------------------------
    # Computation
    # ------------------------------------------------------------------
    def _totals(self, facts, claims):
        """``{item id: Totals | LegalError}``, one engine per company."""
        totals = {}
        by_company = defaultdict(list)
        for fact in facts:
            claim = claims[fact.id]
            if isinstance(claim, LegalError):
                totals[fact.id] = claim
            else:
                by_company[fact.company_id].append((fact.id, claim))
        for company_id, pairs in by_company.items():
            found = self._company(company_id)["engine"].totals(
                [claim for _id, claim in pairs], self._day(company_id)
            )
            totals.update(zip((pair[0] for pair in pairs), found, strict=True))
        return totals

    def _indemnities(self, facts, claims, totals, prescribed):
        """``{item id: amount}``: on the first late item of each invoice, or on each.

        One that is prescribed does not take it away from the others of its invoice.
        What was charged and is not owed any more comes out negative.
        """
        taken = self._indemnities_taken(facts)
        late = [
            fact
            for fact in facts
            if fact.kind != CONSUMER and self._is_late(fact, totals[fact.id])
        ]
        # what is still open speaks for its invoice before what was paid late
        late.sort(key=lambda fact: (fact.id in prescribed, fact.residual <= 0))
        found, owed = {}, set()
        for fact in late:
            key = self._indemnity_key(fact)
            if key in owed:
                continue
            cents = _indemnity_due(fact, claims[fact.id])
            if cents:
                owed.add(key)
                if key not in taken:
                    found[fact.id] = self._euro(cents, fact)
        for fact in facts if taken else ():
            key = self._indemnity_key(fact)
            amount = taken.get(key)
            if amount and key not in owed:
                taken[key] = 0
                found[fact.id] = -amount
        return found

    def _is_late(self, fact, total):
        if isinstance(total, LegalError):
            # the rate is missing, not the delay
            return fact.residual > 0 and fact.due < self._day(fact.company_id)
        return total.late

    def _indemnity_key(self, fact):
        """What an indemnity is owed for: an invoice, or one of its instalments.

        An entry gathers items of several invoices, and of several customers.
        """
        each = self._company(fact.company_id)["per"] == PER_INSTALMENT
        return ("item", fact.id) if each or fact.is_entry else ("move", fact.move_id)

    def _euro(self, cents, fact):
        """Cents of euro, in the currency of the item."""
        key = (cents, fact.currency_id, fact.company_id)
        if key not in self._in_euro:
            self._in_euro[key] = self._converted(cents / 10**EURO, *key[1:])
        return self._in_euro[key]

    def _converted(self, amount, currency_id, company_id):
        currency = self.env["res.currency"].browse(currency_id)
        euro = self._euro_currency
        if not euro or currency == euro:
            return amount
        company = self.env["res.company"].browse(company_id)
        return euro._convert(amount, currency, company, self._day(company_id))

    # ------------------------------------------------------------------
    # From facts to claims
    # ------------------------------------------------------------------
    def _claims(self, facts, movements, charged):
        """``{item id: Claim | LegalError}``"""
        pauses, notices = self._events(facts)
        kept = retained(facts)
        claims = {}
        for fact in facts:
            item_id = fact.id
            try:
                claims[item_id] = self._claim(
                    fact,
                    fact.principal - kept.get(item_id, 0),
                    tuple(movements.get(item_id, ())),
                    notices.get(item_id),
                    tuple(pauses.get(item_id, ())),
                    charged.get(item_id, NOTHING_CHARGED).until,
                )
            except LegalError as error:
                claims[item_id] = error
        return claims

    def _claim(self, fact, principal, movements, notice, pauses, charged_until):
        kind = fact.kind
        due = self._lawful_due(fact) if kind == PUBLIC else fact.due
        judgment = fact.insolvency
        if judgment is not None and (fact.performed or fact.issued) >= judgment:
            judgment = None  # a debt born after the judgment is an ordinary one
        return Claim(
            kind,
            principal,
            due,
            movements,
            self._rate(fact) if kind == COMPANY else None,
            notice if notice and notice >= due else None,
            judgment,
            pauses,
            charged_until,
        )

    def _rate(self, fact):
        percent = fact.late_rate or self._company(fact.company_id)["late_rate"]
        if not percent:
            return None
        if percent not in self._rates:
            self._rates[percent] = to_rate(round(percent, 4))
        return self._rates[percent]

    def _lawful_due(self, fact):
        """CCP R2192-10 and following; never before the due date of the invoice.

        While the buyer waits for documents nothing is late: the term has no end.
        """
        due = public_term(
            fact.issued,
            fact.performed,
            fact.available,
            fact.suspended,
            fact.completed,
            fact.buyer or "authority",
        ).due
        if due is None:
            return max(self._day(fact.company_id), fact.due)
        return max(due, fact.due)

    def _day(self, company_id):
        return self._company(company_id)["day"]

    def _company(self, company_id):
        if company_id not in self._companies:
            company = self.env["res.company"].browse(company_id)
            day = self.day or company._recouvrement_today()
            reader = self.env["recouvrement.limitation.reader"]
            self._companies[company_id] = {
                "engine": company._recouvrement_engine(self.rates),
                "day": day,
                "young_since": reader._young_since(day),
                "per": company.recouvrement_indemnity_per,
                "late_rate": company.recouvrement_late_rate,
            }
        return self._companies[company_id]


def _indemnity_due(fact, claim):
    """Cents of euro, whatever the other items of the invoice."""
    if isinstance(claim, LegalError):
        return indemnity_due(fact.kind, fact.due)
    return indemnity_due(fact.kind, claim.due, claim.judgment)
