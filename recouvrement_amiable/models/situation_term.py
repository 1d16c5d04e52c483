# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Items that are due later than their books say: see ``situation_query``.

A public buyer pays in the time of the Public Procurement Code, and retention money
stays with the buyer for a while. Only the few invoices on which such days are noted
are looked at; the law is asked in Python, and its answers go into the query as rows.
"""

from typing import NamedTuple

from odoo.tools import SQL

from ..legal.errors import LegalError
from ..legal.parameters import PUBLIC
from ..legal.terms import public_term
from .debtor_kind import kind_on_sql

# Invoices with days of their own, while something may be left to pay on them: an
# index serves it.
TERM_MOVE = (
    "({alias}recouvrement_available_on IS NOT NULL"
    " OR {alias}recouvrement_suspended_on IS NOT NULL"
    " OR {alias}recouvrement_retention <> 0)"
    " AND {alias}payment_state NOT IN ('paid', 'reversed')"
)


class _Item(NamedTuple):
    """An open item of such an invoice.

    :ivar date due: in the books
    :ivar bool is_retained: nothing but retention money is left on it
    """

    id: int
    company_id: int
    due: object
    is_public: bool
    buyer: str
    issued: object
    performed: object
    available: object
    suspended: object
    completed: object
    is_retained: bool
    retained_until: object


class Term(NamedTuple):
    """When an item is due, and what holds it on a day.

    :ivar date due: its last day to be paid, as far as it is known
    :ivar str reason: ``public_term``, ``retention`` or None
    :ivar date until: last day of the hold, None when nobody knows it
    :ivar str detail: day from which a time to pay is suspended
    """

    id: int
    due: object
    reason: str | None = None
    until: object = None
    detail: str | None = None


def item_terms(env, companies, scope, is_open):
    """Terms of the items that have one of their own.

    :param list companies: see ``res.company._recouvrement_parameters``
    :param SQL scope: condition on ``d`` and ``l``, see ``SituationQuery``
    :param SQL is_open: see ``situation_item.open_condition``
    :rtype: list[Term]
    """
    days = {row["company_id"]: row["day"] for row in companies}
    if not days:
        return []
    items = map(_Item._make, env.execute_query(items_sql(days, scope, is_open)))
    return [_term(item, days[item.company_id]) for item in items]


def items_sql(days, scope, is_open):
    """SELECT of the columns of :class:`_Item`.

    :param dict days: by id of company
    """
    # LATERAL: from the few invoices to their items, however many there are
    due = SQL("COALESCE(l.date_maturity, l.invoice_date, l.date)")
    return SQL(
        """
        SELECT l.id, m.company_id, %(due)s,
               %(kind)s = %(public)s
                   AND (m.recouvrement_available_on IS NOT NULL
                        OR m.recouvrement_suspended_on IS NOT NULL),
               d.public_buyer, m.invoice_date,
               COALESCE(m.recouvrement_performed_on, m.delivery_date),
               m.recouvrement_available_on, m.recouvrement_suspended_on,
               m.recouvrement_completed_on,
               l.amount_residual_currency <= COALESCE(m.recouvrement_retention, 0)
                   AND NOT EXISTS (
                       SELECT 1 FROM account_move_line o
                        WHERE o.move_id = m.id AND o.account_id = l.account_id
                          AND o.amount_currency > 0
                          AND (COALESCE(o.date_maturity, o.invoice_date, o.date), o.id)
                              > (%(due)s, l.id)),
               m.recouvrement_retention_until
          FROM account_move m
          JOIN recouvrement_dossier d
            ON d.company_id = m.company_id AND d.partner_id = m.commercial_partner_id
         CROSS JOIN LATERAL (
            SELECT i.id, i.account_id, i.partner_id, i.company_id, i.reconciled,
                   i.date_maturity, i.invoice_date, i.date,
                   i.amount_residual_currency
              FROM account_move_line i WHERE i.move_id = m.id OFFSET 0) l
         WHERE %(is_term)s
           AND m.company_id IN %(companies)s
           AND m.state = 'posted' AND m.move_type = 'out_invoice'
           AND l.amount_residual_currency > 0
           AND %(is_open)s AND (%(scope)s)
      ORDER BY l.id
        """,
        due=due,
        kind=kind_on_sql(SQL("m.invoice_date")),
        public=PUBLIC,
        is_term=SQL(TERM_MOVE.format(alias="m.")),
        companies=tuple(days),
        is_open=is_open,
        scope=scope,
    )


def _term(item, day):
    term = _public(item, day) if item.is_public else Term(item.id, item.due)
    if not item.is_retained:
        return term
    until = item.retained_until
    term = term._replace(due=max(term.due, until or term.due))
    if until is None or day <= until:
        return term._replace(reason="retention", until=until, detail=None)
    return term


def _public(item, day):
    """CCP R2192-10 and following; never before the due date of the invoice."""
    try:
        lawful = public_term(
            item.issued,
            item.performed,
            item.available,
            item.suspended,
            item.completed,
            item.buyer,
        ).due
    except LegalError:  # its days contradict one another: the books decide
        return Term(item.id, item.due)
    if lawful is None:
        since = item.suspended.isoformat()
        return Term(item.id, item.due, "public_term", None, since)
    # before its own due date an item is simply not due yet
    if item.due <= day <= lawful and item.due < lawful:
        return Term(item.id, lawful, "public_term", lawful)
    return Term(item.id, max(lawful, item.due))


def term_cte(terms):
    """One row per :class:`Term`."""
    return SQL(
        """
        SELECT * FROM unnest(%s::int[], %s::date[], %s::text[], %s::date[],
                             %s::varchar[])
               AS t (move_line_id, due, reason, until, detail)
        """,
        *map(list, zip(*terms, strict=True)),
    )


def term_hold_sql():
    """Holds of the terms: see ``recouvrement.open.item._item_hold_sources``."""
    return SQL(
        "SELECT t.move_line_id, t.reason, t.until, t.detail"
        " FROM term t WHERE t.reason IS NOT NULL"
    )
