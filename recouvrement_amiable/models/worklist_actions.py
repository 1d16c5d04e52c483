# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import UserError


class RecouvrementWorklist(models.Model):
    """What a click on a row of the worklist leads to."""

    _inherit = "recouvrement.worklist"

    def action_do(self):
        """Open the screen where the work that waits is done."""
        self.ensure_one()
        handler = getattr(self, f"_do_{self.action}", None)
        return handler() if handler else self.action_open_dossier()

    def _deliveries(self, domain):
        return self.env["recouvrement.delivery"].search(
            [("dossier_id", "=", self.id), *domain]
        )

    def _window(self, xmlid, records):
        """An action on some records: the form when there is one, else the list."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"recouvrement_amiable.{xmlid}"
        )
        action["context"] = {}
        if len(records) == 1:
            action.update(res_id=records.id, views=[(False, "form")])
        else:
            action["domain"] = [("id", "in", records.ids)]
        return action

    def _do_fix(self):
        """Failed deliveries first, then the contact; a scenario on the dossier."""
        failed = self._deliveries(
            [("state", "in", ("failed", "returned")), ("settled", "=", False)]
        )
        if failed:
            return self._window("recouvrement_delivery_action", failed)
        if self.reason == "no_contact":
            return self.dossier_id.action_open_partner()
        return self.action_open_dossier()

    def _do_approve(self):
        relances = self.env["recouvrement.relance"].search(
            [("dossier_id", "=", self.id), ("state", "=", "to_approve")]
        )
        return self._window("recouvrement_relance_action", relances)

    def _do_call(self):
        return self._next_to_do("call").action_note_result()

    def _do_visit(self):
        return self._next_to_do("visit").action_note_result()

    def _next_to_do(self, channel):
        """The call or the visit of today, not the one that was put off."""
        today = self.company_id._recouvrement_today()
        return self._deliveries(
            [
                ("channel", "=", channel),
                ("state", "=", "todo"),
                "|",
                ("not_before", "=", False),
                ("not_before", "<=", today),
            ]
        )[:1]

    def _do_post(self):
        return self._open_letters(self._letters())

    def action_post(self):
        """Print and post the letters of all the selected customers at once."""
        letters = self._letters()
        if not letters:
            raise UserError(
                self.env._(
                    "No letter to print or post for the selected customers: choose rows"
                    " that say “Post”."
                )
            )
        return self._open_letters(letters)

    def _letters(self):
        return self.env["recouvrement.delivery"].search(
            [
                ("dossier_id", "in", self.ids),
                ("channel", "in", ("letter", "registered")),
                ("state", "=", "todo"),
            ]
        )

    def _open_letters(self, letters):
        return self._window("recouvrement_letter_action", letters)

    def _do_decide(self):
        """Hand over, agree, go on calling, propose the write-off."""
        return self.dossier_id.action_decide()

    def _do_allocate(self):
        """Open invoices, where the unallocated credits are matched.

        Matching is bookkeeping, and takes the rights of Invoicing: who lacks them is
        told whom to ask.
        """
        invoices = self.dossier_id.action_open_invoices()
        if self.env.user.has_group("account.group_account_invoice"):
            return invoices
        names = ", ".join(self._accountants().mapped("name"))
        customer = self.partner_id.display_name
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "Matching the credits of %(customer)s with the invoices takes the"
                    " rights of Invoicing. Ask %(names)s.",
                    customer=customer,
                    names=names,
                )
                if names
                else self.env._(
                    "Matching the credits of %s with the invoices takes the rights of"
                    " Invoicing, which nobody has in this company: ask an"
                    " administrator.",
                    customer,
                ),
                "next": invoices,
            },
        }

    def _accountants(self, limit=3):
        """Who may match payments with invoices in this company."""
        group = self.env.ref("account.group_account_invoice").sudo()
        users = group.all_user_ids.filtered(
            lambda user: user.active
            and not user.share
            and self.company_id in user.company_ids
        )
        return users.sorted("name")[:limit]

    def _do_bank(self):
        """Where statements are imported and payments recorded."""
        return self.env["ir.actions.act_window"]._for_xml_id(
            "account.open_account_journal_dashboard_kanban"
        )
