# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..legal.dates import FIRST_DAY
from ..legal.parameters import COMPANY, CONSUMER, KINDS
from ..legal.terms import PUBLIC_BUYERS
from .debtor_kind import REASONS, Debtor, kind_sql, reason_sql

# What the kind is proposed from.
_READ = (
    "is_company",
    "company_registry",
    "vat",
    "country_id",
    "peppol_eas",
    "peppol_endpoint",
)


class RecouvrementDossier(models.Model):
    """Kind of the debtor: proposed from what is known, confirmed by a person."""

    _inherit = "recouvrement.dossier"

    kind = fields.Selection(
        tracking=True,
        help="Decides what may be claimed besides the principal. Proposed from what"
        " Odoo knows until a person confirms it. A sole trader is a company for"
        " interest and indemnity, and stays a natural person for the score.",
    )
    kind_confirmed = fields.Boolean(
        copy=False,
        tracking=True,
        help="A person has looked at it: it is no longer proposed again.",
    )
    kind_reason = fields.Selection(
        "_selection_kind_reason",
        string="Reason for the Proposal",
        readonly=True,
        copy=False,
    )
    kind_since = fields.Date(
        string="Kind Holds Since",
        copy=False,
        tracking=True,
        help="Day from which the kind holds, for what is invoiced from then on."
        " Empty: it always did.",
    )
    kind_before = fields.Selection(
        "_selection_kind",
        copy=False,
        tracking=True,
        help="Kind of the debtor for what was invoiced before that day.",
    )
    public_buyer = fields.Selection(
        "_selection_public_buyer",
        required=True,
        default="authority",
        tracking=True,
        help="Longest time to pay of a public buyer (French Public Procurement Code,"
        " art. R2192-10 and R2192-11).",
    )
    french_law = fields.Boolean(related="company_id.recouvrement_french_law")
    kind_text = fields.Char(string="Proposal", compute="_compute_kind_text")
    kind_doubt = fields.Boolean(
        string="Kind to Check",
        compute="_compute_kind_text",
        search="_search_kind_doubt",
        help="Confirmed, although what Odoo knows says otherwise.",
    )

    # ------------------------------------------------------------------
    # Selections, computes, constraints
    # ------------------------------------------------------------------
    @api.model
    def _selection_public_buyer(self):
        days = {buyer: limit for buyer, (limit, _article) in PUBLIC_BUYERS.items()}
        return [
            (
                "authority",
                self.env._("State, local authority (%s days)", days["authority"]),
            ),
            (
                "hospital",
                self.env._("Public health establishment (%s days)", days["hospital"]),
            ),
            (
                "undertaking",
                self.env._("Public undertaking (%s days)", days["undertaking"]),
            ),
        ]

    @api.model
    def _selection_kind_reason(self):
        return [
            ("siren_1", self.env._("its SIREN starts with 1, kept for public bodies")),
            ("siren_2", self.env._("its SIREN starts with 2, kept for public bodies")),
            ("chorus", self.env._("its electronic invoices go to Chorus Pro")),
            (
                "reference",
                self.env._("its invoices name a public service or a public contract"),
            ),
            ("siret", self.env._("it has a company number (SIREN or SIRET)")),
            ("vat", self.env._("it has a VAT number")),
            ("flag", self.env._("it is entered as a company")),
            (
                "person",
                self.env._("it is entered as an individual, without SIRET nor VAT"),
            ),
        ]

    @api.depends("kind", "kind_confirmed", "kind_reason", "partner_id.is_company")
    @api.depends_context("lang")
    def _compute_kind_text(self):
        for dossier in self:
            proposed = REASONS.get(dossier.kind_reason)
            dossier.kind_doubt = bool(
                dossier.kind_confirmed and proposed and proposed != dossier.kind
            )
            dossier.kind_text = dossier._kind_sentences(proposed)

    def _kind_sentences(self, proposed):
        self.ensure_one()
        if not proposed or (self.kind_confirmed and not self.kind_doubt):
            return False
        kinds = {code: word.lower() for code, word in self._selection_kind()}
        reason = dict(self._selection_kind_reason())[self.kind_reason]
        if not self.kind_confirmed:
            text = self.env._(
                "Proposed: %(kind)s, because %(reason)s.",
                kind=kinds[proposed],
                reason=reason,
            )
        else:
            text = self.env._(
                "Confirmed as %(kind)s, but %(reason)s: it looks like a %(proposed)s.",
                kind=kinds[self.kind],
                reason=reason,
                proposed=kinds[proposed],
            )
        return " ".join(filter(None, [text, self._kind_caution(proposed)]))

    def _kind_caution(self, proposed):
        """What a person should know before deciding."""
        if proposed == CONSUMER and self.kind != CONSUMER:
            return self.env._("From a consumer neither penalty nor indemnity is owed.")
        if proposed == COMPANY and not self.partner_id.is_company:
            return self.env._(
                "It is entered as an individual: a sole trader is a company for"
                " interest and a natural person for the score."
            )
        return None

    def _search_kind_doubt(self, operator, value):
        if operator != "in":
            return NotImplemented
        other = Domain.OR(
            Domain("kind", "=", kind)
            & Domain("kind_reason", "in", [r for r, k in REASONS.items() if k != kind])
            for kind in KINDS
        )
        doubt = Domain("kind_confirmed", "=", True) & other
        found = [doubt if wanted else ~doubt for wanted in value]
        return Domain.OR(found)

    @api.constrains("kind", "kind_since", "kind_before")
    def _check_kind_since(self):
        for dossier in self:
            since, before = dossier.kind_since, dossier.kind_before
            name = dossier.partner_id.display_name
            if bool(since) != bool(before):
                raise ValidationError(
                    self.env._(
                        "The kind of %s changed: give both the day and the kind"
                        " before, or neither.",
                        name,
                    )
                )
            if before and before == dossier.kind:
                raise ValidationError(
                    self.env._(
                        "The kind of %s is the same before and after: empty the day"
                        " and the kind before.",
                        name,
                    )
                )
            today = dossier.company_id._recouvrement_today()
            if since and not FIRST_DAY <= since <= today:
                raise ValidationError(
                    self.env._(
                        "The kind of %(customer)s cannot hold since %(day)s: give a"
                        " day between 2000 and today.",
                        customer=name,
                        day=since,
                    )
                )

    # ------------------------------------------------------------------
    # Decisions
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """A kind that is given was chosen; without one it is proposed."""
        vals_list = [{"kind_confirmed": "kind" in vals, **vals} for vals in vals_list]
        dossiers = super().create(vals_list)
        open_kind = dossiers.filtered(lambda dossier: not dossier.kind_confirmed)
        if open_kind:
            self._propose_kinds(SQL("d.id IN %s", tuple(open_kind.ids)))
        return dossiers

    def write(self, vals):
        """Whoever writes the kind decides on it."""
        if "kind" in vals and "kind_confirmed" not in vals:
            vals = dict(vals, kind_confirmed=True)
        return super().write(vals)

    def action_confirm_kind(self):
        """Confirm the kind, or the one of the button (context)."""
        self.check_access("write")
        chosen = self.env.context.get("recouvrement_kind")
        for kind, dossiers in self.grouped("kind").items():
            dossiers.write({"kind": chosen or kind})

    # ------------------------------------------------------------------
    # For the rest of the add-on
    # ------------------------------------------------------------------
    def _debtor(self):
        """:rtype: Debtor"""
        self.ensure_one()
        return Debtor(self.kind, self.kind_since, self.kind_before, self.public_buyer)

    def _is_natural_person(self):
        """Whether the data of this debtor are those of a person (GDPR).

        Sole traders are, whom the law of late payment takes for companies.
        """
        self.ensure_one()
        return self.kind == CONSUMER or (
            self.kind == COMPANY and not self.partner_id.sudo().is_company
        )

    @api.model
    def _debtors(self, company, partners):
        """The debtors that some customers are: by their dossiers, else as proposed.

        One query; reads with all rights, since every invoice depends on it.

        :param partners: commercial partners
        :rtype: dict[int, Debtor]
        """
        if not partners.ids:
            return {}
        self._flush_kinds()
        reason = reason_sql(self.env, SQL("%s", company.id))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, COALESCE(d.kind, %(proposed)s), d.kind_since,
                       d.kind_before, COALESCE(d.public_buyer, 'authority')
                  FROM res_partner p
             LEFT JOIN recouvrement_dossier d
                    ON d.partner_id = p.id AND d.company_id = %(company)s
                 WHERE p.id IN %(partners)s
                """,
                proposed=kind_sql(reason),
                company=company.id,
                partners=tuple(partners.ids),
            )
        )
        return {row[0]: Debtor(*row[1:]) for row in rows}

    # ------------------------------------------------------------------
    # Proposal
    # ------------------------------------------------------------------
    @api.model
    def _flush_kinds(self):
        partner = self.env["res.partner"]
        partner.flush_model([name for name in _READ if name in partner._fields])
        self.flush_model()

    @api.model
    def _propose_kinds(self, scope):
        """Propose the kind of some dossiers again, in one statement.

        What a person confirmed stays; the reason is kept up to date on it too, so
        that a doubt is seen.

        :param SQL scope: condition on dossier ``d``
        """
        self._flush_kinds()
        self.env.cr.execute(
            SQL(
                """
                UPDATE recouvrement_dossier k
                   SET kind_reason = n.reason,
                       kind = CASE WHEN k.kind_confirmed THEN k.kind ELSE n.kind END
                  FROM (
                    SELECT r.id, r.reason, %(kind)s AS kind
                      FROM (
                        SELECT d.id, %(reason)s AS reason
                          FROM recouvrement_dossier d
                          JOIN res_partner p ON p.id = d.partner_id
                         WHERE %(scope)s
                        -- keeps the reason from being worked out once per use
                        OFFSET 0) r) n
                 WHERE n.id = k.id
                   AND (k.kind_reason IS DISTINCT FROM n.reason
                        OR (k.kind_confirmed IS NOT TRUE AND k.kind <> n.kind))
                """,
                kind=kind_sql(SQL("r.reason")),
                reason=reason_sql(self.env, SQL("d.company_id")),
                scope=scope,
            )
        )
        self.invalidate_model(["kind", "kind_reason", "kind_text", "kind_doubt"])
