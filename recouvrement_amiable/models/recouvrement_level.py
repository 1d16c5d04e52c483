# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .relance_text import PLACEHOLDERS, unknown_placeholders
from .situation_item import MAX_LEVELS

CHANNELS = ("email", "letter", "registered", "call", "visit", "task")
# What the customer reads or hears, with words between braces.
TEXTS = ("subject", "body", "call_script")


class RecouvrementLevel(models.Model):
    """A step of a scenario: when, by which channels, in which words."""

    _name = "recouvrement.level"
    _description = "Relance level"
    _order = "scenario_id, delay, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    scenario_id = fields.Many2one(
        "recouvrement.scenario", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="scenario_id.company_id")
    delay = fields.Integer(
        string="Days",
        required=True,
        aggregator=None,
        help="Days from the due date. Negative: before it (courtesy reminder).",
    )
    minimum_gap = fields.Integer(
        default=5,
        aggregator=None,
        help="Least number of days since the customer's last relance.",
    )
    channel_email = fields.Boolean(string="E-mail", default=True)
    channel_letter = fields.Boolean(string="Letter")
    channel_registered = fields.Boolean(string="Registered Letter")
    channel_call = fields.Boolean(string="Call")
    channel_visit = fields.Boolean(
        string="Visit", help="An activity for the customer's salesperson."
    )
    channel_task = fields.Boolean(
        string="Decision", help="A task for the credit manager, e.g. to hand over."
    )
    approval = fields.Boolean(
        string="Needs Approval", help="Nothing leaves before a person has approved it."
    )
    formal_notice = fields.Boolean(help="This level is a mise en demeure.")
    attach_invoices = fields.Boolean(
        help="Joins the PDF of the late invoices to the e-mail.",
    )
    charges = fields.Selection(
        [("none", "Not mentioned"), ("announce", "Reminded in the text")],
        string="Late-payment Charges",
        default="none",
        required=True,
        help="Never mention charges to a consumer.",
    )
    subject = fields.Char(translate=True)
    body = fields.Html(
        string="Text", translate=True, sanitize_style=True, sanitize_attributes=True
    )
    call_script = fields.Html(translate=True)
    mail_template_id = fields.Many2one(
        "mail.template",
        string="E-mail Layout",
        domain="[('model', '=', 'recouvrement.relance')]",
        ondelete="restrict",
        help="Empty: the standard layout around the text of this level.",
    )
    channel_text = fields.Char(string="Channels", compute="_compute_channel_text")

    _scenario_delay_uniq = models.UniqueIndex(
        "(scenario_id, delay) WHERE active",
        "Two levels of one scenario cannot have the same number of days.",
    )
    _delay_bounds = models.Constraint(
        "CHECK (delay BETWEEN -365 AND 3650)",
        "The days of a level go from 365 before the due date to 3650 after it.",
    )
    _gap_positive = models.Constraint(
        "CHECK (minimum_gap BETWEEN 0 AND 365)",
        "The minimum gap goes from 0 to 365 days.",
    )
    _has_channel = models.Constraint(
        "CHECK (channel_email IS TRUE OR channel_letter IS TRUE"
        " OR channel_registered IS TRUE OR channel_call IS TRUE"
        " OR channel_visit IS TRUE OR channel_task IS TRUE)",
        "A level needs at least one channel.",
    )

    # ------------------------------------------------------------------
    # Computes and constraints
    # ------------------------------------------------------------------
    @api.depends("name", "delay")
    def _compute_display_name(self):
        for level in self:
            level.display_name = f"{level.name} ({level.delay:+d})"

    @api.depends(*[f"channel_{channel}" for channel in CHANNELS])
    @api.depends_context("lang")
    def _compute_channel_text(self):
        labels = dict(self.env["recouvrement.delivery"]._selection_channel())
        for level in self:
            level.channel_text = ", ".join(
                labels[channel] for channel in level._channels()
            )

    @api.constrains(*TEXTS)
    def _check_placeholders(self):
        """In every language: the debtor reads theirs, not that of who writes."""
        for level, lang, text in self._stored_texts():
            unknown = unknown_placeholders(text)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "The text of the level “%(level)s” in %(language)s cannot be"
                        " written: {{%(unknown)s}} is not known. Known words:"
                        " %(known)s.",
                        level=level.name,
                        language=lang.name,
                        unknown=unknown[0],
                        known=", ".join(sorted(PLACEHOLDERS)),
                    )
                )

    def _stored_texts(self):
        """``(level, res.lang, text)`` of each text, in each language that is read.

        English too where it is not installed: other languages fall back to it.
        """
        if not self.ids:
            return
        self.flush_recordset(TEXTS)
        Lang = self.env["res.lang"].sudo().with_context(active_test=False)
        read = {code for code, _name in Lang.get_installed()} | {"en_US"}
        langs = {lang.code: lang for lang in Lang.search([("code", "in", list(read))])}
        rows = self.env.execute_query(
            SQL(
                "SELECT v.id, t.key, t.value FROM recouvrement_level v"
                " CROSS JOIN LATERAL (VALUES %s) f (texts)"
                " CROSS JOIN LATERAL jsonb_each_text(f.texts) t"
                " WHERE v.id IN %s AND t.key IN %s ORDER BY v.id, t.key",
                SQL(", ").join(SQL("(%s)", SQL.identifier("v", t)) for t in TEXTS),
                tuple(self.ids),
                tuple(langs),
            )
        )
        for level_id, code, text in rows:
            yield self.browse(level_id), langs[code], text

    @api.constrains("channel_email", "channel_letter", "channel_registered", "body")
    def _check_text(self):
        for level in self:
            writes = (
                level.channel_email or level.channel_letter or level.channel_registered
            )
            if writes and not (level.subject and level.body):
                raise ValidationError(
                    self.env._(
                        "The level “%s” writes to the customer: give it a subject and"
                        " a text.",
                        level.name,
                    )
                )

    @api.constrains("scenario_id", "active")
    def _check_count(self):
        """The one query packs the place of an item in its ladder in a few bits."""
        for scenario in self.scenario_id:
            if len(scenario.level_ids) > MAX_LEVELS:
                raise ValidationError(
                    self.env._(
                        "The scenario “%(scenario)s” has more than %(count)s levels.",
                        scenario=scenario.name,
                        count=MAX_LEVELS,
                    )
                )

    def write(self, vals):
        """A level that is archived or moved leaves a ladder behind that still leads."""
        left = self.scenario_id if {"active", "scenario_id"} & set(vals) else None
        result = super().write(vals)
        if left:
            left.exists()._check_left()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self._said()
        if used:
            raise UserError(
                self.env._(
                    "The level “%s” was already used in relances. Archive it instead:"
                    " the history stays, and customers go on with the next level.",
                    used.name,
                )
            )

    def _said(self):
        """The first of these levels that was said about an item.

        The lines of relances have no foreign key that would keep their level.
        """
        return (
            self.env["recouvrement.relance.line"]
            .sudo()
            .search_fetch([("level_id", "in", self.ids)], ["level_id"], limit=1)
            .level_id
        )

    def unlink(self):
        scenarios = self.scenario_id
        result = super().unlink()
        scenarios.exists()._check_left()
        return result

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _channels(self):
        """Names of the channels of this level, in the order of CHANNELS."""
        self.ensure_one()
        return [channel for channel in CHANNELS if self[f"channel_{channel}"]]
