# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a relance asks for, charges included: worked out once, said everywhere.

Interest grows every day. The figures of each item are kept with the relance, and the
lists, the form, the preview, the e-mail and the letter all read these: nobody approves
another sum than the one that leaves.
"""

from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..legal.parameters import CONSUMER
from .kept_json import KeptJson
from .recouvrement_relance import OPEN_STATES
from .relance_claim import CLAIMING
from .relance_statement import ASKED


class RecouvrementRelance(models.Model):
    """Principal, interest and indemnity of a message, on one day."""

    _inherit = "recouvrement.relance"

    claims = KeptJson(readonly=True, copy=False)
    claims_date = fields.Date(
        string="Interest Until",
        readonly=True,
        copy=False,
        help="Interest is worked out again each morning, on approval and when the"
        " message leaves; what is written no longer moves.",
    )
    amount_interest = fields.Monetary(string="Interest", readonly=True)
    amount_indemnity = fields.Monetary(string="Indemnity", readonly=True)
    amount_claimed = fields.Monetary(
        string="Asked For",
        readonly=True,
        help="What the message asks to pay: invoices less credits, with the interest"
        " and the indemnities that it claims.",
    )
    asked_text = fields.Char(
        string="In the Message",
        compute="_compute_asked_text",
        help="The sums asked for, in each currency.",
    )

    def _refresh_claims(self):
        """Work the charges out again, save those of a message that is written.

        A fixed number of queries, and one statement, whatever the relances.
        """
        # Amounts are the software's business, whoever takes an item out.
        wanted = self.sudo().search(
            [
                ("id", "in", self.ids),
                "|",
                ("level_id.charges", "in", CLAIMING),
                ("claims_date", "!=", False),
            ],
            order="id",
        )
        if not wanted:
            return
        wanted.invalidate_recordset(["line_ids", "delivery_ids"])
        moving = wanted.filtered(lambda relance: not relance._is_written())
        figures = moving._current_figures()
        rows = []
        for relance in wanted:
            claims, day = figures.get(relance.id, (relance.claims, relance.claims_date))
            interest, indemnity = relance._sums_in_company(claims or {}, day)
            kept = None if claims is None else Json(claims)
            rows.append((relance.id, kept, day, interest, indemnity))
        self.env.cr.execute_values(
            """
            UPDATE recouvrement_relance r
               SET claims = v.claims::jsonb, claims_date = v.day::date,
                   amount_interest = v.interest, amount_indemnity = v.indemnity,
                   amount_claimed = r.amount_due + v.interest + v.indemnity
              FROM (VALUES %s) v (id, claims, day, interest, indemnity)
             WHERE r.id = v.id
            """,
            rows,
        )
        wanted.invalidate_recordset(
            [
                "claims",
                "claims_date",
                "amount_interest",
                "amount_indemnity",
                "amount_claimed",
            ]
        )

    @api.model
    def _refresh_waiting_claims(self, company):
        """On a day without a run too, what waits is read with the sums of the day."""
        self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "in", OPEN_STATES),
                ("claims_date", "<", company._recouvrement_today()),
            ]
        )._refresh_claims()

    def _is_written(self):
        """Whether the words are on paper, or have left with nothing to follow."""
        self.ensure_one()
        if self.state not in OPEN_STATES:
            return True
        deliveries = self.delivery_ids
        if deliveries.filtered(lambda d: d.attachment_id and d.state != "cancelled"):
            return True
        waiting = deliveries.filtered(lambda d: d.state in ("draft", "queued"))
        return not waiting and any(deliveries.mapped("has_left"))

    def _current_figures(self):
        """``{relance id: ({item id: figures}, day)}``, the batch by days at once."""
        found = {}
        claiming = self.filtered(lambda relance: relance.level_id.charges in CLAIMING)
        for day, group in claiming.grouped(lambda r: r._current_day()).items():
            items = group.line_ids.filtered(lambda line: line.kind in ASKED)
            # why a rate is missing is for the company to read
            reader = self.env["recouvrement.claim"].with_context(
                lang=self._installed_lang(*group.company_id.partner_id.mapped("lang"))
            )
            answers = reader._statements_of_items(items.move_line_id.ids, day)
            for relance in group:
                figures = {
                    str(line.move_line_id.id): _figures(
                        reader, *answers[line.move_line_id.id]
                    )
                    for line in relance.line_ids
                    if line.move_line_id.id in answers
                }
                found[relance.id] = (figures, day)
        nothing = (None, None)
        return {relance.id: found.get(relance.id, nothing) for relance in self}

    def _sums_in_company(self, claims, day):
        """``(interest, indemnity)`` of the lines asked for, in the company's currency.

        :param dict claims: figures by item
        """
        totals = {}
        for line in self._asked_lines() if claims else ():
            own = claims.get(str(line.move_line_id.id))
            if own and not own["error"]:
                before = totals.get(line.currency_id, (0.0, 0.0))
                totals[line.currency_id] = (
                    before[0] + own["interest"],
                    before[1] + own["indemnity"],
                )
        company = self.company_id

        def total(rank):
            return sum(
                currency._convert(pair[rank], company.currency_id, company, day)
                for currency, pair in totals.items()
            )

        return total(0), total(1)

    @api.depends("amount_claimed")
    def _compute_asked_text(self):
        """What the message says, where the company's currency alone would not do."""
        for relance in self.sudo():
            totals = relance._currency_totals()
            if all(currency == relance.currency_id for currency, *_sums in totals):
                relance.asked_text = False
                continue
            charges = relance._sums_by_currency()
            relance.asked_text = relance._money_list(
                (currency, due + sum(charges.get(currency, ())))
                for currency, _late, _credit, due in totals
            )

    def _sums_by_currency(self):
        """Charges of the message by currency, without a word on what is unknown."""
        try:
            return self._claim_totals()
        except UserError:
            return {}


class RecouvrementRelanceLine(models.Model):
    """What the message adds to each item."""

    _inherit = "recouvrement.relance.line"

    amount_interest = fields.Monetary(
        string="Interest", compute="_compute_charges", currency_field="currency_id"
    )
    amount_indemnity = fields.Monetary(
        string="Indemnity", compute="_compute_charges", currency_field="currency_id"
    )

    @api.depends("relance_id.claims", "cancelled", "struck")
    def _compute_charges(self):
        claims = {relance: relance.claims or {} for relance in self.sudo().relance_id}
        for line in self:
            asked = line.kind in ASKED and not (line.cancelled or line.struck)
            own = claims.get(line.sudo().relance_id, {}).get(str(line.move_line_id.id))
            line.amount_interest = own["interest"] if own and asked else 0
            line.amount_indemnity = own["indemnity"] if own and asked else 0


def _figures(reader, answer, statement):
    """What is kept of the claim on one item.

    :param reader: recouvrement.claim in the language of the company
    """
    return {
        "kind": answer.kind,
        "interest": answer.interest,
        # a consumer owes none, whatever the reader says
        "indemnity": 0.0 if answer.kind == CONSUMER else answer.indemnity,
        "due": fields.Date.to_string(answer.due),
        "days": answer.days_late,
        "rates": [
            [segment.rate, fields.Date.to_string(segment.first)]
            for segment in (statement.segments if statement else ())
        ],
        "error": reader._error_text(answer),
    }
