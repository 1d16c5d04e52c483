# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From the situations of a day to relances, in a fixed number of statements.

The rows of the one query go into a temporary table; everything else (the
decision per dossier, the relances with their lines and deliveries, the line of
the run for each debtor) is inserted from it inside PostgreSQL. Memory in Python
does not grow with the items, and the number of queries does not either.
"""

from odoo import fields
from odoo.tools import SQL

from .recouvrement_worklist import head_rank_sql

CHANNEL_CONTACTS = {
    "email": SQL("d.email_partner_id"),
    "letter": SQL("d.post_partner_id"),
    "registered": SQL("d.post_partner_id"),
    "call": SQL("d.phone_partner_id"),
    "visit": SQL("NULL::int"),
    "task": SQL("NULL::int"),
}
NEED_CONTACT = ("email", "letter", "registered", "call")


class RelancePlan:
    """Plans the relances of some dossiers of one company on one day.

    :param env: environment
    :param company: res.company
    :param day: date of the plan
    :param run: recouvrement.run that gets a line per debtor, or None by hand
    :param is_test: the relances go to the test address
    """

    def __init__(self, env, company, day, run=None, is_test=False):
        self.env = env
        self.company = company
        self.day = day
        self.run = run
        self.is_test = is_test

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def classify(self, scope):
        """Situations of the dossiers in scope, and one decision per dossier.

        :param SQL scope: condition on ``l`` (account_move_line)
        """
        item = self.env["recouvrement.open.item"]
        item._prepare_read(whole=True)
        query = item._query(self.company, self.day, scope)
        self._execute(SQL("DROP TABLE IF EXISTS plan_item, plan_dossier"))
        self._execute(
            SQL(
                "CREATE TEMP TABLE plan_item ON COMMIT DROP AS (%s)",
                query.select(),
            )
        )
        self._execute(SQL("ANALYZE plan_item (id, dossier_id, situation)"))
        self._execute(
            SQL(
                "CREATE TEMP TABLE plan_dossier ON COMMIT DROP AS (%s)",
                self._decisions(),
            )
        )

    def _decisions(self):
        """One row per dossier: the level to send, or why nothing is sent."""
        return SQL(
            """
            SELECT a.*, a.due_key[2] AS level_id,
                   COALESCE(a.due_key[1] < 0, false) AS courtesy,
                   a.due_key IS NOT NULL AS is_due,
                   h.situation, h.reason, h.next_date, h.next_level_id,
                   h.detail, h.until, h.credit_policy, h.scenario_id
              FROM (
                SELECT p.dossier_id, p.partner_id,
                       max(ARRAY[p.next_delay, p.next_level_id]) FILTER (
                           WHERE p.situation = 'due') AS due_key,
                       min(ARRAY[%(rank)s, -p.days_late, p.id]) AS head,
                       COALESCE(sum(p.amount_residual) FILTER (
                           WHERE p.is_late AND p.amount_residual > 0), 0)
                           AS amount_late,
                       COALESCE(sum(p.amount_residual) FILTER (
                           WHERE NOT p.is_late AND p.amount_residual > 0), 0)
                           AS amount_not_due,
                       -COALESCE(sum(p.amount_residual) FILTER (
                           WHERE p.amount_residual < 0), 0) AS amount_credit,
                       count(*) FILTER (WHERE p.is_late AND p.amount_residual > 0)
                           AS late_count,
                       max(p.days_late) FILTER (
                           WHERE p.is_late AND p.amount_residual > 0) AS days_late,
                       max(p.email_partner_id) AS email_partner_id,
                       max(p.phone_partner_id) AS phone_partner_id,
                       max(p.post_partner_id) AS post_partner_id
                  FROM plan_item p
              GROUP BY p.dossier_id, p.partner_id
              ) a
              JOIN plan_item h ON h.id = a.head[3]
            """,
            rank=head_rank_sql("p"),
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
                UPDATE plan_item
                   SET situation = 'due', reason = NULL, next_level_id = %(level)s,
                       next_delay = %(delay)s
                 WHERE id IN %(items)s AND amount_residual > 0 AND item_holds = 0
                   AND NOT EXISTS (
                     SELECT 1 FROM recouvrement_relance_line rl
                       JOIN recouvrement_level v ON v.id = rl.level_id
                      WHERE rl.move_line_id = plan_item.id
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
        ids = self._insert_relances(origin, approved)
        if ids:
            self._insert_lines()
            self._insert_deliveries()
            relances = self.env["recouvrement.relance"].browse(ids)
            relances._refresh_amounts()
            relances._refresh_progress()
        return ids

    def refresh(self, relances):
        """Bring relances of which nothing has left to the situations of now.

        Items that are gone, or held one by one, leave the message and give their
        level back; amounts move; credits, late items and what falls due soon are
        listed again. A line that a person dropped stays out.
        """
        self._nothing_due()
        self._name_relances(relances.ids)
        self._execute(
            SQL(
                """
                UPDATE plan_dossier d
                   SET courtesy = COALESCE(r.courtesy, false), level_id = r.level_id,
                       credit_policy = s.credit_policy
                  FROM recouvrement_relance r
                  JOIN recouvrement_scenario s ON s.id = r.scenario_id
                 WHERE r.id IN %s AND r.dossier_id = d.dossier_id
                """,
                tuple(relances.ids),
            )
        )
        self._move_granted_lines(relances, gone=SQL("cancelled = true"))
        self._execute(
            SQL(
                "DELETE FROM recouvrement_relance_line WHERE relance_id IN %s"
                " AND granted IS NOT TRUE AND cancelled IS NOT TRUE",
                tuple(relances.ids),
            )
        )
        self._insert_lines()

    def refresh_left(self, relances):
        """The same for relances that partly left: levels stay, items are struck."""
        self._move_granted_lines(relances, gone=SQL("struck = true"))

    def _move_granted_lines(self, relances, gone):
        """Amounts of the lines of now; ``gone`` is set on those that ended."""
        self._execute(
            SQL(
                """
                UPDATE recouvrement_relance_line l SET %(gone)s
                 WHERE l.relance_id IN %(ids)s AND l.cancelled IS NOT TRUE
                   AND NOT EXISTS (
                     SELECT 1 FROM plan_item i
                      WHERE i.id = l.move_line_id AND i.item_holds = 0)
                """,
                gone=gone,
                ids=tuple(relances.ids),
            )
        )
        self._execute(
            SQL(
                """
                UPDATE recouvrement_relance_line l
                   SET residual = i.amount_residual,
                       residual_currency = i.amount_residual_currency,
                       days_late = GREATEST(i.days_late, 0)
                  FROM plan_item i
                 WHERE i.id = l.move_line_id AND l.relance_id IN %s
                   AND (l.residual <> i.amount_residual
                        OR l.residual_currency <> i.amount_residual_currency
                        OR l.days_late <> GREATEST(i.days_late, 0))
                """,
                tuple(relances.ids),
            )
        )

    def obstacles(self, relances):
        """What speaks against each relance now, from its own granted items.

        :return: ``{relance_id: (holds, waits)}``, bits of ``situation_reasons``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.relance_id, bit_or(i.holds), bit_or(i.waits)
                  FROM recouvrement_relance_line l
                  JOIN plan_item i ON i.id = l.move_line_id
                 WHERE l.relance_id IN %s AND l.granted
                   AND l.cancelled IS NOT TRUE AND l.struck IS NOT TRUE
              GROUP BY l.relance_id
                """,
                tuple(relances.ids),
            )
        )
        return {relance_id: (holds, waits) for relance_id, holds, waits in rows}

    def enter(self):
        """Going live: late items get the level of their age, nothing is sent."""
        self._nothing_due()
        self._execute(
            SQL(
                """
                UPDATE plan_item i
                   SET situation = 'due', reason = NULL,
                       next_level_id = x.id, next_delay = x.delay
                  FROM (
                    SELECT p.id AS item_id, v.id, v.delay
                      FROM plan_item p
                     CROSS JOIN LATERAL (
                        SELECT id, delay FROM recouvrement_level
                         WHERE scenario_id = p.scenario_id AND active
                           AND delay BETWEEN 0 AND p.days_late
                      ORDER BY delay DESC LIMIT 1) v
                     WHERE p.is_late AND p.amount_residual > 0
                       AND p.reached_level_id IS NULL) x
                 WHERE i.id = x.item_id
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
                      FROM plan_item
                  GROUP BY dossier_id) x
                 WHERE x.dossier_id = d.dossier_id
                """
            )
        )
        ids = self._insert_relances("entry", None)
        if ids:
            self._insert_lines()
            relances = self.env["recouvrement.relance"].browse(ids)
            relances._refresh_amounts()
            relances.write({"state": "done"})
        return ids

    def _nothing_due(self):
        """Forget what the calendar asks for: the caller says what is due."""
        self._execute(
            SQL("UPDATE plan_item SET situation = 'waiting' WHERE situation = 'due'")
        )

    # ------------------------------------------------------------------
    # Inserts
    # ------------------------------------------------------------------
    def _insert_relances(self, origin, approved):
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO recouvrement_relance
                    (id, name, company_id, dossier_id, run_id, scenario_id, level_id,
                     date, origin, courtesy, is_test, state, approved_on,
                     has_failure, has_letter, amount_late, amount_credit, amount_due,
                     item_count, days_late,
                     create_uid, write_uid, create_date, write_date)
                SELECT n.id, 'R' || to_char(%(day)s::date, 'YYYY') || '-'
                       || lpad(n.id::text, 6, '0'),
                       %(company)s, d.dossier_id, %(run)s::int, v.scenario_id,
                       v.id, %(day)s, %(origin)s, d.courtesy, %(is_test)s,
                       CASE WHEN COALESCE(NOT %(approved)s::bool, v.approval)
                            THEN 'to_approve' ELSE 'approved' END,
                       CASE WHEN COALESCE(NOT %(approved)s::bool, v.approval)
                            THEN NULL ELSE %(now)s::timestamp END,
                       false, v.channel_letter OR v.channel_registered, 0, 0, 0, 0, 0,
                       %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM plan_dossier d
                  JOIN recouvrement_level v ON v.id = d.level_id
                 CROSS JOIN LATERAL (
                    SELECT nextval('recouvrement_relance_id_seq') AS id
                     WHERE d.dossier_id IS NOT NULL) n
                 WHERE d.is_due
             RETURNING id
                """,
                day=self.day,
                company=self.company.id,
                run=self.run.id if self.run else None,
                origin=origin,
                is_test=self.is_test,
                approved=approved,
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        ids = [row[0] for row in rows]
        self._name_relances(ids)
        return ids

    def _name_relances(self, ids):
        """The relances that the next statements are about."""
        self.without_relances()
        if ids:
            self._execute(
                SQL(
                    "INSERT INTO plan_relance SELECT id, dossier_id"
                    " FROM recouvrement_relance WHERE id IN %s",
                    tuple(ids),
                )
            )

    def _insert_lines(self):
        """Every late item with its own level, the credits, what falls due soon.

        An item that is itself due gets its own level, unless that level must be
        said in its own words (formal notice, registered letter, approval): then it
        is only listed, and stays due. A courtesy reminder lists no late item.
        """
        self._execute(
            SQL(
                """
                INSERT INTO recouvrement_relance_line
                    (relance_id, move_line_id, level_id, kind, granted, cancelled,
                     date_due, days_late, residual, residual_currency)
                SELECT x.relance_id, i.id,
                       CASE WHEN g.granted
                            THEN i.next_level_id ELSE i.reached_level_id END,
                       k.kind, g.granted, false,
                       i.date_due, GREATEST(i.days_late, 0),
                       i.amount_residual, i.amount_residual_currency
                  FROM plan_relance x
                  JOIN plan_dossier d ON d.dossier_id = x.dossier_id
                  JOIN plan_item i ON i.dossier_id = x.dossier_id
                 CROSS JOIN LATERAL (SELECT CASE
                    WHEN i.situation = 'credit'
                         THEN CASE WHEN d.credit_policy <> 'ignore'
                                        AND NOT d.courtesy THEN 'd_credit' END
                    WHEN i.item_holds <> 0 THEN NULL
                    WHEN i.is_late THEN CASE WHEN NOT d.courtesy THEN 'a_late' END
                    WHEN d.courtesy AND i.situation = 'due' THEN 'b_early'
                    WHEN i.days_late >= -%(soon)s THEN 'c_soon'
                    END AS kind) k
             LEFT JOIN recouvrement_level v ON v.id = i.next_level_id
             CROSS JOIN LATERAL (
                SELECT i.situation = 'due' AND i.is_late <> d.courtesy
                       AND (v.id = d.level_id OR NOT (
                         COALESCE(v.formal_notice, false)
                         OR COALESCE(v.channel_registered, false)
                         OR COALESCE(v.approval, false))) AS granted) g
                 WHERE k.kind IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM recouvrement_relance_line said
                                    WHERE said.relance_id = x.relance_id
                                      AND said.move_line_id = i.id)
              ORDER BY i.id
                """,
                soon=self.company.sudo().recouvrement_soon_days,
            )
        )

    def _insert_deliveries(self):
        """One delivery per channel; a channel without contact fails at once."""
        channels = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s::bool)",
                channel,
                SQL.identifier("v", f"channel_{channel}"),
                contact,
                channel in NEED_CONTACT,
            )
            for channel, contact in CHANNEL_CONTACTS.items()
        )
        self._execute(
            SQL(
                """
                INSERT INTO recouvrement_delivery
                    (relance_id, company_id, dossier_id, channel, state, partner_id,
                     failure_reason, is_test, settled, attempts, queued_on,
                     create_uid, write_uid, create_date, write_date)
                SELECT r.id, r.company_id, r.dossier_id, c.channel,
                       CASE WHEN c.needs_contact AND c.partner_id IS NULL THEN 'failed'
                            WHEN r.state = 'approved' THEN 'queued'
                            ELSE 'draft' END,
                       c.partner_id,
                       CASE WHEN c.needs_contact AND c.partner_id IS NULL
                            THEN %(no_contact)s END,
                       r.is_test, false, 0,
                       CASE WHEN r.state = 'approved' THEN %(now)s::timestamp END,
                       %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM plan_relance x
                  JOIN recouvrement_relance r ON r.id = x.relance_id
                  JOIN recouvrement_level v ON v.id = r.level_id
                  JOIN plan_dossier d ON d.dossier_id = x.dossier_id
                 CROSS JOIN LATERAL (VALUES %(channels)s)
                       c (channel, wanted, partner_id, needs_contact)
                 WHERE c.wanted
                """,
                no_contact=self.env._(
                    "No contact of this customer can be reached on this channel."
                ),
                now=fields.Datetime.now(),
                uid=self.env.uid,
                channels=channels,
            )
        )

    def write_run_lines(self):
        """The line of the run for each debtor: the relance, or why not."""
        self._execute(
            SQL(
                """
                INSERT INTO recouvrement_run_line
                    (run_id, company_id, dossier_id, partner_id, situation, reason,
                     detail, until, level_id, relance_id, next_date,
                     amount_late, amount_not_due, amount_credit, late_count, days_late)
                SELECT %(run)s, %(company)s, d.dossier_id, d.partner_id,
                       CASE WHEN d.is_due THEN 'due' ELSE d.situation END,
                       CASE WHEN NOT d.is_due THEN d.reason END,
                       d.detail, d.until,
                       CASE WHEN d.is_due THEN d.level_id ELSE d.next_level_id END,
                       x.relance_id, d.next_date, d.amount_late, d.amount_not_due,
                       d.amount_credit, d.late_count, COALESCE(d.days_late, 0)
                  FROM plan_dossier d
             LEFT JOIN plan_relance x ON x.dossier_id = d.dossier_id
                """,
                run=self.run.id,
                company=self.company.id,
            )
        )

    def without_relances(self):
        """A dry run: nothing but the report."""
        self._execute(
            SQL(
                "CREATE TEMP TABLE IF NOT EXISTS plan_relance"
                " (relance_id int, dossier_id int) ON COMMIT DROP"
            )
        )
        self._execute(SQL("TRUNCATE plan_relance"))

    def _execute(self, query):
        self.env.cr.execute(query)
