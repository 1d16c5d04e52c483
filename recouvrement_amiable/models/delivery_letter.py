# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date
from odoo.tools.pdf import merge_pdf

from .letter_engine import EngineError, LetterEngine, Sheet
from .letter_pages import cut

# What Odoo gathers the heads of pages in, when there are any.
HEAD = re.compile(r'id="minimal_layout_report_headers">\s*<(?!/)')
LETTER_REPORT = "recouvrement_amiable.relance_letter_report"


class RecouvrementDelivery(models.Model):
    """The post: letters made in batches, printed, posted, tracked."""

    _inherit = "recouvrement.delivery"

    def _deliver_letter(self):
        """PDF of each letter, in one rendering for the batch."""
        ready = self._set_postal_recipient()
        if ready:
            ready._keep_letters(ready._letter_documents())

    def _keep_letters(self, documents):
        """The letters are written: they wait for the printer.

        :param dict documents: PDF of each, by id
        """
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": f"{delivery.relance_id.name}.pdf",
                        "raw": documents[delivery.id],
                        "mimetype": "application/pdf",
                        "res_model": delivery.dossier_id._name,
                        "res_id": delivery.dossier_id.id,
                    }
                    for delivery in self
                ]
            )
        )
        for delivery, attachment in zip(self, attachments, strict=True):
            delivery.attachment_id = attachment
        self.write({"state": "todo"})

    def _deliver_registered(self):
        self._deliver_letter()

    def _set_postal_recipient(self):
        ready = self.browse()
        for delivery in self:
            contact = delivery.partner_id
            problem = delivery._contact_problem()
            if problem:
                delivery._fail(problem)
                continue
            if not (contact.street and contact.city):
                delivery._fail(
                    self.env._(
                        "The postal address of %s is incomplete (street and city)."
                        " Complete it, then send again.",
                        (contact or delivery.customer_id).display_name,
                    )
                )
                continue
            delivery.write(
                {
                    "recipient": ", ".join(
                        filter(
                            None,
                            [
                                contact.display_name,
                                contact.street,
                                f"{contact.zip or ''} {contact.city}".strip(),
                            ],
                        )
                    ),
                }
            )
            delivery._note_test()
            ready |= delivery
        return ready

    def _letter_documents(self):
        """``{delivery_id: pdf bytes}`` from one call of the PDF engine."""
        with LetterEngine(self._letter_sheet()) as engine:
            try:
                return self._documents_in(engine.result())
            except EngineError as error:
                raise UserError(
                    self.env._(
                        "The PDF engine could not make the letter: %s. Check the memory"
                        " and the disk space of the server, then send again.",
                        error,
                    )
                ) from error

    def _documents_in(self, content):
        """``{delivery_id: pdf bytes}`` from what the engine made of these letters."""
        documents = cut(content, len(self))
        if documents is None:
            # A heading too many or too few: who knows where one letter ends?
            return {one.id: one._letter_documents()[one.id] for one in self}
        return dict(zip(self.ids, documents, strict=True))

    def _letter_sheet(self):
        """The letters as the PDF engine wants them, in this order."""
        Report = (
            self.env["ir.actions.report"]
            .sudo()
            .with_context(debug=False, webp_as_jpg=True)
        )
        if Report.get_wkhtmltopdf_state() == "install":
            raise UserError(
                self.env._(
                    "The PDF engine is missing: install wkhtmltopdf with patched Qt."
                )
            )
        report = Report._get_report(LETTER_REPORT)
        data = {"report_type": "pdf", "debug": False}
        html = Report._render_qweb_html(LETTER_REPORT, self.ids, data)[0]
        bodies, ids, header, footer, own_options = report._prepare_html(
            html, report_model=self._name
        )
        if ids != self.ids:
            raise UserError(
                self.env._(
                    "The letter's template must give each letter one “article”, with"
                    " its own record."
                )
            )
        options = Report._build_wkhtmltopdf_args(
            report.get_paperformat(), None, specific_paperformat_args=own_options
        )
        return Sheet(options, header if HEAD.search(header) else "", footer, bodies)

    # ------------------------------------------------------------------
    # Dates of the post
    # ------------------------------------------------------------------
    @api.constrains("posted_on", "presented_on", "received_on", "returned_on")
    def _check_post_dates(self):
        """The minimum gap, interest and prescription count from these days."""
        for delivery in self:
            days = (
                delivery.posted_on,
                delivery.presented_on,
                delivery.received_on,
                delivery.returned_on,
            )
            last = max(filter(None, days), default=None)
            if last and last > delivery.company_id._recouvrement_today():
                raise ValidationError(
                    self.env._(
                        "%(letter)s to %(customer)s: %(day)s has not come yet. Correct"
                        " the date of the post.",
                        letter=delivery.display_name,
                        customer=delivery.customer_id.display_name,
                        day=format_date(self.env, last),
                    )
                )
            decided = delivery.relance_id.decided_on
            if delivery.posted_on and decided and delivery.posted_on < decided:
                raise ValidationError(
                    self.env._(
                        "%(letter)s to %(customer)s was decided on %(decided)s: it"
                        " cannot have been deposited on %(day)s. Correct the date of"
                        " the post.",
                        letter=delivery.display_name,
                        customer=delivery.customer_id.display_name,
                        decided=format_date(self.env, decided),
                        day=format_date(self.env, delivery.posted_on),
                    )
                )

    def _follow_post_dates(self):
        """The dates of the post move the state; the gap counts from the deposit."""
        for delivery in self.filtered(lambda d: d.channel in ("letter", "registered")):
            if delivery.state not in ("todo", "sent", "delivered", "returned"):
                continue
            state = (
                (delivery.returned_on and "returned")
                or (delivery.received_on and "delivered")
                or (delivery.posted_on and "sent")
                or "todo"
            )
            if state != delivery.state:
                delivery.write({"state": state, "settled": False})
        self.relance_id._refresh_date()
        self.relance_id._refresh_progress()

    # ------------------------------------------------------------------
    # Actions of a person
    # ------------------------------------------------------------------
    def action_print(self):
        """One merged file of the letters to print; they are marked printed."""
        letters, others = self._standing_letters(("todo", "sent"))
        if not letters:
            return self._tell_others(others)
        merged = self.env["ir.attachment"].create(
            {
                "name": self.env._(
                    "Letters of %s.pdf", fields.Date.to_string(fields.Date.today())
                ),
                "raw": merge_pdf([a.raw for a in letters.attachment_id]),
                "mimetype": "application/pdf",
            }
        )
        letters.filtered(lambda d: not d.printed_on).write(
            {"printed_on": fields.Date.context_today(self)}
        )
        download = {
            "type": "ir.actions.act_url",
            # A tab to print from; the list behind it then shows what is printed.
            "url": f"/web/content/{merged.id}",
            "target": "new",
        }
        return self._tell_others(others, download) if others else download

    def action_posted(self):
        """The letters went to the post today."""
        letters, others = self._standing_letters(("todo",))
        for company, posted in letters.grouped("company_id").items():
            posted.write(
                {
                    "posted_on": company._recouvrement_today(),
                    "sent_on": fields.Datetime.now(),
                }
            )
        return self._tell_others(others) if others else None

    def _standing_letters(self, states):
        """``(letters, others)``: those that still stand against the ledger of now.

        What the ledger did to the others stays done: it is told, not undone.
        """
        self.check_access("write")
        letters = (
            self.sudo()
            .filtered(
                lambda d: d.attachment_id
                and d.state in states
                and d.channel in ("letter", "registered")
            )
            .sorted("id")
        )
        if not letters:
            raise UserError(
                self.env._(
                    "No letter is ready among the selected deliveries: they are not"
                    " written yet, or have left."
                )
            )
        letters.filtered(lambda d: d.state == "todo").relance_id._revalidate()
        standing = letters.filtered(
            lambda d: d.attachment_id
            and d.state in states
            and not (d.state == "todo" and d.relance_id.held_reason)
        )
        if letters - standing:
            self._wake_sender()
        return standing, letters - standing

    def _tell_others(self, others, then=None):
        """Which letters are not to be printed or posted, and why.

        :param dict then: action for those that are
        """
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("%s letter(s) left aside", len(others)),
                "message": "; ".join(
                    f"{letter.customer_id.display_name}: {letter._why_aside()}"
                    for letter in others[:5]
                ),
                "type": "warning",
                "sticky": True,
                "next": then or {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _why_aside(self):
        """Why this letter does not go to the post now."""
        self.ensure_one()
        relance = self.relance_id
        if self.state == "todo":
            reason = self.env["recouvrement.open.item"]._reason_label(
                relance.held_reason
            )
            return self.env._(
                "held (%s). If it went to the post before, note the day in"
                " “Deposited On”",
                reason,
            )
        if self.state == "queued":
            return self.env._("being written again, for what it says has changed")
        return relance.state_reason or self.env._("cancelled")
