# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .situation_item import SPECIAL_MOVE

# Columns read from the one query that the invoice list groups and filters on.
_SQL_FIELDS = {
    "recouvrement_level_id": "reached_level_id",
    "recouvrement_situation": "situation",
    "recouvrement_reason": "reason",
}

# Debtors read their invoices on the portal: the desk's view stays with the desk.
_GROUPS = "recouvrement_amiable.group_reader"


class AccountMove(models.Model):
    """What a user sees of the relances on an invoice; nothing is written here."""

    _inherit = "account.move"

    recouvrement_scenario_id = fields.Many2one(
        "recouvrement.scenario",
        string="Relance Scenario",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        copy=False,
        help="Chosen for this invoice: wins over the customer's scenario.",
        groups=_GROUPS,
    )
    # The one query finds the few invoices that hold their items by themselves.
    _recouvrement_special_idx = models.Index(
        f"(id) WHERE {SPECIAL_MOVE.format(alias='')}"
    )
    recouvrement_situation = fields.Selection(
        lambda self: self.env["recouvrement.open.item"]._selection_situation(),
        string="Relance Situation",
        compute="_compute_recouvrement",
        search="_search_recouvrement_situation",
        compute_sudo=True,
        groups=_GROUPS,
    )
    recouvrement_reason = fields.Selection(
        lambda self: self.env["recouvrement.open.item"]._selection_reason(),
        string="Relance Hold",
        compute="_compute_recouvrement",
        search="_search_recouvrement_reason",
        compute_sudo=True,
        groups=_GROUPS,
    )
    recouvrement_level_id = fields.Many2one(
        "recouvrement.level",
        string="Relance Level",
        compute="_compute_recouvrement",
        search="_search_recouvrement_level_id",
        compute_sudo=True,
        groups=_GROUPS,
    )
    recouvrement_text = fields.Char(
        string="Why No Relance Today?",
        compute="_compute_recouvrement",
        compute_sudo=True,
        groups=_GROUPS,
    )
    recouvrement_last_date = fields.Date(
        string="Last Relance",
        compute="_compute_recouvrement",
        compute_sudo=True,
        groups=_GROUPS,
    )
    recouvrement_next_date = fields.Date(
        string="Next Relance",
        compute="_compute_recouvrement",
        compute_sudo=True,
        groups=_GROUPS,
        help="Open day on which the next level comes by itself. None while the invoice"
        " is held, or waits for a person.",
    )
    recouvrement_expected_date = fields.Date(
        string="Expected Payment",
        compute="_compute_recouvrement",
        compute_sudo=True,
        groups=_GROUPS,
        help="Day on which this customer will probably pay what is left, from the days"
        " on which it paid before; of several instalments the last one.",
    )
    recouvrement_expected_text = fields.Char(
        string="Expected Payment in Words",
        compute="_compute_recouvrement",
        compute_sudo=True,
        groups=_GROUPS,
    )

    # ------------------------------------------------------------------
    # Who chooses the ladder
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_recouvrement_scenario_id")
        if default or any(vals.get("recouvrement_scenario_id") for vals in vals_list):
            self._check_recouvrement_scenario_right()
        return super().create(vals_list)

    def write(self, vals):
        if "recouvrement_scenario_id" in vals:
            self._check_recouvrement_scenario_right()
        return super().write(vals)

    def _post(self, soft=True):
        """Reset to draft, an invoice may have changed its customer meanwhile."""
        again = self.filtered("posted_before")
        posted = super()._post(soft)
        if again:
            items = (posted & again).line_ids
            self.env["recouvrement.relance.line"]._leave_debtors(items.ids)
        return posted

    @api.model
    def _check_recouvrement_scenario_right(self):
        """Who only reads the relances may well have the right to bill."""
        if not self.env.su and not self.env.user.has_group(
            "recouvrement_amiable.group_collector"
        ):
            raise AccessError(
                self.env._("Only collectors choose the relance scenario of an invoice.")
            )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------
    @api.depends_context("recouvrement_day", "lang")
    @api.depends("state", "payment_state", "recouvrement_scenario_id")
    def _compute_recouvrement(self):
        """The item that speaks for the invoice: its oldest instalment left to pay."""
        for move in self:
            move.recouvrement_situation = False
            move.recouvrement_reason = False
            move.recouvrement_level_id = False
            move.recouvrement_text = False
            move.recouvrement_last_date = False
            move.recouvrement_next_date = False
            move.recouvrement_expected_date = False
            move.recouvrement_expected_text = False
        unpaid = self.filtered(
            lambda move: move.id
            and move.state == "posted"
            and move.move_type in ("out_invoice", "out_receipt", "out_refund")
            and (move.amount_residual or move.payment_state == "in_payment")
        )
        if unpaid._ids:
            unpaid._read_recouvrement()

    def _read_recouvrement(self):
        Item = self.env["recouvrement.open.item"]
        by_move = {}
        rows = Item._situations(self.company_id, self.commercial_partner_id)
        for row in sorted(rows, key=lambda row: (row["date_due"], row["id"])):
            by_move.setdefault(row["move_id"], row)
        self._read_recouvrement_expected(rows)
        for move in self:
            row = by_move.get(move._origin.id)
            if not row:
                if move.move_type != "out_refund":
                    move.recouvrement_text = self.env._(
                        "No dossier yet: the next run opens it."
                    )
                continue
            move.recouvrement_situation = row["situation"]
            move.recouvrement_reason = row["reason"]
            move.recouvrement_level_id = row["reached_level_id"]
            move.recouvrement_text = Item._describe(row, move.company_id)
            move.recouvrement_last_date = row["last_any"]
            move.recouvrement_next_date = Item._next_day(row, move.company_id)

    def _read_recouvrement_expected(self, rows):
        """The instalment that is paid last says when the invoice will be."""
        Item = self.env["recouvrement.open.item"]
        rows = [row for row in rows if row["move_id"] in self._origin._ids]
        latest = {}
        for row, days in zip(rows, Item._expected_of(rows), strict=True):
            known = latest.get(row["move_id"])
            if days and (not known or days[1] > known[1]):
                latest[row["move_id"]] = days
        for move in self:
            days = latest.get(move._origin.id)
            move.recouvrement_expected_date = days[1] if days else False
            move.recouvrement_expected_text = Item._expected_words(days)

    # ------------------------------------------------------------------
    # Search and grouping
    # ------------------------------------------------------------------
    @api.model
    def _recouvrement_rows_sql(self):
        """One row per invoice of the one query, the oldest instalment's."""
        Item = self.env["recouvrement.open.item"]
        Item._prepare_read(whole=True)
        return SQL(
            "(SELECT DISTINCT ON (q.move_id) q.move_id, q.situation, q.reason,"
            " q.reached_level_id FROM (%s) q ORDER BY q.move_id, q.date_due, q.id)",
            Item._query(self.env.companies.sudo()).select(),
        )

    def _search_recouvrement(self, column, operator, value):
        if operator != "in":
            return NotImplemented
        values = list(value)
        rows = self._recouvrement_rows_sql()
        known = [item for item in values if item]
        found = SQL(
            "(SELECT r.move_id FROM %s r WHERE r.%s IN %s)",
            rows,
            SQL.identifier(column),
            tuple(known) or (None,),
        )
        domain = [("id", "any!", found)]
        if len(known) != len(values):
            any_value = SQL(
                "(SELECT r.move_id FROM %s r WHERE r.%s IS NOT NULL)",
                rows,
                SQL.identifier(column),
            )
            domain = ["|", *domain, ("id", "not any!", any_value)]
        return domain

    def _search_recouvrement_situation(self, operator, value):
        return self._search_recouvrement("situation", operator, value)

    def _search_recouvrement_reason(self, operator, value):
        return self._search_recouvrement("reason", operator, value)

    def _search_recouvrement_level_id(self, operator, value):
        if operator in ("any", "any!"):
            operator, value = "in", self.env["recouvrement.level"].search(value).ids
        return self._search_recouvrement("reached_level_id", operator, value)

    def _field_to_sql(self, alias, field_expr, query=None):
        column = _SQL_FIELDS.get(field_expr)
        if column and query is not None:
            self._check_field_access(self._fields[field_expr], "read")
            rows = f"{alias}__recouvrement"
            if rows not in query._joins:
                query.add_join(
                    "LEFT JOIN",
                    rows,
                    self._recouvrement_rows_sql(),
                    SQL(
                        "%s = %s",
                        SQL.identifier(rows, "move_id"),
                        SQL.identifier(alias, "id"),
                    ),
                )
            return SQL.identifier(rows, column)
        return super()._field_to_sql(alias, field_expr, query)

    # What the planner is told for the one query holds for the statement that reads it.
    def _fetch_query(self, query, fields):
        records = super()._fetch_query(query, fields)
        self.env["recouvrement.open.item"]._end_whole_read()
        return records

    @api.model
    def _read_group(
        self,
        domain,
        groupby=(),
        aggregates=(),
        having=(),
        offset=0,
        limit=None,
        order=None,
    ):
        rows = super()._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )
        self.env["recouvrement.open.item"]._end_whole_read()
        return rows

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        rows = super()._read_grouping_sets(domain, grouping_sets, aggregates, order)
        self.env["recouvrement.open.item"]._end_whole_read()
        return rows

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    def action_recouvrement_history(self):
        """Relances that spoke of this invoice."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_relance_action"
        )
        action["domain"] = [("line_ids.move_line_id", "in", self.line_ids.ids)]
        action["context"] = {}
        return action

    def action_recouvrement_dossier(self):
        self.ensure_one()
        return self.commercial_partner_id.with_company(
            self.company_id
        ).action_recouvrement_dossier()
