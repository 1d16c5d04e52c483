# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.ondelete(at_uninstall=True)
    def _unlink_relance_lines(self):
        """Stands for the foreign key that relance lines do without."""
        lines = (
            self.env["recouvrement.relance.line"]
            .sudo()
            .search([("move_line_id", "in", self.ids)])
        )
        if lines:
            relances = lines.relance_id
            lines.unlink()
            relances._refresh_amounts()
