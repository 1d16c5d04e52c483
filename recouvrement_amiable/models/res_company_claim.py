# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..legal.amounts import to_rate
from ..legal.claim import Policy
from ..legal.errors import LegalError
from ..legal.interest import InterestEngine
from ..legal.rates import CONTRACTUAL, check_percent, floor_warnings

# Codes of the French chart, where it is installed.
INTEREST_CODE = "763100"
INDEMNITY_CODE = "758100"


class ResCompany(models.Model):
    """What the law leaves open about claims, and where they are posted."""

    _inherit = "res.company"

    recouvrement_late_rate = fields.Float(
        string="Agreed Late-payment Rate (%)",
        digits=(7, 2),
        help="Yearly rate of your terms of sale. 0: the rate of the law for companies,"
        " ECB refinancing rate plus 10 points (C. com. art. L441-10 II).",
    )
    recouvrement_imputation = fields.Selection(
        [("principal", "The invoice first"), ("interest", "Interest first")],
        string="Part Payments Settle",
        default="principal",
        required=True,
        help="C. civ. art. 1343-1 says interest first unless agreed otherwise. The"
        " invoice first claims less, and agrees with the accounts.",
    )
    recouvrement_day_count = fields.Selection(
        [("act_365", "365"), ("act_act", "365, or 366 in a leap year")],
        string="Days of the Year",
        default="act_365",
        required=True,
        help="No text decides for late-payment interest; 365 is the practice.",
    )
    recouvrement_rounding = fields.Selection(
        [("segment", "Each line of the statement"), ("once", "The total only")],
        string="Interest Rounded On",
        default="segment",
        required=True,
        help="Not regulated. By line, a printed statement adds up.",
    )
    recouvrement_judgment_bears = fields.Boolean(
        string="Day of the Judgment Bears Interest",
        help="Interest stops with the judgment that opens insolvency (C. com. art."
        " L622-28). Whether that day still counts is open; without it, less is"
        " claimed.",
    )
    recouvrement_creditor = fields.Selection(
        [("business", "In business"), ("individual", "A private person")],
        string="The Creditor Is",
        default="business",
        required=True,
        help="The legal interest rate follows the creditor, not the debtor (CMF art."
        " L313-2).",
    )
    recouvrement_indemnity_per = fields.Selection(
        [("invoice", "Invoice"), ("instalment", "Instalment")],
        string="Fixed Indemnity per",
        default="invoice",
        required=True,
        help="€40 for each invoice paid late (C. com. art. D441-5). The texts say"
        " nothing of instalments.",
    )
    recouvrement_notice_basis = fields.Selection(
        [
            ("posted", "Its deposit at the post office"),
            ("presented", "Its first presentation"),
            ("received", "Its receipt"),
        ],
        string="A Formal Notice Takes Effect With",
        default="presented",
        required=True,
        help="C. civ. art. 1344-1 does not fix the day: first presentation is a"
        " prudent reading.",
    )
    recouvrement_interest_account_id = fields.Many2one(
        "account.account",
        string="Account of Interest",
        ondelete="set null",
        help="Empty: 763100 where the French chart is there.",
    )
    recouvrement_indemnity_account_id = fields.Many2one(
        "account.account",
        string="Account of Indemnities",
        ondelete="set null",
        help="Empty: 758100 where the French chart is there.",
    )
    recouvrement_charge_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of Charges",
        ondelete="set null",
        domain="[('type', '=', 'sale')]",
        help="Empty: the company's first sales journal.",
    )
    recouvrement_rate_warning = fields.Char(
        compute="_compute_recouvrement_rate_warning"
    )

    @api.constrains("recouvrement_late_rate")
    def _check_recouvrement_late_rate(self):
        words = self.env["recouvrement.legal.words"]
        for company in self.filtered("recouvrement_late_rate"):
            try:
                check_percent(CONTRACTUAL, round(company.recouvrement_late_rate, 4))
            except LegalError as error:
                raise ValidationError(words._explain(error)) from error

    @api.depends("recouvrement_late_rate")
    def _compute_recouvrement_rate_warning(self):
        """A floor bounds agreed rates; it is a warning, never a correction."""
        for company in self:
            company.recouvrement_rate_warning = company._recouvrement_floor_text(
                company.recouvrement_late_rate
            )

    def _recouvrement_floor_text(self, percent):
        """What to say of an agreed rate under three times the legal rate, or False."""
        if not percent:
            return False
        self.ensure_one()
        today = self._recouvrement_today()
        rates = self._recouvrement_reference_rates()
        low = [
            warning
            for warning in floor_warnings(
                to_rate(round(percent, 4)), today, today, rates.legal_business
            )
            if warning.floor is not None
        ]
        if not low:
            return False
        return self.env._(
            "%(rate)s %% is below the lawful minimum of this half-year, %(floor)s %%:"
            " three times the legal interest rate (C. com. art. L441-10 II).",
            rate=f"{percent:g}",
            floor=f"{low[0].floor / 10_000:g}",
        )

    @api.model
    def _recouvrement_reference_rates(self):
        """:rtype: legal.rates.ReferenceRates"""
        return self.env["recouvrement.reference.rate"].sudo()._reference_rates()

    def _recouvrement_engine(self, rates):
        """:rtype: InterestEngine"""
        self.ensure_one()
        company = self.sudo()
        return InterestEngine(
            rates,
            Policy(
                imputation=company.recouvrement_imputation,
                day_count=company.recouvrement_day_count,
                rounding=company.recouvrement_rounding,
                judgment_day_bears=company.recouvrement_judgment_bears,
                creditor=company.recouvrement_creditor,
            ),
        )

    # ------------------------------------------------------------------
    # Accounts
    # ------------------------------------------------------------------
    def _recouvrement_charge_accounts(self):
        """``{"interest": account, "indemnity": account}``, empty where unknown."""
        self.ensure_one()
        company = self.sudo()
        return {
            "interest": company.recouvrement_interest_account_id
            or company._recouvrement_account(INTEREST_CODE),
            "indemnity": company.recouvrement_indemnity_account_id
            or company._recouvrement_account(INDEMNITY_CODE),
        }

    def _recouvrement_account(self, code):
        return (
            self.env["account.account"]
            .sudo()
            .with_company(self)
            .search(
                [
                    *self.env["account.account"]._check_company_domain(self),
                    ("code", "=", code),
                ],
                limit=1,
            )
        )
