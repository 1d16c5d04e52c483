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
        written = self._exclude(until)
        count = len(
            self.item_ids.filtered(
                lambda line: written
                & {(line.move_id.id, line.id), (line.move_id.id, False)}
            )
        )
        left = len(self.item_ids) - count
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

    def _exclude(self, until):
        """Exclude the targets, or put off the end of the exclusions they have.

        :param until: last day; False for good
        :return: the targets of which something was written
        """
        Exclusion = self.env["recouvrement.exclusion"]
        targets = self._targets()
        running = Exclusion._of_scopes(targets).filtered(lambda x: not x.is_over)
        shorter = running.filtered(lambda x: not x._lasts(until))
        shorter.write({"until": until, "reason": self.reason})
        known = {(x.move_id.id, x.move_line_id.id) for x in running}
        fresh = [target for target in targets if target not in known]
        companies = {move.id: move.company_id.id for move in self.item_ids.move_id}
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

    def _targets(self):
        """``[(id of the invoice, id of the instalment or False)]``."""
        if self.whole_invoice:
            return [(move.id, False) for move in self.item_ids.move_id]
        return [(line.move_id.id, line.id) for line in self.item_ids]
