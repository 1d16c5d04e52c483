# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from lxml import html
from pypdf import PdfReader

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.recouvrement_amiable.models import delivery_press
from odoo.addons.recouvrement_amiable.models.letter_engine import (
    EngineError,
    LetterEngine,
)

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

    # -- the press -------------------------------------------------------------
    def _late(self, *names, items=1):
        """One customer of each name, with invoices that are late."""
        customers = {}
        for name in names:
            customers[name] = self._create_customer(name)
            for index in range(items):
                self._invoice(3 + index, 1000 + index, partner=customers[name])
        return customers

    def _letters_of(self, customers):
        return {
            name: self._relances(customer).delivery_ids.sudo()
            for name, customer in customers.items()
        }

    def _documents(self, letter):
        """All that was ever kept for its customer."""
        return self.env["ir.attachment"].search_count(
            [
                ("res_model", "=", "recouvrement.dossier"),
                ("res_id", "=", letter.dossier_id.id),
            ]
        )

    def test_letters_of_several_pages_are_cut_apart(self):
        """A long one among others, in two runs of the engine."""
        short = self._late("Alpha", "Gamma", "Delta")
        long = self._late("Beta", items=40)
        with patch.object(delivery_press, "FIRST", 2):
            letters = self._make_letters()
        self.assertEqual(set(letters.mapped("state")), {"todo"})
        texts = []
        for letter in letters:
            pages, text = self._read(letter.attachment_id.raw)
            texts.append(text)
            self.assertEqual(pages > 1, letter.customer_id in long.values())
            for name in short | long:
                self.assertEqual(name in text, name == letter.customer_id.name)
            self.assertEqual(f"{letter.relance_id.name} 2/2" in text, pages > 1)
        self.assertEqual(self._read(self._print(letters))[1], " ".join(texts))

    def test_one_bad_letter_alone_fails(self):
        customers = self._late("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
        Relance = type(self.env["recouvrement.relance"])
        statement = Relance._statement

        def fails_for_gamma(relance, *args):
            if relance.partner_id.name == "Gamma":
                raise ValueError("No rate for Gamma")
            return statement(relance, *args)

        with (
            patch.object(Relance, "_statement", fails_for_gamma),
            mute_logger("odoo.addons.recouvrement_amiable.models.delivery_queue"),
        ):
            self._make_letters()
        letters = self._letters_of(customers)
        bad = letters.pop("Gamma")
        self.assertEqual(bad.state, "failed")
        self.assertIn("No rate for Gamma", bad.failure_reason)
        self.assertTrue(bad.relance_id.has_failure)
        for name, letter in letters.items():
            self.assertEqual((letter.state, self._documents(letter)), ("todo", 1))
            self.assertIn(name, self._read(letter.attachment_id.raw)[1])

    def test_engine_that_breaks_once(self):
        """What it had in its hands is made again; the next batch is not lost."""
        customers = self._late("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
        result, runs = LetterEngine.result, []

        def breaks_first(engine):
            runs.append(engine)
            if len(runs) == 1:
                raise EngineError("wkhtmltopdf (-9): Killed")
            return result(engine)

        with (
            patch.object(delivery_press, "FIRST", 2),
            patch.object(LetterEngine, "result", breaks_first),
        ):
            self._make_letters()
        for name, letter in self._letters_of(customers).items():
            self.assertEqual((letter.state, self._documents(letter)), ("todo", 1))
            self.assertIn(name, self._read(letter.attachment_id.raw)[1])

    def test_engine_that_stays_broken_is_told_on_each_letter(self):
        customers = self._late("Alpha", "Beta", "Gamma")
        with (
            patch.object(LetterEngine, "result", side_effect=EngineError("no memory")),
            mute_logger("odoo.addons.recouvrement_amiable.models.delivery_queue"),
        ):
            self._make_letters()
        for letter in self._letters_of(customers).values():
            self.assertEqual((letter.state, self._documents(letter)), ("failed", 0))
            self.assertIn("no memory", letter.failure_reason)

    def test_engine_that_is_killed_leaves_nothing(self):
        self._late("Alpha")
        letter = self._make_letters()
        with LetterEngine(letter._letter_sheet()) as engine:
            folder = engine._path("")
            self.assertTrue(folder.exists())
            engine._process.kill()
            with self.assertRaisesRegex(EngineError, r"\(-9\)"):
                engine.result()
        self.assertFalse(folder.exists())
        with (
            patch.object(LetterEngine, "result", side_effect=EngineError("no memory")),
            self.assertRaisesRegex(UserError, "no memory.*send again"),
        ):
            letter._letter_documents()

    def test_what_moves_while_the_engine_works(self):
        """Paid: no letter. Paid in part, or another contact: another letter."""
        customers = self._late("Paid", "Part", "Moved", "Same")
        other = self.env["res.partner"].create(
            {
                "name": "Accounts Office",
                "type": "invoice",
                "parent_id": customers["Moved"].id,
                "street": "9 quai Neuf",
                "city": "Brest",
                "zip": "29200",
            }
        )
        wait, moved = LetterEngine.wait, []

        def payments_come(engine):
            wait(engine)
            if moved:
                return
            moved.append(True)
            invoices = self.env["account.move"].search(
                [("partner_id", "in", [c.id for c in customers.values()])]
            )
            by_name = {move.partner_id.name: move for move in invoices}
            self._pay(by_name["Paid"])
            self._pay(by_name["Part"], 400)
            self._letters_of(customers)["Moved"].partner_id = other

        with patch.object(LetterEngine, "wait", payments_come):
            self._make_letters()
        self.assertTrue(moved)
        letters = self._letters_of(customers)
        paid = letters.pop("Paid")
        self.assertEqual((paid.state, self._documents(paid)), ("cancelled", 0))
        texts = {}
        for name, letter in letters.items():
            self.assertEqual((letter.state, self._documents(letter)), ("todo", 1))
            texts[name] = self._read(letter.attachment_id.raw)[1]
        self.assertIn("600.00", texts["Part"])
        self.assertNotIn("1,000.00", texts["Part"])
        self.assertIn("quai Neuf", texts["Moved"])
        self.assertIn("1,000.00", texts["Same"])

    # -- by hand ---------------------------------------------------------------
    def test_letters_of_the_selected_customers(self):
        """Post on several rows of the day opens all their letters."""
        partners = self.env["res.partner"]
        for name in ("First", "Second", "Third"):
            partners |= self._create_customer(name)
            self._invoice(3, partner=partners[-1])
        letters = self._make_letters()
        Work = self.env["recouvrement.worklist"]
        works = Work.search([("partner_id", "in", partners[:2].ids)])
        self.assertEqual(set(works.mapped("action")), {"post"})
        opened = letters.search(works.action_post()["domain"])
        self.assertEqual(opened.customer_id, partners[:2])
        menu = self.env.ref("recouvrement_amiable.recouvrement_letter_action")
        self.assertEqual(letters.search(literal_eval(menu.domain)), letters[::-1])
        self._print(opened)
        self.assertFalse((letters - opened).printed_on)
        opened.action_posted()
        works.invalidate_model()
        self.assertFalse(any(works.mapped("action")))
        with self.assertRaisesRegex(UserError, "choose rows"):
            works.action_post()

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

    # -- links -----------------------------------------------------------------
    def _follow(self, link):
        path = link.split("/relance/")[1]
        return self.url_open(f"/relance/{path}", allow_redirects=False)

    def _links(self, relance, contact=None):
        """Addresses in the e-mail of a relance, by what they show."""
        body = relance._content(contact or relance.partner_id)["body"]
        return {
            " ".join(link.text_content().split()): link.get("href")
            for link in html.fromstring(str(body)).iter("a")
        }

    def test_links_need_no_account(self):
        """From the e-mail to the page of an invoice, which was never written."""
        first, second = self._invoice(20, 1000), self._invoice(4, 2000)
        self._run()
        relance = self._relances()
        links = self._links(relance)
        self.assertFalse((first | second).mapped("access_token")[0])
        for move in (first, second):
            answer = self._follow(links[move.name])
            self.assertEqual(answer.status_code, 303)
            move.invalidate_recordset()
            self.assertTrue(move.access_token)
            self.assertIn(
                f"/my/invoices/{move.id}?access_token={move.access_token}",
                answer.headers["Location"],
            )
            page = self.url_open(answer.headers["Location"])
            self.assertEqual(page.status_code, 200)
            self.assertIn(move.name, page.text)
            self.assertFalse(move.is_manually_modified)
        oldest = self._follow(links["See the oldest invoice online"])
        self.assertIn(f"/my/invoices/{first.id}?", oldest.headers["Location"])
        self._pay(first)
        oldest = self._follow(links["See the oldest invoice online"])
        self.assertIn(f"/my/invoices/{second.id}?", oldest.headers["Location"])

    def test_links_open_nothing_else(self):
        invoice = self._invoice(4)
        other = self._create_customer("Other")
        foreign = self._invoice(4, partner=other)
        later = self._invoice(-90)
        self._run()
        relance = self._relances()
        code = relance._link_code()
        wrong = f"{code[:-1]}{'0' if code[-1] != '0' else '1'}"
        stranger = self._relances(other)._link_signature()
        number = code.partition("-")[0]
        for path in (
            f"{code}/{foreign.id}",  # of another customer
            f"{code}/{later.id}",  # that the relance does not speak of
            f"{code}/0999999",
            f"{wrong}/{invoice.id}",
            f"{number}-{stranger}/{invoice.id}",
            f"{invoice.id}",
            "x",
        ):
            with self.subTest(path=path), mute_logger("odoo.http"):
                answer = self.url_open(f"/relance/{path}", allow_redirects=False)
                self.assertEqual(answer.status_code, 404)
        self.assertFalse((invoice | foreign | later).filtered("access_token"))
        # as it is typed from paper
        typed = code.upper().replace("-", "").replace("0", "O").replace("1", "I")
        answer = self._follow(f"/relance/{typed}")
        self.assertEqual(answer.status_code, 303)
        # the invoice of a customer who is not the debtor any more
        invoice.sudo().commercial_partner_id = other
        self.assertFalse(relance._linked_moves())

    def test_who_can_sign_in_gets_the_list(self):
        self._invoice(4)
        self._run()
        relance = self._relances()
        self.assertIn("See my invoice online", self._links(relance))
        new_test_user(
            self.env,
            "vasseur",
            "base.group_portal",
            partner_id=self.customer.id,
        )
        self.customer.invalidate_recordset()
        link = self._links(relance)["See my invoices online"]
        self.assertTrue(link.endswith("/my/invoices?filterby=overdue_invoices"))

    def test_letter_bears_its_address_on_one_page(self):
        partners = {}
        for count in (1, 7, 12):
            partners[count] = self._create_customer(f"Lines{count}")
            for index in range(count):
                self._invoice(4 + index, 100 + index, partner=partners[count])
        self._make_letters()
        for count, partner in partners.items():
            with self.subTest(count=count):
                relance = self._relances(partner)
                pages, text = self._read(relance.delivery_ids.attachment_id.raw)
                self.assertEqual(pages, 1)
                link = relance._short_link()
                self.assertIn(link.removeprefix("https://"), text)
                self.assertEqual(self._follow(link).status_code, 303)

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
