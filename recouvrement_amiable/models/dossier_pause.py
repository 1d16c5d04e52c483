# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

LONGEST_PAUSE = timedelta(days=730)


class RecouvrementDossier(models.Model):
    """Customers left in peace until a day, and what a person decided about them."""

    _inherit = "recouvrement.dossier"

    pause_until = fields.Date(string="Paused Until", tracking=True, copy=False)
    pause_reason = fields.Char(tracking=True, copy=False)
    pause_kind = fields.Selection(
        "_selection_pause_kind",
        string="Decided",
        tracking=True,
        copy=False,
        help="What a person decided after the last level. Empty: a plain pause.",
    )
    is_paused = fields.Boolean(compute="_compute_is_paused")
    decide_on = fields.Date(
        string="Look Again On",
        tracking=True,
        copy=False,
        help="Until this day the last level does not ask for a decision again.",
    )
    decide_reason = fields.Char(copy=False)

    @api.model
    def _selection_pause_kind(self):
        return [
            ("handover", self.env._("Handed over")),
            ("agreement", self.env._("Payment agreement")),
            ("write_off", self.env._("Write-off proposed")),
        ]

    @api.depends("pause_until")
    @api.depends_context("recouvrement_day")
    def _compute_is_paused(self):
        for dossier in self:
            today = dossier.company_id._recouvrement_today()
            dossier.is_paused = bool(
                dossier.pause_until and dossier.pause_until > today
            )

    @api.constrains("pause_until", "pause_reason")
    def _check_pause(self):
        for dossier in self.filtered("pause_until"):
            latest = dossier.company_id._recouvrement_today() + LONGEST_PAUSE
            if dossier.pause_until > latest:
                raise ValidationError(
                    self.env._(
                        "A pause of more than two years is an error: check the day."
                    )
                )
            if not (dossier.pause_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why the dossier of %s is paused.",
                        dossier.partner_id.display_name,
                    )
                )

    def _pause(self, until, reason, kind=False, shorten=False):
        """Nothing leaves to these customers before ``until``.

        A longer pause was decided for a reason of its own: a refusal or a call does
        not end it sooner, only who decides or pauses on purpose does.

        :param kind: what was decided (``_selection_pause_kind``); without one, a file
            that is with an agency or a bailiff is not taken back by mistake
        :param bool shorten: end longer pauses sooner
        :return: the dossiers that had a longer pause
        """
        elsewhere = self.filtered(
            lambda dossier: dossier.is_paused and dossier.pause_kind == "handover"
        )[:1]
        if elsewhere and not kind:
            raise UserError(
                self.env._(
                    "%(customer)s is handed over (%(to)s): take the file back with"
                    " Resume before pausing it yourself.",
                    customer=elsewhere.display_name,
                    to=elsewhere.pause_reason,
                )
            )
        longer = self.filtered(lambda d: d.pause_until and d.pause_until > until)
        paused = self if kind or shorten else self - longer
        paused.write(
            {
                "pause_until": until,
                "pause_reason": reason,
                "pause_kind": kind,
                "decide_on": False,
                "decide_reason": False,
            }
        )
        return longer

    def _look_again(self, until, reason):
        """The last level is done and a person goes on: not asked again before."""
        self.write({"decide_on": until, "decide_reason": reason})

    def action_resume(self):
        self.check_access("write")
        self.write({"pause_until": False, "pause_reason": False, "pause_kind": False})

    def action_decide(self):
        """What follows the last level, on a small form."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_decision_action"
        )
        action["context"] = {"active_model": self._name, "active_ids": self.ids}
        return action
