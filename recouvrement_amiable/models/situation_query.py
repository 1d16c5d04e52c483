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
``history``    last relance, and unfinished work, of each dossier
``item_hold``  holds recorded about one item (exclusions; later disputes, …)
``item``       days late, position in the ladder, next level
``balance``    what each dossier owes, and its unallocated credits
``contact``    which channels can reach each dossier
=============  ================================================================

The order of ``HOLD_ORDER`` decides which hold is *the* reason when several
apply; the others stay listed in ``holds``.
"""

from odoo.tools import SQL

# One item, one situation.
SITUATIONS = ("not_due", "due", "waiting", "held", "exhausted", "credit")

# Documented order of the holds: what a person decided comes first, then what
# the ledger says, then what the desk must mend before it may write.
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
# Holds of the whole customer account.
DOSSIER_HOLDS = HOLD_ORDER[8:]

WAITING_ORDER = ("approval", "failed", "posting", "amount", "gap", "closed", "delay")

# Share of what is due above which unallocated credits hold the relance.
CREDIT_HOLD_SHARE = SQL("0.5")


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
        return [
            ("company", hot, self._company()),
            ("ladder", hot, self._ladder()),
            ("line", hot, self._line()),
            ("reached", inline, self._reached()),
            ("history", hot, self._history()),
            ("item_hold", inline, self._holds(self.item_hold_sources(), "move_line_id")),
            (
                "dossier_hold",
                inline,
                self._holds(self.dossier_hold_sources(), "dossier_id"),
            ),
            ("item", hot, self._item()),
            ("balance", hot, self._balance()),
            ("contact", hot, self._contact()),
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

        def array(column, kind, side):
            return SQL(
                "COALESCE(array_agg(v.%s ORDER BY v.delay)"
                " FILTER (WHERE v.id IS NOT NULL AND v.delay %s 0), '{}'::%s[])",
                SQL.identifier(column),
                SQL(side),
                SQL(kind),
            )

        return SQL(
            """
            SELECT s.id, s.progression, s.minimum_amount, s.credit_policy,
                   %s AS late_delays, %s AS late_ids,
                   %s AS early_delays, %s AS early_ids
              FROM recouvrement_scenario s
         LEFT JOIN recouvrement_level v ON v.scenario_id = s.id AND v.active
          GROUP BY s.id
            """,
            array("delay", "int", ">="),
            array("id", "int", ">="),
            array("delay", "int", "<"),
            array("id", "int", "<"),
        )

    def _line(self):
        """Open receivable items. ``days_late`` is negative before the due date."""
        return SQL(
            """
            SELECT l.id, l.company_id, l.partner_id, l.move_id, l.currency_id,
                   l.amount_residual, l.amount_residual_currency,
                   COALESCE(l.date_maturity, l.invoice_date, l.date) AS due,
                   c.day - COALESCE(l.date_maturity, l.invoice_date, l.date)
                       AS days_late,
                   l.no_followup, m.payment_state, m.move_type,
                   d.id AS dossier_id,
                   COALESCE(m.recouvrement_scenario_id, d.scenario_choice_id,
                            d.scenario_auto_id) AS scenario_id,
                   c.day
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
            self.scope,
        )

    def _reached(self):
        """Highest delay said about each item, before and after the due date.

        The level's own delay counts when the level still exists, so that a
        corrected ladder moves what was already said with it.
        """
        return SQL(
            """
            SELECT rl.move_line_id,
                   max(v.delay) FILTER (WHERE v.delay >= 0) AS late_delay,
                   max(v.delay) FILTER (WHERE v.delay < 0) AS early_delay
              FROM recouvrement_relance_line rl
              JOIN recouvrement_level v ON v.id = rl.level_id
             WHERE rl.granted AND rl.cancelled IS NOT TRUE
               AND rl.move_line_id IN (SELECT id FROM line)
          GROUP BY rl.move_line_id
            """
        )

    def _history(self):
        """Last relance of each dossier, and work that is not finished yet.

        A courtesy reminder never delays the late ladder: with weekly invoices
        it would silence it for ever.
        """
        return SQL(
            """
            SELECT r.dossier_id,
                   max(r.date) FILTER (WHERE NOT r.courtesy) AS last_late,
                   max(r.date) AS last_any,
                   bool_or(r.state = 'to_approve') AS to_approve,
                   bool_or(r.state = 'approved' AND r.has_failure) AS failed,
                   bool_or(r.state = 'approved' AND r.has_letter
                           AND NOT r.has_failure) AS posting
              FROM recouvrement_relance r
             WHERE r.state NOT IN ('refused', 'cancelled')
               AND r.origin <> 'entry'
               AND r.dossier_id IN (SELECT dossier_id FROM line)
          GROUP BY r.dossier_id
            """
        )

    def _holds(self, sources, key):
        union = SQL(" UNION ALL ").join(sources)
        return SQL(
            """
            SELECT %(key)s, array_agg(reason) AS reasons, max(until) AS until,
                   min(detail) AS detail
              FROM (%(union)s) h
          GROUP BY %(key)s
            """,
            key=SQL.identifier(key),
            union=union,
        )

    def _item(self):
        """Place of each item in its ladder: reached, passed and next position."""
        return SQL(
            """
            SELECT p.*,
                   CASE WHEN by_step THEN reached_pos + 1
                        WHEN passed_pos > reached_pos THEN passed_pos
                        ELSE reached_pos + 1
                    END AS next_pos
              FROM (
                SELECT q.*,
                       COALESCE(width_bucket(reached_delay, delays), 0)
                           AS reached_pos,
                       width_bucket(days_late, delays) AS passed_pos
                  FROM (
                    SELECT line.*,
                           g.progression, g.minimum_amount, g.credit_policy,
                           %(is_late)s AS is_late,
                           CASE WHEN %(is_late)s THEN r.late_delay
                                ELSE r.early_delay END AS reached_delay,
                           CASE WHEN %(is_late)s THEN g.late_delays
                                ELSE g.early_delays END AS delays,
                           CASE WHEN %(is_late)s THEN g.late_ids
                                ELSE g.early_ids END AS level_ids,
                           %(is_late)s AND (g.progression = 'step'
                               OR COALESCE(line.due < c.step_before, false))
                               AS by_step,
                           array_remove(ARRAY[
                             CASE WHEN line.no_followup THEN 'no_followup' END,
                             CASE WHEN line.payment_state = 'blocked'
                                  THEN 'blocked' END,
                             CASE WHEN line.payment_state IN
                                  ('in_payment', 'paid', 'reversed')
                                  AND line.move_type <> 'entry'
                                  THEN 'in_payment' END,
                             CASE WHEN line.due < c.ignore_before
                                  THEN 'left_out' END
                           ], NULL) || COALESCE(h.reasons, '{}') AS item_holds,
                           h.until AS item_until, h.detail AS item_detail,
                           c.is_open, c.bank_hold
                      FROM line
                      JOIN company c ON c.id = line.company_id
                 LEFT JOIN ladder g ON g.id = line.scenario_id
                 LEFT JOIN reached r ON r.move_line_id = line.id
                 LEFT JOIN item_hold h ON h.move_line_id = line.id
                  ) q
              ) p
            """,
            is_late=SQL(
                "(line.days_late > 0 OR (line.days_late = 0"
                " AND COALESCE(g.late_delays[1] = 0, false)))"
            ),
        )

    def _balance(self):
        """Per dossier, company currency: claimable late, early, and credits."""
        return SQL(
            """
            SELECT dossier_id,
                   COALESCE(sum(amount_residual) FILTER (WHERE is_late
                       AND amount_residual > 0 AND item_holds = '{}'), 0)
                       AS late_amount,
                   COALESCE(sum(amount_residual) FILTER (WHERE NOT is_late
                       AND amount_residual > 0 AND item_holds = '{}'
                       AND days_late < 0 AND next_pos <= passed_pos), 0)
                       AS early_amount,
                   -COALESCE(sum(amount_residual) FILTER
                       (WHERE amount_residual < 0), 0) AS credit_amount
              FROM item
          GROUP BY dossier_id
            """
        )

    def _contact(self):
        """Channels that can reach each dossier, and the contact of each.

        Order: the contact chosen on the dossier, the invoice address, the
        customer; for each channel the first one that has what it needs.
        """

        def first(condition):
            return SQL(
                "(array_agg(p.id ORDER BY k.rank, p.id) FILTER (WHERE %s))[1]",
                condition,
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
                 WHERE d.id IN (SELECT dossier_id FROM line)
                   AND d.contact_id IS NOT NULL
                 UNION ALL
                SELECT d.id, child.id, 1
                  FROM recouvrement_dossier d
                  JOIN res_partner child ON child.parent_id = d.partner_id
                   AND child.type = 'invoice' AND child.active
                 WHERE d.id IN (SELECT dossier_id FROM line)
                 UNION ALL
                SELECT d.id, d.partner_id, 2
                  FROM recouvrement_dossier d
                 WHERE d.id IN (SELECT dossier_id FROM line)
              ) k
              JOIN res_partner p ON p.id = k.partner_id
          GROUP BY k.dossier_id
            """,
            email=first(SQL("p.email_normalized IS NOT NULL")),
            phone=first(SQL("COALESCE(p.phone, '') <> ''")),
            post=first(
                SQL(
                    "COALESCE(p.street, '') <> '' AND COALESCE(p.city, '') <> ''"
                )
            ),
        )

    def _classified(self):
        """Each item with its next level and every hold and wait that applies."""
        return SQL(
            """
            SELECT i.*, b.late_amount, b.early_amount, b.credit_amount,
                   n.id AS next_level_id, n.delay AS next_delay,
                   i.level_ids[i.reached_pos] AS reached_level_id,
                   t.last_late, t.last_any,
                   k.email_partner_id, k.phone_partner_id, k.post_partner_id,
                   i.item_holds || %(dossier_holds)s AS holds,
                   %(waits)s AS waits,
                   COALESCE(i.item_until, dh.until) AS until,
                   COALESCE(i.item_detail, dh.detail) AS detail,
                   GREATEST(i.due + n.delay, %(gap_day)s, dh.until) AS next_date
              FROM item i
              JOIN balance b ON b.dossier_id = i.dossier_id
         LEFT JOIN recouvrement_level n ON n.id = i.level_ids[i.next_pos]
         LEFT JOIN history t ON t.dossier_id = i.dossier_id
         LEFT JOIN dossier_hold dh ON dh.dossier_id = i.dossier_id
         LEFT JOIN contact k ON k.dossier_id = i.dossier_id
            """,
            dossier_holds=self._dossier_holds(),
            waits=self._waits(),
            gap_day=self._gap_day(),
        )

    def _gap_day(self):
        """First day on which the dossier may be written to again."""
        return SQL(
            "(CASE WHEN i.is_late THEN t.last_late ELSE t.last_any END"
            " + GREATEST(n.minimum_gap, 1))"
        )

    def _claim(self):
        """What the next relance would ask for, before credits."""
        return SQL(
            "(CASE WHEN b.late_amount > 0 THEN b.late_amount"
            " ELSE b.early_amount END)"
        )

    def _dossier_holds(self):
        """Holds of the whole account, for items that would be dunned."""
        return SQL(
            """
            COALESCE(dh.reasons, '{}') || array_remove(ARRAY[
              CASE WHEN i.scenario_id IS NULL THEN 'no_scenario' END,
              CASE WHEN b.credit_amount > 0 AND CASE i.credit_policy
                     WHEN 'hold' THEN true
                     WHEN 'ignore' THEN false
                     WHEN 'net' THEN b.credit_amount >= %(claim)s
                     ELSE b.credit_amount > %(share)s * %(claim)s
                   END THEN 'unallocated_credit' END,
              CASE WHEN i.bank_hold THEN 'bank_stale' END,
              CASE WHEN n.id IS NOT NULL AND NOT (
                     (n.channel_email IS TRUE AND k.email_partner_id IS NOT NULL)
                     OR ((n.channel_letter IS TRUE OR n.channel_registered IS TRUE)
                         AND k.post_partner_id IS NOT NULL)
                     OR (n.channel_call IS TRUE AND k.phone_partner_id IS NOT NULL)
                     OR n.channel_visit IS TRUE OR n.channel_task IS TRUE
                   ) THEN 'no_contact' END
            ], NULL)
            """,
            claim=self._claim(),
            share=CREDIT_HOLD_SHARE,
        )

    def _waits(self):
        """Why an item that is not held is not due today, in WAITING_ORDER."""
        return SQL(
            """
            array_remove(ARRAY[
              CASE WHEN t.to_approve THEN 'approval' END,
              CASE WHEN t.failed THEN 'failed' END,
              CASE WHEN t.posting THEN 'posting' END,
              CASE WHEN %(claim)s - CASE WHEN i.credit_policy IN ('net', 'auto')
                        THEN b.credit_amount ELSE 0 END < i.minimum_amount
                   THEN 'amount' END,
              CASE WHEN i.day < %(gap_day)s THEN 'gap' END,
              CASE WHEN NOT i.is_open THEN 'closed' END,
              CASE WHEN i.passed_pos < i.next_pos THEN 'delay' END
            ], NULL)
            """,
            claim=self._claim(),
            gap_day=self._gap_day(),
        )

    def _final(self):
        """Exactly one situation per item, with its reason and the other holds."""
        return SQL(
            """
            SELECT z.id, z.id AS move_line_id, z.company_id, z.partner_id,
                   z.move_id, z.dossier_id, z.scenario_id, z.currency_id,
                   z.amount_residual, z.amount_residual_currency,
                   z.due AS date_due, z.days_late, z.is_late, z.day,
                   z.reached_level_id, z.next_level_id, z.next_delay,
                   z.next_date, z.last_late, z.last_any, z.until, z.detail,
                   z.item_holds, z.holds, z.waits, z.situation,
                   z.late_amount, z.credit_amount, z.credit_policy,
                   z.email_partner_id, z.phone_partner_id, z.post_partner_id,
                   CASE z.situation
                     WHEN 'held' THEN %(hold)s
                     WHEN 'waiting' THEN z.waits[1]
                   END AS reason
              FROM (
                SELECT y.*,
                       CASE
                         WHEN y.amount_residual < 0 OR (y.amount_residual = 0
                              AND y.amount_residual_currency < 0) THEN 'credit'
                         WHEN y.item_holds <> '{}' THEN 'held'
                         WHEN NOT y.is_late AND (y.days_late >= 0
                              OR y.next_level_id IS NULL
                              OR y.passed_pos < y.next_pos) THEN 'not_due'
                         WHEN y.scenario_id IS NOT NULL
                              AND y.next_level_id IS NULL THEN 'exhausted'
                         WHEN y.holds && %(dossier)s THEN 'held'
                         WHEN y.passed_pos >= y.next_pos
                              AND y.holds <> '{}' THEN 'held'
                         WHEN y.waits <> '{}' THEN 'waiting'
                         ELSE 'due'
                       END AS situation
                  FROM classified y
              ) z
            """,
            hold=self._first_hold(),
            dossier=SQL(
                "%s::text[]", [h for h in DOSSIER_HOLDS if h != "no_contact"]
            ),
        )

    def _first_hold(self):
        """The hold that comes first in HOLD_ORDER."""
        return SQL(
            "(SELECT h FROM unnest(z.holds) h"
            " ORDER BY array_position(%s::text[], h) LIMIT 1)",
            list(HOLD_ORDER),
        )
