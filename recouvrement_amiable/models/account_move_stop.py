# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from .recouvrement_stop import Document


class AccountMove(models.Model):
    """Stops at the posting of a customer invoice."""

    _inherit = "account.move"

    _recouvrement_kind = "invoice"

    def _recouvrement_document(self):
        """This invoice for the rules: it is in the exposure already, as a draft.

        :rtype: Document
        """
        self.ensure_one()
        total = abs(self.amount_total_signed)
        return Document(self, self.company_id, self.commercial_partner_id, 0, total)

    def _recouvrement_is_paid(self):
        """Money that is in already is not refused its invoice."""
        self.ensure_one()
        move = self.sudo()
        if "transaction_ids" in move._fields and move.transaction_ids.filtered(
            lambda transaction: transaction.state in ("authorized", "done")
        ):
            return True
        return "pos_order_ids" in move._fields and bool(move.pos_order_ids)

    def _post(self, soft=True):
        invoices = self.filtered(
            lambda move: move.move_type in ("out_invoice", "out_receipt")
            and move.state == "draft"
            and not (soft and move.date > fields.Date.context_today(move))
            and not move._recouvrement_is_paid()
        )
        if invoices:
            self.env["recouvrement.stop"]._enforce(
                "invoice", [invoice._recouvrement_document() for invoice in invoices]
            )
        return super()._post(soft)

    def _get_alerts(self):
        """A draft says what would stop it, before anybody tries."""
        alerts = super()._get_alerts()
        if self.state == "draft" and self.move_type in ("out_invoice", "out_receipt"):
            if isinstance(self.id, int):
                document = self._recouvrement_document()
                for verdict in self.env["recouvrement.stop"]._verdicts(
                    "invoice", [document]
                ):
                    alerts["recouvrement_stop"] = {
                        "level": "danger" if verdict.action == "block" else "warning",
                        "message": verdict.text(),
                    }
        return alerts
