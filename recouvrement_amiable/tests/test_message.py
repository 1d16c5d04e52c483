# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from lxml import html

from odoo.tests import tagged
from odoo.tools.misc import format_date, formatLang

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestMessage(RecouvrementCommon):
    """What is in a message: it is kept and sent as it is, so nothing may be unsafe."""

    def _send(self):
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.env.invalidate_all()

    def _message_of(self, customer=None):
        return self._relances(customer).delivery_ids.message_id.sudo()

    def _sent_message(self):
        self._send()
        self.assertEqual(self._relances().delivery_ids.state, "sent")
        return self._message_of()

    def _elements(self, body):
        """Tags, attributes and words of a body; styles however they are spaced."""

        def style(value):
            rules = filter(str.strip, value.split(";"))
            return {tuple(map(str.strip, rule.split(":", 1))) for rule in rules}

        return [
            (
                node.tag,
                {
                    name: style(value) if name == "style" else value
                    for name, value in node.attrib.items()
                },
                (node.text or "").strip(),
                (node.tail or "").strip(),
            )
            for node in html.fragment_fromstring(body, create_parent=True).iter()
        ]

    def assertClean(self, message):
        """Odoo, which cleans what others write as messages, takes nothing out of it."""
        field = message._fields["body"]
        self.assertEqual(
            self._elements(message.body),
            self._elements(field.convert_to_cache(message.body, message)),
        )

    def test_odoo_would_keep_all_of_a_message(self):
        """Each firmness, in both languages, with and without charges and credits."""
        self.env["res.lang"]._activate_lang("fr_FR")
        if self.company.currency_id != self.env.ref("base.EUR"):
            self.company.currency_id = self.env.ref("base.EUR")
        self.scenario.progression = "age"
        self.level1.charges = "announce"
        self.level3.write({"charges": "claim", "formal_notice": True})
        customers = {}
        for lang in ("en_US", "fr_FR"):
            for days in (-4, 4, 16, 40):
                customer = self._create_customer(
                    f"Client{lang}{days} <b>x</b> & fils", lang=lang
                )
                invoice = self._invoice(days, 1234.5, customer)
                invoice.sudo().name = f"F<i>&{lang}{days}"
                self._invoice(days, 99, customer)
                if days == 16:
                    self._credit_note(100, customer)
                customers[customer] = (lang, days)
        self._run()
        self._send()
        for customer, (lang, days) in customers.items():
            with self.subTest(lang=lang, days=days):
                relance = self._relances(customer)
                message = self._message_of(customer)
                self.assertClean(message)
                body = str(message.body)
                self.assertIn("&lt;b&gt;x&lt;/b&gt; &amp; fils", body)
                self.assertIn(f"F&lt;i&gt;&amp;{lang}{days}", body)
                self.assertNotIn("{{", body)
                claimed = relance.amount_interest + relance.amount_indemnity
                self.assertEqual(bool(claimed), days == 40)

    def test_word_in_an_address_cannot_run(self):
        """What a customer calls itself is no script, wherever the text puts it."""
        self.customer.name = "javascript:alert(1)"
        self.level1.body = (
            '<p title="a &gt; b">{{portal_link}} <a href="{{customer}}">You</a>'
            '<a href="{{portal_link}}">Pay</a></p>'
        )
        self._invoice(3)
        self._run()
        message = self._sent_message()
        links = {
            node.text_content(): node.get("href")
            for node in html.fromstring(message.body).iter("a")
        }
        self.assertFalse(links["You"])
        self.assertIn("/relance/", links["Pay"])
        self.assertClean(message)

    def test_text_that_was_stored_unsafe_leaves_clean(self):
        self._invoice(3)
        self._run()
        relance = self._relances().sudo()
        self.env.cr.execute(
            "UPDATE recouvrement_relance SET custom_body = %s WHERE id = %s",
            ['<p onclick="x()">Hello<script>x()</script></p>', relance.id],
        )
        relance.invalidate_recordset()
        body = self._sent_message().body
        self.assertIn("<p>Hello</p>", body)
        self.assertNotIn("x()", body)

    def test_layout_of_the_integrator_leaves_clean(self):
        self.level1.mail_template_id = (
            self.env["mail.template"]
            .sudo()
            .create(
                {
                    "name": "Own layout",
                    "model_id": self.env["ir.model"]._get_id("recouvrement.relance"),
                    "body_html": '<p onclick="x()">From <t t-out="object.name"/></p>',
                }
            )
        )
        self._invoice(3)
        self._run()
        body = self._sent_message().body
        self.assertIn(f"<p>From {self._relances().name}</p>", body)

    def test_picture_in_a_text_is_an_attachment(self):
        self.level1.body = (
            '<p>Look: <img src="data:image/png;base64,'
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
            'awAAAABJRU5ErkJggg=="/> {{customer}}</p>'
        )
        self._invoice(3)
        self._run()
        message = self._sent_message()
        self.assertEqual(len(message.attachment_ids), 1)
        self.assertIn(f"/web/image/{message.attachment_ids.id}", message.body)

    def test_figures_are_written_as_odoo_does(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        indian = self.env["res.lang"]._activate_lang("hi_IN")
        indian.sudo().grouping = "[3,2,0]"
        relance = self.env["recouvrement.relance"]
        euro, dollar, yen = (
            self.env.ref(f"base.{code}").sudo() for code in ("EUR", "USD", "JPY")
        )
        dollar.position, yen.symbol = "before", "100%"
        for lang in ("en_US", "fr_FR", "hi_IN"):
            localized = relance.with_context(lang=lang)
            for currency in (euro, dollar, yen):
                for amount in (0, -0.5, 0.125, 12, 999.99, -1234.5, 12345678.905):
                    self.assertEqual(
                        localized._money(amount, currency),
                        formatLang(localized.env, amount, currency_obj=currency),
                    )
            style = "d MMM y" if lang == "en_US" else False
            self.assertEqual(
                localized._short_date(TODAY),
                format_date(localized.env, TODAY, date_format=style),
            )
        self.assertEqual(
            relance.with_context(lang="fr_FR")._long_date(TODAY.replace(day=1)),
            "1er\xa0mars\xa02026",
        )
