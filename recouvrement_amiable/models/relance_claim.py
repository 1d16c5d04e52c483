# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from ..legal.parameters import CONSUMER, PUBLIC
from .relance_statement import ASKED

# Levels whose message states the charges beside the principal.
CLAIMING = ("claim", "invoice")


class RecouvrementLevel(models.Model):
    _inherit = "recouvrement.level"

    charges = fields.Selection(
        selection_add=[
            ("claim", "Claimed in the message"),
            ("invoice", "Claimed, and to be invoiced"),
        ],
        ondelete={"claim": "set default", "invoice": "set default"},
        help="Claimed: the message states principal, interest and indemnity in columns."
        " To be invoiced: the customer also shows among the charges to invoice. A"
        " consumer owes the legal interest after a formal notice, and no indemnity.",
    )


class RecouvrementRelance(models.Model):
    """How the message says its interest and indemnity: see ``relance_amounts``."""

    _inherit = "recouvrement.relance"

    def _figures_of(self, line):
        """What the message claims on a line that it asks to pay, or None."""
        self.ensure_one()
        if line.kind not in ASKED:
            return None
        return (self.claims or {}).get(str(line.move_line_id.id))

    def _lateness(self, line, day):
        """Of a message with interest: the due date and the days that it counts from.

        A suspended time to pay has no end, whatever the claim counts from; released
        retention money, which bears no interest, is late from its own day on.
        """
        known, late = super()._lateness(line, day)
        figures = self._figures_of(line)
        if not figures:
            return known, late
        if not figures["days"]:
            move = line.move_line_id.move_id.sudo()
            if move._recouvrement_is_suspended():
                return known, 0
        due = fields.Date.to_date(figures["due"])
        return (known, late) if known and known > due else (due, figures["days"])

    def _claim_of(self, line):
        """``(interest, indemnity)`` of a line, in its currency.

        :raises UserError: a wrong or partial sum never reaches a debtor
        """
        figures = self._figures_of(line)
        if not figures:
            return 0.0, 0.0
        if figures["error"]:
            raise UserError(
                self.env._(
                    "%(invoice)s: %(problem)s",
                    invoice=line.reference,
                    problem=self._claim_problem(line) or figures["error"],
                )
            )
        return figures["interest"], figures["indemnity"]

    def _claim_problem(self, line):
        """Why interest is not known, in the language of who reads it."""
        reader = self.env["recouvrement.claim"]
        item = line.move_line_id
        answer = reader._of_items(item.ids, self.claims_date).get(item.id)
        return reader._error_text(answer)

    def _claim_totals(self, lines=None):
        """``{currency: (interest, indemnity)}`` of the lines asked for."""
        if not self.claims:
            return {}
        totals = {}
        for line in self._asked_lines() if lines is None else lines:
            interest, indemnity = self._claim_of(line)
            before = totals.get(line.currency_id, (0.0, 0.0))
            totals[line.currency_id] = (before[0] + interest, before[1] + indemnity)
        return totals

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    def _amounts_asked(self, facts):
        claims, totals = facts.charges, facts.totals
        no = (0.0, 0.0)
        return super()._amounts_asked(facts) | {
            "amount_interest": self._money_list(
                (own, claims.get(own, no)[0]) for own, _, _, _ in totals
            ),
            "amount_indemnity": self._money_list(
                (own, claims.get(own, no)[1]) for own, _, _, _ in totals
            ),
            "amount_claimed": self._money_list(
                (own, due + sum(claims.get(own, no))) for own, _, _, due in totals
            ),
        }

    def _charges_text(self, facts=None):
        """What the charges are, by which article and at which rates."""
        by_kind, lines = {}, (facts or self._facts()).asked
        for line in lines:
            if any(self._claim_of(line)):
                by_kind.setdefault(self._figures_of(line)["kind"], []).append(line)
        if not by_kind:
            return self._announcement(lines)
        sentences = []
        for kind, lines in sorted(by_kind.items()):
            sentences += self._kind_sentences(kind, lines)
        if by_kind.keys() - {CONSUMER}:
            sentences.append(self.env._("No VAT applies to these sums."))
        return " ".join(sentences)

    def _announcement(self, lines):
        """The reminder of what the law adds; never a word of it to a consumer.

        The kind is the one of each invoice's day: a customer may have changed.
        """
        self.ensure_one()
        company = self.company_id.sudo()
        if self.level_id.charges != "announce" or not company.recouvrement_french_law:
            return ""
        debtor, by_kind = self.dossier_id._debtor(), {}
        for line in lines:
            move = line.move_line_id.move_id
            if not move._recouvrement_is_charge():  # it bears none (C. civ. 1343-2)
                by_kind.setdefault(debtor.on(move.invoice_date), []).append(line)
        announced = {
            kind: self._kind_announcement(kind)
            for kind in sorted(by_kind)
            if kind != CONSUMER
        }
        if len(by_kind) == 1:
            return "".join(announced.values())
        return " ".join(
            self.env._(
                "%(invoices)s: %(sentence)s",
                invoices=", ".join(map(self._item_reference, by_kind[kind])),
                sentence=sentence,
            )
            for kind, sentence in announced.items()
        )

    def _kind_announcement(self, kind):
        if kind == PUBLIC:
            return self.env._(
                "Late payment gives rise, as of right and without any formality, to"
                " late-payment interest and to a fixed indemnity of €40 for recovery"
                " costs (article L2192-13 of the French Public Procurement Code). They"
                " are not included in the sum above."
            )
        return self.env._(
            "Late payment gives rise, as of right and without any reminder, to"
            " late-payment interest and to a fixed indemnity of €40 for recovery"
            " costs for each invoice paid late (articles L441-10 and D441-5 of the"
            " French Commercial Code). They are not included in the sum above."
        )

    def _kind_sentences(self, kind, lines):
        """What the items of one kind bear: a customer may change kind between two."""
        rates = self._rates_text(kind, lines)
        if kind == CONSUMER:
            return [
                self.env._(
                    "Interest at the legal rate since the formal notice (articles"
                    " 1231-6 and 1344-1 of the French Civil Code): %s.",
                    rates,
                )
            ]
        sentences = []
        if rates:
            sentences.append(self._interest_sentence(kind, rates))
        if any(self._claim_of(line)[1] for line in lines):
            sentences.append(self._indemnity_sentence(kind))
        return sentences

    def _interest_sentence(self, kind, rates):
        if kind == PUBLIC:
            return self.env._(
                "Late-payment interest, due as of right (articles L2192-13 and R2192-31"
                " of the French Public Procurement Code), at the yearly rate of %s.",
                rates,
            )
        return self.env._(
            "Late-payment interest, due as of right without any reminder (article"
            " L441-10 of the French Commercial Code): %s.",
            rates,
        )

    def _indemnity_sentence(self, kind):
        if kind == PUBLIC:
            return self.env._(
                "Fixed indemnity of €40 for recovery costs (articles L2192-13 and"
                " D2192-35 of the French Public Procurement Code)."
            )
        return self.env._(
            "Fixed indemnity of €40 for recovery costs for each invoice paid late"
            " (articles L441-10 and D441-5 of the French Commercial Code)."
        )

    def _rates_text(self, kind, lines):
        """Rates of the interest on some lines of one kind; '' without interest.

        “12.15 % a year from 1 June 2026 and 12.40 % a year from 1 July 2026”: all bear
        the rate of the half-year. To a public body, “10.15 % (INV/1), 10.40 % (INV/2)”:
        each invoice keeps its first one.
        """
        lines = [line for line in lines if self._claim_of(line)[0]]
        if kind == PUBLIC:
            return self._frozen_rates_text(lines)
        firsts = sorted(
            {
                (first, rate)
                for line in lines
                for rate, first in self._figures_of(line)["rates"]
            }
        )
        parts, current = [], None
        for first, rate in firsts:
            if rate == current:
                continue
            current = rate
            parts.append(
                self.env._(
                    "%(rate)s %% a year from %(day)s",
                    rate=self._percent(rate),
                    day=self._long_date(fields.Date.to_date(first)),
                )
            )
        return format_list(self.env, parts) if parts else ""

    def _frozen_rates_text(self, lines):
        invoices = {}
        for line in lines:
            for rate in {rate for rate, _first in self._figures_of(line)["rates"]}:
                invoices.setdefault(rate, []).append(self._item_reference(line))
        if len(invoices) == 1:
            [rate] = invoices
            return self.env._("%s %%", self._percent(rate))
        return ", ".join(
            self.env._(
                "%(rate)s %% (%(invoices)s)",
                rate=self._percent(rate),
                invoices=", ".join(names),
            )
            for rate, names in invoices.items()
        )

    def _percent(self, rate):
        """A rate in millionths, as people write it."""
        lang = self.env["res.lang"]._lang_get(self.env.lang)
        return lang.format("%.2f", rate / 10_000)
