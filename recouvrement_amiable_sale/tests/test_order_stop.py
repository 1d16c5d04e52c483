# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stops at the confirmation of orders, and orders in the exposure."""

from datetime import timedelta

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

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

    def test_an_order_and_its_invoice_use_a_release_once(self):
        """The same 500 is let go as an order, then as invoices; not one euro more."""
        self._invoice(40, 1000)
        self.rule("overdue", days=30)
        order, other = self.order(500), self.order(10)
        release = self.ask(order, self.env.user)
        self.grant(release, kind="amount", amount=500)
        order.action_confirm()
        self.assertEqual((release.amount_used, release.state), (500, "used"))
        for delivered in (4, 10):
            order.order_line.qty_delivered = delivered
            invoice = order._create_invoices()
            invoice.invoice_date = TODAY
            invoice.action_post()
            self.assertEqual(invoice.state, "posted")
        self.assertEqual(release.amount_used, 500)
        with self.assertRaises(RedirectWarning):
            other.action_confirm()
        with self.assertRaises(RedirectWarning):
            self.draft(5).action_post()

    # -- changed once confirmed ---------------------------------------------------
    def confirmed(self):
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        order = self.order(10)
        order.action_confirm()
        return order

    def test_nobody_confirms_by_writing(self):
        self.confirmed()
        order = self.order(500)
        with self.assertRaises(RedirectWarning), self.cr.savepoint():
            order.write({"state": "sale"})
        small = self.order(10)
        line = Command.update(small.order_line.id, {"price_unit": 1000})
        with self.assertRaises(UserError), self.cr.savepoint():
            small.write({"state": "sale", "order_line": [line]})

    def test_a_confirmed_order_does_not_grow_past_the_rules(self):
        order = self.confirmed()
        line = order.order_line
        for grow in (
            lambda: line.write({"price_unit": 10000}),
            lambda: line.write({"product_uom_qty": 1000}),
            lambda: order.write(
                {"order_line": [Command.update(line.id, {"price_unit": 10000})]}
            ),
            lambda: line.with_context(recouvrement_watched=True).write(
                {"price_unit": 10000}
            ),
            lambda: self.env["sale.order.line"].create(
                {
                    "order_id": order.id,
                    "product_id": self.service.id,
                    "price_unit": 10000,
                }
            ),
        ):
            with self.assertRaisesRegex(UserError, "new quotation"):
                with self.cr.savepoint():
                    grow()
            self.env.invalidate_all()
        line.price_unit = 5  # 50 in all: within the limit
        line.price_unit = 1
        self.assertEqual(order.amount_total, 10)

    def test_a_confirmed_order_is_not_charged_to_somebody_else(self):
        self.confirmed()
        order = self.order(5000, self._create_customer("Scierie Neuve"))
        order.action_confirm()
        with self.assertRaises(UserError), self.cr.savepoint():
            order.partner_invoice_id = self.customer

    def test_what_odoo_writes_by_itself_is_not_looked_at(self):
        """Deliveries and deposits on the order of who owes too much by now."""
        order = self.confirmed()
        self._invoice(40, 5000, post=False)
        self.rule("overdue", days=1)
        order.order_line.qty_delivered = 10
        self.env["sale.advance.payment.inv"].create(
            {
                "advance_payment_method": "percentage",
                "amount": 30,
                "sale_order_ids": [Command.set(order.ids)],
            }
        ).create_invoices()
        self.assertTrue(order.invoice_ids)

    def test_growing_costs_the_same_whatever_the_lines(self):
        self.confirmed()
        counts = []
        for size in (1, 2, 12):
            order = self.order(1)
            for _number in range(size - 1):
                order.order_line[:1].copy({"order_id": order.id})
            order.order_line.price_unit = 0.01
            order.action_confirm()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            order.order_line.write({"price_unit": 0.02})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2] - counts[1], 2, "the writes are in batches")

    # -- companies, currencies, contacts ------------------------------------------
    def test_each_company_stops_its_orders(self):
        other = self.setup_other_company()["company"]
        self._invoice(40, 10, company=other)
        self.rule("overdue", company=other, days=30)
        self.order(10).action_confirm()
        with self.assertRaises(RedirectWarning):
            self.order(10, company_id=other.id).action_confirm()

    def test_foreign_currency_and_child_contact(self):
        """2 GBP are worth 1: 180 of them fit into what is left of the limit."""
        foreign = self.setup_other_currency("GBP", rates=[("2016-01-01", 2.0)])
        child = self.env["res.partner"].create(
            {"name": "Site", "parent_id": self.customer.id, "type": "contact"}
        )
        prices = self.env["product.pricelist"].create(
            {"name": "GBP", "currency_id": foreign.id}
        )
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        self.order(180, child, pricelist_id=prices.id).action_confirm()
        with self.assertRaises(RedirectWarning):
            self.order(40, child, pricelist_id=prices.id).action_confirm()

    def test_a_batch_and_an_import(self):
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        with self.assertRaises(RedirectWarning):
            (self.order(60) + self.order(60)).action_confirm()
        # no button: the order is rolled back, nothing is left to ask for
        with self.assertRaisesRegex(UserError, "as a quotation"), self.cr.savepoint():
            self.order(500, state="sale")
        self.assertEqual(self.order(50, state="sale").state, "sale")

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

    def test_a_deposit_is_owed_once(self):
        """1,000 ordered, 30 % invoiced ahead, paid, then the rest."""
        self._invoice(5, 100)
        order = self.order(1000)
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "advance_payment_method": "percentage",
                "amount": 30,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        wizard.create_invoices()
        deposit = order.invoice_ids
        row = self.row()
        self.assertEqual((row["amount_draft"], row["amount_ordered"]), (300, 700))
        deposit.invoice_date = TODAY
        deposit.action_post()
        row = self.row()
        self.assertEqual((row["amount_open"], row["amount_ordered"]), (400, 700))
        self._pay(deposit)
        row = self.row()
        self.assertEqual((row["amount_open"], row["exposure"]), (100, 800))
        order.order_line.filtered(lambda x: not x.is_downpayment).qty_delivered = 10
        last = order._create_invoices(final=True)
        self.assertEqual(last.amount_total, 700)
        self.assertEqual(self.row()["exposure"], 800)

    def test_portal_users_do_not_read_why(self):
        order = self.order(10)
        portal = new_test_user(self.env, "debtor", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        order.message_subscribe(portal.partner_id.ids)
        self.assertEqual(order.with_user(portal).name, order.name)
        for name in ("recouvrement_stop_text", "recouvrement_is_blocked"):
            with self.assertRaises(AccessError):
                order.with_user(portal).read([name])

    # -- paid on the portal -------------------------------------------------------
    def pay_online(self, order):
        method = self.env["payment.method"].with_context(active_test=False)
        provider = self.env["payment.provider"].create(
            {"name": "Card", "code": "none", "company_id": self.company.id}
        )
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.search([], limit=1).id,
                "reference": order.name,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        transaction._set_done()
        transaction._check_amount_and_confirm_order()
        return transaction

    def test_a_stopped_order_that_is_paid_online(self):
        """The payment is kept, the order waits, a release is asked for."""
        self._invoice(31, 900)
        self.rule("overdue", days=30)
        order = self.order(500).sudo()
        transaction = self.pay_online(order)
        self.assertEqual((transaction.state, order.state), ("done", "draft"))
        release = self.env["recouvrement.release"].search([], limit=1)
        self.assertEqual((release.res_id, release.state), (order.id, "asked"))
        self.grant(release)
        transaction._check_amount_and_confirm_order()
        self.assertEqual((order.state, release.state), ("sale", "used"))

    def test_what_is_paid_online_adds_nothing_to_the_limit(self):
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        paid, unpaid = self.order(500).sudo(), self.order(500)
        self.pay_online(paid)
        self.assertEqual(paid.state, "sale")
        with self.assertRaises(RedirectWarning):
            unpaid.action_confirm()

    def test_a_sole_trader_gets_no_terms_by_its_score(self):
        term = self.env.ref("account.account_payment_term_immediate")
        self.company.sudo().recouvrement_risk_term_id = term
        trader = self._create_customer("Jeanne Le Goff", is_company=False)
        self._invoice(5, 10, trader)
        dossier = self._dossier(trader).sudo()
        dossier.kind = "company"
        score = self.env["recouvrement.score"].sudo()
        dossier.score_id = score.create(
            {
                "dossier_id": dossier.id,
                "company_id": self.company.id,
                "date": TODAY,
                "risk_class": "E",
            }
        )
        dossier._refresh_classes(self.company, TODAY, dossier)
        self.assertNotEqual(self.order(10, trader).payment_term_id, term)
        dossier._decide_class("E", "Returned cheques", TODAY + timedelta(days=9))
        self.assertEqual(self.order(10, trader).payment_term_id, term)

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
