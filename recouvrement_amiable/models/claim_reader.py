# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From the ledger to claims: a handful of queries whatever the number of items.

The law is in ``legal``; here facts are gathered for it, all of an invoice's
instalments at once (the fixed indemnity is one per invoice), and its answers are put
into amounts.
"""

from collections import defaultdict
from typing import NamedTuple

from odoo.tools import SQL

from ..legal.amounts import to_rate
from ..legal.errors import LegalError
from ..legal.indemnity import PER_INSTALMENT, indemnity_due
from ..legal.interest import CHARGE, CREDIT_NOTE, PAYMENT, Claim, Movement
from ..legal.parameters import COMPANY, CONSUMER, PUBLIC
from ..legal.prescription import FORMAL_NOTICE
from ..legal.terms import Suspension, latest_public_due, public_term_start
from .debtor_kind import kind_sql, reason_sql
from .recouvrement_charge import STANDING
from .recouvrement_legal_event import INTEREST_SUSPENSIONS

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


class Facts(NamedTuple):
    """An item as the ledger and the desk know it; amounts in minor units."""

    id: int
    move_id: int
    company_id: int
    currency_id: int
    decimals: int
    dossier_id: int | None
    kind: str
    principal: int
    residual: int
    due: object
    issued: object
    performed: object
    available: object
    suspended: object
    completed: object
    retention: int
    buyer: str | None
    late_rate: float | None
    insolvency: object
    is_entry: bool
    wanted: bool


class ClaimReader:
    """Claims of some items on a day.

    :param env: superuser environment: callers check the rights on the items
    :param date day: last day of interest; None: each company's today
    """

    def __init__(self, env, day=None):
        self.env = env
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

    def _indemnities_taken(self, facts):
        """``{key: amount}`` of the indemnities charged or waived."""
        ids = tuple({fact.move_id for fact in facts}) or (0,)
        rows = self.env.execute_query(
            SQL(
                "SELECT x.move_id, x.move_line_id,"
                " CASE WHEN x.waived THEN 0 ELSE x.amount END"
                " FROM recouvrement_charge x"
                f" WHERE x.kind = 'indemnity' AND x.standing AND {STANDING}"
                " AND x.move_id IN %s",
                ids,
            )
        )
        taken = {}
        for move_id, item_id, amount in rows:
            taken[("move", move_id)] = taken.get(("move", move_id), 0) + float(amount)
            taken[("item", item_id)] = float(amount)
        return taken

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

    # ------------------------------------------------------------------
    # Queries
    # ------------------------------------------------------------------
    def _facts(self, condition):
        """Items that may be claimed, with the other instalments of their invoices."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH wanted AS MATERIALIZED (
                    SELECT l.id, l.move_id
                      FROM account_move_line l
                      JOIN account_move m ON m.id = l.move_id
                     WHERE %(condition)s)
                SELECT l.id, l.move_id, l.company_id, l.currency_id, c.decimal_places,
                       d.id, %(kind)s,
                       round(l.amount_currency * 10 ^ c.decimal_places)::bigint,
                       round(l.amount_residual_currency
                             * 10 ^ c.decimal_places)::bigint,
                       COALESCE(l.date_maturity, l.invoice_date, l.date),
                       COALESCE(m.invoice_date, m.date),
                       COALESCE(m.recouvrement_performed_on, m.delivery_date),
                       m.recouvrement_available_on,
                       m.recouvrement_suspended_on,
                       m.recouvrement_completed_on,
                       round(COALESCE(m.recouvrement_retention, 0)
                             * 10 ^ c.decimal_places)::bigint,
                       d.public_buyer, d.late_rate,
                       CASE WHEN d.insolvency IS NOT NULL THEN d.insolvency_date END,
                       m.move_type = 'entry', w.id IS NOT NULL
                  FROM account_move_line l
                  JOIN account_move m ON m.id = l.move_id
                  JOIN res_currency c ON c.id = l.currency_id
                  JOIN res_partner p ON p.id = l.partner_id
             LEFT JOIN recouvrement_dossier d
                    ON d.company_id = l.company_id
                   AND d.partner_id = p.commercial_partner_id
             LEFT JOIN wanted w ON w.id = l.id
                 WHERE l.move_id IN (SELECT move_id FROM wanted)
                   AND l.account_id IN %(accounts)s
                   AND l.amount_currency > 0
                   AND m.state = 'posted'
                   AND m.move_type IN ('out_invoice', 'out_receipt', 'entry')
                   AND m.recouvrement_is_charge IS NOT TRUE
                   -- credited in full, it was never owed
                   AND m.payment_state IS DISTINCT FROM 'reversed'
                """,
                condition=condition,
                kind=_kind(self.env),
                accounts=self.env["recouvrement.open.item"]._receivable_ids(),
            )
        )
        return [Facts(*row) for row in rows]

    def _movements(self, ids):
        """``{item id: [Movement]}``: payments and credit notes at their real dates."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.debit_move_id, s.date,
                       CASE WHEN sm.move_type = 'out_refund' THEN %(note)s
                            ELSE %(payment)s END,
                       round(p.debit_amount_currency * 10 ^ c.decimal_places)::bigint
                  FROM account_partial_reconcile p
                  JOIN account_move_line s ON s.id = p.credit_move_id
                  JOIN account_move sm ON sm.id = s.move_id
                  JOIN res_currency c ON c.id = p.debit_currency_id
                 WHERE p.debit_move_id IN %(ids)s AND p.debit_amount_currency > 0
                """,
                note=CREDIT_NOTE,
                payment=PAYMENT,
                ids=ids,
            )
        )
        movements = defaultdict(list)
        for item_id, *movement in rows:
            movements[item_id].append(Movement(*movement))
        return movements

    def _charged(self, ids, movements):
        """``{item id: last day charged}``; the amounts join the movements."""
        rows = self.env.execute_query(
            SQL(
                f"""
                SELECT x.move_line_id, max(x.date_to),
                       round(sum(x.amount) * 10 ^ max(c.decimal_places))::bigint
                  FROM recouvrement_charge x
                  JOIN res_currency c ON c.id = x.currency_id
                 WHERE x.kind = 'interest' AND x.standing AND {STANDING}
                   AND x.move_line_id IN %s
              GROUP BY x.move_line_id
                """,
                ids,
            )
        )
        charged = {}
        for item_id, until, amount in rows:
            charged[item_id] = until
            movements[item_id].append(Movement(until, CHARGE, amount))
        return charged

    def _events(self, facts):
        """``{item id: [(from, to)]}`` of suspended interest, ``{item id: notice}``."""
        pauses, notices = defaultdict(list), {}
        dossiers = tuple({f.dossier_id for f in facts if f.dossier_id}) or (0,)
        by_dossier = defaultdict(list)
        for row in self._event_rows(dossiers):
            by_dossier[row[0]].append(row[1:])
        if by_dossier:
            for fact in facts:
                for kind, start, end, moves in by_dossier.get(fact.dossier_id, ()):
                    # an event without invoices is about those there were
                    if fact.move_id not in moves if moves else fact.issued > start:
                        continue
                    if kind in INTEREST_SUSPENSIONS:
                        pauses[fact.id].append((start, end))
                    elif start >= fact.due:
                        known = notices.get(fact.id)
                        notices[fact.id] = min(known or start, start)
        consumers = tuple(f.id for f in facts if f.kind == CONSUMER)
        if consumers:
            for item_id, day in self._letters(consumers):
                notices[item_id] = min(notices.get(item_id) or day, day)
        return pauses, notices

    def _event_rows(self, dossiers):
        return self.env.execute_query(
            SQL(
                """
                SELECT e.dossier_id, e.kind, e.date, e.date_end,
                       array_agg(r.move_id) FILTER (WHERE r.move_id IS NOT NULL)
                  FROM recouvrement_legal_event e
             LEFT JOIN recouvrement_legal_event_move_rel r ON r.event_id = e.id
                 WHERE e.active AND e.dossier_id IN %s AND e.kind IN %s
              GROUP BY e.id
                """,
                dossiers,
                (*INTEREST_SUSPENSIONS, FORMAL_NOTICE),
            )
        )

    def _letters(self, ids):
        """Day on which a registered formal notice took effect, for each item."""
        return self.env.execute_query(
            SQL(
                """
                SELECT rl.move_line_id, min(day)
                  FROM recouvrement_relance_line rl
                  JOIN account_move_line l ON l.id = rl.move_line_id
                  JOIN res_company c ON c.id = l.company_id
                  JOIN recouvrement_relance r ON r.id = rl.relance_id
                  JOIN recouvrement_level v ON v.id = r.level_id AND v.formal_notice
                  JOIN recouvrement_delivery x
                    ON x.relance_id = r.id AND x.channel = 'registered'
                 CROSS JOIN LATERAL (
                    SELECT CASE c.recouvrement_notice_basis
                                WHEN 'posted' THEN x.posted_on
                                WHEN 'received' THEN x.received_on
                                ELSE x.presented_on END AS day) d
                 WHERE rl.move_line_id IN %s AND rl.kind = 'a_late'
                   AND rl.cancelled IS NOT TRUE AND rl.struck IS NOT TRUE
                   AND x.is_test IS NOT TRUE
                   AND x.state IN ('todo', 'sent', 'delivered', 'returned')
                   AND r.state NOT IN ('refused', 'cancelled')
                   AND day >= COALESCE(l.date_maturity, l.invoice_date, l.date)
              GROUP BY rl.move_line_id
                """,
                ids,
            )
        )


def _kind(env):
    """The kind that holds for an invoice, as ``Debtor.on`` says it."""
    return SQL(
        """
        CASE WHEN d.id IS NULL THEN %s
             WHEN m.invoice_date < d.kind_since THEN COALESCE(d.kind_before, d.kind)
             ELSE d.kind END
        """,
        kind_sql(reason_sql(env, SQL("l.company_id"))),
    )


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
