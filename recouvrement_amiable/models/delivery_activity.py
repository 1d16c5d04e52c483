# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

ACTIVITY_TYPES = {
    "call": "mail.mail_activity_data_call",
    "visit": "mail.mail_activity_data_meeting",
    "task": "mail.mail_activity_data_todo",
}


class RecouvrementDelivery(models.Model):
    """Calls, visits and decisions: an activity for the right person."""

    _inherit = "recouvrement.delivery"

    def _deliver_call(self):
        self._deliver_activity()

    def _deliver_visit(self):
        self._deliver_activity()

    def _deliver_task(self):
        self._deliver_activity()

    def _deliver_activity(self):
        """One activity per delivery, on the dossier, in one batch."""
        ready = self.browse()
        for delivery in self:
            user = delivery._responsible()
            if not user:
                delivery._fail(
                    self.env._(
                        "Nobody to act for %s: name a collector on the dossier, or a"
                        " default collector in the settings.",
                        delivery.customer_id.display_name,
                    )
                )
                continue
            delivery.user_id = user
            ready |= delivery
        ready._supersede_calls()
        # The worklist shows them: no e-mail per call to the collector.
        activities = (
            self.env["mail.activity"]
            .sudo()
            .with_context(mail_activity_quick_update=True)
            .create([delivery._activity_values() for delivery in ready])
        )
        for delivery, activity in zip(ready, activities, strict=True):
            delivery.activity_id = activity
        ready.write({"state": "todo"})

    def _responsible(self):
        self.ensure_one()
        company = self.company_id.sudo()
        named = {
            "visit": self.customer_id.sudo().user_id,
            "task": company.recouvrement_manager_id,
        }.get(self.channel)
        return named if named and named.active else self.dossier_id._collector()

    def _supersede_calls(self):
        """A new call replaces the one that nobody made."""
        older = self.search(
            [
                ("dossier_id", "in", self.dossier_id.ids),
                ("channel", "in", ("call", "visit")),
                ("state", "=", "todo"),
                ("id", "not in", self.ids),
            ]
        ).filtered(
            lambda old: old.channel
            in self.filtered(lambda d: d.dossier_id == old.dossier_id).mapped("channel")
        )
        if older:
            older.write({"result_note": self.env._("Replaced by a later one")})
            older._cancel()
            older.relance_id._refresh_progress()

    def _activity_values(self):
        self.ensure_one()
        relance = self.relance_id
        level = relance.level_id.with_context(
            lang=relance._installed_lang(self.user_id.lang)
        )
        return {
            "res_model_id": self.env["ir.model"]._get_id(self.dossier_id._name),
            "res_id": self.dossier_id.id,
            "activity_type_id": self.env.ref(ACTIVITY_TYPES[self.channel]).id,
            "user_id": self.user_id.id,
            "date_deadline": relance.date,
            "summary": ("[TEST] " if self._goes_to_test() else "") + level.name,
            "note": relance._call_note(self.partner_id),
            "recouvrement_delivery_id": self.id,
        }

    def _note_result(self, values):
        """What a call or a visit gave; its activity is done.

        :param dict values: ``result``, ``result_note``, ``promise_date``,
            ``promise_amount``
        """
        for delivery in self:
            reached = values.get("result") in ("reached", "promise", "contested")
            delivery.write(
                dict(
                    values,
                    state="delivered" if reached else "sent",
                    sent_on=fields.Datetime.now(),
                    attempts=delivery.attempts + 1,
                )
            )
            activity = delivery.sudo().activity_id
            if activity:
                activity.action_feedback(feedback=values.get("result_note") or "")
        self.relance_id._refresh_progress()
