# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class RecouvrementCallResult(models.TransientModel):
    """What a call or a visit gave, and what comes next."""

    _name = "recouvrement.call.result"
    _description = "Result of a call"

    delivery_id = fields.Many2one("recouvrement.delivery", required=True, readonly=True)
    dossier_id = fields.Many2one(related="delivery_id.dossier_id")
    channel = fields.Selection(related="delivery_id.channel")
    contact_id = fields.Many2one(related="delivery_id.partner_id")
    phone = fields.Char(related="delivery_id.partner_id.phone")
    amount_due = fields.Monetary(related="delivery_id.relance_id.amount_due")
    currency_id = fields.Many2one(related="delivery_id.currency_id")
    call_note = fields.Html(compute="_compute_call_note", sanitize=False)
    result = fields.Selection(
        lambda self: self.env["recouvrement.delivery"]._selection_result(),
        required=True,
    )
    note = fields.Text(string="What Was Said")
    promise_date = fields.Date(string="Promised For")
    promise_amount = fields.Monetary(string="Promised Amount")
    next_step = fields.Selection(
        [
            ("scenario", "Let the scenario go on"),
            ("call", "Call again"),
            ("postpone", "Leave in peace until a day"),
        ],
        default="scenario",
        required=True,
    )
    next_date = fields.Date(
        string="On", compute="_compute_next_date", store=True, readonly=False
    )

    @api.depends("delivery_id")
    def _compute_call_note(self):
        for wizard in self:
            relance = wizard.delivery_id.relance_id
            wizard.call_note = relance._call_note(wizard.contact_id)

    @api.depends("next_step", "promise_date")
    def _compute_next_date(self):
        for wizard in self:
            today = wizard.env.company._recouvrement_today()
            if wizard.next_step == "call":
                wizard.next_date = today + timedelta(days=2)
            elif wizard.next_step == "postpone":
                # The day after the promise: money first, then the next step.
                wizard.next_date = (
                    wizard.promise_date or today + timedelta(days=7)
                ) + timedelta(days=1)
            else:
                wizard.next_date = False

    @api.onchange("result")
    def _onchange_result(self):
        if self.result == "promise":
            self.promise_amount = self.promise_amount or self.amount_due
            self.next_step = "postpone"
        elif self.result in ("message", "unreached"):
            self.next_step = "call"

    @api.model_create_multi
    def create(self, vals_list):
        """Only for deliveries that the person may work on."""
        ids = [vals["delivery_id"] for vals in vals_list if vals.get("delivery_id")]
        self.env["recouvrement.delivery"].browse(ids).check_access("write")
        return super().create(vals_list)

    def action_confirm(self):
        self.ensure_one()
        delivery = self.delivery_id
        delivery.check_access("write")
        if delivery.state != "todo":
            raise UserError(self.env._("%s is already noted.", delivery.display_name))
        self._check_dates()
        delivery.sudo()._note_result(
            {
                "result": self.result,
                "result_note": self.note,
                "promise_date": self.promise_date,
                "promise_amount": self.promise_amount if self.promise_date else 0,
            }
        )
        self._post_on_dossier()
        if self.next_step == "postpone":
            delivery.dossier_id._pause(self.next_date, self._pause_reason())
        elif self.next_step == "call":
            delivery.dossier_id.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=self.next_date,
                user_id=self.env.uid,
                summary=self.env._("Call again"),
                note=self.note,
            )
        return {"type": "ir.actions.act_window_close"}

    def _check_dates(self):
        today = self.env.company._recouvrement_today()
        if self.result == "promise" and not self.promise_date:
            raise UserError(self.env._("Give the day of the promise."))
        if self.promise_date and self.promise_date < today:
            raise UserError(self.env._("A promise cannot be for a day in the past."))
        if self.promise_amount < 0:
            raise UserError(self.env._("The promised amount cannot be negative."))
        if self.next_step != "scenario" and (
            not self.next_date or self.next_date <= today
        ):
            raise UserError(self.env._("Give the day of the next step, after today."))

    def _pause_reason(self):
        if self.promise_date:
            return self.env._(
                "Promise for %s", format_date(self.env, self.promise_date)
            )
        return self.note or dict(
            self.env["recouvrement.delivery"]._selection_result()
        ).get(self.result)

    def _post_on_dossier(self):
        """The call stays readable in the thread of the dossier."""
        labels = dict(self.env["recouvrement.delivery"]._selection_result())
        lines = [labels.get(self.result, "")]
        if self.promise_date:
            lines.append(
                self.env._(
                    "Promise of %(amount)s for %(day)s",
                    amount=self.delivery_id.relance_id._money(self.promise_amount),
                    day=format_date(self.env, self.promise_date),
                )
            )
        if self.note:
            lines.append(self.note)
        self.dossier_id.message_post(
            body=Markup("<br/>").join(lines), subtype_xmlid="mail.mt_note"
        )
