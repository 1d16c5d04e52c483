# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.pdf import merge_pdf

LETTER_REPORT = "recouvrement_amiable.relance_letter_report"


class RecouvrementDelivery(models.Model):
    """The post: letters made in batches, printed, posted, tracked."""

    _inherit = "recouvrement.delivery"

    def _deliver_letter(self):
        """PDF of each letter, in one rendering for the batch."""
        ready = self._set_postal_recipient()
        if not ready:
            return
        documents = ready._letter_documents()
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
                    for delivery in ready
                ]
            )
        )
        for delivery, attachment in zip(ready, attachments, strict=True):
            delivery.attachment_id = attachment
        ready.write({"state": "todo"})

    def _deliver_registered(self):
        self._deliver_letter()

    def _set_postal_recipient(self):
        ready = self.browse()
        for delivery in self:
            contact = delivery.partner_id
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
        Report = (
            self.env["ir.actions.report"]
            .sudo()
            .with_context(force_report_rendering=True)
        )
        content, kind = Report._pre_render_qweb_pdf(LETTER_REPORT, res_ids=self.ids)
        if kind != "pdf":
            raise UserError(
                self.env._(
                    "The PDF engine is missing: install wkhtmltopdf with patched Qt."
                )
            )
        return {
            res_id: stream["stream"].getvalue() for res_id, stream in content.items()
        }

    # ------------------------------------------------------------------
    # Actions of a person
    # ------------------------------------------------------------------
    def action_print(self):
        """One merged file of the letters to print; they are marked printed."""
        letters = self._standing_letters(("todo", "sent"))
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
        return {
            "type": "ir.actions.act_url",
            # A tab to print from; the list behind it then shows what is printed.
            "url": f"/web/content/{merged.id}",
            "target": "new",
        }

    def action_posted(self):
        """The letters went to the post today."""
        letters = self._standing_letters(("todo",))
        for company, posted in letters.grouped("company_id").items():
            posted.write(
                {
                    "posted_on": company._recouvrement_today(),
                    "sent_on": fields.Datetime.now(),
                }
            )

    def _standing_letters(self, states):
        """Letters among these that still stand against the ledger of the moment."""
        self.check_access("write")
        letters = self.sudo().filtered(
            lambda d: d.attachment_id
            and d.state in states
            and d.channel in ("letter", "registered")
        )
        letters.filtered(lambda d: d.state == "todo").relance_id._revalidate()
        standing = letters.filtered(lambda d: d.attachment_id and d.state in states)
        if not standing:
            self._wake_sender()
            raise UserError(
                self.env._(
                    "No letter is ready among the selected deliveries: they were"
                    " cancelled, or are being written again because the customer paid."
                )
            )
        return standing.sorted("id")
