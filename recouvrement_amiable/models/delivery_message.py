# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools.mail import generate_tracking_message_id


class RecouvrementDelivery(models.Model):
    """The messages of a batch on the dossiers' threads: the text and the proof."""

    _inherit = "recouvrement.delivery"

    def _prepare_messages(self):
        """Write the messages on the dossiers' threads: the text and the proof."""
        # A message prepared before a crash may be older than the ledger.
        outdated = self.message_id.sudo()
        self.message_id = False
        outdated.unlink()
        todo = self
        relances = todo.relance_id
        contents = relances._email_contents(
            {d.relance_id.id: d.partner_id for d in todo}
        )
        attachments = relances.filtered("level_id.attach_invoices")._invoice_documents()
        senders = {relance.dossier_id.id: relance._sender() for relance in relances}
        # Looks for the aliases of all dossiers at once.
        replies = relances.dossier_id._notify_get_reply_to_batch(
            {dossier_id: sender["email_from"] for dossier_id, sender in senders.items()}
        )
        note = self.env.ref("mail.mt_note").id
        values = [
            delivery._message_values(
                contents[delivery.relance_id.id],
                attachments.get(delivery.relance_id.id, []),
                senders[delivery.dossier_id.id],
            )
            | {"subtype_id": note, "reply_to": replies[delivery.dossier_id.id]}
            for delivery in todo
        ]
        messages = self._create_messages(values)
        for delivery, message in zip(todo, messages, strict=True):
            delivery.message_id = message
        self.env["mail.notification"].sudo().create(
            [
                {
                    "mail_message_id": delivery.message_id.id,
                    "res_partner_id": delivery.partner_id.id,
                    "notification_type": "email",
                    "notification_status": "ready",
                    "is_read": True,
                }
                for delivery in todo
                if delivery.partner_id and not delivery.is_test
            ]
        )

    @api.model
    def _create_messages(self, values):
        """Messages whose bodies are written as they are.

        Odoo would parse and clean each of them again, which takes longer than all the
        rest: see ``recouvrement.relance._content`` for why they are clean already. A
        picture within a text is left to Odoo, which makes an attachment of it.
        """
        bodies = [
            None if "data:image/" in own["body"] else own.pop("body") for own in values
        ]
        messages = self.env["mail.message"].sudo().create(values)
        rows = [
            (message.id, str(body))
            for message, body in zip(messages, bodies, strict=True)
            if body is not None
        ]
        if rows:
            self.env.cr.execute_values(
                "UPDATE mail_message m SET body = v.body"
                "  FROM (VALUES %s) v (id, body) WHERE m.id = v.id",
                rows,
            )
            messages.invalidate_recordset(["body"])
        return messages

    def _message_values(self, content, attachments, sender):
        self.ensure_one()
        dossier = self.dossier_id
        subject = content["subject"]
        if self.is_test:
            subject = self.env._(
                "[TEST for %(customer)s] %(subject)s",
                customer=self.customer_id.display_name,
                subject=subject,
            )
        return {
            "model": dossier._name,
            "res_id": dossier.id,
            "message_type": "email_outgoing",
            "subject": subject,
            "body": content["body"],
            "author_id": sender["partner"].id,
            "email_from": sender["email_from"],
            "message_id": generate_tracking_message_id(
                f"{dossier.id}-recouvrement-{self.id}"
            ),
            "record_company_id": self.company_id.id,
            "attachment_ids": [
                fields.Command.create(
                    {
                        "name": name,
                        "raw": data,
                        "mimetype": "application/pdf",
                        "res_model": dossier._name,
                        "res_id": dossier.id,
                    }
                )
                for name, data in attachments
            ],
        }
