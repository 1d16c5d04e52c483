# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, formatLang

from .progress import alone, commit_progress, roll_back

_logger = logging.getLogger(__name__)


class RecouvrementRun(models.Model):
    """One plan for one company and one day.

    The run works customer by customer in chunks, each in a transaction of its
    own that writes the relances *and* the run's line of these customers: killed
    anywhere, the next call goes on with the customers that have no line yet.
    """

    _name = "recouvrement.run"
    _description = "Relance run"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    is_dry = fields.Boolean(string="Dry Run", readonly=True)
    is_test = fields.Boolean(string="Test", readonly=True)
    user_id = fields.Many2one("res.users", readonly=True)
    state = fields.Selection(
        [("planning", "Planning"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="planning",
    )
    failure_reason = fields.Char(readonly=True)
    failures = fields.Integer(
        readonly=True, help="How often the run broke off and was tried again."
    )
    warning = fields.Char(readonly=True)
    started_on = fields.Datetime(readonly=True, default=fields.Datetime.now)
    ended_on = fields.Datetime(readonly=True)
    line_ids = fields.One2many("recouvrement.run.line", "run_id")
    relance_ids = fields.One2many("recouvrement.relance", "run_id")

    line_count = fields.Integer(string="Customers", compute="_compute_totals")
    relance_count = fields.Integer(string="Relances", compute="_compute_totals")
    amount_relance = fields.Monetary(string="Dunned", compute="_compute_totals")
    held_count = fields.Integer(string="Held", compute="_compute_totals")
    failed_count = fields.Integer(
        string="Failed Deliveries", compute="_compute_failed_count"
    )
    summary = fields.Text(compute="_compute_summary")
    outcome_html = fields.Html(string="Outcomes", compute="_compute_outcome_html")

    _company_date_uniq = models.UniqueIndex(
        "(company_id, date) WHERE NOT is_dry",
        "This company already has a run for this day.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------
    @api.depends("date", "company_id", "is_dry")
    def _compute_display_name(self):
        for run in self:
            label = self.env._("Dry run") if run.is_dry else self.env._("Run")
            day = format_date(self.env, run.date)
            run.display_name = f"{label} · {day} · {run.company_id.name}"

    def _grouped_lines(self):
        return self.env["recouvrement.run.line"]._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "situation", "reason"],
            ["__count", "amount_late:sum", "amount_not_due:sum"],
        )

    @api.depends("state")
    def _compute_totals(self):
        rows = self._grouped_lines()
        for run in self:
            mine = [row[1:] for row in rows if row[0] == run]
            run.line_count = sum(row[2] for row in mine)
            run.relance_count = sum(row[2] for row in mine if row[0] == "due")
            run.amount_relance = sum(row[3] for row in mine if row[0] == "due")
            run.held_count = sum(row[2] for row in mine if row[0] == "held")

    def _compute_failed_count(self):
        counts = dict(
            self.env["recouvrement.delivery"]._read_group(
                [
                    ("relance_id.run_id", "in", self.ids),
                    ("state", "in", ("failed", "returned")),
                ],
                ["relance_id"],
                ["__count"],
            )
        )
        for run in self:
            run.failed_count = sum(
                count for relance, count in counts.items() if relance.run_id == run
            )

    def _compute_summary(self):
        situations = dict(self.env["recouvrement.open.item"]._selection_situation())
        reasons = dict(self.env["recouvrement.open.item"]._selection_reason())
        rows = self._grouped_lines()
        for run in self:
            mine = sorted(
                (row[1:] for row in rows if row[0] == run), key=lambda row: -row[2]
            )
            run.summary = "\n".join(
                f"{count} · {situations.get(situation, '')}"
                + (f" · {reasons.get(reason)}" if reason else "")
                for situation, reason, count, _late, _not_due in mine
            )

    def _compute_outcome_html(self):
        """The same as a table, with the amounts: who got a relance, who not, why."""
        item = self.env["recouvrement.open.item"]
        situations = dict(self.env["recouvrement.run.line"]._selection_outcome())
        rows = self._grouped_lines()
        for run in self:
            mine = sorted(
                (row[1:] for row in rows if row[0] == run),
                key=lambda row: (row[0] != "due", -row[3], -row[2]),
            )
            run.outcome_html = self.env["ir.qweb"]._render(
                "recouvrement_amiable.run_outcome",
                {
                    "rows": [
                        {
                            "situation": situations.get(situation, ""),
                            "reason": item._reason_label(reason),
                            "count": count,
                            "late": run._money(late),
                            "not_due": run._money(not_due),
                        }
                        for situation, reason, count, late, not_due in mine
                    ]
                },
            )

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.sudo().currency_id)

    # ------------------------------------------------------------------
    # Scheduled actions
    # ------------------------------------------------------------------
    @api.model
    def _cron_plan(self):
        """Plan each company on each open morning, then wake the sender."""
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        for company in companies:
            with alone(self.env, company.id) as only_planner:
                if only_planner:
                    self._run_company_safely(company)
        self.env["recouvrement.delivery"]._wake_sender()
        self.env["recouvrement.worklist"]._wake_ready()
        commit_progress(self.env)

    def _run_company_safely(self, company):
        """One company never stops the others."""
        try:
            self._run_company(company)
        except Exception as error:
            _logger.exception("Relance run of %s", company.name)
            roll_back(self.env)
            self._record_failure(company, error)

    @api.model
    def _run_company(self, company, day=None):
        """Plan one company for a day; harmless when it is already done.

        :param day: date; the company's today by default
        :return: the run, or None when there is nothing to run today
        """
        company = company.sudo()
        told = company._recouvrement_told(self)
        day = day or company._recouvrement_today()
        if company.recouvrement_test_mode and not company.recouvrement_test_email:
            return None
        if not company._recouvrement_calendar().is_open(day):
            told.env["recouvrement.relance"]._refresh_waiting_claims(company)
            return None
        run = told._get_or_create(company, day)
        if run.state != "done":
            run._plan()
        return run.with_context(lang=self.env.lang)

    def _quiet(self):
        """A run is its own report: its thread is there for the task of a failure."""
        return self.sudo().with_context(tracking_disable=True)

    @api.model
    def _get_or_create(self, company, day):
        domain = [
            ("company_id", "=", company.id),
            ("date", "=", day),
            ("is_dry", "=", False),
        ]
        run = self.sudo().search(domain, limit=1)
        if not run:
            run = self._quiet().create(
                {
                    "company_id": company.id,
                    "date": day,
                    "is_test": company.recouvrement_test_mode,
                    "user_id": self.env.uid,
                }
            )
            commit_progress(self.env)
        return run

    @api.autovacuum
    def _gc_lines(self):
        """Run lines are kept for the number of days of the setting.

        A dry run looks at any day: it is as old as its making.
        """
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            limit = company._recouvrement_today() - timedelta(
                days=company.recouvrement_run_keep_days
            )
            self.env["recouvrement.run.line"].search(
                [
                    ("company_id", "=", company.id),
                    ("run_id.is_dry", "=", False),
                    ("run_id.date", "<", limit),
                ]
            ).unlink()
            self.search(
                [
                    ("company_id", "=", company.id),
                    ("is_dry", "=", True),
                    ("create_date", "<", fields.Datetime.to_datetime(limit)),
                ]
            ).unlink()

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    @api.model
    def _dry_run(self, company, day, entry=None):
        """What the run of a day would do: the report, and nothing else.

        :param dict entry: ``entry_mode`` and ``ignore_before``, the choice with which
            the company is supposed to have gone live; None: as it is now
        """
        if not day:
            raise UserError(self.env._("Choose the day of the dry run."))
        run = self._quiet().create(
            {
                "company_id": company.id,
                "date": day,
                "is_dry": True,
                "is_test": company.sudo().recouvrement_test_mode and not entry,
                "user_id": self.env.uid,
                **(entry or {}),
            }
        )
        commit_progress(self.env)  # a step that is tried again starts from here
        run._plan()
        return self.browse(run.id)

    def action_resume(self):
        """Go on with a run that failed or was stopped."""
        self.check_access("write")
        for run in self.filtered(lambda run: run.state != "done"):
            if run.date != run.company_id._recouvrement_today():
                raise UserError(
                    self.env._(
                        "%s is of another day: the run of today takes its customers"
                        " over.",
                        run.display_name,
                    )
                )
            run.sudo()._plan()
        self.env["recouvrement.delivery"]._wake_sender()

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_run_line_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        return action

    def action_open_relances(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_relance_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_open_failures(self):
        """What did not arrive and waits for a person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_delivery_action"
        )
        action["domain"] = [
            ("relance_id.run_id", "=", self.id),
            ("state", "in", ("failed", "returned")),
        ]
        action["context"] = {}
        return action
