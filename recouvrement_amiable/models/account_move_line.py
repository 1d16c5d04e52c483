# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _recouvrement_debts(self):
        """Those that the one query reads: what customers owe, no other receivable."""
        accounts = set(self.env["recouvrement.open.item"]._receivable_ids())
        return self.filtered(lambda line: line.account_id.id in accounts)

    def write(self, vals):
        """What was said to a debtor was not said to the next one."""
        result = super().write(vals)
        if "partner_id" in vals:
            posted = self.filtered(lambda line: line.parent_state == "posted")
            self.env["recouvrement.relance.line"]._leave_debtors(posted.ids)
        return result

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
            relances._items_gone()
