# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .soft_many2one import SoftMany2one


class RecouvrementRunLine(models.Model):
    """What a run decided for one debtor: the relance made, or the reason why not."""

    _name = "recouvrement.run.line"
    _description = "Run line"
    _order = "run_id desc, amount_late desc, id"
    _log_access = False

    run_id = fields.Many2one(
        "recouvrement.run", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date = fields.Date(related="run_id.date")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    dossier_id = fields.Many2one(
        "recouvrement.dossier", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index=True, ondelete="cascade"
    )
    situation = fields.Selection("_selection_outcome", string="Outcome", readonly=True)
    reason = fields.Selection(
        lambda self: self.env["recouvrement.open.item"]._selection_reason(),
        readonly=True,
    )
    detail = fields.Char(readonly=True)
    until = fields.Date(readonly=True)
    level_id = SoftMany2one("recouvrement.level", readonly=True)
    relance_id = SoftMany2one("recouvrement.relance", readonly=True)
    next_date = fields.Date(readonly=True)
    amount_late = fields.Monetary(string="Overdue", readonly=True)
    amount_not_due = fields.Monetary(string="Not Due", readonly=True)
    amount_credit = fields.Monetary(string="Credits", readonly=True)
    amount_asked = fields.Monetary(
        string="Asked For",
        readonly=True,
        help="What the message asks to pay, credits deducted, charges included.",
    )
    late_count = fields.Integer(string="Late Items", readonly=True)
    days_late = fields.Integer(string="Oldest (Days)", readonly=True, aggregator="max")
    explanation = fields.Char(string="Why", compute="_compute_explanation")

    # the dossier first: its foreign key needs an index too
    _dossier_run_uniq = models.UniqueIndex(
        "(dossier_id, run_id)", "A run keeps one line per customer."
    )

    @api.model
    def _selection_outcome(self):
        """The situations, said after the run: what was due got its relance."""
        labels = dict(self.env["recouvrement.open.item"]._selection_situation())
        return list((labels | {"due": self.env._("Relance")}).items())

    @api.depends("partner_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.partner_id.display_name

    def _compute_explanation(self):
        """The sentence of the day of the run, from what the run recorded."""
        describe = self.env["recouvrement.open.item"]._describe
        self.level_id.sudo().mapped("name")
        for line in self:
            if line.relance_id:
                line.explanation = self.env._(
                    "Relance %(name)s: %(level)s",
                    name=line.relance_id.name,
                    level=line.level_id.name,
                )
                continue
            if line.situation == "due":
                line.explanation = self.env._("Relance to make: %s", line.level_id.name)
                continue
            line.explanation = describe(
                {
                    "situation": line.situation,
                    "reason": line.reason,
                    "detail": line.detail,
                    "until": line.until,
                    "next_level_id": line.level_id.id,
                    "next_date": line.next_date,
                    "date_due": line.next_date,
                    "late_amount": line.amount_late,
                    "credit_amount": line.amount_credit,
                    "amount_residual": -line.amount_credit,
                },
                line.company_id,
            )

    def action_open(self):
        """The relance made, or the one that would be; else the dossier left alone."""
        self.ensure_one()
        if self.situation == "due" and not self.relance_id:
            return self.action_preview()
        return self.env["recouvrement.delivery"]._open(
            self.relance_id or self.dossier_id
        )
