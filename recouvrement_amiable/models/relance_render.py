# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The message of a relance as HTML, one or a batch.

What a batch has in common is done once for it: the head and foot of a company, the
texts of the levels, the reading of the ledger. Texts that people wrote are cleaned
here, as Odoo cleans the body of any message: the outcome is stored and sent as it is.
"""

from markupsafe import Markup

from odoo import models
from odoo.tools import is_html_empty

from .relance_text import fill, fill_html, has_word_in_tag


class RecouvrementRelance(models.Model):
    """From the words and figures of a relance to its subject and body."""

    _inherit = "recouvrement.relance"

    def _text_level(self):
        """The level whose words the message uses: its own, if it has any.

        A call that a person turned into an e-mail speaks as the last level before it
        that writes, else as the first one after it; never as a formal notice.
        """
        level = self.level_id
        if not is_html_empty(level.body):
            return level
        others = level.scenario_id.level_ids.filtered(
            lambda other: other.body
            and not other.formal_notice
            and (other.delay < 0) == (level.delay < 0)
        ).sorted("delay")
        before = others.filtered(lambda other: other.delay <= level.delay)
        return before[-1:] or others[:1] or level

    def _subject(self, contact, values=None):
        level = self._text_level()
        return fill(
            self.custom_subject or level.subject or level.name,
            values or self._values(contact),
        )

    def _text_html(self, contact, values=None):
        """The level's text, or the one written for this relance, words filled."""
        custom = self.custom_body
        text = self._text_level().body if is_html_empty(custom) else custom
        values = values or self._values(contact)
        cleaned, safe = self._clean_text(text)
        return (
            fill_html(cleaned, values) if safe else self._clean(fill_html(text, values))
        )

    def _clean_text(self, text):
        """A text as messages keep it, once in a batch; and whether to fill it so.

        A word within a tag makes an address, mostly: what it becomes is looked at.
        """
        known = self.env.cr.cache.setdefault("recouvrement_cleaned", {})
        if text not in known:
            cleaned = self._clean(text)
            known[text] = cleaned, not has_word_in_tag(cleaned)
        return known[text]

    def _clean(self, html):
        """Without what Odoo would take out of any message."""
        message = self.env["mail.message"]
        return Markup(message._fields["body"].convert_to_cache(html, message) or "")

    def _content(self, contact, letterhead=None, lines=None):
        """``{"subject", "body"}`` of the e-mail, in the current language.

        The body is fit to be shown as it is: its layout escapes what it is given, and
        texts that people wrote are cleaned in ``_text_html``.

        :param dict letterhead: see ``_letterhead``, when it is known
        :param list lines: see ``_read_lines``, when they are read already
        """
        self.ensure_one()
        template = self._text_level().mail_template_id
        # a text written for this customer needs our own layout to be read at all
        if template and is_html_empty(self.custom_body):
            return self._template_content(template, contact)
        parts = self._parts(contact, lines) | (letterhead or self._letterhead())
        return {
            "subject": self._subject(contact, parts["values"]),
            "body": self.env["ir.qweb"]._render(
                "recouvrement_amiable.relance_email", parts, minimal_qcontext=True
            ),
        }

    def _parts(self, contact, lines=None):
        """What the layouts show, computed once for all of their parts."""
        self.ensure_one()
        facts = self._facts(lines)
        return {
            "relance": self,
            "contact": contact,
            "values": self._values(contact, facts),
            "statement": self._statement(facts),
            "charges": self._charges_text(facts),
            "card": facts.card,
        }

    def _letterhead(self):
        """What all messages of a company in one language have in common."""
        return {"look": self._look(), "imprint": self._imprint()}

    def _template_content(self, template, contact):
        """The same through a layout of the integrator's own."""
        localized = template.sudo().with_context(
            lang=self.env.lang, recouvrement_contact_id=contact.id
        )
        subject = (
            not self.custom_subject
            and localized._render_field("subject", self.ids)[self.id]
        )
        body = localized._render_field("body_html", self.ids)[self.id]
        return {
            "subject": subject or self._subject(contact),
            "body": self._clean(Markup(body)),
        }

    def _email_contents(self, contacts):
        """``{relance_id: {"subject", "body"}}``.

        :param dict contacts: ``{relance_id: res.partner}``
        """
        contents, readers = {}, {r.id: contacts.get(r.id) or r.partner_id for r in self}
        lines = self._read_lines()
        in_language = self.grouped(lambda relance: relance._lang(readers[relance.id]))
        for lang, relances in in_language.items():
            heads = {}
            for relance in relances.with_context(lang=lang):
                company = relance.company_id
                if company not in heads:
                    heads[company] = relance._letterhead()
                contents[relance.id] = relance._content(
                    readers[relance.id], heads[company], lines[relance.id]
                )
        return contents
