# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.tools.misc import formatLang

from ..legal.amounts import to_percent
from ..legal.dates import FIRST_DAY, LAST_DAY
from ..legal.parameters import (
    BUSINESS_MARGIN,
    CONSUMER,
    FIXED_INDEMNITY,
    PUBLIC,
    PUBLIC_FIXED_INDEMNITY,
    PUBLIC_MARGIN,
    RATE_UNIT,
)


class AccountMove(models.Model):
    """What the law wants printed on an invoice to a professional."""

    _inherit = "account.move"

    def _recouvrement_mentions(self):
        """Sentences for the invoice, in the language of the environment.

        None for a consumer, whose text may not speak of penalties, nor on an invoice
        of charges, which bears none. Whoever prints or downloads an invoice gets the
        same ones, whatever the rights.

        :rtype: list[str]
        """
        self.ensure_one()
        company = self.company_id.sudo()
        if self.move_type != "out_invoice" or not company.recouvrement_mentions:
            return []
        if self._recouvrement_is_charge():
            return []  # interest bears none (C. civ. art. 1343-2)
        debtor = self._recouvrement_debtors().get(self)
        day = self._recouvrement_issued()
        kind = debtor and debtor.on(day)
        if not kind or kind == CONSUMER or not FIRST_DAY <= day <= LAST_DAY:
            return []
        if kind == PUBLIC:
            mentions = [self._recouvrement_public_mention(day)]
        else:
            mentions = [
                self._recouvrement_rate_mention(day),
                self._recouvrement_indemnity_mention(day),
            ]
        if not self.invoice_payment_term_id.sudo().early_discount:
            mentions.append(self.env._("No discount is granted for early payment."))
        return mentions

    def _recouvrement_rate_mention(self, day):
        agreed = self._recouvrement_agreed_rate()
        if agreed:
            return self.env._(
                "Any sum paid after its due date bears penalties at %(rate)s%% a year"
                " from the following day, without any reminder (French Commercial Code,"
                " art. L441-10).",
                rate=self._recouvrement_percent(agreed),
            )
        values = self._recouvrement_rate_values(BUSINESS_MARGIN, day)
        if "rate" in values:
            return self.env._(
                "Any sum paid after its due date bears penalties from the following"
                " day, without any reminder, at the refinancing rate of the European"
                " Central Bank plus %(points)s points, that is %(rate)s%% a year in the"
                " half-year of this invoice (French Commercial Code, art. L441-10).",
                **values,
            )
        return self.env._(
            "Any sum paid after its due date bears penalties from the following day,"
            " without any reminder, at the refinancing rate of the European Central"
            " Bank plus %(points)s points (French Commercial Code, art. L441-10).",
            **values,
        )

    def _recouvrement_agreed_rate(self):
        """Yearly rate agreed with this customer, else with companies; 0: the legal one.

        In percent. Read with all rights, since every invoice depends on it.
        """
        self.ensure_one()
        dossier = (
            self.env["recouvrement.dossier"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("partner_id", "in", self.commercial_partner_id._origin.ids),
                ],
                limit=1,
            )
        )
        return dossier.late_rate or self.company_id.sudo()._recouvrement_agreed_rate()

    def _recouvrement_indemnity_mention(self, day):
        return self.env._(
            "Late payment also gives rise to a fixed indemnity of €%(amount)s for"
            " recovery costs (art. D441-5).",
            amount=self._recouvrement_euros(FIXED_INDEMNITY, day),
        )

    def _recouvrement_public_mention(self, day):
        """The rate of a public buyer is the law's, whatever was agreed."""
        values = self._recouvrement_rate_values(PUBLIC_MARGIN, day)
        values["amount"] = self._recouvrement_euros(PUBLIC_FIXED_INDEMNITY, day)
        if "rate" in values:
            return self.env._(
                "After the time to pay, interest runs without any formality at the"
                " refinancing rate of the European Central Bank plus %(points)s points,"
                " that is %(rate)s%% a year in the half-year of this invoice, and a"
                " fixed indemnity of €%(amount)s for recovery costs is owed (French"
                " Public Procurement Code, art. L2192-13, R2192-31 and D2192-35).",
                **values,
            )
        return self.env._(
            "After the time to pay, interest runs without any formality at the"
            " refinancing rate of the European Central Bank plus %(points)s points, and"
            " a fixed indemnity of €%(amount)s for recovery costs is owed (French"
            " Public Procurement Code, art. L2192-13, R2192-31 and D2192-35).",
            **values,
        )

    def _recouvrement_rate_values(self, margin, day):
        """Points over the reference rate, and the rate itself where it is known."""
        since = margin.on(day) if margin.applies(day) else margin.latest
        values = {"points": since.value // RATE_UNIT}
        refi = self.company_id.sudo()._recouvrement_reference_rates().refi.get(day)
        if refi is not None and margin.applies(day):
            rate = to_percent(refi + since.value)
            values["rate"] = self._recouvrement_percent(rate)
        return values

    def _recouvrement_percent(self, percent):
        """Two decimals, more only where the rate has them."""
        digits = 2 if round(float(percent), 2) == float(percent) else 4
        return formatLang(self.env, float(percent), digits=digits)

    def _recouvrement_euros(self, parameter, day):
        since = parameter.on(day) if parameter.applies(day) else parameter.latest
        return since.value // 100
