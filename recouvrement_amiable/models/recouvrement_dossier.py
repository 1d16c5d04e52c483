# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError, ValidationError


class RecouvrementDossier(models.Model):
    """The customer account of one commercial partner in one company."""

    _name = "recouvrement.dossier"
    _description = "Dossier"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    kind = fields.Selection(
        "_selection_kind", string="Kind of Debtor", required=True, default="company"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    scenario_auto_id = fields.Many2one(
        "recouvrement.scenario",
        string="Scenario by Segment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    scenario_choice_id = fields.Many2one(
        "recouvrement.scenario",
        string="Scenario Chosen by Hand",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        tracking=True,
        help="Wins over the segment rules. Empty: the rules choose.",
    )
    scenario_id = fields.Many2one(
        "recouvrement.scenario",
        compute="_compute_scenario_id",
        search="_search_scenario_id",
    )
    scenario_placeholder = fields.Char(compute="_compute_scenario_placeholder")
    collector_id = fields.Many2one(
        "res.users",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="Who follows this customer. Empty: the company's default collector.",
    )
    salesperson_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    contact_id = fields.Many2one(
        "res.partner",
        string="Contact",
        index="btree_not_null",
        ondelete="set null",
        domain="['|', ('id', '=', partner_id), ('parent_id', '=', partner_id)]",
        tracking=True,
        help="Who gets the relances. Empty: the invoice address, else the customer.",
    )
    note = fields.Text(string="Internal Note")
    planned_on = fields.Date(
        readonly=True, copy=False, help="Last day on which this dossier was planned."
    )

    relance_ids = fields.One2many("recouvrement.relance", "dossier_id")
    delivery_ids = fields.One2many("recouvrement.delivery", "dossier_id")

    # Figures of the day, read from the one query
    amount_open = fields.Monetary(string="Open Balance", compute="_compute_figures")
    amount_late = fields.Monetary(string="Overdue", compute="_compute_figures")
    amount_credit = fields.Monetary(
        string="Unallocated Credits", compute="_compute_figures"
    )
    days_late = fields.Integer(string="Oldest", compute="_compute_figures")
    level_id = fields.Many2one(
        "recouvrement.level", string="Level Reached", compute="_compute_figures"
    )
    next_level_id = fields.Many2one(
        "recouvrement.level", string="Next Level", compute="_compute_figures"
    )
    next_relance_date = fields.Date(string="Next Relance", compute="_compute_figures")
    next_date = fields.Date(string="Next Action", compute="_compute_figures")
    situation_text = fields.Text(string="Why", compute="_compute_figures")
    situation = fields.Selection(
        lambda self: self.env["recouvrement.open.item"]._selection_situation(),
        compute="_compute_figures",
    )
    action = fields.Selection(
        lambda self: self.env["recouvrement.worklist"]._selection_action(),
        string="To Do",
        compute="_compute_figures",
    )
    item_count = fields.Integer(string="Late Items", compute="_compute_figures")
    last_date = fields.Date(string="Last Relance", compute="_compute_figures")
    open_item_ids = fields.One2many(
        "recouvrement.open.item", compute="_compute_open_item_ids", string="Open Items"
    )
    relance_count = fields.Integer(compute="_compute_relance_count")

    _company_partner_uniq = models.UniqueIndex(
        "(company_id, partner_id)", "This customer already has a dossier."
    )

    # ------------------------------------------------------------------
    # Selections, computes, constraints
    # ------------------------------------------------------------------
    @api.model
    def _selection_kind(self):
        return [
            ("company", self.env._("Company")),
            ("public", self.env._("Public body")),
            ("consumer", self.env._("Consumer")),
        ]

    @api.depends("partner_id.display_name")
    def _compute_display_name(self):
        for dossier in self:
            dossier.display_name = dossier.partner_id.display_name

    @api.model
    def _search_display_name(self, operator, value):
        return [("partner_id", operator, value)]

    @api.depends("scenario_choice_id", "scenario_auto_id")
    def _compute_scenario_id(self):
        for dossier in self:
            dossier.scenario_id = dossier.scenario_choice_id or dossier.scenario_auto_id

    @api.depends("scenario_auto_id.name")
    def _compute_scenario_placeholder(self):
        for dossier in self:
            automatic = dossier.scenario_auto_id.name
            dossier.scenario_placeholder = (
                self.env._("%s (chosen by the rules)", automatic)
                if automatic
                else self.env._("No scenario fits this customer")
            )

    def _search_scenario_id(self, operator, value):
        return [
            "|",
            ("scenario_choice_id", operator, value),
            "&",
            ("scenario_choice_id", "=", False),
            ("scenario_auto_id", operator, value),
        ]

    @api.depends_context("recouvrement_day")
    def _compute_figures(self):
        rows = {
            row["dossier_id"]: row
            for row in self.env["recouvrement.worklist"]._figures(self)
        }
        item = self.env["recouvrement.open.item"]
        item._prefetch_words(rows.values())
        for dossier in self:
            row = rows.get(dossier.id, {})
            dossier.amount_open = row.get("amount_open", 0)
            dossier.amount_late = row.get("amount_late", 0)
            dossier.amount_credit = row.get("amount_credit", 0)
            dossier.days_late = row.get("days_late", 0)
            dossier.level_id = row.get("level_id")
            dossier.next_relance_date = item._next_day(row, dossier.company_id)
            dossier.next_level_id = dossier.next_relance_date and row.get(
                "next_level_id"
            )
            # the open day, where something comes by itself
            dossier.next_date = dossier.next_relance_date or row.get("next_date")
            dossier.situation = row.get("situation")
            dossier.action = row.get("action")
            dossier.item_count = row.get("item_count", 0)
            dossier.last_date = row.get("last_date")
            dossier.situation_text = (
                item._describe(row, dossier.company_id)
                if row
                else self.env._("Nothing open: all is settled.")
            )

    @api.depends_context("recouvrement_day")
    def _compute_open_item_ids(self):
        items = self.env["recouvrement.open.item"].search(
            [("dossier_id", "in", self.ids)], order="date_due, id"
        )
        by_dossier = items.grouped("dossier_id")
        for dossier in self:
            dossier.open_item_ids = by_dossier.get(dossier, items.browse())

    def _compute_relance_count(self):
        counts = dict(
            self.env["recouvrement.relance"]._read_group(
                [("dossier_id", "in", self.ids)], ["dossier_id"], ["__count"]
            )
        )
        for dossier in self:
            dossier.relance_count = counts.get(dossier, 0)

    @api.constrains("partner_id")
    def _check_commercial(self):
        for dossier in self:
            if dossier.partner_id != dossier.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "A dossier belongs to the customer itself: %(contact)s is a"
                        " contact of %(customer)s.",
                        contact=dossier.partner_id.display_name,
                        customer=dossier.partner_id.commercial_partner_id.display_name,
                    )
                )

    @api.constrains("contact_id")
    def _check_contact(self):
        for dossier in self:
            dossier.contact_id._recouvrement_check_contact_of(dossier.partner_id)

    def write(self, vals):
        """Whose account it is never changes by hand."""
        if not self.env.su and {"company_id", "partner_id"} & set(vals):
            raise AccessError(
                self.env._("The customer and the company of a dossier do not change.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if self.sudo().relance_ids:
            raise UserError(
                self.env._(
                    "The dossier of %s has relances in its history: it stays as their"
                    " proof. Pause it instead.",
                    self.sudo().relance_ids[:1].dossier_id.display_name,
                )
            )

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------
    def _lock_or_explain(self):
        """Lock the dossiers, or tell the person who is faster."""
        try:
            self.sudo().lock_for_update()
            self._stamp(self.ids, fields.Date.context_today(self))
        except LockError as error:
            raise UserError(
                self.env._(
                    "Another relance of the same customers is being prepared right now."
                    " Try again in a moment."
                )
            ) from error

    def _collector(self):
        """Who follows this dossier: its collector, else the company's; not who left."""
        if not self:
            return self.env["res.users"]
        self.ensure_one()
        dossier = self.sudo()
        if dossier.collector_id.active:  # most often: asked for each message
            return dossier.collector_id
        company = dossier.company_id
        users = company.recouvrement_collector_id | company.recouvrement_manager_id
        return users.filtered("active")[:1]

    def _responsible(self, channel):
        """Who makes a call or a visit, or decides: somebody who can open the dossier.

        :param str channel: ``visit`` is for the salesperson, ``task`` for the manager
        """
        self.ensure_one()
        dossier = self.sudo()
        company = dossier.company_id
        named = {
            "visit": dossier.partner_id.user_id,
            "task": company.recouvrement_manager_id,
        }.get(channel)
        if named and named.active and company in named.company_ids:
            return named
        return self._collector()

    def _alert_reader(self, collector_first=False):
        """The credit manager and who follows the dossier: one of them.

        :return: res.users, never a former user; empty when there is nobody
        """
        self.ensure_one()
        company = self.company_id.sudo()
        users = [company.recouvrement_manager_id, self._collector()]
        for user in reversed(users) if collector_first else users:
            if user.active and company in user.company_ids:
                return user
        return self.env["res.users"]

    def action_open_relances(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_relance_action"
        )
        action["domain"] = [("dossier_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_do(self):
        """What waits for a person, as on the worklist."""
        self.ensure_one()
        return self.env["recouvrement.worklist"].browse(self.id).action_do()

    def action_open_invoices(self):
        """What is left to pay, and the credits that are not matched yet."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice"
        )
        action["domain"] = [
            ("commercial_partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial", "in_payment", "blocked")),
        ]
        action["context"] = {"default_move_type": "out_invoice", "create": False}
        return action

    def action_open_partner(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }

    # ------------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------------
    def _message_receive_bounce(self, email, partner):
        """A relance came back: the delivery says so, and the worklist with it."""
        result = super()._message_receive_bounce(email, partner)
        self.env["recouvrement.delivery"].sudo()._bounced(self, email)
        return result

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]
