# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html
from odoo.tools.misc import format_date

# Days until each decision is looked at again, unless the person says otherwise.
DAYS = {"handover": 90, "agreement": 30, "call": 7, "write_off": 30}


class RecouvrementDecision(models.TransientModel):
    """What follows the last level: a person decides, and it is recorded who.

    A decision rests until a day; on that day the customer is to be decided again.
    """

    _name = "recouvrement.decision"
    _inherit = "recouvrement.selection"
    _description = "Decision after the last level"

    choice = fields.Selection(
        [
            ("handover", "Hand over the file"),
            ("agreement", "A payment agreement was reached"),
            ("call", "Go on myself"),
            ("write_off", "Propose the write-off to accounting"),
        ],
        string="What Follows",
        required=True,
        default="handover",
    )
    handed_to = fields.Selection(
        [
            ("agency", "Collection agency"),
            ("bailiff", "Bailiff (commissaire de justice)"),
            ("lawyer", "Lawyer"),
            ("insurer", "Credit insurer"),
        ],
        string="Handed Over To",
        default="agency",
    )
    handed_name = fields.Char(string="Name")
    user_id = fields.Many2one(
        "res.users",
        string="Proposed To",
        default=lambda self: self.env.company.sudo().recouvrement_manager_id,
    )
    reader_ids = fields.Many2many("res.users", compute="_compute_reader_ids")
    until = fields.Date(
        string="Look Again On",
        compute="_compute_until",
        store=True,
        readonly=False,
    )
    note = fields.Text()
    total_text = fields.Char(string="Overdue", compute="_compute_totals")

    @api.depends("choice")
    def _compute_until(self):
        for wizard in self:
            company = wizard.dossier_ids.company_id[:1] or wizard.env.company
            day = company._recouvrement_today() + timedelta(
                days=DAYS.get(wizard.choice, 30)
            )
            wizard.until = company.sudo()._recouvrement_calendar().next_open(day)

    @api.depends("dossier_ids")
    def _compute_reader_ids(self):
        """Who may see every dossier: others could not open what they are asked."""
        group = self.env.ref("recouvrement_amiable.group_collector_all").sudo()
        for wizard in self:
            companies = wizard.dossier_ids.company_id
            wizard.reader_ids = group.all_user_ids.filtered(
                lambda user, companies=companies: user.active
                and companies <= user.company_ids
            ).ids

    @api.depends("dossier_ids")
    def _compute_totals(self):
        for wizard in self:
            sums = {}
            # while the form is open they are but copies of what is stored
            for dossier in wizard.dossier_ids._origin:
                currency = dossier.currency_id
                sums[currency] = sums.get(currency, 0) + dossier.amount_late
            wizard.total_text = " + ".join(
                currency.format(amount) for currency, amount in sums.items()
            )

    def action_confirm(self):
        self.ensure_one()
        dossiers = self.dossier_ids
        dossiers.check_access("write")
        self._check()
        reason = self._reason()
        if self.choice == "call":
            dossiers._look_again(self.until, reason)
        else:
            dossiers._pause(self.until, reason, self.choice)
        self._close_tasks(reason)
        self._record(reason)
        if self.choice == "write_off":
            self._ask_accounting()
        return self._done(
            self.env._(
                "Decided for %(count)s customer(s); looked at again on %(day)s.",
                count=len(dossiers),
                day=format_date(self.env, self.until),
            )
        )

    def _check(self):
        for company in self.dossier_ids.company_id:
            if not self.until or self.until <= company._recouvrement_today():
                raise UserError(
                    self.env._("Choose a day after today to look at it again.")
                )
        if self.choice == "handover" and not (self.handed_name or "").strip():
            raise UserError(self.env._("Say to whom the file is handed over."))
        if self.choice == "agreement" and not (self.note or "").strip():
            raise UserError(
                self.env._("Write what was agreed: amounts and days of the payments.")
            )
        if self.choice == "write_off" and self.user_id not in self.reader_ids:
            raise UserError(
                self.env._(
                    "Choose who looks at the write-off, among those who may see every"
                    " dossier of the company."
                )
            )

    def _reason(self):
        """The decision in one line, as the worklist and the dossier will say it."""
        note = " ".join((self.note or "").split())
        if self.choice == "handover":
            kinds = dict(self._fields["handed_to"]._description_selection(self.env))
            words = f"{self.handed_name.strip()}, {kinds.get(self.handed_to)}"
        elif self.choice == "agreement":
            words = self.env._("Payment agreement")
        elif self.choice == "write_off":
            words = self.env._("Write-off proposed to %s", self.user_id.name)
        else:
            words = self.env._("%s goes on", self.env.user.name)
        return ": ".join(filter(None, [words, note]))

    def _close_tasks(self, reason):
        """The proposals of the ladder are answered."""
        tasks = self.env["recouvrement.delivery"].search(
            [
                ("dossier_id", "in", self.dossier_ids.ids),
                ("channel", "=", "task"),
                ("state", "=", "todo"),
            ]
        )
        # Rights were checked on the dossiers; states move through methods only.
        tasks.sudo()._note_decision(reason)

    def _record(self, reason):
        """Who decided what, in the thread of each dossier."""
        choices = dict(self._fields["choice"]._description_selection(self.env))
        lines = [
            self.env._(
                "Decision of %(user)s: %(choice)s",
                user=self.env.user.name,
                choice=choices[self.choice],
            ),
            reason,
            self.env._("Looked at again on %s", format_date(self.env, self.until)),
        ]
        body = Markup("<br/>").join(lines)
        self.dossier_ids._message_log_batch(
            bodies=dict.fromkeys(self.dossier_ids.ids, body)
        )

    def _ask_accounting(self):
        for dossier in self.dossier_ids:
            dossier.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.until,
                user_id=self.user_id.id,
                summary=self.env._(
                    "Write-off proposed: %s",
                    dossier.currency_id.format(dossier.amount_late),
                ),
                note=plaintext2html(self.note or ""),
            )
