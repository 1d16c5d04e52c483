# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .relance_text import PLACEHOLDERS, unknown_placeholders

OPEN_STATES = ("to_approve", "approved")
# What a person may change on a relance; the rest moves through the actions.
EDITABLE = {"custom_subject", "custom_body", "delivery_ids", "line_ids"}


class RecouvrementRelance(models.Model):
    """One message to one debtor at its highest due level.

    A relance is made by the run (or by hand), approved, and leaves through its
    deliveries. What it asks for is checked again against the ledger just before
    it leaves: see ``_revalidate``.
    """

    _name = "recouvrement.relance"
    _description = "Relance"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Reference", readonly=True, index="trigram")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(related="dossier_id.partner_id", store=False)
    collector_id = fields.Many2one(related="dossier_id.collector_id", store=False)
    run_id = fields.Many2one(
        "recouvrement.run", readonly=True, index="btree_not_null", ondelete="set null"
    )
    scenario_id = fields.Many2one(
        "recouvrement.scenario", readonly=True, index=True, ondelete="restrict"
    )
    level_id = fields.Many2one(
        "recouvrement.level", readonly=True, index=True, ondelete="restrict"
    )
    date = fields.Date(readonly=True, required=True)
    origin = fields.Selection(
        [
            ("run", "Nightly run"),
            ("manual", "By hand"),
            ("entry", "Going live, nothing sent"),
        ],
        required=True,
        readonly=True,
    )
    courtesy = fields.Boolean(
        readonly=True,
        help="A reminder before the due date, apart from the late ladder.",
    )
    is_test = fields.Boolean(
        string="Test", readonly=True, help="Sent to the test address only."
    )
    state = fields.Selection(
        [
            ("to_approve", "To approve"),
            ("approved", "On its way"),
            ("done", "Done"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="to_approve",
        index=True,
    )
    state_reason = fields.Char(string="Reason", readonly=True)
    approved_by_id = fields.Many2one("res.users", readonly=True)
    approved_on = fields.Datetime(readonly=True)
    has_failure = fields.Boolean(string="Delivery Failed", readonly=True)
    has_letter = fields.Boolean(string="Letter to Post", readonly=True)

    amount_late = fields.Monetary(string="Late", readonly=True)
    amount_credit = fields.Monetary(string="Credits", readonly=True)
    amount_due = fields.Monetary(
        string="Principal", readonly=True, help="Invoices asked for, less the credits."
    )
    item_count = fields.Integer(string="Items", readonly=True)
    days_late = fields.Integer(
        string="Oldest", readonly=True, help="Days late of the oldest item."
    )

    custom_subject = fields.Char(help="Replaces the level's subject.")
    custom_body = fields.Html(help="Replaces the level's text.")

    line_ids = fields.One2many("recouvrement.relance.line", "relance_id")
    delivery_ids = fields.One2many("recouvrement.delivery", "relance_id")

    _run_dossier_uniq = models.UniqueIndex(
        "(run_id, dossier_id) WHERE run_id IS NOT NULL",
        "A run makes one relance per customer.",
    )
    # The one query reads the last relance and the unfinished work of a dossier.
    _dossier_state_idx = models.Index("(dossier_id, state)")

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------
    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._(
                "Relances are the proof of what was written: they are never deleted."
                " Cancel %s instead.",
                self[:1].name,
            )
        )

    def write(self, vals):
        """States move through the actions, which check who may decide."""
        if not self.env.su:
            forbidden = set(vals) - EDITABLE
            if forbidden:
                raise AccessError(
                    self.env._(
                        "A relance changes through its buttons, not by writing %s.",
                        ", ".join(sorted(forbidden)),
                    )
                )
            if any(relance.state != "to_approve" for relance in self):
                raise UserError(
                    self.env._("Only a relance that waits for approval can be edited.")
                )
        return super().write(vals)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    def _check_approver(self):
        """Approvals and refusals are decisions of a credit manager."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(
            "recouvrement_amiable.group_credit_manager"
        ):
            raise AccessError(
                self.env._("Only a credit manager approves or refuses relances.")
            )

    def action_approve(self):
        """Queue the deliveries of relances that still stand today."""
        self._check_approver()
        waiting = self.sudo().filtered(lambda relance: relance.state == "to_approve")
        if not waiting:
            raise UserError(
                self.env._("%s no longer waits for approval.", self[:1].name)
            )
        waiting.dossier_id._lock_or_explain()
        waiting._revalidate()
        approved = waiting.filtered(lambda relance: relance.state == "to_approve")
        approved._approve()
        return self._notify_outcome(approved, waiting - approved)

    def _approve(self):
        """Approve without looking at the ledger again (the plan just did)."""
        self.write(
            {
                "state": "approved",
                "approved_by_id": self.env.uid,
                "approved_on": fields.Datetime.now(),
            }
        )
        self._date_of_leaving()
        self.env["recouvrement.delivery"].search(
            [("relance_id", "in", self.ids), ("state", "=", "draft")]
        ).write({"state": "queued", "queued_on": fields.Datetime.now()})
        self._refresh_progress()
        self.env["recouvrement.delivery"]._wake_sender()

    def _notify_outcome(self, approved, fallen):
        """What the person sees after approving: never a silent disappearance."""
        if not fallen:
            message = self.env._("%s relance(s) on their way.", len(approved))
        else:
            message = self.env._(
                "%(approved)s relance(s) on their way, %(fallen)s cancelled because"
                " the situation changed: %(why)s",
                approved=len(approved),
                fallen=len(fallen),
                why="; ".join(
                    f"{relance.partner_id.display_name}: {relance.state_reason}"
                    for relance in fallen[:5]
                ),
            )
        resting = approved.filtered("held_reason")
        held = (approved - resting).delivery_ids.filtered("leaves_on")
        later = " ".join(
            filter(
                None,
                [
                    resting._resting_words(),
                    held.company_id._recouvrement_closed_words(),
                ],
            )
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": f"{message} {later}".strip(),
                "type": "warning" if fallen or later else "success",
                "sticky": bool(fallen or later),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _resting_words(self):
        """Which of the approved ones do not leave yet, and why."""
        if not self:
            return ""
        label = self.env["recouvrement.open.item"]._reason_label
        return self.env._(
            "%(resting)s of them rest(s) until this has passed: %(why)s",
            resting=len(self),
            why="; ".join(
                f"{relance.partner_id.display_name}: {label(relance.held_reason)}"
                for relance in self[:5]
            ),
        )

    def action_cancel(self):
        """Cancel relances of which nothing has left yet."""
        self._check_approver()
        for relance in self.sudo():
            left = relance.delivery_ids.filtered("has_left")
            if left or relance.state not in OPEN_STATES:
                raise UserError(
                    self.env._(
                        "%s has left, or nobody knows whether it did: it stays in the"
                        " history.",
                        relance.name,
                    )
                )
        self.sudo()._cancel(self.env._("Cancelled by %s", self.env.user.name))

    def _cancel(self, reason, state="cancelled"):
        """The items go back to the level they had before."""
        if not self:
            return
        self.write({"state": state, "state_reason": reason})
        self.env["recouvrement.relance.line"].search(
            [("relance_id", "in", self.ids), ("cancelled", "=", False)]
        ).write({"cancelled": True})
        self.env["recouvrement.delivery"].search(
            [
                ("relance_id", "in", self.ids),
                ("state", "in", ("draft", "queued", "failed", "todo")),
            ]
        )._cancel()
        self._refresh_progress()

    def _refuse(self, reason, until=None):
        """Refused by a person: nothing leaves, and the customer rests until a day."""
        self._cancel(reason, state="refused")
        if until:
            self.dossier_id._pause(until, reason)

    def action_edit_text(self):
        """Start from the level's text to write one for this customer only.

        The words between braces stay: they are filled when the message leaves, with
        the amounts of that moment.
        """
        self.ensure_one()
        if not self._writes():
            raise UserError(
                self.env._(
                    "%(relance)s goes out by %(channels)s, without a written message:"
                    " choose another channel first.",
                    relance=self.name,
                    channels=self.channel_text,
                )
            )
        level = self._localized(self._first_contact())._text_level()
        self.write({"custom_subject": level.subject, "custom_body": level.body})

    @api.constrains("custom_subject", "custom_body")
    def _check_placeholders(self):
        for relance in self:
            for text in (relance.custom_subject, relance.custom_body):
                unknown = unknown_placeholders(text or "")
                if unknown:
                    raise ValidationError(
                        self.env._(
                            "The text of %(relance)s cannot be written: {{%(unknown)s}}"
                            " is not known. Known words: %(known)s.",
                            relance=relance.name,
                            unknown=unknown[0],
                            known=", ".join(sorted(PLACEHOLDERS)),
                        )
                    )

    def action_reset_text(self):
        """Back to the level's text."""
        self.write({"custom_subject": False, "custom_body": False})

    def _check_still_called_for(self):
        """Without the items that call for its level it would say too much of the rest.

        The next run would propose the same again: nothing remembers what was taken out.
        """
        for relance in self:
            asked = relance.line_ids.filtered(
                lambda line: not line.cancelled and line.kind in ("a_late", "b_early")
            )
            granted = relance.line_ids.filtered("granted")
            own = granted.filtered(
                lambda line, own=relance: line.level_id == own.level_id
            )
            if asked and own and not own & asked:
                raise UserError(
                    self.env._(
                        "%(items)s called for the level “%(level)s” of %(relance)s:"
                        " without it, the rest is not as late. Refuse the relance, or"
                        " exclude the invoice: the next run then writes at the level of"
                        " the others.",
                        items=", ".join(own.move_id.mapped("name")[:5]),
                        level=relance.level_id.name,
                        relance=relance.name,
                    )
                )

    def _after_lines_changed(self):
        """Amounts follow the lines; a relance without an item to ask for falls."""
        self._refresh_amounts()
        empty = self.filtered(lambda relance: not relance.item_count)
        empty._cancel(self.env._("No item left to ask for"))
