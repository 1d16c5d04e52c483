# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..legal import prescription as law
from ..legal.dates import FIRST_DAY, add_years
from ..legal.parameters import CONSUMER

GRACE = "grace"
OVER_INDEBTEDNESS = "over_indebtedness"
INTEREST_PAUSE = "interest_pause"
# Interest does not run during these; prescription does not know them.
INTEREST_SUSPENSIONS = (GRACE, OVER_INDEBTEDNESS, INTEREST_PAUSE)
# What may have been decided for later; everything else is an act of the past.
_MAY_COME = (GRACE, INTEREST_PAUSE)
# What ends on another day than it starts; until then it goes on.
LASTING = (
    law.COURT_CLAIM,
    law.INSOLVENCY_DECLARATION,
    law.MEDIATION,
    law.SMALL_CLAIMS,
    *INTEREST_SUSPENSIONS,
)
# The end is an act too: as long as nobody knows it, prescription does not run again.
_ENDS_BY_AN_ACT = tuple(kind for kind in LASTING if kind not in INTEREST_SUSPENSIONS)
_FURTHEST_YEARS = 20


class RecouvrementLegalEvent(models.Model):
    """A dated fact that moves prescription, or during which no interest runs."""

    _name = "recouvrement.legal.event"
    _description = "Legal Event"
    _order = "date, id"
    _check_company_auto = True

    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        related="dossier_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(related="dossier_id.partner_id", string="Customer")
    kind = fields.Selection(
        "_selection_kind",
        string="Event",
        required=True,
        help="A formal notice, even by registered letter, does not interrupt"
        " prescription (C. civ. 2240 to 2244). Two exceptions: a contract between"
        " professionals that says so (C. civ. 2254), and a written claim to a public"
        " body (law 68-1250, art. 2).",
    )
    effect = fields.Text(compute="_compute_effect")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._recouvrement_today(),
        help="Day of the act: signature of the debtor, filing of the claim, first"
        " presentation of the letter…",
    )
    is_lasting = fields.Boolean(compute="_compute_effect")
    date_end = fields.Date(
        string="End",
        help="Last day of what lasts: end of the proceedings, of the mediation, of the"
        " grace period. Empty: it goes on.",
    )
    is_void = fields.Boolean(
        string="Without Effect",
        help="The claim was withdrawn, lapsed or finally dismissed: it then never"
        " interrupted anything (C. civ. 2243).",
    )
    move_ids = fields.Many2many(
        "account.move",
        "recouvrement_legal_event_move_rel",
        "event_id",
        "move_id",
        string="Invoices",
        check_company=True,
        domain="[('line_ids.partner_id.commercial_partner_id', '=', partner_id),"
        " ('move_type', 'in', ('out_invoice', 'out_receipt', 'entry')),"
        " ('state', '=', 'posted')]",
        help="Empty: all invoices of the customer dated on that day or before.",
    )
    note = fields.Text(help="Where the proof is: reference of the deed, the court…")
    active = fields.Boolean(default=True)

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    @api.model
    def _selection_kind(self):
        return [
            (law.ACKNOWLEDGMENT, self.env._("Debt acknowledged by the debtor")),
            (law.PART_PAYMENT, self.env._("Part payment")),
            (law.COURT_CLAIM, self.env._("Court claim")),
            (law.ENFORCEMENT, self.env._("Enforcement or protective measure")),
            (law.INSOLVENCY_DECLARATION, self.env._("Claim declared in insolvency")),
            (law.FORMAL_NOTICE, self.env._("Formal notice")),
            (law.WRITTEN_CLAIM, self.env._("Other written claim")),
            (law.MEDIATION, self.env._("Mediation or conciliation")),
            (law.SMALL_CLAIMS, self.env._("Simplified recovery of small claims")),
            (GRACE, self.env._("Grace period granted by a court")),
            (OVER_INDEBTEDNESS, self.env._("Over-indebtedness proceedings")),
            (INTEREST_PAUSE, self.env._("Interest suspended by agreement")),
        ]

    @api.model
    def _effects(self):
        """What each kind of event does, and the article that says so."""
        return {
            law.ACKNOWLEDGMENT: self.env._(
                "Interrupts: a new full period runs from that day (C. civ. 2240, 2231)."
                " A signed payment schedule or a written request for time will do."
            ),
            law.PART_PAYMENT: self.env._(
                "Interrupts when the company's settings say so: courts take it for an"
                " acknowledgment (C. civ. 2240), no text does. Against a public body"
                " the law itself says so (law 68-1250, art. 2). Payments matched in"
                " the books are seen by themselves."
            ),
            law.COURT_CLAIM: self.env._(
                "Interrupts until the proceedings end, then a new full period runs"
                " (C. civ. 2241, 2242). Without effect when it is withdrawn, lapses or"
                " is finally dismissed (C. civ. 2243)."
            ),
            law.ENFORCEMENT: self.env._(
                "Interrupts: a new full period runs from that day (C. civ. 2244)."
            ),
            law.INSOLVENCY_DECLARATION: self.env._(
                "Interrupts until the proceedings close (C. com. L622-25-1). The"
                " insolvency alone, without the declaration, does not."
            ),
            law.FORMAL_NOTICE: self.env._(
                "Does NOT interrupt prescription, not even by registered letter. Two"
                " exceptions: a contract between professionals that says so (C. civ."
                " 2254), and a public body (law 68-1250, art. 2). It starts the"
                " interest of a consumer (C. civ. 1344-1)."
            ),
            law.WRITTEN_CLAIM: self.env._(
                "Interrupts against a public body only: four years run again from the"
                " next 1 January (law 68-1250, art. 2). Nothing for any other debtor."
            ),
            law.MEDIATION: self.env._(
                "Suspends from the written agreement, or the first meeting, until it"
                " ends; six months are left then, or more (C. civ. 2238)."
            ),
            law.SMALL_CLAIMS: self.env._(
                "Suspends from the debtor's agreement to take part; six months are left"
                " after a failure, or more (C. civ. 2238, CPCE L125-1)."
            ),
            GRACE: self.env._(
                "No interest for lateness during the period set by the court (C. civ."
                " 1343-5). Does not move prescription."
            ),
            OVER_INDEBTEDNESS: self.env._(
                "A consumer's debt bears no interest from the day the file is admitted"
                " (C. conso. L722-14). Does not move prescription by itself: a"
                " declaration or acknowledgment is an event of its own."
            ),
            INTEREST_PAUSE: self.env._(
                "No interest is counted during these days, as agreed. Does not move"
                " prescription, unless the debtor acknowledged the debt: record that"
                " too."
            ),
        }

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_effect(self):
        effects = self._effects()
        for event in self:
            event.effect = effects.get(event.kind)
            event.is_lasting = event.kind in LASTING

    @api.depends("kind", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._selection_kind())
        for event in self:
            label = labels.get(event.kind, "")
            event.display_name = f"{label} · {format_date(self.env, event.date)}"

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------
    @api.constrains("date", "date_end", "kind")
    def _check_dates(self):
        for event in self:
            message = event._wrong_date() or event._wrong_end()
            if message:
                raise ValidationError(message)

    def _wrong_date(self):
        today = self.company_id._recouvrement_today()
        furthest = add_years(today, _FURTHEST_YEARS)
        for day in filter(None, (self.date, self.date_end)):
            if not FIRST_DAY <= day <= furthest:
                return self.env._(
                    "%(event)s of %(customer)s: the day %(day)s is not between"
                    " %(first)s and %(last)s. Check the year.",
                    event=self._kind_label(),
                    customer=self.partner_id.display_name,
                    day=format_date(self.env, day),
                    first=format_date(self.env, FIRST_DAY),
                    last=format_date(self.env, furthest),
                )
        if self.date > today and self.kind not in _MAY_COME:
            return self.env._(
                "%(event)s of %(customer)s: %(day)s has not come yet. Record the act"
                " once it is done.",
                event=self._kind_label(),
                customer=self.partner_id.display_name,
                day=format_date(self.env, self.date),
            )
        return None

    def _wrong_end(self):
        if not self.date_end:
            return None
        if self.kind not in LASTING:
            return self.env._(
                "%(event)s of %(customer)s happens on one day: leave its end empty.",
                event=self._kind_label(),
                customer=self.partner_id.display_name,
            )
        if self.date_end < self.date:
            return self.env._(
                "%(event)s of %(customer)s ends on %(end)s, before it starts on"
                " %(start)s: correct one of the two days.",
                event=self._kind_label(),
                customer=self.partner_id.display_name,
                end=format_date(self.env, self.date_end),
                start=format_date(self.env, self.date),
            )
        today = self.company_id._recouvrement_today()
        if self.date_end > today and self.kind in _ENDS_BY_AN_ACT:
            return self.env._(
                "%(event)s of %(customer)s: leave the end empty while it goes on, and"
                " enter the day once it is known. %(end)s has not come yet.",
                event=self._kind_label(),
                customer=self.partner_id.display_name,
                end=format_date(self.env, self.date_end),
            )
        return None

    @api.constrains("kind", "is_void", "dossier_id")
    def _check_kind(self):
        for event in self:
            if event.is_void and event.kind != law.COURT_CLAIM:
                raise ValidationError(
                    self.env._(
                        "%(event)s of %(customer)s: only a court claim loses its effect"
                        " when it is withdrawn, lapses or is dismissed (C. civ. 2243)."
                        " Archive what was recorded by mistake.",
                        event=event._kind_label(),
                        customer=event.partner_id.display_name,
                    )
                )
            if event.kind == OVER_INDEBTEDNESS and event.dossier_id.kind != CONSUMER:
                raise ValidationError(
                    self.env._(
                        "%s is not a consumer: over-indebtedness proceedings are for"
                        " private persons only (C. conso. L711-1). Correct the kind of"
                        " debtor, or record the claim declared in insolvency.",
                        event.partner_id.display_name,
                    )
                )

    @api.constrains("move_ids", "dossier_id")
    def _check_moves(self):
        """An entry taken over from another system may have many customers."""
        for event in self:
            for move in event.sudo().move_ids:
                customers = move.line_ids.partner_id.commercial_partner_id
                if event.partner_id in customers and move.company_id == (
                    event.company_id
                ):
                    continue
                raise ValidationError(
                    self.env._(
                        "%(invoice)s is not an invoice of %(customer)s in %(company)s:"
                        " take it off the event.",
                        invoice=move.display_name,
                        customer=event.partner_id.display_name,
                        company=event.company_id.display_name,
                    )
                )

    @api.constrains("kind", "date", "move_ids", "active")
    def _check_notice(self):
        """Nothing can be asked for by a formal notice before it is due.

        Of an invoice in instalments the first one counts. Without invoices the notice
        is about what was due on that day.
        """
        for event in self:
            if event.kind != law.FORMAL_NOTICE or not event.active:
                continue
            moves = event.sudo().move_ids
            debts = moves.line_ids._recouvrement_debts()
            for move in moves:
                due = event._first_due(move, debts)
                if not due or event.date >= due:
                    continue
                raise ValidationError(
                    self.env._(
                        "%(event)s of %(customer)s on %(day)s: %(invoice)s is due on"
                        " %(due)s only. Correct the day, or take the invoice off the"
                        " event.",
                        event=event._kind_label(),
                        customer=event.partner_id.display_name,
                        day=format_date(self.env, event.date),
                        invoice=move.display_name,
                        due=format_date(self.env, due),
                    )
                )

    def _first_due(self, move, debts):
        """First day on which something of an entry is due by the customer, or None.

        :param debts: see ``account.move.line._recouvrement_debts``
        """
        items = (move.line_ids & debts).filtered(
            lambda line: line.partner_id.commercial_partner_id == self.partner_id
        )
        return min(
            (item.date_maturity or item.invoice_date or item.date for item in items),
            default=None,
        )

    def _kind_label(self):
        return dict(self._selection_kind()).get(self.kind, "")

    # ------------------------------------------------------------------
    # The clocks follow at once
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        self.env["recouvrement.limitation"]._refresh_dossiers(events.dossier_id)
        return events

    def write(self, vals):
        dossiers = self.dossier_id
        result = super().write(vals)
        if set(vals) - {"note"}:
            self.env["recouvrement.limitation"]._refresh_dossiers(
                dossiers | self.dossier_id
            )
        return result

    def unlink(self):
        dossiers = self.dossier_id
        result = super().unlink()
        self.env["recouvrement.limitation"]._refresh_dossiers(dossiers)
        return result

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------
    @api.model
    def _of_items(self, item_ids, kinds=None):
        """Events that concern some journal items: one query, whatever their number.

        :param item_ids: ids of account.move.line
        :param kinds: only these kinds
        :return: ``{item_id: [event]}``, oldest first; an event is a dict with ``id``,
            ``kind``, ``date``, ``date_end`` and ``is_void``
        :rtype: dict[int, list[dict]]
        """
        found = {}
        if not item_ids:
            return found
        self.flush_model()
        self.env["account.move.line"].flush_model(["move_id", "partner_id"])
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT l.id AS item_id, e.id, e.kind, e.date, e.date_end,
                       COALESCE(e.is_void, false) AS is_void
                  FROM account_move_line l
                  JOIN res_partner p ON p.id = l.partner_id
                  JOIN recouvrement_dossier d
                    ON d.company_id = l.company_id
                   AND d.partner_id = p.commercial_partner_id
                  JOIN recouvrement_legal_event e ON e.dossier_id = d.id AND e.active
                 WHERE l.id IN %(items)s AND %(kinds)s
                   AND CASE WHEN EXISTS (
                            SELECT 1 FROM recouvrement_legal_event_move_rel r
                             WHERE r.event_id = e.id)
                       THEN EXISTS (
                            SELECT 1 FROM recouvrement_legal_event_move_rel r
                             WHERE r.event_id = e.id AND r.move_id = l.move_id)
                       ELSE COALESCE(l.invoice_date, l.date) <= e.date END
              ORDER BY l.id, e.date, e.id
                """,
                items=tuple(item_ids),
                kinds=SQL("e.kind IN %s", tuple(kinds)) if kinds else SQL("TRUE"),
            )
        )
        for row in rows:
            found.setdefault(row.pop("item_id"), []).append(row)
        return found
