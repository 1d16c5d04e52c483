# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import config
from odoo.tools.misc import format_date

from ..models.relance_plan import RelancePlan

STATUS = [("ok", "Ready"), ("warning", "To look at"), ("missing", "Missing")]


class RecouvrementGoLive(models.TransientModel):
    """The checklist that ends the test mode of a company."""

    _name = "recouvrement.go.live"
    _description = "Going live"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    test_email = fields.Char(
        string="Test Address",
        compute="_compute_test_email",
        inverse="_inverse_test_email",
        help="While the test mode is on, every message goes to this address.",
    )
    is_live = fields.Boolean(compute="_compute_checks")
    line_ids = fields.One2many(
        "recouvrement.go.live.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
    )
    blocking = fields.Boolean(compute="_compute_checks")
    texts_read = fields.Boolean(string="I have read the texts of the ladders in use")
    warnings_accepted = fields.Boolean(string="I accept the points to look at")
    entry_mode = fields.Selection(
        lambda self: self.env["res.company"]
        ._fields["recouvrement_entry_mode"]
        ._description_selection(self.env),
        string="Items Already Late",
        required=True,
        default=lambda self: self.env.company.sudo().recouvrement_entry_mode,
    )
    ignore_before = fields.Date(
        string="Leave Out Items Due Before",
        default=lambda self: self.env.company.sudo().recouvrement_ignore_before,
    )
    late_summary = fields.Char(compute="_compute_late_summary")

    @api.depends("company_id")
    def _compute_test_email(self):
        for wizard in self:
            wizard.test_email = wizard.company_id.sudo().recouvrement_test_email

    def _inverse_test_email(self):
        """A credit manager sets it without the right to the general settings."""
        self._check_manager()
        for wizard in self:
            wizard.company_id.sudo().recouvrement_test_email = wizard.test_email

    # ------------------------------------------------------------------
    # Checklist
    # ------------------------------------------------------------------
    @api.depends("company_id")
    def _compute_line_ids(self):
        """Stored, so that the list stays when a button of the wizard refuses."""
        for wizard in self:
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(
                    {"name": name, "status": status, "advice": advice}
                )
                for name, status, advice in wizard._checks()
            ]

    @api.depends("company_id")
    def _compute_checks(self):
        for wizard in self:
            checks = wizard._checks()
            wizard.blocking = any(status == "missing" for _n, status, _a in checks)
            wizard.is_live = not wizard.company_id.sudo().recouvrement_test_mode

    def _checks(self):
        """``[(name, status, advice)]``, in the order of the screen."""
        self.ensure_one()
        return [
            self._check_address(),
            self._check_bank_account(),
            self._check_mail_server(),
            self._check_people(),
            self._check_ladders(),
            self._check_contacts(),
            self._check_bank_data(),
        ]

    def _check_address(self):
        partner = self.company_id.sudo().partner_id
        complete = partner.street and partner.zip and partner.city
        return (
            self.env._("Company address"),
            "ok" if complete else "missing",
            ""
            if complete
            else self.env._("Letters need street, postcode and city of the company."),
        )

    def _check_bank_account(self):
        banks = self.company_id.sudo().partner_id.bank_ids
        return (
            self.env._("Bank account"),
            "ok" if banks else "missing",
            banks[:1].acc_number
            or self.env._("Add the company's IBAN: the texts say where to pay."),
        )

    def _check_mail_server(self):
        """A record, else the server that the administrator gave to Odoo itself."""
        server = self.env["ir.mail_server"].sudo().search([], limit=1).name
        *given, _defaults = config.options.maps
        if not server and any("smtp_server" in options for options in given):
            server = config["smtp_server"]
        return (
            self.env._("Outgoing mail server"),
            "ok" if server else "missing",
            server or self.env._("Configure and test an outgoing mail server."),
        )

    def _check_people(self):
        company = self.company_id.sudo()
        collector = company.recouvrement_collector_id
        return (
            self.env._("Default collector"),
            "ok" if collector else "warning",
            collector.name
            or self.env._(
                "Calls of customers without a collector would have nobody to make them."
            ),
        )

    def _check_ladders(self):
        used = (
            self.env["recouvrement.dossier"]
            .sudo()
            ._read_group(
                [("company_id", "=", self.company_id.id)],
                ["scenario_auto_id"],
                ["__count"],
            )
        )
        names = ", ".join(scenario.name for scenario, _count in used if scenario)
        without = sum(count for scenario, count in used if not scenario)
        if without:
            return (
                self.env._("Ladders"),
                "warning",
                self.env._("%s customer(s) fit no scenario.", without),
            )
        return (
            self.env._("Ladders"),
            "ok",
            names or self.env._("No customer has anything open yet."),
        )

    def _check_contacts(self):
        rows = self._late_rows()
        missing = {row["dossier_id"] for row in rows if not row["email_partner_id"]}
        if not missing:
            return self.env._("Contacts"), "ok", ""
        names = self.env["recouvrement.dossier"].sudo().browse(list(missing)[:5])
        return (
            self.env._("Contacts"),
            "warning",
            self.env._(
                "%(count)s late customer(s) without an e-mail address: %(names)s…",
                count=len(missing),
                names=", ".join(names.mapped("display_name")),
            ),
        )

    def _check_bank_data(self):
        company = self.company_id.sudo()
        today = company._recouvrement_today()
        last = company._recouvrement_bank_dates({company.id: today}).get(company.id)
        old = company._recouvrement_bank_is_old(today, last)
        if last is None:
            return (
                self.env._("Bank data"),
                "warning",
                self.env._("No bank entry yet: import a statement or record payments."),
            )
        return (
            self.env._("Bank data"),
            "warning" if old else "ok",
            self.env._("Last entry on %s", format_date(self.env, last)),
        )

    # ------------------------------------------------------------------
    # What is already late
    # ------------------------------------------------------------------
    def _late_rows(self):
        rows = self.env["recouvrement.open.item"].sudo()._situations(self.company_id)
        return [row for row in rows if row["is_late"] and row["amount_residual"] > 0]

    @api.depends("company_id", "ignore_before")
    def _compute_late_summary(self):
        for wizard in self:
            rows = [
                row
                for row in wizard._late_rows()
                if not wizard.ignore_before or row["date_due"] >= wizard.ignore_before
            ]
            wizard.late_summary = self.env._(
                "%(items)s late item(s) of %(customers)s customer(s)",
                items=len(rows),
                customers=len({row["dossier_id"] for row in rows}),
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards._check_manager()
        return wizards

    def write(self, vals):
        result = super().write(vals)
        self._check_manager()
        return result

    def _check_manager(self):
        """A credit manager decides, for the companies that are theirs."""
        if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
            raise AccessError(
                self.env._("Only a credit manager takes the relances live.")
            )
        if self.company_id - self.env.user.company_ids:
            raise AccessError(self.env._("This company is not one of yours."))

    def action_go_live(self):
        """End the test mode: from now on messages reach the customers."""
        self.ensure_one()
        self._check_manager()
        company = self.company_id.sudo()
        if not company.recouvrement_test_mode:
            raise UserError(self.env._("%s is already live.", company.name))
        if self.blocking:
            raise UserError(
                self.env._("Complete what is missing in the checklist first.")
            )
        if not self.texts_read:
            raise UserError(
                self.env._("Read the texts of the ladders, then tick the box.")
            )
        if not self.warnings_accepted and any(
            status == "warning" for _name, status, _advice in self._checks()
        ):
            raise UserError(
                self.env._("Some points are to look at: mend them, or accept them.")
            )
        self._forget_tests()
        today = company._recouvrement_today()
        company.write(
            {
                "recouvrement_test_mode": False,
                "recouvrement_live_date": today,
                "recouvrement_entry_mode": self.entry_mode,
                "recouvrement_ignore_before": self.ignore_before,
            }
        )
        if self.entry_mode == "age":
            self._enter_by_age(today)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%s is live: the next run writes to its customers.", company.name
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_set_test_email(self):
        """Writing the address is saving the wizard: show it again."""
        self.ensure_one()
        self._check_manager()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_go_live_action"
        )
        return dict(action, res_id=self.id)

    def action_back_to_test(self):
        """Stop writing to customers at once."""
        self.ensure_one()
        self._check_manager()
        self.company_id.sudo().recouvrement_test_mode = True
        return {"type": "ir.actions.act_window_close"}

    def _forget_tests(self):
        """What was sent in test mode never counted for the customers.

        A relance of which a part reached them does: what did not leave is made anew.
        """
        tests = (
            self.env["recouvrement.relance"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("state", "in", ("to_approve", "approved", "done")),
                    "|",
                    ("is_test", "=", True),
                    ("delivery_ids.is_test", "=", True),
                ]
            )
        )
        real = tests.filtered(lambda relance: relance._reached_customer())
        real.write({"is_test": False})
        real.delivery_ids.filtered("is_test")._remake_letters()
        (tests - real)._cancel(self.env._("Made in test mode"))

    def _enter_by_age(self, today):
        """Late items get the level of their age; nothing is sent."""
        self.env["recouvrement.dossier"].sudo()._refresh(self.company_id, today)
        plan = RelancePlan(self.env(su=True), self.company_id, today)
        plan.classify()
        plan.enter()


class RecouvrementGoLiveLine(models.TransientModel):
    _name = "recouvrement.go.live.line"
    _description = "Point of the going-live checklist"

    wizard_id = fields.Many2one("recouvrement.go.live", ondelete="cascade")
    name = fields.Char(readonly=True)
    status = fields.Selection(STATUS, readonly=True)
    advice = fields.Char(readonly=True)
