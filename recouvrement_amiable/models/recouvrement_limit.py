# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

# What only a decision, or the request itself, writes.
PROTECTED = {
    "state",
    "decided_by",
    "decided_on",
    "dossier_id",
    "company_id",
    "previous_amount",
    "recommended",
    "typed",
    "review_told_on",
    "end_told_on",
    "alert_activity_id",
}
# What nobody brings along when asking; where it is asked for is no decision.
DECIDED = PROTECTED - {"dossier_id", "company_id"}
# A limit above it is a typing error.
HIGHEST = 10**10


class RecouvrementLimit(models.Model):
    """A limit that was asked for, and what was decided: the history of the limits.

    The approved amount is core's ``credit_limit`` of the customer in the company.
    """

    _name = "recouvrement.limit"
    _description = "Credit Limit"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    dossier_id = fields.Many2one(
        "recouvrement.dossier", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="dossier_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Limit", required=True, help="0 is no credit: payment with the order."
    )
    insured_amount = fields.Monetary(string="Of Which Insured")
    internal_amount = fields.Monetary(
        string="At Own Risk", compute="_compute_internal_amount"
    )
    previous_amount = fields.Monetary(string="Before", readonly=True)
    recommended = fields.Monetary(readonly=True)
    valid_until = fields.Date()
    review_on = fields.Date()
    reason = fields.Char(required=True, tracking=True)
    state = fields.Selection(
        [
            ("asked", "Requested"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("replaced", "Replaced"),
        ],
        default="asked",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    decided_by = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Date(readonly=True, copy=False)
    decision = fields.Char(string="Why", copy=False, tracking=True)

    @api.depends("amount", "insured_amount")
    def _compute_internal_amount(self):
        for limit in self:
            limit.internal_amount = max(limit.amount - limit.insured_amount, 0)

    @api.depends("dossier_id")
    def _compute_display_name(self):
        for limit in self:
            limit.display_name = self.env._(
                "Limit of %s", limit.dossier_id.display_name or ""
            )

    @api.constrains("amount", "insured_amount")
    def _check_amount(self):
        for limit in self:
            name = limit.partner_id.display_name
            if limit.amount < 0 or limit.insured_amount < 0:
                raise ValidationError(
                    self.env._("The limit of %s cannot be negative.", name)
                )
            if limit.amount > HIGHEST:
                raise ValidationError(
                    self.env._("The limit of %s is absurd: check the amount.", name)
                )
            if limit.insured_amount > limit.amount:
                raise ValidationError(
                    self.env._(
                        "More is insured than the limit of %s: lower the one or raise"
                        " the other.",
                        name,
                    )
                )

    @api.constrains("dossier_id")
    def _check_group(self):
        """A member of a credit group has the limit of its head."""
        for limit in self:
            head = limit.partner_id.recouvrement_head_id
            if head:
                raise ValidationError(
                    self.env._(
                        "%(customer)s shares the limit of %(head)s: ask for it there.",
                        customer=limit.partner_id.display_name,
                        head=head.display_name,
                    )
                )

    @api.constrains("valid_until", "review_on")
    def _check_days(self):
        for limit in self:
            today = limit.company_id._recouvrement_today()
            if (
                limit.state == "asked"
                and limit.valid_until
                and limit.valid_until < today
            ):
                raise ValidationError(
                    self.env._(
                        "The limit of %s would end before it starts: choose a later"
                        " day.",
                        limit.partner_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Asked for; only a decision approves, whatever the caller writes."""
        if not self.env.su:
            for vals in vals_list:
                vals.update(dict.fromkeys(DECIDED, False), state="asked")
        limits = super().create(vals_list)
        for limit in limits:
            limit.sudo().write(
                {
                    "previous_amount": limit.dossier_id.limit_amount,
                    "recommended": limit.dossier_id.limit_recommended,
                }
            )
        return limits

    def write(self, vals):
        """What was decided stays as it was."""
        if not self.env.su:
            closed = self.filtered(lambda limit: limit.state != "asked")
            if closed:
                raise UserError(
                    self.env._(
                        "%s is decided: ask for another limit instead.",
                        closed[:1].display_name,
                    )
                )
            if PROTECTED & set(vals):
                raise AccessError(self.env._("A limit is decided with its buttons."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if any(limit.state != "asked" for limit in self):
            raise UserError(self.env._("A decided limit stays as its own history."))
        if not self.env.su and any(self.mapped("typed")):
            raise UserError(
                self.env._("A typed limit holds already: approve it or refuse it.")
            )

    # ------------------------------------------------------------------
    # Decision
    # ------------------------------------------------------------------
    @api.model
    def _decides(self, user, company, amount):
        """A credit manager decides; a collector up to the company's amount."""
        if user.has_group("recouvrement_amiable.group_credit_manager"):
            return True
        highest = company.sudo().recouvrement_limit_collector
        return amount <= highest and user.has_group(
            "recouvrement_amiable.group_collector"
        )

    def _weight(self):
        """What is decided on; a typed 0, no limit at all, is more than any amount."""
        return float("inf") if self.typed and not self.amount else self.amount

    def _check_decider(self):
        user = self.env.user
        for limit in self:
            company = limit.dossier_id.company_id
            if self._decides(user, company, limit._weight()):
                continue
            if limit._weight() > HIGHEST:
                raise AccessError(
                    self.env._("Only a credit manager leaves a customer without limit.")
                )
            if not user.has_group("recouvrement_amiable.group_collector"):
                raise AccessError(self.env._("Only a collector or a credit manager."))
            highest = company.sudo().recouvrement_limit_collector
            raise AccessError(
                self.env._(
                    "%(amount)s is more than the %(highest)s that a collector may"
                    " approve: ask a credit manager.",
                    amount=limit.dossier_id._limit_money(limit.amount),
                    highest=limit.dossier_id._limit_money(highest),
                )
            )

    def action_approve(self):
        """The amount becomes core's credit limit of the customer."""
        self._check_decider()
        self.check_access("write")
        for limit in self:
            if limit.state != "asked":
                raise UserError(
                    self.env._("%s is decided already.", limit.display_name)
                )
            ends = limit.valid_until
            if ends and ends < limit.company_id._recouvrement_today():
                raise UserError(
                    self.env._(
                        "%s would end before it starts: ask for it again.",
                        limit.display_name,
                    )
                )
            limit.sudo()._approve(self.env.user)

    def _approve(self, user):
        self.ensure_one()
        replaced = self._in_force(self.dossier_id) - self
        replaced.write({"state": "replaced"})
        self.write(
            {
                "state": "approved",
                "decided_by": user.id,
                "decided_on": self.company_id._recouvrement_today(),
            }
        )
        self._set_core_limit(self.amount)
        self.dossier_id.write(self._terms())

    def _terms(self):
        """What the dossier keeps of the limit in force."""
        return {
            "limit_until": self.valid_until,
            "limit_review_on": self.review_on,
            "no_credit": not self.amount,
        }

    @api.model
    def _in_force(self, dossier):
        """Limits of a customer that hold, decided or only typed."""
        return self.search(
            [
                ("dossier_id", "=", dossier.id),
                "|",
                ("state", "=", "approved"),
                "&",
                ("state", "=", "asked"),
                ("typed", "=", True),
            ]
        )

    def _set_core_limit(self, amount, partner=None):
        """Core's own field holds the amount that was decided.

        :param partner: whom the customer is being merged into
        """
        # with all rights: only so is the amount taken for a decision
        customer = (partner or self.partner_id).sudo().with_company(self.company_id)
        customer.with_context(recouvrement_decided=True).credit_limit = amount

    def action_refuse(self):
        self._check_decider()
        self.check_access("write")
        for limit in self:
            if limit.state != "asked":
                raise UserError(
                    self.env._("%s is decided already.", limit.display_name)
                )
            if not (limit.decision or "").strip():
                raise UserError(
                    self.env._("Say why, in “Why”: the refusal is kept with it.")
                )
        self.sudo().write(
            {
                "state": "refused",
                "decided_by": self.env.uid,
                "decided_on": fields.Date.context_today(self),
            }
        )
