# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..legal.terms import (
    DAYS_THEN_MONTH_END,
    MONTH_END_THEN_DAYS,
    NO_AGREEMENT,
    PERIODIC,
    SIXTY_DAYS,
)
from .debtor_kind import FRANCE


class ResCompany(models.Model):
    """What the law wants on invoices, and the longest terms that it allows."""

    _inherit = "res.company"

    recouvrement_mentions = fields.Boolean(
        string="Legal Mentions on Invoices",
        compute="_compute_recouvrement_mentions",
        store=True,
        readonly=False,
        help="Late-payment penalty rate, fixed indemnity of €40 and discount terms on"
        " the invoices to companies and public bodies, never on those to consumers"
        " (French Commercial Code, art. L441-9 and D441-5). On by default for companies"
        " in France.",
    )
    recouvrement_french_law = fields.Boolean(
        string="Claims under French Law",
        compute="_compute_recouvrement_french_law",
        store=True,
        readonly=False,
        help="Interest, fixed indemnity and longest payment terms are those of French"
        " law. Without it none of them is computed, shown or announced. On by default,"
        " off for companies outside France.",
    )
    recouvrement_payment_agreement = fields.Selection(
        "_selection_recouvrement_agreement",
        string="Agreed Payment Terms",
        default=SIXTY_DAYS,
        required=True,
        help="Longest payment terms that your contracts with companies agree on (French"
        " Commercial Code, art. L441-10 I). By default 60 days from the invoice. The 45"
        " days end of month must be in the contract, which says how they are counted.",
    )

    @api.model
    def _selection_recouvrement_agreement(self):
        return [
            (SIXTY_DAYS, self.env._("60 days from the invoice")),
            (DAYS_THEN_MONTH_END, self.env._("45 days, then the end of the month")),
            (MONTH_END_THEN_DAYS, self.env._("End of the month, then 45 days")),
            (PERIODIC, self.env._("45 days from a periodic invoice")),
            (NO_AGREEMENT, self.env._("Nothing agreed: 30 days from delivery")),
        ]

    @api.depends("partner_id.country_id")
    def _compute_recouvrement_mentions(self):
        """A default: whoever changes it keeps the choice while the country stays."""
        for company in self:
            company.recouvrement_mentions = company._recouvrement_is_french()

    @api.depends("partner_id.country_id")
    def _compute_recouvrement_french_law(self):
        """A default, as above; only a known country speaks against it."""
        for company in self:
            company.recouvrement_french_law = (
                not company.partner_id.country_id or company._recouvrement_is_french()
            )

    def _recouvrement_is_french(self):
        """Whether the company's invoices are under the French Commercial Code."""
        self.ensure_one()
        return self.partner_id.country_id.code in FRANCE

    def _recouvrement_agreed_rate(self):
        """Yearly penalty rate agreed with companies, in percent; 0: the legal one."""
        self.ensure_one()
        return self.recouvrement_late_rate
