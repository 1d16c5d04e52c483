# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, timedelta
from itertools import chain, product

from odoo import api, models
from odoo.tools import SQL

from ..legal.errors import LegalError, UnknownSector
from ..legal.parameters import COMPANY, KINDS, PUBLIC
from ..legal.prescription import (
    EVENTS,
    FORMAL_NOTICE,
    PART_PAYMENT,
    WRITTEN_CLAIM,
    Event,
    limitation,
)
from ..legal.sectors import SECTORS, UNKNOWN, rule_of
from .debtor_kind import kind_on_sql
from .limitation_words import error_text
from .registered_letter import NOTICE_DAY

# Tables whose pending writes the reader must see.
_READ_MODELS = (
    "account.move",
    "account.move.line",
    "account.partial.reconcile",
    "recouvrement.charge",
    "recouvrement.delivery",
    "recouvrement.dossier",
    "recouvrement.relance",
    "recouvrement.relance.line",
    "res.company",
)

# Columns of an item that say when its period starts. ``l`` is the journal item, ``m``
# its entry.
PERFORMED = SQL(
    "COALESCE(m.recouvrement_performed_on, m.delivery_date, l.invoice_date, l.date)"
)
DUE = SQL("COALESCE(l.date_maturity, l.invoice_date, l.date)")
# On a charge invoice: claimed no longer than what it was charged for.
IS_CHARGE = SQL(
    "EXISTS (SELECT 1 FROM recouvrement_charge z WHERE z.charge_move_id = l.move_id)"
)
# Items with the invoice, company and dossier that say which rule holds.
_DEBTS = SQL(
    """
    account_move_line l
    JOIN account_move m ON m.id = l.move_id
    JOIN res_company c ON c.id = l.company_id
    JOIN res_partner p ON p.id = l.partner_id
    JOIN recouvrement_dossier d
      ON d.company_id = l.company_id AND d.partner_id = p.commercial_partner_id
    """
)
_RULES = tuple(product(KINDS, (*SECTORS, UNKNOWN)))
KIND = kind_on_sql(SQL("m.invoice_date"))


