# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stops at the confirmation of orders, and orders in the exposure."""

from odoo.exceptions import RedirectWarning
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.recouvrement_amiable.tests.common import TODAY
from odoo.addons.recouvrement_amiable.tests.test_stop import StopCommon


class OrderStopCommon(StopCommon):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "sales_team.group_sale_manager"
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.env["product.product"].create(
            {
                "name": "Work",
                "type": "service",
                "invoice_policy": "delivery",
                "taxes_id": [],
                "list_price": 100,
            }
        )

    def order(self, amount, partner=None, **values):
        return self.env["sale.order"].create(
            dict(
                {
                    "partner_id": (partner or self.customer).id,
                    "company_id": self.company.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.service.id,
                                "product_uom_qty": 10,
                                "price_unit": amount / 10,
                                "tax_ids": [],
                            }
                        )
                    ],
                },
                **values,
            )
        )

    def confirm(self, record):
        record.action_confirm()

    def row(self):
        self.env.flush_all()
        dossier = self._dossier()
        return self.env["recouvrement.exposure"]._of(dossier)[dossier.id]


@tagged("post_install", "-at_install")
class TestOrderStop(OrderStopCommon):
    def test_orders_are_in_the_exposure_once(self):
        """Ordered, then delivered, then invoiced: the same money moves along."""
        self._invoice(5, 100)
        order = self.order(1000)
        self.assertEqual(self.row()["exposure"], 100, "a quotation is no exposure")
        order.action_confirm()
        row = self.row()
        self.assertEqual((row["amount_ordered"], row["amount_delivered"]), (1000, 0))
        order.order_line.qty_delivered = 4
        row = self.row()
        self.assertEqual((row["amount_ordered"], row["amount_delivered"]), (600, 400))
        invoice = order._create_invoices()
        row = self.row()
        self.assertEqual((row["amount_delivered"], row["amount_draft"]), (0, 400))
        invoice.action_post()
        row = self.row()
        self.assertEqual((row["amount_open"], row["exposure"]), (500, 1100))

    def test_confirmation_is_stopped_and_released(self):
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        order = self.order(300)
        self.assertTrue(order.recouvrement_is_blocked)
        with self.assertRaisesRegex(RedirectWarning, "200"):
            order.action_confirm()
        self.assertEqual(order.state, "draft")
        release = self.ask(order, self.env.user)
        self.grant(release)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_release_up_to_an_amount(self):
        self._invoice(5, 1000)
        self.limit(1000)
        self.rule("over_limit")
        first, second, third = (self.order(100) for _number in range(3))
        release = self.ask(first, self.env.user)
        self.grant(release, kind="amount", amount=200)
        first.action_confirm()
        second.action_confirm()
        with self.assertRaises(RedirectWarning):
            third.action_confirm()

    def test_a_batch_and_an_import(self):
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        with self.assertRaises(RedirectWarning):
            (self.order(60) + self.order(60)).action_confirm()
        with self.assertRaises(RedirectWarning), self.cr.savepoint():
            self.order(500, state="sale")

    def test_a_signature_on_the_portal(self):
        """The customer sees nothing of it; the people who must know are told."""
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        order = self.order(500)
        order.sudo().with_user(
            self.env.ref("base.public_user")
        ).sudo()._validate_order()
        self.assertEqual(order.state, "draft")
        release = self.env["recouvrement.release"].search([], limit=1)
        self.assertEqual((release.res_id, release.state), (order.id, "asked"))
        dossier = self._dossier().sudo()
        self.assertIn(self.manager, dossier.activity_ids.user_id)
        self.grant(release)
        order.sudo()._validate_order()
        self.assertEqual((order.state, release.state), ("sale", "used"))
        self._dossier().sudo().partner_id.with_company(self.company).credit_limit = 9000
        small = self.order(50)
        small.sudo()._validate_order()
        self.assertEqual(small.state, "sale")

    def test_terms_by_class(self):
        term = self.env.ref("account.account_payment_term_immediate")
        self.company.sudo().write(
            {"recouvrement_risk_term_id": term.id, "recouvrement_deposit_percent": 0.3}
        )
        self._invoice(5, 10)
        self.assertNotEqual(self.order(10).payment_term_id, term)
        self._dossier().sudo().write(
            {"insolvency": "safeguard", "insolvency_date": TODAY}
        )
        order = self.order(10)
        self.assertEqual(order.payment_term_id, term)
        self.assertTrue(order.require_payment)
        self.assertEqual(order.prepayment_percent, 0.3)
