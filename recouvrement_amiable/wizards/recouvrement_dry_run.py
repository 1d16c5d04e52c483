# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class RecouvrementDryRun(models.TransientModel):
    """What the run of any day would send, and why not to the others."""

    _name = "recouvrement.dry.run"
    _inherit = "recouvrement.wizard"
    _description = "Dry run"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date = fields.Date(
        required=True, default=lambda self: self.env.company._recouvrement_today()
    )

    is_live = fields.Boolean(compute="_compute_is_live")
    entry_mode = fields.Selection(
        lambda self: self.env["res.company"]
        ._fields["recouvrement_entry_mode"]
        ._description_selection(self.env),
        string="Items Already Late",
        compute="_compute_entry_mode",
        store=True,
        readonly=False,
    )
    ignore_before = fields.Date(
        string="Leave Out Items Due Before",
        compute="_compute_ignore_before",
        store=True,
        readonly=False,
    )

    @api.depends("company_id")
    def _compute_is_live(self):
        for wizard in self:
            wizard.is_live = not wizard.company_id.sudo().recouvrement_test_mode

    @api.depends("company_id")
    def _compute_entry_mode(self):
        """What the settings say, until a manager chooses on going live."""
        for wizard in self:
            wizard.entry_mode = wizard.company_id.sudo().recouvrement_entry_mode

    @api.depends("company_id")
    def _compute_ignore_before(self):
        for wizard in self:
            wizard.ignore_before = wizard.company_id.sudo().recouvrement_ignore_before

    def _entry(self):
        """The choice that going live will ask for; a live company has made it."""
        if self.is_live or not self.entry_mode:
            return None
        return {"entry_mode": self.entry_mode, "ignore_before": self.ignore_before}

    def action_confirm(self):
        self.ensure_one()
        if not self.env.user.has_group("recouvrement_amiable.group_collector_all"):
            raise AccessError(
                self.env._("Only collectors of all dossiers run the dry run.")
            )
        if self.company_id not in self.env.user.company_ids:
            raise AccessError(self.env._("This company is not one of yours."))
        today = self.company_id._recouvrement_today()
        if abs(self.date - today) > timedelta(days=3660):
            raise UserError(self.env._("Choose a day less than ten years from today."))
        run = self.env["recouvrement.run"]._dry_run(
            self.company_id, self.date, self._entry()
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "recouvrement.run",
            "res_id": run.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
