# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError


class RecouvrementClaimLine(models.TransientModel):
    _name = "recouvrement.claim.line"
    _inherit = "recouvrement.wizard"
    _description = "Item of a Claim"
    _order = "date_due, id"

    statement_id = fields.Many2one(
        "recouvrement.claim.statement", required=True, ondelete="cascade", index=True
    )
    chosen = fields.Boolean(string="Charge")
    dossier_id = fields.Many2one("recouvrement.dossier", readonly=True)
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    move_line_id = fields.Many2one("account.move.line", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    days_late = fields.Integer(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    principal = fields.Monetary(readonly=True)
    interest = fields.Monetary(readonly=True)
    indemnity = fields.Monetary(readonly=True)
    charges = fields.Monetary(compute="_compute_total")
    total = fields.Monetary(compute="_compute_total")
    error = fields.Char(readonly=True)
    why_not = fields.Char(
        string="To Look At First",
        readonly=True,
        help="Not ticked by itself: excluded, contested, payments to allocate…",
    )

    def write(self, vals):
        """Only the choice is the user's: the rest comes from the ledger."""
        if not self.env.su and set(vals) - {"chosen"}:
            raise AccessError(
                self.env._("The amounts of a statement come from the ledger.")
            )
        return super().write(vals)

    @api.depends("principal", "interest", "indemnity")
    def _compute_total(self):
        for line in self:
            line.charges = line.interest + line.indemnity
            line.total = line.principal + line.charges


class RecouvrementClaimSegment(models.TransientModel):
    """Days with one rate and one base: base x rate x days / days of the year."""

    _name = "recouvrement.claim.segment"
    _inherit = "recouvrement.wizard"
    _description = "Segment of Interest"
    _order = "date_from, id"

    statement_id = fields.Many2one(
        "recouvrement.claim.statement", required=True, ondelete="cascade", index=True
    )
    dossier_id = fields.Many2one("recouvrement.dossier", readonly=True)
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    move_line_id = fields.Many2one("account.move.line", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="To", readonly=True)
    days = fields.Integer(readonly=True)
    rate = fields.Float(
        string="Rate (%)", digits=(7, 2), readonly=True, aggregator=None
    )
    year_days = fields.Integer(
        string="Days of the Year", readonly=True, aggregator=None
    )
    base = fields.Monetary(readonly=True, aggregator=None)
    amount = fields.Monetary(string="Interest", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
