# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.mail import email_normalize

FINAL_STATES = ("sent", "delivered", "cancelled")
# What a person may change on a delivery; the rest moves through the actions.
EDITABLE = {
    "partner_id",
    "channel",
    "user_id",
    "contact_phone",
    "posted_on",
    "tracking_number",
    "presented_on",
    "received_on",
    "returned_on",
}
LEFT_STATES = ("sending", "sent", "delivered", "returned")


class RecouvrementDelivery(models.Model):
    """One relance on one channel: to whom, how far it got, and the proof.

    Effects outside the database start only from here, after the commit that
    records the intention. The state ``sending`` is committed at the last moment
    before a message is handed over, so that after a crash it names exactly the
    messages of which nobody can say whether they left: those become failures
    for a person to decide, all others are simply sent by the next call.
    """

    _name = "recouvrement.delivery"
    _description = "Delivery of a relance"
    _order = "id desc"
    _check_company_auto = True

    relance_id = fields.Many2one(
        "recouvrement.relance",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    customer_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    level_id = fields.Many2one(related="relance_id.level_id")
    held_reason = fields.Selection(related="relance_id.held_reason")
    collector_id = fields.Many2one(related="dossier_id.collector_id")
    channel = fields.Selection("_selection_channel", required=True)
    state = fields.Selection(
        [
            ("draft", "Waiting for approval"),
            ("queued", "Queued"),
            ("sending", "Being handed over"),
            ("todo", "To do"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("returned", "Returned"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
    )
    settled = fields.Boolean(
        readonly=True, help="A person dealt with this failure: it no longer alerts."
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", index="btree_not_null", ondelete="set null"
    )
    recipient = fields.Char(
        readonly=True, help="The address or number that was really used."
    )
    is_test = fields.Boolean(string="Test", readonly=True)
    queued_on = fields.Datetime(readonly=True)
    sent_on = fields.Datetime(readonly=True)
    left_on = fields.Date(
        readonly=True, help="Day on which the message was handed over."
    )
    attempts = fields.Integer(readonly=True)
    failure_reason = fields.Char(readonly=True)
    uncertain = fields.Boolean(
        readonly=True,
        copy=False,
        help="It failed while it was being handed over: nobody knows whether it left,"
        " so it counts as left until a person sends it again.",
    )
    has_left = fields.Boolean(compute="_compute_has_left")
    can_change = fields.Boolean(compute="_compute_can_change")
    user_id = fields.Many2one("res.users", string="Assigned To", ondelete="set null")
    message_id = fields.Many2one(
        "mail.message", readonly=True, index="btree_not_null", ondelete="set null"
    )
    message_subject = fields.Char(related="message_id.subject")
    message_from = fields.Char(related="message_id.email_from")
    message_body = fields.Html(related="message_id.body", string="Message Sent")
    attachment_id = fields.Many2one(
        "ir.attachment",
        string="Document",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    # Post
    printed_on = fields.Date(readonly=True)
    posted_on = fields.Date(string="Deposited On")
    tracking_number = fields.Char()
    presented_on = fields.Date(string="First Presented On")
    received_on = fields.Date()
    returned_on = fields.Date()

    # Call and visit
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, index="btree_not_null", ondelete="set null"
    )
    contact_phone = fields.Char(
        related="partner_id.phone", string="Telephone", readonly=False
    )
    not_before = fields.Date(
        string="Put Off To",
        readonly=True,
        help="A person tried and tries again on this day; nothing else leaves before"
        " it is over.",
    )
    result = fields.Selection("_selection_result", readonly=True)
    result_note = fields.Text(readonly=True)
    promise_date = fields.Date(readonly=True)
    promise_amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    _relance_channel_uniq = models.UniqueIndex(
        "(relance_id, channel) WHERE state <> 'cancelled'",
        "A relance goes once on each channel.",
    )
    _pending_idx = models.Index(
        "(state, channel) WHERE state IN ('draft', 'queued', 'sending', 'todo',"
        " 'failed', 'returned')"
    )
    _put_off_idx = models.Index(
        "(dossier_id, not_before) WHERE state = 'todo' AND not_before IS NOT NULL"
    )
    _dates_in_order = models.Constraint(
        "CHECK (COALESCE(presented_on, received_on, returned_on) IS NULL"
        " OR posted_on IS NOT NULL"
        " AND COALESCE(presented_on, posted_on) >= posted_on"
        " AND COALESCE(received_on, posted_on) >= posted_on"
        " AND COALESCE(returned_on, posted_on) >= posted_on)",
        "A registered letter is deposited before it is presented, received or"
        " returned: check the dates.",
    )

    # ------------------------------------------------------------------
    # Selections and computes
    # ------------------------------------------------------------------
    @api.model
    def _selection_channel(self):
        return [
            ("email", self.env._("E-mail")),
            ("letter", self.env._("Letter")),
            ("registered", self.env._("Registered letter")),
            ("call", self.env._("Call")),
            ("visit", self.env._("Visit")),
            ("task", self.env._("Decision")),
        ]

    @api.model
    def _selection_result(self):
        return [
            ("reached", self.env._("Reached")),
            ("promise", self.env._("Reached: promises to pay")),
            ("contested", self.env._("Reached: contests the invoice")),
            ("message", self.env._("Left a message")),
            ("unreached", self.env._("Not reached")),
            ("wrong_number", self.env._("Wrong number")),
        ]

    @api.depends("relance_id.name", "channel")
    def _compute_display_name(self):
        labels = dict(self._selection_channel())
        for delivery in self:
            delivery.display_name = (
                f"{delivery.relance_id.name} · {labels.get(delivery.channel, '')}"
            )

    @api.depends("state", "uncertain")
    def _compute_has_left(self):
        for delivery in self:
            delivery.has_left = delivery.state in LEFT_STATES or (
                delivery.uncertain and delivery.state == "failed"
            )

    @api.depends("state", "relance_id.state")
    def _compute_can_change(self):
        for delivery in self:
            delivery.can_change = delivery._before_approval()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._("Deliveries are the proof of what was sent: they are kept.")
        )

    def write(self, vals):
        """Dates of the post move the state of a letter, its contact its words."""
        if not self.env.su:
            self._check_editable(vals)
            if "partner_id" in vals:
                vals = dict(vals, is_chosen=bool(vals["partner_id"]))
        moved = self._with_another_contact(vals)
        result = super().write(vals)
        if moved:
            moved.sudo()._contact_changed()
        if "channel" in vals and not self.env.su:
            self.sudo()._channel_changed("partner_id" in vals)
        if {"partner_id", "channel"} & set(vals) and not self.env.su:
            self.sudo()._mend_before_approval()
        if {"posted_on", "received_on", "returned_on"} & set(vals):
            self.sudo()._follow_post_dates()
        return result

    def _check_editable(self, vals):
        forbidden = set(vals) - EDITABLE
        if forbidden:
            raise AccessError(
                self.env._(
                    "A delivery changes through its buttons, not by writing %s.",
                    ", ".join(sorted(forbidden)),
                )
            )
        for delivery in self:
            if "channel" in vals and not delivery._before_approval():
                raise UserError(
                    self.env._(
                        "%s: the channel changes only before approval.",
                        delivery.display_name,
                    )
                )
            if "partner_id" in vals and delivery.state in LEFT_STATES:
                raise UserError(
                    self.env._("%s has already left.", delivery.display_name)
                )

    def _before_approval(self):
        """Still free to change: its relance has not been decided on."""
        self.ensure_one()
        return self.relance_id.state == "to_approve" and self.state in (
            "draft",
            "failed",
        )

    def _mend_before_approval(self):
        """A channel without contact failed at once; a contact mends it."""
        mended = self.filtered(
            lambda d: d.state == "failed" and d.partner_id and d._before_approval()
        )
        mended.write({"state": "draft", "failure_reason": False})
        mended.relance_id._refresh_progress()

    # ------------------------------------------------------------------
    # Actions of a person
    # ------------------------------------------------------------------
    def _remake_letters(self):
        """What a letter says has moved: write it again before it is posted."""
        self.filtered(
            lambda d: d.channel in ("letter", "registered") and d.state == "todo"
        ).write(
            {
                "state": "queued",
                "attachment_id": False,
                "printed_on": False,
                "recipient": False,
            }
        )

    def action_note_result(self):
        """Note what a call or a visit gave, script before the eyes."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_call_result_action"
        )
        action["context"] = {
            "default_delivery_id": self.id,
            "dialog_size": "extra-large",
        }
        return action

    def action_open(self):
        """The whole delivery: proof, tracking, what to do about a failure."""
        self.ensure_one()
        return self._open(self)

    def action_open_relance(self):
        self.ensure_one()
        return self._open(self.relance_id)

    def action_open_dossier(self):
        self.ensure_one()
        return self._open(self.dossier_id)

    def _open(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_settle(self):
        """The person deals with the failure otherwise: stop alerting."""
        self.check_access("write")
        self.sudo().filtered(lambda d: d.state in ("failed", "returned")).write(
            {"settled": True}
        )
        self.sudo().relance_id._refresh_progress()

    def _cancel(self):
        activities = self.sudo().activity_id
        self.write({"state": "cancelled"})
        activities.unlink()

    def _fail(self, reason, uncertain=False):
        self.write(
            {
                "state": "failed",
                "failure_reason": reason,
                "settled": False,
                "uncertain": uncertain,
                "retry_on": False,
                "waits": 0,
            }
        )

    @api.model
    def _bounced(self, dossier, email):
        """The last e-mail to this address came back."""
        delivery = self.search(
            [
                ("dossier_id", "=", dossier.id),
                ("channel", "=", "email"),
                ("state", "=", "sent"),
            ],
            order="sent_on desc, id desc",
        ).filtered(lambda d: email_normalize(d.recipient) == email_normalize(email))[:1]
        if delivery:
            delivery = delivery.company_id._recouvrement_told(delivery)
            delivery.write(
                {
                    "state": "returned",
                    "settled": False,
                    "failure_reason": self.env._(
                        "The mail server of %s sent the message back. Correct the"
                        " address, then send again.",
                        delivery.recipient,
                    ),
                }
            )
            delivery.relance_id._refresh_progress()
