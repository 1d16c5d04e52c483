# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

# Days before its end from which a guarantee is said to end soon.
ENDING = timedelta(days=30)


class RecouvrementGuarantee(models.Model):
    """What covers the claim on a customer, from one day to another."""

    _name = "recouvrement.guarantee"
    _description = "Guarantee"
    _inherit = ["mail.thread"]
    _order = "valid_until, id"
    _check_company_auto = True

    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_customer",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_customer",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
    )
    kind = fields.Selection(
        "_selection_kind", required=True, default="insurance", tracking=True
    )
    reference = fields.Char(
        tracking=True, help="Number of the deed, the receipt or the clause."
    )
    amount = fields.Monetary(
        required=True,
        tracking=True,
        help="Credit insurance: the amount the insurer agreed to cover.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    quota = fields.Float(
        string="Covered (%)",
        digits=(5, 2),
        default=100,
        tracking=True,
        help="Share of the claim that is paid to you, often 90 with credit insurance.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        string="Amount (Company)",
        currency_field="company_currency_id",
        compute="_compute_amount_company",
        help="At the rate of today.",
    )
    has_rate = fields.Boolean(compute="_compute_amount_company")
    valid_from = fields.Date(
        required=True,
        tracking=True,
        help="Credit insurance: what is invoiced from this day on is insured.",
    )
    valid_until = fields.Date(
        tracking=True, help="Last day of the guarantee. Empty: no end."
    )
    active = fields.Boolean(default=True, tracking=True)
    state = fields.Selection(
        "_selection_state", compute="_compute_state", search="_search_state"
    )
    is_ending = fields.Boolean(string="Ends Soon", compute="_compute_state")

    insurer_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    policy_number = fields.Char(tracking=True)
    cover = fields.Selection(
        "_selection_cover",
        default="named",
        tracking=True,
        help="Named: the insurer agreed an amount for this customer. Blind: any"
        " customer is insured up to the amount, as long as the insurer named none for"
        " it.",
    )
    declaration_days = fields.Integer(
        string="Declaration Deadline (Days)",
        tracking=True,
        aggregator=None,
        help="Days after the due date within which an unpaid item must be declared to"
        " the insurer. 0: not known, hence no alert.",
    )
    note = fields.Text(string="Conditions")
    alert_ids = fields.One2many("recouvrement.guarantee.alert", "guarantee_id")
    alert_unassigned = fields.Boolean(
        string="Alert Without a Reader", readonly=True, copy=False
    )
    cover_text = fields.Char(string="Covered Now", related="dossier_id.guarantee_text")

    # ------------------------------------------------------------------
    # Selections, computes, searches
    # ------------------------------------------------------------------
    @api.model
    def _selection_kind(self):
        return [
            ("insurance", self.env._("Credit insurance")),
            ("bank", self.env._("Bank guarantee")),
            ("deposit", self.env._("Deposit")),
            ("title", self.env._("Retention of title")),
        ]

    @api.model
    def _selection_cover(self):
        return [
            ("named", self.env._("Named cover")),
            ("blind", self.env._("Blind cover")),
        ]

    @api.model
    def _selection_state(self):
        return [
            ("future", self.env._("Not yet valid")),
            ("valid", self.env._("Valid")),
            ("expired", self.env._("Expired")),
            ("archived", self.env._("Archived")),
        ]

    @api.depends("kind", "partner_id.display_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._selection_kind())
        for guarantee in self:
            parts = kinds.get(guarantee.kind), guarantee.partner_id.display_name
            guarantee.display_name = " · ".join(filter(None, parts))

    @api.depends("dossier_id")
    def _compute_customer(self):
        for guarantee in self:
            dossier = guarantee.dossier_id
            guarantee.company_id = (
                dossier.company_id or guarantee.company_id or self.env.company
            )
            guarantee.partner_id = dossier.partner_id or guarantee.partner_id

    @api.depends("company_id")
    def _compute_currency_id(self):
        for guarantee in self:
            guarantee.currency_id = (
                guarantee.currency_id or guarantee.company_id.currency_id
            )

    @api.depends("amount", "currency_id", "company_id")
    @api.depends_context("recouvrement_day")
    def _compute_amount_company(self):
        rates = self._rates()
        for guarantee in self:
            rate = rates.get((guarantee.company_id.id, guarantee.currency_id.id))
            currency = guarantee.company_currency_id
            amount = guarantee.amount * (rate or 0)
            guarantee.amount_company = currency.round(amount) if currency else amount
            guarantee.has_rate = bool(rate)

    @api.depends("active", "valid_from", "valid_until", "company_id")
    @api.depends_context("recouvrement_day")
    def _compute_state(self):
        today = {c: c.sudo()._recouvrement_today() for c in self.company_id}
        for guarantee in self:
            day = today.get(guarantee.company_id) or fields.Date.context_today(self)
            until = guarantee.valid_until
            guarantee.state = guarantee._state_on(day)
            guarantee.is_ending = bool(
                guarantee.state == "valid" and until and until <= day + ENDING
            )

    def _state_on(self, day):
        self.ensure_one()
        if not self.active:
            return "archived"
        if self.valid_from and day < self.valid_from:
            return "future"
        if self.valid_until and self.valid_until < day:
            return "expired"
        return "valid"

    @api.model
    def _search_state(self, operator, value):
        """Each company has its own today."""
        if operator != "in":
            return NotImplemented
        return Domain.OR(
            Domain("company_id", "in", group.ids)
            & Domain.OR(self._state_domain(state, day) for state in value)
            for day, group in self._companies()
            .grouped(lambda company: company._recouvrement_today())
            .items()
        )

    @api.model
    def _companies(self):
        """Companies that have a guarantee, archived ones included."""
        everything = self.sudo().with_context(active_test=False)
        rows = everything._read_group([], ["company_id"])
        return self.env["res.company"].sudo().browse(row[0].id for row in rows)

    @api.model
    def _state_domain(self, state, day):
        active = Domain("active", "=", True)
        begun = Domain("valid_from", "<=", day)
        ended = Domain("valid_until", "!=", False) & Domain("valid_until", "<", day)
        return {
            "future": active & ~begun,
            "valid": active & begun & ~ended,
            "expired": active & begun & ended,
            "archived": ~active,
        }.get(state, Domain.FALSE)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        self._open_dossiers(vals_list)
        return super().create(vals_list)

    @api.model
    def _open_dossiers(self, vals_list):
        """A customer may be guaranteed before anything is open: name it is enough."""
        if self.env.context.get("default_dossier_id"):
            return
        missing = [vals for vals in vals_list if not vals.get("dossier_id")]
        if not missing:
            return
        self.check_access("create")
        default = self.env.context.get("default_partner_id")
        partners = self.env["res.partner"].browse(
            {vals.get("partner_id") or default for vals in missing} - {None, False}
        )
        commercial = {p.id: p.commercial_partner_id.id for p in partners}
        for vals in missing:
            vals["partner_id"] = commercial.get(vals.get("partner_id") or default)
            vals["company_id"] = vals.get("company_id") or self.env.company.id
            if not vals["partner_id"]:
                raise UserError(
                    self.env._("Choose the customer that the guarantee is about.")
                )
        known = (
            self.env["recouvrement.dossier"]
            .sudo()
            ._of_customers(
                {(vals["company_id"], vals["partner_id"]) for vals in missing}
            )
        )
        for vals in missing:
            vals["dossier_id"] = known[vals["company_id"], vals["partner_id"]].id

    def write(self, vals):
        """A guarantee stays with its customer; a new end makes the old alert void."""
        if not self.env.su and {"dossier_id", "partner_id", "company_id"} & set(vals):
            raise AccessError(
                self.env._(
                    "A guarantee stays with its customer: archive it and record"
                    " another one."
                )
            )
        result = super().write(vals)
        if {"valid_until", "active"} & set(vals):
            self.sudo().alert_ids._close_void()
        return result

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def action_open_dossier(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "recouvrement.dossier",
            "res_id": self.dossier_id.id,
            "view_mode": "form",
        }
