# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models

from .progress import commit_progress

# Minutes to wait before the run is tried again, failure after failure.
RETRY_AFTER = (10, 30, 90)
ALERT = "mail.mail_activity_data_todo"


class RecouvrementRun(models.Model):
    """A run that failed: tried again by itself, and a task for who must know."""

    _inherit = "recouvrement.run"

    @api.model
    def _record_failure(self, company, error):
        """Write the failure down, try again soon, and tell the credit managers."""
        run = self._get_or_create(company, company._recouvrement_today())
        run.write(
            {
                "state": "failed",
                "failure_reason": str(error)[:1000],
                "failures": run.failures + 1,
            }
        )
        run._try_again_soon()
        run._alert_failure()
        commit_progress(self.env)

    def _try_again_soon(self):
        """The scheduled action is daily: ask for it, a bounded number of times."""
        self.ensure_one()
        cron = self.env.ref(
            "recouvrement_amiable.ir_cron_plan", raise_if_not_found=False
        )
        if cron and self.failures <= len(RETRY_AFTER):
            delay = timedelta(minutes=RETRY_AFTER[self.failures - 1])
            cron.sudo()._trigger(fields.Datetime.now() + delay)

    def _alert_failure(self):
        """One task per credit manager and run, done by the run when it succeeds."""
        self.ensure_one()
        told = self.activity_ids.user_id
        for user in self._failure_readers() - told:
            words = self.with_context(lang=user.lang).env
            # The bell is enough: no e-mail for a task that may end by itself.
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                ALERT,
                date_deadline=self.date,
                user_id=user.id,
                summary=words._("The relances of the day are not planned"),
                note=words._(
                    "The run of %(company)s failed: %(reason)s. It is tried again by"
                    " itself; if this task stays, open the run and press “Resume”.",
                    company=self.company_id.name,
                    reason=self.failure_reason,
                ),
            )

    def _failure_readers(self):
        """The company's credit manager, else all those who may mend the run."""
        company = self.company_id.sudo()
        group = self.env.ref("recouvrement_amiable.group_credit_manager").sudo()
        able = group.all_user_ids.filtered(
            lambda user: user.active and company in user.company_ids
        )
        return (company.recouvrement_manager_id & able) or able

    def _forget_failure(self):
        if self.failures:
            self.activity_unlink([ALERT])
