# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date, formatLang

from .progress import commit_progress, roll_back
from .relance_plan import RelancePlan

_logger = logging.getLogger(__name__)

# Customers planned between two commits.
CHUNK = 2000
MAX_TRIES = 3


class RecouvrementRun(models.Model):
    """One plan for one company and one day.

    The run works customer by customer in chunks, each in a transaction of its
    own that writes the relances *and* the run's line of these customers: killed
    anywhere, the next call goes on with the customers that have no line yet.
    """

    _name = "recouvrement.run"
    _description = "Relance run"
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
        situations = dict(item._selection_situation())
        situations["due"] = self.env._("Relance made")
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
        companies = self.env["res.company"].sudo().search([])
        for company in companies:
            try:
                self._run_company(company)
            except Exception as error:  # one company never stops the others
                _logger.exception("Relance run of %s", company.name)
                roll_back(self.env)
                self._record_failure(company, error)
        self.env["recouvrement.delivery"]._wake_sender()
        commit_progress(self.env)

    @api.model
    def _run_company(self, company, day=None):
        """Plan one company for a day; harmless when it is already done.

        :param day: date; the company's today by default
        :return: the run, or None when there is nothing to run today
        """
        company = company.sudo()
        day = day or company._recouvrement_today()
        if company.recouvrement_test_mode and not company.recouvrement_test_email:
            return None
        if not company._recouvrement_calendar().is_open(day):
            return None
        run = self._get_or_create(company, day)
        if run.state != "done":
            run._plan()
        return run

    @api.model
    def _get_or_create(self, company, day):
        domain = [
            ("company_id", "=", company.id),
            ("date", "=", day),
            ("is_dry", "=", False),
        ]
        run = self.sudo().search(domain, limit=1)
        if not run:
            run = self.sudo().create(
                {
                    "company_id": company.id,
                    "date": day,
                    "is_test": company.recouvrement_test_mode,
                    "user_id": self.env.uid,
                }
            )
            commit_progress(self.env)
        return run

    @api.model
    def _record_failure(self, company, error):
        """The failure of a night is read on the run in the morning."""
        run = self._get_or_create(company, company._recouvrement_today())
        run.write({"state": "failed", "failure_reason": str(error)[:1000]})
        manager = company.recouvrement_manager_id
        if manager:
            self.env["bus.bus"]._sendone(
                manager.partner_id,
                "simple_notification",
                {
                    "type": "danger",
                    "sticky": True,
                    "message": self.env._("The relance run of %s failed.", company.name),
                },
            )
        commit_progress(self.env)

    @api.autovacuum
    def _gc_lines(self):
        """Run lines are kept for the number of days of the setting."""
        for company in self.env["res.company"].sudo().search([]):
            limit = company._recouvrement_today() - timedelta(
                days=company.recouvrement_run_keep_days
            )
            self.env["recouvrement.run.line"].search(
                [("company_id", "=", company.id), ("run_id.date", "<", limit)]
            ).unlink()
            self.search(
                [
                    ("company_id", "=", company.id),
                    ("is_dry", "=", True),
                    ("date", "<", limit),
                ]
            ).unlink()

    # ------------------------------------------------------------------
    # Planning
    # ------------------------------------------------------------------
    def _plan(self):
        """Plan the customers that have no line in this run yet, by chunks."""
        self.ensure_one()
        company, day = self.company_id, self.date
        self.env["recouvrement.dossier"]._refresh(company, day)
        if not self.is_dry:
            self._revalidate_pending()
        commit_progress(self.env)
        while True:
            ids = self._plan_chunk_safely()
            if ids is None:
                return  # another worker has this run in hand
            if not ids:
                break
        self.write(
            {
                "state": "done",
                "ended_on": fields.Datetime.now(),
                "failure_reason": False,
                "warning": self._bank_warning(company, day),
            }
        )
        commit_progress(self.env)

    def _plan_chunk_safely(self):
        """A chunk, again if another transaction got in its way."""
        for attempt in range(1, MAX_TRIES + 1):
            try:
                ids = self._plan_chunk()
                commit_progress(self.env, len(ids or ()))
                return ids
            except (
                psycopg2.errors.SerializationFailure,
                psycopg2.errors.UniqueViolation,
                psycopg2.errors.DeadlockDetected,
            ):
                roll_back(self.env)
                if attempt == MAX_TRIES:
                    raise
                _logger.info("Run %s: chunk tried again", self.id)
        return []

    def _plan_chunk(self):
        """Plan the next customers: relances, deliveries and lines at once.

        :return: ids of the dossiers, empty at the end, None if locked elsewhere
        """
        if not self.try_lock_for_update():
            return None
        ids = self._next_dossiers()
        if not ids:
            return []
        plan = RelancePlan(self.env, self.company_id, self.date, self, self.is_test)
        plan.classify(
            SQL(
                "l.company_id = %s AND l.partner_id IN (SELECT partner_id"
                " FROM recouvrement_dossier WHERE id IN %s)",
                self.company_id.id,
                tuple(ids),
            )
        )
        if self.is_dry:
            plan.without_relances()
        else:
            plan.write()
        plan.write_run_lines()
        self._close_empty(ids)
        self.env.invalidate_all()
        return ids

    def _next_dossiers(self):
        """Dossiers with something open and no line in this run, locked."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.id FROM recouvrement_dossier d
                 WHERE d.company_id = %(company)s
                   AND NOT EXISTS (SELECT 1 FROM recouvrement_run_line x
                                    WHERE x.run_id = %(run)s AND x.dossier_id = d.id)
                   AND EXISTS (
                     SELECT 1 FROM account_move_line l
                       JOIN account_account a ON a.id = l.account_id
                        AND a.account_type = 'asset_receivable'
                      WHERE l.partner_id = d.partner_id
                        AND l.company_id = d.company_id
                        AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
                        AND (l.amount_residual <> 0
                             OR l.amount_residual_currency <> 0))
              ORDER BY d.id LIMIT %(limit)s
                   FOR NO KEY UPDATE OF d
                """,
                company=self.company_id.id,
                run=self.id,
                limit=CHUNK,
            )
        )
        return [row[0] for row in rows]

    def _close_empty(self, ids):
        """A customer who paid between the choice and the plan gets a line too."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO recouvrement_run_line
                    (run_id, company_id, dossier_id, partner_id, situation,
                     amount_late, amount_not_due, amount_credit, late_count, days_late)
                SELECT %(run)s, d.company_id, d.id, d.partner_id, 'not_due',
                       0, 0, 0, 0, 0
                  FROM recouvrement_dossier d
                 WHERE d.id IN %(ids)s
                   AND NOT EXISTS (SELECT 1 FROM recouvrement_run_line x
                                    WHERE x.run_id = %(run)s AND x.dossier_id = d.id)
                """,
                run=self.id,
                ids=tuple(ids),
            )
        )

    def _revalidate_pending(self):
        """Relances that still wait for approval follow the ledger each morning."""
        self.env["recouvrement.relance"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "to_approve")]
        )._revalidate()

    def _bank_warning(self, company, day):
        last = company._recouvrement_bank_dates({company.id: day}).get(company.id)
        if not company._recouvrement_bank_is_old(day, last):
            return False
        if last is None:
            return self.env._("No bank entry is known: payments may be missing.")
        return self.env._(
            "The last bank entry is of %s: payments may be missing.",
            format_date(self.env, last),
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    @api.model
    def _dry_run(self, company, day):
        """What the run of a day would do: the report, and nothing else."""
        if not day:
            raise UserError(self.env._("Choose the day of the dry run."))
        run = self.sudo().create(
            {
                "company_id": company.id,
                "date": day,
                "is_dry": True,
                "is_test": company.sudo().recouvrement_test_mode,
                "user_id": self.env.uid,
            }
        )
        run._plan()
        return self.browse(run.id)

    def action_resume(self):
        """Go on with a run that failed or was stopped."""
        self.check_access("write")
        for run in self.filtered(lambda run: run.state != "done"):
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
