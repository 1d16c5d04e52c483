# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the ledger and the desk know of some items: see ``claim_reader``."""

from collections import defaultdict
from typing import NamedTuple

from odoo.tools import SQL

from ..legal.interest import CHARGE, CREDIT_NOTE, PAYMENT, Movement
from ..legal.parameters import CONSUMER
from ..legal.prescription import FORMAL_NOTICE
from .debtor_kind import kind_on_sql, kind_sql, reason_sql
from .recouvrement_charge import STANDING
from .recouvrement_legal_event import INTEREST_SUSPENSIONS
from .registered_letter import NOTICE_DAY

# Items (``l``) that may be owed, or that customers were invoiced charges for: of an
# invoice cancelled or reopened since, these are to be credited.
OWED_OR_CHARGED = SQL(
    f"""(l.parent_state = 'posted' OR EXISTS (
        SELECT 1 FROM recouvrement_charge x
         WHERE x.move_line_id = l.id AND x.charge_move_id IS NOT NULL
           AND x.standing AND {STANDING}))"""
)
# Debts, and not the reverse of money received: what a payment or a bank line gave back
# (a refund, a bounced direct debit, whose invoice bears the interest), a difference of
# exchange, a tax on payments. ``m`` is the entry.
IS_DEBT = SQL(
    """(m.move_type IN ('out_invoice', 'out_receipt')
        OR m.move_type = 'entry'
           AND m.origin_payment_id IS NULL AND m.statement_line_id IS NULL
           AND m.tax_cash_basis_rec_id IS NULL
           AND m.tax_cash_basis_origin_move_id IS NULL
           AND NOT EXISTS (
               SELECT 1 FROM account_partial_reconcile e
                WHERE e.exchange_move_id = m.id)
           AND NOT EXISTS (
               SELECT 1 FROM account_move o
                WHERE o.id = m.reversed_entry_id
                  AND (o.origin_payment_id IS NOT NULL
                       OR o.statement_line_id IS NOT NULL)))"""
)


class Facts(NamedTuple):
    """An item as the ledger and the desk know it; amounts in minor units."""

    id: int
    move_id: int
    company_id: int
    currency_id: int
    scale: int
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
    is_posted: bool
    wanted: bool


class Charged(NamedTuple):
    """Interest of an item that was invoiced or waived.

    :ivar date until: last day of it
    :ivar int amount: both, in minor units
    :ivar int invoiced: what the customer was asked to pay
    """

    until: object
    amount: int
    invoiced: int


NOTHING_CHARGED = Charged(None, 0, 0)


def among(ids):
    """Ids to put after ``IN``, however many.

    The planner weighs a list constant by constant, and one array at once.
    """
    return SQL("(SELECT unnest(%s::int[]))", f"{{{','.join(map(str, ids))}}}")


