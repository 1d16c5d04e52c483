# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

# What nobody guarantees for one customer, and longer than any policy allows.
ABSURD_AMOUNT, ABSURD_DAYS = 10**10, 3650


class RecouvrementGuarantee(models.Model):
    """What is refused, with the record and what to do about it."""

    _inherit = "recouvrement.guarantee"

    @api.constrains("valid_from", "valid_until")
    def _check_dates(self):
        for guarantee in self:
            until = guarantee.valid_until
            if until and until < guarantee.valid_from:
                raise ValidationError(
                    self.env._(
                        "%(guarantee)s ends on %(until)s, before it starts on"
                        " %(start)s: correct one of the two days.",
                        guarantee=guarantee.display_name,
                        until=format_date(self.env, until),
                        start=format_date(self.env, guarantee.valid_from),
                    )
                )

    @api.constrains("amount")
    def _check_amount(self):
        for guarantee in self:
            if guarantee.amount <= 0:
                raise ValidationError(
                    self.env._(
                        "The amount of %s must be above zero: enter what it covers.",
                        guarantee.display_name,
                    )
                )
            if guarantee.amount > ABSURD_AMOUNT:
                raise ValidationError(
                    self.env._(
                        "The amount of %s is above ten billion: check the number of"
                        " zeros.",
                        guarantee.display_name,
                    )
                )

    @api.constrains("quota")
    def _check_quota(self):
        for guarantee in self:
            if not 0 <= guarantee.quota <= 100:
                raise ValidationError(
                    self.env._(
                        "The covered share of %s is a percentage: enter a number"
                        " between 0 and 100.",
                        guarantee.display_name,
                    )
                )

    @api.constrains("kind", "insurer_id", "declaration_days")
    def _check_insurance(self):
        for guarantee in self:
            if guarantee.kind == "insurance" and not guarantee.insurer_id:
                raise ValidationError(
                    self.env._(
                        "%s has no insurer: say who insures this customer.",
                        guarantee.display_name,
                    )
                )
            if not 0 <= guarantee.declaration_days <= ABSURD_DAYS:
                raise ValidationError(
                    self.env._(
                        "The declaration deadline of %s is a number of days after the"
                        " due date: enter 0 or more, ten years at most.",
                        guarantee.display_name,
                    )
                )

    @api.constrains("dossier_id", "partner_id")
    def _check_customer(self):
        for guarantee in self:
            customer = guarantee.dossier_id.partner_id
            if guarantee.partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "The dossier is that of %(customer)s, the guarantee that of"
                        " %(other)s: choose one of them.",
                        customer=customer.display_name,
                        other=guarantee.partner_id.display_name,
                    )
                )
            if not customer.active:
                raise ValidationError(
                    self.env._(
                        "%s is archived: restore the customer first, then record the"
                        " guarantee.",
                        customer.display_name,
                    )
                )

    @api.constrains("currency_id", "company_id")
    def _check_rate(self):
        rates = self._rates()
        for guarantee in self:
            company = guarantee.company_id
            if not rates.get((company.id, guarantee.currency_id.id)):
                raise ValidationError(
                    self.env._(
                        "%(currency)s has no exchange rate in %(company)s on %(day)s:"
                        " enter one among the currencies, then record %(guarantee)s"
                        " again.",
                        currency=guarantee.currency_id.name,
                        company=company.name,
                        day=format_date(self.env, company._recouvrement_today()),
                        guarantee=guarantee.display_name,
                    )
                )
