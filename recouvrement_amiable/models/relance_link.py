# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Addresses by which a debtor sees the invoices, with no account.

An address bears the number of the relance and a signature, in an alphabet that is
typed from paper without doubt. Nothing is stored, and no invoice is written when a
batch of messages is prepared: Odoo's own token of an invoice is made when somebody
follows the link, as Odoo does when it shares a page.
"""

import re

from odoo import api, models
from odoo.tools import consteq, hmac

# No i, l, o, u: they are read as 1, 1 and 0, or never written.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LIKENESS = str.maketrans("ilo", "110")
SCOPE = "recouvrement_amiable.relance_link"
SIGNATURE = 12  # letters of 5 bits: as good as never guessed, still typed by hand
LARGEST_ID = 2**31 - 1


class RecouvrementRelance(models.Model):
    """Links of a message."""

    _inherit = "recouvrement.relance"

    def _link_signature(self):
        self.ensure_one()
        # The key is the database's secret, which only the superuser reads.
        bits = int(hmac(self.env(su=True), SCOPE, self.id), 16)
        return to_letters(bits % 32**SIGNATURE).rjust(SIGNATURE, "0")

    def _link_code(self):
        """“3f-8k3m-9x2p-7q1d”: the number of the relance, and its signature."""
        signature = "-".join(re.findall("....", self._link_signature()))
        return f"{to_letters(self.id)}-{signature}"

    @api.model
    def _from_link_code(self, code):
        """The relance of a code, however it was typed; none when it is not ours."""
        number, signature = read_code(code)
        relance = self.browse(number).exists() if number else self.browse()
        if relance and consteq(relance._link_signature(), signature):
            return relance
        return self.browse()

    def _linked_moves(self):
        """Invoices that the links of this message open, oldest first.

        Whatever became of the relance: an invoice that was taken out of it is still
        the debtor's own. One that passed to another customer meanwhile is not.
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.kind != "d_credit")
        moves = lines.sorted(
            lambda line: (line.kind, line.date_due or self.date, line.id)
        ).move_line_id.move_id
        return moves.filtered(
            lambda move: (
                move.is_sale_document()
                and move.state == "posted"
                and move.company_id == self.company_id
                and move.commercial_partner_id == self.partner_id
            )
        )

    def _linked_invoice(self, invoice_id=None):
        """The invoice to show: the one named, else the oldest that is still owed."""
        moves = self._linked_moves()
        if invoice_id:
            invoice = moves.filtered(lambda move: move.id == invoice_id)
        else:
            owed = moves.filtered("amount_residual")
            invoice = (owed or moves)[:1]
        # Its token is not a change of the invoice.
        return invoice.with_context(
            skip_invoice_sync=True,
            skip_is_manually_modified=True,
            tracking_disable=True,
        )

    def _short_link(self):
        """Address of the oldest unpaid invoice; empty when there is no invoice."""
        moves = self._asked_lines().move_line_id.move_id
        if not any(move.is_sale_document() for move in moves):
            return ""
        return self._own_address()

    def _own_address(self):
        """Under which the pages of the invoices of this message are."""
        return f"{self.company_id.sudo().get_base_url()}/relance/{self._link_code()}"

    def _has_portal(self, contact):
        """Whether the reader can sign in: a list of all invoices is of use then."""
        return bool(contact.sudo().user_ids)

    def _portal_link(self, contact, facts):
        """Where the button of a message leads.

        :param Facts facts: see ``_facts``
        """
        if self._has_portal(contact):
            base = self.company_id.sudo().get_base_url()
            return f"{base}/my/invoices?filterby=overdue_invoices"
        return facts.address if any(line.is_sale for line in facts.asked) else ""

    def _portal_label(self, contact, moves):
        if self._has_portal(contact):
            return self.env._("See my invoices online")
        if len(moves) > 1:
            return self.env._("See the oldest invoice online")
        return self.env._("See my invoice online")


def to_letters(number):
    """A number in the letters of the codes.

    >>> to_letters(0), to_letters(31), to_letters(32)
    ('0', 'z', '10')
    """
    letters = ""
    number = abs(number)
    while number or not letters:
        number, rest = divmod(number, 32)
        letters = ALPHABET[rest] + letters
    return letters


def read_code(code):
    """``(number, signature)`` of a code, or ``(0, "")`` when it cannot be one.

    >>> read_code("3F-8K3M 9X2P-7Q1D"), read_code("10-oooo-oooo-ooii")
    ((111, '8k3m9x2p7q1d'), (32, '000000000011'))
    >>> read_code("abc"), read_code("é" * 20)
    ((0, ''), (0, ''))
    """
    letters = re.sub(r"[\s-]", "", code.lower()).translate(LIKENESS)
    if not SIGNATURE < len(letters) < 20 or set(letters) - set(ALPHABET):
        return 0, ""
    number = 0
    for letter in letters[:-SIGNATURE]:
        number = number * 32 + ALPHABET.index(letter)
    if number > LARGEST_ID:
        return 0, ""
    return number, letters[-SIGNATURE:]
