# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from .score_refresh import ScoreRefresh

# What projects a class on the customer's degree of trust.
TRUST = {"A": "good", "B": "normal", "C": "normal", "D": "bad", "E": "bad"}


class RecouvrementDossier(models.Model):
    """Risk of the customer: score, class, insolvency."""

    _inherit = "recouvrement.dossier"

    score_id = fields.Many2one(
        "recouvrement.score",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    score_ids = fields.One2many("recouvrement.score", "dossier_id", string="Scores")
    score_value = fields.Integer(related="score_id.value", string="Risk")
    risk_class = fields.Selection(
        lambda self: self.env["recouvrement.score"]._selection_class(),
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="Decided by a manager, else by an insolvency, else by the score.",
    )
    class_choice = fields.Selection(
        lambda self: self.env["recouvrement.score"]._selection_class()[:-1],
        string="Class Decided",
        readonly=True,
        copy=False,
        tracking=True,
    )
    class_choice_reason = fields.Char(readonly=True, copy=False, tracking=True)
    class_choice_until = fields.Date(readonly=True, copy=False)
    class_choice_user_id = fields.Many2one(
        "res.users", string="Decided by", readonly=True, copy=False, ondelete="set null"
    )
    insolvency = fields.Selection(
        "_selection_insolvency",
        copy=False,
        tracking=True,
        help="Opened proceedings: the relances stop, the class is E.",
    )
    insolvency_date = fields.Date(string="Opened on", copy=False, tracking=True)
    score_explanation = fields.Html(
        related="score_id.explanation", string="What Made the Score"
    )

    @api.model
    def _selection_insolvency(self):
        return [
            ("safeguard", self.env._("Safeguard")),
            ("receivership", self.env._("Receivership")),
            ("liquidation", self.env._("Liquidation")),
        ]

    @api.constrains("insolvency", "insolvency_date")
    def _check_insolvency(self):
        for dossier in self.filtered("insolvency"):
            if not dossier.insolvency_date:
                raise ValidationError(
                    self.env._(
                        "Say since when %s is insolvent.",
                        dossier.partner_id.display_name,
                    )
                )
            if dossier.insolvency_date > dossier.company_id._recouvrement_today():
                raise ValidationError(
                    self.env._("The proceedings cannot open in the future.")
                )

    @api.constrains("class_choice", "class_choice_reason", "class_choice_until")
    def _check_class_choice(self):
        """Nobody decides without saying why and until when, whatever the screen."""
        for dossier in self.filtered("class_choice"):
            if not (dossier.class_choice_reason or "").strip():
                raise ValidationError(self.env._("Say why: the next person will ask."))
            if not dossier.class_choice_until:
                raise ValidationError(
                    self.env._("Say until when the decision on the class holds.")
                )

    def _check_choice_ends(self, until):
        until = fields.Date.to_date(until)
        for company in self.company_id:
            if until and until <= company._recouvrement_today():
                raise ValidationError(self.env._("The decision must end after today."))

    def write(self, vals):
        """The score is never typed; a class is decided by a credit manager."""
        if not self.env.su:
            if {"score_id", "risk_class"} & set(vals):
                raise AccessError(self.env._("A score is computed, never typed."))
            if any(name.startswith("class_choice") for name in vals):
                self._check_decider()
                self._check_choice_ends(vals.get("class_choice_until"))
                vals = dict(vals, class_choice_user_id=self.env.uid)
        result = super().write(vals)
        if {"insolvency", "class_choice", "class_choice_until"} & set(vals):
            for company, dossiers in self.grouped("company_id").items():
                dossiers._refresh_classes(
                    company, company._recouvrement_today(), dossiers
                )
        return result

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    @api.model
    def _refresh_classes(self, company, day, dossiers=None):
        """The class that holds on a day, where it changed.

        A manager's decision until its end, else an insolvency, else the score.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE recouvrement_dossier d SET risk_class = n.risk_class
                  FROM (
                    SELECT x.id, CASE
                           WHEN x.class_choice IS NOT NULL
                                AND (x.class_choice_until IS NULL
                                     OR x.class_choice_until >= %(day)s)
                           THEN x.class_choice
                           WHEN x.insolvency IS NOT NULL THEN 'E'
                           ELSE COALESCE(s.risk_class, 'none') END AS risk_class
                      FROM recouvrement_dossier x
                 LEFT JOIN recouvrement_score s ON s.id = x.score_id
                     WHERE x.company_id = %(company)s AND %(scope)s) n
                 WHERE n.id = d.id AND d.risk_class IS DISTINCT FROM n.risk_class
             RETURNING d.id
                """,
                day=day,
                company=company.id,
                scope=SQL("x.id IN %s", tuple(dossiers.ids))
                if dossiers
                else SQL("TRUE"),
            )
        )
        self.invalidate_model(["risk_class", "score_id"])
        changed = self.browse(row[0] for row in rows)
        if company.sudo().recouvrement_trust_follows:
            self._project_trust(company, dossiers)
        return changed

    @api.model
    def _project_trust(self, company, dossiers=None):
        """Core's degree of trust follows the class; unrated leaves it alone."""
        wanted = SQL(", ").join(SQL("(%s, %s)", *pair) for pair in TRUST.items())
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_partner p
                   SET trust = jsonb_set(COALESCE(p.trust, '{}'), %(path)s,
                                         to_jsonb(t.trust::text))
                  FROM recouvrement_dossier d
                  JOIN (VALUES %(wanted)s) t (risk_class, trust)
                    ON t.risk_class = d.risk_class
                 WHERE d.partner_id = p.id AND d.company_id = %(company)s AND %(scope)s
                   AND p.trust ->> %(key)s IS DISTINCT FROM t.trust
                """,
                path=[str(company.id)],
                key=str(company.id),
                wanted=wanted,
                company=company.id,
                scope=SQL("d.id IN %s", tuple(dossiers.ids))
                if dossiers
                else SQL("TRUE"),
            )
        )
        self.env["res.partner"].invalidate_model(["trust"])

    def action_refresh_score(self):
        """Score these customers again, from what is paid now."""
        self.check_access("write")
        for company, dossiers in self.grouped("company_id").items():
            ScoreRefresh(
                self.sudo().env, company.sudo(), company._recouvrement_today()
            ).run(dossiers.partner_id)
        self.env.invalidate_all()

    def _decide_class(self, risk_class, reason, until):
        """A manager's decision wins over the score until its end."""
        self.write(
            {
                "class_choice": risk_class,
                "class_choice_reason": reason,
                "class_choice_until": until,
                "class_choice_user_id": self.env.uid,
            }
        )

    def _class_is_score_only(self):
        """Whether no person stands behind the class that holds today.

        A manager's decision does, and so does an insolvency that was recorded.
        """
        self.ensure_one()
        until = self.class_choice_until
        chosen = self.class_choice and (
            not until or until >= self.company_id._recouvrement_today()
        )
        return not chosen and not self.insolvency

    def action_drop_decision(self):
        self._check_decider()
        self.sudo().write(
            {
                "class_choice": False,
                "class_choice_reason": False,
                "class_choice_until": False,
                "class_choice_user_id": False,
            }
        )

    def _check_decider(self):
        self.check_access("write")
        if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
            raise AccessError(
                self.env._("Only a credit manager decides on the class of a customer.")
            )

    def action_open_scores(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Scores"),
            "res_model": "recouvrement.score",
            "view_mode": "list,kanban,graph,form",
            "domain": [("dossier_id", "=", self.id)],
        }

    @api.model
    def _expected_payments(self, wanted):
        """When items will probably be paid, by the habits of their customers.

        A customer in insolvency proceedings pays by order of a court, not by habit:
        nothing is expected of it, nor of one that was never scored.

        :param wanted: list of ``(dossier, due date)``, of any companies
        :return: list of ``(low, expected, high)`` dates, or None, in that order; a
            fixed number of queries
        """
        dossiers = self.sudo().union(*(dossier for dossier, _due in wanted))
        dossiers.score_id.mapped("pay_days")  # all of them at once
        days = {c: c._recouvrement_today() for c in dossiers.company_id}
        found = []
        for dossier, due in wanted:
            dossier = dossiers.browse(dossier.id)
            score = dossier.score_id
            if not (score and due) or dossier.insolvency:
                found.append(None)
                continue
            found += score._expected_days([due], days[dossier.company_id])
        return found
