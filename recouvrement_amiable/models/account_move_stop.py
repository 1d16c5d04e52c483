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
        customer, parts = self.commercial_partner_id, self._recouvrement_parts()
        return Document(self, self.company_id, customer, 0, total, parts)

    def _recouvrement_parts(self):
        """What of the total comes from where; an add-on that knows of orders says it.

        :return: ``{origin: amount}`` in the company's currency, or None
        """
        return None

    def _recouvrement_is_paid(self):
        """Money that is in already, for the whole of it, is not refused its invoice."""
        self.ensure_one()
        move = self.sudo()
        if "transaction_ids" in move._fields and move._recouvrement_is_paid_online():
            return True
        orders = getattr(move, "pos_order_ids", None)  # with a point of sale only
        if not orders:
            return False
        methods = orders.payment_ids.payment_method_id
        return "pay_later" not in methods.mapped("type")

    def _recouvrement_is_paid_online(self):
        """Whether the transactions cover this invoice and the others that they pay."""
        paying = self.transaction_ids.filtered(
            lambda transaction: transaction.state in ("authorized", "done")
        )
        if not paying:
            return False
        day = self.invoice_date or fields.Date.context_today(self)

        def total(records, amount):
            return sum(
                record.currency_id._convert(
                    record[amount], self.currency_id, self.company_id, day
                )
                for record in records
            )

        invoices = paying.invoice_ids.filtered(lambda move: move.state != "cancel")
        paid = total(paying, "amount")
        due = total(invoices | self, "amount_total_in_currency_signed")
        return self.currency_id.compare_amounts(paid, due) >= 0

    def _post(self, soft=True):
        invoices = self.filtered(
            lambda move: move.move_type in ("out_invoice", "out_receipt")
            and move.state == "draft"
            and not (soft and move.date > fields.Date.context_today(move))
            and not move._recouvrement_is_paid()
        )
        aside = self.browse()
        stop = self.env["recouvrement.stop"]
        if self.env.context.get("cron_id"):
            # nobody looks: the others are posted, for these a release is asked for
            aside = stop._set_aside(
                invoices.filtered(lambda move: move.auto_post != "no"),
                self.env._("Scheduled invoice, stopped when it was to be posted."),
            )
        documents = [move._recouvrement_document() for move in invoices - aside]
        if documents:
            stop._enforce("invoice", documents)
        return super(AccountMove, self - aside)._post(soft)

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
