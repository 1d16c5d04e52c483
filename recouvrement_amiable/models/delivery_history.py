# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools.misc import format_date, formatLang

# What ``data/neutralize.sql`` writes: a script has no language, the reader has one.
NEUTRALIZED = "neutralized"


class RecouvrementDelivery(models.Model):
    """What became of a delivery, in words, for whoever looks back."""

    _inherit = "recouvrement.delivery"

    failure_text = fields.Char(string="Failure", compute="_compute_failure_text")
    history_day = fields.Date(string="Day", compute="_compute_history")
    history_text = fields.Char(string="What Happened", compute="_compute_history")

    @api.depends("failure_reason")
    @api.depends_context("lang")
    def _compute_failure_text(self):
        for delivery in self:
            delivery.failure_text = self._failure_words(delivery.failure_reason)

    @api.model
    def _failure_words(self, reason):
        """A failure as a person reads it: written by the sender, or by a script."""
        if reason == NEUTRALIZED:
            return self.env._("Neutralized copy: not sent")
        return reason

    @api.depends(
        "state",
        "result",
        "result_note",
        "promise_date",
        "promise_amount",
        "failure_reason",
        "sent_on",
        "posted_on",
        "received_on",
        "returned_on",
        "relance_id.date",
    )
    @api.depends_context("lang", "tz")
    def _compute_history(self):
        """The last thing that happened to it: on which day, and what."""
        states = dict(self._fields["state"]._description_selection(self.env))
        results = dict(self._selection_result())
        for delivery in self:
            delivery.history_day = (
                delivery.returned_on
                or delivery.received_on
                or delivery.posted_on
                or (
                    delivery.sent_on
                    and fields.Date.context_today(delivery, delivery.sent_on)
                )
                or delivery.relance_id.date
            )
            outcome = results.get(delivery.result) or states.get(delivery.state)
            details = [delivery._promise_words(), delivery.result_note]
            if delivery.state in ("failed", "returned"):
                details.append(delivery.failure_text)
            delivery.history_text = ": ".join(
                filter(None, [outcome, " · ".join(filter(None, details))])
            )

    def _promise_words(self):
        """“€3,200.00 for 11/18/2026”, or nothing."""
        self.ensure_one()
        if not self.promise_date:
            return ""
        return self.env._(
            "%(amount)s for %(day)s",
            amount=formatLang(
                self.env, self.promise_amount, currency_obj=self.currency_id
            ),
            day=format_date(self.env, self.promise_date),
        )
