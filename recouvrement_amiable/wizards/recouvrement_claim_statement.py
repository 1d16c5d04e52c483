# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_date, formatLang

from ..legal.amounts import to_decimal
from .claim_charging import ClaimCharging

FURTHEST_YEARS = 1


class RecouvrementClaimStatement(models.TransientModel):
    """What customers owe on a day: principal, interest by segment, indemnity.

    From here the charges are invoiced or waived: what is read is what is charged.
    """

    _name = "recouvrement.claim.statement"
    _inherit = "recouvrement.selection"
    _description = "Statement of a Claim"

    date = fields.Date(
        string="On",
        required=True,
        default=lambda self: self.env.company._recouvrement_today(),
        help="Last day of interest.",
    )
    invoice_date = fields.Date(
        string="Date of the Charge Invoice",
        required=True,
        default=lambda self: self.env.company._recouvrement_today(),
    )
    only_charging = fields.Boolean(
        string="Only Levels That Invoice",
        help="Customers whose level reached says that charges are invoiced.",
    )
    line_ids = fields.One2many(
        "recouvrement.claim.line",
        "statement_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    segment_ids = fields.One2many("recouvrement.claim.segment", "statement_id")
    total_text = fields.Char(string="Total", compute="_compute_total_text")
    charge_text = fields.Char(string="Charges", compute="_compute_total_text")
    errors = fields.Text(compute="_compute_total_text")
    reason = fields.Char(string="Reason of the Waiver")
    waiving = fields.Boolean()
    can_charge = fields.Boolean(compute="_compute_can_charge")

    # ------------------------------------------------------------------
    # Opening
    # ------------------------------------------------------------------
    @api.model
    def _open_for_items(self, items):
        moves = items.move_id
        dossiers = self.env["recouvrement.dossier"]
        for company, group in moves.grouped("company_id").items():
            dossiers |= dossiers._for_partners(group.commercial_partner_id, company)
        return self._open(dossiers, moves)

    @api.model
    def _open_for_dossier(self, dossier):
        return self._open(dossier, self.env["account.move"])

    @api.model
    def _open(self, dossiers, moves):
        statement = self.create(
            {
                "dossier_ids": [Command.set(dossiers.ids)],
                "move_ids": [Command.set(moves.ids)],
            }
        )
        return statement._reopen()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Statement of the claim"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------
    def _compute_can_charge(self):
        self.can_charge = self.env.user.has_group(
            "recouvrement_amiable.group_collector"
        )

    @api.depends("date", "dossier_ids", "move_ids", "only_charging")
    def _compute_line_ids(self):
        for statement in self:
            rows = statement._rows()
            statement.segment_ids = [Command.clear()] + [
                Command.create(segment) for row in rows for segment in row["segments"]
            ]
            statement.line_ids = [Command.clear()] + [
                Command.create(row["line"]) for row in rows
            ]

    def _rows(self):
        """Lines and segments of what can be claimed on the day."""
        self.ensure_one()
        if not self.dossier_ids or not self.date:
            return []
        self.dossier_ids.check_access("read")
        claim = self.env["recouvrement.claim"]
        condition = claim._claimable_sql(self.dossier_ids._origin)
        if self.move_ids:
            condition = SQL(
                "%s AND l.move_id IN %s", condition, tuple(self.move_ids._origin.ids)
            )
        found = claim._statements_of(condition, self.date)
        allowed = self._charging_items() if self.only_charging else None
        items = self.env["account.move.line"].browse(found).sudo()
        rows = []
        for item in items.sorted(lambda item: (found[item.id][0].due, item.id)):
            answer, statement = found[item.id]
            if allowed is not None and item.id not in allowed:
                continue
            if not (answer.charges or answer.principal or answer.error):
                continue
            rows.append(
                {
                    "line": self._line_values(item, answer),
                    "segments": self._segment_values(item, answer, statement),
                }
            )
        return rows

    def _charging_items(self):
        """Items of customers that reached a level which invoices charges."""
        rows = self.env["recouvrement.open.item"]._situations(
            self.dossier_ids.company_id, self.dossier_ids.partner_id, self.date
        )
        levels = self.env["recouvrement.level"].browse(
            {row["reached_level_id"] for row in rows if row["reached_level_id"]}
        )
        invoicing = set(levels.filtered(lambda v: v.charges == "invoice").ids)
        dossiers = {
            row["dossier_id"] for row in rows if row["reached_level_id"] in invoicing
        }
        return {row["id"] for row in rows if row["dossier_id"] in dossiers}

    def _line_values(self, item, answer):
        words = self.env["recouvrement.claim"]
        return {
            "dossier_id": answer.dossier_id,
            "move_line_id": item.id,
            "move_id": item.move_id.id,
            "date_due": answer.due,
            "days_late": answer.days_late,
            "currency_id": answer.currency_id,
            "principal": answer.principal,
            "interest": answer.interest,
            "indemnity": answer.indemnity,
            "error": words._error_text(answer),
            "chosen": bool(answer.charges),
        }

    def _segment_values(self, item, answer, statement):
        if statement is None:
            return []
        decimals = item.currency_id.decimal_places
        return [
            {
                "dossier_id": answer.dossier_id,
                "move_line_id": item.id,
                "move_id": item.move_id.id,
                "currency_id": answer.currency_id,
                "date_from": segment.first,
                "date_to": segment.last,
                "days": segment.days,
                "rate": float(segment.percent),
                "year_days": segment.year,
                "base": float(to_decimal(segment.base, decimals)),
                "amount": float(to_decimal(segment.amount, decimals)),
            }
            for segment in statement.segments
        ]

    @api.depends("line_ids.chosen", "line_ids.interest", "line_ids.indemnity")
    def _compute_total_text(self):
        for statement in self:
            totals, charges = {}, {}
            for line in statement.line_ids:
                currency = line.currency_id
                totals[currency] = totals.get(currency, 0) + line.total
                if line.chosen:
                    charges[currency] = (
                        charges.get(currency, 0) + line.interest + line.indemnity
                    )
            statement.total_text = statement._amounts(totals)
            statement.charge_text = statement._amounts(charges)
            statement.errors = "\n".join(
                dict.fromkeys(filter(None, statement.line_ids.mapped("error")))
            )

    def _amounts(self, by_currency):
        return " + ".join(
            formatLang(self.env, amount, currency_obj=currency)
            for currency, amount in by_currency.items()
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    def action_segments(self):
        """The segments as a list of its own, to sort and to export."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Interest on %s", format_date(self.env, self.date)),
            "res_model": "recouvrement.claim.segment",
            "view_mode": "list",
            "domain": [("statement_id", "=", self.id)],
        }

    def action_charge(self):
        """Draft charge invoices, one for each customer and currency."""
        self.ensure_one()
        moves = ClaimCharging(self._charging_env(), self._chosen(), self).charge()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["domain"] = [("id", "in", moves.ids)]
        action["context"] = {"default_move_type": "out_invoice"}
        if len(moves) == 1:
            action |= {"res_id": moves.id, "views": [(False, "form")]}
        return action

    def action_ask_waiver(self):
        self.ensure_one()
        self._chosen()
        self.waiving = True
        return self._reopen()

    def action_waive(self):
        """Give up the charges chosen, with a reason, for good."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why these charges are waived."))
        ClaimCharging(self._charging_env(), self._chosen(), self).waive(self.reason)
        return {"type": "ir.actions.act_window_close"}

    def _charging_env(self):
        if not self.can_charge:
            raise UserError(
                self.env._("Charges are invoiced or waived by collectors only.")
            )
        return self.env

    def _chosen(self):
        chosen = self.line_ids.filtered(lambda line: line.chosen and line.charges)
        if not chosen:
            raise UserError(
                self.env._("Choose at least one line with charges to claim.")
            )
        return chosen


