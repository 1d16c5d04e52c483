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
    release_ids = fields.One2many("recouvrement.release", "dossier_id")

    def write(self, vals):
        """Whoever stops says why; only a credit manager lets go again."""
        lifted = "is_stopped" in vals and not vals["is_stopped"]
        if lifted and not self.env.su and any(self.mapped("is_stopped")):
            if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
                raise AccessError(self.env._("Only a credit manager lifts a stop."))
        return super().write(vals)

    @api.constrains("is_stopped", "stop_reason")
    def _check_stop_reason(self):
        for dossier in self.filtered("is_stopped"):
            if not (dossier.stop_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why %s is stopped.", dossier.partner_id.display_name
                    )
                )
