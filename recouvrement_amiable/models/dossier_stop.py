# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


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

    @api.constrains("is_stopped", "stop_reason")
    def _check_stop_reason(self):
        for dossier in self.filtered("is_stopped"):
            if not (dossier.stop_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why %s is stopped.", dossier.partner_id.display_name
                    )
                )
