# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import SQL

# Kinds of lines that a message asks to pay.
ASKED = ("a_late", "b_early")


class ReadLine:
    """A line of a message as its parts read it: under the names of its fields.

    They look at each value many times over; each look at a record takes longer than
    all of these together.
    """

    __slots__ = (
        "currency_id",
        "date",
        "date_due",
        "id",
        "is_sale",
        "kind",
        "move_id",
        "move_line_id",
        "reference",
        "residual_currency",
    )

    def __init__(self, line, sale_types):
        """
        :param sale_types: kinds of entries that are sale documents
        """
        item = line.move_line_id
        move = item.move_id
        self.id = line.id
        self.kind = line.kind
        self.date_due = line.date_due
        self.residual_currency = line.residual_currency
        self.currency_id = item.currency_id
        self.move_line_id = item
        self.move_id = move
        self.reference = line.reference
        self.date = move.invoice_date or move.date
        self.is_sale = move.move_type in sale_types


@dataclass(frozen=True)
class Facts:
    """What a message says, worked out once for all of its parts."""

    lines: list  # of ReadLine, the oldest first
    asked: list  # those of them that it asks to pay
    day: object  # see _writing_day
    totals: list  # see _currency_totals
    charges: dict  # see _claim_totals
    card: dict  # see _collector_card
    address: str  # see _own_address


class RecouvrementRelance(models.Model):
    """The items of a message, and what they come to."""

    _inherit = "recouvrement.relance"

    def _asked_lines(self):
        """Lines that the message asks to pay."""
        return self._lines_of(*ASKED)

    def _lines_of(self, *kinds):
        lines = self.line_ids
        wanted = lines.filtered(
            lambda line: (line.kind in kinds and not line.cancelled and not line.struck)
        )
        # A batch of messages reads the ledger once: keep the prefetch of all.
        return wanted.sorted(
            lambda line: (line.date_due or line.relance_id.date, line.id)
        ).with_prefetch(lines._prefetch_ids)

    def _read_lines(self):
        """``{relance id: [ReadLine]}``: what each message lists, the oldest first."""
        found, sale_types = {}, self.env["account.move"].get_sale_types()
        for relance in self:
            lines = [
                ReadLine(line, sale_types)
                for line in relance.line_ids
                if not (line.cancelled or line.struck)
            ]
            day = relance.date
            lines.sort(key=lambda line, day=day: (line.date_due or day, line.id))
            found[relance.id] = lines
        return found

    def _facts(self, lines=None):
        """
        :param lines: those of ``_read_lines``, when they are read already
        :rtype: Facts
        """
        self.ensure_one()
        if lines is None:
            lines = self._read_lines()[self.id]
        asked = [line for line in lines if line.kind in ASKED]
        return Facts(
            lines=lines,
            asked=asked,
            day=self._writing_day(),
            totals=self._currency_totals(lines),
            charges=self._claim_totals(asked),
            card=self._collector_card(),
            address=self._own_address(),
        )

    def _currency_totals(self, lines=None):
        """``[(currency, late, credits, to pay)]``, the company's currency first."""
        self.ensure_one()
        if lines is None:
            lines = self._lines_of(*ASKED, "d_credit")
        totals = {}
        for line in lines:
            late, credit = totals.get(line.currency_id, (0.0, 0.0))
            if line.kind == "d_credit":
                totals[line.currency_id] = (late, credit - line.residual_currency)
            elif line.kind in ASKED:
                totals[line.currency_id] = (late + line.residual_currency, credit)
        own = self.company_id.sudo().currency_id
        return [
            (currency, late, credit, max(late - credit, 0.0))
            for currency, (late, credit) in sorted(
                totals.items(), key=lambda total: (total[0] != own, total[0].name)
            )
        ]

    def _item_reference(self, line):
        """Number of the invoice, with the instalment when there are several."""
        return line.reference

    def _statement(self, facts=None):
        """The account as the message shows it, every value ready to print.

        :return: ``asked``, ``credits`` and ``soon``: lists of rows; ``totals``: what is
            to pay in each currency; ``claims``: whether there are charges, and then
            ``indemnity``: whether there are any besides interest, ``columns``: how
            many columns of amounts, ``sums``: what the charges are added to
        """
        self.ensure_one()
        facts = facts or self._facts()
        lines, charges = facts.lines, facts.charges
        no = (0.0, 0.0)
        claims = any(sum(pair) for pair in charges.values())
        # no line for a currency in which there is nothing to pay
        payable = [
            (currency, due)
            for currency, _, _, due in facts.totals
            if not currency.is_zero(due + sum(charges.get(currency, no)))
        ] or [(currency, due) for currency, _, _, due in facts.totals[:1]]
        indemnity = any(pair[1] for pair in charges.values())
        return {
            "claims": claims,
            "indemnity": indemnity,
            "columns": 1 + claims + indemnity,
            "sums": [
                {
                    "principal": self._money(due, currency),
                    "interest": self._money(charges.get(currency, no)[0], currency),
                    "indemnity": self._money(charges.get(currency, no)[1], currency),
                }
                for currency, due in payable
            ],
            "day": self._long_date(facts.day),
            "asked": [self._row(line, facts) for line in facts.asked],
            "credits": [
                self._credit_row(line) for line in lines if line.kind == "d_credit"
            ],
            "soon": [self._row(line, facts) for line in lines if line.kind == "c_soon"],
            "totals": [
                self._money(due + sum(charges.get(currency, no)), currency)
                for currency, due in payable
            ],
        }

    def _row(self, line, facts):
        due, days = self._lateness(line, facts.day)
        interest, indemnity = self._claim_of(line)
        currency = line.currency_id
        return {
            "number": self._item_reference(line),
            "url": f"{facts.address}/{line.move_id.id}" if line.is_sale else "",
            "date": self._short_date(line.date),
            "due": self._short_date(due),
            "days": max(days, 0),
            "late": self._days_text(days),
            "amount": self._money(line.residual_currency, currency),
            "interest": self._money(interest, currency) if interest else "",
            "indemnity": self._money(indemnity, currency) if indemnity else "",
        }

    def _lateness(self, line, day):
        """``(due date, days late)`` of a line; the days are negative before.

        The due date is the lawful one where it is known: see ``situation_term``.
        """
        due = line.date_due
        return due, (day - due).days if due else 0

    def _days_text(self, days):
        if days < 1:
            return ""
        if days == 1:
            return self.env._("1 day late")
        return self.env._("%s days late", days)

    def _credit_row(self, line):
        if line.move_id.move_type == "out_refund":
            label = self.env._("Credit note %s", self._item_reference(line))
        else:
            label = self.env._("Payment received, to be matched")
        return {
            "label": label,
            "date": self._short_date(line.date),
            "amount": self._money(line.residual_currency, line.currency_id),
        }


