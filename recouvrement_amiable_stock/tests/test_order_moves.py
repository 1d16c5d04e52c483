# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rest to deliver of an order: what its open moves hold."""

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.recouvrement_amiable.tests.common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestOrderMoves(RecouvrementCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("stock.group_stock_manager")

    def setUp(self):
        super().setUp()
        if "sale_line_id" not in self.env["stock.move"]._fields:
            self.skipTest("nothing links deliveries to orders here")
        self._invoice(5, 100)

    def order(self, policy="order", quantity=10, **values):
        """10 doors at 1,200."""
        door = self.env["product.product"].create(
            {
                "name": "Door",
                "type": "consu",
                "invoice_policy": policy,
                "taxes_id": [],
                "uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        line = {
            "product_id": door.id,
            "product_uom_qty": quantity,
            "price_unit": 1200,
            "tax_ids": [],
            **values,
        }
        order = (
            self.env["sale.order"]
            .sudo()
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "order_line": [Command.create(line)],
                }
            )
        )
        order.action_confirm()
        return order

    def validate(self, picking, quantity, backorder=False):
        picking.move_ids.write({"quantity": quantity, "picked": True})
        rest = {} if backorder else {"picking_ids_not_to_backorder": picking.ids}
        picking.with_context(skip_backorder=True, **rest).button_validate()
        self.assertEqual(picking.state, "done")

    def invoice(self, order, quantity):
        invoice = order._create_invoices()
        invoice.invoice_date = TODAY
        invoice.invoice_line_ids.quantity = quantity
        invoice.action_post()
        return invoice

    def give_back(self, picking, quantity):
        wizard = (
            self.env["stock.return.picking"]
            .sudo()
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.quantity = quantity
        action = wizard.action_create_returns()
        self.validate(picking.browse(action["res_id"]), quantity)

    def figures(self):
        self.env.flush_all()
        dossier = self._dossier()
        row = self.env["recouvrement.exposure"]._of(dossier)[dossier.id]
        self.assertEqual(row["amount_open"] - row["amount_credit"], 100 + self.owed)
        return row["amount_ordered"], row["amount_delivered"]

    owed = 0

    def test_delivered_in_part_without_backorder(self):
        """6 of 10 came, were invoiced and paid; nobody delivers 4,800 any more."""
        for policy in ("order", "delivery"):
            with self.subTest(policy):
                order = self.order(policy)
                self.assertEqual(self.figures(), (12000, 0))
                self.validate(order.picking_ids, 6)
                self.assertEqual(self.figures(), (0, 7200))
                self._pay(self.invoice(order, 6))
                self.assertEqual(self.figures(), (0, 0))

    def test_delivered_in_part_with_a_backorder(self):
        order = self.order()
        self.validate(order.picking_ids, 6, backorder=True)
        self.assertEqual(self.figures(), (4800, 7200))
        self._pay(self.invoice(order, 6))
        self.assertEqual(self.figures(), (4800, 0))
        order.recouvrement_finished = True
        self.assertEqual(self.figures(), (4800, 0), "a delivery order holds them")
        order.picking_ids.filtered(lambda p: p.state != "done").action_cancel()
        self.assertEqual(self.figures(), (0, 0))

    def test_invoiced_ahead(self):
        """10 invoiced and none delivered: owed as an invoice only."""
        order = self.order()
        self.owed = 12000
        self.invoice(order, 10)
        self.assertEqual(self.figures(), (0, 0))
        self.validate(order.picking_ids, 10)
        self.assertEqual(self.figures(), (0, 0))

    def test_all_given_back_and_credited(self):
        for policy in ("order", "delivery"):
            with self.subTest(policy):
                order = self.order(policy)
                delivery = order.picking_ids
                self.validate(delivery, 10)
                invoice = self.invoice(order, 10)
                self.give_back(delivery, 10)
                self.assertEqual(order.order_line.qty_delivered, 0)
                invoice._reverse_moves(
                    [{"date": TODAY, "invoice_date": TODAY}], cancel=True
                )
                self.assertEqual(self.figures(), (0, 0))

    def test_units_of_the_order_and_of_the_delivery(self):
        """2 dozens at 1,200, one of them delivered."""
        order = self.order(
            quantity=2, product_uom_id=self.env.ref("uom.product_uom_dozen").id
        )
        delivery = order.picking_ids
        self.assertEqual(self.figures(), (2400, 0))
        self.validate(delivery, delivery.move_ids.product_uom_qty / 2, backorder=True)
        self.assertEqual(self.figures(), (1200, 1200))

    def test_each_step_of_a_delivery_holds_the_same_goods(self):
        """Picked, then shipped: 10 doors at any time, never 20."""
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        warehouse.sudo().delivery_steps = "pick_ship"
        order = self.order()
        pick = order.picking_ids.filtered(
            lambda p: p.picking_type_id == warehouse.pick_type_id
        )
        self.assertEqual(self.figures(), (12000, 0))
        self.validate(pick, 6, backorder=True)
        self.assertEqual(self.figures(), (12000, 0))
        ship = order.picking_ids.filtered(
            lambda p: p.picking_type_id == warehouse.out_type_id
        )
        self.validate(ship, 6)
        self.assertEqual(self.figures(), (4800, 7200))
