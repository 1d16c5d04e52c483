# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .situation_item import company_cte
from .situation_reasons import HOLD_ORDER

# Which of a customer's items speaks for the dossier: first what a person must
# mend, then what goes on, then what is at rest.
HEAD_ORDER = (
    "held:no_contact",
    "due",
    "held:bank_stale",
    "held:unallocated_credit",
    "held:paid_out",
    "held:no_scenario",
    "held:paused",
    "held:insolvency",
    "held:handover",
    "waiting:approval",
    "waiting:failed",
    "waiting:posting",
    "waiting:call",
    "waiting:closed",
    "waiting:gap",
    "waiting:amount",
    "waiting:delay",
    "held:promise",
    "held:plan",
    "held:dispute",
    "held:blocked",
    "held:excluded",
    "held:no_followup",
    "held:in_payment",
    "held:left_out",
    "exhausted",
    "held:prescribed",
    "held:public_term",
    "held:retention",
    "not_due",
    "credit",
)

# Temporary table of the rows while one page is read, and where the cursor says that.
READING = "recouvrement_worklist_reading"

ACTIONS = ("fix", "approve", "call", "visit", "post", "decide", "allocate", "bank")


def head_rank_sql(alias):
    """Rank of an item of the one query in HEAD_ORDER."""
    return SQL(
        "COALESCE(array_position(%s::text[], %s.situation"
        " || COALESCE(':' || %s.reason, '')), 99)",
        list(HEAD_ORDER),
        SQL.identifier(alias),
        SQL.identifier(alias),
    )


