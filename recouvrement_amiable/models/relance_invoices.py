# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo import models
from odoo.tools.pdf import merge_pdf

_logger = logging.getLogger(__name__)

# Invoices above which one file holds them all.
MANY_INVOICES = 8


class RecouvrementRelance(models.Model):
    """The invoices that a message brings with it."""

    _inherit = "recouvrement.relance"

    def _invoice_documents(self):
        """``{relance_id: [(name, pdf bytes)]}`` of the late invoices.

        The PDF that was sent with the invoice when there is one; the others are
        rendered together, and not stored on the invoices.
        """
        moves = self.line_ids.filtered(
            lambda line: (
                line.kind == "a_late" and not line.cancelled and not line.struck
            )
        ).move_line_id.move_id.filtered(lambda move: move.is_sale_document())
        stored = {
            move.id: move.sudo().invoice_pdf_report_id.raw
            for move in moves
            if move.sudo().invoice_pdf_report_id
        }
        stored.update(
            self._render_invoices(moves.filtered(lambda move: move.id not in stored))
        )
        return {relance.id: relance._named_documents(stored) for relance in self}

    def _named_documents(self, stored):
        """One file per invoice; a single one when they are many.

        :param dict stored: ``{move_id: pdf bytes}``
        """
        self.ensure_one()
        moves = self._lines_of("a_late").move_line_id.move_id
        documents = [
            (f"{move.name.replace('/', '_')}.pdf", stored[move.id])
            for move in moves
            if move.id in stored
        ]
        if len(documents) <= MANY_INVOICES:
            return documents
        try:
            merged = merge_pdf([data for _name, data in documents])
        except Exception:  # a document that cannot be read is joined as it is
            _logger.info("The invoices of %s cannot be merged", self.name)
            return documents
        words = self._localized(self._email_contact()).env
        return [(words._("Invoices %s.pdf", self.name), merged)]

    def _email_contact(self):
        """To whom the e-mail goes, with whom the names of its files are read."""
        emails = self.delivery_ids.filtered(
            lambda delivery: delivery.channel == "email"
        )
        return emails.filtered(lambda d: d.state != "cancelled").partner_id[:1]

    def _render_invoices(self, moves, size=25):
        """``{move_id: pdf bytes}``, a few invoices per call of the PDF engine."""
        Report = (
            self.env["ir.actions.report"]
            .sudo()
            .with_context(force_report_rendering=True)
        )
        documents = {}
        for start in range(0, len(moves), size):
            ids = moves.ids[start : start + size]
            content, kind = Report._pre_render_qweb_pdf(
                "account.account_invoices", res_ids=ids
            )
            if kind == "pdf":
                documents.update(
                    {
                        res_id: stream["stream"].getvalue()
                        for res_id, stream in content.items()
                    }
                )
        return documents
