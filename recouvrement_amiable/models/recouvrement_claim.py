# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .claim_facts import OWED_OR_CHARGED, among
from .claim_reader import ClaimReader

# Tables that the reader queries behind the ORM's back.
_READ_MODELS = (
    "account.move",
    "account.move.line",
    "account.partial.reconcile",
    "recouvrement.charge",
    "recouvrement.delivery",
    "recouvrement.dossier",
    "recouvrement.legal.event",
    "recouvrement.limitation",
    "recouvrement.reference.rate",
    "recouvrement.relance",
    "recouvrement.relance.line",
    "res.company",
    "res.partner",
)


class RecouvrementClaim(models.AbstractModel):
    """What may be claimed besides the principal, and why (see ``claim_reader``)."""

    _name = "recouvrement.claim"
    _description = "Claims"

    @api.model
    def _reader(self, day=None):
        """A reader that sees what is not written yet.

        As superuser: who may see an item may see what it comes to, though not the
        payments and letters that it is computed from.
        """
        for name in _READ_MODELS:
            self.env[name].flush_model()
        return ClaimReader(self.sudo().env, day)

    @api.model
    def _of_items(self, ids, day=None):
        """Claims of some journal items.

        :return: ``{item id: ItemClaim}``; no entry for what cannot bear interest:
            credits, charge invoices, nor for what was never owed (drafts, invoices
            credited in full), save to say what was charged on it
        """
        ids = tuple(ids)
        if not ids:
            return {}
        return self._reader(day).items(SQL("l.id IN %s", among(ids)))

    @api.model
    def _of_moves(self, ids, day=None):
        """The same for all instalments of some invoices."""
        ids = tuple(ids)
        if not ids:
            return {}
        return self._reader(day).items(SQL("l.move_id IN %s", among(ids)))

    @api.model
    def _statements_of(self, condition, day=None):
        """``{item id: (ItemClaim, Statement)}``, see ``ClaimReader.statements``."""
        return self._reader(day).statements(condition)

    @api.model
    def _statements_of_items(self, ids, day=None):
        ids = tuple(ids)
        return self._statements_of(SQL("l.id IN %s", among(ids)), day) if ids else {}

    @api.model
    def _claimable_sql(self, dossiers):
        """Condition on ``l``: items of some dossiers that may have charges to claim.

        What is open, due or not (see ``ItemClaim.is_due``), and what was paid late
        within the five years of the general prescription: interest not yet charged
        survives the principal. What was charged and is not posted any more. Never what
        is prescribed.
        """
        return SQL(
            """
            l.account_id IN %(accounts)s AND l.amount_currency > 0
            AND %(owed_or_charged)s
            AND (l.company_id, l.partner_id) IN (
                SELECT d.company_id, q.id FROM recouvrement_dossier d
                  JOIN res_partner q ON q.commercial_partner_id = d.partner_id
                 WHERE d.id IN %(dossiers)s)
            AND (l.reconciled IS NOT TRUE
                 OR l.date_maturity >= %(since)s::date)
            AND NOT EXISTS (
                SELECT 1 FROM recouvrement_limitation z
                 WHERE z.move_line_id = l.id AND z.last_day < %(today)s::date)
            """,
            accounts=self.env["recouvrement.open.item"]._receivable_ids(),
            owed_or_charged=OWED_OR_CHARGED,
            dossiers=tuple(dossiers.ids) or (0,),
            since=fields.Date.subtract(fields.Date.context_today(self), years=5),
            today=self._forced_day() or fields.Date.context_today(self),
        )

    @api.model
    def _forced_day(self):
        """The day that the context asks for, or None: each company's today."""
        return self.env["res.company"]._recouvrement_forced_day()

    @api.model
    def _error_text(self, claim):
        """Why interest is not known, or False."""
        if not claim or not claim.error:
            return False
        return self.env["recouvrement.legal.words"]._explain(claim.error)


class RecouvrementOpenItem(models.Model):
    """What an open item comes to with interest and indemnity."""

    _inherit = "recouvrement.open.item"

    amount_interest = fields.Monetary(
        string="Interest", currency_field="currency_id", compute="_compute_claim"
    )
    amount_indemnity = fields.Monetary(
        string="Indemnity", currency_field="currency_id", compute="_compute_claim"
    )
    amount_claim = fields.Monetary(
        string="Total Claim", currency_field="currency_id", compute="_compute_claim"
    )
    claim_error = fields.Char(string="Interest Unknown", compute="_compute_claim")

    @api.depends_context("recouvrement_day", "lang")
    def _compute_claim(self):
        words = self.env["recouvrement.claim"]
        claims = words._of_items(self.ids, words._forced_day())
        for item in self:
            claim = claims.get(item.id)
            item.amount_interest = claim.interest if claim else 0
            item.amount_indemnity = claim.indemnity if claim else 0
            item.amount_claim = claim.owed if claim else item.amount_residual_currency
            item.claim_error = words._error_text(claim)

    def action_claim_statement(self):
        return self.env["recouvrement.claim.statement"]._open_for_items(
            self.move_line_id
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    recouvrement_interest = fields.Monetary(
        string="Late-payment Interest",
        compute="_compute_recouvrement_claim",
        compute_sudo=True,
        groups="recouvrement_amiable.group_reader",
    )
    recouvrement_indemnity = fields.Monetary(
        string="Fixed Indemnity",
        compute="_compute_recouvrement_claim",
        compute_sudo=True,
        groups="recouvrement_amiable.group_reader",
    )
    recouvrement_claim = fields.Monetary(
        string="Total Claim",
        compute="_compute_recouvrement_claim",
        compute_sudo=True,
        groups="recouvrement_amiable.group_reader",
    )
    recouvrement_claim_error = fields.Char(
        compute="_compute_recouvrement_claim",
        compute_sudo=True,
        groups="recouvrement_amiable.group_reader",
    )

    @api.depends_context("recouvrement_day", "lang")
    @api.depends("state", "payment_state", "amount_residual")
    def _compute_recouvrement_claim(self):
        """Nothing is computed for what cannot be late."""
        wanted = self.filtered(
            lambda move: move._origin.id
            and move.state == "posted"
            and move.move_type in ("out_invoice", "out_receipt")
        )
        words = self.env["recouvrement.claim"]
        claims = words._of_moves(wanted._origin.ids, words._forced_day())
        by_move = {}
        for claim in claims.values():
            by_move.setdefault(claim.move_id, []).append(claim)
        for move in self:
            own = by_move.get(move._origin.id, [])
            move.recouvrement_interest = sum(claim.interest for claim in own)
            move.recouvrement_indemnity = sum(claim.indemnity for claim in own)
            move.recouvrement_claim = sum(claim.owed for claim in own)
            move.recouvrement_claim_error = next(
                filter(None, map(words._error_text, own)), False
            )

    def action_recouvrement_statement(self):
        """Principal, interest and indemnity of this invoice, day by day."""
        self.ensure_one()
        return self.env["recouvrement.claim.statement"]._open_for_items(self.line_ids)
