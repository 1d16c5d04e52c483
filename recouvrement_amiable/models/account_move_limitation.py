# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

from ..legal.dates import FIRST_DAY, LAST_DAY
from .account_move import _GROUPS
from .limitation_words import LimitationWords
from .recouvrement_limitation import PERFORMED_BEFORE


class AccountMove(models.Model):
    """Until when an invoice can be claimed in court."""

    _inherit = "account.move"

    recouvrement_performed_on = fields.Date(
        string="Performed On",
        copy=False,
        groups=_GROUPS,
        help="End of the work or delivery: prescription starts there, not with the"
        " invoice (Cass. com. 26 February 2020, 18-25.036). Empty: the delivery date,"
        " else the invoice date.",
    )
    recouvrement_limitation_date = fields.Date(
        string="Last Day to Claim",
        compute="_compute_recouvrement_limitation",
        compute_sudo=True,
        groups=_GROUPS,
        help="Last day to claim it in court, of the instalment that comes first.",
    )
    recouvrement_limitation_text = fields.Text(
        string="Prescription",
        compute="_compute_recouvrement_limitation",
        compute_sudo=True,
        groups=_GROUPS,
    )
    _recouvrement_performed_idx = models.Index(
        "(company_id, (COALESCE(recouvrement_performed_on, delivery_date,"
        " invoice_date)))"
        f" WHERE {PERFORMED_BEFORE.format(alias='')}"
    )

    @api.depends("state", "payment_state", "recouvrement_performed_on", "delivery_date")
    @api.depends_context("recouvrement_day", "lang")
    def _compute_recouvrement_limitation(self):
        """Of what is left to pay; the instalment whose last day comes first speaks."""
        self.recouvrement_limitation_date = False
        self.recouvrement_limitation_text = False
        unpaid = self.filtered(
            lambda move: move.state == "posted"
            and move.move_type in ("out_invoice", "out_receipt")
            and move.amount_residual
        )
        Reader = self.env["recouvrement.limitation.reader"]
        for company, moves in unpaid.grouped("company_id").items():
            day = company._recouvrement_today()
            items = moves.line_ids._recouvrement_debts().filtered(
                lambda line: not line.reconciled
            )
            answers = Reader._of_items(items._origin.ids, day)
            words = LimitationWords(self.env, day)
            for move in moves:
                mine = [
                    answers[item.id]
                    for item in (items & move.line_ids)._origin
                    if item.id in answers
                ]
                if mine:
                    first = min(mine, key=Reader._order_key)
                    move.recouvrement_limitation_date = Reader._last_day(first)
                    move.recouvrement_limitation_text = words.text(first)

    @api.constrains("recouvrement_performed_on")
    def _check_recouvrement_performed_on(self):
        for move in self:
            day = move.sudo().recouvrement_performed_on
            if day and not FIRST_DAY <= day <= LAST_DAY:
                raise ValidationError(
                    self.env._(
                        "%(invoice)s cannot have been performed on %(day)s: check the"
                        " year.",
                        invoice=move.display_name,
                        day=format_date(self.env, day),
                    )
                )

    def _recouvrement_performed(self):
        """End of the work or delivery, or None where nobody noted it."""
        self.ensure_one()
        return self.recouvrement_performed_on or self.delivery_date or None

    def write(self, vals):
        result = super().write(vals)
        if "recouvrement_performed_on" in vals:
            posted = self.sudo().filtered(lambda move: move.state == "posted")
            self.env["recouvrement.dossier"]._refresh_limitation_of(posted)
        return result
