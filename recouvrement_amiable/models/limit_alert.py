# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from .progress import LIMIT_ALERTS, in_each_company

_logger = logging.getLogger(__name__)

# Time to gather accounts and references before a limit is looked at again.
REVIEW_NOTICE = timedelta(days=14)


class RecouvrementLimit(models.Model):
    """Somebody is told before a limit must be reviewed, and when it has ended."""

    _inherit = "recouvrement.limit"

    review_told_on = fields.Date(readonly=True, copy=False)
    end_told_on = fields.Date(readonly=True, copy=False)
    alert_activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.model
    def _cron_alert(self):
        limits = self.sudo()
        approved = limits._read_group([("state", "=", "approved")], ["company_id"])
        failed = in_each_company(
            self.env,
            LIMIT_ALERTS,
            [company for (company,) in approved],
            limits._alert_company,
        )
        if failed:
            names = ", ".join(failed)
            raise UserError(
                self.env._("The limits of %s could not be looked at.", names)
            )

    @api.model
    def _alert_company(self, company):
        day = company._recouvrement_today()
        for limit in self.search(self._to_tell(company, day)):
            limit._alert(day)

    @api.model
    def _to_tell(self, company, day):
        """Limits in force of which something is to be told that was not told yet."""
        soon = day + REVIEW_NOTICE
        review = Domain("review_told_on", "=", False) & (
            Domain("review_on", "<=", soon) | Domain("valid_until", "<=", soon)
        )
        end = Domain("end_told_on", "=", False) & Domain("valid_until", "<", day)
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "approved")
            & (review | end)
        )

    def _alert(self, day):
        """One activity at a time: that of the end takes the place of the review's."""
        self.ensure_one()
        user = self.dossier_id._alert_reader()
        if not user:
            _logger.warning(
                "Company %s: nobody to alert about the limit %s. Name a credit manager"
                " in the settings, or a collector on the dossier.",
                self.company_id.id,
                self.id,
            )
            return
        lang = self.env["recouvrement.relance"]._installed_lang(user.lang)
        summary, deadline = self.with_context(lang=lang)._alert_words(day)
        self._close_alert(self.env._("The limit has ended."))
        told = {"review_told_on": self.review_told_on or day}
        if self.valid_until and self.valid_until < day:
            told["end_told_on"] = day
        told["alert_activity_id"] = self.dossier_id.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=user.id,
            date_deadline=deadline,
            summary=summary,
            note=self.reason,
        ).id
        self.write(told)

    def _alert_words(self, day):
        """``(summary, deadline)`` of what is to be done, in the reader's language."""
        until, review = self.valid_until, self.review_on
        amount = self.dossier_id._limit_money(self.amount)
        words = {"amount": amount, "day": format_date(self.env, until)}
        if until and until < day:
            return self.env._(
                "The limit of %(amount)s ended on %(day)s: decide on a new one", **words
            ), day
        if until and (not review or until <= review):
            return self.env._(
                "The limit of %(amount)s ends on %(day)s: decide on a new one", **words
            ), until
        words["day"] = format_date(self.env, review)
        return self.env._("Review the limit of %(amount)s by %(day)s", **words), review

    def _close_alert(self, feedback):
        activities = self.alert_activity_id.filtered("active")
        if activities:
            activities.action_feedback(feedback=feedback)

    def write(self, vals):
        """A limit that is replaced leaves nothing to review."""
        result = super().write(vals)
        if vals.get("state") == "replaced":
            self.sudo()._close_alert(self.env._("There is a new limit."))
        return result
