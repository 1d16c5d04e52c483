# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_date, format_list, formatLang

from ..legal.amounts import to_decimal
from .claim_charging import ClaimCharging


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
        help="Items that reached a level whose charges are to be invoiced, those paid"
        " since included.",
    )
    line_ids = fields.One2many("recouvrement.claim.line", "statement_id")
    computed_for = fields.Char(
        readonly=True, help="What the lines were computed for: they follow the day."
    )
    segment_ids = fields.One2many("recouvrement.claim.segment", "statement_id")
    total_text = fields.Char(string="Total", compute="_compute_total_text")
    charge_text = fields.Char(string="Charges", compute="_compute_total_text")
    errors = fields.Text(compute="_compute_total_text")
    unsure_text = fields.Char(compute="_compute_unsure_text")
    recomputed = fields.Boolean(readonly=True)
    reason = fields.Char(string="Reason of the Waiver")
    waiving = fields.Boolean()
    can_charge = fields.Boolean(compute="_compute_can_charge")

    # ------------------------------------------------------------------
    # Opening
    # ------------------------------------------------------------------
    @api.model
    def _open_selected(self):
        """From a list: the dossiers or invoices that are ticked."""
        moves, dossiers = self._selected()
        return self._open(dossiers, moves)

    @api.model
    def _open_to_invoice(self):
        """Customers that reached a level whose charges are to be invoiced."""
        dossiers = (
            self.env["recouvrement.relance"]
            .search(
                [
                    ("level_id.charges", "=", "invoice"),
                    ("company_id", "in", self.env.companies.ids),
                    ("is_test", "=", False),
                    ("state", "not in", ("refused", "cancelled")),
                ]
            )
            .dossier_id
        )
        if not dossiers:
            raise UserError(
                self.env._(
                    "No customer has reached a level whose charges are to be invoiced."
                )
            )
        statement = self.create(
            {"dossier_ids": [Command.set(dossiers.ids)], "only_charging": True}
        )
        if not statement.line_ids:
            raise UserError(
                self.env._(
                    "Nothing is left to invoice: all charges of the levels reached are"
                    " on an invoice or waived."
                )
            )
        return statement._reopen()

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
            "context": {"dialog_size": "extra-large"},
        }

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------
    def _compute_can_charge(self):
        self.can_charge = self.env.user.has_group(
            "recouvrement_amiable.group_collector"
        )

    @api.model_create_multi
    def create(self, vals_list):
        """The lines come from the ledger, never from whoever asks."""
        statements = super().create([_without_lines(vals) for vals in vals_list])
        statements._rebuild()
        return statements

    def write(self, vals):
        """Of the lines, only the choice is the user's; see also ``_fresh``."""
        return super().write(vals if self.env.su else _without_lines(vals))

    def _asked(self):
        return f"{self.date} {self.only_charging}"

    def _fresh(self):
        """Whether the lines are those of the day asked for; else compute them anew."""
        self.ensure_one()
        fresh = self.computed_for == self._asked()
        if not fresh:
            self._rebuild()
        self.sudo().recomputed = not fresh
        return fresh

    def _rebuild(self):
        for statement in self:
            unticked = set(
                statement.line_ids.filtered(
                    lambda line: line.charges and not line.chosen
                ).move_line_id.ids
            )
            own = statement.sudo()
            own.line_ids.unlink()
            own.segment_ids.unlink()
            rows = statement._rows()
            own.env["recouvrement.claim.line"].create(
                [
                    row["line"]
                    | {
                        "statement_id": statement.id,
                        "chosen": row["line"]["chosen"]
                        and row["line"]["move_line_id"] not in unticked,
                    }
                    for row in rows
                ]
            )
            own.env["recouvrement.claim.segment"].create(
                [
                    segment | {"statement_id": statement.id}
                    for row in rows
                    for segment in row["segments"]
                ]
            )
            own.computed_for = statement._asked()
        self.invalidate_recordset()

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
        aside = self._set_aside()
        allowed = self._charging(found) if self.only_charging else None
        items = self.env["account.move.line"].browse(found).sudo()
        rows = []
        for item in items.sorted(lambda item: (found[item.id][0].due, item.id)):
            answer, statement = found[item.id]
            if allowed is not None and item.id not in allowed:
                continue
            owed = answer.principal if answer.is_due else 0
            if not (answer.charges or answer.error or owed and not self.only_charging):
                continue
            rows.append(
                {
                    "line": self._line_values(item, answer, aside),
                    "segments": self._segment_values(item, answer, statement),
                }
            )
        return rows

    def _set_aside(self):
        """``{("item" or "dossier", id): reason}``: what a person looks at first.

        Nothing of it is forbidden; it is not ticked by itself.
        """
        dossiers = self.dossier_ids
        item = self.env["recouvrement.open.item"]
        holds = item._account_holds(dossiers, self.date)
        aside = {("dossier", dossier_id): hold for dossier_id, hold in holds.items()}
        for row in item._situations(
            dossiers.company_id, dossiers.partner_id, self.date
        ):
            if row["item_holds"]:
                aside["item", row["id"]] = row["item_holds"][0]
            if row["credit_amount"]:
                aside.setdefault(("dossier", row["dossier_id"]), "unallocated_credit")
        return aside

    def _charging(self, item_ids):
        """Those of some items that reached a level which invoices charges.

        Paid since or not: paying the principal late does not settle the interest. As
        superuser: the dossiers were checked, a message in test mode reached nobody.
        """
        lines = self.env["recouvrement.relance.line"].sudo()
        return set(
            lines.search(
                [
                    ("move_line_id", "in", list(item_ids)),
                    ("granted", "=", True),
                    ("cancelled", "=", False),
                    ("level_id.charges", "=", "invoice"),
                    ("relance_id.is_test", "=", False),
                    ("relance_id.state", "not in", ("refused", "cancelled")),
                ]
            ).move_line_id.ids
        )

    def _line_values(self, item, answer, aside):
        words = self.env["recouvrement.claim"]
        reason = aside.get(("item", item.id)) or aside.get(
            ("dossier", answer.dossier_id)
        )
        before = item.company_id.recouvrement_ignore_before
        if not reason and before and answer.due < before:
            reason = "left_out"
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
            "why_not": reason
            and self.env["recouvrement.open.item"]._reason_label(reason),
            "chosen": bool(answer.charges) and not reason,
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

    @api.depends("line_ids.dossier_id")
    @api.depends_context("lang")
    def _compute_unsure_text(self):
        """The law, and the fixed indemnity, hang on the kind of debtor."""
        kinds = dict(self.env["recouvrement.dossier"]._selection_kind())
        for statement in self:
            unsure = statement.line_ids.dossier_id.filtered(
                lambda dossier: not dossier.kind_confirmed
            )
            names = [
                f"{dossier.partner_id.display_name} ({kinds[dossier.kind]})"
                for dossier in unsure[:5]
            ]
            if len(unsure) > len(names):
                names.append("…")
            statement.unsure_text = bool(names) and self.env._(
                "Nobody has confirmed yet what kind of debtor this is, company, public"
                " body or consumer: %s.",
                format_list(self.env, names),
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
        self._fresh()
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
        if not self._fresh():
            return self._reopen()  # what is read is what is charged
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
        if self._fresh():
            self._chosen()
            self.waiving = True
        return self._reopen()

    def action_waive(self):
        """Give up the charges chosen, with a reason, for good."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why these charges are waived."))
        if not self._fresh():
            return self._reopen()
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


def _without_lines(vals):
    """Values of a form: its lines only say what is chosen."""
    commands = [
        Command.update(command[1], {"chosen": command[2]["chosen"]})
        for command in vals.get("line_ids") or ()
        if command[0] == Command.UPDATE and "chosen" in command[2]
    ]
    rest = {
        name: value
        for name, value in vals.items()
        if name not in ("line_ids", "segment_ids", "computed_for")
    }
    return rest | ({"line_ids": commands} if commands else {})
