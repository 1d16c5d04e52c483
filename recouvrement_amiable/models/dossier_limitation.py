# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..legal.errors import UnknownSector
from ..legal.sectors import rule_of

# What the clock of a customer depends on.
_CLOCK = {"kind", "kind_since", "kind_before", "sector", "notice_clause"}


class RecouvrementDossier(models.Model):
    """Until when the customer's debts can be claimed, and what moved that day."""

    _inherit = "recouvrement.dossier"

    legal_event_ids = fields.One2many("recouvrement.legal.event", "dossier_id")
    limitation_ids = fields.One2many("recouvrement.limitation", "dossier_id")
    sector = fields.Selection(
        lambda self: self.env["res.company"]._selection_recouvrement_sector(),
        string="Trade",
        tracking=True,
        help="Trade that sets prescription for this customer. Empty: the company's.",
    )
    notice_clause = fields.Selection(
        [("yes", "Yes, the contract says so"), ("no", "No")],
        string="Formal Notice Interrupts",
        tracking=True,
        help="Whether the contract with this customer says that a formal notice"
        " interrupts prescription (C. civ. 2254). Between professionals only. Empty:"
        " the company's setting.",
    )
    limitation_date = fields.Date(
        string="Last Day to Claim",
        compute="_compute_limitation",
        help="First day on which something open prescribes, among what can still be"
        " claimed.",
    )
    limitation_warning = fields.Char(compute="_compute_limitation")

    @api.depends_context("recouvrement_day", "lang")
    @api.depends(*sorted(_CLOCK), "legal_event_ids")
    def _compute_limitation(self):
        Reader = self.env["recouvrement.limitation.reader"].sudo()
        self.limitation_date = False
        self.limitation_warning = False
        items = self._open_claims()
        for company, dossiers in self.grouped("company_id").items():
            day = company._recouvrement_today()
            mine = [item for dossier in dossiers for item in items.get(dossier.id, ())]
            answers = Reader._of_items(mine, day)
            for dossier in dossiers:
                known = [
                    Reader._last_day(answers[item])
                    for item in items.get(dossier.id, ())
                    if item in answers
                ]
                over = [last for last in known if last and last < day]
                dossier.limitation_date = min(
                    (last for last in known if last and last >= day), default=False
                )
                if over:
                    dossier.limitation_warning = self.env._(
                        "%s item(s) are prescribed and can no longer be claimed.",
                        len(over),
                    )

    def _open_claims(self):
        """Ids of the open items of each dossier, credits apart."""
        found = {}
        if not self.ids:
            return found
        self.env["account.move.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.id, l.id
                  FROM recouvrement_dossier d
                  JOIN res_partner p ON p.commercial_partner_id = d.partner_id
                  JOIN account_move_line l
                    ON l.partner_id = p.id AND l.company_id = d.company_id
                 WHERE d.id IN %s AND l.account_id IN %s
                   AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
                   AND l.balance > 0 AND l.amount_residual_currency > 0
                """,
                tuple(self.ids),
                self.env["recouvrement.open.item"]._receivable_ids(),
            )
        )
        for dossier_id, item_id in rows:
            found.setdefault(dossier_id, []).append(item_id)
        return found

    @api.constrains("kind", "sector")
    def _check_sector(self):
        labels = dict(self.env["res.company"]._selection_recouvrement_sector())
        for dossier in self.filtered("sector"):
            try:
                rule_of(dossier.kind, dossier.sector)
            except UnknownSector as error:
                raise ValidationError(
                    self.env._(
                        "%(customer)s: no prescription is known for “%(sector)s” and"
                        " a debtor of the kind “%(kind)s”. Choose another trade, or"
                        " “%(unknown)s”.",
                        customer=dossier.partner_id.display_name,
                        sector=labels[dossier.sector],
                        kind=dict(self._selection_kind())[dossier.kind],
                        unknown=labels["unknown"],
                    )
                ) from error

    def write(self, vals):
        result = super().write(vals)
        if _CLOCK & set(vals):
            self.env["recouvrement.limitation"]._refresh_dossiers(self)
        return result

    @api.model
    def _refresh_limitation_of(self, moves):
        """A date of these entries changed: their customers' clocks move at once."""
        for company, mine in moves.grouped("company_id").items():
            dossiers = self.sudo().search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "in", mine.commercial_partner_id.ids),
                ]
            )
            if dossiers:
                self.env["recouvrement.limitation"]._refresh_dossiers(dossiers)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_legal_events(self):
        events = self.sudo().with_context(active_test=False).legal_event_ids
        if events:
            raise UserError(
                self.env._(
                    "The dossier of %s has legal events, archived ones included: they"
                    " say until when its debts can be claimed. Pause the dossier"
                    " instead.",
                    events[:1].dossier_id.display_name,
                )
            )
