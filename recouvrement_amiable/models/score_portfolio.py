# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What all customers of a company did, counted in ``payment_item`` or kept."""

from odoo import fields
from odoo.tools import SQL

from ..analytics.expected import quantiles
from ..analytics.portfolio import EARLIEST, LATEST, PERIOD, Portfolio
from ..analytics.score import Model

# Days past due of a seriously late item.
SERIOUS = 30
# Days during which the portfolio of a night serves who is scored again.
FRESH = 7
# Paid items, the last ones, that the usual days late are read from.
SAMPLE = 20_000


class ScorePortfolio:
    """The portfolio that the customers of one company are held against, on one day.

    :param env: environment with the rights to write scores
    :param company: res.company
    :param day: date; what came on it or later is not seen
    """

    def __init__(self, env, company, day):
        self.env = env
        self.company = company
        self.day = day
        self.today = day.toordinal()
        self.tolerance = company.recouvrement_score_tolerance
        self._paid_rows = None

    def portfolio(self, tolerance):
        """What all customers did, period by period.

        :rtype: Portfolio
        """
        portfolio = Portfolio(tolerance)
        known = self.env.execute_query(
            SQL(
                """
                SELECT since / %(period)s, count(*), sum(is_late::int)
                  FROM (
                    SELECT x.is_late, CASE WHEN x.is_late THEN due + %(tolerance)s + 1
                                           ELSE paid + 1 END AS since
                      FROM payment_item, LATERAL (
                        SELECT COALESCE(paid > due + %(tolerance)s, true) AS is_late) x
                    ) k
                 WHERE since <= %(today)s
              GROUP BY 1
                """,
                period=PERIOD,
                tolerance=tolerance,
                today=self.today,
            )
        )
        for period, count, late in known:
            portfolio.add(period, items=count, late=late)
        for period, count, days in self._paid():
            portfolio.add(period, paid=count, days=days)
        return portfolio

    def _paid(self):
        """``(period, items paid, sum of their days late)``, whatever the tolerance."""
        if self._paid_rows is None:
            self._paid_rows = self._count_paid()
        return self._paid_rows

    def _count_paid(self):
        return self.env.execute_query(
            SQL(
                """
                SELECT (paid + 1) / %(period)s, count(*),
                       sum(LEAST(GREATEST(paid - due, %(earliest)s), %(latest)s))
                  FROM payment_item
                 WHERE paid IS NOT NULL GROUP BY 1
                """,
                period=PERIOD,
                earliest=EARLIEST,
                latest=LATEST,
            )
        )

    def _usual(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT paid - due FROM payment_item WHERE paid IS NOT NULL"
                " ORDER BY paid DESC LIMIT %s",
                SAMPLE,
            )
        )
        return quantiles(days for (days,) in rows)

    def _model(self, tolerance):
        found = self._latest(tolerance)
        return found._as_model() if found else Model()

    # ------------------------------------------------------------------
    # The portfolio of the last night
    # ------------------------------------------------------------------
    def _keep_portfolios(self, portfolios, usual):
        """Beside the weights in force, for who is scored again during the day."""
        for tolerance, portfolio in portfolios.items():
            self._latest(tolerance).portfolio = {
                "day": fields.Date.to_string(self.day),
                "counts": {
                    period: list(map(int, sums))
                    for period, sums in portfolio.counts.items()
                },
                "usual": list(usual),
            }

    def _kept_portfolios(self):
        """``({tolerance: Portfolio}, usual)``, None without a recent one of each."""
        portfolios, usual = {}, None
        for tolerance in (self.tolerance, SERIOUS):
            kept = self._latest(tolerance).portfolio or {}
            day = fields.Date.to_date(kept.get("day"))
            if not day or not 0 <= (self.day - day).days <= FRESH:
                return None
            counts = {int(period): sums for period, sums in kept["counts"].items()}
            portfolios[tolerance] = Portfolio(tolerance, counts)
            usual = tuple(kept["usual"])
        return portfolios, usual

    def _latest(self, tolerance):
        return self.env["recouvrement.score.model"]._latest(self.company, tolerance)
