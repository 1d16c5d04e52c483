# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stops at the validation of deliveries."""

from odoo.exceptions import RedirectWarning
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.recouvrement_amiable.tests.test_stop import StopCommon


@tagged("post_install", "-at_install")
class TestDeliveryStop(StopCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("stock.group_stock_manager")

    def picking(self, code="outgoing", asked=1):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        kind = warehouse.out_type_id if code == "outgoing" else warehouse.in_type_id
        customers = self.env.ref("stock.stock_location_customers")
        source, target = warehouse.lot_stock_id, customers
        if code != "outgoing":
            source, target = target, source
        product = self.env["product.product"].create({"name": "Door", "type": "consu"})
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "partner_id": self.customer.id,
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
