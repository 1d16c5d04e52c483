# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


class RecouvrementExposure(models.Model):
    """Confirmed orders: delivered but not invoiced, and the rest to deliver."""

    _inherit = "recouvrement.exposure"

    @api.model
    def _prepare_read(self):
        for name in ("sale.order", "sale.order.line", "account.tax"):
            self.env[name].flush_model()
        return super()._prepare_read()

    @api.model
    def _sources(self, companies, partners=None):
        scope = (
            SQL("q.commercial_partner_id IN %s", tuple(partners.ids) or (0,))
            if partners is not None
            else SQL("TRUE")
        )
        ids = tuple(companies.ids) or (0,)
        orders = SQL(
            """
            SELECT o.company_id, q.commercial_partner_id, n.nature,
                   n.quantity * %(price)s / COALESCE(NULLIF(o.currency_rate, 0), 1),
                   NULL::int
              FROM sale_order o
              JOIN sale_order_line l ON l.order_id = o.id
              JOIN res_partner q ON q.id = o.partner_invoice_id
             CROSS JOIN LATERAL (
                SELECT GREATEST(COALESCE(l.qty_delivered, 0)
                                - COALESCE(l.qty_invoiced, 0), 0) AS delivered,
                       %(expected)s AS expected) d
             CROSS JOIN LATERAL (VALUES
                ('delivered', d.delivered),
                ('ordered', GREATEST(d.expected - COALESCE(l.qty_invoiced, 0)
                                     - d.delivered, 0))) n (nature, quantity)
             WHERE o.state = 'sale' AND o.company_id IN %(companies)s
               AND l.display_type IS NULL AND NOT COALESCE(l.is_downpayment, false)
               AND l.product_uom_qty >= 0 AND l.invoice_status <> 'invoiced'
               AND n.quantity > 0 AND %(scope)s
            """,
            price=self._order_price_sql(),
            expected=self._order_expected_sql(),
            companies=ids,
            scope=scope,
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
            ids,
            scope,
        )
        return [*super()._sources(companies, partners), orders, deposits]

    def _order_expected_sql(self):
        """Quantity of line ``l`` that is delivered, or will be.

        Where stock manages the line its moves say it; else what is ordered, unless
        somebody said that no more will come. A locked order says nothing: many
        companies lock each order that they confirm.
        """
        return SQL(
            """
            COALESCE(%s, CASE WHEN o.recouvrement_finished THEN 0
                              ELSE l.product_uom_qty END)
            """,
            self._order_stock_sql(),
        )

    def _order_price_sql(self):
        """Price of one unit of line ``l``, with taxes, in the order's currency.

        Without an ordered quantity (added at the delivery, or sold by what is
        delivered) core computes no total: the price, and its taxes in percent.
        """
        taxes = self.env["sale.order.line"]._fields["tax_ids"]
        return SQL(
            """
            CASE WHEN l.product_uom_qty > 0 THEN l.price_total / l.product_uom_qty
                 ELSE l.price_unit * (1 - COALESCE(l.discount, 0) / 100)
                    * (1 + COALESCE((
                    SELECT sum(t.amount) / 100
                      FROM %(relation)s r
                      JOIN account_tax a ON a.id = r.%(tax)s
                 LEFT JOIN account_tax_filiation_rel f
                        ON f.parent_tax = a.id AND a.amount_type = 'group'
                      JOIN account_tax t ON t.id = COALESCE(f.child_tax, a.id)
                      JOIN res_company c ON c.id = t.company_id
                     WHERE r.%(line)s = l.id AND t.amount_type = 'percent'
                       AND COALESCE(t.price_include_override, c.account_price_include)
                           IS DISTINCT FROM 'tax_included'), 0)) END
            """,
            relation=SQL.identifier(taxes.relation),
            tax=SQL.identifier(taxes.column2),
            line=SQL.identifier(taxes.column1),
        )