class RecouvrementWorklist(models.Model):
    """One row per dossier with something open: what it owes, what comes next."""

    _name = "recouvrement.worklist"
    _description = "Worklist"
    _auto = False
    _order = "priority desc, amount_late desc, id"

    dossier_id = fields.Many2one("recouvrement.dossier", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    collector_id = fields.Many2one("res.users", readonly=True)
    salesperson_id = fields.Many2one("res.users", readonly=True)
    scenario_id = fields.Many2one("recouvrement.scenario", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_open = fields.Monetary(string="Open Balance", readonly=True)
    amount_late = fields.Monetary(string="Overdue", readonly=True)
    amount_credit = fields.Monetary(string="Credits", readonly=True)
    item_count = fields.Integer(string="Late Items", readonly=True)
    days_late = fields.Integer(string="Oldest (Days)", readonly=True, aggregator="max")
    level_id = fields.Many2one(
        "recouvrement.level", string="Level Reached", readonly=True
    )
    next_level_id = fields.Many2one(
        "recouvrement.level", string="Next Level", readonly=True
    )
    next_date = fields.Date(readonly=True)
    last_date = fields.Date(string="Last Relance", readonly=True)
    situation = fields.Selection(
        lambda self: self.env["recouvrement.open.item"]._selection_situation(),
        readonly=True,
    )
    reason = fields.Selection(
        lambda self: self.env["recouvrement.open.item"]._selection_reason(),
        readonly=True,
    )
    action = fields.Selection(
        "_selection_action",
        string="To Do",
        readonly=True,
        help="What waits for a person.",
    )
    # The groups of a page come in the order of the work.
    priority = fields.Integer(readonly=True, aggregator="max")
    situation_text = fields.Text(string="Why", compute="_compute_situation_text")

    @api.model
    def _selection_action(self):
        return [
            ("fix", self.env._("Fix")),
            ("approve", self.env._("Approve")),
            ("call", self.env._("Make Call")),
            ("visit", self.env._("Make Visit")),
            ("post", self.env._("Post")),
            ("decide", self.env._("Decide")),
            ("allocate", self.env._("Allocate")),
            ("bank", self.env._("Import bank")),
        ]

    # ------------------------------------------------------------------
    # Read model
    # ------------------------------------------------------------------
    @property
    def _table_query(self):
        return self.env.cr.cache.get(READING) or self._live_query()

    def _live_query(self):
        item = self.env["recouvrement.open.item"]
        scope = self.env.context.get("recouvrement_scope")
        return self._select(
            item._query(self.env.companies, scope=item._scope_sql(scope), alike=True)
        )

    def _select(self, query):
        """One row per dossier from the rows of the one query.

        :param query: SituationQuery of items alike
        """
        return SQL(
            """
            WITH situation_row AS MATERIALIZED (%(query)s),
            today AS (%(today)s),
            work AS (%(work)s),
            account AS (
                SELECT s.dossier_id,
                       sum(s.amount_residual) AS amount_open,
                       COALESCE(sum(s.amount_residual) FILTER (
                           WHERE s.is_late AND s.amount_residual > 0), 0)
                           AS amount_late,
                       -COALESCE(sum(s.amount_residual) FILTER (
                           WHERE s.amount_residual < 0), 0) AS amount_credit,
                       COALESCE(sum(s.items) FILTER (
                           WHERE s.is_late AND s.amount_residual > 0), 0)::int
                           AS item_count,
                       COALESCE(GREATEST(max(s.days_late) FILTER (
                           WHERE s.is_late AND s.amount_residual > 0), 0), 0)
                           AS days_late,
                       max(ARRAY[r.delay, r.id]) FILTER (WHERE r.id IS NOT NULL)
                           AS level_key,
                       min(ARRAY[%(rank)s, -s.days_late, s.id]) AS head
                  FROM situation_row s
             LEFT JOIN recouvrement_level r ON r.id = s.reached_level_id
              GROUP BY s.dossier_id)
            SELECT a.dossier_id AS id, a.dossier_id, h.company_id, h.partner_id,
                   d.collector_id, p.user_id AS salesperson_id,
                   h.scenario_id, c.currency_id,
                   a.amount_open, a.amount_late, a.amount_credit, a.item_count,
                   a.days_late, a.level_key[2] AS level_id,
                   h.next_level_id, h.last_any AS last_date,
                   CASE WHEN h.situation = 'held' THEN h.until
                        WHEN t.again_on IS NOT NULL THEN t.again_on
                        WHEN h.situation = 'exhausted' AND d.decide_on > h.day
                        THEN d.decide_on
                        WHEN h.next_date IS NOT NULL
                        THEN GREATEST(h.next_date, h.day) END AS next_date,
                   h.situation, h.reason, h.date_due, h.until, h.detail,
                   h.amount_residual, h.late_amount, h.credit_amount,
                   h.id AS head_item_id, w.action, t.work_level_id, t.failure,
                   t.asked, t.again_on, t.again_channel, q.resting, d.decide_on,
                   d.decide_reason,
                   COALESCE(%(count)s - array_position(%(actions)s::text[], w.action),
                            0) AS priority
              FROM account a
              JOIN situation_row h ON h.id = a.head[3]
              JOIN recouvrement_dossier d ON d.id = a.dossier_id
              JOIN res_partner p ON p.id = h.partner_id
              JOIN res_company c ON c.id = h.company_id
         LEFT JOIN work t ON t.dossier_id = a.dossier_id
             CROSS JOIN LATERAL (
                SELECT CASE WHEN h.holds >> (array_position(
                                %(order)s::text[], t.resting::text) - 1) & 1 = 1
                            THEN t.resting END AS resting) q
             CROSS JOIN LATERAL (SELECT %(action)s AS action) w
            """,
            query=query.select(),
            today=company_cte(query.companies),
            work=self._work_sql(),
            rank=head_rank_sql("s"),
            actions=list(ACTIONS),
            count=len(ACTIONS) + 1,
            action=self._action_sql(),
            order=list(HOLD_ORDER),
        )

    def _work_sql(self):
        """What waits for a person on each dossier, beside the items.

        A call or a visit that was put off waits from its day on (CTE ``today``).
        """
        return SQL(
            """
            SELECT x.dossier_id,
                   bool_or(x.state IN ('failed', 'returned')
                           AND NOT COALESCE(x.settled, false)) AS failed,
                   bool_or(x.state = 'draft') AS to_approve,
                   bool_or(x.channel = 'call' AND x.state = 'todo' AND NOT o.later)
                       AS call,
                   bool_or(x.channel = 'visit' AND x.state = 'todo' AND NOT o.later)
                       AS visit,
                   bool_or(x.channel = 'task' AND x.state = 'todo') AS task,
                   bool_or(x.channel IN ('letter', 'registered')
                           AND x.state = 'todo') AS post,
                   max(r.held_reason) FILTER (
                       WHERE x.state IN ('draft', 'queued', 'todo')) AS resting,
                   (array_agg(r.level_id ORDER BY x.state NOT IN ('failed', 'returned')
                       OR COALESCE(x.settled, false), x.state <> 'draft', o.later,
                       array_position(%s::text[], x.channel), x.id DESC))[1]
                       AS work_level_id,
                   max(r.amount_claimed) FILTER (WHERE x.state = 'draft') AS asked,
                   max(x.failure_reason) FILTER (
                       WHERE x.state IN ('failed', 'returned')
                       AND NOT COALESCE(x.settled, false)) AS failure,
                   min(x.not_before) FILTER (WHERE o.later) AS again_on,
                   (array_agg(x.channel ORDER BY x.not_before)
                       FILTER (WHERE o.later))[1] AS again_channel
              FROM recouvrement_delivery x
              JOIN today c ON c.id = x.company_id
             CROSS JOIN LATERAL (
                SELECT x.state = 'todo' AND COALESCE(x.not_before > c.day, false)
                       AS later) o
              JOIN recouvrement_relance r ON r.id = x.relance_id
             WHERE x.state IN ('draft', 'queued', 'todo', 'failed', 'returned')
               AND (x.state <> 'queued' OR r.held_reason IS NOT NULL)
          GROUP BY x.dossier_id
            """,
            ["call", "visit", "letter", "registered", "task"],
        )

    def _action_sql(self):
        """What a person has to do, first of ACTIONS."""
        return SQL(
            """
            CASE WHEN t.failed OR h.reason IN ('no_contact', 'no_scenario') THEN 'fix'
                 WHEN t.to_approve AND q.resting IS NULL THEN 'approve'
                 WHEN t.call AND q.resting IS NULL THEN 'call'
                 WHEN t.visit AND q.resting IS NULL THEN 'visit'
                 WHEN t.post AND q.resting IS NULL THEN 'post'
                 WHEN q.resting = 'unallocated_credit' THEN 'allocate'
                 WHEN q.resting = 'bank_stale' THEN 'bank'
                 WHEN t.task OR h.situation = 'exhausted' AND t.again_on IS NULL
                      AND COALESCE(d.decide_on <= h.day, true) THEN 'decide'
                 WHEN h.reason IN ('unallocated_credit', 'paid_out') THEN 'allocate'
                 WHEN h.reason = 'bank_stale' THEN 'bank'
            END
            """
        )

    @contextmanager
    def _one_reading(self):
        """Classify once for all that one page asks: rows, groups, count, sentences.

        And only the customers whose row is not ready: see ``worklist_ready``.
        """
        cr = self.env.cr
        if cr.cache.get(READING):
            yield
            return
        self._prepare_read()
        rows, classifies = self._ready_query()
        if classifies and not cr.readonly:
            rows = self._keep_reading(rows)
        if rows is not None:  # nothing can be kept in a read-only transaction
            cr.cache[READING] = rows
        try:
            yield
        finally:
            cr.cache.pop(READING, None)

    def _keep_reading(self, rows):
        """Put the rows of a page in a temporary table.

        :param rows: SQL, or None to classify everybody
        """
        if rows is None:
            self._prepare_read(whole=True)
            rows = self._live_query()
        cr, table = self.env.cr, SQL.identifier(READING)
        cr.execute(SQL("DROP TABLE IF EXISTS pg_temp.%s", table))
        cr.execute(SQL("CREATE TEMP TABLE %s ON COMMIT DROP AS (%s)", table, rows))
        return SQL("SELECT * FROM %s", table)

    @api.model
    @api.readonly
    def web_search_read(self, *args, **kwargs):
        with self._one_reading():
            return super().web_search_read(*args, **kwargs)

    @api.model
    @api.readonly
    def web_read_group(self, *args, **kwargs):
        # Columns of cards ask for no sum: without one their order is lost.
        if "aggregates" in kwargs and not kwargs["aggregates"]:
            kwargs["aggregates"] = ["priority:max"]
        with self._one_reading():
            return super().web_read_group(*args, **kwargs)

    @api.model
    def _search(self, domain, *args, **kwargs):
        if not Domain(domain).is_false():
            self._prepare_read(whole=not self.env.cr.cache.get(READING))
        return super()._search(domain, *args, **kwargs)

    def fetch(self, field_names=None):
        self._prepare_read()
        scoped = self.with_context(recouvrement_scope=("dossier_id", tuple(self._ids)))
        return super(RecouvrementWorklist, scoped).fetch(field_names)

    @api.model
    def _prepare_read(self, whole=False):
        self.env["recouvrement.delivery"].flush_model()
        self.env["recouvrement.open.item"]._prepare_read(whole)

    @api.model
    def _figures(self, dossiers, day=None):
        """Rows of the worklist for some dossiers, as dicts.

        :rtype: list[dict]
        """
        if not dossiers.ids:
            return []
        self._prepare_read()
        if self.env.cr.cache.get(READING):
            rows = SQL(
                "SELECT * FROM (%s) r WHERE r.id IN %s",
                self._table_query,
                tuple(dossiers.ids),
            )
            return self.env.execute_query_dict(rows)
        item = self.env["recouvrement.open.item"]
        scope = item._scope_sql(("partner_id", dossiers.partner_id.ids))
        query = item._query(dossiers.company_id, day, scope, alike=True)
        return self.env.execute_query_dict(self._select(query))

    def _compute_situation_text(self):
        rows = {row["dossier_id"]: row for row in self._figures(self.sudo().dossier_id)}
        item = self.env["recouvrement.open.item"]
        item._prefetch_words(rows.values())
        for work in self:
            row = rows.get(work.id)
            work.situation_text = item._describe(row, work.company_id) if row else ""

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    @api.model
    def action_open(self):
        """Open the worklist after opening the missing dossiers."""
        companies = self.env.companies
        if self.env.user.has_group("recouvrement_amiable.group_collector"):
            self.env["recouvrement.dossier"].sudo()._refresh(companies)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_worklist_action"
        )
        # The address of the menu, so that a reload comes here again.
        server_action = self.env.ref(
            "recouvrement_amiable.recouvrement_worklist_action_server"
        )
        action["path"] = server_action.sudo().path
        return action

    def action_open_dossier(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "recouvrement.dossier",
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
