# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class RecouvrementExclude(models.TransientModel):
    """Take invoices or instalments out of the relances, with a reason."""

    _name = "recouvrement.exclude"
    _inherit = "recouvrement.selection"
    _description = "Exclude from relances"

    item_ids = fields.Many2many(
        "account.move.line",
        string="Items",
        compute="_compute_item_ids",
        store=True,
        readonly=False,
    )
    whole_invoice = fields.Boolean(
        default=True, help="Also what falls due later on the same invoices."
    )
    reason = fields.Char(required=True)
    for_good = fields.Boolean(help="Only a credit manager excludes for good.")
    until = fields.Date(help="Last day of the exclusion.")
    can_exclude_for_good = fields.Boolean(compute="_compute_can_exclude_for_good")

    @api.depends("dossier_ids", "move_ids")
    def _compute_item_ids(self):
        active = (
            self.env.context.get("active_ids", [])
            if self.env.context.get("active_model")
            in ("account.move.line", "recouvrement.open.item")
            else []
        )
        for wizard in self:
            rows = self.env["recouvrement.open.item"]._situations(
                wizard.dossier_ids.company_id, partners=wizard.dossier_ids.partner_id
            )
            moves = set(wizard.move_ids.ids)
            wizard.item_ids = [
                row["id"]
                for row in rows
                if row["amount_residual"] > 0
                and (not moves or row["move_id"] in moves)
                and (not active or row["id"] in active)
            ]
            if active:
                wizard.whole_invoice = False

    def _compute_can_exclude_for_good(self):
        self.can_exclude_for_good = self.env.user.has_group(
            "recouvrement_amiable.group_credit_manager"
        )

    def action_confirm(self):
        self.ensure_one()
        if not self.item_ids:
            raise UserError(self.env._("Choose at least one invoice or instalment."))
        if not self.for_good and not self.until:
            raise UserError(self.env._("Give the last day of the exclusion."))
        today = self.env.company._recouvrement_today()
        if not self.for_good and self.until < today:
            raise UserError(self.env._("The last day of the exclusion is in the past."))
        until = False if self.for_good else self.until
        self.env["recouvrement.exclusion"].create(
            [
                {
                    "company_id": move.company_id.id,
                    "move_id": move.id,
                    "move_line_id": line.id,
                    "reason": self.reason,
                    "until": until,
                }
                for move, line in self._targets()
            ]
        )
        return self._done(
            self.env._("%s item(s) out of the relances.", len(self.item_ids))
        )

    def _targets(self):
        """``[(invoice, instalment or empty)]`` that are not excluded yet."""
        Line = self.env["account.move.line"]
        if self.whole_invoice:
            targets = [(move, Line) for move in self.item_ids.move_id]
        else:
            targets = [(line.move_id, line) for line in self.item_ids]
        known = self.env["recouvrement.exclusion"].search(
            [("move_id", "in", self.item_ids.move_id.ids)]
        )
        pairs = {(e.move_id, e.move_line_id) for e in known}
        fresh = [target for target in targets if target not in pairs]
        if not fresh:
            raise UserError(self.env._("These items are already excluded."))
        return fresh
