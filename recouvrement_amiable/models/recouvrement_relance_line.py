# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .soft_many2one import SoftMany2one


class RecouvrementRelanceLine(models.Model):
    """What one relance said about one item, and the level the item got by it.

    ``granted`` tells the items that reached their level with this relance from
    those that are only listed. The unique index makes "an item gets a level
    once" true whatever the code does.
    """

    _name = "recouvrement.relance.line"
    _description = "Relance line"
    _order = "relance_id, kind, date_due, id"
    # Written by the hundred thousand in one statement: the relance itself
    # says who and when.
    _log_access = False

    relance_id = SoftMany2one("recouvrement.relance", required=True, index=True)
    company_id = fields.Many2one(related="relance_id.company_id")
    dossier_id = fields.Many2one(related="relance_id.dossier_id")
    move_line_id = SoftMany2one("account.move.line", string="Item", required=True)
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    level_id = SoftMany2one("recouvrement.level")
    kind = fields.Selection(
        [
            ("a_late", "Late"),
            ("b_early", "Reminded before due date"),
            ("c_soon", "Falls due soon"),
            ("d_credit", "Credit"),
        ],
        required=True,
    )
    granted = fields.Boolean(
        default=False, help="The item reached this level with this relance."
    )
    cancelled = fields.Boolean(default=False, help="This line no longer counts.")
    struck = fields.Boolean(
        default=False,
        help="Settled or held after a part of the relance had left: the level stays,"
        " what still leaves no longer asks for it.",
    )
    date_due = fields.Date(string="Due Date")
    days_late = fields.Integer()
    residual = fields.Monetary(
        string="Company Amount", currency_field="company_currency_id"
    )
    residual_currency = fields.Monetary(string="Amount", currency_field="currency_id")
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )

    # One index for both: no level twice, and the lines of an item, whatever they say.
    _item_level_uniq = models.UniqueIndex(
        "(move_line_id,"
        " (CASE WHEN granted AND cancelled IS NOT TRUE THEN level_id END))",
        "This item already got this level.",
    )

    @api.depends("relance_id", "move_line_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = (
                f"{line.relance_id.name}: {line.move_line_id.move_id.name}"
            )

    def action_drop(self):
        """Take the item out of a relance that has not left yet."""
        self.relance_id._check_approver()
        for line in self:
            if line.relance_id.state != "to_approve":
                raise UserError(
                    self.env._(
                        "%s has already been approved: its items cannot change.",
                        line.relance_id.name,
                    )
                )
        self.sudo().write({"cancelled": True})
        relances = self.sudo().relance_id
        relances._check_still_called_for()
        relances.write({"is_trimmed": True})
        relances._after_lines_changed()
