# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date
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
