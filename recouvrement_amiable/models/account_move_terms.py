# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import format_date

from ..legal.errors import LegalError
from ..legal.parameters import CONSUMER, PUBLIC
from ..legal.terms import (
    PUBLIC_BUYERS,
    days_over,
    latest_business_due,
    latest_public_due,
)


class AccountMove(models.Model):
    """A due date later than the law allows is said on the invoice, and stops nobody."""

    _inherit = "account.move"

    @api.depends(
        "company_id",
        "delivery_date",
        "invoice_date",
        "invoice_date_due",
        "partner_id",
        "recouvrement_performed_on",
    )
    def _compute_alerts(self):
        return super()._compute_alerts()

    def _get_alerts(self):
        alerts = super()._get_alerts()
        warning = self._recouvrement_term_warning()
        if warning:
            alerts["recouvrement_term"] = {"level": "warning", "message": warning}
        return alerts

    def _recouvrement_term_warning(self):
        """By how many days the due date is over the legal maximum, or None.

        Only asked for by the form: posting reads nothing of it.
        """
        self.ensure_one()
        due = self.invoice_date_due
        if (
            self.move_type != "out_invoice"
            or self.state == "cancel"
            or not due
            or not self.commercial_partner_id
            or not self.company_id.sudo().recouvrement_french_law
        ):
            return None
        debtor = self._recouvrement_debtors().get(self)
        kind = debtor and debtor.on(self._recouvrement_issued())
        if not kind or kind == CONSUMER:
            return None
        try:
            latest, why = self._recouvrement_latest_due(kind, debtor)
        except LegalError:
            return None  # a day that far away is core's to refuse
        over = days_over(due, latest)
        if not over:
            return None
        return self.env._(
            "The due date is %(days)s day(s) over the longest payment term that the law"
            " allows, which ends on %(latest)s (%(why)s).",
            days=over,
            latest=format_date(self.env, latest),
            why=why,
        )

    def _recouvrement_latest_due(self, kind, debtor):
        """Longest lawful term of an invoice, with its rule in words.

        A public buyer's term is counted from the invoice until the portal's message
        is known: here it is the contract that is looked at, not the payment.

        :rtype: tuple
        """
        issued = self._recouvrement_issued()
        if kind == PUBLIC:
            start = self.sudo().recouvrement_available_on or issued
            days, article = PUBLIC_BUYERS[debtor.public_buyer]
            why = self.env._(
                "public buyer, %(days)s days, %(article)s", days=days, article=article
            )
            return latest_public_due(start, debtor.public_buyer), why
        company = self.company_id.sudo()
        agreement = company.recouvrement_payment_agreement
        words = dict(company.with_env(self.env)._selection_recouvrement_agreement())
        why = self.env._("%(agreement)s, C. com. L441-10 I", agreement=words[agreement])
        received = self.sudo()._recouvrement_performed()
        return latest_business_due(issued, agreement, received), why
