# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

# What only the buttons, or the use of a release, write.
PROTECTED = {
    "state",
    "decided_by",
    "decided_on",
    "amount_used",
    "uses",
    "activity_id",
}


class RecouvrementRelease(models.Model):
    """A stop that somebody asked to lift, and what a credit manager decided."""

    _name = "recouvrement.release"
    _description = "Release"
    _inherit = ["mail.thread"]
    _order = "id desc"

    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="dossier_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    currency_id = fields.Many2one(related="company_id.currency_id")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    document = fields.Char(readonly=True)
    stop_text = fields.Text(string="Why It Was Stopped", readonly=True)
    asked_reason = fields.Char(string="Why It Should Go", required=True, readonly=True)
    asked_by = fields.Many2one("res.users", readonly=True)
    kind = fields.Selection(
        [
            ("once", "This document, once"),
            ("amount", "Documents up to an amount"),
            ("until", "All documents until a day"),
        ],
        string="Release",
        default="once",
        required=True,
    )
    amount = fields.Monetary()
    valid_until = fields.Date()
    decision = fields.Char(string="Because", tracking=True)
    decided_by = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("asked", "Waiting"),
            ("granted", "Granted"),
            ("refused", "Refused"),
            ("used", "Used"),
            ("ended", "Withdrawn"),
        ],
        default="asked",
        required=True,
        readonly=True,
        tracking=True,
    )
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.depends("document", "dossier_id")
    def _compute_display_name(self):
        for release in self:
            release.display_name = release.document or release.dossier_id.display_name

    @api.constrains("kind", "amount", "valid_until", "state")
    def _check_terms(self):
        for release in self.filtered(lambda r: r.state == "granted"):
            name = release.display_name
            if release.kind == "amount" and release.amount <= 0:
                raise ValidationError(
                    self.env._("Say up to which amount %s is released.", name)
                )
            if release.kind == "until" and not release.valid_until:
                raise ValidationError(
                    self.env._("Say until which day %s is released.", name)
                )

    def write(self, vals):
        if not self.env.su:
            if PROTECTED & set(vals):
                raise AccessError(
                    self.env._("A release is granted or refused with its buttons.")
                )
            for release in self.filtered(lambda release: release.state != "asked"):
                free = {"end_reason"} if release._is_in_force() else set()
                if set(vals) - free:
                    raise UserError(self.env._("What is decided does not change."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Asking and deciding
    # ------------------------------------------------------------------
    @api.model
    def _ask(self, records, reason):
        """Ask for the release of documents that are stopped, and tell who decides.

        :param records: documents with ``_recouvrement_document``
        """
        asked = self.sudo().browse()
        stop = self.env["recouvrement.stop"]
        documents = [record._recouvrement_document() for record in records.sudo()]
        self.env["recouvrement.dossier"].sudo()._of_customers(
            {stop._customer(document) for document in documents if document.partner}
        )
        for verdict in stop._verdicts(records._recouvrement_kind, documents):
            if verdict.action == "block":
                asked |= asked._ask_one(verdict, reason)
        if not asked:
            raise UserError(self.env._("Nothing stops it any more: try again."))
        return asked

    def _ask_one(self, verdict, reason):
        """The request for one document: the one that waits already, or a new one."""
        record = verdict.document.record
        figures = {"stop_text": verdict.text(), "amount": verdict.document.total}
        waiting = self.search(
            [
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("state", "=", "asked"),
            ],
            limit=1,
        )
        if waiting:
            if waiting.kind == "once":
                waiting.write(figures)  # it may have grown since
            if not waiting.activity_id:
                waiting._tell_manager()  # nobody was named to decide
            return waiting
        release = self.create(
            {
                "dossier_id": verdict.dossier.id,
                "res_model": record._name,
                "res_id": record.id,
                "document": record.display_name,
                "asked_reason": reason,
                "asked_by": self._asker(record).id,
                **figures,
            }
        )
        release._tell_manager()
        told = self.env._(
            "%(user)s asks for the release of %(document)s: %(reason)s",
            user=self.env.user.name,
            document=release.document,
            reason=reason,
        )
        release._tell(" ".join(filter(None, [told, release._nobody_decides()])))
        return release

    def _nobody_decides(self):
        """What is wrong when no request reaches anybody, else nothing."""
        if self.activity_id:
            return ""
        return self.env._(
            "Nobody is named to decide on it: name a credit manager in the settings."
        )

    def _asker(self, record):
        """Who asks: a customer who signs is not told of the decision, nor is a job."""
        user = self.env.user
        person = user._is_internal() and not self.env.context.get("cron_id")
        return user if person else self._seller(record)

    @api.model
    def _seller(self, record):
        """Salesperson of a document."""
        for name in ("invoice_user_id", "user_id"):
            if name in record._fields:
                return record.sudo()[name]
        return self.env["res.users"]

    def _document(self):
        """The document, if it still stands."""
        if self.res_model and self.res_model in self.env:
            return self.env[self.res_model].browse(self.res_id).exists()
        return None

    def _tell_manager(self):
        """A to-do for whoever decides, never for the asker only because he asks."""
        user = self.dossier_id._alert_reader()
        if not user:
            return
        lang = self.env["recouvrement.relance"]._installed_lang(user.lang)
        reader = self.with_context(lang=lang)
        self.activity_id = self.dossier_id.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=user.id,
            summary=reader.env._("Release to decide: %s", self.document or ""),
            note=Markup("<p>%s</p><p>%s</p>")
            % (self.stop_text or "", self.asked_reason),
        )

    def _tell(self, body):
        """The salesperson and the collector hear of it, on the document too."""
        self.ensure_one()
        dossier = self.dossier_id
        record = self._document()
        users = dossier.partner_id.user_id | dossier._collector() | self.asked_by
        if record:
            users |= self._seller(record)
        users = users.filtered(lambda user: user.active and user._is_internal())
        dossier.message_post(
            body=body,
            partner_ids=users.partner_id.ids,
            message_type="notification",
            subtype_xmlid="mail.mt_note",
        )
        if record:
            record._message_log(body=body)

    def _check_manager(self):
        if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
            raise AccessError(self.env._("Only a credit manager lifts a stop."))
        self.check_access("write")

    def _check_decider(self):
        self._check_manager()
        for release in self:
            if release.state != "asked":
                raise UserError(
                    self.env._("%s is decided already.", release.display_name)
                )
            if not (release.decision or "").strip():
                raise UserError(
                    self.env._("Say why, in “Because”: the decision is kept with it.")
                )

    def action_grant(self):
        self._check_decider()
        for release in self:
            today = release.company_id._recouvrement_today()
            if release.valid_until and release.valid_until < today:
                raise UserError(self.env._("The release would end before it starts."))
            release._decide("granted")

    def action_refuse(self):
        self._check_decider()
        for release in self:
            release._decide("refused")

    def _decide(self, state):
        self._close_activity()
        self.sudo().write(
            {
                "state": state,
                "decided_by": self.env.uid,
                "decided_on": fields.Datetime.now(),
            }
        )
        told = (
            self.env._("%(document)s is released by %(user)s: %(reason)s")
            if state == "granted"
            else self.env._("%(document)s stays stopped, says %(user)s: %(reason)s")
        )
        self.sudo()._tell(
            told
            % {
                "document": self.document or self.dossier_id.display_name,
                "user": self.env.user.name,
                "reason": self.decision,
            }
        )

    def _close_activity(self):
        """What the manager had to do is done."""
        # the to-do may be another manager's
        activity = self.sudo().activity_id.filtered("active")
        if activity:
            activity.action_feedback(feedback=self.decision or "")

    def action_open_document(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
