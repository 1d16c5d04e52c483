# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What orders and their payments count for in the exposure, to the cent."""

from odoo.exceptions import RedirectWarning
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .test_order_stop import OrderStopCommon


class PaidCommon(OrderStopCommon):
    def transaction(self, order, amount):
        """Paid by card on the portal."""
        method = self.env["payment.method"].with_context(active_test=False)
        provider = self.env["payment.provider"].create(
            {"name": "Card", "code": "none", "company_id": self.company.id}
        )
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.search([], limit=1).id,
                "reference": order.name,
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        transaction._set_done()
        return transaction


@tagged("post_install", "-at_install")
class TestOrderExposure(PaidCommon):
    def figures(self):
        row = self.row()
        return row["amount_ordered"], row["amount_delivered"]

    # -- what never comes ----------------------------------------------------------
    def test_an_order_without_rest(self):
        """1,000 of work, 600 done and invoiced, the rest given up."""
        self._invoice(5, 100)
        order = self.order(1000)
        order.action_confirm()
        order.order_line.qty_delivered = 6
        order._create_invoices().action_post()
        order.action_lock()
        self.assertEqual(self.figures(), (400, 0), "locked orders may be delivered")
        order.recouvrement_finished = True
        self.assertEqual(self.figures(), (0, 0))
        self.assertEqual(self.row()["exposure"], 700)
        order.order_line.qty_delivered = 7
        self.assertEqual(self.figures(), (0, 100), "what came counts all the same")

    def test_who_says_that_nothing_more_comes(self):
        seller = new_test_user(
            self.env, "seller", groups="sales_team.group_sale_salesman"
        )
        order = self.order(1000, user_id=seller.id)
        order.action_confirm()
        self.assertNotIn("recouvrement_finished", order.with_user(seller).fields_get())
        order.recouvrement_finished = True
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertFalse(order.recouvrement_finished, "all of it is to come again")

    # -- no ordered quantity -------------------------------------------------------
    def test_delivered_without_an_ordered_quantity(self):
        """20 h at 100; less 10 %; plus 20 % of tax; with the tax in the price."""
        self._invoice(5, 100)
        tax, inside = self.env["account.tax"].create(
            [
                {
                    "name": name,
                    "amount": 20,
                    "type_tax_use": "sale",
                    "company_id": self.company.id,
                    "price_include_override": override,
                }
                for name, override in (
                    ("Outside", "tax_excluded"),
                    ("Inside", "tax_included"),
                )
            ]
        )
        order = self.order(1000)
        line = order.order_line
        line.write({"product_uom_qty": 0, "price_unit": 100})
        order.action_confirm()
        self.assertEqual(self.figures(), (0, 0))
        line.qty_delivered = 20
        self.assertEqual(self.figures(), (0, 2000))
        line.discount = 10
        self.assertEqual(self.figures(), (0, 1800))
        line.tax_ids = inside
        self.assertEqual(self.figures(), (0, 1800))
        line.tax_ids = tax
        self.assertEqual(self.figures(), (0, 2160))
        invoice = order._create_invoices()
        self.assertEqual(invoice.amount_total, 2160)
        row = self.row()
        self.assertEqual((row["amount_delivered"], row["amount_draft"]), (0, 2160))

    # -- paid ahead ----------------------------------------------------------------
    def test_a_posted_payment_is_subtracted_once(self):
        """Open 900, ordered 1,000, 300 paid ahead: 1,600 in any case."""
        self._invoice(5, 900)
        order = self.order(1000).sudo()
        transaction = self.transaction(order, 300)

        def total():
            adds = order._recouvrement_document().amount
            return float(self.row()["exposure"]) + adds

        self.assertEqual(total(), 900 + 700)
        transaction.payment_id = self._unallocated(300)
        self.assertEqual(self.row()["exposure"], 600)
        self.assertEqual(total(), 600 + 1000)
        self.limit(1599)
        self.rule("over_limit")
        with self.assertRaisesRegex(RedirectWarning, "1,600.00"):
            order.with_user(self.env.user).action_confirm()
        self.customer.with_company(self.company).credit_limit = 1600
        order.with_user(self.env.user).action_confirm()
        self.assertEqual(order.state, "sale")


@tagged("post_install", "-at_install")
class TestPortal(PaidCommon, HttpCase):
    def test_who_paid_a_stopped_order_reads_what_comes(self):
        """And never why; who has not paid reads nothing of it."""
        self._invoice(31, 900)
        self.rule("overdue", days=30)
        order = self.order(500, require_payment=True, require_signature=False).sudo()
        words = "We check your order and confirm it to you shortly."
        self.assertNotIn(words, self.url_open(order.get_portal_url()).text)
        self.transaction(order, 500)._check_amount_and_confirm_order()
        self.assertEqual(order.state, "draft")
        page = self.url_open(order.get_portal_url()).text
        self.assertIn(words, page)
        self.assertNotIn("overdue", page)
