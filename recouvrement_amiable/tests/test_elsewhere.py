# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .common import RecouvrementCommon


@tagged("post_install", "-at_install")
class TestBranch(RecouvrementCommon):
    """Branches are one legal entity: the head office may hold their payments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = (
            cls.env["res.company"]
            .sudo()
            .create(
                {
                    "name": "Agence Lyon",
                    "parent_id": cls.company.id,
                    "recouvrement_bank_policy": "warn",
                }
            )
        )
        cls.env.user.sudo().company_ids += cls.branch
        companies = cls.company | cls.branch
        context = dict(cls.env.context, allowed_company_ids=companies.ids)
        cls.env = cls.env(context=context)
        for name in ("company", "branch", "customer", "scenario"):
            setattr(cls, name, getattr(cls, name).with_env(cls.env))
        account = cls.customer.with_company(cls.company).property_account_receivable_id
        cls.customer.with_company(cls.branch).property_account_receivable_id = account
        cls.late = cls._invoice(3, 1000, company_id=cls.branch.id)

    def _standing(self):
        row = self._row(self.late)
        return row["situation"], row["reason"]

    def test_payment_at_the_head_office_holds_the_branch_s_invoice(self):
        self.assertEqual(self.late.company_id, self.branch)
        self.assertEqual(self._standing(), ("due", None))
        payment = self._unallocated(800)
        self.assertEqual(payment.company_id, self.company)
        self.assertEqual(self._standing(), ("held", "unallocated_credit"))
        item = self.env["recouvrement.open.item"].search(
            [("move_id", "=", self.late.id)]
        )
        self.assertIn(self.company.name, item.situation_text)

    def test_payment_below_half_does_not_hold(self):
        self._unallocated(500)
        self.assertEqual(self._standing(), ("due", None))

    def test_what_is_owed_at_the_head_office_is_paid_first(self):
        self._unallocated(800)
        self._invoice(-10, 700)
        self.assertEqual(self._standing(), ("due", None))

    def test_payment_that_is_matched_no_longer_holds(self):
        payment = self._unallocated(800)
        lines = self.late.line_ids | payment.move_id.line_ids
        lines.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self.assertEqual(self._standing(), ("due", None))

    def test_scenario_that_ignores_credits(self):
        self._unallocated(800)
        self.scenario.credit_policy = "ignore"
        self.assertEqual(self._standing(), ("due", None))


@tagged("post_install", "-at_install")
class TestPaymentWithoutEntry(RecouvrementCommon):
    """Where invoices stay "in payment", a payment has no entry before the bank's."""

    def _recorded(self, amount):
        """A payment as the Accounting app records it."""
        journal = self.company_data["default_journal_bank"]
        journal.inbound_payment_method_line_ids.payment_account_id = False
        move = type(self.env["account.move"])
        with patch.object(
            move, "_get_invoice_in_payment_state", lambda _: "in_payment"
        ):
            payment = self._unallocated(amount)
        self.assertFalse(payment.move_id)
        self.assertEqual(payment.state, "in_process")
        return payment

    def test_it_holds_what_it_covers_by_more_than_half(self):
        invoice = self._invoice(3, 1000)
        self._invoice(-60, 5000)
        payment = self._recorded(500)
        self.assertSituation(invoice, "due")
        payment = self._recorded(1)
        self.assertSituation(invoice, "held", "unallocated_credit")
        item = self.env["recouvrement.open.item"].search([("move_id", "=", invoice.id)])
        self.assertIn(payment.name, item.situation_text)
        self._run()
        self.assertFalse(self._relances())
        payment.action_cancel()
        self.assertSituation(invoice, "due")

    def test_the_worklist_hears_of_it(self):
        self._invoice(3, 1000)
        self._dossier()
        log = "SELECT count(*) FROM recouvrement_touch"
        [[before]] = self.env.execute_query(SQL(log))
        self._recorded(800)
        self.env.flush_all()
        [[after]] = self.env.execute_query(SQL(log))
        self.assertGreater(after, before)

    def test_one_that_names_its_invoice_holds_that_one(self):
        invoice, other = self._invoice(3, 1000), self._invoice(9, 100)
        payment = self._recorded(1000)
        invoice.matched_payment_ids = payment
        self.assertSituation(other, "due")


@tagged("post_install", "-at_install")
class TestOtherEntity(RecouvrementCommon):
    def test_another_legal_entity_does_not_hold(self):
        """Money in the books of another company says nothing about these."""
        other = self.setup_other_company()["company"]
        other.sudo().recouvrement_bank_policy = "warn"
        late = self._invoice(3, 1000, company=other)
        self._unallocated(800)
        row = self._row(late)
        self.assertEqual((row["situation"], row["reason"]), ("due", None))
