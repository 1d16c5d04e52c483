# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class RecouvrementSelection(models.AbstractModel):
    """What a wizard works on, whatever screen it was opened from.

    Invoices, customers, dossiers and rows of the worklist all lead to dossiers;
    invoices also say which items were meant.
    """

    _name = "recouvrement.selection"
    _inherit = "recouvrement.wizard"
    _description = "Selection of a relance wizard"

    dossier_ids = fields.Many2many("recouvrement.dossier", string="Customers")
    move_ids = fields.Many2many("account.move", string="Invoices")

    @api.model
    def default_get(self, fields):
        asked = {"dossier_ids", "move_ids"}.intersection(fields)
        values = super().default_get([name for name in fields if name not in asked])
        if not asked:
            return values
        moves, dossiers = self._selected()
        if not dossiers and "dossier_ids" in asked:
            raise UserError(
                self.env._(
                    "Nothing to work on: none of the selected records is a customer"
                    " with something open in this company."
                )
            )
        selected = {
            "dossier_ids": [Command.set(dossiers.ids)],
            "move_ids": [Command.set(moves.ids)],
        }
        self._check_links(selected)
        values.update({name: selected[name] for name in asked})
        return values

    @api.model
    def _selected(self):
        """``(invoices, dossiers)`` behind the active records."""
        model = self.env.context.get("active_model")
        ids = self.env.context.get("active_ids") or []
        Dossier = self.env["recouvrement.dossier"]
        moves = self.env["account.move"]
        if model == "account.move":
            moves = moves.browse(ids).filtered(
                lambda move: move.is_sale_document(include_receipts=True)
            )
            dossiers = Dossier
            for company, group in moves.grouped("company_id").items():
                dossiers |= Dossier._for_partners(group.commercial_partner_id, company)
            return moves, dossiers
        if model in ("account.move.line", "recouvrement.open.item"):
            lines = self.env["account.move.line"].browse(ids)
            return self.with_context(
                active_model="account.move", active_ids=lines.move_id.ids
            )._selected()
        if model == "res.partner":
            partners = self.env["res.partner"].browse(ids)
            return moves, Dossier._for_partners(partners, self.env.company)
        if model == "recouvrement.relance":
            return moves, self.env[model].browse(ids).dossier_id
        if model in ("recouvrement.dossier", "recouvrement.worklist"):
            return moves, Dossier.browse(ids).exists()
        return moves, Dossier

    def _done(self, message, kind="success"):
        """Close the wizard and say what was done."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
