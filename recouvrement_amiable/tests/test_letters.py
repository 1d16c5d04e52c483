# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
from datetime import timedelta

from pypdf import PdfReader

from odoo.tests import HttpCase, tagged

from .common import TODAY, RecouvrementCommon

CUSTOMERS = 60


@tagged("post_install", "-at_install")
class TestLetters(RecouvrementCommon, HttpCase):
    """Real letters, opened and read back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level1.write({"channel_email": False, "channel_registered": True})
        cls.env["ir.config_parameter"].sudo().set_param("report.url", cls.base_url())

    def _read(self, data):
        reader = PdfReader(io.BytesIO(data))
        pages = [page.extract_text() for page in reader.pages]
        return len(pages), " ".join("\n".join(pages).split())

    def _make_letters(self):
        self._run()
        with self.allow_pdf_render():
            self.env["recouvrement.delivery"].sudo()._cron_send()
        return self.env["recouvrement.delivery"].search(
            [("channel", "=", "registered")], order="id"
        )

    def test_sixty_letters(self):
        customers = {}
        for index in range(CUSTOMERS):
            partner = self._create_customer(
                f"Company{index:02}", street=f"{index} rue du Port"
            )
            customers[partner] = self._invoice(3, 1000 + index, partner=partner)
        letters = self._make_letters()
        self.assertEqual(len(letters), CUSTOMERS)
        self.assertEqual(set(letters.mapped("state")), {"todo"})
        for letter in letters:
            partner = letter.customer_id
            pages, text = self._read(letter.attachment_id.raw)
            invoice = customers[partner]
            self.assertEqual(pages, 1, partner.name)
            self.assertIn(partner.name, text)
            self.assertIn(partner.street, text)
            self.assertIn(invoice.name, text)
            self.assertIn(f"{invoice.amount_residual:,.2f}", text)
            others = [p.name for p in customers if p != partner and p.name in text]
            self.assertFalse(others, "another customer's name on this letter")
        merged = self._print(letters)
        self.assertEqual(self._read(merged)[0], CUSTOMERS)

    def _print(self, letters):
        action = letters.action_print()
        attachment = self.env["ir.attachment"].browse(
            int(action["url"].split("/")[3].split("?")[0])
        )
        self.assertEqual(set(letters.mapped("printed_on")), {letters[0].printed_on})
        self.assertTrue(letters[0].printed_on)
        return attachment.raw

    def test_life_of_a_registered_letter(self):
        invoice = self._invoice(3)
        letter = self._make_letters()
        later = TODAY + timedelta(days=21)
        self.assertSituation(invoice, "waiting", "posting", later)
        letter.action_posted()
        self.assertEqual((letter.state, self._relances().state), ("sent", "done"))
        self.assertSituation(invoice, "due", None, later)
        posted = letter.posted_on
        letter = letter.with_context(recouvrement_day=later.isoformat())
        letter.write(
            {"tracking_number": "1A 234", "presented_on": posted + timedelta(days=1)}
        )
        letter.received_on = posted + timedelta(days=2)
        self.assertEqual(letter.state, "delivered")
        letter.write({"received_on": False, "returned_on": posted + timedelta(days=15)})
        self.assertEqual(letter.state, "returned")
        self.assertTrue(self._relances().has_failure)

    def test_incomplete_address_is_a_visible_failure(self):
        self.level1.channel_email = True
        self.customer.street = False
        self._invoice(3)
        letter = self._make_letters()
        self.assertEqual(letter.state, "failed")
        self.assertTrue(letter.failure_reason)

    def test_several_items_partial_payment_and_credit(self):
        first, second = self._invoice(20, 1000), self._invoice(4, 2000)
        self._pay(first, 400)
        self._unallocated(100)
        letter = self._make_letters()
        _pages, text = self._read(letter.attachment_id.raw)
        for expected in (first.name, second.name, "600.00", "2,000.00", "2,500.00"):
            self.assertIn(expected, text)
        self.assertNotIn("1,000.00", text)

    def test_test_letters_are_marked(self):
        self.company.sudo().write(
            {
                "recouvrement_test_mode": True,
                "recouvrement_test_email": "test@exemple.example",
            }
        )
        self._invoice(3)
        letter = self._make_letters()
        self.assertIn("TEST", self._read(letter.attachment_id.raw)[1])
