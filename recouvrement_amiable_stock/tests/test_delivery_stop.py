# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stops at the validation of deliveries."""

from odoo.exceptions import RedirectWarning
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.recouvrement_amiable.tests.common import TODAY
from odoo.addons.recouvrement_amiable.tests.test_stop import StopCommon


@tagged("post_install", "-at_install")
class TestDeliveryStop(StopCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("stock.group_stock_manager")

    def picking(self, code="outgoing", asked=1, price=1, partner=None, company=None):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", (company or self.company).id)], limit=1
        )
        kind = warehouse.out_type_id if code == "outgoing" else warehouse.in_type_id
        customers = self.env.ref("stock.stock_location_customers")
        source, target = warehouse.lot_stock_id, customers
        if code != "outgoing":
            source, target = target, source
        product = self.env["product.product"].create(
            {"name": "Door", "type": "consu", "list_price": price}
        )
        pickings = self.env["stock.picking"].with_company(company or self.company)
        picking = pickings.create(
            {
                "picking_type_id": kind.id,
                "partner_id": (partner or self.customer).id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": asked,
                            "quantity": 1,
                            "location_id": source.id,
                            "location_dest_id": target.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.picked = True
        return picking

    def confirm(self, record):
        record.button_validate()

    def test_stopped_and_released(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        picking = self.picking()
        release = self.ask(picking, self.env.user)
        self.assertNotEqual(picking.state, "done")
        self.grant(release)
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        with self.assertRaises(RedirectWarning):
            self.picking().button_validate()

    def test_receipts_are_never_stopped(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        picking = self.picking("incoming")
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def backorder(self, action):
        """Answer the question about what is left with a backorder."""
        wizard = Form.from_action(self.env, action).save()
        return wizard.with_context(**action["context"]).process()

    def test_a_partial_delivery_and_its_backorder(self):
        """Stopped once each, and never by the question in between."""
        self._invoice(31, 10)
        picking = self.picking(asked=5)
        picking.move_ids.write({"quantity": 1, "picked": True})
        action = picking.button_validate()
        self.rule("overdue", days=30)
        with self.assertRaises(RedirectWarning), self.cr.savepoint():
            self.backorder(action)
        self.assertFalse(picking.backorder_ids)
        self.confirm = lambda record: self.backorder(record.button_validate())
        self.grant(self.ask(picking, self.env.user))
        self.backorder(picking.button_validate())
        self.assertEqual(picking.state, "done")
        left = picking.backorder_ids
        self.assertEqual(left.move_ids.product_uom_qty, 4)
        left.move_ids.write({"quantity": 4, "picked": True})
        with self.assertRaises(RedirectWarning):
            left.button_validate()

    def test_a_release_up_to_an_amount_is_spent(self):
        """Each delivery has its value; nothing rides on what is spent."""
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        release = self.ask(self.picking(price=60), self.env.user)
        self.assertEqual(release.amount, 60)
        self.grant(release, kind="amount", amount=100)
        self.picking(price=60).button_validate()
        self.assertEqual((release.amount_used, release.state), (60, "granted"))
        with self.assertRaises(RedirectWarning), self.cr.savepoint():
            self.picking(price=60).button_validate()
        self.picking(price=40).button_validate()
        self.assertEqual((release.amount_used, release.state), (100, "used"))
        with self.assertRaises(RedirectWarning), self.cr.savepoint():
            self.picking(price=0).button_validate()

    def test_a_child_contact_is_stopped_with_its_customer(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        child = self.env["res.partner"].create(
            {"name": "Site", "parent_id": self.customer.id, "type": "delivery"}
        )
        with self.assertRaises(RedirectWarning):
            self.picking(partner=child).button_validate()

    def test_each_company_stops_its_deliveries(self):
        other = self.setup_other_company()["company"]
        self._invoice(40, 10, company=other)
        self.rule("overdue", company=other, days=30)
        self.picking().button_validate()
        with self.assertRaises(RedirectWarning):
            self.picking(company=other).button_validate()

    def ordered(self, **values):
        """The delivery of an order of 10 doors at 50, its order before it."""
        if "sale_id" not in self.env["stock.picking"]._fields:
            self.skipTest("without orders")
        self.env.user.sudo().group_ids += self.env.ref("sales_team.group_sale_manager")
        product = self.env["product.product"].create(
            {"name": "Door", "type": "consu", "list_price": 999, "taxes_id": []}
        )
        line = {"product_id": product.id, "product_uom_qty": 10, "price_unit": 50}
        order = self.env["sale.order"].create(
            dict(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "order_line": [Command.create({**line, "tax_ids": []})],
                },
                **values,
            )
        )
        order.action_confirm()
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 10, "picked": True})
        return order, picking

    def test_an_ordered_delivery_has_the_value_of_the_order(self):
        foreign = self.setup_other_currency("GBP", rates=[("2016-01-01", 2.0)])
        prices = self.env["product.pricelist"].create(
            {"name": "GBP", "currency_id": foreign.id}
        )
        order, picking = self.ordered(pricelist_id=prices.id)
        document = picking._recouvrement_document()
        self.assertEqual(document.total, 250)
        self.assertEqual(document.origins(), {f"sale.order,{order.id}": 250})

    def test_an_order_and_its_delivery_use_a_release_once(self):
        order, picking = self.ordered()
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        release = self.ask(picking, self.env.user)
        self.grant(release, kind="amount", amount=500)
        picking.button_validate()
        self.assertEqual((release.amount_used, release.state), (500, "used"))
        invoice = order._create_invoices()
        invoice.invoice_date = TODAY
        invoice.action_post()
        self.assertEqual((invoice.state, release.amount_used), ("posted", 500))
