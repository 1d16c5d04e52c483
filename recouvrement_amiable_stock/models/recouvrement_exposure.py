# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


class RecouvrementExposure(models.Model):
    """The rest to deliver of an order is what its open moves hold."""

    _inherit = "recouvrement.exposure"

    @api.model
    def _prepare_read(self):
        for name in ("stock.move", "stock.location", "uom.uom"):
            self.env[name].flush_model()
        return super()._prepare_read()

    @api.model
    def _order_stock_sql(self):
        """Delivered, plus what open moves bring to the customer; never over the order.

        Of chained moves the last one counts. Components of a kit tell no quantity of
        it: as long as one is open, all of it is to deliver. A line without any move,
        of what a supplier is still to be asked for, is not known here.
        """
        if "sale_line_id" not in self.env["stock.move"]._fields:
            return super()._order_stock_sql()
        return SQL(
            """
            CASE WHEN l.qty_delivered_method = 'stock_move' THEN (
                SELECT LEAST(
                    l.product_uom_qty,
                    CASE WHEN bool_or(x.is_open AND m.product_id <> l.product_id)
                         THEN l.product_uom_qty
                         ELSE COALESCE(l.qty_delivered, 0) + COALESCE(
                             sum(m.product_uom_qty * mu.factor / lu.factor)
                             FILTER (WHERE x.is_open), 0) END)
                  FROM stock_move m
                  JOIN uom_uom mu ON mu.id = m.product_uom
                  JOIN uom_uom lu ON lu.id = l.product_uom_id
                  JOIN stock_location s
                    ON s.id = COALESCE(m.location_final_id, m.location_dest_id)
                 CROSS JOIN LATERAL (
                    SELECT m.state NOT IN ('done', 'cancel')
                       AND (s.usage = 'customer'
                            OR s.usage = 'transit' AND s.company_id IS NULL)
                       AND NOT EXISTS (
                           SELECT 1 FROM stock_move_move_rel r
                             JOIN stock_move n ON n.id = r.move_dest_id
                            WHERE r.move_orig_id = m.id AND n.state <> 'cancel'
                              AND n.sale_line_id = m.sale_line_id) AS is_open) x
                 WHERE m.sale_line_id = l.id
                HAVING count(*) > 0) END
            """
        )
