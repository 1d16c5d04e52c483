# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Scores of a company's customers, from their payments to dated records.

The items that had to be paid go once through a temporary table; the portfolio is
counted there, and the customers are taken by chunks, so that memory does not grow
with the history. The figures themselves are those of ``analytics``, and nothing else.
"""

import json

from odoo import fields
from odoo.tools import SQL, split_every

from ..analytics.behaviour import Item, Past, behaviour_of
from ..analytics.expected import habit_of
from ..analytics.replay import History
from ..analytics.score import features_of, risk_class, what_if
from .progress import commit_progress
from .score_portfolio import SERIOUS, ScorePortfolio

# Version of the facts and the formula, kept with each score.
VERSION = "1"
# History that is read, in days, and customers computed at once.
DEPTH = 5 * 365
CHUNK = 1000
# A score that did not move is written again after so many days.
KEPT = 30
# Returned payments of so many days make the class no better than RETURNED_CLASS.
RETURNED_DAYS, RETURNED_CLASS = 365, "D"


class ScoreRefresh(ScorePortfolio):
    """Computes the scores of one company on one day."""

    def run(self, partners=None):
        """Refresh the scores, of some customers or of all.

        Some customers are held against the portfolio of the last night: their own
        items are read, not the whole ledger.

        :return: number of customers scored
        """
        kept = self._kept_portfolios() if partners else None
        self.gather(partners if kept else None)
        self._open_dossiers()
        models = {t: self._model(t) for t in (self.tolerance, SERIOUS)}
        if kept:
            portfolios, usual = kept
        else:
            portfolios = {t: self.portfolio(t) for t in (self.tolerance, SERIOUS)}
            usual = self._usual()
            self._keep_portfolios(portfolios, usual)
            # A first refresh opened them all: what follows is planned on that.
            self._execute(SQL("ANALYZE recouvrement_dossier"))
        done = 0
        for dossiers in split_every(CHUNK, self._dossiers(partners), list):
            rows = self._score_chunk(dossiers, models, portfolios, usual)
            self._write(rows)
            done += len(rows)
        Dossier = self.env["recouvrement.dossier"]
        scored = None
        if partners:
            scored = Dossier.search(
                [
                    ("company_id", "=", self.company.id),
                    ("partner_id", "in", partners.ids),
                ]
            )
        Dossier._refresh_classes(self.company, self.day, scored)
        return done

    # ------------------------------------------------------------------
    # The items
    # ------------------------------------------------------------------
    def gather(self, partners=None):
        """Put the items that had to be paid in ``payment_item``, days as ordinals.

        An instalment counts for what was not credited; one that was wholly credited,
        or that is contested (payment blocked), does not count. The day of payment is
        that of the counterpart entry: neither the invoice's nor that of the matching.
        Customers stand one after the other: a chunk of them is read in one go.

        :param partners: only these customers (commercial partners)
        """
        self._paid_rows = None
        item = self.env["recouvrement.open.item"]
        item._prepare_read(whole=partners is None)
        scope = SQL("TRUE")
        if partners is not None:
            scope = SQL(
                "l.partner_id IN (SELECT id FROM res_partner"
                " WHERE commercial_partner_id IN %s)",
                tuple(partners.ids) or (0,),
            )
        self._execute(SQL("DROP TABLE IF EXISTS pg_temp.payment_item"))
        self._execute(
            SQL(
                """
                CREATE TEMP TABLE payment_item ON COMMIT DROP AS
                WITH item AS MATERIALIZED (
                    SELECT l.id, l.partner_id, m.invoice_date AS issued,
                           COALESCE(l.date_maturity, m.invoice_date) AS due,
                           l.balance, l.amount_residual = 0 AS is_over
                      FROM account_move m
                      JOIN account_move_line l ON l.move_id = m.id
                     WHERE m.company_id = %(company)s AND m.state = 'posted'
                       AND m.move_type IN ('out_invoice', 'out_receipt')
                       AND m.payment_state <> 'blocked'
                       AND m.invoice_date BETWEEN %(day)s::date - %(depth)s
                           AND %(day)s::date
                       AND l.account_id IN %(accounts)s
                       AND l.balance > 0 AND l.partner_id IS NOT NULL
                       AND %(scope)s),
                paid AS (
                    SELECT p.debit_move_id AS id,
                           max(c.date) FILTER (WHERE refund.id IS NULL) AS paid_on,
                           sum(p.amount) FILTER (WHERE refund.id IS NOT NULL)
                               AS credited
                      FROM account_partial_reconcile p
                      JOIN item ON item.id = p.debit_move_id
                      JOIN account_move_line c ON c.id = p.credit_move_id
                 LEFT JOIN account_move refund ON refund.id = c.move_id
                       AND refund.move_type = 'out_refund'
                     WHERE c.journal_id IS DISTINCT FROM %(exchange)s
                  GROUP BY p.debit_move_id)
                SELECT q.commercial_partner_id AS partner_id,
                       item.issued - %(origin)s::date + 1 AS issued,
                       item.due - %(origin)s::date + 1 AS due,
                       CASE WHEN item.is_over AND paid.paid_on < %(day)s
                            THEN paid.paid_on - %(origin)s::date + 1 END AS paid,
                       (item.balance - COALESCE(paid.credited, 0))::float8 AS amount
                  FROM item
                  JOIN res_partner q ON q.id = item.partner_id
             LEFT JOIN paid ON paid.id = item.id
                 WHERE item.balance > COALESCE(paid.credited, 0)
                   AND NOT (item.is_over AND paid.paid_on IS NULL)
              ORDER BY 1
                """,
                company=self.company.id,
                day=self.day,
                depth=DEPTH,
                accounts=item._receivable_ids(),
                exchange=self.company.root_id.currency_exchange_journal_id.id or None,
                origin="0001-01-01",
                scope=scope,
            )
        )
        self._execute(SQL("CREATE INDEX ON payment_item (partner_id)"))
        self._execute(SQL("ANALYZE payment_item"))
        # What follows looks up some customers at a time.
        item._prepare_read()

    # ------------------------------------------------------------------
    # The customers
    # ------------------------------------------------------------------
    def _open_dossiers(self):
        """Whoever had something to pay has a dossier, that carries the score."""
        self.env["recouvrement.dossier"]._open_for(
            SQL(
                "SELECT DISTINCT %s::int AS company_id, partner_id FROM payment_item",
                self.company.id,
            )
        )

    def _dossiers(self, partners):
        rows = self.env.execute_query(
            SQL(
                "SELECT id, partner_id FROM recouvrement_dossier"
                " WHERE company_id = %s AND %s ORDER BY partner_id",
                self.company.id,
                SQL("partner_id IN %s", tuple(partners.ids))
                if partners
                else SQL("TRUE"),
            )
        )
        return rows

    def items_of(self, partner_ids):
        """``{partner_id: [Item]}``"""
        found = self._rows_of(partner_ids)
        return {who: list(map(Item._make, rows)) for who, rows in found.items()}

    def _rows_of(self, partner_ids):
        """The same as bare tuples, which a million of them shows."""
        found = {partner_id: [] for partner_id in partner_ids}
        self.env.cr.execute(
            SQL(
                "SELECT partner_id, issued, due, paid, amount FROM payment_item"
                " WHERE partner_id IN %s",
                tuple(partner_ids),
            )
        )
        for partner_id, issued, due, paid, amount in self.env.cr.fetchall():
            found[partner_id].append((issued, due, paid, amount))
        return found

    def _score_chunk(self, dossiers, models, portfolios, usual):
        partner_ids = [partner_id for _id, partner_id in dossiers]
        items = self._rows_of(partner_ids)
        returned = self._returned(partner_ids)
        return [
            self._score(
                dossier_id,
                items[partner_id],
                returned.get(partner_id, 0),
                models,
                portfolios,
                usual,
            )
            for dossier_id, partner_id in dossiers
        ]

    def _score(self, dossier_id, items, returned, models, portfolios, usual):
        """Values of one customer's score."""
        past = Past(items, self.today)
        found, facts = features_of(past, portfolios[self.tolerance])
        model = models[self.tolerance]
        probability = model.probability(found)
        serious, _facts = features_of(past, portfolios[SERIOUS])
        figures = behaviour_of(past, self.tolerance)
        pays = habit_of(past, usual)
        paid, timely = what_if(found, facts, model)
        letter = "none"
        if facts.count or facts.overdue:
            letter = risk_class(probability)
            if returned:
                letter = max(letter, RETURNED_CLASS)
        return {
            "dossier_id": dossier_id,
            "probability": probability,
            "probability_serious": models[SERIOUS].probability(serious),
            "risk_class": letter,
            "known_count": figures.known,
            "late_count": figures.late,
            "overdue_count": figures.overdue,
            "overdue_amount": figures.overdue_amount,
            "mean_days": figures.mean_days,
            "median_days": figures.median_days,
            "weighted_days": figures.weighted_days,
            "recent_share": figures.recent_share,
            "before_share": figures.before_share,
            "late_amount_share": figures.late_amount_share,
            "returned_count": returned,
            "pay_days": pays.median,
            "pay_days_low": pays.low,
            "pay_days_high": pays.high,
            "pay_month_days": ",".join(map(str, pays.month_days)) or None,
            "pay_week_day": 0 if pays.week_day is None else pays.week_day + 1,
            "inputs": json.dumps(
                {
                    "version": VERSION,
                    "tolerance": self.tolerance,
                    "parts": model.parts(found),
                    "facts": vars(facts),
                    "if_paid": paid,
                    "if_timely": timely,
                }
            ),
        }

    def _returned(self, partner_ids):
        """Payments that the bank returned lately, by customer."""
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT q.commercial_partner_id, count(*)
                      FROM account_payment p
                      JOIN res_partner q ON q.id = p.partner_id
                     WHERE p.company_id = %s AND p.state = 'rejected'
                       AND p.payment_type = 'inbound'
                       AND p.partner_type = 'customer'
                       AND p.date > %s::date - %s AND p.date <= %s
                       AND q.commercial_partner_id IN %s
                  GROUP BY q.commercial_partner_id
                    """,
                    self.company.id,
                    self.day,
                    RETURNED_DAYS,
                    self.day,
                    tuple(partner_ids),
                )
            )
        )

    # ------------------------------------------------------------------
    # The records
    # ------------------------------------------------------------------
    def _write(self, rows):
        """A dated record where something moved, and the dossier that points to it."""
        if not rows:
            return
        columns = list(rows[0])
        values = SQL(", ").join(
            SQL("%s", tuple(row[column] for column in columns)) for row in rows
        )
        names = SQL(", ").join(map(SQL.identifier, columns))
        self._execute(SQL("DROP TABLE IF EXISTS pg_temp.new_score"))
        self._execute(
            SQL(
                "CREATE TEMP TABLE new_score ON COMMIT DROP AS"
                " SELECT %s FROM recouvrement_score WHERE false",
                names,
            )
        )
        self._execute(SQL("INSERT INTO new_score (%s) VALUES %s", names, values))
        self._execute(
            SQL(
                """
                WITH written AS (
                    INSERT INTO recouvrement_score
                        (%(names)s, company_id, date, value, version,
                         create_uid, write_uid, create_date, write_date)
                    SELECT %(new)s, %(company)s, %(day)s,
                           round((n.probability * 100)::numeric), %(version)s,
                           %(uid)s, %(uid)s, %(now)s, %(now)s
                      FROM new_score n
                 LEFT JOIN recouvrement_dossier d ON d.id = n.dossier_id
                 LEFT JOIN recouvrement_score s ON s.id = d.score_id
                     WHERE s.id IS NULL OR s.date <= %(day)s::date - %(kept)s
                        OR s.risk_class <> n.risk_class
                        OR s.value <> round((n.probability * 100)::numeric)
                        OR s.known_count <> n.known_count
                        OR s.overdue_count <> n.overdue_count
               ON CONFLICT (dossier_id, date) DO UPDATE SET %(again)s,
                           value = EXCLUDED.value, write_date = EXCLUDED.write_date
                 RETURNING id, dossier_id)
                UPDATE recouvrement_dossier d SET score_id = w.id
                  FROM written w
                 WHERE d.id = w.dossier_id AND d.score_id IS DISTINCT FROM w.id
                """,
                names=names,
                new=SQL(", ").join(SQL.identifier("n", name) for name in columns),
                again=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(c), SQL.identifier(c))
                    for c in columns
                ),
                company=self.company.id,
                day=self.day,
                version=VERSION,
                uid=self.env.uid,
                now=fields.Datetime.now(),
                kept=KEPT,
            )
        )

    # ------------------------------------------------------------------
    # What the past teaches
    # ------------------------------------------------------------------
    def history(self, tolerance, limit):
        """Items of evenly chosen customers, with the portfolio of all.

        :param int limit: items at most, about
        :rtype: History
        """
        ((count,),) = self.env.execute_query(SQL("SELECT count(*) FROM payment_item"))
        step = max(1, -(-count // limit))
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner_id FROM payment_item"
                " WHERE abs(hashint4(partner_id)) %% %s = 0",
                step,
            )
        )
        partner_ids = [partner_id for (partner_id,) in rows]
        customers = self.items_of(partner_ids) if partner_ids else {}
        return History(customers, tolerance, self.portfolio(tolerance))

    def _execute(self, query):
        self.env.cr.execute(query)


def refresh_company(env, company, day):
    """Refresh all scores of a company and commit."""
    done = ScoreRefresh(env, company, day).run()
    commit_progress(env, done)
    env.invalidate_all()
    return done
