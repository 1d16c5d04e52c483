# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

# Column of the one query that names the contact of each channel.
CONTACT_COLUMNS = {
    "email": "email_partner_id",
    "letter": "post_partner_id",
    "registered": "post_partner_id",
    "call": "phone_partner_id",
}


class RecouvrementDelivery(models.Model):
    """To whom: the contact that the one query names, or a person's choice."""

    _inherit = "recouvrement.delivery"

    is_chosen = fields.Boolean(
        readonly=True, help="A person chose the contact: it stays."
    )

    @api.constrains("partner_id")
    def _check_contact(self):
        for delivery in self:
            delivery.partner_id._recouvrement_check_contact_of(delivery.customer_id)

    def _with_another_contact(self, vals):
        """Those whose contact these values change."""
        if "partner_id" not in vals:
            return self.browse()
        return self.filtered(lambda d: d.partner_id.id != (vals["partner_id"] or False))

    def _contact_changed(self):
        """A letter to another contact is another letter, a call has other words."""
        self._write_letters_again()
        self._write_call_notes_again()

    def _channel_changed(self, with_contact):
        """Another channel needs words, and a contact who can be reached by it.

        :param bool with_contact: the person chose the contact at the same time
        """
        labels = dict(self._selection_channel())
        for delivery in self:
            relance = delivery.relance_id
            writes = delivery.channel in ("email", "letter", "registered")
            if writes and is_html_empty(
                relance.custom_body or relance._text_level().body
            ):
                raise UserError(
                    self.env._(
                        "The scenario of %(relance)s has no words for %(channel)s: give"
                        " its level “%(level)s” a subject and a text first.",
                        relance=relance.name,
                        channel=labels[delivery.channel],
                        level=relance.level_id.name,
                    )
                )
        if not with_contact:
            free = self.filtered(lambda d: not d.is_chosen)
            free.write({"partner_id": False})
            free._find_contact()

    def _write_letters_again(self):
        letters = self.filtered(
            lambda d: d.channel in ("letter", "registered") and d.state == "todo"
        )
        if letters:
            letters._remake_letters()
            letters.relance_id._refresh_progress()
            self._wake_sender()

    def _write_call_notes_again(self):
        """A note that cannot be written says why: the contact changes all the same."""
        for call in self.filtered(lambda d: d.state == "todo" and d.activity_id):
            try:
                note = call.relance_id._call_note(call.partner_id)
            except UserError as error:
                note = call.relance_id._preview_refused(error)["body"]
            call.activity_id.note = note

    @api.model
    def _contacts_corrected(self, contacts, corrected):
        """What waits to be posted or called was made for the old address.

        :param contacts: res.partner
        :param set corrected: names of fields of which a letter or a call speaks
        """
        waiting = self.search(
            [
                ("state", "=", "todo"),
                "|",
                ("partner_id", "in", contacts.ids),
                ("partner_id.parent_id", "in", contacts.ids),
            ]
        )
        if corrected - {"phone"}:
            waiting._write_letters_again()
        if corrected & {"name", "phone"}:
            waiting._write_call_notes_again()

    def _find_contact(self):
        """A contact for deliveries that had none, if the customer got one since."""
        missing = self.filtered(lambda d: not d.partner_id)
        if not missing:
            return
        rows = self.env["recouvrement.open.item"]._situations(
            missing.company_id, partners=missing.dossier_id.partner_id
        )
        by_dossier = {row["dossier_id"]: row for row in rows}
        for delivery in missing:
            row = by_dossier.get(delivery.dossier_id.id, {})
            column = CONTACT_COLUMNS.get(delivery.channel)
            delivery.partner_id = row.get(column) if column else False

    def _contact_problem(self):
        """Why this contact is written to no more, or None.

        The customer itself is, archived or not: it still owes.
        """
        self.ensure_one()
        contact = self.partner_id
        if not contact or contact == self.customer_id:
            return None
        if contact.commercial_partner_id != self.customer_id:
            return self.env._(
                "%(contact)s belongs to %(customer)s now: choose another contact, then"
                " send again.",
                contact=contact.display_name,
                customer=contact.commercial_partner_id.display_name,
            )
        if contact.active:
            return None
        return self.env._(
            "%s is archived: choose another contact, then send again.",
            contact.display_name,
        )