class RecouvrementRelanceLine(models.Model):
    _inherit = "recouvrement.relance.line"

    reference = fields.Char(
        compute="_compute_reference",
        compute_sudo=True,
        help="Number by which the debtor knows the item.",
    )

    @api.depends("move_line_id")
    def _compute_reference(self):
        """One query for all: which instalment of how many each item is."""
        ranks = self._instalments()
        invoices = self.env["account.move"].get_invoice_types(include_receipts=True)
        for line in self:
            item = line.move_line_id
            move = item.move_id
            if move.move_type not in invoices:
                # an opening balance: the number stands in the item's own label
                line.reference = item.name or move.ref or move.name
                continue
            rank, count = ranks.get(item.id, (1, 1))
            line.reference = move.name if count < 2 else f"{move.name} ({rank}/{count})"

    def _instalments(self):
        """``{journal item id: (rank, number of instalments of its invoice)}``."""
        moves = self.move_line_id.move_id
        if not moves.ids:
            return {}
        self.env["account.move.line"].flush_model(
            ["move_id", "display_type", "date_maturity"]
        )
        return {
            item_id: (rank, count)
            for item_id, rank, count in self.env.execute_query(
                SQL(
                    """
                    SELECT id,
                           row_number() OVER (PARTITION BY move_id
                                              ORDER BY date_maturity, id),
                           count(*) OVER (PARTITION BY move_id)
                      FROM account_move_line
                     WHERE move_id IN %s AND display_type = 'payment_term'
                    """,
                    tuple(moves.ids),
                )
            )
        }
