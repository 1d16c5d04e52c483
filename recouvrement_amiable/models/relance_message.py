# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import is_html_empty
from odoo.tools.misc import format_date, formatLang

from .relance_text import fill, fill_html

# Days given to pay in the texts; a practice, no law sets it.
PAY_WITHIN_DAYS = 8


class RecouvrementRelance(models.Model):
    """What the debtor reads: texts, list of items, how to pay, whom to call."""

    _inherit = "recouvrement.relance"

    preview = fields.Html(compute="_compute_preview", sanitize=False)
    preview_subject = fields.Char(compute="_compute_preview")

    def _compute_preview(self):
        """The message as the debtor will read it."""
        for relance in self:
            contact = relance._first_contact()
            content = relance._localized(contact)._content(contact)
            relance.preview = content["body"]
            relance.preview_subject = content["subject"]

    # ------------------------------------------------------------------
    # Who writes, to whom, in which language
    # ------------------------------------------------------------------
    def _first_contact(self):
        self.ensure_one()
        return self.delivery_ids.partner_id[:1] or self.partner_id

    def _lang(self, contact=None):
        """The debtor's language, if it is installed; else the company's."""
        self.ensure_one()
        installed = dict(self.env["res.lang"].get_installed())
        company = self.company_id.sudo()
        for lang in (contact and contact.lang, self.partner_id.lang,
                     company.partner_id.lang):
            if lang in installed:
                return lang
        return self.env.lang or "en_US"

    def _localized(self, contact=None):
        return self.with_context(lang=self._lang(contact))

    def _sender(self):
        """``{"partner", "email_from"}``: the collector in the company's name."""
        self.ensure_one()
        company = self.company_id.sudo()
        collector = self.dossier_id._collector().sudo()
        partner = collector.partner_id or company.partner_id
        return {
            "partner": partner,
            "email_from": partner.email_formatted or company.email_formatted,
        }

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    def _values(self, contact):
        """Values of the words of ``relance_text.PLACEHOLDERS``."""
        self.ensure_one()
        company = self.company_id.sudo()
        collector = self.dossier_id._collector().sudo()
        bank = self._bank_account()
        lines = self._asked_lines()
        return {
            "customer": self.partner_id.name,
            "contact": contact.name or self.partner_id.name,
            "company": company.name,
            "amount_due": self._money(self.amount_due),
            "amount_late": self._money(self.amount_late),
            "invoice_count": len(lines.move_line_id.move_id),
            "invoices": ", ".join(
                dict.fromkeys(lines.move_line_id.move_id.mapped("name"))
            ),
            "oldest_due_date": format_date(
                self.env, min(lines.mapped("date_due"), default=False)
            ),
            "days_late": self.days_late,
            "today": format_date(self.env, self.date, date_format="d MMMM y"),
            "pay_before": format_date(
                self.env,
                self.date + timedelta(days=PAY_WITHIN_DAYS),
                date_format="d MMMM y",
            ),
            "payment_reference": self._payment_reference(),
            "iban": bank.acc_number or "",
            "bic": bank.bank_bic or "",
            "portal_link": self._portal_link(),
            "collector": collector.name or company.name,
            "collector_phone": collector.partner_id.phone or company.phone or "",
            "collector_email": collector.partner_id.email or company.email or "",
        }

    def _money(self, amount, currency=None):
        return formatLang(
            self.env, amount, currency_obj=currency or self.company_id.sudo().currency_id
        )

    def _bank_account(self):
        """Where to pay: the account named on the invoices, else the company's."""
        self.ensure_one()
        named = self._asked_lines().move_line_id.move_id.partner_bank_id.sudo()
        return (named or self.company_id.sudo().partner_id.bank_ids)[:1]

    def _payment_reference(self):
        """The invoice's own reference when there is one invoice, else ours."""
        moves = self._asked_lines().move_line_id.move_id
        if len(moves) == 1:
            return moves.payment_reference or moves.name
        return self.name

    def _portal_link(self):
        base = self.company_id.sudo().get_base_url()
        return f"{base}/my/invoices?filterby=overdue_invoices"

    # ------------------------------------------------------------------
    # Items
    # ------------------------------------------------------------------
    def _asked_lines(self):
        """Lines that the message asks to pay."""
        return self._lines_of("a_late", "b_early")

    def _lines_of(self, *kinds):
        return self.line_ids.filtered(
            lambda line: line.kind in kinds and not line.cancelled
        ).sorted(lambda line: (line.date_due or line.relance_id.date, line.id))

    def _currency_totals(self):
        """``[(currency, late, credits, to pay)]``, the company's currency first."""
        self.ensure_one()
        totals = {}
        for line in self._lines_of("a_late", "b_early", "d_credit"):
            late, credit = totals.get(line.currency_id, (0.0, 0.0))
            if line.kind == "d_credit":
                credit -= line.residual_currency
            else:
                late += line.residual_currency
            totals[line.currency_id] = (late, credit)
        own = self.company_id.sudo().currency_id
        return [
            (currency, late, credit, max(late - credit, 0.0))
            for currency, (late, credit) in sorted(
                totals.items(), key=lambda total: (total[0] != own, total[0].name)
            )
        ]

    def _item_reference(self, line):
        """Number of the invoice, with the instalment when there are several."""
        move = line.move_line_id.move_id
        terms = move.line_ids.filtered(
            lambda term: term.display_type == "payment_term"
        ).sorted(lambda term: (term.date_maturity or move.date, term.id))
        if len(terms) < 2 or line.move_line_id not in terms:
            return move.name
        return f"{move.name} ({list(terms).index(line.move_line_id) + 1}/{len(terms)})"

    # ------------------------------------------------------------------
    # Rendering
    # ------------------------------------------------------------------
    def _subject(self, contact):
        return fill(
            self.custom_subject or self.level_id.subject or self.level_id.name,
            self._values(contact),
        )

    def _text_html(self, contact):
        """The level's text, or the one written for this relance, words filled."""
        custom = self.custom_body
        text = self.level_id.body if is_html_empty(custom) else custom
        return fill_html(text, self._values(contact))

    def _part(self, template, contact):
        return self.env["ir.qweb"]._render(
            f"recouvrement_amiable.{template}",
            {"relance": self, "contact": contact, "values": self._values(contact)},
            minimal_qcontext=True,
        )

    def _content(self, contact):
        """``{"subject", "body"}`` of the e-mail, in the current language."""
        self.ensure_one()
        template = self.level_id.mail_template_id
        if template:
            return self._template_content(template, contact)
        return {
            "subject": self._subject(contact),
            "body": self._part("relance_email", contact),
        }

    def _template_content(self, template, contact):
        """The same through a layout of the integrator's own."""
        localized = template.sudo().with_context(
            lang=self.env.lang, recouvrement_contact_id=contact.id
        )
        subject = localized._render_field("subject", self.ids)[self.id]
        body = localized._render_field("body_html", self.ids)[self.id]
        return {"subject": subject or self._subject(contact), "body": Markup(body)}

    def _email_contents(self, contacts):
        """``{relance_id: {"subject", "body"}}``.

        :param dict contacts: ``{relance_id: res.partner}``
        """
        contents = {}
        for relance in self:
            contact = contacts.get(relance.id) or relance.partner_id
            contents[relance.id] = relance._localized(contact)._content(contact)
        return contents

    def _call_note(self, contact):
        """What the collector has before the eyes: script, contact, history."""
        self.ensure_one()
        localized = self._localized(contact)
        script = fill_html(
            localized.level_id.call_script or "", localized._values(contact)
        )
        return self.env["ir.qweb"]._render(
            "recouvrement_amiable.relance_call_note",
            {
                "relance": self,
                "contact": contact or self.partner_id,
                "script": script,
                "history": self._past_deliveries(),
            },
            minimal_qcontext=True,
        )

    def _past_deliveries(self, limit=5):
        return self.env["recouvrement.delivery"].search(
            [
                ("dossier_id", "=", self.dossier_id.id),
                ("relance_id", "!=", self.id),
                ("state", "in", ("sent", "delivered", "returned", "failed")),
            ],
            order="id desc",
            limit=limit,
        )

    # ------------------------------------------------------------------
    # Invoices joined
    # ------------------------------------------------------------------
    def _invoice_documents(self):
        """``{relance_id: [(name, pdf bytes)]}`` of the late invoices.

        The PDF that was sent with the invoice when there is one; the others are
        rendered together, and not stored on the invoices.
        """
        moves = self.line_ids.filtered(
            lambda line: line.kind == "a_late" and not line.cancelled
        ).move_line_id.move_id.filtered(lambda move: move.is_sale_document())
        stored = {
            move.id: move.sudo().invoice_pdf_report_id.raw
            for move in moves
            if move.sudo().invoice_pdf_report_id
        }
        stored.update(self._render_invoices(moves.filtered(
            lambda move: move.id not in stored)))
        return {
            relance.id: [
                (f"{move.name.replace('/', '_')}.pdf", stored[move.id])
                for move in relance._lines_of("a_late").move_line_id.move_id
                if move.id in stored
            ]
            for relance in self
        }

    def _render_invoices(self, moves, size=25):
        """``{move_id: pdf bytes}``, a few invoices per call of the PDF engine."""
        Report = self.env["ir.actions.report"].sudo().with_context(
            force_report_rendering=True
        )
        documents = {}
        for start in range(0, len(moves), size):
            ids = moves.ids[start : start + size]
            content, kind = Report._pre_render_qweb_pdf(
                "account.account_invoices", res_ids=ids
            )
            if kind == "pdf":
                documents.update(
                    {
                        res_id: stream["stream"].getvalue()
                        for res_id, stream in content.items()
                    }
                )
        return documents
