# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stops at the validation of deliveries."""

from odoo.exceptions import RedirectWarning
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.recouvrement_amiable.tests.test_stop import StopCommon


@tagged("post_install", "-at_install")
class TestDeliveryStop(StopCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("stock.group_stock_manager")

    def picking(self, code="outgoing"):
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
                            "product_uom_qty": 1,
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
