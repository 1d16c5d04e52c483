# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.http import Controller, request, route


class RelanceLink(Controller):
    """The signed addresses that messages and letters bear."""

    @route(
        ["/relance/<string:code>", "/relance/<string:code>/<int:invoice_id>"],
        type="http",
        auth="public",
        methods=["GET"],
    )
    def open_invoice(self, code, invoice_id=None, **_params):
        """From the code of a relance to the page of one of its invoices.

        Without an account. Only the invoices that the relance speaks of can be
        reached; whatever else is asked for does not exist.
        """
        # The signature is the right to look: a debtor has no other.
        relance = request.env["recouvrement.relance"].sudo()._from_link_code(code)
        invoice = relance and relance._linked_invoice(invoice_id)
        if not invoice:
            raise request.not_found()
        response = request.redirect(invoice.get_portal_url())
        response.headers["Cache-Control"] = "no-store"
        return response
