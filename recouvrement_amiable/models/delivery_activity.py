# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.tools.misc import format_date

ACTIVITY_TYPES = {
    "call": "mail.mail_activity_data_call",
    "visit": "mail.mail_activity_data_meeting",
    "task": "mail.mail_activity_data_todo",
}

# Results of a call that reached the customer.
ANSWERED = ("reached", "promise", "contested")


class RecouvrementDelivery(models.Model):
    """Calls, visits and decisions: an activity for the right person, and its result."""

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
            user = delivery.dossier_id._responsible(delivery.channel)
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

    # ------------------------------------------------------------------
    # Results
    # ------------------------------------------------------------------
    def _note_result(self, values, again_on=None):
        """What a call or a visit gave.

        Tried again, it stays to do, with its script and its activity, from that day.
        A wrong number is a failure: somebody corrects it, then calls.

        :param dict values: ``result``, ``result_note``, ``promise_date``,
            ``promise_amount``
        :param date again_on: first day on which it is tried again
        """
        for delivery in self:
            wrong = values.get("result") == "wrong_number"
            moved = delivery._outcome(values, None if wrong else again_on)
            activity = delivery.sudo().activity_id
            delivery.write(dict(values, **moved))
            if wrong:
                activity.unlink()
            elif again_on:
                activity.date_deadline = again_on
            elif activity:
                activity.action_feedback(feedback=values.get("result_note") or "")
        self.relance_id._refresh_progress()

    def _outcome(self, values, again_on):
        """How far the delivery got with this result."""
        number = self.partner_id.phone if self.channel == "call" else False
        outcome = {
            "attempts": self.attempts + 1,
            "recipient": number or self.recipient,
            "result_note": self._attempts_note(values, again_on),
            "not_before": again_on,
        }
        if again_on:
            return outcome
        if values.get("result") == "wrong_number":
            return outcome | {
                "state": "failed",
                "settled": False,
                "failure_reason": self._wrong_number_text(),
            }
        return outcome | {
            "state": "delivered" if values.get("result") in ANSWERED else "sent",
            "sent_on": fields.Datetime.now(),
        }

    def _attempts_note(self, values, again_on):
        """What was said, under what the attempts before gave."""
        note = values.get("result_note")
        if again_on or values.get("result") == "wrong_number":
            today = format_date(self.env, self.company_id._recouvrement_today())
            result = dict(self._selection_result()).get(values.get("result"))
            note = ": ".join(filter(None, [f"{today}, {result}", note]))
        return "\n".join(filter(None, [self.result_note, note])) or False

    def _wrong_number_text(self):
        contact = self.partner_id or self.customer_id
        if self.channel != "call":
            return self.env._("%s was not found at this address.", contact.display_name)
        return self.env._(
            "Wrong number: %(phone)s does not reach %(contact)s. Correct the telephone"
            " or choose another contact, then call again.",
            phone=contact.phone or "",
            contact=contact.display_name,
        )

    def action_decide(self):
        """Decide what follows the last level of these customers."""
        return self.dossier_id.action_decide()

    def _note_decision(self, text):
        """A person decided what follows: the task is done."""
        activities = self.sudo().activity_id
        self.write(
            {
                "state": "delivered",
                "result_note": text,
                "sent_on": fields.Datetime.now(),
            }
        )
        activities.action_feedback()
        self.relance_id._refresh_progress()
