# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
from datetime import date
from unittest.mock import patch

from lxml import html
from pypdf import PdfReader

from odoo.tests import HttpCase, new_test_user, tagged

from ..legal.rates import read_rows, reference_rates
from .common import RecouvrementCommon

REPORT = "account.report_invoice_with_payments"


@tagged("post_install", "-at_install")
class TestMentions(RecouvrementCommon, HttpCase):
    """Odoo's own invoice, printed and read back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param("report.url", cls.base_url())
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.company.sudo().partner_id.country_id = cls.env.ref("base.fr")
        cls.town = cls._create_customer(
            "Commune de Plouha", company_registry="21220123400015"
        )
        cls.person = cls._create_customer("Jeanne Le Goff", is_company=False)

    def invoice(self, partner=None, day=date(2026, 8, 3), **vals):
        return self._invoice(0, partner=partner, invoice_date=day, **vals)

    def printed(self, move, user=None):
        """The mentions as they stand in the report."""
        report = self.env["ir.actions.report"].with_user(user or self.env.user)
        content, _kind = report._render_qweb_html(REPORT, move.ids)
        nodes = html.fromstring(content).xpath("//div[@name='recouvrement_mentions']")
        text = " ".join(" ".join(node.text_content() for node in nodes).split())
        return text.replace("\N{NO-BREAK SPACE}", " ").replace("\u202f", " ")

    def test_setting_follows_the_country(self):
        company = self.company.sudo()
        self.assertTrue(company.recouvrement_mentions)
        new = self.env["res.company"].sudo()
        made = new.create(
            [
                {"name": "Filiale", "country_id": self.env.ref("base.fr").id},
                {"name": "Filial", "country_id": self.env.ref("base.es").id},
            ]
        )
        self.assertEqual(made.mapped("recouvrement_mentions"), [True, False])
        company.recouvrement_mentions = False
        company.write({"name": "Exemple SAS"})
        self.assertFalse(company.recouvrement_mentions)
        self.assertEqual(self.printed(self.invoice()), "")

    def test_company(self):
        text = self.printed(self.invoice())
        self.assertIn("plus 10 points, that is 12.40% a year", text)
        self.assertIn("€40", text)
        self.assertIn("D441-5", text)
        self.assertIn("No discount", text)
        # the rate of the half-year of the invoice
        self.assertIn("12.15%", self.printed(self.invoice(day=date(2026, 6, 30))))

    def test_company_in_french(self):
        self.customer.lang = "fr_FR"
        text = self.printed(self.invoice())
        self.assertIn("majoré de 10 points, soit 12,40 % l'an", text)
        self.assertIn("40 €", text)
        self.assertIn("escompte", text)
        self.assertNotIn("discount", text)

    def test_public(self):
        text = self.printed(self.invoice(self.town))
        self.assertIn("plus 8 points, that is 10.40% a year", text)
        for article in ("L2192-13", "R2192-31", "D2192-35"):
            self.assertIn(article, text)
        self.assertNotIn("L441-10", text)
        self.town.lang = "fr_FR"
        text = self.printed(self.invoice(self.town))
        self.assertIn("majoré de 8 points, soit 10,40 % l'an", text)
        self.assertIn("code de la commande publique", text)

    def test_consumer(self):
        for lang in ("en_US", "fr_FR"):
            self.person.lang = lang
            self.assertEqual(self.printed(self.invoice(self.person)), "")

    def test_agreed_rate(self):
        company = type(self.company)
        with patch.object(company, "_recouvrement_agreed_rate", lambda _self: 15):
            text = self.printed(self.invoice())
            self.assertIn("penalties at 15.00% a year", text)
            self.assertNotIn("European Central Bank", text)
            # a public buyer owes what the law says
            self.assertIn("10.40%", self.printed(self.invoice(self.town)))

    def test_rate_agreed_with_the_customer(self):
        self.company.sudo().recouvrement_late_rate = 15
        move, other = self.invoice(), self.invoice(self._create_customer("Other"))
        dossier = self._dossier()
        self.assertIn("penalties at 15.00% a year", self.printed(move))
        dossier.late_rate = 12
        self.assertIn("penalties at 12.00% a year", self.printed(move))
        self.assertIn("penalties at 15.00% a year", self.printed(other))
        self.company.sudo().recouvrement_late_rate = 0
        self.assertIn("penalties at 12.00% a year", self.printed(move))
        self.assertIn("12.40%", self.printed(other))
        # of a contact of the customer, and whoever prints
        contact = self._create_customer(
            "Contact", parent_id=self.customer.id, is_company=False
        )
        clerk = new_test_user(
            self.env, "clerk-rate", "account.group_account_invoice,base.group_user"
        )
        clerk.write({"company_ids": self.company.ids, "company_id": self.company.id})
        self.assertIn("12.00%", self.printed(self.invoice(contact), clerk))

    def test_charge_invoice(self):
        """Interest bears no interest: C. civ. art. 1343-2."""
        move = self.invoice()
        charge = self.invoice()
        self.assertIn("L441-10", self.printed(charge))
        charge.recouvrement_is_charge = True
        self.assertEqual(self.printed(charge), "")
        self.assertIn("L441-10", self.printed(move))

    def test_missing_rate(self):
        rows = [row for row in read_rows() if row.valid_from != date(2026, 7, 1)]
        company = type(self.company)
        with patch.object(
            company,
            "_recouvrement_reference_rates",
            lambda _self: reference_rates(rows),
        ):
            for partner, points in ((self.customer, 10), (self.town, 8)):
                text = self.printed(self.invoice(partner))
                self.assertIn(f"plus {points} points", text)
                self.assertNotIn("%", text)

    def test_early_discount(self):
        term = self.env["account.payment.term"].create(
            {"name": "2 % in 8 days", "early_discount": True}
        )
        move = self.invoice(invoice_payment_term_id=term.id)
        text = self.printed(move)
        self.assertIn("L441-10", text)
        self.assertNotIn("No discount", text)

    def test_other_documents(self):
        refund = self.invoice(move_type="out_refund")
        self.assertEqual(self.printed(refund), "")
        self.assertEqual(self.printed(self.invoice(day=date(1999, 1, 1))), "")
        self.assertIn("L441-10", self.printed(self.invoice(post=False)))

    def test_whoever_prints(self):
        clerk = new_test_user(
            self.env, "clerk-mentions", "account.group_account_invoice,base.group_user"
        )
        clerk.write({"company_ids": self.company.ids, "company_id": self.company.id})
        self.assertIn("12.40%", self.printed(self.invoice(), clerk))

    def test_pdf(self):
        self.customer.lang = "fr_FR"
        move = self.invoice()
        with self.allow_pdf_render():
            content, kind = (
                self.env["ir.actions.report"]
                .with_context(force_report_rendering=True)
                ._render_qweb_pdf(REPORT, move.ids)
            )
        self.assertEqual(kind, "pdf")
        pages = PdfReader(io.BytesIO(content)).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        self.assertEqual(len(pages), 1)
        for words in (move.name, "12,40", "L441-10", "D441-5", "escompte"):
            self.assertIn(words, text)
