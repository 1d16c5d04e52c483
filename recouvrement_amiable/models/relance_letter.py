# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

import qrcode
from markupsafe import Markup

from odoo import models
from odoo.tools.image import image_data_uri

# Largest amount that a credit transfer code can bear.
CODE_LIMIT = 999_999_999.99
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


class RecouvrementRelance(models.Model):
    """What only the letter needs: addressee, place, text fit for the PDF engine."""

    _inherit = "recouvrement.relance"

    def _place_and_date(self):
        """“Paris, 21 November 2026”."""
        self.ensure_one()
        day = self._long_date(self._writing_day())
        place = self.company_id.sudo().city
        if not place:
            return day
        return self.env._("%(place)s, %(day)s", place=place, day=day)

    def _postal_lines(self, contact):
        """The addressee as the post wants it: names, then the address."""
        self.ensure_one()
        customer = self.partner_id
        lines = [customer.name]
        if contact.name and contact.name != customer.name:
            lines.append(contact.name)
        address = contact._display_address(without_company=True).splitlines()
        country = contact.country_id
        if country == self.company_id.sudo().country_id:
            address = [line for line in address if line != country.name]
        return lines + [line for line in address if line.strip()]

    def _letter_text(self, contact, values=None):
        """The text of the message, as a letter can bear it.

        Headings that a user wrote would mislead the PDF engine, which cuts a batch
        by its headings; classes would mislead Odoo, which takes the heads and feet
        of pages apart by them.
        """
        text = str(self._text_html(contact, values))
        text = re.sub(r"(</?)h[1-6]\b", r"\1p", text)
        return Markup(re.sub(r"(<[^<>]*?)\sclass=\"[^\"]*\"", r"\1", text))

    def _logo_uri(self):
        """The logo within the page: the PDF engine fetches nothing."""
        self.ensure_one()
        company = self.company_id.sudo()
        if company.uses_default_logo:
            return ""
        return image_data_uri(company.partner_id.image_512)

    def _transfer_code(self, values):
        """Matrix code of the credit transfer, as an SVG path; empty if it cannot be.

        The standard of the European Payments Council (EPC069-12): a banking
        application reads the payee, the account, the amount and the reference.

        :param dict values: words of the message, see ``_values``
        :return: ``(path, number of modules)``
        """
        self.ensure_one()
        totals = self._currency_totals()
        iban = values["iban"].replace(" ", "")
        if len(totals) != 1 or not IBAN.fullmatch(iban):
            return ""
        [(currency, _late, _credit, due)] = totals
        due += sum(self._claim_totals().get(currency, ()))
        if currency.name != "EUR" or not 0.01 <= due <= CODE_LIMIT:
            return ""
        return _matrix_path(
            transfer_text(
                values["payee"], iban, values["bic"], due, values["payment_reference"]
            )
        )

    def _link_matrix(self, link):
        """Matrix code of an address: ``(path, number of modules)``."""
        return _matrix_path(link)

    @staticmethod
    def _readable_link(link):
        """An address as people type it.

        The scheme goes without saying, unless it is not the usual one.
        """
        return link.removeprefix("https://")


def transfer_text(payee, iban, bic, amount, reference):
    """Content of the matrix code of a SEPA credit transfer.

    >>> transfer_text("Exemple", "FR76", "AGRIFRPP", 12.5, "R1").split("\\n")
    ['BCD', '002', '1', 'SCT', 'AGRIFRPP', 'Exemple', 'FR76', 'EUR12.50', '', '', 'R1']
    """
    lines = ("BCD", "002", "1", "SCT", bic, payee[:70], iban, f"EUR{amount:.2f}")
    return "\n".join((*lines, "", "", reference[:140]))


def _matrix_path(text):
    """SVG path of a matrix code in a square of its own number of modules.

    :return: ``(path, number of modules)``
    """
    # Any mask can be read; trying all eight would take five times as long.
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, mask_pattern=3, border=0
    )
    code.add_data(text)
    code.make()
    runs = []
    for top, row in enumerate(code.modules):
        left = 0
        while left < len(row):
            width = 0
            while left + width < len(row) and row[left + width]:
                width += 1
            if width:
                runs.append(f"M{left} {top}h{width}v1h-{width}z")
            left += width or 1
    return "".join(runs), len(code.modules)
