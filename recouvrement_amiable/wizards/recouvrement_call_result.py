# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class RecouvrementCallResult(models.TransientModel):
    """What a call or a visit gave, and what comes next."""

    _name = "recouvrement.call.result"
    _inherit = "recouvrement.wizard"
    _description = "Result of a call"
    _link_rights = {"delivery_id": "write"}

    delivery_id = fields.Many2one("recouvrement.delivery", required=True, readonly=True)
    dossier_id = fields.Many2one(related="delivery_id.dossier_id")
    channel = fields.Selection(related="delivery_id.channel")
    contact_id = fields.Many2one(related="delivery_id.partner_id")
    phone = fields.Char(related="delivery_id.partner_id.phone")
    amount_due = fields.Monetary(related="delivery_id.relance_id.amount_due")
    currency_id = fields.Many2one(related="delivery_id.currency_id")
    call_note = fields.Html(compute="_compute_call_note", sanitize=False)
    earlier = fields.Text(related="delivery_id.result_note", string="Before")
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
            ("exclude", "Leave out what is contested until a day"),
            ("postpone", "Leave in peace until a day"),
        ],
        default="scenario",
        required=True,
    )
    next_date = fields.Date(
        string="On", compute="_compute_next_date", store=True, readonly=False
    )
    line_ids = fields.One2many(
        "recouvrement.call.result.line",
        "wizard_id",
        string="Contested",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("delivery_id")
    def _compute_call_note(self):
        for wizard in self:
            relance = wizard.delivery_id.relance_id
            wizard.call_note = relance._call_note(wizard.contact_id)

    @api.depends("delivery_id")
    def _compute_line_ids(self):
        """What the call was about; a single item is the one that is contested."""
        for wizard in self:
            items = wizard._items()
            wizard.line_ids = [Command.clear()] + [
                Command.create({"move_line_id": item.id, "contested": len(items) == 1})
                for item in items
            ]

    def _items(self):
        """Items that the relance still asks for, oldest first."""
        lines = self.delivery_id.relance_id.line_ids.filtered(
            lambda line: line.kind in ("a_late", "b_early")
            and not (line.cancelled or line.struck)
        )
        items = lines.sorted("date_due").move_line_id
        return items.filtered(lambda item: item.amount_residual > 0)

    @api.depends("next_step", "promise_date")
    def _compute_next_date(self):
        for wizard in self:
            company = wizard.delivery_id.company_id or wizard.env.company
            today = company._recouvrement_today()
            if wizard.next_step == "call":
                calendar = company.sudo()._recouvrement_calendar()
                wizard.next_date = calendar.next_open(today + timedelta(days=2))
            elif wizard.next_step == "exclude":
                wizard.next_date = today + timedelta(days=30)
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
        elif self.result == "contested":
            self.next_step = "exclude"
        elif self.result:
            self.next_step = "scenario"

    def action_confirm(self):
        self.ensure_one()
        delivery = self.delivery_id
        delivery.check_access("write")
        if delivery.state != "todo":
            raise UserError(self.env._("%s is already noted.", delivery.display_name))
        # Nothing follows a wrong number before it is corrected.
        step = "scenario" if self.result == "wrong_number" else self.next_step
        self._check_dates(step)
        self._check_contested(step)
        delivery.sudo()._note_result(
            {
                "result": self.result,
                "result_note": self.note,
                "promise_date": self.promise_date,
                "promise_amount": self.promise_amount if self.promise_date else 0,
            },
            again_on=self.next_date if step == "call" else None,
        )
        self._post_on_dossier(step)
        if step == "postpone":
            delivery.dossier_id._pause(self.next_date, self._pause_reason())
        elif step == "exclude":
            self._exclude_contested()
        return {"type": "ir.actions.act_window_close"}

    def _check_contested(self, step):
        if step != "exclude":
            return
        if not self._contested():
            raise UserError(
                self.env._("Tick what %s contests.", self.dossier_id.display_name)
            )

    def _contested(self):
        """Items ticked, of those that the call was about."""
        ticked = self.line_ids.filtered("contested").move_line_id
        return ticked & self._items()

    def _exclude_contested(self):
        """The invoices leave the relances until the day, with what was said."""
        exclude = self.env["recouvrement.exclude"].create(
            {
                "dossier_ids": [Command.set(self.dossier_id.ids)],
                "move_ids": [],
                "line_ids": [
                    Command.create({"move_line_id": item.id, "chosen": True})
                    for item in self._contested()
                ],
                "whole_invoice": True,
                "reason": self._contest_reason(),
                "until": self.next_date,
            }
        )
        exclude.action_confirm()

    def _contest_reason(self):
        words = self.env._("Contested on the telephone")
        if self.channel == "visit":
            words = self.env._("Contested at a visit")
        return ": ".join(filter(None, [words, " ".join((self.note or "").split())]))

    def _check_dates(self, step):
        today = self.delivery_id.company_id._recouvrement_today()
        if self.result == "promise" and not self.promise_date:
            raise UserError(self.env._("Give the day of the promise."))
        if self.promise_date and self.promise_date < today:
            raise UserError(self.env._("A promise cannot be for a day in the past."))
        if self.promise_amount < 0:
            raise UserError(self.env._("The promised amount cannot be negative."))
        if step != "scenario" and (not self.next_date or self.next_date <= today):
            raise UserError(self.env._("Give the day of the next step, after today."))

    def _pause_reason(self):
        if self.promise_date:
            return self.env._(
                "Promise for %s", format_date(self.env, self.promise_date)
            )
        return self.note or dict(
            self.env["recouvrement.delivery"]._selection_result()
        ).get(self.result)

    def _post_on_dossier(self, step):
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
        if step == "call":
            day = format_date(self.env, self.next_date)
            lines.append(self.env._("To be tried again on %s", day))
        if step == "exclude":
            lines.append(
                self.env._(
                    "Left out of the relances until %(day)s: %(invoices)s",
                    day=format_date(self.env, self.next_date),
                    invoices=", ".join(self._contested().move_id.mapped("name")),
                )
            )
        if self.note:
            lines.append(self.note)
        self.dossier_id.message_post(
            body=Markup("<br/>").join(lines), subtype_xmlid="mail.mt_note"
        )


class RecouvrementCallResultLine(models.TransientModel):
    """One item that the call was about, contested or not."""

    _name = "recouvrement.call.result.line"
    _inherit = "recouvrement.wizard"
    _description = "Item of a call"

    wizard_id = fields.Many2one(
        "recouvrement.call.result", required=True, index=True, ondelete="cascade"
    )
    contested = fields.Boolean()
    move_line_id = fields.Many2one("account.move.line", string="Item", required=True)
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    date_due = fields.Date(related="move_line_id.date_maturity", string="Due")
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    amount = fields.Monetary(
        related="move_line_id.amount_residual_currency", string="Left to Pay"
    )
