# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class RecouvrementDelivery(models.Model):
    """A person sends again what failed or came back."""

    _inherit = "recouvrement.delivery"

    def action_retry(self):
        """Queue failed or returned deliveries again; name those that do not go."""
        self.check_access("write")
        retry = self.sudo().filtered(lambda d: d.state in ("failed", "returned"))
        if not retry:
            raise UserError(self.env._("Only failed deliveries are sent again."))
        refused = retry._why_not_again()
        again = retry - retry.browse(refused)
        if not again:
            raise UserError("\n".join(list(refused.values())[:5]))
        again._queue_again()
        return self._tell_refused(again, list(refused.values())) if refused else None

    def _queue_again(self):
        self._find_contact()
        self._keep_post_dates()
        # A message that goes to a new address is a new message; what was sent
        # before stays in the thread of the dossier.
        self.write(
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
                "retry_on": False,
                "waits": 0,
                "result": False,
                "printed_on": False,
                "posted_on": False,
                "tracking_number": False,
                "presented_on": False,
                "received_on": False,
                "returned_on": False,
            }
        )
        self.relance_id._refresh_progress()
        self._wake_sender()

    def _tell_refused(self, again, reasons):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._(
                    "%(again)s sent again, %(refused)s not: %(why)s",
                    again=len(again),
                    refused=len(reasons),
                    why=" ".join(reasons[:5]),
                ),
                "type": "warning",
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _why_not_again(self):
        """``{delivery id: reason}`` of those that are not sent again.

        The ledger is looked at last, and only for what may go otherwise.
        """
        reasons = {}
        for check in (
            "_why_closed",
            "_why_outdated",
            "_why_in_effect",
            "_why_it_does_not_stand",
        ):
            left = self - self.browse(reasons)
            if left:
                reasons |= getattr(left, check)()
        return reasons

    def _why_closed(self):
        return {
            delivery.id: self.env._(
                "%s is not approved any more: make a new relance instead.",
                delivery.relance_id.name,
            )
            for delivery in self
            if delivery.relance_id.state not in ("approved", "done")
        }

    def _why_in_effect(self):
        """What took its effects in law keeps them: its dates are a proof."""
        reasons = {}
        for delivery in self.filtered(lambda d: d.channel == "registered"):
            presented = delivery.presented_on or delivery.received_on
            basis = delivery.company_id.sudo().recouvrement_notice_basis
            if presented:
                reasons[delivery.id] = self.env._(
                    "%(name)s was presented on %(day)s and keeps its effects, even if"
                    " it came back: make a new relance instead of sending it again.",
                    name=delivery.display_name,
                    day=format_date(self.env, presented),
                )
            elif basis == "posted" and delivery.posted_on:
                reasons[delivery.id] = self.env._(
                    "%(name)s took effect with its deposit on %(day)s and keeps its"
                    " effects, even if it came back: make a new relance instead of"
                    " sending it again.",
                    name=delivery.display_name,
                    day=format_date(self.env, delivery.posted_on),
                )
        return reasons

    def _keep_post_dates(self):
        """What the post did before stays readable in the thread of the dossier."""
        for delivery in self:
            days = [
                (self.env._("deposited on"), delivery.posted_on),
                (self.env._("returned on"), delivery.returned_on),
            ]
            before = [
                f"{word} {format_date(self.env, day)}" for word, day in days if day
            ]
            if delivery.tracking_number:
                before.append(
                    self.env._("tracking number %s", delivery.tracking_number)
                )
            if before:
                delivery.dossier_id._message_log(
                    body=self.env._(
                        "%(name)s is sent again. Before: %(before)s.",
                        name=delivery.display_name,
                        before=", ".join(before),
                    )
                )

    def _why_outdated(self):
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
        reasons = {}
        for delivery in self:
            relance = delivery.relance_id
            later = others.filtered(
                lambda other, relance=relance: other.dossier_id == relance.dossier_id
                and other.id > relance.id
                and (relance.courtesy or not other.courtesy)
            )[:1]
            if later:
                reasons[delivery.id] = self.env._(
                    "%(customer)s got a later relance (%(later)s): %(name)s is not"
                    " sent any more.",
                    customer=delivery.customer_id.display_name,
                    later=later.name,
                    name=relance.name,
                )
        return reasons

    def _why_it_does_not_stand(self):
        """Who sends again learns at once what speaks against it."""
        self.relance_id._revalidate()
        label = self.env["recouvrement.open.item"]._reason_label
        reasons = {}
        for delivery in self:
            relance = delivery.relance_id
            fallen = relance.state_reason or delivery.state == "cancelled"
            if fallen or relance.held_reason:
                reasons[delivery.id] = self.env._(
                    "%(name)s to %(customer)s is not sent again: %(why)s.",
                    name=relance.name,
                    customer=delivery.customer_id.display_name,
                    why=relance.state_reason if fallen else label(relance.held_reason),
                )
        return reasons
