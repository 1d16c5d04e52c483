# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From the situations of a day to relances, in a fixed number of statements.

The two halves of the one query go into temporary tables: the items with their
place, and what happens at each place. Everything else (the decision per dossier, the
relances with their lines and deliveries, the line of the run for each debtor) is
inserted from them inside PostgreSQL. Memory in Python
does not grow with the items, and the number of queries does not either.
"""

from odoo.tools import SQL

from .recouvrement_worklist import head_rank_sql
from .relance_refresh import NO_OBSTACLE, RelanceRefresh
from .situation_reasons import HOLD_ORDER, reasons_of

# Of an item, what a plan needs: the table is small enough to stay in memory.
LINE_COLUMNS = (
    "id",
    "dossier_id",
    "place",
    "amount_residual",
    "amount_residual_currency",
    "days_late",
    "is_late",
    "item_holds",
    "item_until",
    "item_detail",
)
# Of a place, what a plan needs.
COLUMNS = (
    "id",
    "dossier_id",
    "place",
    "partner_id",
    "scenario_id",
    "items",
    "amount_residual",
    "day",
    "days_late",
    "is_late",
    "holds",
    "waits",
    "situation",
    "reason",
    "detail",
    "until",
    "reached_level_id",
    "next_level_id",
    "next_delay",
    "next_date",
    "credit_policy",
    "email_partner_id",
    "phone_partner_id",
    "post_partner_id",
)


# Dossiers whose items are rather looked up than read through.
FEW = 100


def _names(columns):
    return SQL(", ").join(map(SQL.identifier, columns))


class RelancePlan(RelanceRefresh):
    """Plans the relances of some dossiers of one company on one day."""

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def classify(self, dossier_ids=None):
        """Situations of some dossiers, or all, and one decision per dossier.

        :param dossier_ids: of the company; None for all of them
        """
        item = self.env["recouvrement.open.item"]
        whole = dossier_ids is None or len(dossier_ids) > FEW
        item._prepare_read(whole=whole)
        query = item._query(
            self.company,
            self.day,
            whole=whole,
            alike=True,
            **self._scope(dossier_ids),
        )
        self._execute(
            SQL("DROP TABLE IF EXISTS plan_line, plan_place, plan_dossier CASCADE")
        )
        self._keep(
            "plan_line",
            SQL(
                "SELECT %s, NULL::int AS forced_id FROM (%s) p",
                _names(LINE_COLUMNS),
                query.placed(),
            ),
        )
        self._keep(
            "plan_place",
            SQL(
                "SELECT %s FROM (%s) q",
                _names(COLUMNS),
                query.settled("plan_line"),
            ),
        )
        self._execute(SQL("CREATE TEMP VIEW plan_item AS (%s)", self._items()))
        self._keep("plan_dossier", self._decisions())

    def _keep(self, table, rows):
        self._execute(
            SQL(
                "CREATE TEMP TABLE %s ON COMMIT DROP AS (%s)",
                SQL.identifier(table),
                rows,
            )
        )

    @staticmethod
    def _items():
        """Each item with what its place says, or with the level it is forced to."""
        return SQL(
            """
            SELECT l.id, l.dossier_id, l.amount_residual, l.amount_residual_currency,
                   p.day - l.days_late AS date_due, l.days_late, l.is_late,
                   l.item_holds, p.holds, p.waits, p.reached_level_id,
                   CASE WHEN l.forced_id IS NULL THEN p.situation ELSE 'due' END
                       AS situation,
                   COALESCE(l.forced_id, p.next_level_id) AS next_level_id
              FROM plan_line l
              JOIN plan_place p
                ON p.dossier_id = l.dossier_id AND p.place = l.place
            """
        )

    def _scope(self, dossier_ids):
        """Options of the one query: what costs, grows with these dossiers alone."""
        if dossier_ids is None:
            return {"scope": SQL("l.company_id = %s", self.company.id)}
        ids = tuple(dossier_ids) or (0,)
        return {
            "scope": SQL("d.id IN %s", ids),
            "among": SQL(
                "l.partner_id = ANY(ARRAY("
                "SELECT q.id FROM recouvrement_dossier k"
                " JOIN res_partner q ON q.commercial_partner_id = k.partner_id"
                " WHERE k.id IN %s))",
                ids,
            ),
        }

    def _decisions(self):
        """One row per dossier: the level to send, or why nothing is sent."""
        return SQL(
            """
            SELECT a.*, (a.due_key & 4294967295)::int AS level_id,
                   COALESCE(a.due_key < 0, false) AS courtesy,
                   a.due_key IS NOT NULL AS is_due,
                   h.situation, h.reason, h.next_date, h.next_level_id,
                   h.detail, h.until, h.credit_policy, h.scenario_id
              FROM (
                SELECT g.dossier_id, g.partner_id, max(g.due_key) AS due_key,
                       min(ARRAY[%(rank)s, g.oldest]) AS head,
                       sum(g.late) AS amount_late, sum(g.not_due) AS amount_not_due,
                       sum(g.credit) AS amount_credit,
                       sum(g.late_count)::int AS late_count,
                       max(g.days_late) AS days_late,
                       max(g.email_partner_id) AS email_partner_id,
                       max(g.phone_partner_id) AS phone_partner_id,
                       max(g.post_partner_id) AS post_partner_id
                  FROM (%(groups)s) g
              GROUP BY g.dossier_id, g.partner_id
              ) a
              JOIN plan_place h ON h.id = a.head[2] & 4294967295
            """,
            groups=self._groups(),
            rank=head_rank_sql("g"),
        )

    @staticmethod
    def _groups():
        """Sums per dossier, situation and reason.

        ``oldest`` packs days and id, ``due_key`` delay and level: the smallest and
        the largest of them are what counts.
        """
        return SQL(
            """
            SELECT p.dossier_id, p.partner_id, p.situation, p.reason,
                   CASE WHEN p.situation = 'due'
                        THEN max(p.next_delay::bigint << 32 | p.next_level_id) END
                       AS due_key,
                   min((-p.days_late)::bigint << 32 | p.id) AS oldest,
                   COALESCE(sum(p.amount_residual) FILTER (
                       WHERE p.is_late AND p.amount_residual > 0), 0) AS late,
                   COALESCE(sum(p.amount_residual) FILTER (
                       WHERE NOT p.is_late AND p.amount_residual > 0), 0) AS not_due,
                   -COALESCE(sum(p.amount_residual) FILTER (
                       WHERE p.amount_residual < 0), 0) AS credit,
                   COALESCE(sum(p.items) FILTER (
                       WHERE p.is_late AND p.amount_residual > 0), 0) AS late_count,
                   max(p.days_late) FILTER (
                       WHERE p.is_late AND p.amount_residual > 0) AS days_late,
                   max(p.email_partner_id) AS email_partner_id,
                   max(p.phone_partner_id) AS phone_partner_id,
                   max(p.post_partner_id) AS post_partner_id
              FROM plan_place p
          GROUP BY p.dossier_id, p.partner_id, p.situation, p.reason
            """
        )

    def force(self, level, items):
        """By hand: these items get this level now, whatever the calendar.

        Items that a person excluded, blocked ones and credits stay out; an item
        that already has the level or a higher one is listed and keeps its own.
        """
        self._nothing_due()
        self._execute(
            SQL(
                """
                UPDATE plan_line SET forced_id = %(level)s
                 WHERE id IN %(items)s AND amount_residual > 0 AND item_holds = 0
                   AND NOT EXISTS (
                     SELECT 1 FROM recouvrement_relance_line rl
                       JOIN recouvrement_level v ON v.id = rl.level_id
                      WHERE rl.move_line_id = plan_line.id
                        AND rl.granted AND rl.cancelled IS NOT TRUE
                        AND (v.delay >= %(delay)s OR v.id = %(level)s))
                """,
                level=level.id,
                delay=level.delay,
                items=tuple(items.ids) or (0,),
            )
        )
        self._execute(
            SQL(
                "UPDATE plan_dossier SET is_due = true, level_id = %s, courtesy = %s",
                level.id,
                level.delay < 0,
            )
        )

    def insert(self, origin="run", approved=None):
        """Insert relances, lines and deliveries for the dossiers that are due.

        :param approved: force approval or automatic sending; None: as the level says
        :return: ids of the new relances
        """
        self._number_relances()
        self._insert_lines()
        ids = self._insert_relances(origin, approved)
        if ids:
            self._insert_deliveries()
            relances = self.env["recouvrement.relance"].browse(ids)
            relances._refresh_claims()
            if origin == "manual":
                self._accept_holds(relances)
            relances._refresh_progress()
        return ids

    def _accept_holds(self, relances):
        """Made by hand: who made them knew of what would have held them."""
        found = self.obstacles(relances)
        for relance in relances:
            holds, _waits, _own = found.get(relance.id, NO_OBSTACLE)
            relance.accepted_holds = ",".join(reasons_of(holds, HOLD_ORDER))

    def enter(self):
        """Going live: late items get the level of their age, nothing is sent.

        Each item its own, the formal notice too: there are no words to choose.
        """
        self._nothing_due()
        self._execute(
            SQL(
                """
                UPDATE plan_place i
                   SET situation = 'due', reason = NULL,
                       next_level_id = x.id, next_delay = x.delay
                  FROM (
                    SELECT p.id AS oldest_id, v.id, v.delay
                      FROM plan_place p
                     CROSS JOIN LATERAL (
                        SELECT id, delay FROM recouvrement_level
                         WHERE scenario_id = p.scenario_id AND active
                           AND delay BETWEEN 0 AND p.days_late
                      ORDER BY delay DESC LIMIT 1) v
                     WHERE p.is_late AND p.amount_residual > 0
                       AND p.reached_level_id IS NULL) x
                 WHERE i.id = x.oldest_id
                """
            )
        )
        self._execute(
            SQL(
                """
                UPDATE plan_dossier d
                   SET is_due = x.key IS NOT NULL, level_id = x.key[2], courtesy = false
                  FROM (
                    SELECT dossier_id,
                           max(ARRAY[next_delay, next_level_id]) FILTER (
                               WHERE situation = 'due' AND is_late) AS key
                      FROM plan_place
                  GROUP BY dossier_id) x
                 WHERE x.dossier_id = d.dossier_id
                """
            )
        )
        self._number_relances()
        self._insert_lines(every_due=True)
        return self._insert_relances("entry", None)

    def _nothing_due(self):
        """Forget what the calendar asks for: the caller says what is due."""
        self._execute(
            SQL("UPDATE plan_place SET situation = 'waiting' WHERE situation = 'due'")
        )
