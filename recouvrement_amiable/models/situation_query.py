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
``line``       the open receivable items with their dossier and scenario
``reached``    highest delay already said about each item
``item_hold``  holds recorded about one item (exclusions; later disputes, …)
``item``       days late, level reached and next level
``account``    per dossier: amounts due and credits (``balance``), last relance
               and unfinished work (``history``), ``dossier_hold``, ``contact``
``classified`` every hold and every reason to wait that applies to each item
=============  ================================================================

The order of ``HOLD_ORDER`` decides which hold is *the* reason when several
apply; the others stay listed in ``holds``.
"""

from odoo.tools import SQL

# One item, one situation.
SITUATIONS = ("not_due", "due", "waiting", "held", "exhausted", "credit")

# Documented order of the holds: what a person decided comes first, then what
# the ledger says, then what the desk must mend before it may write. In the
# query a set of holds is an integer, bit n for the n-th reason: the lowest bit
# is *the* reason.
HOLD_ORDER = (
    "excluded",
    "no_followup",
    "blocked",
    "in_payment",
    "left_out",
    "dispute",
    "promise",
    "plan",
    "no_scenario",
    "insolvency",
    "handover",
    "paused",
    "unallocated_credit",
    "bank_stale",
    "no_contact",
)
# Holds of one item: the item alone leaves the relance, the others go on.
ITEM_HOLDS = HOLD_ORDER[:8]

WAITING_ORDER = ("approval", "failed", "posting", "amount", "gap", "closed", "delay")

# Share of what is due above which unallocated credits hold the relance.
CREDIT_HOLD_SHARE = SQL("0.5")

# What a level needs to reach the customer, and what a customer offers.
NEED_EMAIL, NEED_POST, NEED_PHONE, NEED_NOTHING = 1, 2, 4, 8


def hold_bit(reason):
    """Bit of a hold in ``holds`` and ``item_holds``."""
    return 1 << HOLD_ORDER.index(reason)


def wait_bit(reason):
    """Bit of a reason to wait in ``waits``."""
    return 1 << WAITING_ORDER.index(reason)


def reasons_of(bits, order):
    """Reasons of a set of bits, first to last.

    >>> reasons_of(5, ("a", "b", "c"))
    ['a', 'c']
    """
    return [reason for index, reason in enumerate(order) if bits >> index & 1]


def _flags(order, pairs):
    """Sum of the bits whose condition is true.

    :param pairs: ``[(reason, SQL condition)]``
    """
    return SQL(" | ").join(
        SQL("CASE WHEN %s THEN %s ELSE 0 END", condition, 1 << order.index(reason))
        for reason, condition in pairs
    )


def _first_reason(bits, order):
    """Name of the lowest bit of an SQL integer."""
    return SQL(
        "(%s::text[])[round(ln((%s & -%s)::float8) / ln(2.0))::int + 1]",
        list(order),
        bits,
        bits,
    )


class SituationQuery:
    """Builds the query for some companies, each on its own day.

    :param env: environment (its companies are not read: pass ``companies``)
    :param companies: list of dicts, see ``res.company._recouvrement_parameters``
    :param scope: SQL condition on ``l`` (account_move_line), or None for all
    """

    def __init__(self, env, companies, scope=None):
        self.env = env
        self.companies = companies
        self.scope = scope or SQL("TRUE")

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
        """Rows of the query, one per open item (see ``_final``)."""
        ctes = SQL(",\n").join(
            SQL("%s AS %s (%s)", SQL.identifier(name), SQL(mode), body)
            for name, mode, body in self._ctes()
        )
        return SQL("WITH %s\n%s", ctes, self._final())

    def _ctes(self):
        hot, inline = "MATERIALIZED", ""
        item_holds = self._holds(self.item_hold_sources(), "move_line_id")
        dossier_holds = self._holds(self.dossier_hold_sources(), "dossier_id")
        return [
            ("company", hot, self._company()),
            ("ladder", hot, self._ladder()),
            ("line", hot, self._line()),
            ("debtor", hot, SQL("SELECT DISTINCT dossier_id FROM line")),
            ("reached", inline, self._reached()),
            ("item_hold", inline, item_holds),
            ("item", hot, self._item()),
            ("balance", inline, self._balance()),
            ("history", inline, self._history()),
            ("dossier_hold", inline, dossier_holds),
            ("contact", inline, self._contact()),
            ("account", hot, self._account()),
            ("classified", inline, self._classified()),
        ]

    def _company(self):
        """One row per company: its day and what the company decided."""
        rows = SQL(", ").join(
            SQL(
                "(%s::int, %s::date, %s::bool, %s::bool, %s::date, %s::date)",
                row["company_id"],
                row["day"],
                row["is_open"],
                row["bank_hold"],
                row["ignore_before"],
                row["step_before"],
            )
            for row in self.companies
        )
        return SQL(
            "SELECT * FROM (VALUES %s) v"
            " (id, day, is_open, bank_hold, ignore_before, step_before)",
            rows or SQL("(0, NULL::date, false, false, NULL::date, NULL::date)"),
        )

    def _ladder(self):
        """Levels as arrays: a binary search then places an item in its ladder."""
        need = SQL(
            "(CASE WHEN v.channel_email THEN %s ELSE 0 END"
            " | CASE WHEN v.channel_letter OR v.channel_registered THEN %s ELSE 0 END"
            " | CASE WHEN v.channel_call THEN %s ELSE 0 END"
            " | CASE WHEN v.channel_visit OR v.channel_task THEN %s ELSE 0 END)",
            NEED_EMAIL,
            NEED_POST,
            NEED_PHONE,
            NEED_NOTHING,
        )
        columns = {
            "ids": SQL("v.id"),
            "delays": SQL("v.delay"),
            "gaps": SQL("GREATEST(v.minimum_gap, 1)"),
            "needs": need,
        }
        arrays = SQL(", ").join(
            SQL(
                "COALESCE(array_agg(%s ORDER BY v.delay)"
                " FILTER (WHERE v.delay %s 0), '{}'::int[]) AS %s",
                column,
                SQL(sign),
                SQL.identifier(f"{side}_{name}"),
            )
            for side, sign in (("late", ">="), ("early", "<"))
            for name, column in columns.items()
        )
        return SQL(
            """
            SELECT s.id, s.progression, s.minimum_amount, s.credit_policy, %s
              FROM recouvrement_scenario s
         LEFT JOIN recouvrement_level v ON v.scenario_id = s.id AND v.active
          GROUP BY s.id
            """,
            arrays,
        )

    def _line(self):
        """Open receivable items. ``days_late`` is negative before the due date."""
        flags = _flags(
            HOLD_ORDER,
            [
                ("no_followup", SQL("l.no_followup")),
                ("blocked", SQL("m.payment_state = 'blocked'")),
                (
                    "in_payment",
                    SQL(
                        "m.payment_state IN ('in_payment', 'paid', 'reversed')"
                        " AND m.move_type <> 'entry'"
                    ),
                ),
                (
                    "left_out",
                    SQL(
                        "COALESCE(l.date_maturity, l.invoice_date, l.date)"
                        " < c.ignore_before"
                    ),
                ),
            ],
        )
        return SQL(
            """
            SELECT l.id, l.company_id, l.partner_id, l.move_id, l.currency_id,
                   l.amount_residual, l.amount_residual_currency,
                   COALESCE(l.date_maturity, l.invoice_date, l.date) AS due,
                   c.day - COALESCE(l.date_maturity, l.invoice_date, l.date)
                       AS days_late,
                   %s AS flags,
                   d.id AS dossier_id,
                   COALESCE(m.recouvrement_scenario_id, d.scenario_choice_id,
                            d.scenario_auto_id) AS scenario_id,
                   c.day, c.is_open, c.bank_hold,
                   COALESCE(COALESCE(l.date_maturity, l.invoice_date, l.date)
                            < c.step_before, false) AS from_first
              FROM account_move_line l
              JOIN company c ON c.id = l.company_id
              JOIN account_account a ON a.id = l.account_id
               AND a.account_type = 'asset_receivable'
              JOIN account_move m ON m.id = l.move_id
              JOIN recouvrement_dossier d
                ON d.company_id = l.company_id AND d.partner_id = l.partner_id
             WHERE l.reconciled IS NOT TRUE
               AND l.parent_state = 'posted'
               AND (l.amount_residual <> 0 OR l.amount_residual_currency <> 0)
               AND (%s)
            """,
            flags,
            self.scope,
        )

    def _reached(self):
        """Highest delay said about each item, before and after the due date.

        The level's own delay counts, so that a corrected ladder moves what was
        already said with it.
        """
        return SQL(
            """
            SELECT rl.move_line_id,
                   max(v.delay) FILTER (WHERE v.delay >= 0) AS late_delay,
                   max(v.delay) FILTER (WHERE v.delay < 0) AS early_delay
              FROM line
              JOIN recouvrement_relance_line rl ON rl.move_line_id = line.id
              JOIN recouvrement_level v ON v.id = rl.level_id
             WHERE rl.granted AND rl.cancelled IS NOT TRUE
          GROUP BY rl.move_line_id
            """
        )

    def _holds(self, sources, key):
        """Recorded holds as bits, per item or per dossier."""
        return SQL(
            """
            SELECT %(key)s,
                   bit_or(1 << (array_position(%(order)s::text[], reason) - 1))
                       AS reasons,
                   max(until) AS until, min(detail) AS detail
              FROM (%(union)s) h
          GROUP BY %(key)s
            """,
            key=SQL.identifier(key),
            order=list(HOLD_ORDER),
            union=SQL(" UNION ALL ").join(sources),
        )

    def _item(self):
        """Place of each item in its ladder: level reached and next level."""
        is_late = SQL(
            "(line.days_late > 0 OR (line.days_late = 0 AND g.late_delays[1] = 0))"
        )
        side = SQL(", ").join(
            SQL(
                "CASE WHEN o.is_late THEN o.%s ELSE o.%s END AS %s",
                SQL.identifier(f"late_{name}"),
                SQL.identifier(f"early_{name}"),
                SQL.identifier(name),
            )
            for name in ("ids", "delays", "gaps", "needs")
        )
        # OFFSET 0 keeps each step apart: PostgreSQL would otherwise copy the
        # expressions into one another and compute them ten times a row.
        return SQL(
            """
            SELECT x.id, x.company_id, x.partner_id, x.move_id, x.currency_id,
                   x.amount_residual, x.amount_residual_currency, x.due,
                   x.days_late, x.dossier_id, x.scenario_id, x.day, x.is_open,
                   x.bank_hold, x.minimum_amount, x.credit_policy, x.is_late,
                   x.item_holds, x.item_until, x.item_detail,
                   x.ids[x.reached] AS reached_level_id,
                   x.ids[x.next] AS next_level_id,
                   x.delays[x.next] AS next_delay,
                   x.gaps[x.next] AS next_gap,
                   x.needs[x.next] AS next_need,
                   x.passed >= x.next AS is_passed
              FROM (
                SELECT w.*,
                       CASE WHEN w.passed > w.reached AND NOT (w.is_late
                                 AND (w.progression = 'step' OR w.from_first))
                            THEN w.passed ELSE w.reached + 1 END AS next
                  FROM (
                    SELECT s.*, width_bucket(s.days_late, s.delays) AS passed,
                           COALESCE(width_bucket(CASE WHEN s.is_late
                               THEN s.late_delay ELSE s.early_delay END, s.delays),
                               0) AS reached
                      FROM (
                        SELECT o.*, %(side)s
                          FROM (
                            SELECT line.*, COALESCE(%(is_late)s, false) AS is_late,
                                   line.flags | COALESCE(h.reasons, 0) AS item_holds,
                                   h.until AS item_until, h.detail AS item_detail,
                                   r.late_delay, r.early_delay,
                                   g.progression, g.minimum_amount, g.credit_policy,
                                   g.late_ids, g.late_delays, g.late_gaps,
                                   g.late_needs, g.early_ids, g.early_delays,
                                   g.early_gaps, g.early_needs
                              FROM line
                         LEFT JOIN ladder g ON g.id = line.scenario_id
                         LEFT JOIN reached r ON r.move_line_id = line.id
                         LEFT JOIN item_hold h ON h.move_line_id = line.id
                            OFFSET 0) o
                        OFFSET 0) s
                    OFFSET 0) w
                OFFSET 0) x
            """,
            is_late=is_late,
            side=side,
        )

    def _balance(self):
        """Per dossier, company currency: claimable late, early, and credits."""
        return SQL(
            """
            SELECT dossier_id,
                   COALESCE(sum(amount_residual) FILTER (WHERE is_late
                       AND amount_residual > 0 AND item_holds = 0), 0)
                       AS late_amount,
                   COALESCE(sum(amount_residual) FILTER (WHERE NOT is_late
                       AND amount_residual > 0 AND item_holds = 0
                       AND days_late < 0 AND is_passed), 0)
                       AS early_amount,
                   -COALESCE(sum(amount_residual) FILTER
                       (WHERE amount_residual < 0), 0) AS credit_amount
              FROM item
          GROUP BY dossier_id
            """
        )

    def _history(self):
        """Last relance of each dossier, and work that is not finished yet.

        A courtesy reminder never delays the late ladder: with weekly invoices
        it would silence it for ever.
        """
        unfinished = _flags(
            WAITING_ORDER,
            [
                ("approval", SQL("r.state = 'to_approve'")),
                ("failed", SQL("r.state = 'approved' AND r.has_failure")),
                (
                    "posting",
                    SQL(
                        "r.state = 'approved' AND r.has_letter"
                        " AND r.has_failure IS NOT TRUE"
                    ),
                ),
            ],
        )
        return SQL(
            """
            SELECT r.dossier_id,
                   max(r.date) FILTER (WHERE r.courtesy IS NOT TRUE) AS last_late,
                   max(r.date) AS last_any,
                   bit_or(%s) AS unfinished
              FROM recouvrement_relance r
             WHERE r.state NOT IN ('refused', 'cancelled')
               AND r.origin <> 'entry'
               AND r.dossier_id IN (SELECT dossier_id FROM debtor)
          GROUP BY r.dossier_id
            """,
            unfinished,
        )

    def _contact(self):
        """Contact of each dossier for each means of writing to it.

        Order: the contact chosen on the dossier, the invoice address, the
        customer; for each means the first one that has what it needs.
        """

        def first(condition):
            return SQL(
                "(array_agg(p.id ORDER BY k.rank, p.id) FILTER (WHERE %s))[1]",
                SQL(condition),
            )

        return SQL(
            """
            SELECT k.dossier_id,
                   %(email)s AS email_partner_id,
                   %(phone)s AS phone_partner_id,
                   %(post)s AS post_partner_id
              FROM (
                SELECT d.id AS dossier_id, d.contact_id AS partner_id, 0 AS rank
                  FROM recouvrement_dossier d
                 WHERE d.id IN (SELECT dossier_id FROM debtor)
                   AND d.contact_id IS NOT NULL
                 UNION ALL
                SELECT d.id, child.id, 1
                  FROM recouvrement_dossier d
                  JOIN res_partner child ON child.parent_id = d.partner_id
                   AND child.type = 'invoice' AND child.active
                 WHERE d.id IN (SELECT dossier_id FROM debtor)
                 UNION ALL
                SELECT d.id, d.partner_id, 2
                  FROM recouvrement_dossier d
                 WHERE d.id IN (SELECT dossier_id FROM debtor)
              ) k
              JOIN res_partner p ON p.id = k.partner_id
          GROUP BY k.dossier_id
            """,
            email=first("p.email_normalized IS NOT NULL"),
            phone=first("COALESCE(p.phone, '') <> ''"),
            post=first("COALESCE(p.street, '') <> '' AND COALESCE(p.city, '') <> ''"),
        )

    def _account(self):
        """One row per dossier: amounts, past, holds and contacts."""
        return SQL(
            """
            SELECT b.*,
                   CASE WHEN b.late_amount > 0 THEN b.late_amount
                        ELSE b.early_amount END AS claim,
                   t.last_late, t.last_any, COALESCE(t.unfinished, 0) AS unfinished,
                   COALESCE(dh.reasons, 0) AS holds, dh.until, dh.detail,
                   k.email_partner_id, k.phone_partner_id, k.post_partner_id,
                   %s | CASE WHEN k.email_partner_id IS NULL THEN 0 ELSE %s END
                   | CASE WHEN k.post_partner_id IS NULL THEN 0 ELSE %s END
                   | CASE WHEN k.phone_partner_id IS NULL THEN 0 ELSE %s END
                       AS offer
              FROM balance b
         LEFT JOIN history t ON t.dossier_id = b.dossier_id
         LEFT JOIN dossier_hold dh ON dh.dossier_id = b.dossier_id
         LEFT JOIN contact k ON k.dossier_id = b.dossier_id
            """,
            NEED_NOTHING,
            NEED_EMAIL,
            NEED_POST,
            NEED_PHONE,
        )

    def _classified(self):
        """Each item with every hold and every reason to wait that applies."""
        return SQL(
            """
            SELECT i.*, b.late_amount, b.credit_amount, b.last_late, b.last_any,
                   b.email_partner_id, b.phone_partner_id, b.post_partner_id,
                   i.item_holds | b.holds | %(holds)s AS holds,
                   b.unfinished | %(waits)s AS waits,
                   COALESCE(i.item_until, b.until) AS until,
                   COALESCE(i.item_detail, b.detail) AS detail,
                   GREATEST(i.due + i.next_delay, e.gap_day, b.until) AS next_date
              FROM item i
              JOIN account b ON b.dossier_id = i.dossier_id
             CROSS JOIN LATERAL (
                SELECT CASE WHEN i.is_late THEN b.last_late ELSE b.last_any END
                       + i.next_gap AS gap_day) e
            OFFSET 0
            """,
            holds=_flags(
                HOLD_ORDER,
                [
                    ("no_scenario", SQL("i.scenario_id IS NULL")),
                    ("unallocated_credit", self._credit_holds()),
                    ("bank_stale", SQL("i.bank_hold")),
                    ("no_contact", SQL("i.next_need & b.offer = 0")),
                ],
            ),
            waits=_flags(
                WAITING_ORDER,
                [
                    (
                        "amount",
                        SQL(
                            "b.claim - CASE WHEN i.credit_policy IN ('net', 'auto')"
                            " THEN b.credit_amount ELSE 0 END < i.minimum_amount"
                        ),
                    ),
                    ("gap", SQL("i.day < e.gap_day")),
                    ("closed", SQL("NOT i.is_open")),
                    ("delay", SQL("NOT i.is_passed")),
                ],
            ),
        )

    def _credit_holds(self):
        """Whether unallocated credits hold the relance, by the scenario's policy."""
        return SQL(
            """
            b.credit_amount > 0 AND CASE i.credit_policy
                WHEN 'hold' THEN true
                WHEN 'ignore' THEN false
                WHEN 'net' THEN b.credit_amount >= b.claim
                ELSE b.credit_amount > %s * b.claim END
            """,
            CREDIT_HOLD_SHARE,
        )

    def _final(self):
        """Exactly one situation per item, with its reason and the other holds."""
        account_holds = sum(
            hold_bit(hold)
            for hold in HOLD_ORDER
            if hold not in ITEM_HOLDS and hold != "no_contact"
        )
        return SQL(
            """
            SELECT y.id, y.id AS move_line_id, y.company_id, y.partner_id,
                   y.move_id, y.dossier_id, y.scenario_id, y.currency_id,
                   y.amount_residual, y.amount_residual_currency,
                   y.due AS date_due, y.days_late, y.is_late, y.day,
                   y.reached_level_id, y.next_level_id, y.next_delay,
                   y.next_date, y.last_late, y.last_any, y.until, y.detail,
                   y.item_holds, y.holds, y.waits, y.situation,
                   y.late_amount, y.credit_amount, y.credit_policy,
                   y.email_partner_id, y.phone_partner_id, y.post_partner_id,
                   CASE y.situation
                     WHEN 'held' THEN %(hold)s
                     WHEN 'waiting' THEN %(wait)s
                   END AS reason
              FROM (
                SELECT c.*, CASE
                         WHEN c.amount_residual < 0 OR (c.amount_residual = 0
                              AND c.amount_residual_currency < 0) THEN 'credit'
                         WHEN c.item_holds <> 0 THEN 'held'
                         WHEN NOT c.is_late AND (c.days_late >= 0
                              OR c.is_passed IS NOT TRUE
                              OR c.next_level_id IS NULL) THEN 'not_due'
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
            hold=_first_reason(SQL("y.holds"), HOLD_ORDER),
            wait=_first_reason(SQL("y.waits"), WAITING_ORDER),
            account=account_holds,
        )