class RecouvrementClaimLine(models.TransientModel):
    _name = "recouvrement.claim.line"
    _description = "Item of a Claim"
    _order = "date_due, id"

    statement_id = fields.Many2one(
        "recouvrement.claim.statement", required=True, ondelete="cascade", index=True
    )
    chosen = fields.Boolean(string="Charge")
    dossier_id = fields.Many2one("recouvrement.dossier", readonly=True)
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    move_line_id = fields.Many2one("account.move.line", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    days_late = fields.Integer(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    principal = fields.Monetary(readonly=True)
    interest = fields.Monetary(readonly=True)
    indemnity = fields.Monetary(readonly=True)
    charges = fields.Monetary(compute="_compute_total")
    total = fields.Monetary(compute="_compute_total")
    error = fields.Char(readonly=True)

    @api.depends("principal", "interest", "indemnity")
    def _compute_total(self):
        for line in self:
            line.charges = line.interest + line.indemnity
            line.total = line.principal + line.charges


class RecouvrementClaimSegment(models.TransientModel):
    """Days with one rate and one base: base x rate x days / days of the year."""

    _name = "recouvrement.claim.segment"
    _description = "Segment of Interest"
    _order = "date_from, id"

    statement_id = fields.Many2one(
        "recouvrement.claim.statement", required=True, ondelete="cascade", index=True
    )
    dossier_id = fields.Many2one("recouvrement.dossier", readonly=True)
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    move_line_id = fields.Many2one("account.move.line", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="To", readonly=True)
    days = fields.Integer(readonly=True)
    rate = fields.Float(
        string="Rate (%)", digits=(7, 2), readonly=True, aggregator=None
    )
    year_days = fields.Integer(
        string="Days of the Year", readonly=True, aggregator=None
    )
    base = fields.Monetary(readonly=True, aggregator=None)
    amount = fields.Monetary(string="Interest", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
