# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools.misc import format_date

from .dossier_pause import LONGEST_PAUSE


class RecouvrementExclusion(models.Model):
    """An instalment, or a whole invoice, that a person took out of the relances.

    It stays in the balance: only the relances leave it alone.
    """

    _name = "recouvrement.exclusion"
    _description = "Exclusion from relances"
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    partner_id = fields.Many2one(
        related="move_id.commercial_partner_id", string="Customer"
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Instalment",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="Empty: the whole invoice.",
    )
    scope_text = fields.Char(string="Item", compute="_compute_scope_text")
    dossier_id = fields.Many2one(
        "recouvrement.dossier", readonly=True, index="btree_not_null"
    )
    reason = fields.Char(required=True)
    until = fields.Date(help="Last day of the exclusion. Empty: for good.")
    user_id = fields.Many2one(
        "res.users", string="Excluded By", default=lambda self: self.env.user
    )
    active = fields.Boolean(default=True)
    is_over = fields.Boolean(compute="_compute_is_over")

    _scope_uniq = models.UniqueIndex(
        "(move_id, COALESCE(move_line_id, 0)) WHERE active",
        "This item is already excluded. End that exclusion first.",
    )

    @api.depends("move_id", "reason")
    def _compute_display_name(self):
        for exclusion in self:
            exclusion.display_name = f"{exclusion.move_id.name}: {exclusion.reason}"

    @api.depends("move_line_id.date_maturity")
    @api.depends_context("lang")
    def _compute_scope_text(self):
        for exclusion in self:
            due = exclusion.move_line_id.date_maturity
            exclusion.scope_text = (
                self.env._("Instalment of %s", format_date(self.env, due))
                if exclusion.move_line_id
                else self.env._("Whole invoice")
            )

    @api.depends("until", "company_id")
    @api.depends_context("recouvrement_day")
    def _compute_is_over(self):
        """Its last day has passed: the relances took the item up again."""
        for exclusion in self:
            today = exclusion.company_id._recouvrement_today()
            exclusion.is_over = bool(exclusion.until and exclusion.until < today)

    @api.model
    def _of_scopes(self, scopes):
        """Exclusions that stand on these items.

        :param scopes: ``(id of the invoice, id of the instalment or False)``
        """
        known = self.search(
            [
                ("move_id", "in", [move_id for move_id, _line_id in scopes]),
                ("active", "=", True),
            ]
        )
        wanted = set(scopes)
        return known.filtered(lambda x: (x.move_id.id, x.move_line_id.id) in wanted)

    def _lasts(self, until):
        """Whether it goes on at least until a day; False: for good."""
        self.ensure_one()
        return not self.until or bool(until and self.until >= until)

    @api.model_create_multi
    def create(self, vals_list):
        """An exclusion that has run out makes room for a new one of the same item."""
        scopes = [(v.get("move_id"), v.get("move_line_id") or False) for v in vals_list]
        # It holds nothing any more, whoever had made it.
        over = self.sudo()._of_scopes(scopes).filtered("is_over")
        over.active = False
        over.flush_recordset(["active"])
        Dossier = self.env["recouvrement.dossier"].sudo()
        for vals in vals_list:
            move = self.env["account.move"].browse(vals.get("move_id"))
            dossiers = Dossier._for_partners(
                move.commercial_partner_id, move.company_id
            )
            vals["dossier_id"] = dossiers[:1].id
        exclusions = super().create(vals_list)
        exclusions._check_for_good()
        return exclusions

    def write(self, vals):
        self._check_for_good()
        if not self.env.su and not set(vals) <= {"reason", "until", "active"}:
            raise AccessError(
                self.env._("An exclusion is ended and made anew, not moved.")
            )
        result = super().write(vals)
        self._check_for_good()
        return result

    def _check_for_good(self):
        """Only a credit manager decides for good, or for so long that it comes to it.

        Not a constraint: constraints run as superuser, whoever writes.
        """
        if self.env.su or self.env.user.has_group(
            "recouvrement_amiable.group_credit_manager"
        ):
            return
        for exclusion in self.filtered("active"):
            latest = exclusion.company_id._recouvrement_today() + LONGEST_PAUSE
            if not exclusion.until:
                raise AccessError(
                    self.env._(
                        "Only a credit manager excludes %s for good. Give a last day,"
                        " or ask your credit manager.",
                        exclusion.move_id.name,
                    )
                )
            if exclusion.until > latest:
                raise AccessError(
                    self.env._(
                        "Only a credit manager excludes %(invoice)s for more than two"
                        " years. Give a last day up to %(latest)s, or ask your credit"
                        " manager.",
                        invoice=exclusion.move_id.name,
                        latest=format_date(self.env, latest),
                    )
                )

    @api.constrains("reason")
    def _check_reason(self):
        for exclusion in self:
            if not (exclusion.reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why %s leaves the relances.", exclusion.move_id.name
                    )
                )

    def action_end(self):
        """The item goes back to the relances."""
        self.active = False
        for exclusion in self:
            exclusion.move_id.message_post(
                body=self.env._(
                    "Back in the relances (was excluded: %s).", exclusion.reason
                )
            )