class ClaimFacts:
    """Gathers the facts of claims, a query for each kind of fact.

    :param env: superuser environment: callers check the rights on the items
    """

    def __init__(self, env):
        self.env = env

    def _facts(self, condition):
        """Items that may be claimed, with the other instalments of their invoices.

        Those of one invoice come in the order of their due dates.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.id, l.move_id, l.company_id, l.currency_id,
                       (10 ^ c.decimal_places)::int, d.id, %(kind)s,
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
                       m.move_type = 'entry', m.state = 'posted',
                       (%(condition)s) IS TRUE
                  -- grouped, so that the planner looks at it apart and first
                  FROM (SELECT l.move_id FROM account_move_line l
                         WHERE %(condition)s GROUP BY l.move_id) w
                  JOIN account_move_line l ON l.move_id = w.move_id
                  JOIN account_move m ON m.id = l.move_id
                  JOIN res_currency c ON c.id = l.currency_id
                  JOIN res_partner p ON p.id = l.partner_id
             LEFT JOIN recouvrement_dossier d
                    ON d.company_id = l.company_id
                   AND d.partner_id = p.commercial_partner_id
                 WHERE l.account_id IN %(accounts)s
                   AND l.amount_currency > 0
                   AND %(owed_or_charged)s
                   AND %(is_debt)s
                   AND m.recouvrement_is_charge IS NOT TRUE
                   AND l.company_id NOT IN (SELECT z.id FROM res_company z
                        WHERE z.recouvrement_french_law IS NOT TRUE)
                """,
                owed_or_charged=OWED_OR_CHARGED,
                is_debt=IS_DEBT,
                condition=condition,
                kind=_kind(self.env),
                accounts=self.env["recouvrement.open.item"]._receivable_ids(),
            )
        )
        facts = list(map(Facts._make, rows))
        if len({fact.move_id for fact in facts}) < len(facts):
            facts.sort(key=lambda fact: (fact.due, fact.id))
        return facts

    def _movements(self, ids):
        """``{item id: [Movement]}``: payments and credit notes at their real dates.

        The reversal of an entry is its credit note.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.debit_move_id, s.date,
                       CASE WHEN sm.move_type = 'out_refund'
                                 OR sm.reversed_entry_id IS NOT NULL
                                    AND sm.reversed_entry_id = (
                                        SELECT l.move_id FROM account_move_line l
                                         WHERE l.id = p.debit_move_id)
                            THEN %(note)s ELSE %(payment)s END,
                       round(p.debit_amount_currency * 10 ^ c.decimal_places)::bigint
                  FROM account_partial_reconcile p
                  JOIN account_move_line s ON s.id = p.credit_move_id
                  JOIN account_move sm ON sm.id = s.move_id
                  JOIN res_currency c ON c.id = p.debit_currency_id
                 WHERE p.debit_move_id IN %(ids)s
                   AND p.debit_amount_currency > 0
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
        """``{item id: Charged}``; the amounts join the movements."""
        rows = self.env.execute_query(
            SQL(
                f"""
                SELECT x.move_line_id, max(x.date_to),
                       round(sum(x.amount) * 10 ^ max(c.decimal_places))::bigint,
                       round(COALESCE(sum(x.amount) FILTER (
                                 WHERE x.waived IS NOT TRUE), 0)
                             * 10 ^ max(c.decimal_places))::bigint
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
        for item_id, *row in rows:
            known = charged[item_id] = Charged(*row)
            movements[item_id].append(Movement(known.until, CHARGE, known.amount))
        return charged

    def _indemnities_taken(self, facts):
        """``{key: amount}`` of the indemnities charged or waived."""
        rows = self.env.execute_query(
            SQL(
                "SELECT x.move_id, x.move_line_id,"
                " CASE WHEN x.waived THEN 0 ELSE x.amount END"
                " FROM recouvrement_charge x"
                f" WHERE x.kind = 'indemnity' AND x.standing AND {STANDING}"
                " AND x.move_id IN %s",
                among({fact.move_id for fact in facts}),
            )
        )
        taken = {}
        for move_id, item_id, amount in rows:
            taken[("move", move_id)] = taken.get(("move", move_id), 0) + float(amount)
            taken[("item", item_id)] = float(amount)
        return taken

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
        consumers = [f.id for f in facts if f.kind == CONSUMER]
        if consumers:
            for item_id, day in self._letters(among(consumers)):
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
        """Day on which a registered formal notice took effect, for each item.

        One that went to who is no longer the debtor says nothing to this one.
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT rl.move_line_id, min(%(day)s)
                  FROM recouvrement_relance_line rl
                  JOIN account_move_line l ON l.id = rl.move_line_id
                  JOIN res_partner p ON p.id = l.partner_id
                  JOIN res_company c ON c.id = l.company_id
                  JOIN recouvrement_relance r ON r.id = rl.relance_id
                  JOIN recouvrement_dossier d ON d.id = r.dossier_id
                   AND d.partner_id = p.commercial_partner_id
                  JOIN recouvrement_level v ON v.id = r.level_id AND v.formal_notice
                  JOIN recouvrement_delivery x
                    ON x.relance_id = r.id AND x.channel = 'registered'
                 WHERE rl.move_line_id IN %(ids)s AND rl.kind = 'a_late'
                   AND rl.cancelled IS NOT TRUE AND rl.struck IS NOT TRUE
                   AND x.is_test IS NOT TRUE
                   AND x.state IN ('todo', 'sent', 'delivered', 'returned')
                   AND r.state NOT IN ('refused', 'cancelled')
                   AND %(day)s >= COALESCE(l.date_maturity, l.invoice_date, l.date)
              GROUP BY rl.move_line_id
                """,
                day=NOTICE_DAY,
                ids=ids,
            )
        )


def really_owed(facts, movements):
    """The same facts, with nothing owed on what is not posted or was never owed.

    Credited in full, an invoice was never owed, whatever the day: a credit note takes
    back the debt, a payment or a set-off settles it. Core's ``payment_state`` says
    ``reversed`` of both, and nothing of an invoice that is blocked.
    """
    credited = {
        item_id: sum(one.amount for one in some if one.kind == CREDIT_NOTE)
        for item_id, some in movements.items()
    }
    left = {_debt(fact): 0 for fact in facts if credited.get(fact.id)}
    for fact in facts if left else ():
        debt = _debt(fact)
        if debt in left:
            left[debt] += fact.principal - credited.get(fact.id, 0)
    void = {debt for debt, amount in left.items() if amount <= 0}
    return [
        fact
        if fact.is_posted and (not void or _debt(fact) not in void)
        else fact._replace(principal=0, residual=0)
        for fact in facts
    ]


def _debt(fact):
    """What is credited as one: an invoice; an entry gathers items of several."""
    return ("item", fact.id) if fact.is_entry else ("move", fact.move_id)


def retained(facts):
    """``{item id: amount}`` of the retention money (CCP R2192-33).

    It is kept from what falls due last, and what exceeds that from what falls due
    before; ``facts`` come in that order.
    """
    left, kept = {}, {}
    for fact in reversed(facts):
        if fact.retention:
            rest = left.get(fact.move_id, fact.retention)
            kept[fact.id] = min(rest, fact.principal)
            left[fact.move_id] = rest - kept[fact.id]
    return kept


def _kind(env):
    """The kind that holds for an invoice; the one proposed where nothing is known."""
    return SQL(
        """
        CASE WHEN d.id IS NULL THEN %s ELSE %s END
        """,
        kind_sql(reason_sql(env, SQL("l.company_id"))),
        kind_on_sql(SQL("m.invoice_date")),
    )
