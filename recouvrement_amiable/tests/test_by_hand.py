# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RecouvrementCommon


@tagged("post_install", "-at_install")
class TestByHand(RecouvrementCommon):
    """Relance now, at any level."""

    def test_relance_now_at_any_level(self):
        invoice, young = self._invoice(20), self._invoice(1)
        self._relance_now(self._dossier(), self.level2)
        relance = self._relances()
        self.assertEqual((relance.origin, relance.level_id), ("manual", self.level2))
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level2.id)
        self.assertFalse(self._row(young)["reached_level_id"])
        self.assertEqual(relance.item_count, 2)
        self._run()
        self.assertEqual(len(self._relances()), 1)

    def test_relance_now_from_invoices_gives_the_level_to_these(self):
        invoice, other = self._invoice(2), self._invoice(2)
        self._relance_now(invoice, self.level1)
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level1.id)
        self.assertFalse(self._row(other)["reached_level_id"])

    def test_relance_now_never_lowers_a_level(self):
        invoice = self._invoice(20)
        self._relance_now(self._dossier(), self.level2)
        self._relances().delivery_ids.sudo().write({"state": "sent"})
        self._relances()._refresh_progress()
        with self.assertRaisesRegex(UserError, "Minimum gap"):
            self._relance_now(self._dossier(), self.level1)
        self._relance_now(self._dossier(), self.level1, confirmed=True)
        self.assertEqual(self._row(invoice)["reached_level_id"], self.level2.id)
        self.assertEqual(len(self._relances()), 2)

    def test_relance_now_with_nothing_late(self):
        self._invoice(-30)
        with self.assertRaises(UserError):
            self._relance_now(self._dossier(), self.level1)

    def test_relance_now_needs_the_approval_of_its_level(self):
        self.level3.approval = True
        self._invoice(3)
        self._relance_now(self._dossier(), self.level3)
        self.assertEqual(self._relances().state, "to_approve")
