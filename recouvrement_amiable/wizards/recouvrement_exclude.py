# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class RecouvrementExclude(models.TransientModel):
    """Take invoices or instalments out of the relances, with a reason."""

    _name = "recouvrement.exclude"
    _inherit = "recouvrement.selection"
    _description = "Exclude from relances"

    line_ids = fields.One2many(
        "recouvrement.exclude.line",
        "wizard_id",
        string="Items",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    whole_invoice = fields.Boolean(
        compute="_compute_whole_invoice",
        store=True,
        readonly=False,
        help="Also what falls due later on the same invoices.",
    )
    reason = fields.Char(required=True)
    for_good = fields.Boolean(help="Only a credit manager excludes for good.")
    until = fields.Date(help="Last day of the exclusion.")
    can_exclude_for_good = fields.Boolean(compute="_compute_can_exclude_for_good")

    @api.depends("dossier_ids", "move_ids")
    def _compute_line_ids(self):
        """What may be excluded: ticked when it was meant, to be chosen otherwise.

        Who comes from a customer means some of its invoices, never all by accident.
        """
        for wizard in self:
            rows = wizard._candidates()
            meant = bool(wizard.move_ids) or len(rows) == 1
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create({"move_line_id": row["id"], "chosen": meant})
                for row in rows
            ]

    @api.depends("dossier_ids", "move_ids")
    def _compute_whole_invoice(self):
        """Invoices were selected; items that are ticked one by one stand alone."""
        for wizard in self:
            wizard.whole_invoice = bool(wizard.move_ids) and not self._active_items()

    @api.model
    def _active_items(self):
        """Ids of the items from which the wizard was opened."""
        if self.env.context.get("active_model") in (
            "account.move.line",
            "recouvrement.open.item",
        ):
            return self.env.context.get("active_ids") or []
        return []

    def _candidates(self):
        """Rows of the one query that are to be paid, oldest first."""
        self.ensure_one()
        rows = self.env["recouvrement.open.item"]._situations(
            self.dossier_ids.company_id, partners=self.dossier_ids.partner_id
        )
        moves, active = set(self.move_ids.ids), self._active_items()
        found = [
            row
            for row in rows
            if row["amount_residual"] > 0
            and (not moves or row["move_id"] in moves)
            and (not active or row["id"] in active)
        ]
        return sorted(found, key=lambda row: (row["date_due"], row["id"]))

    def _compute_can_exclude_for_good(self):
        self.can_exclude_for_good = self.env.user.has_group(
            "recouvrement_amiable.group_credit_manager"
        )

    def action_confirm(self):
        self.ensure_one()
        items = self.line_ids.filtered("chosen").move_line_id
        if not items:
            raise UserError(self.env._("Choose at least one invoice or instalment."))
        if not self.for_good and not self.until:
            raise UserError(self.env._("Give the last day of the exclusion."))
        today = self.env.company._recouvrement_today()
        if not self.for_good and self.until < today:
            raise UserError(self.env._("The last day of the exclusion is in the past."))
        until = False if self.for_good else self.until
        written = self._exclude(items, until)
        count = len(
            items.filtered(
                lambda line: written
                & {(line.move_id.id, line.id), (line.move_id.id, False)}
            )
        )
        left = len(items) - count
        if not count:
            raise UserError(
                self.env._("These items are already excluded, as long or for longer.")
            )
        if left:
            return self._done(
                self.env._(
                    "%(count)s item(s) out of the relances; %(left)s already excluded,"
                    " as long or for longer.",
                    count=count,
                    left=left,
                )
            )
        return self._done(self.env._("%s item(s) out of the relances.", count))

    def _exclude(self, items, until):
        """Exclude the targets, or put off the end of the exclusions they have.

        :param until: last day; False for good
        :return: the targets of which something was written
        """
        Exclusion = self.env["recouvrement.exclusion"]
        targets = self._targets(items)
        running = Exclusion._of_scopes(targets).filtered(lambda x: not x.is_over)
        shorter = running.filtered(lambda x: not x._lasts(until))
        shorter.write({"until": until, "reason": self.reason})
        known = {(x.move_id.id, x.move_line_id.id) for x in running}
        fresh = [target for target in targets if target not in known]
        companies = {move.id: move.company_id.id for move in items.move_id}
        Exclusion.create(
            [
                {
                    "company_id": companies[move_id],
                    "move_id": move_id,
                    "move_line_id": line_id,
                    "reason": self.reason,
                    "until": until,
                }
                for move_id, line_id in fresh
            ]
        )
        return {*fresh, *((x.move_id.id, x.move_line_id.id) for x in shorter)}

    def _targets(self, items):
        """``[(id of the invoice, id of the instalment or False)]``."""
        if self.whole_invoice:
            return [(move.id, False) for move in items.move_id]
        return [(line.move_id.id, line.id) for line in items]


class RecouvrementExcludeLine(models.TransientModel):
    """An item that may be excluded, to be ticked."""

    _name = "recouvrement.exclude.line"
    _inherit = "recouvrement.wizard"
    _description = "Item to exclude"
    _order = "id"

    wizard_id = fields.Many2one(
        "recouvrement.exclude", required=True, ondelete="cascade", index=True
    )
    chosen = fields.Boolean(string="Exclude")
    move_line_id = fields.Many2one(
        "account.move.line", string="Item", required=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="move_line_id.partner_id", string="Customer")
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    date_maturity = fields.Date(related="move_line_id.date_maturity", string="Due")
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    amount_residual_currency = fields.Monetary(
        related="move_line_id.amount_residual_currency", string="Left to Pay"
    )