class RecouvrementLimitationReader(models.AbstractModel):
    """Gathers what the law asks about items, and asks it.

    A fixed number of queries whatever the number of items; no rule of its own: see
    ``legal.prescription``.
    """

    _name = "recouvrement.limitation.reader"
    _description = "Reader of prescription"

    @api.model
    def _of_items(self, item_ids, day):
        """Until when some items can be claimed.

        :param item_ids: ids of receivable journal items
        :param date day: what happened later is not known yet
        :return: by id, a ``legal.prescription.Limitation``, or a sentence that says
            why there is none; nothing for credits and items without a dossier
        :rtype: dict
        """
        item_ids = tuple(item_ids)
        if not item_ids:
            return {}
        self._flush()
        sources = self._sources(item_ids)
        asked_ids = tuple({*item_ids, *chain.from_iterable(sources.values())})
        events = self._events(asked_ids, day)
        facts = {row.pop("id"): row for row in self._facts(asked_ids)}
        wanted = set(item_ids)
        found, asked = {}, {}
        for item_id, known in facts.items():
            if item_id not in wanted:
                continue
            mine = events.get(item_id, [])
            answer = self._ask_once(asked, known, mine)
            if item_id in sources:
                answer = self._earlier(
                    answer,
                    [
                        self._ask_once(
                            asked, facts[source], _joined(events.get(source), mine)
                        )
                        for source in sources[item_id]
                        if source in facts
                    ],
                )
            if isinstance(answer, LegalError):
                answer = error_text(self.env, answer, known["name"])
            found[item_id] = answer
        return found

    @api.model
    def _prescribed_ids(self, item_ids, day):
        """Items that can no longer be claimed on a day, those that are paid included.

        What accrued on an item dies with it, even when only the principal was paid.
        Items that are too recent for any rule are left out in SQL.

        :param item_ids: ids of receivable journal items
        :param date day:
        :return: ids; not those whose last day cannot be told
        :rtype: set
        """
        item_ids = tuple(item_ids)
        if not item_ids:
            return set()
        self._flush()
        answers = self._of_items(self._old_enough(item_ids, day), day)
        return {
            item_id
            for item_id, answer in answers.items()
            if not isinstance(answer, str) and answer.is_prescribed(day)
        }

    @api.model
    def _young_since(self, day):
        """Items performed and due from then on are too young for any rule.

        A year is counted as 365 days, and a contract as the shortest there may be:
        a quick sieve before ``_prescribed_ids``, not for charge invoices.

        :rtype: date
        """
        years = min(self._years(kind, sector, 1) for kind, sector in _RULES)
        return day - timedelta(days=365 * years)

    @api.model
    def _old_enough(self, item_ids, day):
        """Items whose shortest period may be over: events only put it off."""
        periods = SQL(", ").join(
            SQL("(%s, %s, %s)", kind, sector, self._years(kind, sector, None))
            for kind, sector in _RULES
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.id
                  FROM %(debts)s
                  JOIN (VALUES %(periods)s) v (kind, sector, years)
                    ON v.kind = %(kind)s
                   AND v.sector = COALESCE(d.sector, c.recouvrement_sector, %(unknown)s)
                 WHERE l.id IN %(items)s AND l.balance > 0
                   AND (LEAST(%(performed)s, %(due)s) + make_interval(years =>
                            CASE WHEN v.kind = %(company)s
                                 THEN COALESCE(
                                     NULLIF(c.recouvrement_contract_years, 0), v.years)
                                 ELSE v.years END) < %(day)s
                        OR %(charge)s)
              ORDER BY l.id
                """,
                debts=_DEBTS,
                periods=periods,
                kind=KIND,
                unknown=UNKNOWN,
                items=item_ids,
                performed=PERFORMED,
                due=DUE,
                company=COMPANY,
                day=day,
                charge=IS_CHARGE,
            )
        )
        return tuple(row[0] for row in rows)

    @api.model
    def _flush(self):
        for name in _READ_MODELS:
            self.env[name].flush_model()

    @api.model
    def _ask_once(self, asked, facts, events):
        """Many items put the same question.

        :param dict asked: the answers so far, by question
        :rtype: Limitation or LegalError
        """
        question = (
            *(value for key, value in facts.items() if key != "name"),
            tuple(events),
        )
        if question not in asked:
            asked[question] = self._ask(facts, events)
        return asked[question]

    @api.model
    def _earlier(self, answer, sources):
        """A charge invoice is claimed no longer than what it was charged for.

        :param answer: of the item of the charge invoice
        :param list sources: answers of its source items; the last of them counts,
            those that cannot be told do not
        """
        known = [one for one in sources if not isinstance(one, LegalError)]
        if isinstance(answer, LegalError) or not known:
            return answer
        return min(answer, max(known, key=_last_of), key=_last_of)

    @api.model
    def _ask(self, facts, events):
        """:rtype: Limitation or LegalError"""
        try:
            return limitation(
                facts["kind"],
                performed=facts["performed"],
                due=facts["due"],
                sector=self._sector(facts["kind"], facts["sector"]),
                events=events,
                contract_years=self._contract_years(facts["kind"], facts["years"]),
                notice_clause=facts["notice_clause"],
                payment_counts=facts["payment_counts"],
            )
        except LegalError as error:
            return error

    @api.model
    def _sector(self, kind, sector):
        """A trade that has no rule for that kind of debtor is as good as unknown."""
        try:
            rule_of(kind, sector)
        except UnknownSector:
            return UNKNOWN
        return sector

    @api.model
    def _contract_years(self, kind, years):
        return (years or None) if kind == COMPANY else None

    @api.model
    def _years(self, kind, sector, contract_years):
        """Least number of years that a debt lives, for a first sieve."""
        rule = rule_of(
            kind, self._sector(kind, sector), self._contract_years(kind, contract_years)
        )
        return min(since.value for since in rule.period.values)

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------
    @api.model
    def _facts(self, item_ids):
        """What is known of each item apart from its events, one row each."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT l.id, COALESCE(m.name, l.move_name, '') AS name,
                       %(kind)s AS kind,
                       %(performed)s AS performed, %(due)s AS due,
                       COALESCE(d.sector, c.recouvrement_sector) AS sector,
                       COALESCE(d.notice_clause = 'yes', c.recouvrement_notice_clause,
                                false) AS notice_clause,
                       COALESCE(c.recouvrement_contract_years, 0) AS years,
                       COALESCE(c.recouvrement_payment_interrupts, false)
                           AS payment_counts
                  FROM %(debts)s
                 WHERE l.id IN %(items)s AND l.balance > 0
              ORDER BY l.id
                """,
                debts=_DEBTS,
                kind=KIND,
                performed=PERFORMED,
                due=DUE,
                items=item_ids,
            )
        )

    @api.model
    def _sources(self, item_ids):
        """Items that the items of charge invoices were charged for.

        :rtype: dict[int, list[int]]
        """
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT l.id, array_agg(DISTINCT x.move_line_id)
                      FROM account_move_line l
                      JOIN recouvrement_charge x ON x.charge_move_id = l.move_id
                     WHERE l.id IN %s
                  GROUP BY l.id
                    """,
                    item_ids,
                )
            )
        )

    @api.model
    def _events(self, item_ids, day):
        """Events of each item: those recorded, and those that the ledger shows."""
        found = {}
        recorded = self.env["recouvrement.legal.event"].sudo()
        for item_id, rows in recorded._of_items(item_ids, EVENTS).items():
            found[item_id] = [
                Event(row["kind"], row["date"], row["date_end"], row["is_void"])
                for row in rows
                if row["date"] <= day
            ]
        automatic = [*self._letters(item_ids, day), *self._payments(item_ids, day)]
        for item_id, kind, happened in automatic:
            found.setdefault(item_id, []).append(Event(kind, happened))
        return found

    @api.model
    def _letters(self, item_ids, day):
        """Formal notices that took effect, and what was written to public bodies.

        To these a claim has but to be addressed (law 68-1250, art. 2). A relance in
        test mode went to nobody; a line that was dropped or struck was not asked for.
        """
        sent = SQL(
            "(x.sent_on AT TIME ZONE 'UTC'"
            " AT TIME ZONE COALESCE(q.tz, 'Europe/Paris'))::date"
        )
        return self.env.execute_query(
            SQL(
                """
                SELECT * FROM (
                    SELECT t.move_line_id,
                           CASE WHEN x.channel = 'registered' AND v.formal_notice
                                THEN %(notice)s ELSE %(claim)s END AS kind,
                           CASE WHEN x.channel = 'email' THEN %(sent)s
                                WHEN %(debtor)s = %(public)s
                                THEN COALESCE(%(notice_day)s, x.presented_on,
                                              x.posted_on)
                                ELSE %(notice_day)s END AS happened
                      FROM recouvrement_relance_line t
                      JOIN recouvrement_relance r ON r.id = t.relance_id
                      JOIN recouvrement_delivery x ON x.relance_id = r.id
                      JOIN recouvrement_dossier d ON d.id = r.dossier_id
                      JOIN account_move_line l ON l.id = t.move_line_id
                      JOIN res_partner p ON p.id = l.partner_id
                       AND p.commercial_partner_id = d.partner_id
                      JOIN account_move m ON m.id = l.move_id
                      JOIN res_company c ON c.id = r.company_id
                      JOIN res_partner q ON q.id = c.partner_id
                 LEFT JOIN recouvrement_level v ON v.id = r.level_id
                     WHERE t.move_line_id IN %(items)s AND t.kind = 'a_late'
                       AND t.cancelled IS NOT TRUE AND t.struck IS NOT TRUE
                       AND r.is_test IS NOT TRUE AND x.is_test IS NOT TRUE
                       AND x.state IN ('sent', 'delivered', 'returned')
                       AND (x.channel = 'registered' AND v.formal_notice
                            OR %(debtor)s = %(public)s AND x.state <> 'returned'
                               AND x.channel IN ('email', 'letter', 'registered'))
                    ) w
                 WHERE w.happened <= %(day)s
              ORDER BY w.move_line_id, w.happened, w.kind
                """,
                notice=FORMAL_NOTICE,
                notice_day=NOTICE_DAY,
                claim=WRITTEN_CLAIM,
                debtor=KIND,
                public=PUBLIC,
                sent=sent,
                items=item_ids,
                day=day,
            )
        )

    @api.model
    def _payments(self, item_ids, day):
        """Days on which a part was paid; credit notes acknowledge nothing."""
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT a.debit_move_id, %(kind)s, o.date
                  FROM account_partial_reconcile a
                  JOIN account_move_line o ON o.id = a.credit_move_id
                  JOIN account_journal j ON j.id = o.journal_id
                 WHERE a.debit_move_id IN %(items)s AND o.date <= %(day)s
                   AND j.type IN ('bank', 'cash', 'credit')
              ORDER BY a.debit_move_id, o.date
                """,
                kind=PART_PAYMENT,
                items=item_ids,
                day=day,
            )
        )

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------
    @api.model
    def _last_day(self, answer):
        """:rtype: date or bool"""
        return False if isinstance(answer, str) else answer.last_day or False

    @api.model
    def _order_key(self, answer):
        """What ends first comes first, what could not be told before what waits."""
        if isinstance(answer, str):
            return (1, date.max)
        return (0, answer.last_day) if answer.last_day else (2, date.max)


def _last_of(answer):
    return answer.last_day or date.max


def _joined(events, others):
    """Events of a source item, and those of its charge invoice."""
    events = events or []
    return [*events, *(event for event in others if event not in events)]
