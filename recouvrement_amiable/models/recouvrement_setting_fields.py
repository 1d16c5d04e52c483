# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class RecouvrementSettingFields(models.AbstractModel):
    """The settings of a company, listed once.

    Odoo's settings page and the credit manager's own screen both take them from here;
    their blocks are those of ``res_config_settings_views.xml``.
    """

    _name = "recouvrement.setting.fields"
    _description = "Settings of the relances of a company"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    recouvrement_test_mode = fields.Boolean(
        related="company_id.recouvrement_test_mode", readonly=True
    )
    recouvrement_test_email = fields.Char(
        related="company_id.recouvrement_test_email", readonly=False
    )
    recouvrement_ignore_before = fields.Date(
        related="company_id.recouvrement_ignore_before", readonly=False
    )
    recouvrement_week = fields.Selection(
        related="company_id.recouvrement_week", readonly=False
    )
    recouvrement_holidays = fields.Selection(
        related="company_id.recouvrement_holidays", readonly=False
    )
    recouvrement_bank_max_age = fields.Integer(
        related="company_id.recouvrement_bank_max_age", readonly=False
    )
    recouvrement_bank_policy = fields.Selection(
        related="company_id.recouvrement_bank_policy", readonly=False
    )
    recouvrement_soon_days = fields.Integer(
        related="company_id.recouvrement_soon_days", readonly=False
    )
    recouvrement_score_tolerance = fields.Integer(
        related="company_id.recouvrement_score_tolerance", readonly=False
    )
    recouvrement_trust_follows = fields.Boolean(
        related="company_id.recouvrement_trust_follows", readonly=False
    )
    recouvrement_exposure_pooled = fields.Boolean(
        related="company_id.recouvrement_exposure_pooled", readonly=False
    )
    recouvrement_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    recouvrement_limit_collector = fields.Monetary(
        related="company_id.recouvrement_limit_collector",
        readonly=False,
        currency_field="recouvrement_currency_id",
    )
    recouvrement_risk_term_id = fields.Many2one(
        related="company_id.recouvrement_risk_term_id", readonly=False
    )
    recouvrement_deposit_percent = fields.Float(
        related="company_id.recouvrement_deposit_percent", readonly=False
    )
    recouvrement_run_keep_days = fields.Integer(
        related="company_id.recouvrement_run_keep_days", readonly=False
    )
    recouvrement_collector_id = fields.Many2one(
        related="company_id.recouvrement_collector_id", readonly=False
    )
    recouvrement_manager_id = fields.Many2one(
        related="company_id.recouvrement_manager_id", readonly=False
    )
    recouvrement_french_law = fields.Boolean(
        related="company_id.recouvrement_french_law", readonly=False
    )
    recouvrement_late_rate = fields.Float(
        related="company_id.recouvrement_late_rate", readonly=False
    )
    recouvrement_rate_warning = fields.Char(
        related="company_id.recouvrement_rate_warning"
    )
    recouvrement_imputation = fields.Selection(
        related="company_id.recouvrement_imputation", readonly=False
    )
    recouvrement_day_count = fields.Selection(
        related="company_id.recouvrement_day_count", readonly=False
    )
    recouvrement_rounding = fields.Selection(
        related="company_id.recouvrement_rounding", readonly=False
    )
    recouvrement_judgment_bears = fields.Boolean(
        related="company_id.recouvrement_judgment_bears", readonly=False
    )
    recouvrement_creditor = fields.Selection(
        related="company_id.recouvrement_creditor", readonly=False
    )
    recouvrement_indemnity_per = fields.Selection(
        related="company_id.recouvrement_indemnity_per", readonly=False
    )
    recouvrement_notice_basis = fields.Selection(
        related="company_id.recouvrement_notice_basis", readonly=False
    )
    recouvrement_interest_account_id = fields.Many2one(
        related="company_id.recouvrement_interest_account_id", readonly=False
    )
    recouvrement_indemnity_account_id = fields.Many2one(
        related="company_id.recouvrement_indemnity_account_id", readonly=False
    )
    recouvrement_charge_journal_id = fields.Many2one(
        related="company_id.recouvrement_charge_journal_id", readonly=False
    )
    recouvrement_mentions = fields.Boolean(
        related="company_id.recouvrement_mentions", readonly=False
    )
    recouvrement_payment_agreement = fields.Selection(
        related="company_id.recouvrement_payment_agreement", readonly=False
    )
    recouvrement_sector = fields.Selection(
        related="company_id.recouvrement_sector", readonly=False
    )
    recouvrement_notice_clause = fields.Boolean(
        related="company_id.recouvrement_notice_clause", readonly=False
    )
    recouvrement_contract_years = fields.Integer(
        related="company_id.recouvrement_contract_years", readonly=False
    )
    recouvrement_payment_interrupts = fields.Boolean(
        related="company_id.recouvrement_payment_interrupts", readonly=False
    )
