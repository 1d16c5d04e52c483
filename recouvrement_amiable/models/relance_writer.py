# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Writes a plan down: relances, their lines and deliveries, the run's lines.

Reads the temporary tables that ``relance_plan`` fills: ``plan_item``,
``plan_dossier``, and ``plan_relance`` that tells the relances from one another.
"""

from odoo import fields
from odoo.tools import SQL

CHANNEL_CONTACTS = {
    "email": SQL("d.email_partner_id"),
    "letter": SQL("d.post_partner_id"),
    "registered": SQL("d.post_partner_id"),
    "call": SQL("d.phone_partner_id"),
    "visit": SQL("NULL::int"),
    "task": SQL("NULL::int"),
}
NEED_CONTACT = ("email", "letter", "registered", "call")


def line_totals_sql(relances):
    """Totals of the lines that still count, one row per relance.

    A credit lessens what is asked for in its own currency, as the message says it:
    see ``_currency_totals``.

    :param SQL relances: condition on ``relance_id``
    """
    # The currency is looked up where there are credits alone: a row by its key, for a
    # join would read the whole ledger.
    return SQL(
        """
        SELECT s.relance_id, sum(s.late) AS late, sum(s.credit) AS credit,
               sum(GREATEST(s.late - s.credit, 0)) AS due,
               sum(s.items) AS items, max(s.days_late) AS days_late
          FROM (
            SELECT x.relance_id,
                   COALESCE(sum(x.residual) FILTER (WHERE x.asked), 0) AS late,
                   COALESCE(-sum(x.residual) FILTER (WHERE x.kind = 'd_credit'), 0)
                     AS credit,
                   count(*) FILTER (WHERE x.asked) AS items,
                   COALESCE(max(x.days_late) FILTER (WHERE x.kind = 'a_late'), 0)
                     AS days_late
              FROM (
                SELECT y.relance_id, y.kind, y.residual, y.days_late,
                       y.kind IN ('a_late', 'b_early') AS asked,
                       CASE WHEN y.relance_id IN (
                                 SELECT relance_id FROM recouvrement_relance_line
                                  WHERE %(relances)s AND kind = 'd_credit')
                            THEN (SELECT i.currency_id FROM account_move_line i
                                   WHERE i.id = y.move_line_id) END AS currency_id
                  FROM (SELECT * FROM recouvrement_relance_line
                         WHERE %(relances)s AND cancelled IS NOT TRUE
                           AND struck IS NOT TRUE) y) x
          GROUP BY x.relance_id, x.currency_id) s
      GROUP BY s.relance_id
        """,
        relances=relances,
    )


class RelanceWriter:
    """Inserts what a plan decided, a statement per table.

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
    # Inserts
    # ------------------------------------------------------------------
    _number = SQL("nextval('recouvrement_relance_id_seq')")

    def _number_relances(self):
        """An id for each relance to make: its lines may then be written first."""
        self.without_relances()
        self._execute(
            SQL(
                "INSERT INTO plan_relance"
                " SELECT %s, dossier_id, level_id, courtesy, credit_policy"
                " FROM plan_dossier WHERE is_due ORDER BY dossier_id",
                self._number,
            )
        )

    def _insert_relances(self, origin, approved):
        """The relances with their totals; an entry is done as it is written."""
        state = SQL("'done'")
        if origin != "entry":
            state = SQL(
                "CASE WHEN COALESCE(NOT %s::bool, v.approval)"
                " THEN 'to_approve' ELSE 'approved' END",
                approved,
            )
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO recouvrement_relance
                    (id, name, company_id, dossier_id, run_id, scenario_id, level_id,
                     date, decided_on, origin, courtesy, is_test, state, approved_on,
                     has_failure, has_letter, amount_late, amount_credit, amount_due,
                     amount_claimed, item_count, days_late,
                     create_uid, write_uid, create_date, write_date)
                SELECT x.relance_id, 'R' || to_char(%(day)s::date, 'YYYY') || '-'
                       || lpad(x.relance_id::text, 6, '0'),
                       %(company)s, d.dossier_id, %(run)s::int, v.scenario_id,
                       v.id, %(day)s, %(day)s, %(origin)s, d.courtesy, %(is_test)s,
                       s.state,
                       CASE WHEN s.state <> 'to_approve'
                            THEN %(now)s::timestamp END,
                       false, v.channel_letter IS TRUE OR v.channel_registered IS TRUE,
                       COALESCE(t.late, 0), COALESCE(t.credit, 0),
                       COALESCE(t.due, 0), COALESCE(t.due, 0), COALESCE(t.items, 0),
                       COALESCE(t.days_late, 0),
                       %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM plan_relance x
                  JOIN plan_dossier d ON d.dossier_id = x.dossier_id
                  JOIN recouvrement_level v ON v.id = d.level_id
             LEFT JOIN (%(totals)s) t ON t.relance_id = x.relance_id
                 CROSS JOIN LATERAL (SELECT %(state)s AS state) s
             RETURNING id
                """,
                day=self.day,
                company=self.company.id,
                run=self.run.id if self.run else None,
                origin=origin,
                is_test=self.is_test,
                state=state,
                uid=self.env.uid,
                now=fields.Datetime.now(),
                # an array keeps it to an index: the lines of all times are many
                totals=line_totals_sql(
                    SQL("relance_id = ANY(ARRAY(SELECT relance_id FROM plan_relance))")
                ),
            )
        )
        return [row[0] for row in rows]

    def _name_relances(self, ids):
        """The relances that the next statements are about."""
        self.without_relances()
        if ids:
            self._execute(
                SQL(
                    "INSERT INTO plan_relance"
                    " SELECT r.id, r.dossier_id, r.level_id,"
                    " COALESCE(r.courtesy, false), s.credit_policy"
                    " FROM recouvrement_relance r"
                    " LEFT JOIN recouvrement_scenario s ON s.id = r.scenario_id"
                    " WHERE r.id IN %s",
                    tuple(ids),
                )
            )

    def _insert_lines(self, again=False, every_due=False, only=None):
        """Every late item with its own level, the credits, what falls due soon.

        An item that is itself due gets its own level, unless that level must be
        said in its own words (formal notice, registered letter, approval): then it
        is only listed, and stays due. A courtesy reminder lists no late item.

        :param bool again: the relances have lines already, which are not added twice
        :param bool every_due: nothing will be said: every due item gets its level
        :param str only: lines of this kind alone
        """
        listed = SQL("false")
        if again:
            listed = SQL(
                "EXISTS (SELECT 1 FROM recouvrement_relance_line said"
                " WHERE said.relance_id = x.relance_id AND said.move_line_id = i.id)"
            )
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
                  JOIN plan_item i ON i.dossier_id = x.dossier_id
                 CROSS JOIN LATERAL (SELECT CASE
                    WHEN i.situation = 'credit'
                         THEN CASE WHEN x.credit_policy <> 'ignore'
                                        AND NOT x.courtesy THEN 'd_credit' END
                    WHEN i.item_holds <> 0 THEN NULL
                    WHEN i.is_late THEN CASE WHEN NOT x.courtesy THEN 'a_late' END
                    WHEN x.courtesy AND i.situation = 'due' THEN 'b_early'
                    WHEN i.days_late >= -%(soon)s THEN 'c_soon'
                    END AS kind) k
             LEFT JOIN recouvrement_level v ON v.id = i.next_level_id
             CROSS JOIN LATERAL (
                SELECT i.situation = 'due' AND i.is_late <> x.courtesy
                       AND (%(every_due)s OR v.id = x.level_id OR NOT (
                         COALESCE(v.formal_notice, false)
                         OR COALESCE(v.channel_registered, false)
                         OR COALESCE(v.approval, false))) AS granted) g
                 WHERE %(wanted)s AND NOT %(listed)s
                """,
                listed=listed,
                every_due=every_due,
                wanted=SQL("k.kind = %s", only) if only else SQL("k.kind IS NOT NULL"),
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
        """The line of the run for each debtor: the relance, or why not.

        Its contacts only where no relance is left to tell them.
        """
        self._execute(
            SQL(
                """
                INSERT INTO recouvrement_run_line
                    (run_id, company_id, dossier_id, partner_id, situation, reason,
                     detail, until, level_id, relance_id, next_date,
                     amount_late, amount_not_due, amount_credit, late_count, days_late,
                     amount_asked, email_partner_id, phone_partner_id, post_partner_id)
                SELECT %(run)s, %(company)s, d.dossier_id, d.partner_id,
                       CASE WHEN d.is_due THEN 'due' ELSE d.situation END,
                       CASE WHEN NOT d.is_due THEN d.reason END,
                       d.detail, d.until,
                       CASE WHEN d.is_due THEN d.level_id ELSE d.next_level_id END,
                       x.relance_id, d.next_date, d.amount_late, d.amount_not_due,
                       d.amount_credit, d.late_count, COALESCE(d.days_late, 0),
                       r.amount_claimed,
                       CASE WHEN d.is_due AND %(is_dry)s THEN d.email_partner_id END,
                       CASE WHEN d.is_due AND %(is_dry)s THEN d.phone_partner_id END,
                       CASE WHEN d.is_due AND %(is_dry)s THEN d.post_partner_id END
                  FROM plan_dossier d
             LEFT JOIN plan_relance x ON x.dossier_id = d.dossier_id
             LEFT JOIN recouvrement_relance r ON r.id = x.relance_id
                """,
                run=self.run.id,
                company=self.company.id,
                is_dry=self.run.is_dry is True,
            )
        )

    def without_relances(self):
        """A dry run: nothing but the report."""
        self._execute(
            SQL(
                "CREATE TEMP TABLE IF NOT EXISTS plan_relance"
                " (relance_id int, dossier_id int, level_id int, courtesy bool,"
                " credit_policy varchar) ON COMMIT DROP"
            )
        )
        self._execute(SQL("TRUNCATE plan_relance"))

    def _execute(self, query):
        self.env.cr.execute(query)
