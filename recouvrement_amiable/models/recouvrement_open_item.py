# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .situation_elsewhere import credit_elsewhere_sources
from .situation_item import company_cte
from .situation_query import SituationQuery
from .situation_reasons import (
    HOLD_ORDER,
    ITEM_HOLDS,
    PERSON_HOLDS,
    WAITING_ORDER,
    reasons_of,
)
from .situation_sentence import SituationSentence

# Tables whose pending writes the query must see.
_READ_MODELS = (
    "account.move",
    "account.move.line",
    "account.payment",
    "recouvrement.delivery",
    "recouvrement.dossier",
    "recouvrement.exclusion",
    "recouvrement.level",
    "recouvrement.limitation",
    "recouvrement.relance",
    "recouvrement.relance.line",
    "recouvrement.scenario",
    "res.partner",
)


class RecouvrementOpenItem(models.Model):
    """An unpaid instalment on a given day, and what happens to it next.

    A read model over the one query (see ``situation_query``): its ids are those
    of the journal items. The day is the companies' today, or the context key
    ``recouvrement_day``.
    """

    _name = "recouvrement.open.item"
    _description = "Open item"
    _auto = False
    _order = "date_due, id"

    move_line_id = fields.Many2one("account.move.line", string="Item", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    dossier_id = fields.Many2one("recouvrement.dossier", readonly=True)
    collector_id = fields.Many2one(related="dossier_id.collector_id")
    scenario_id = fields.Many2one("recouvrement.scenario", readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="max")
    is_late = fields.Boolean(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_residual = fields.Monetary(
        string="Left to Pay (Company)",
        currency_field="company_currency_id",
        readonly=True,
    )
    amount_residual_currency = fields.Monetary(
        string="Left to Pay", currency_field="currency_id", readonly=True
    )
    reached_level_id = fields.Many2one(
        "recouvrement.level", string="Level Reached", readonly=True
    )
    next_level_id = fields.Many2one(
        "recouvrement.level", string="Next Level", readonly=True
    )
    next_date = fields.Date(readonly=True)
    situation = fields.Selection("_selection_situation", readonly=True)
    reason = fields.Selection("_selection_reason", readonly=True)
    situation_text = fields.Text(string="Why", compute="_compute_situation_text")

    # ------------------------------------------------------------------
    # Read model
    # ------------------------------------------------------------------
    @property
    def _table_query(self):
        scope = self.env.context.get("recouvrement_scope")
        columns = SQL(", ").join(
            SQL.identifier("q", name)
            for name, field in self._fields.items()
            if field.store and name != "id"
        )
        return SQL(
            "SELECT q.id, %s FROM (%s) q",
            columns,
            self._query(self.env.companies, scope=self._scope_sql(scope)).select(),
        )

    @api.model
    def _query(self, companies, day=None, scope=None, **options):
        """:param options: of ``SituationQuery``"""
        parameters = companies._recouvrement_parameters(day)
        return SituationQuery(self.env, parameters, scope, **options)

    @api.model
    def _receivable_ids(self):
        """Ids of the accounts of what customers owe, archived ones included, for SQL.

        Not those that are no trade: a VAT credit is a receivable too, of the State.
        """
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        found = accounts.search(
            [("account_type", "=", "asset_receivable"), ("non_trade", "=", False)],
            order="id",
        )
        return tuple(found.ids) or (0,)

    @api.model
    def _scope_sql(self, scope):
        """Restrict the query to the whole accounts that some records belong to.

        The situation of one item depends on its customer's other items, hence
        whole customers, never single items.

        :param scope: ``(field, ids)`` with field id, move_id, partner_id, dossier_id
        """
        if not scope:
            return None
        field, ids = scope
        ids = tuple(ids) or (0,)
        if field == "partner_id":
            return SQL("d.partner_id IN %s", ids)
        if field == "dossier_id":
            return SQL(
                "d.partner_id IN (SELECT x.partner_id FROM recouvrement_dossier x"
                " WHERE x.id IN %s)",
                ids,
            )
        return SQL(
            "d.partner_id IN (SELECT q.commercial_partner_id"
            " FROM account_move_line x JOIN res_partner q ON q.id = x.partner_id"
            " WHERE %s IN %s)",
            SQL.identifier("x", "id" if field == "id" else "move_id"),
            ids,
        )

    def _scope_of_domain(self, domain):
        """The scope that a domain asks for with a plain condition, or None."""
        conditions = getattr(domain, "children", None) or [domain]
        for condition in conditions:
            field = getattr(condition, "field_expr", None)
            if (
                field in ("dossier_id", "partner_id", "move_id", "id")
                and condition.operator in ("in", "=")
                and condition.value
            ):
                value = condition.value
                ids = [value] if isinstance(value, int) else list(value)
                if all(isinstance(item, int) and item for item in ids):
                    return field, tuple(ids)
        return None

    @api.model
    def _search(self, domain, *args, **kwargs):
        domain = Domain(domain)
        model = self
        if domain.is_false():
            return super()._search(domain, *args, **kwargs)
        if not self.env.context.get("recouvrement_scope"):
            optimized = domain.optimize(self)
            is_or = getattr(optimized, "OPERATOR", "") == "|"
            scope = None if is_or else self._scope_of_domain(optimized)
            if scope:
                model = self.with_context(recouvrement_scope=scope)
        model._prepare_read(whole=model.env.context.get("recouvrement_scope") is None)
        return super(RecouvrementOpenItem, model)._search(domain, *args, **kwargs)

    def fetch(self, field_names=None):
        self._prepare_read()
        scoped = self.with_context(recouvrement_scope=("id", tuple(self._ids)))
        return super(RecouvrementOpenItem, scoped).fetch(field_names)

    @api.model
    def _prepare_read(self, whole=False):
        """Flush what the query reads, and tell the planner what it cannot know.

        JIT costs more than it gives here. A whole ledger is read once through:
        the planner, which cannot estimate the steps, must not choose to loop.

        :param bool whole: the query is not restricted to a few customers
        """
        for name in _READ_MODELS:
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT set_config('jit', 'off', true),"
                " set_config('work_mem', '64MB', true),"
                " set_config('enable_nestloop', %(loops)s, true),"
                " set_config('enable_mergejoin', %(loops)s, true)",
                loops="off" if whole else "on",
            )
        )
        self.env.cr.cache["recouvrement_whole"] = whole

    @api.model
    def _end_whole_read(self):
        """After the statement that read a whole ledger, any other is planned freely."""
        if self.env.cr.cache.pop("recouvrement_whole", False):
            self.env.cr.execute(
                "SELECT set_config('enable_nestloop', 'on', true),"
                " set_config('enable_mergejoin', 'on', true)"
            )

    @api.model
    def _situations(self, companies, partners=None, day=None):
        """Rows of the one query as dicts, for batch work.

        :param partners: only these customers (commercial partners)
        :return: one dict per item; ``item_holds``, ``holds`` and ``waits`` are
            lists of reasons
        :rtype: list[dict]
        """
        self._prepare_read(whole=partners is None)
        scope = ("partner_id", partners.ids) if partners is not None else None
        query = self._query(companies, day, self._scope_sql(scope))
        rows = self.env.execute_query_dict(query.select())
        for row in rows:
            row["item_holds"] = reasons_of(row["item_holds"], ITEM_HOLDS)
            row["holds"] = reasons_of(row["holds"], HOLD_ORDER)
            row["waits"] = reasons_of(row["waits"], WAITING_ORDER)
        return rows

    # ------------------------------------------------------------------
    # Extension points: where disputes, promises and plans come in
    # ------------------------------------------------------------------
    @api.model
    def _item_hold_sources(self):
        """SELECTs of ``(move_line_id, reason, until, detail)``.

        Each source says which items it holds on ``company.day`` (CTE ``company``) and
        until when; a new reason also takes its place in
        ``situation_reasons.HOLD_ORDER`` and its words in ``_selection_reason``. A
        source starts from its own few records and looks their items up (``LATERAL``).
        """
        return [
            SQL(
                """
                SELECT l.id AS move_line_id, 'excluded' AS reason,
                       x.until, x.reason AS detail
                  FROM recouvrement_exclusion x
                  JOIN company c ON c.id = x.company_id
                 CROSS JOIN LATERAL (
                    SELECT i.id FROM account_move_line i
                     WHERE i.move_id = x.move_id
                       AND (x.move_line_id IS NULL OR x.move_line_id = i.id)
                    OFFSET 0) l
                 WHERE x.active AND (x.until IS NULL OR x.until >= c.day)
                """
            ),
            self.env["recouvrement.limitation"]._hold_sql(),
        ]

    @api.model
    def _dossier_hold_sources(self):
        """SELECTs of ``(dossier_id, reason, until, detail)``, as above.

        ``until`` is the first day on which the dossier is free again.
        """
        return [
            SQL(
                """
                SELECT d.id AS dossier_id,
                       CASE WHEN d.pause_kind = 'handover' THEN 'handover'
                            ELSE 'paused' END AS reason,
                       d.pause_until AS until, d.pause_reason AS detail
                  FROM recouvrement_dossier d
                  JOIN company c ON c.id = d.company_id
                 WHERE d.pause_until > c.day
                """
            ),
            SQL(
                """
                SELECT d.id AS dossier_id, 'insolvency' AS reason,
                       NULL::date AS until, NULL::varchar AS detail
                  FROM recouvrement_dossier d
                  JOIN company c ON c.id = d.company_id
                 WHERE d.insolvency IS NOT NULL AND d.insolvency_date <= c.day
                """
            ),
            *credit_elsewhere_sources(self._receivable_ids()),
        ]

    @api.model
    def _account_holds(self, dossiers, day):
        """What a person or the law put on whole accounts, even with nothing open.

        :rtype: dict[int, str], reason by id of dossier
        """
        self._prepare_read()
        rows = self.env.execute_query(
            SQL(
                "WITH company AS (%s) SELECT h.dossier_id, h.reason FROM (%s) h"
                " WHERE h.dossier_id IN %s AND h.reason IN %s",
                company_cte(dossiers.company_id._recouvrement_parameters(day)),
                SQL(" UNION ALL ").join(self._dossier_hold_sources()),
                tuple(dossiers.ids) or (0,),
                PERSON_HOLDS,
            )
        )
        return dict(rows)

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    @api.model
    def _selection_situation(self):
        return [
            ("not_due", self.env._("Not due")),
            ("due", self.env._("Due for relance")),
            ("waiting", self.env._("Waiting")),
            ("held", self.env._("Held")),
            ("exhausted", self.env._("Last level done")),
            ("credit", self.env._("Credit")),
        ]

    @api.model
    def _selection_reason(self):
        return [
            ("excluded", self.env._("Excluded by a person")),
            ("no_followup", self.env._("Marked “no follow-up”")),
            ("blocked", self.env._("Payment blocked")),
            ("in_payment", self.env._("Being paid")),
            ("left_out", self.env._("Older than the start of the relances")),
            ("dispute", self.env._("In dispute")),
            ("promise", self.env._("Promise to pay")),
            ("plan", self.env._("Payment plan")),
            ("prescribed", self.env._("Prescribed")),
            ("public_term", self.env._("Time to pay of a public buyer")),
            ("retention", self.env._("Retention money")),
            ("paid_out", self.env._("Money given back, to be matched")),
            ("no_scenario", self.env._("No scenario fits")),
            ("insolvency", self.env._("Insolvency")),
            ("handover", self.env._("Handed over")),
            ("paused", self.env._("Dossier paused")),
            ("unallocated_credit", self.env._("Unallocated credits")),
            ("bank_stale", self.env._("Bank data too old")),
            ("no_contact", self.env._("No usable contact")),
            ("approval", self.env._("Waiting for approval")),
            ("failed", self.env._("Last delivery failed")),
            ("posting", self.env._("Letter to print or post")),
            ("call", self.env._("Call put off")),
            ("amount", self.env._("Below the minimum amount")),
            ("gap", self.env._("Minimum gap since the last relance")),
            ("closed", self.env._("Closed day")),
            ("delay", self.env._("Next level's day not reached")),
        ]

    @api.model
    def _reason_label(self, code):
        return dict(self._selection_reason()).get(code, code or "")

    def _compute_situation_text(self):
        columns = ("situation", "reason", "next_date", "days_late", "date_due")
        rows = {}
        if self.ids:
            self._prepare_read()
            scope = self._scope_sql(("id", self.ids))
            query = self._query(self.env.companies, scope=scope)
            for row in self.env.execute_query_dict(query.select()):
                rows[row["id"]] = row
        self._prefetch_words(rows.values())
        for item in self:
            row = rows.get(item.id) or {name: item[name] for name in columns}
            item.situation_text = self._describe(row, item.company_id)

    @api.model
    def _prefetch_words(self, rows):
        """Names of the levels that the sentences of these rows will use."""
        columns = ("next_level_id", "work_level_id")
        level_ids = {row.get(column) for row in rows for column in columns}
        level_ids -= {None, False}
        self.env["recouvrement.level"].sudo().browse(level_ids).mapped("name")

    @api.model
    def _describe(self, row, company):
        """One sentence that says what happens to an item (or a dossier), and why.

        :param dict row: a row of the one query, or the head item of a dossier
        """
        return SituationSentence(self.env, row, company).text()

    @api.model
    def _next_day(self, row, company):
        """Open day of the next step of an item, or False if none comes by itself."""
        return SituationSentence(self.env, row, company).next_day()
