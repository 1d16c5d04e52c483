# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.relance_plan import RelancePlan


class RecouvrementRelanceNow(models.TransientModel):
    """A relance by hand, at any level, for a selection of customers."""

    _name = "recouvrement.relance.now"
    _inherit = "recouvrement.selection"
    _description = "Relance now"

    scenario_id = fields.Many2one("recouvrement.scenario", compute="_compute_scenario")
    level_id = fields.Many2one(
        "recouvrement.level",
        string="Level",
        required=True,
        compute="_compute_level_id",
        store=True,
        readonly=False,
    )
    level_approval = fields.Boolean(related="level_id.approval")
    level_channels = fields.Char(related="level_id.channel_text", string="Channels")
    warning = fields.Text(compute="_compute_warning")
    summary = fields.Char(compute="_compute_warning")
    needs_confirmation = fields.Boolean(compute="_compute_warning")
    confirmed = fields.Boolean(string="I have read this: send all the same")

    @api.depends("dossier_ids")
    def _compute_scenario(self):
        for wizard in self:
            scenarios = wizard.dossier_ids.scenario_id
            wizard.scenario_id = scenarios if len(scenarios) == 1 else False

    @api.depends("dossier_ids")
    def _compute_level_id(self):
        """The next level of the first customer that has one."""
        for wizard in self:
            items = wizard._late_items()
            level_ids = [row["next_level_id"] for row in items if row["next_level_id"]]
            wizard.level_id = level_ids[0] if level_ids else False

    @api.depends("dossier_ids", "level_id")
    def _compute_warning(self):
        """What would have held the relance: the person decides knowing it."""
        Item = self.env["recouvrement.open.item"]
        Dossier = self.env["recouvrement.dossier"]
        for wizard in self:
            held = {}
            for row in wizard._items():
                for reason in row["holds"] + wizard._hesitations(row):
                    held.setdefault((row["dossier_id"], reason), row)
            wizard.needs_confirmation = bool(held)
            wizard.warning = "\n".join(
                self.env._(
                    "%(customer)s: %(reason)s",
                    customer=Dossier.browse(dossier_id).display_name,
                    reason=Item._reason_label(reason),
                )
                for dossier_id, reason in list(held)[:20]
            )
            late = wizard._late_items()
            wizard.summary = self.env._(
                "%(customers)s customer(s), %(items)s late item(s)",
                customers=len({row["dossier_id"] for row in late}),
                items=len(late),
            )
            if wizard.level_id.channel_email:
                closed = wizard.dossier_ids.company_id._recouvrement_closed_words()
                wizard.summary = ". ".join(filter(None, [wizard.summary, closed]))

    @staticmethod
    def _hesitations(row):
        """Reasons to wait that a person must have seen: a message is recent."""
        return [wait for wait in row["waits"] if wait in ("gap", "failed", "posting")]

    def _items(self):
        dossiers = self.dossier_ids
        if not dossiers.ids:
            return []
        return self.env["recouvrement.open.item"]._situations(
            dossiers.company_id, partners=dossiers.partner_id
        )

    def _late_items(self):
        """Items that may be asked for: late, not held one by one, as selected."""
        moves = set(self.move_ids.ids)
        courtesy = bool(self.level_id and self.level_id.delay < 0)
        return [
            row
            for row in self._items()
            if row["amount_residual"] > 0
            and not row["item_holds"]
            and row["is_late"] != courtesy
            and (not moves or row["move_id"] in moves)
        ]

    def action_confirm(self):
        self.ensure_one()
        self.dossier_ids.check_access("write")
        if not self.level_id:
            raise UserError(self.env._("Choose the level of the relance."))
        items = self._late_items()
        if not items:
            raise UserError(
                self.env._(
                    "%s: nothing late to ask for. Excluded, blocked and paid items are"
                    " never dunned.",
                    ", ".join(self.dossier_ids.mapped("display_name")[:5]),
                )
            )
        if self.needs_confirmation and not self.confirmed:
            raise UserError(
                self.env._(
                    "The run would leave these customers alone:\n%s\nTick the box to"
                    " send all the same.",
                    self.warning,
                )
            )
        relance_ids = []
        for company, dossiers in self.dossier_ids.grouped("company_id").items():
            relance_ids += self._plan(company, dossiers, items)
        if not relance_ids:
            raise UserError(self.env._("No relance could be made."))
        self.env["recouvrement.delivery"]._wake_sender()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_relance_action"
        )
        action["context"] = {}
        if len(relance_ids) == 1:
            action.update(res_id=relance_ids[0], views=[(False, "form")])
        else:
            action["domain"] = [("id", "in", relance_ids)]
        return action

    def _plan(self, company, dossiers, items):
        """Relances of one company; a level that needs approval still does."""
        dossiers._lock_or_explain()
        company_sudo = company.sudo()
        if (
            company_sudo.recouvrement_test_mode
            and not company_sudo.recouvrement_test_email
        ):
            raise UserError(
                self.env._(
                    "%s is in test mode without a test address: nothing can be sent."
                    " Set the test address, or end the test mode from the going-live"
                    " checklist.",
                    company.name,
                )
            )
        self._check_pending(dossiers)
        level = self.level_id
        chosen = self._chosen_items(items, level)
        # The rights were checked on the dossiers; the plan writes set-based.
        plan = RelancePlan(
            self.env(su=True),
            company,
            company._recouvrement_today(),
            is_test=company_sudo.recouvrement_test_mode,
        )
        with_items = {row["dossier_id"] for row in items}
        dossiers = dossiers.filtered(lambda dossier: dossier.id in with_items)
        if not dossiers:
            return []
        plan.classify(dossiers.ids)
        plan.force(level, self.env["account.move.line"].browse(chosen))
        return plan.insert("manual")

    def _chosen_items(self, items, level):
        """Items that get the level: those meant, old enough if any is."""
        if self.move_ids:
            return [row["id"] for row in items]
        chosen = []
        by_dossier = {}
        for row in items:
            by_dossier.setdefault(row["dossier_id"], []).append(row)
        for rows in by_dossier.values():
            old = [row["id"] for row in rows if row["days_late"] >= level.delay]
            chosen += old or [row["id"] for row in rows]
        return chosen

    def _check_pending(self, dossiers):
        """No second message while one is on its way."""
        pending = self.env["recouvrement.delivery"].search(
            [
                ("dossier_id", "in", dossiers.ids),
                ("state", "in", ("draft", "queued", "sending")),
            ],
            limit=1,
        )
        if pending:
            raise UserError(
                self.env._(
                    "%(relance)s for %(customer)s waits for approval or is on its way:"
                    " approve, refuse or cancel it first.",
                    relance=pending.relance_id.name,
                    customer=pending.customer_id.display_name,
                )
            )
