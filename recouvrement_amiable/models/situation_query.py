# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The one query: the situation of every open item on a given day.

Everything that says what happens to an unpaid item (planning, worklist, the
"why" on an invoice, the run report) reads the rows built here. It is plain SQL,
one pass over the open receivable lines, so that 100,000 items take a fraction
of a second; the Python side only names the parameters and the extension points.

How it works, step by step (one CTE each):

=============  ================================================================
``company``    the day and the company's own rules (open day, bank data, start)
``ladder``     one row per scenario, its levels as arrays ordered by delay
``special``    the few invoices that decide something about their items
``term``       the few items with a time to pay of their own (public buyers,
               retention money); absent where there is none
``item_hold``  holds recorded about one item (exclusions; later disputes, …)
``line``       the open receivable items with their dossier and their scenario
``placed``     the same with their place in the scenario's ladder, from the highest
               delay already said
``item``       items of a dossier at the same place as one row, with the level
               reached and the next one
``account``    per dossier: amounts due and credits (``balance``), last relance
               and unfinished work (``history``, ``put_off``), ``dossier_hold``,
               ``contact``
``classified`` every hold and every reason to wait that applies to each place
``settled``    the one situation of each place
=============  ================================================================

The order of ``HOLD_ORDER`` decides which hold is *the* reason when several
apply; the others stay listed in ``holds``.
"""

from functools import cached_property

from odoo.tools import SQL

from . import situation_account as accounts
from . import situation_item as steps
from .situation_reasons import (
    CREDIT_HOLD_SHARE,
    HOLD_ORDER,
    ITEM_HOLDS,
    PERSON_HOLDS,
    WAITING_ORDER,
    first_reason,
    flags,
    hold_bit,
)
from .situation_term import item_terms, term_cte, term_hold_sql

# Of the place, whatever stands there.
PLACE_COLUMNS = (
    "scenario_id",
    "is_late",
    "is_credit",
    "item_holds",
    "reached_level_id",
    "next_level_id",
    "next_delay",
    "last_late",
    "last_any",
    "holds",
    "waits",
    "situation",
    "reason",
    "late_amount",
    "credit_amount",
    "credit_policy",
    "email_partner_id",
    "phone_partner_id",
    "post_partner_id",
)


class SituationQuery:
    """Builds the query for some companies, each on its own day.

    :param env: environment (its companies are not read: pass ``companies``)
    :param companies: list of dicts, see ``res.company._recouvrement_parameters``
    :param scope: SQL condition on ``d`` (recouvrement_dossier) and ``l``
        (account_move_line) that keeps whole accounts, or None for all
    :param alike: one row for the items of a dossier that stand at the same place,
        with their number and sum, instead of one row per item
    :param whole: many items are read; by default where there is no scope
    :param among: SQL condition on ``l`` alone, which an index serves, that keeps at
        least the items in scope
    """

    def __init__(self, env, companies, scope=None, alike=False, whole=None, among=None):
        self.env = env
        self.companies = companies
        self.scope = scope or SQL("TRUE")
        self.alike = alike
        self.whole = scope is None if whole is None else whole
        self.among = among

    # ------------------------------------------------------------------
    # Extension points
    # ------------------------------------------------------------------
    def item_hold_sources(self):
        """SELECTs of ``(move_line_id, reason, until, detail)``, one per source.

        A later model (dispute, promise, plan) adds its own SELECT here through
        ``recouvrement.open.item._item_hold_sources``.
        """
        return self.env["recouvrement.open.item"]._item_hold_sources()

    def dossier_hold_sources(self):
        """SELECTs of ``(dossier_id, reason, until, detail)``, one per source."""
        return self.env["recouvrement.open.item"]._dossier_hold_sources()

    # ------------------------------------------------------------------
    # The query
    # ------------------------------------------------------------------
    def select(self):
        """Rows of the query, one per open item or group (see ``_final``)."""
        mode = "" if self.alike else "MATERIALIZED"
        placed = ("placed", mode, self._placed())
        return _with([*self._placing(), placed, *self._settling()], self._final())

    def placed(self):
        """First half, for who keeps it in a table: each item with its place."""
        return _with(self._placing(), self._placed())

    def settled(self, table):
        """Second half: the places of the items in a table that ``placed`` filled."""
        placed = ("placed", "", SQL("SELECT * FROM %s", SQL.identifier(table)))
        return _with([*self._first_ctes(), placed, *self._settling()], self._final())

    def plain(self):
        """The same items without their situation: a fraction of the work."""
        lines = steps.plain_select(self.scope, self._is_open(), bool(self._terms))
        return _with(self._first_ctes(), lines)

    def _is_open(self):
        receivable_ids = self.env["recouvrement.open.item"]._receivable_ids()
        return steps.open_condition(receivable_ids, self.among)

    @cached_property
    def _terms(self):
        return item_terms(self.env, self.companies, self.scope, self._is_open())

    def _first_ctes(self):
        ctes = [
            ("company", "MATERIALIZED", steps.company_cte(self.companies)),
            ("ladder", "MATERIALIZED", steps.ladder_cte()),
            ("special", "MATERIALIZED", steps.special_cte()),
        ]
        if self._terms:
            ctes.append(("term", "MATERIALIZED", term_cte(self._terms)))
        return ctes

    def _placing(self):
        """What ``_placed`` stands on."""
        sources = self.item_hold_sources()
        if self._terms:
            sources = [*sources, term_hold_sql()]
        holds = steps.holds_cte(sources, "move_line_id")
        line = steps.line_cte(self.scope, self._is_open(), bool(self._terms))
        mode = "MATERIALIZED" if self.whole else ""
        return [*self._first_ctes(), ("item_hold", "", holds), ("line", mode, line)]

    def _placed(self):
        return steps.placed_cte(self.whole)

    def _settling(self):
        """From ``placed`` to ``settled``."""
        hot, inline = "MATERIALIZED", ""
        dossier_holds = steps.holds_cte(self.dossier_hold_sources(), "dossier_id")
        return [
            ("item", hot, steps.item_cte()),
            ("debtor", hot, SQL("SELECT DISTINCT dossier_id FROM item")),
            ("balance", inline, accounts.balance_cte()),
            ("history", inline, accounts.history_cte()),
            ("dossier_hold", inline, dossier_holds),
            ("put_off", inline, accounts.put_off_cte()),
            ("contact", inline, accounts.contact_cte()),
            ("account", hot, accounts.account_cte()),
            ("classified", inline, self._classified()),
            ("settled", hot, self._settled()),
        ]

    def _classified(self):
        """Each place with every hold and every reason to wait that applies."""
        return SQL(
            """
            SELECT i.*, b.late_amount, b.credit_amount, b.last_late, b.last_any,
                   b.email_partner_id, b.phone_partner_id, b.post_partner_id,
                   i.item_holds | b.holds | %(holds)s AS holds,
                   CASE WHEN i.is_late THEN b.unfinished_late
                        ELSE b.unfinished_any END | %(waits)s AS waits,
                   b.until AS account_until, b.detail AS account_detail,
                   GREATEST(e.gap_day, b.until, b.call_day + 1) AS not_before
              FROM item i
              JOIN account b ON b.dossier_id = i.dossier_id
             CROSS JOIN LATERAL (
                SELECT CASE WHEN i.is_late THEN b.last_late ELSE b.last_any END
                       + i.next_gap AS gap_day) e
            OFFSET 0
            """,
            holds=flags(
                HOLD_ORDER,
                [
                    ("no_scenario", SQL("i.scenario_id IS NULL")),
                    ("unallocated_credit", self._credit_holds()),
                    ("bank_stale", SQL("i.bank_hold")),
                    ("no_contact", SQL("i.next_need & b.offer = 0")),
                ],
            ),
            waits=flags(
                WAITING_ORDER,
                [
                    (
                        "amount",
                        SQL(
                            "b.claim - CASE WHEN i.credit_policy IN ('net', 'auto')"
                            " THEN b.credit_amount ELSE 0 END < i.minimum_amount"
                        ),
                    ),
                    ("call", SQL("i.day <= b.call_day")),
                    ("gap", SQL("i.day < e.gap_day")),
                    ("closed", SQL("NOT i.is_open")),
                    ("delay", SQL("NOT i.is_passed")),
                ],
            ),
        )

    def _credit_holds(self):
        """Whether unallocated credits hold the relance, by the scenario's policy.

        A credit that was given back is not deducted: until both are matched, nobody
        knows which one it is.
        """
        return SQL(
            """
            b.credit_amount > 0 AND CASE i.credit_policy
                WHEN 'hold' THEN true
                WHEN 'ignore' THEN false
                WHEN 'net' THEN b.credit_amount >= b.claim
                ELSE b.credit_amount > %s * b.claim END
                OR b.credit_amount > 0 AND b.has_paid_out
                   AND i.credit_policy <> 'ignore'
            """,
            CREDIT_HOLD_SHARE,
        )

    def _settled(self):
        """Exactly one situation per place, with its reason and the other holds."""
        account_holds = sum(
            hold_bit(hold)
            for hold in HOLD_ORDER
            if hold not in ITEM_HOLDS and hold != "no_contact"
        )
        return SQL(
            """
            SELECT y.*,
                   CASE y.situation
                     WHEN 'held' THEN %(hold)s
                     WHEN 'waiting' THEN %(wait)s
                   END AS reason
              FROM (
                SELECT c.*, CASE
                         WHEN c.is_credit THEN 'credit'
                         WHEN c.item_holds <> 0 THEN 'held'
                         WHEN NOT c.is_late AND (c.days_late >= 0
                              OR c.is_passed IS NOT TRUE
                              OR c.next_level_id IS NULL) THEN 'not_due'
                         WHEN c.is_late AND c.holds & %(person)s <> 0 THEN 'held'
                         WHEN c.scenario_id IS NOT NULL
                              AND c.next_level_id IS NULL THEN 'exhausted'
                         WHEN c.holds & %(account)s <> 0 THEN 'held'
                         WHEN c.is_passed AND c.holds <> 0 THEN 'held'
                         WHEN c.waits <> 0 THEN 'waiting'
                         ELSE 'due'
                       END AS situation
                  FROM classified c
                OFFSET 0) y
            """,
            hold=first_reason(SQL("y.holds"), HOLD_ORDER),
            wait=first_reason(SQL("y.waits"), WAITING_ORDER),
            account=account_holds,
            person=sum(map(hold_bit, PERSON_HOLDS)),
        )

    def _final(self):
        """One row per item, or per place."""
        columns = SQL(", ").join(SQL.identifier("s", name) for name in PLACE_COLUMNS)
        if self.alike:
            row, own, source = SQL("s"), SQL("s.items, s.place"), SQL("settled s")
        else:
            row = SQL("p")
            own = SQL("p.move_id, p.currency_id, p.amount_residual_currency")
            source = SQL(
                "placed p JOIN settled s"
                " ON s.dossier_id = p.dossier_id AND s.place = p.place"
            )
        return SQL(
            """
            SELECT %(row)s.id, %(row)s.company_id, %(row)s.partner_id,
                   %(row)s.dossier_id, %(row)s.amount_residual, %(row)s.days_late,
                   %(row)s.item_until, %(row)s.item_detail, %(own)s, %(columns)s,
                   %(row)s.id AS move_line_id, s.day,
                   s.day - %(row)s.days_late AS date_due,
                   GREATEST(s.day - %(row)s.days_late + s.next_delay, s.not_before)
                       AS next_date,
                   COALESCE(%(row)s.item_until, s.account_until) AS until,
                   COALESCE(%(row)s.item_detail, s.account_detail) AS detail
              FROM %(source)s
            """,
            row=row,
            own=own,
            columns=columns,
            source=source,
        )


def _with(ctes, select):
    parts = SQL(",\n").join(
        SQL("%s AS %s (%s)", SQL.identifier(name), SQL(mode), body)
        for name, mode, body in ctes
    )
    return SQL("WITH %s\n%s", parts, select)
