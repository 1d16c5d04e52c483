# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import smtplib
from html import escape

from odoo import fields, models
from odoo.tools import html2plaintext
from odoo.tools.mail import email_normalize, formataddr

from .progress import commit_progress
from .smtp_line import NoSessionError, NotQueuedError, SmtpLine, error_words

_logger = logging.getLogger(__name__)

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body style="margin: 0; padding: 0;">{body}</body>
</html>
"""


class RecouvrementDelivery(models.Model):
    """The e-mail channel: prepared in batches, handed over one by one."""

    _inherit = "recouvrement.delivery"

    # ------------------------------------------------------------------
    # Preparation
    # ------------------------------------------------------------------
    def _deliver_email(self):
        """Prepare the batch, commit, then hand the messages over."""
        ready = self._set_email_recipient()
        if not ready:
            return
        ready._prepare_messages()
        commit_progress(self.env)
        ready._hand_over()

    def _set_email_recipient(self):
        """Where each message goes; what has nowhere to go fails with the reason."""
        ready = self.browse()
        for delivery in self:
            address, problem = delivery._email_address()
            problem = problem or delivery._sender_problem()
            if problem:
                delivery._fail(problem)
                continue
            delivery.write({"recipient": address})
            delivery._note_test()
            ready |= delivery
        return ready

    def _note_test(self):
        """What only the test address reads never counts for the customer.

        Nor does its relance, unless a part of it reached the customer before.
        """
        is_test = self._goes_to_test()
        if is_test != self.is_test:
            self.is_test = is_test
        relance = self.relance_id
        if self.is_test and not relance.is_test and not relance._reached_customer():
            relance.is_test = True

    def _goes_to_test(self):
        """Whether the test address gets it: test mode, or made in test mode."""
        self.ensure_one()
        company = self.company_id.sudo()
        return company.recouvrement_test_mode or self.relance_id.is_test

    def _email_address(self):
        """``(address, problem)``, one of them empty."""
        self.ensure_one()
        if self._goes_to_test():
            address = self.company_id.sudo().recouvrement_test_email
            if not address:
                return None, self.env._(
                    "Test mode without a test address: set one in the settings."
                )
            return address, None
        contact = self.partner_id
        if not contact:
            return None, self.env._(
                "%s has no contact with an e-mail address. Add one, then send again.",
                self.customer_id.display_name,
            )
        problem = self._contact_problem()
        if problem:
            return None, problem
        address = contact.email_normalized or email_normalize(
            contact.email or "", strict=False
        )
        if not address:
            return None, self.env._(
                "The e-mail address of %s is missing or wrong. Correct it, then send"
                " again.",
                contact.display_name,
            )
        return formataddr((contact.name or "", address)), None

    def _sender_problem(self):
        """Why nobody can write in the collector's or the company's name, if so."""
        if self.relance_id._sender()["email_from"]:
            return None
        return self.env._(
            "No address to write from: give %(collector)s or the company %(company)s an"
            " e-mail address, then send again.",
            collector=self.dossier_id._collector().sudo().display_name,
            company=self.company_id.display_name,
        )

    # ------------------------------------------------------------------
    # Handing over
    # ------------------------------------------------------------------
    def _hand_over(self):
        """One message after the other, sender by sender: see :class:`SmtpLine`."""
        with SmtpLine(self.env) as line:
            for deliveries in self.grouped(
                lambda d: d.message_id.sudo().email_from
            ).values():
                deliveries._hand_over_of_sender(line)

    def _hand_over_of_sender(self, line):
        days = {c.id: c._recouvrement_today() for c in self.company_id}
        behind = self.relance_id.filtered(lambda r: r.date < days[r.company_id.id])
        for index, delivery in enumerate(self):
            try:
                left = delivery._hand_over_one(line, days[delivery.company_id.id])
            except NoSessionError as error:
                self[index:]._no_session(error)
                return
            if left:
                # sent later than decided: the minimum gap counts from today
                (delivery.relance_id & behind)._refresh_date()
            commit_progress(self.env)

    def _hand_over_one(self, line, today):
        """
        :return: whether it left
        :raise NoSessionError: no mail server took the call
        """
        try:
            line.send(self)
        except NotQueuedError:
            return False
        except NoSessionError:
            raise
        except Exception as error:  # every failure belongs to its delivery
            _logger.info("Delivery %s failed: %s", self.id, error)
            self._email_failed(error)
            return False
        self._email_sent(today)
        return True

    def _email_sent(self, today):
        self.write(
            {
                "state": "sent",
                "sent_on": fields.Datetime.now(),
                "left_on": today,
                "attempts": self.attempts + 1,
                "failure_reason": False,
                "retry_on": False,
                "waits": 0,
            }
        )
        self._set_notification({"notification_status": "sent", "failure_type": False})

    def _email_failed(self, error):
        """Refused or cut off; what was taken back meanwhile stays as it is."""
        self.invalidate_recordset(["state"])
        if self.state not in ("queued", "sending"):
            return
        reason = error_words(error)
        answer = isinstance(error.__context__ or error, smtplib.SMTPResponseException)
        uncertain = self.state == "sending" and not answer
        self.write({"attempts": self.attempts + 1})
        self._fail(
            self._uncertain_text()
            if uncertain
            else self.env._(
                "The mail server refused the message to %(recipient)s: %(reason)s",
                recipient=self.recipient,
                reason=reason,
            ),
            uncertain=uncertain,
        )
        self._set_notification(
            {
                "notification_status": "exception",
                "failure_type": "mail_smtp",
                "failure_reason": reason,
            }
        )

    def _set_notification(self, values):
        self.env["mail.notification"].sudo().search(
            [
                ("mail_message_id", "in", self.message_id.ids),
                ("notification_type", "=", "email"),
            ]
        ).write(values)

    def _mark_sending(self):
        """Committed at the last moment before the message itself goes out.

        :return: whether it may go: not cancelled, nor back to test mode, meanwhile
        """
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE recouvrement_delivery d SET state = 'sending'"
            "  FROM res_company c"
            " WHERE d.id = %s AND d.state = 'queued' AND c.id = d.company_id"
            "   AND (d.is_test OR c.recouvrement_test_mode IS NOT TRUE)"
            " RETURNING d.id",
            [self.id],
        )
        taken = self.env.cr.fetchone()
        self.invalidate_recordset(["state"])
        commit_progress(self.env)
        return bool(taken)

    def _mime_message(self):
        """The message as it goes out."""
        message = self.message_id.sudo()
        return (
            self.env["ir.mail_server"]
            .with_context(send_validated_to=[email_normalize(self.recipient)])
            ._build_email__(
                email_from=message.email_from,
                email_to=[self.recipient],
                subject=message.subject,
                body=self._whole_page(message),
                body_alternative=html2plaintext(message.body),
                reply_to=message.reply_to,
                attachments=[
                    (a.name, a.raw, a.mimetype)
                    for a in message.attachment_ids.sorted("id")
                ],
                message_id=message.message_id,
                object_id=f"{message.res_id}-{message.model}",
                subtype="html",
                subtype_alternative="plain",
                headers={"X-Odoo-Objects": f"{message.model}-{message.res_id}"},
            )
        )

    def _whole_page(self, message):
        """The body as a page of its own: mail programs then know how to show it."""
        language = self.relance_id._lang(self.partner_id)
        return PAGE.format(
            lang=language.split("_")[0],
            title=escape(message.subject),
            body=message.body,
        )
