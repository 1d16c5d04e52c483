# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class RecouvrementDelivery(models.Model):
    """A person sends again what failed or came back."""

    _inherit = "recouvrement.delivery"

    def action_retry(self):
        """Queue failed or returned deliveries again."""
        self.check_access("write")
        retry = self.sudo().filtered(lambda d: d.state in ("failed", "returned"))
        if not retry:
            raise UserError(self.env._("Only failed deliveries are sent again."))
        closed = retry.filtered(
            lambda d: d.relance_id.state not in ("approved", "done")
        )
        if closed:
            raise UserError(
                self.env._(
                    "%s is not approved any more: make a new relance instead.",
                    closed[:1].relance_id.name,
                )
            )
        retry._check_not_outdated()
        retry._check_no_effect()
        retry._check_still_stands()
        retry._find_contact()
        # A message that goes to a new address is a new message; what was sent
        # before stays in the thread of the dossier.
        retry.write(
            {
                "state": "queued",
                "queued_on": fields.Datetime.now(),
                "failure_reason": False,
                "settled": False,
                "uncertain": False,
                "despite_closed": False,
                "message_id": False,
                "attachment_id": False,
                "not_before": False,
                "result": False,
                "printed_on": False,
                "posted_on": False,
                "tracking_number": False,
                "presented_on": False,
                "received_on": False,
                "returned_on": False,
            }
        )
        retry.relance_id._refresh_progress()
        self._wake_sender()

    def _check_no_effect(self):
        """What was presented has its effects in law: its dates are a proof."""
        presented = self.filtered(
            lambda d: d.channel == "registered" and (d.presented_on or d.received_on)
        )[:1]
        if presented:
            raise UserError(
                self.env._(
                    "%(name)s was presented on %(day)s and keeps its effects, even if"
                    " it came back: make a new relance instead of sending it again.",
                    name=presented.display_name,
                    day=format_date(
                        self.env, presented.presented_on or presented.received_on
                    ),
                )
            )

    def _check_not_outdated(self):
        """A message is not sent again after a later one to the same customer.

        A courtesy reminder makes no late relance outdated.
        """
        others = self.env["recouvrement.relance"].search(
            [
                ("dossier_id", "in", self.dossier_id.ids),
                ("id", ">", min(self.relance_id.ids)),
                ("state", "in", ("approved", "done")),
                ("origin", "!=", "entry"),
            ]
        )
        for delivery in self:
            relance = delivery.relance_id
            later = others.filtered(
                lambda other, relance=relance: other.dossier_id == relance.dossier_id
                and other.id > relance.id
                and (relance.courtesy or not other.courtesy)
            )[:1]
            if later:
                raise UserError(
                    self.env._(
                        "%(customer)s got a later relance (%(later)s): %(name)s is not"
                        " sent any more.",
                        customer=delivery.customer_id.display_name,
                        later=later.name,
                        name=relance.name,
                    )
                )

    def _check_still_stands(self):
        """Who sends again learns at once what speaks against it."""
        relances = self.relance_id
        relances._revalidate()
        label = self.env["recouvrement.open.item"]._reason_label
        for delivery in self:
            relance = delivery.relance_id
            fallen = relance.state_reason or delivery.state == "cancelled"
            if fallen or relance.held_reason:
                raise UserError(
                    self.env._(
                        "%(name)s to %(customer)s is not sent again: %(why)s.",
                        name=relance.name,
                        customer=delivery.customer_id.display_name,
                        why=relance.state_reason
                        if fallen
                        else label(relance.held_reason),
                    )
                )
