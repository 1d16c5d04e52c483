# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# A day that far away is a slip of the keyboard; some are in no calendar.
MAX_DAYS = 3650


class RecouvrementPause(models.TransientModel):
    """Postpone by some days, or pause until a date: nothing leaves meanwhile."""

    _name = "recouvrement.pause"
    _inherit = "recouvrement.selection"
    _description = "Postpone or pause"

    mode = fields.Selection(
        [("postpone", "Postpone"), ("pause", "Pause")], default="pause", required=True
    )
    days = fields.Integer(default=7)
    until = fields.Date(
        required=True,
        compute="_compute_until",
        store=True,
        precompute=True,
        readonly=False,
        help="The relances go on from this day.",
    )
    reason = fields.Char(required=True)

    @api.depends("days", "mode")
    def _compute_until(self):
        for wizard in self:
            today = wizard.env.company._recouvrement_today()
            if wizard.mode == "postpone":
                wizard._check_days()
                wizard.until = today + timedelta(days=wizard.days)
            elif not wizard.until:
                wizard.until = today + timedelta(days=30)

    def _check_days(self):
        if abs(self.days) > MAX_DAYS:
            raise UserError(
                self.env._(
                    "The relances are put off by 1 to %(most)s days, not by %(days)s.",
                    most=MAX_DAYS,
                    days=self.days,
                )
            )

    def action_confirm(self):
        self.ensure_one()
        self.dossier_ids.check_access("write")
        today = self.env.company._recouvrement_today()
        if self.until <= today:
            raise UserError(
                self.env._("The pause must end after today: choose a later day.")
            )
        longer = self.dossier_ids._pause(self.until, self.reason, shorten=True)
        message = self.env._("%s customer(s) left in peace.", len(self.dossier_ids))
        if longer:
            message += " " + self.env._(
                "The pause was longer and now ends sooner: %s.",
                ", ".join(longer[:5].mapped("display_name"))
                + ("…" if len(longer) > 5 else ""),
            )
        return self._done(message, "warning" if longer else "success")
