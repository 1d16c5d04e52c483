# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.misc import format_date, formatLang

from ..analytics.measure import deciles
from ..analytics.replay import days_error, quality, quarters
from ..analytics.score import NAMES, Model
from .progress import SCORER, alone, commit_progress, roll_back
from .score_portfolio import SERIOUS
from .score_refresh import ScoreRefresh, refresh_company
from .score_sentence import percent

_logger = logging.getLogger(__name__)

# Items that the weights are learnt and measured on, at most.
SAMPLE = 20_000
# Fewer items say nothing about the quality of a score.
ENOUGH_MEASURED = 50
# Days between two lessons, and before an item issued can be called late or not.
LEARN_EVERY, MATURE = 30, 90


class RecouvrementScoreModel(models.Model):
    """Weights learnt from a company's own past, and how good its scores were."""

    _name = "recouvrement.score.model"
    _description = "Quality of the Score"
    _order = "date desc, tolerance, id desc"
    _rec_name = "date"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date(required=True, readonly=True)
    tolerance = fields.Integer(
        string="Late Means More Than (Days)", readonly=True, aggregator=None
    )
    weights = fields.Json(readonly=True)
    samples = fields.Integer(string="Items Learnt From", readonly=True)
    measured = fields.Integer(
        string="Items Predicted",
        readonly=True,
        help="Items of the last four quarters, each predicted from what was known on"
        " the day it was issued.",
    )
    late_share = fields.Float(string="Late", readonly=True, aggregator="avg")
    auc = fields.Float(
        string="Ranking (AUC)",
        digits=(4, 3),
        readonly=True,
        aggregator="avg",
        help="Chance that a late item had a higher risk than one paid in time:"
        " 0.5 is a coin, 1 is perfect.",
    )
    auc_raw = fields.Float(
        string="Ranking by Late Share", digits=(4, 3), readonly=True, aggregator="avg"
    )
    brier = fields.Float(
        string="Error (Brier)",
        digits=(4, 3),
        readonly=True,
        aggregator="avg",
        help="Mean squared error of the probability: 0 is perfect.",
    )
    brier_raw = fields.Float(
        string="Error of Late Share", digits=(4, 3), readonly=True, aggregator="avg"
    )
    brier_average = fields.Float(
        string="Error of the Average", digits=(4, 3), readonly=True, aggregator="avg"
    )
    ece = fields.Float(
        string="Calibration Error",
        digits=(4, 3),
        readonly=True,
        aggregator="avg",
        help="Mean distance between what was told and what came, over ten groups.",
    )
    days_error = fields.Float(
        string="Error of the Payment Day (Days)",
        digits=(6, 1),
        readonly=True,
        aggregator="avg",
    )
    deciles = fields.Json(readonly=True)
    portfolio = fields.Json(readonly=True)
    verdict = fields.Text(compute="_compute_verdict")
    calibration = fields.Html(compute="_compute_calibration", sanitize=False)

    _company_date_uniq = models.UniqueIndex("(company_id, tolerance, date)")

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for model in self:
            model.display_name = format_date(self.env, model.date)

    @api.depends("measured", "auc", "brier", "ece")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for model in self:
            model.verdict = model._verdict()

    def _verdict(self):
        self.ensure_one()
        if self.measured < ENOUGH_MEASURED:
            return self.env._(
                "Too few items were paid or fell due in the last four quarters to tell"
                " (%s): the scores follow what is known of other companies.",
                self.measured,
            )
        told = self.env._(
            "Of the %(count)s items issued in the last four quarters, each predicted on"
            " its day of issue, the riskier of two was found in %(auc)s of the"
            " cases; the told probability was off by %(ece)s points on average.",
            count=self.measured,
            auc=self._percent(self.auc),
            ece=formatLang(self.env, 100 * self.ece, digits=0),
        )
        better = self.brier < min(self.brier_raw, self.brier_average)
        compared = (
            self.env._("It did better than the customer's bare late share.")
            if better
            else self.env._(
                "It did no better than a simple average: do not rest a decision on it"
                " alone."
            )
        )
        return f"{told} {compared}"

    @api.depends("deciles")
    @api.depends_context("lang")
    def _compute_calibration(self):
        for model in self:
            model.calibration = self.env["ir.qweb"]._render(
                "recouvrement_amiable.score_calibration",
                {"rows": model.deciles or [], "percent": model._percent},
            )

    def _percent(self, share):
        return percent(self.env, share)

    # ------------------------------------------------------------------
    # Learning
    # ------------------------------------------------------------------
    def _as_model(self):
        """:rtype: analytics.score.Model"""
        self.ensure_one()
        weights = self.weights or {}
        prior = dict(zip(NAMES, Model().weights, strict=True))
        return Model(
            tuple(weights.get(name, prior[name]) for name in NAMES), self.samples
        )

    @api.model
    def _latest(self, company, tolerance):
        return self.sudo().search(
            [("company_id", "=", company.id), ("tolerance", "=", tolerance)], limit=1
        )

    @api.model
    def _learn(self, company, day):
        """Learn the weights of a company from its past, and measure the score.

        :return: recouvrement.score.model of the company's tolerance and of 30 days
        """
        refresh = ScoreRefresh(self.env, company, day)
        refresh.gather()
        learnt = self.browse()
        for tolerance in sorted({refresh.tolerance, SERIOUS}):
            history = refresh.history(tolerance, SAMPLE)
            learnt |= self._keep(company, day, tolerance, history)
        return learnt

    def _keep(self, company, day, tolerance, history):
        model = history.model(day.toordinal())
        mature = (day - timedelta(days=MATURE + tolerance)).toordinal()
        parts = [
            history.predictions(start, min(end, mature + 1))
            for start, end in quarters(mature)
        ]
        predicted = [prediction for part in parts for prediction in part]
        values = {
            "company_id": company.id,
            "date": day,
            "tolerance": tolerance,
            "weights": dict(zip(NAMES, model.weights, strict=True)),
            "samples": model.samples,
            "measured": len(predicted),
            **self._measured(predicted),
        }
        known = self.search(
            [
                ("company_id", "=", company.id),
                ("date", "=", day),
                ("tolerance", "=", tolerance),
            ]
        )
        if known:
            known.write(values)
            return known
        return self.create(values)

    def _measured(self, predicted):
        """Figures of the predictions of four quarters together."""
        if not predicted:
            return {}
        score, raw = quality(predicted), quality(predicted, "raw")
        told = [prediction.score for prediction in predicted]
        late = [prediction.late for prediction in predicted]
        return {
            "late_share": sum(late) / len(late),
            "auc": score["auc"] or 0,
            "auc_raw": raw["auc"] or 0,
            "brier": score["brier"],
            "brier_raw": raw["brier"],
            "brier_average": quality(predicted, "average")["brier"],
            "ece": score["ece"],
            "days_error": days_error(predicted) or 0,
            "deciles": deciles(told, late),
        }

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    def action_learn(self):
        """Learn and measure again, now."""
        self._check_manager()
        company = self.env.company
        day = company._recouvrement_today()
        learnt = self.sudo()._learn(company, day)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How good was the score?"),
            "res_model": self._name,
            "res_id": learnt[:1].id,
            "views": [(False, "form")],
        }

    @api.model
    def _check_manager(self):
        if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
            raise AccessError(self.env._("Only a credit manager measures the score."))

    # ------------------------------------------------------------------
    # Scheduled action
    # ------------------------------------------------------------------
    @api.model
    def _cron_refresh(self):
        """Refresh the scores of every company, each morning.

        One company's trouble does not keep the others from being scored.
        """
        companies = self.env["res.company"].search([("active", "=", True)], order="id")
        with alone(self.env, SCORER) as mine:
            if not mine:
                return
            for company in companies:
                if not self._refresh(company):
                    self._tell_failure(company)

    def _tell_failure(self, company):
        """A person is told; the job goes on, or no company would be scored."""
        manager = company.recouvrement_manager_id or company.recouvrement_collector_id
        words = company._recouvrement_told(self).env
        summary = words._("The risk scores could not be refreshed")
        dossier = self.env["recouvrement.dossier"].search(
            [("company_id", "=", company.id)], limit=1
        )
        known = dossier.activity_ids.filtered(lambda a: a.summary == summary)
        if manager and dossier and not known:
            dossier.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=manager.id,
                summary=summary,
                note=words._("The server's log says why: show it to your IT."),
            )
        commit_progress(self.env)

    def _refresh(self, company):
        """Learn if it is time, then score.

        :return: whether it went through
        """
        day = company._recouvrement_today()
        try:
            latest = self._latest(company, company.recouvrement_score_tolerance)
            if not latest or (day - (latest.date or date.min)).days >= LEARN_EVERY:
                self._learn(company, day)
                commit_progress(self.env)
            done = refresh_company(self.env, company, day)
        except Exception:
            _logger.exception("Scores of company %s", company.id)
            roll_back(self.env)
            return False
        _logger.info(
            "Scores of company %s on %s: %s customers",
            company.id,
            format_date(self.env, day),
            done,
        )
        return True
