# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From the ledger to claims: a handful of queries whatever the number of items.

The law is in ``legal``; here facts are gathered for it, all of an invoice's
instalments at once (the fixed indemnity is one per invoice), and its answers are put
into amounts.
"""

from collections import defaultdict
from typing import NamedTuple

from ..legal.amounts import to_rate
from ..legal.errors import LegalError
from ..legal.indemnity import PER_INSTALMENT, indemnity_due
from ..legal.interest import CHARGE, Claim
from ..legal.parameters import COMPANY, CONSUMER, PUBLIC
from ..legal.terms import Suspension, latest_public_due, public_term_start
from .claim_facts import ClaimFacts

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

    @property
    def charges(self):
        return self.interest + self.indemnity

    @property
    def total(self):
        return self.principal + self.interest + self.indemnity


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
        self._euro_currency = env.ref("base.EUR", raise_if_not_found=False)

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------
    def items(self, condition):
        """``{item id: ItemClaim}``

        :param SQL condition: on ``l`` (account_move_line) and ``m`` (account_move)
        """
        facts = self._facts(condition)
        claims = self._claims(facts)
        totals = self._totals(facts, claims)
        indemnities = self._indemnities(facts, claims, totals)
        prescribed = self._prescribed(facts)
        return {
            fact.id: self._answer(
                fact, claims[fact.id], totals[fact.id], indemnities, prescribed
            )
            for fact in facts
            if fact.wanted
        }

    def statements(self, condition):
        """``{item id: (ItemClaim, Statement | None)}``, the days not charged yet."""
        facts = self._facts(condition)
        claims = self._claims(facts)
        totals = self._totals(facts, claims)
        indemnities = self._indemnities(facts, claims, totals)
        prescribed = self._prescribed(facts)
        found = {}
        for fact in facts:
            if fact.wanted:
                claim = claims[fact.id]
                total = totals[fact.id]
                statement = None
                if not isinstance(total, LegalError):
                    statement = self._engine(fact).statement(
                        claim, self._day(fact.company_id)
                    )
                answer = self._answer(fact, claim, total, indemnities, prescribed)
                found[fact.id] = (answer, statement)
        return found

    def _prescribed(self, facts):
        """Ids of the items that are past their last day: nothing is claimed on them."""
        by_company = defaultdict(list)
        for fact in facts:
            if fact.wanted:
                by_company[fact.company_id].append(fact.id)
        reader = self.env["recouvrement.limitation.reader"]
        return {
            item_id
            for company_id, ids in by_company.items()
            for item_id in reader._prescribed_ids(ids, self._day(company_id))
        }

    def _answer(self, fact, claim, total, indemnities, prescribed):
        error = total if isinstance(total, LegalError) else None
        scale = 10**fact.decimals
        rest = 0 if error else _to_claim(claim, total)
        indemnity = indemnities.get(fact.id, 0.0)
        if fact.id in prescribed:
            error, rest, indemnity = None, min(rest, 0), min(indemnity, 0)
        return ItemClaim(
            fact.id,
            fact.move_id,
            fact.company_id,
            fact.dossier_id,
            fact.currency_id,
            fact.kind,
            getattr(claim, "due", None) or fact.due,
            0 if isinstance(total, LegalError) else total.days_late,
            fact.residual / scale,
            max(rest, 0) / scale,
            max(indemnity, 0.0),
            error,
            max(-rest, 0) / scale + max(-indemnity, 0.0),
        )

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

    def _indemnities(self, facts, claims, totals):
        """``{item id: amount}``: on the first late item of each invoice, or on each.

        What was charged and is not owed any more comes out negative.
        """
        taken = self._indemnities_taken(facts)
        found = {}
        late = [
            fact
            for fact in facts
            if fact.kind != CONSUMER and _is_late(totals[fact.id], fact, self)
        ]
        # what is still open speaks for its invoice before what was paid late
        late.sort(key=lambda fact: (fact.residual <= 0, fact.due, fact.id))
        owed = set()
        for fact in late:
            claim = claims[fact.id]
            key = self._indemnity_key(fact)
            due = fact.due if isinstance(claim, LegalError) else claim.due
            judgment = None if isinstance(claim, LegalError) else claim.judgment
            cents = 0 if key in owed else indemnity_due(fact.kind, due, judgment)
            if cents:
                owed.add(key)
                if key not in taken:
                    found[fact.id] = self._euro(cents / 10**EURO, fact)
        for fact in facts:
            amount = taken.get(self._indemnity_key(fact))
            if amount and self._indemnity_key(fact) not in owed:
                taken[self._indemnity_key(fact)] = 0
                found[fact.id] = -amount
        return found

    def _indemnity_key(self, fact):
        """What an indemnity is owed for: an invoice, or one of its instalments.

        An entry gathers items of several invoices, and of several customers.
        """
        each = self._company(fact.company_id)["per"] == PER_INSTALMENT
        return ("item", fact.id) if each or fact.is_entry else ("move", fact.move_id)

    def _euro(self, amount, fact):
        """An amount in euro, in the currency of the item."""
        currency = self.env["res.currency"].browse(fact.currency_id)
        euro = self._euro_currency
        if not euro or currency == euro:
            return amount
        company = self.env["res.company"].browse(fact.company_id)
        return euro._convert(amount, currency, company, self._day(fact.company_id))

    # ------------------------------------------------------------------
    # From facts to claims
    # ------------------------------------------------------------------
    def _claims(self, facts):
        """``{item id: Claim | LegalError}``"""
        ids = tuple(fact.id for fact in facts) or (0,)
        movements = self._movements(ids)
        charged = self._charged(ids, movements)
        pauses, notices = self._events(facts)
        last = {}
        for fact in sorted(facts, key=lambda fact: (fact.due, fact.id)):
            last[fact.move_id] = fact.id
        claims = {}
        for fact in facts:
            try:
                claims[fact.id] = self._claim(
                    # retention money is kept from what falls due last
                    fact
                    if last[fact.move_id] == fact.id
                    else fact._replace(retention=0),
                    movements.get(fact.id, ()),
                    charged.get(fact.id),
                    pauses.get(fact.id, ()),
                    notices.get(fact.id),
                )
            except LegalError as error:
                claims[fact.id] = error
        return claims

    def _claim(self, fact, movements, charged_until, pauses, notice):
        due = self._lawful_due(fact) if fact.kind == PUBLIC else fact.due
        rate = None
        if fact.kind == COMPANY:
            rate = self._rate(fact)
        judgment = fact.insolvency
        born = fact.performed or fact.issued
        if judgment is not None and born >= judgment:
            judgment = None  # a debt born after the judgment is an ordinary one
        return Claim(
            fact.kind,
            max(fact.principal - fact.retention, 0),
            due,
            tuple(movements),
            rate,
            notice if notice and notice >= due else None,
            judgment,
            tuple(pauses),
            charged_until,
        )

    def _rate(self, fact):
        percent = fact.late_rate or self._company(fact.company_id)["late_rate"]
        return to_rate(round(percent, 4)) if percent else None

    def _lawful_due(self, fact):
        """CCP R2192-10 and following; never before the due date of the invoice.

        While the buyer waits for documents nothing is late: the term has no end.
        """
        start = public_term_start(
            available=fact.available, requested=fact.issued, performed=fact.performed
        )
        suspensions = (
            (Suspension(fact.suspended, fact.completed),) if fact.suspended else ()
        )
        due = latest_public_due(
            start, fact.buyer or "authority", suspensions=suspensions
        )
        if due is None:
            return max(self._day(fact.company_id), fact.due)
        return max(due, fact.due)

    def _engine(self, fact):
        return self._company(fact.company_id)["engine"]

    def _day(self, company_id):
        return self.day or self._company(company_id)["today"]

    def _company(self, company_id):
        if company_id not in self._companies:
            company = self.env["res.company"].browse(company_id)
            self._companies[company_id] = {
                "engine": company._recouvrement_engine(self.rates),
                "today": company._recouvrement_today(),
                "per": company.recouvrement_indemnity_per,
                "late_rate": company.recouvrement_late_rate,
            }
        return self._companies[company_id]


def _to_claim(claim, total):
    """Interest accrued, less what is charged or waived; negative when too much is."""
    charged = sum(
        movement.amount for movement in claim.movements if movement.kind == CHARGE
    )
    return total.accrued - charged


def _is_late(total, fact, reader):
    if isinstance(total, LegalError):
        # the rate is missing, not the delay
        return fact.residual > 0 and fact.due < reader._day(fact.company_id)
    return total.late
