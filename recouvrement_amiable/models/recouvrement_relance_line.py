# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .recouvrement_relance import OPEN_STATES
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

    @api.model
    def _leave_debtors(self, item_ids):
        """Items that are another customer's now start anew with that one.

        A level said to who is no longer the debtor does not count: else the first
        letter to the new one could be a formal notice. What was sent stays as it was
        sent; from what has not left, the item goes altogether. Customers merged, or
        put under a parent, are one and the same.

        :param item_ids: ids of posted account.move.line
        """
        if not item_ids:
            return
        self.flush_model()
        self.env["account.move.line"].flush_model(["partner_id"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE recouvrement_relance_line rl SET cancelled = true
                  FROM recouvrement_relance r
                  JOIN recouvrement_dossier d ON d.id = r.dossier_id
                  JOIN res_partner said ON said.id = d.partner_id,
                       account_move_line l
             LEFT JOIN res_partner p ON p.id = l.partner_id
                 WHERE rl.move_line_id IN %(items)s AND rl.cancelled IS NOT TRUE
                   AND r.id = rl.relance_id AND l.id = rl.move_line_id
                   AND said.commercial_partner_id
                       IS DISTINCT FROM p.commercial_partner_id
                   AND (rl.granted OR r.state IN %(open)s)
             RETURNING r.id
                """,
                items=tuple(item_ids),
                open=OPEN_STATES,
            )
        )
        if rows:
            self.invalidate_model(["cancelled"])
            relances = self.env["recouvrement.relance"].sudo()
            relances.browse({row[0] for row in rows})._items_gone()

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
