# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


class RecouvrementExposure(models.Model):
    """Confirmed orders: delivered but not invoiced, and the rest to deliver."""

    _inherit = "recouvrement.exposure"

    @api.model
    def _prepare_read(self):
        for name in ("sale.order", "sale.order.line"):
            self.env[name].flush_model()
        return super()._prepare_read()

    @api.model
    def _sources(self, companies, partners=None):
        orders = SQL(
            """
            SELECT o.company_id, q.commercial_partner_id, n.nature,
                   n.quantity * l.price_total / l.product_uom_qty
                       / COALESCE(NULLIF(o.currency_rate, 0), 1), NULL::int
              FROM sale_order o
              JOIN sale_order_line l ON l.order_id = o.id
              JOIN res_partner q ON q.id = o.partner_invoice_id
             CROSS JOIN LATERAL (
                SELECT GREATEST(COALESCE(l.qty_delivered, 0)
                                - COALESCE(l.qty_invoiced, 0), 0) AS delivered) d
             CROSS JOIN LATERAL (VALUES
                ('delivered', d.delivered),
                ('ordered', GREATEST(l.product_uom_qty - COALESCE(l.qty_invoiced, 0)
                                     - d.delivered, 0))) n (nature, quantity)
             WHERE o.state = 'sale' AND o.company_id IN %s
               AND l.display_type IS NULL AND NOT COALESCE(l.is_downpayment, false)
               AND l.product_uom_qty > 0 AND l.invoice_status <> 'invoiced'
               AND n.quantity > 0 AND %s
            """,
            tuple(companies.ids) or (0,),
            SQL("q.commercial_partner_id IN %s", tuple(partners.ids) or (0,))
            if partners is not None
            else SQL("TRUE"),
        )
        # A deposit that is invoiced is owed as an invoice, no longer as an order; the
        # final invoice takes it back.
        deposits = SQL(
            """
            SELECT o.company_id, q.commercial_partner_id, 'ordered',
                   -l.qty_invoiced * l.price_unit * o.amount_total
                       / NULLIF(o.amount_untaxed, 0)
                       / COALESCE(NULLIF(o.currency_rate, 0), 1), NULL::int
              FROM sale_order o
              JOIN sale_order_line l ON l.order_id = o.id
              JOIN res_partner q ON q.id = o.partner_invoice_id
             WHERE o.state = 'sale' AND o.company_id IN %s AND l.is_downpayment
               AND l.display_type IS NULL AND COALESCE(l.qty_invoiced, 0) <> 0 AND %s
            """,
            tuple(companies.ids) or (0,),
            SQL("q.commercial_partner_id IN %s", tuple(partners.ids) or (0,))
            if partners is not None
            else SQL("TRUE"),
        )
        return [*super()._sources(companies, partners), orders, deposits]
