# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date

from ..legal.dates import next_semester, semester_start
from ..legal.errors import LegalError
from ..legal.parameters import ECB_REFI, LEGAL_BUSINESS, LEGAL_INDIVIDUAL
from ..legal.rates import (
    RateSeries,
    check_new_rate,
    read_rows,
    reference_rates,
)

# Whoever is asked for a rate has this long before the half-year is well under way.
REMINDER_DAYS = 31


class RecouvrementReferenceRate(models.Model):
    """A rate that the law points to, for one half-year (see ``legal.rates``).

    The table that comes with the add-on is loaded at install and at each update; rows
    of a person are never overwritten.
    """

    _name = "recouvrement.reference.rate"
    _description = "Reference Rate"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, series"

    series = fields.Selection(
        [
            (ECB_REFI, "ECB refinancing rate"),
            (LEGAL_BUSINESS, "Legal interest rate, creditor in business"),
            (LEGAL_INDIVIDUAL, "Legal interest rate, creditor a private person"),
        ],
        required=True,
        default=ECB_REFI,
        tracking=True,
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._next_missing(),
        tracking=True,
        help="1 January or 1 July: the rate in force on that day holds for the whole"
        " half-year (C. com. art. L441-10 II).",
    )
    date_to = fields.Date(string="To", compute="_compute_date_to")
    percent = fields.Float(
        string="Rate (%)",
        digits=(7, 2),
        required=True,
        tracking=True,
        aggregator=None,
        help="In percent per year: 2.40 for 2.40 %.",
    )
    reference = fields.Char(
        string="Source", help="Where the rate was published: decision, decree."
    )

    _series_date_uniq = models.UniqueIndex(
        "(series, date_from)", "This rate is there already for that half-year."
    )

    @api.depends("series", "date_from")
    def _compute_display_name(self):
        for rate in self:
            day = format_date(self.env, rate.date_from) if rate.date_from else ""
            rate.display_name = f"{self._series_name(rate.series)}, {day}"

    @api.depends("date_from")
    def _compute_date_to(self):
        for rate in self:
            rate.date_to = rate.date_from and fields.Date.subtract(
                next_semester(rate.date_from), days=1
            )

    @api.model
    def _series_name(self, series):
        names = dict(self._fields["series"]._description_selection(self.env))
        return names.get(series, series or "")

    @api.model
    def _next_missing(self):
        """First day of the half-year of today, or of the next one once it is there."""
        today = fields.Date.context_today(self)
        start = semester_start(today)
        known = self.sudo().search_count(
            [("series", "=", ECB_REFI), ("date_from", "=", start)], limit=1
        )
        return next_semester(start) if known else start

    @api.constrains("series", "date_from", "percent")
    def _check_rate(self):
        """Absurd rates, two for one day, gaps: refused before they reach a letter."""
        today = fields.Date.context_today(self)
        for rate in self:
            others = self.sudo().search(
                [("series", "=", rate.series), ("id", "!=", rate.id)]
            )
            series = RateSeries(
                rate.series, [(other.date_from, other.percent) for other in others]
            )
            try:
                check_new_rate(series, rate.date_from, rate.percent, today)
            except LegalError as error:
                raise ValidationError(
                    self.env["recouvrement.legal.words"]._explain(error)
                ) from error

    @api.ondelete(at_uninstall=False)
    def _unlink_except_inside(self):
        """A hole in the series would stop claims of years ago."""
        for rate in self:
            later = self.sudo().search_count(
                [
                    ("series", "=", rate.series),
                    ("date_from", ">", rate.date_from),
                    ("id", "not in", self.ids),
                ],
                limit=1,
            )
            if later:
                raise ValidationError(
                    self.env._(
                        "%s stays: later rates follow it, and claims need it. Correct"
                        " it instead.",
                        rate.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        rates = super().create(vals_list)
        rates._close_reminders()
        return rates

    # ------------------------------------------------------------------
    # The table of the add-on
    # ------------------------------------------------------------------
    @api.model
    def _load_packaged(self):
        """Add the half-years that the add-on knows and this database does not."""
        known = set(
            self.env.execute_query(
                SQL("SELECT series, date_from FROM recouvrement_reference_rate")
            )
        )
        rows = [
            (row.series, row.valid_from, row.percent, row.reference)
            for row in read_rows()
            if (row.series, row.valid_from) not in known
        ]
        if not rows:
            return
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO recouvrement_reference_rate
                    (series, date_from, percent, reference,
                     create_uid, write_uid, create_date, write_date)
                VALUES %s ON CONFLICT DO NOTHING
                """,
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, %s, %s, %s, %s)",
                        *row,
                        self.env.uid,
                        self.env.uid,
                        now,
                        now,
                    )
                    for row in rows
                ),
            )
        )
        self.env.invalidate_all()
        for series in {row[0] for row in rows}:
            self.sudo()._close_reminders_of(series)

    @api.model
    def _reference_rates(self):
        """:rtype: legal.rates.ReferenceRates"""
        self.flush_model(["series", "date_from", "percent"])
        return reference_rates(
            self.env.execute_query(
                SQL(
                    "SELECT series, date_from, round(percent::numeric, 4)"
                    " FROM recouvrement_reference_rate"
                )
            )
        )

    # ------------------------------------------------------------------
    # Reminder of the new half-year
    # ------------------------------------------------------------------
    @api.model
    def _cron_remind(self):
        """In January and July, ask each credit manager for the rates still missing."""
        for manager, today in self._managers().items():
            for rate in self._missing_on(today):
                rate._remind(manager, semester_start(today))

    @api.model
    def _managers(self):
        """``{credit manager: today}`` of the companies that have one."""
        companies = self.env["res.company"].sudo()
        return {
            company.recouvrement_manager_id: company._recouvrement_today()
            for company in companies.search([("recouvrement_manager_id", "!=", False)])
        }

    @api.model
    def _missing_on(self, today):
        """Last rate of each series that does not reach the half-year of today."""
        start = semester_start(today)
        if (today - start).days >= REMINDER_DAYS:
            return self.browse()
        last = self.browse()
        for series in dict(self._fields["series"].selection):
            last |= self.sudo().search(
                [("series", "=", series)], order="date_from desc", limit=1
            )
        return last.filtered(lambda rate: rate.date_from < start)

    def _remind(self, user, start):
        self.ensure_one()
        if self.activity_ids.filtered(
            lambda activity: activity.user_id == user and activity.automated
        ):
            return
        name = self._series_name(self.series)
        words = self.with_context(lang=user.lang).env
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=start,
            user_id=user.id,
            summary=words._("Enter the %s of the new half-year", name),
            note=words._(
                "From %s on, interest cannot be computed without it.",
                format_date(words, start),
            ),
        )

    def _close_reminders(self):
        for series in set(self.mapped("series")):
            self._close_reminders_of(series)

    @api.model
    def _close_reminders_of(self, series):
        """Somebody entered the rate that was asked for on the one before."""
        known = self.sudo().search([("series", "=", series)], order="date_from")
        known[:-1].activity_unlink(["mail.mail_activity_data_todo"])
