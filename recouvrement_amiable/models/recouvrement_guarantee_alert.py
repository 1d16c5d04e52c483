# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, groupby

from .progress import GUARANTEE_ALERTS, in_each_company
from .recouvrement_guarantee import ENDING

_logger = logging.getLogger(__name__)

# An insurer wants to be told; ten days leave time to gather the papers.
DECLARATION_NOTICE = timedelta(days=10)


class RecouvrementGuarantee(models.Model):
    _inherit = "recouvrement.guarantee"

    @api.model
    def _cron_alert(self):
        """Tell who must act on guarantees that end and on items to declare."""
        failed = in_each_company(
            self.env, GUARANTEE_ALERTS, self._companies(), self._alert
        )
        if failed:
            names = ", ".join(failed)
            raise UserError(
                self.env._("The guarantees of %s could not be looked at.", names)
            )

    @api.model
    def _alert(self, company):
        self.env["recouvrement.guarantee.alert"].sudo()._raise_alerts(
            company.sudo(), company._recouvrement_today()
        )


class RecouvrementGuaranteeAlert(models.Model):
    """What somebody was told about a guarantee, once and for all.

    Either the guarantee's end, or an unpaid item to declare to the insurer.
    """

    _name = "recouvrement.guarantee.alert"
    _description = "Guarantee Alert"
    _order = "id desc"

    guarantee_id = fields.Many2one(
        "recouvrement.guarantee",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    dossier_id = fields.Many2one(related="guarantee_id.dossier_id")
    company_id = fields.Many2one(
        related="guarantee_id.company_id", store=True, index=True
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item to Declare",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    item = fields.Char(readonly=True, help="Empty: the end of the guarantee.")
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    deadline = fields.Date(required=True, readonly=True)
    date = fields.Date(string="Told on", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Told to", readonly=True, ondelete="set null"
    )
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _item_uniq = models.UniqueIndex(
        "(guarantee_id, move_line_id) WHERE move_line_id IS NOT NULL",
        "This item was already told about for this guarantee.",
    )
    _end_uniq = models.UniqueIndex(
        "(guarantee_id, deadline) WHERE move_line_id IS NULL",
        "This end was already told about.",
    )

    @api.depends("item")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for alert in self:
            alert.display_name = alert.item or self.env._("End of the guarantee")

    # ------------------------------------------------------------------
    # What is due
    # ------------------------------------------------------------------
    @api.model
    def _raise_alerts(self, company, day):
        """Everything to tell on a day in one company, told once."""
        self.env.flush_all()
        self._close_settled(company)
        rows = self._declarations(company, day) + self._ends(company, day)
        dossiers = self.env["recouvrement.dossier"].browse(
            {row["dossier_id"] for row in rows}
        )
        users = {dossier.id: dossier._alert_reader() for dossier in dossiers}
        told = [row for row in rows if users[row["dossier_id"]]]
        orphans = [row for row in rows if not users[row["dossier_id"]]]
        self._mark_unassigned(company, {row["guarantee_id"] for row in orphans})
        return self._tell(told, users, day)

    @api.model
    def _mark_unassigned(self, company, guarantee_ids):
        """Nobody to tell: logged, shown on the guarantee, tried again tomorrow."""
        Guarantee = self.env["recouvrement.guarantee"]
        unassigned = Guarantee.browse(guarantee_ids)
        if unassigned:
            _logger.warning(
                "Company %s: nobody to alert about the guarantees %s. Name a credit"
                " manager in the settings, or a collector on the dossier.",
                company.id,
                sorted(guarantee_ids),
            )
        known = Guarantee.with_context(active_test=False).search(
            [("company_id", "=", company.id), ("alert_unassigned", "=", True)]
        )
        (known - unassigned).write({"alert_unassigned": False})
        (unassigned - known).write({"alert_unassigned": True})

    @api.model
    def _declarations(self, company, day):
        """Overdue items under credit insurance whose declaration falls due.

        What was invoiced while the cover held is to be declared even after its end.
        """
        due = SQL("COALESCE(l.date_maturity, l.invoice_date, l.date)")
        issued = SQL("COALESCE(l.invoice_date, l.date)")
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT g.dossier_id, g.id AS guarantee_id, l.id AS move_line_id,
                       COALESCE(l.move_name, l.name) AS item, %(due)s AS due,
                       l.amount_residual_currency AS amount, l.currency_id,
                       %(due)s + g.declaration_days AS deadline
                  FROM recouvrement_guarantee g
                  JOIN recouvrement_dossier d ON d.id = g.dossier_id
                  JOIN res_partner q ON q.commercial_partner_id = d.partner_id
                  JOIN account_move_line l
                    ON l.partner_id = q.id AND l.company_id = d.company_id
                  JOIN account_move m ON m.id = l.move_id
                 WHERE g.company_id = %(company)s AND g.active
                   AND g.kind = 'insurance' AND g.declaration_days > 0
                   AND l.account_id IN %(accounts)s
                   AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
                   AND l.amount_residual > 0
                   AND (m.move_type = 'entry' OR m.payment_state
                        NOT IN ('in_payment', 'paid', 'reversed'))
                   AND %(issued)s >= g.valid_from
                   AND (g.valid_until IS NULL OR %(issued)s <= g.valid_until)
                   AND (g.cover IS DISTINCT FROM 'blind' OR NOT EXISTS (
                        SELECT 1 FROM recouvrement_guarantee n
                         WHERE n.dossier_id = g.dossier_id AND n.active
                           AND n.kind = 'insurance' AND n.cover = 'named'
                           AND %(issued)s >= n.valid_from
                           AND (n.valid_until IS NULL OR %(issued)s <= n.valid_until)))
                   AND %(due)s < %(day)s
                   AND %(due)s + g.declaration_days - %(notice)s <= %(day)s
                   AND NOT EXISTS (
                        SELECT 1 FROM recouvrement_guarantee_alert a
                         WHERE a.guarantee_id = g.id AND a.move_line_id = l.id)
              ORDER BY g.dossier_id, deadline, due, l.id, g.id
                """,
                due=due,
                issued=issued,
                company=company.id,
                accounts=self.env["recouvrement.open.item"]._receivable_ids(),
                day=day,
                notice=DECLARATION_NOTICE.days,
            )
        )

    @api.model
    def _ends(self, company, day):
        """Guarantees that end soon, or ended lately while nobody was told."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT g.dossier_id, g.id AS guarantee_id, NULL::int AS move_line_id,
                       NULL AS item, g.amount, g.currency_id,
                       g.valid_until AS deadline
                  FROM recouvrement_guarantee g
                 WHERE g.company_id = %(company)s AND g.active
                   AND g.valid_until BETWEEN %(first)s AND %(last)s
                   AND NOT EXISTS (
                        SELECT 1 FROM recouvrement_guarantee_alert a
                         WHERE a.guarantee_id = g.id AND a.move_line_id IS NULL
                           AND a.deadline = g.valid_until)
              ORDER BY g.dossier_id, g.valid_until, g.id
                """,
                company=company.id,
                first=day - ENDING,
                last=day + ENDING,
            )
        )

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------
    @api.model
    def _tell(self, rows, users, day):
        """One activity per dossier for the items to declare, one per end."""
        guarantees = self.env["recouvrement.guarantee"].browse(
            {row["guarantee_id"] for row in rows}
        )
        by_id = {guarantee.id: guarantee for guarantee in guarantees}
        for row in rows:
            row["guarantee"] = by_id[row["guarantee_id"]]
        groups = [
            group
            for _key, group in groupby(
                rows,
                lambda row: (
                    row["dossier_id"],
                    not row["move_line_id"] and row["guarantee_id"],
                ),
            )
        ]
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(
                [
                    self._activity_values(group, users[group[0]["dossier_id"]], day)
                    for group in groups
                ]
            )
        )
        return self.create(
            [
                {
                    "guarantee_id": row["guarantee_id"],
                    "move_line_id": row["move_line_id"],
                    "item": row["item"],
                    "amount": row["amount"],
                    "currency_id": row["currency_id"],
                    "deadline": row["deadline"],
                    "date": day,
                    "user_id": activity.user_id.id,
                    "activity_id": activity.id,
                }
                for group, activity in zip(groups, activities, strict=True)
                for row in group
            ]
        )

    # ------------------------------------------------------------------
    # Upkeep
    # ------------------------------------------------------------------
    @api.model
    def _close_settled(self, company):
        """Nothing to declare any more once every item of an activity is paid."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT t.id
                  FROM recouvrement_guarantee_alert a
                  JOIN mail_activity t ON t.id = a.activity_id AND t.active
                  JOIN account_move_line l ON l.id = a.move_line_id
                 WHERE a.company_id = %s
              GROUP BY t.id
                HAVING bool_and(l.reconciled IS TRUE)
                """,
                company.id,
            )
        )
        activities = self.env["mail.activity"].browse(row[0] for row in rows)
        if activities:
            activities.action_feedback(
                feedback=self.env._("Paid: nothing left to declare.")
            )

    def _close_void(self):
        """An end that was told but no longer holds is no work for anybody."""
        void = self.filtered(
            lambda alert: not alert.move_line_id
            and alert.activity_id.active
            and not (
                alert.guarantee_id.active
                and alert.guarantee_id.valid_until == alert.deadline
            )
        )
        if void:
            void.activity_id.action_feedback(
                feedback=self.env._("The guarantee was renewed or archived.")
            )
