# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.http import request
from odoo.tools import SQL
from odoo.tools.mail import email_normalize
from odoo.tools.misc import format_date

from ..legal.calendar import OpeningCalendar

WEEKS = {
    "monday_friday": range(5),
    "monday_saturday": range(6),
    "every_day": range(7),
}

_NOT_LIVE = {"recouvrement_test_mode": True, "recouvrement_live_date": False}


class ResCompany(models.Model):
    _inherit = "res.company"

    recouvrement_test_mode = fields.Boolean(
        string="Relance Test Mode",
        default=True,
        copy=False,
        help="While it is on, no message reaches a customer: every message goes to"
        " the test address. A credit manager ends it from the going-live checklist.",
    )
    recouvrement_test_email = fields.Char(string="Relance Test Address")
    recouvrement_live_date = fields.Date(
        string="Relances Live Since", readonly=True, copy=False
    )
    recouvrement_entry_mode = fields.Selection(
        [
            ("first", "Start at the first level"),
            ("age", "Enter at the level of its age, without sending"),
        ],
        string="Items Already Late",
        default="first",
        required=True,
    )
    recouvrement_ignore_before = fields.Date(
        string="Leave Out Items Due Before",
        help="Items due before this day are never dunned; they stay in the balance.",
    )
    recouvrement_week = fields.Selection(
        [
            ("monday_friday", "Monday to Friday"),
            ("monday_saturday", "Monday to Saturday"),
            ("every_day", "Every day"),
        ],
        string="Relance Days",
        default="monday_friday",
        required=True,
    )
    recouvrement_holidays = fields.Selection(
        [
            ("france", "French public holidays"),
            ("alsace_moselle", "French public holidays, with Alsace-Moselle"),
            ("none", "None"),
        ],
        string="Closed Holidays",
        default="france",
        required=True,
        help="Labour Code, art. L3133-1 (and L3134-13 for Alsace-Moselle).",
    )
    recouvrement_bank_max_age = fields.Integer(
        string="Bank Data Maximum Age",
        default=7,
        help="Days since the last bank entry after which nothing is sent on doubt; of"
        " several imported accounts that customers pay on, the one that is behind"
        " counts. 0 switches the check off.",
    )
    recouvrement_bank_policy = fields.Selection(
        [("hold", "Hold the relances"), ("warn", "Warn only")],
        string="When Bank Data Is Old",
        default="hold",
        required=True,
    )
    recouvrement_soon_days = fields.Integer(
        string="Falling Due Soon",
        default=7,
        help="A relance also announces what falls due within this number of days.",
    )
    recouvrement_score_tolerance = fields.Integer(
        string="Late From",
        help="Days past the due date that the score still takes for on time. 0: one day"
        " late is late.",
    )
    recouvrement_trust_follows = fields.Boolean(
        string="Degree of Trust Follows the Class",
        help="Good for class A, normal for B and C, bad for D and E. Unrated customers"
        " keep what they have.",
    )
    recouvrement_exposure_pooled = fields.Boolean(
        string="Exposure of All Companies",
        help="The exposure of a customer adds up what it owes to every company, in this"
        " company's currency.",
    )
    recouvrement_limit_collector = fields.Monetary(
        string="Limits Approved by Collectors",
        currency_field="currency_id",
        help="Up to this amount a collector approves a limit; above, a credit manager.",
    )
    recouvrement_risk_term_id = fields.Many2one(
        "account.payment.term",
        string="Terms of Risky Customers",
        ondelete="set null",
        help="Proposed on the orders of classes D and E.",
    )
    recouvrement_deposit_percent = fields.Float(
        string="Deposit of Class E",
        help="Share to pay with the order, proposed on quotations of class E; 100 % is"
        " payment with the order.",
    )
    recouvrement_run_keep_days = fields.Integer(
        string="Keep Run Reports",
        default=365,
        help="Days during which the line per debtor of each run is kept."
        " Relances and deliveries are never deleted.",
    )
    recouvrement_collector_id = fields.Many2one(
        "res.users", string="Default Collector", ondelete="set null"
    )
    recouvrement_manager_id = fields.Many2one(
        "res.users",
        string="Credit Manager",
        ondelete="set null",
        help="Gets the proposals to hand over and the alerts of the nightly run.",
    )

    _recouvrement_bank_age_positive = models.Constraint(
        "CHECK (recouvrement_bank_max_age >= 0)",
        "The maximum age of bank data cannot be negative.",
    )
    _recouvrement_soon_positive = models.Constraint(
        "CHECK (recouvrement_soon_days >= 0)",
        "The number of days for what falls due soon cannot be negative.",
    )
    _recouvrement_tolerance_sane = models.Constraint(
        "CHECK (recouvrement_score_tolerance BETWEEN 0 AND 29)",
        "The score takes at most 29 days past the due date for on time.",
    )
    _recouvrement_deposit_share = models.Constraint(
        "CHECK (recouvrement_deposit_percent BETWEEN 0 AND 1)",
        "The deposit is between 0 and 100 %.",
    )
    _recouvrement_keep_sane = models.Constraint(
        "CHECK (recouvrement_run_keep_days BETWEEN 1 AND 36500)",
        "Run reports are kept for 1 to 36,500 days.",
    )

    @api.constrains("recouvrement_exposure_pooled")
    def _check_exposure_rates(self):
        """Amounts of several currencies only add up with their rates."""
        pooled = self.filtered("recouvrement_exposure_pooled")
        companies = self.env["res.company"].sudo()
        currencies = companies.search([("active", "=", True)]).currency_id
        rates = self._recouvrement_rates(
            {
                (company.id, currency.id, company._recouvrement_today())
                for company in pooled
                for currency in currencies
            }
        )
        for company in pooled:
            for currency in currencies:
                if not rates[company.id, currency.id]:
                    raise ValidationError(
                        self.env._(
                            "%(currency)s has no rate in %(company)s: enter one, then"
                            " add up the companies.",
                            currency=currency.name,
                            company=company.name,
                        )
                    )

    @api.constrains("recouvrement_test_email")
    def _check_recouvrement_test_email(self):
        for company in self:
            address = company.recouvrement_test_email
            if address and not email_normalize(address):
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is not an e-mail address. Give the relance"
                        " test address of %(company)s as name@domain.",
                        address=address,
                        company=company.name,
                    )
                )

    # ------------------------------------------------------------------
    # The end of the test mode
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """A company starts in test mode, whatever the values and defaults say."""
        if not self.env.su:
            vals_list = [dict(vals, **_NOT_LIVE) for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """The test mode ends by the checklist, which then works as superuser.

        It dates the start and forgets what was sent for a trial; a value written or
        imported would do neither.
        """
        ends = "recouvrement_test_mode" in vals and not vals["recouvrement_test_mode"]
        if not self.env.su and (
            "recouvrement_live_date" in vals
            or (ends and any(self.sudo().mapped("recouvrement_test_mode")))
        ):
            raise AccessError(
                self.env._(
                    "The test mode of the relances ends by the checklist alone:"
                    " Recouvrement ▸ Configuration ▸ Going live."
                )
            )
        return super().write(vals)

    # ------------------------------------------------------------------
    # The day
    # ------------------------------------------------------------------
    @api.model
    def _recouvrement_forced_day(self):
        """The day that the context asks for instead of today, or None.

        ``recouvrement_day`` (date or ISO string) is for the shell, the tests and the
        demonstration. Whoever calls from outside chooses the context of the call, and
        would date a relance or a posting as they like: a web request has no say.
        """
        forced = None if request else self.env.context.get("recouvrement_day")
        return fields.Date.to_date(forced) or None

    def _recouvrement_today(self):
        """Today in the company's own time zone.

        See ``_recouvrement_forced_day`` for what replaces it.
        """
        self.ensure_one()
        forced = self._recouvrement_forced_day()
        if forced:
            return forced
        zone = pytz.timezone(self.partner_id.tz or "Europe/Paris")
        utc_now = pytz.utc.localize(fields.Datetime.now())
        return utc_now.astimezone(zone).date()

    def _recouvrement_closed_until(self):
        """Next open day if the company is closed today, else False."""
        today = self._recouvrement_today()
        calendar = self.sudo()._recouvrement_calendar()
        return not calendar.is_open(today) and calendar.next_open(today)

    def _recouvrement_closed_words(self):
        """For who sends something today: when the e-mails leave, if not today."""
        days = [company._recouvrement_closed_until() for company in self]
        later = [day for day in days if day]
        if not later:
            return ""
        return self.env._(
            "Closed today: the e-mails leave on %s.", format_date(self.env, min(later))
        )

    def _recouvrement_told(self, records):
        """Records whose words are those that this company's people read.

        A scheduled action has no language of its own: what it writes down (failures,
        reasons, warnings) is in the company's, else in the credit manager's.
        """
        self.ensure_one()
        company = self.sudo()
        langs = (company.partner_id.lang, company.recouvrement_manager_id.lang)
        lang = self.env["recouvrement.relance"]._installed_lang(*langs)
        return records.with_context(lang=lang)

    def _recouvrement_calendar(self):
        """:rtype: OpeningCalendar"""
        self.ensure_one()
        return OpeningCalendar(
            WEEKS[self.recouvrement_week],
            self.recouvrement_holidays,
            self.env["recouvrement.closed.day"]._days_of(self.id),
        )

    # ------------------------------------------------------------------
    # Currencies
    # ------------------------------------------------------------------
    @api.model
    def _recouvrement_rates(self, wanted):
        """What one unit of some currencies is worth in a company's, in one query.

        A currency without rate on that day has none: a guess would be worse.

        :param wanted: ``(company_id, currency_id, day)``, one day for a company
        :return: ``{(company_id, currency_id): rate or None}``
        """
        if not wanted:
            return {}
        self.env["res.currency.rate"].flush_model()
        self.env["res.company"].flush_model(["currency_id", "parent_path"])
        rate = """
            SELECT r.rate FROM res_currency_rate r
             WHERE r.currency_id = %s AND r.name <= w.day AND r.rate > 0
               AND (r.company_id IS NULL
                    OR r.company_id = split_part(c.parent_path, '/', 1)::int)
          ORDER BY r.company_id, r.name DESC LIMIT 1
        """
        found = self.env.execute_query(
            SQL(
                """
                SELECT w.company_id, w.currency_id,
                       CASE WHEN w.currency_id = c.currency_id THEN 1
                            ELSE COALESCE((%(own)s), 1) / (%(other)s) END
                  FROM (VALUES %(rows)s) w (company_id, currency_id, day)
                  JOIN res_company c ON c.id = w.company_id
                """,
                own=SQL(rate, SQL("c.currency_id")),
                other=SQL(rate, SQL("w.currency_id")),
                rows=SQL(", ").join(SQL("(%s, %s, %s::date)", *row) for row in wanted),
            )
        )
        return {
            (company, currency): float(value) if value else None
            for company, currency, value in found
        }

    # ------------------------------------------------------------------
    # Parameters of the one query
    # ------------------------------------------------------------------
    def _recouvrement_parameters(self, day=None):
        """What the one query must know of each company (see SituationQuery).

        :param day: look at this day instead of today
        :rtype: list[dict]
        """
        companies = self.sudo()
        days = {c.id: day or c._recouvrement_today() for c in companies}
        bank_dates = companies._recouvrement_bank_dates(days)
        return [
            {
                "company_id": company.id,
                "day": days[company.id],
                "is_open": company._recouvrement_calendar().is_open(days[company.id]),
                "bank_hold": company.recouvrement_bank_policy == "hold"
                and company._recouvrement_bank_is_old(
                    days[company.id], bank_dates.get(company.id)
                ),
                "ignore_before": company.recouvrement_ignore_before or None,
                "step_before": company.recouvrement_entry_mode == "first"
                and company.recouvrement_live_date
                or None,
            }
            for company in companies
        ]
