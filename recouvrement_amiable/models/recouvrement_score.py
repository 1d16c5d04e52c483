# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.misc import format_date

from ..analytics.expected import Habit
from ..analytics.score import CLASSES, ENOUGH
from .score_sentence import ScoreSentence


class RecouvrementScore(models.Model):
    """Probability that an item issued now is paid late, on a day, with its facts.

    Written by the refresh only; never changed afterwards, except on its own day.
    """

    _name = "recouvrement.score"
    _description = "Risk Score"
    _order = "date desc, id desc"
    _rec_name = "date"

    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    value = fields.Integer(
        string="Risk",
        readonly=True,
        aggregator="avg",
        help="Probability, in percent, that an invoice issued now is paid late:"
        " 0 is best, 100 is worst.",
    )
    probability = fields.Float(digits=(5, 4), readonly=True, aggregator="avg")
    probability_serious = fields.Float(
        string="Later Than 30 Days",
        digits=(5, 4),
        readonly=True,
        aggregator="avg",
        help="Probability that an invoice issued now is paid more than 30 days late.",
    )
    risk_class = fields.Selection(
        "_selection_class", string="Class", required=True, readonly=True
    )
    known_count = fields.Integer(string="Items Known", readonly=True)
    late_count = fields.Integer(string="Paid Late", readonly=True)
    overdue_count = fields.Integer(string="Overdue Items", readonly=True)
    overdue_amount = fields.Monetary(string="Overdue", readonly=True)
    returned_count = fields.Integer(string="Returned Payments", readonly=True)
    mean_days = fields.Float(string="Mean Days Late", readonly=True, aggregator="avg")
    median_days = fields.Float(
        string="Median Days Late", readonly=True, aggregator="avg"
    )
    weighted_days = fields.Float(
        string="Mean Days Late by Amount", readonly=True, aggregator="avg"
    )
    late_amount_share = fields.Float(
        string="Late Share by Amount", readonly=True, aggregator="avg"
    )
    late_share = fields.Float(compute="_compute_late_share", aggregator="avg")
    recent_share = fields.Float(
        string="Late Share, Last 12 Months", readonly=True, aggregator="avg"
    )
    before_share = fields.Float(
        string="Late Share Before", readonly=True, aggregator="avg"
    )
    pay_days = fields.Float(string="Usual Days Late", readonly=True, aggregator="avg")
    pay_days_low = fields.Float(readonly=True)
    pay_days_high = fields.Float(readonly=True)
    pay_month_days = fields.Char(
        string="Pays on (Days of the Month)", readonly=True, help="31 is the last day."
    )
    pay_week_day = fields.Integer(
        readonly=True, aggregator=None, help="1 is Monday; 0 is no habit."
    )
    inputs = fields.Json(readonly=True)
    version = fields.Char(readonly=True, help="Version of the formula.")
    explanation = fields.Html(compute="_compute_explanation", sanitize=False)
    is_thin = fields.Boolean(string="Little History", compute="_compute_is_thin")

    _dossier_date_uniq = models.UniqueIndex(
        "(dossier_id, date)", "This dossier already has a score of this day."
    )

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for score in self:
            score.display_name = format_date(self.env, score.date)

    @api.model
    def _selection_class(self):
        return [
            ("A", self.env._("A · pays on time")),
            ("B", self.env._("B · rarely late")),
            ("C", self.env._("C · sometimes late")),
            ("D", self.env._("D · mostly late")),
            ("E", self.env._("E · almost always late")),
            ("none", self.env._("Unrated")),
        ]

    @api.depends("known_count", "late_count")
    def _compute_late_share(self):
        for score in self:
            known = score.known_count
            score.late_share = score.late_count / known if known else 0

    @api.depends("known_count")
    def _compute_is_thin(self):
        for score in self:
            score.is_thin = score.known_count < ENOUGH

    @api.depends("inputs")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for score in self:
            sentence = ScoreSentence(self.env, score)
            facts = Markup().join(
                Markup("<li>%s</li>") % fact for fact in sentence.facts()
            )
            score.explanation = Markup("<p>%s</p><ul>%s</ul>") % (
                sentence.text(),
                facts,
            )

    def _expected_days(self, dues, today):
        """When items due on some days will probably be paid.

        :return: list of ``(low, expected, high)`` dates
        """
        self.ensure_one()
        pays = Habit(
            self.pay_days,
            self.pay_days_low,
            self.pay_days_high,
            tuple(map(int, (self.pay_month_days or "").split(",")))
            if self.pay_month_days
            else (),
            self.pay_week_day - 1 if self.pay_week_day else None,
        )
        return [
            tuple(
                date.fromordinal(day)
                for day in pays.expected(due.toordinal(), today.toordinal())
            )
            for due in dues
        ]

    @api.model
    def _worse(self, risk_class, than):
        """Whether a class is as bad as another one or worse; unrated is neither."""
        return bool(risk_class) and risk_class in CLASSES and risk_class >= than
