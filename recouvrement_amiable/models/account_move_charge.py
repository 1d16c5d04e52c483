# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Charge invoices: what they took is taken once, and given back as a whole."""

    _inherit = "account.move"

    recouvrement_is_charge = fields.Boolean(
        string="Charge Invoice",
        readonly=True,
        help="Interest and indemnities: it bears none of its own.",
    )

    def _recouvrement_is_charge(self):
        """Whether this invoice bears charges: it bears none of its own."""
        return bool(self) and all(self.mapped("recouvrement_is_charge"))

    def button_draft(self):
        """A charge invoice that gave its days back takes them again, if free.

        So does the one whose credit note is reopened.
        """
        result = super().button_draft()
        charges = (self | self.reversed_entry_id).filtered("recouvrement_is_charge")
        if charges:
            self.env["recouvrement.charge"]._take_back(charges)
        return result

    def copy_data(self, default=None):
        """A second invoice of the same charges would charge them twice."""
        if "reversed_entry_id" not in (default or {}) and any(
            move.recouvrement_is_charge for move in self
        ):
            raise UserError(
                self.env._(
                    "Charges are invoiced once: credit this invoice, then make a new"
                    " one from the statement of the claim."
                )
            )
        return super().copy_data(default)

    def _post(self, soft=True):
        """What is on the invoice is what was taken: no line less, no other price."""
        for move in self.filtered("recouvrement_is_charge"):
            if move.move_type == "out_invoice":
                move._recouvrement_check_charges()
            elif move.reversed_entry_id:
                move._recouvrement_check_whole_credit()
        return super()._post(soft)

    def _recouvrement_check_charges(self):
        rows = self.env["recouvrement.charge"].sudo()
        taken = sum(rows.search([("charge_move_id", "=", self.id)]).mapped("amount"))
        if self.currency_id.compare_amounts(taken, self.amount_total):
            raise UserError(
                self.env._(
                    "The lines of %s were changed: delete this draft and make another"
                    " from the statement, with the lines you want.",
                    self.display_name,
                )
            )

    def _recouvrement_check_whole_credit(self):
        """Which days a part of a charge invoice gives back, nobody could tell."""
        source = self.reversed_entry_id
        if self.currency_id.compare_amounts(self.amount_total, source.amount_total):
            raise UserError(
                self.env._(
                    "Credit the charge invoice %(invoice)s as a whole (%(amount)s):"
                    " what is still owed then comes back on the statement, to be"
                    " charged again.",
                    invoice=source.display_name,
                    amount=source.currency_id.format(source.amount_total),
                )
            )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_charges(self):
        """Charges given back go with their item; those that stand keep it."""
        charges = self.env["recouvrement.charge"].sudo()
        found = charges.search([("move_line_id", "in", self.ids)])
        if not found:
            return
        charges._sync(found.company_id)
        standing = found.filtered("standing")
        if standing:
            raise UserError(
                self.env._(
                    "%s bears charges that were invoiced or waived: cancel these"
                    " first.",
                    standing[:1].move_id.display_name,
                )
            )
        found.unlink()
