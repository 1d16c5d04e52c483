# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

_GROUPS = "recouvrement_amiable.group_reader"
SHOWN_DELIVERIES = 20
# What a letter or the note of a call took from the contact.
WRITTEN_TO = {
    "name",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "country_id",
    "phone",
}

# What makes a customer of its own, or another one's contact.
COMMERCIAL = {"parent_id", "is_company"}


class ResPartner(models.Model):
    """The customer's account in the current company, read from the dossier."""

    _inherit = "res.partner"

    recouvrement_dossier_id = fields.Many2one(
        "recouvrement.dossier",
        string="Dossier",
        compute="_compute_recouvrement_dossier_id",
        groups=_GROUPS,
    )
    recouvrement_amount_open = fields.Monetary(
        string="Owed", compute="_compute_recouvrement_figures", groups=_GROUPS
    )
    recouvrement_amount_late = fields.Monetary(
        string="Overdue", compute="_compute_recouvrement_figures", groups=_GROUPS
    )
    recouvrement_days_late = fields.Integer(
        string="Oldest (Days Late)",
        compute="_compute_recouvrement_figures",
        groups=_GROUPS,
    )
    recouvrement_level_id = fields.Many2one(
        "recouvrement.level",
        string="Relance Level",
        compute="_compute_recouvrement_figures",
        groups=_GROUPS,
    )
    recouvrement_situation_text = fields.Char(
        string="Next Action", compute="_compute_recouvrement_figures", groups=_GROUPS
    )
    recouvrement_scenario_id = fields.Many2one(
        "recouvrement.scenario",
        string="Scenario",
        compute="_compute_recouvrement_figures",
        groups=_GROUPS,
    )
    recouvrement_collector_id = fields.Many2one(
        "res.users",
        string="Collector",
        compute="_compute_recouvrement_figures",
        groups=_GROUPS,
    )
    recouvrement_next_level_id = fields.Many2one(
        "recouvrement.level",
        string="Next Level",
        compute="_compute_recouvrement_figures",
        groups=_GROUPS,
    )
    recouvrement_next_date = fields.Date(
        string="Next Relance",
        compute="_compute_recouvrement_figures",
        groups=_GROUPS,
        help="Open day on which the next level comes by itself. None while the customer"
        " is held, or waits for a person.",
    )
    recouvrement_delivery_ids = fields.One2many(
        "recouvrement.delivery",
        compute="_compute_recouvrement_delivery_ids",
        string="Relance History",
        groups=_GROUPS,
    )

    recouvrement_head_id = fields.Many2one(
        "res.partner",
        string="Credit Group",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('is_company', '=', True), ('parent_id', '=', False),"
        " ('id', '!=', id), ('recouvrement_head_id', '=', False)]",
        help="Customer whose limit this one shares: their exposures add up.",
        groups=_GROUPS,
    )
    recouvrement_risk_class = fields.Selection(
        lambda self: self.env["recouvrement.score"]._selection_class(),
        string="Risk Class",
        compute="_compute_recouvrement_risk",
        groups=_GROUPS,
    )
    recouvrement_score_value = fields.Integer(
        string="Risk", compute="_compute_recouvrement_risk", groups=_GROUPS
    )
    recouvrement_exposure = fields.Monetary(
        string="Exposure", compute="_compute_recouvrement_risk", groups=_GROUPS
    )
    recouvrement_limit = fields.Monetary(
        string="Limit", compute="_compute_recouvrement_risk", groups=_GROUPS
    )
    recouvrement_limit_text = fields.Char(
        string="Limit in Words", compute="_compute_recouvrement_risk", groups=_GROUPS
    )

    @api.constrains("recouvrement_head_id")
    def _check_recouvrement_head(self):
        for partner in self.filtered("recouvrement_head_id"):
            head = partner.recouvrement_head_id
            members = self.search_count(
                [("recouvrement_head_id", "=", partner.id)], limit=1
            )
            if head == partner or head.recouvrement_head_id or members:
                raise ValidationError(
                    self.env._(
                        "%(customer)s cannot join the credit group of %(head)s: a group"
                        " has one head, and its head is in no other group.",
                        customer=partner.display_name,
                        head=head.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("recouvrement_head_id") for vals in vals_list):
            self._check_recouvrement_head_right()
        return super().create(vals_list)

    def write(self, vals):
        if "recouvrement_head_id" in vals:
            head = vals["recouvrement_head_id"] or False
            # with all rights: who may not read the field is refused, not misled
            if any(p.recouvrement_head_id.id != head for p in self.sudo()):
                self._check_recouvrement_head_right()
        names = WRITTEN_TO & vals.keys()
        before = [[partner[name] for name in names] for partner in self]
        moves = not COMMERCIAL.isdisjoint(vals)
        result = super().write(vals)
        self._recouvrement_follow_corrections(names, before)
        if moves:
            self._recouvrement_join_parents()
        return result

    def _recouvrement_join_parents(self):
        """Who became the contact of another customer brings its dossiers along.

        Core gives the journal items to that customer: so goes what was decided and
        said about them, whatever the rights of who tidies up the addresses.
        """
        Dossier = self.env["recouvrement.dossier"].sudo()
        moved = Dossier.search([("partner_id", "in", self.ids)], order="id").filtered(
            lambda dossier: dossier.partner_id
            != dossier.partner_id.commercial_partner_id
        )
        joined = moved.grouped(
            lambda d: (d.company_id.id, d.partner_id.commercial_partner_id.id)
        )
        kept = Dossier._of_customers(set(joined))
        for customer, dossiers in joined.items():
            kept[customer]._join(dossiers)

    @api.ondelete(at_uninstall=False)
    def _unlink_recouvrement_dossiers(self):
        """A dossier that holds nothing goes with its customer; the others stop it.

        With all rights, since nobody may delete dossiers by hand.
        """
        dossiers = self.env["recouvrement.dossier"].sudo()
        dossiers = dossiers.search([("partner_id", "in", self.ids)])
        dossiers._check_empty()
        dossiers.unlink()

    def _recouvrement_follow_corrections(self, names, before):
        """What waits for the post or a call follows an address that was corrected.

        :param set names: of the fields that were written
        :param list before: their values before, for each partner
        """
        corrected, partners = set(), self.browse()
        for partner, values in zip(self, before, strict=True):
            moved = {
                name
                for name, value in zip(names, values, strict=True)
                if partner[name] != value
            }
            if moved:
                corrected |= moved
                partners |= partner
        if partners:
            # whoever corrects an address need not read what is written there
            delivery = self.env["recouvrement.delivery"].sudo()
            delivery._contacts_corrected(partners, corrected)

    def _recouvrement_check_contact_of(self, customer):
        """A debtor's account is told to nobody but its own contacts."""
        for contact in self:
            if contact.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(contact)s does not belong to %(customer)s: choose one of"
                        " the customer's own contacts.",
                        contact=contact.display_name,
                        customer=customer.display_name,
                    )
                )

    def _check_recouvrement_head_right(self):
        """Sharing another customer's limit, or leaving it, is a decision on credit."""
        if not self.env.su and not self.env.user.has_group(
            "recouvrement_amiable.group_credit_manager"
        ):
            raise AccessError(
                self.env._(
                    "Only a credit manager puts a customer in a credit group, or takes"
                    " it out."
                )
            )

    @api.depends_context("company")
    def _compute_recouvrement_risk(self):
        """Class, exposure and limit in the current company, for a whole list."""
        for partner in self:
            dossier = partner.recouvrement_dossier_id
            partner.recouvrement_risk_class = dossier.risk_class
            partner.recouvrement_score_value = dossier.score_value
            partner.recouvrement_exposure = dossier.group_exposure
            partner.recouvrement_limit = dossier.limit_amount
            partner.recouvrement_limit_text = dossier.limit_text

    @api.depends_context("company")
    def _compute_recouvrement_dossier_id(self):
        dossiers = self.env["recouvrement.dossier"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        by_partner = {dossier.partner_id: dossier for dossier in dossiers}
        for partner in self:
            partner.recouvrement_dossier_id = by_partner.get(
                partner.commercial_partner_id
            )

    @api.depends_context("company")
    def _compute_recouvrement_figures(self):
        """Figures of the dossier in the current company."""
        for partner in self:
            dossier = partner.recouvrement_dossier_id
            partner.recouvrement_amount_open = dossier.amount_open
            partner.recouvrement_amount_late = dossier.amount_late
            partner.recouvrement_days_late = dossier.days_late
            partner.recouvrement_level_id = dossier.level_id
            partner.recouvrement_situation_text = dossier.situation_text
            partner.recouvrement_scenario_id = dossier.scenario_id
            partner.recouvrement_collector_id = dossier.sudo()._collector()
            partner.recouvrement_next_level_id = dossier.next_level_id
            partner.recouvrement_next_date = dossier.next_relance_date

    @api.depends_context("company")
    def _compute_recouvrement_delivery_ids(self):
        """The last messages, calls and visits; the dossier has them all."""
        for partner in self:
            deliveries = partner.recouvrement_dossier_id.delivery_ids
            partner.recouvrement_delivery_ids = deliveries[:SHOWN_DELIVERIES]

    def action_recouvrement_dossier(self):
        """Open the dossier, made on first need."""
        self.ensure_one()
        dossier = self.env["recouvrement.dossier"]._for_partners(self, self.env.company)
        if not dossier:
            raise UserError(
                self.env._(
                    "%s has nothing open in this company: there is no dossier.",
                    self.display_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "recouvrement.dossier",
            "res_id": dossier[:1].id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
