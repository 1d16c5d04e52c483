# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..legal.parameters import PUBLIC

# A charge counts while its invoice stands: cancelled, or credited in full by credit
# notes of its own, it gives back what it took. A waiver has no invoice.
STANDING = (
    "(x.charge_move_id IS NULL OR EXISTS (SELECT 1 FROM account_move cm"
    " WHERE cm.id = x.charge_move_id AND cm.state <> 'cancel'"
    " AND cm.amount_total > COALESCE((SELECT sum(rm.amount_total)"
    " FROM account_move rm WHERE rm.reversed_entry_id = cm.id"
    " AND rm.state = 'posted'), 0)))"
)


class RecouvrementCharge(models.Model):
    """Interest or indemnity that is on an invoice of its own, or waived.

    One row for each source item and period: the same days of an item are never
    charged twice, whatever the code does (exclusion constraint).
    """

    _name = "recouvrement.charge"
    _description = "Charge"
    _order = "id desc"
    _rec_name = "move_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Source Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    kind = fields.Selection(
        [("interest", "Interest"), ("indemnity", "Fixed indemnity")],
        required=True,
        readonly=True,
    )
    debtor_kind = fields.Selection(
        lambda self: self.env["recouvrement.dossier"]._selection_kind(),
        string="Kind of Debtor",
        readonly=True,
        help="When the source invoice was made.",
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    charge_move_id = fields.Many2one(
        "account.move",
        string="Charge Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    correction = fields.Boolean(
        readonly=True, help="For days charged before, of which more is owed now."
    )
    waived = fields.Boolean(readonly=True)
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one(
        "res.users", string="By", readonly=True, ondelete="restrict"
    )
    standing = fields.Boolean(
        default=True,
        readonly=True,
        index=True,
        help="Off: the charge invoice was cancelled or credited, the days are free.",
    )
    state = fields.Selection(
        [
            ("charged", "Invoiced"),
            ("waived", "Waived"),
            ("back", "Given back"),
        ],
        compute="_compute_state",
    )

    _period = models.Constraint(
        "CHECK (date_from <= date_to)", "A charge ends after it starts."
    )
    _waiver_reason = models.Constraint(
        "CHECK (waived IS NOT TRUE OR COALESCE(trim(reason), '') <> '')",
        "Say why the charge is waived.",
    )
    _indemnity_uniq = models.UniqueIndex(
        "(move_line_id) WHERE kind = 'indemnity' AND standing",
        "The fixed indemnity of this item is charged already.",
    )

    def init(self):
        """The same days of an item once: no two periods that stand may overlap."""
        self.env.cr.execute(
            """
            ALTER TABLE recouvrement_charge
            DROP CONSTRAINT IF EXISTS recouvrement_charge_days_once,
            ADD CONSTRAINT recouvrement_charge_days_once EXCLUDE USING gist (
                int4range(move_line_id, move_line_id, '[]') WITH &&,
                daterange(date_from, date_to, '[]') WITH &&)
            WHERE (kind = 'interest' AND standing AND correction IS NOT TRUE)
            """
        )

    @api.depends("waived", "standing", "charge_move_id")
    def _compute_state(self):
        self.flush_recordset()
        self.env["account.move"].flush_model(
            ["state", "amount_total", "reversed_entry_id"]
        )
        standing = {
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT x.id FROM recouvrement_charge x"
                    f" WHERE x.id IN %s AND x.standing AND {STANDING}",
                    tuple(self.ids) or (0,),
                )
            )
        }
        for charge in self:
            if charge.id not in standing:
                charge.state = "back"
            else:
                charge.state = "waived" if charge.waived else "charged"

    @api.model
    def _sync(self, companies):
        """Mark the charges whose invoice was cancelled or credited in full."""
        self.env["account.move"].flush_model(
            ["state", "amount_total", "reversed_entry_id"]
        )
        self.flush_model()
        self.env.cr.execute(
            SQL(
                f"UPDATE recouvrement_charge x SET standing = false"
                f" WHERE x.standing AND x.company_id IN %s AND NOT {STANDING}",
                tuple(companies.ids) or (0,),
            )
        )
        self.invalidate_model(["standing", "state"])

    def _take_back(self, moves):
        """The charges of a reopened invoice count again, if the days are still free."""
        self.flush_model()
        taken = self.sudo().search(
            [("charge_move_id", "in", moves.ids), ("standing", "=", False)]
        )
        for charge in taken:
            domain = [
                ("move_line_id", "=", charge.move_line_id.id),
                ("kind", "=", charge.kind),
                ("standing", "=", True),
            ]
            if charge.kind == "interest":
                domain += [
                    ("date_from", "<=", charge.date_to),
                    ("date_to", ">=", charge.date_from),
                ]
            if self.sudo().search_count(domain, limit=1):
                raise UserError(
                    self.env._(
                        "%(invoice)s cannot be reopened: its charges on %(item)s were"
                        " invoiced again since. Make a new charge invoice instead.",
                        invoice=charge.charge_move_id.display_name,
                        item=charge.move_id.display_name,
                    )
                )
        taken.standing = True
        self._check_still_owed(taken)

    def _check_still_owed(self, charges):
        """What was charged again in another way meanwhile is not taken twice."""
        claims = self.env["recouvrement.claim"]._of_moves(charges.move_id.ids)
        for claim in claims.values():
            if claim.overcharged:
                raise UserError(
                    self.env._(
                        "%(invoice)s cannot be reopened: its charges on %(item)s are"
                        " not owed any more, or were charged again since. Make a new"
                        " charge invoice instead.",
                        invoice=charges[:1].charge_move_id.display_name,
                        item=self.env["account.move"]
                        .browse(claim.move_id)
                        .display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        """A charge goes with its invoice; a waiver stays as a proof."""
        if self.filtered(lambda charge: charge.waived and charge.standing):
            raise UserError(
                self.env._("A waiver is a decision and stays: cancel it instead.")
            )

    def action_cancel_waiver(self):
        """The charge can be claimed again."""
        self.check_access("read")
        if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
            raise AccessError(
                self.env._("A waiver is cancelled by a credit manager only.")
            )
        for charge in self:
            if not charge.waived:
                raise UserError(
                    self.env._(
                        "%s is invoiced: cancel or credit its charge invoice.",
                        charge.display_name,
                    )
                )
        self.sudo().standing = False
        for charge in self:
            charge.dossier_id._message_log(
                body=self.env._(
                    "Waiver cancelled: %(kind)s of %(invoice)s.",
                    kind=dict(self._fields["kind"]._description_selection(self.env))[
                        charge.kind
                    ],
                    invoice=charge.move_id.display_name,
                )
            )

    @api.constrains("waived", "kind", "debtor_kind")
    def _check_public_waiver(self):
        """CCP art. L2192-14: a public buyer's interest cannot be given up."""
        for charge in self:
            if (
                charge.waived
                and charge.kind == "interest"
                and charge.debtor_kind == PUBLIC
            ):
                raise ValidationError(
                    self.env._(
                        "%s is a public body: giving up its late-payment interest is"
                        " void (CCP art. L2192-14).",
                        charge.dossier_id.partner_id.display_name,
                    )
                )
