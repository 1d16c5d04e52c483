# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError


class RecouvrementDossier(models.Model):
    """Orders, invoices and deliveries stopped by hand."""

    _inherit = "recouvrement.dossier"

    is_stopped = fields.Boolean(
        string="Stopped by Hand",
        copy=False,
        tracking=True,
        help="Orders, invoices and deliveries are stopped as the company's rules say.",
    )
    stop_reason = fields.Char(copy=False, tracking=True)
    halted_on = fields.Datetime(
        string="Last Halted on",
        readonly=True,
        copy=False,
        help="When a person last stopped the customer or recorded an insolvency:"
        " releases that are older no longer count.",
    )
    release_ids = fields.One2many("recouvrement.release", "dossier_id")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._halting(vals) for vals in vals_list])

    def write(self, vals):
        """Whoever stops says why; only a credit manager lets go again."""
        if "halted_on" in vals and not self.env.su:
            raise AccessError(self.env._("When it was stopped is never typed."))
        lifted = "is_stopped" in vals and not vals["is_stopped"]
        if lifted and not self.env.su and any(self.mapped("is_stopped")):
            if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
                raise AccessError(self.env._("Only a credit manager lifts a stop."))
        return super().write(self._halting(vals))

    @api.model
    def _halting(self, vals):
        """These values, dated if they stop the customer."""
        if vals.get("is_stopped") or vals.get("insolvency"):
            return dict(vals, halted_on=fields.Datetime.now())
        return vals

    @api.constrains("is_stopped", "stop_reason")
    def _check_stop_reason(self):
        for dossier in self.filtered("is_stopped"):
            if not (dossier.stop_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why %s is stopped.", dossier.partner_id.display_name
                    )
                )
