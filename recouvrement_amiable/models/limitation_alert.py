# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, groupby
from odoo.tools.misc import format_date, formatLang

from ..legal.dates import add_months
from ..legal.sectors import rule_of
from .guarantee_alert_words import ACTIVITY
from .progress import LIMITATION_ALERTS, in_each_company
from .recouvrement_limitation import STAGES

_logger = logging.getLogger(__name__)

# An alert asks to be dealt with within that time, not on the last day.
TIME_TO_ACT = timedelta(days=14)


class RecouvrementLimitation(models.Model):
    """Who is told that a last day comes near: once at each stage."""

    _inherit = "recouvrement.limitation"

    @api.model
    def _cron_alert(self):
        """Refresh what is near in every company, and tell who follows it."""
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        failed = in_each_company(
            self.env, LIMITATION_ALERTS, companies, self.sudo()._alert
        )
        if failed:
            names = ", ".join(failed)
            raise UserError(
                self.env._("The prescription of %s could not be looked at.", names)
            )

    @api.model
    def _alert(self, company):
        self._refresh(company)
        self._tell(company, company._recouvrement_today())

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------
    @api.model
    def _stage(self, last_day, day):
        """Months of the stage reached, 0 before the first one."""
        reached = [months for months in STAGES if add_months(last_day, -months) <= day]
        return min(reached, default=0)

    @api.model
    def _tell(self, company, day):
        """One activity per dossier and stage for the items that reached it."""
        before = self._activities(company)
        groups = groupby(
            self._to_tell(company, day), lambda row: (row["dossier_id"], row["stage"])
        )
        untold = []
        for (dossier_id, stage), rows in groups:
            dossier = self.env["recouvrement.dossier"].browse(dossier_id)
            user = dossier._alert_reader(collector_first=True)
            if not user:
                untold.append(dossier_id)
                continue
            activity = self._create_activity(dossier, rows, user, day)
            self.browse(row["id"] for row in rows).write(
                {"told_months": stage, "activity_id": activity.id}
            )
        if untold:
            _logger.warning(
                "Company %s: nobody to alert about the prescription of the dossiers %s."
                " Name a default collector or a credit manager in the settings.",
                company.id,
                untold,
            )
        self._close_orphans(
            before,
            company,
            lambda limitation: limitation.env._("Replaced by a later alert."),
        )

    @api.model
    def _to_tell(self, company, day):
        self.flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT x.id, x.dossier_id, x.last_day, x.told_months,
                       COALESCE(l.move_name, l.name) AS item,
                       l.amount_residual_currency AS amount, l.currency_id
                  FROM recouvrement_limitation x
                  JOIN account_move_line l ON l.id = x.move_line_id
                 WHERE x.company_id = %s AND x.last_day BETWEEN %s AND %s
              ORDER BY x.dossier_id, x.last_day, x.id
                """,
                company.id,
                day,
                add_months(day, STAGES[0] + 1),
            )
        )
        for row in rows:
            row["stage"] = self._stage(row["last_day"], day)
        return [
            row
            for row in rows
            if row["stage"]
            and (not row["told_months"] or row["stage"] < row["told_months"])
        ]

    @api.model
    def _create_activity(self, dossier, rows, user, day):
        lang = self.env["recouvrement.relance"]._installed_lang(user.lang)
        summary, note = self.with_context(lang=lang)._words(dossier, rows)
        return (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id(dossier._name),
                    "res_id": dossier.id,
                    "activity_type_id": self.env.ref(ACTIVITY).id,
                    "user_id": user.id,
                    "date_deadline": min(rows[0]["last_day"], day + TIME_TO_ACT),
                    "summary": summary,
                    "note": note,
                }
            )
        )

    @api.model
    def _words(self, dossier, rows):
        """Summary and text of an alert, in the language of its reader."""
        currencies = self.env["res.currency"]
        lines = Markup().join(
            Markup("<li>%s</li>")
            % self.env._(
                "%(item)s: %(amount)s, last day %(day)s",
                item=row["item"],
                amount=formatLang(
                    self.env,
                    row["amount"],
                    currency_obj=currencies.browse(row["currency_id"]),
                ),
                day=format_date(self.env, row["last_day"]),
            )
            for row in rows
        )
        summary = self.env._(
            "%(count)s item(s) to claim in court by %(day)s",
            count=len(rows),
            day=format_date(self.env, rows[0]["last_day"]),
        )
        return summary, Markup("<ul>%s</ul><p>%s</p>") % (
            lines,
            self._what_to_do(dossier),
        )

    @api.model
    def _what_to_do(self, dossier):
        """Only what puts the last day off for that kind of debtor."""
        sector = dossier.sector or dossier.company_id.recouvrement_sector
        reader = self.env["recouvrement.limitation.reader"]
        rule = rule_of(dossier.kind, reader._sector(dossier.kind, sector))
        if rule.lapse:
            return self.env._(
                "File a claim in court before that day: nothing else puts it off, not"
                " even an acknowledgment by the debtor."
            )
        if rule.calendar:
            return self.env._(
                "Write to the public body before that day and keep the proof: a written"
                " claim opens four new years (law 68-1250, art. 2). Or file a claim in"
                " court."
            )
        return self.env._(
            "Before that day, have the debtor sign an acknowledgment or a payment"
            " schedule (C. civ. 2240), or file a claim in court (C. civ. 2241). A"
            " reminder or a formal notice does not put the day off."
        )

    # ------------------------------------------------------------------
    # Closing
    # ------------------------------------------------------------------
    @api.model
    def _activities(self, company, dossiers=None):
        """Ids of the activities that speak of rows in this scope."""
        domain = [("company_id", "=", company.id), ("activity_id", "!=", False)]
        if dossiers is not None:
            domain.append(("dossier_id", "in", dossiers.ids))
        groups = self._read_group(domain, ["activity_id"])
        return {activity.id for (activity,) in groups}

    @api.model
    def _close_orphans(self, before, company, feedback):
        """Activities that no row speaks of any more are no work for anybody."""
        if not before:
            return
        orphans = self.env["mail.activity"].browse(before - self._activities(company))
        for activity in orphans.exists().filtered("active"):
            lang = self.env["recouvrement.relance"]._installed_lang(
                activity.user_id.lang
            )
            activity.action_feedback(feedback=feedback(self.with_context(lang=lang)))
