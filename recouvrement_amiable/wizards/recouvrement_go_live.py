# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..models.relance_plan import RelancePlan

# The points of the checklist, in the order of the screen.
CHECKS = (
    "address",
    "bank_account",
    "mail_server",
    "people",
    "ladders",
    "contacts",
    "bank_data",
)
STATUS = [("ok", "Ready"), ("warning", "To look at"), ("missing", "Missing")]


class RecouvrementGoLive(models.TransientModel):
    """The checklist that ends the test mode of a company."""

    _name = "recouvrement.go.live"
    _inherit = "recouvrement.manager.wizard"
    _description = "Going live"

    test_email = fields.Char(
        string="Test Address",
        compute="_compute_test_email",
        inverse="_inverse_test_email",
        help="While the test mode is on, every message goes to this address.",
    )
    is_live = fields.Boolean(compute="_compute_checks")
    checks = fields.Json(
        compute="_compute_checks",
        help="What the checklist says, looked at once for the whole page.",
    )
    line_ids = fields.One2many(
        "recouvrement.go.live.line",
        "wizard_id",
        default=lambda self: [fields.Command.create({"code": code}) for code in CHECKS],
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

    @api.model
    def _title(self):
        return self.env._("Going Live")

    @api.depends("company_id")
    def _compute_test_email(self):
        for wizard in self:
            wizard.test_email = wizard.company_id.sudo().recouvrement_test_email

    def _inverse_test_email(self):
        """A credit manager sets it without the right to the general settings."""
        self._check_manager()
        for wizard in self:
            wizard.company_id.sudo().recouvrement_test_email = wizard.test_email

    @api.depends("company_id")
    @api.depends_context("lang", "uid")
    def _compute_checks(self):
        for wizard in self:
            wizard.checks = wizard._checks()
            wizard.blocking = wizard._has("missing")
            wizard.is_live = not wizard.company_id.sudo().recouvrement_test_mode

    def _has(self, wanted):
        return any(status == wanted for _name, status, _advice in self.checks.values())

    # ------------------------------------------------------------------
    # What is already late: counted in the database, whatever the ledger
    # ------------------------------------------------------------------
    def _late_query(self):
        item = self.env["recouvrement.open.item"].sudo()
        item._prepare_read(whole=True)
        return item._query(self.company_id, alike=True)

    @api.depends("company_id", "ignore_before")
    def _compute_late_summary(self):
        for wizard in self:
            items, customers = wizard._count_late()
            wizard.late_summary = self.env._(
                "%(items)s late item(s) of %(customers)s customer(s)",
                items=items,
                customers=customers,
            )

    def _count_late(self):
        """``(items, customers)``; no situation is needed to know what is late."""
        [counts] = self.env.execute_query(
            SQL(
                "SELECT count(*), count(DISTINCT q.dossier_id) FROM (%s) q"
                " WHERE q.is_late AND q.amount_residual > 0 AND q.date_due >= %s",
                self._late_query().plain(),
                self.ignore_before or date.min,
            )
        )
        return counts

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------
    @api.model
    def action_open(self):
        """Open the checklist as a page: its lines lead elsewhere and back."""
        wizard = self.create({})
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_go_live_action"
        )
        return dict(action, res_id=wizard.id)

    def action_read_texts(self):
        """All the words of the ladders in use, before they are said to be read."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_text_reader_action"
        )
        action["context"] = {"default_scenario_ids": self._ladders_in_use().ids}
        return action

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
        if not self.warnings_accepted and self._has("warning"):
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
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_set_test_email(self):
        """Writing the address is saving the page, which the click has done."""
        self.ensure_one()
        self._check_manager()

    def action_back_to_test(self):
        """Stop writing to customers at once."""
        self.ensure_one()
        self._check_manager()
        self.company_id.sudo().recouvrement_test_mode = True

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
    """One point of the checklist; what it says is looked up whenever it is shown."""

    _name = "recouvrement.go.live.line"
    _inherit = "recouvrement.wizard"
    _description = "Point of the going-live checklist"
    _order = "id"

    wizard_id = fields.Many2one("recouvrement.go.live", ondelete="cascade", index=True)
    code = fields.Char(readonly=True)
    name = fields.Char(compute="_compute_check")
    status = fields.Selection(STATUS, compute="_compute_check")
    advice = fields.Char(compute="_compute_check")
    can_open = fields.Boolean(compute="_compute_check")

    @api.depends("wizard_id.checks", "code")
    @api.depends_context("lang", "uid")
    def _compute_check(self):
        for wizard, lines in self.grouped("wizard_id").items():
            checks = wizard.checks or {}
            for line in lines:
                line.name, line.status, line.advice = checks.get(
                    line.code, (False, False, False)
                )
                line.can_open = bool(wizard) and wizard._may_open(line.code)

    def action_open(self):
        """Go where the point is mended."""
        self.ensure_one()
        self.wizard_id._check_manager()
        if self.code not in CHECKS:
            return None
        return getattr(self.wizard_id, f"_open_{self.code}")()
