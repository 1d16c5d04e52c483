# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much of the claim on each customer is covered, on a day."""

from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Cover(NamedTuple):
    """Amounts of one dossier, in company currency.

    ``insured`` and ``other`` are parts of the claim and never overlap; the ceilings
    are what the guarantees would cover at most, whatever is open now. ``blind_stop``
    is the amount of a blind cover that the claim has outgrown.
    """

    claim: float = 0.0
    insured: float = 0.0
    other: float = 0.0
    insured_ceiling: float = 0.0
    other_ceiling: float = 0.0
    valid_count: int = 0
    expired_count: int = 0
    unrated: tuple = ()
    blind_stop: float = 0.0

    @property
    def covered(self):
        return self.insured + self.other

    @property
    def ceiling(self):
        return self.insured_ceiling + self.other_ceiling


class RecouvrementGuarantee(models.Model):
    _inherit = "recouvrement.guarantee"

    @api.model
    def _covered(self, dossiers, day=None):
        """What the guarantees valid on a day cover of today's claims.

        A guarantee covers its share of the claim, at most its share of its amount:
        an insurer that pays 90 % leaves 10 % of the claim to you however high the
        amount agreed is. Guarantees that overlap beyond the claim stop at the claim,
        credit insurance counted first.

        :param day: date, each company's today by default
        :return: ``{dossier_id: Cover}``, in a fixed number of queries
        """
        dossiers = dossiers.sudo()
        guarantees = (
            self.sudo()
            .with_context(active_test=True)
            .search([("dossier_id", "in", dossiers.ids)])
        )
        days = {c: day or c._recouvrement_today() for c in dossiers.company_id}
        rates = guarantees._rates(day)
        claims = self._claims(dossiers)
        by_dossier = guarantees.grouped("dossier_id")
        return {
            dossier.id: by_dossier.get(dossier, self.browse())._cover(
                dossier.company_id.currency_id,
                days[dossier.company_id],
                claims.get(dossier.id, 0.0),
                rates,
            )
            for dossier in dossiers
        }

    def _in_use(self, day):
        """Those valid on a day; what an insurer named is not covered blindly too.

        A blind cover is for the customers of whom the insurer was told nothing, up to
        its amount. Once there is a named cover the insurer has looked at the customer:
        its amount holds, be it the lower one.
        """
        valid = self.filtered(lambda guarantee: guarantee._state_on(day) == "valid")
        insured = valid.filtered(lambda guarantee: guarantee.kind == "insurance")
        blind = insured.filtered(lambda guarantee: guarantee.cover == "blind")
        return valid - blind if insured - blind else valid

    def _cover(self, currency, day, claim, rates):
        """:rtype: Cover"""
        covered = {True: 0.0, False: 0.0}
        ceilings = {True: 0.0, False: 0.0}
        valid = self._in_use(day)
        unrated, blind_stop = set(), 0.0
        for guarantee in valid:
            rate = rates.get((guarantee.company_id.id, guarantee.currency_id.id))
            if not rate:
                unrated.add(guarantee.currency_id.name)
                continue
            insured = guarantee.kind == "insurance"
            amount, share = guarantee.amount * rate, guarantee.quota / 100
            covered[insured] += currency.round(min(amount, claim) * share)
            ceilings[insured] += currency.round(amount * share)
            if insured and guarantee.cover == "blind" and claim > amount:
                blind_stop = max(blind_stop, amount)
        insured = min(covered[True], claim)
        return Cover(
            claim=claim,
            insured=insured,
            other=currency.round(min(covered[False], claim - insured)),
            insured_ceiling=ceilings[True],
            other_ceiling=ceilings[False],
            valid_count=len(valid),
            expired_count=len(
                self.filtered(lambda guarantee: guarantee._state_on(day) == "expired")
            ),
            unrated=tuple(sorted(unrated)),
            blind_stop=blind_stop,
        )

    @api.model
    def _claims(self, dossiers):
        """What the customers owe, net of their credits, never below zero.

        :rtype: dict[int, float]
        """
        if not dossiers.ids:
            return {}
        for name in ("account.move.line", "recouvrement.dossier", "res.partner"):
            self.env[name].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT d.id, GREATEST(sum(l.amount_residual), 0)::float
                      FROM recouvrement_dossier d
                      JOIN res_partner q ON q.commercial_partner_id = d.partner_id
                      JOIN account_move_line l
                        ON l.partner_id = q.id AND l.company_id = d.company_id
                     WHERE d.id IN %(dossiers)s AND l.account_id IN %(accounts)s
                       AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
                  GROUP BY d.id
                    """,
                    dossiers=tuple(dossiers.ids),
                    accounts=self.env["recouvrement.open.item"]._receivable_ids(),
                )
            )
        )

    def _rates(self, day=None):
        """What one unit of each currency is worth in the company's.

        :return: ``{(company_id, currency_id): rate or None}``
        """
        today = {
            c.id: day or c._recouvrement_today()
            for c in self.company_id.sudo()
            if isinstance(c.id, int)
        }
        wanted = {
            (g.company_id.id, g.currency_id.id)
            for g in self
            if g.company_id.id in today and g.currency_id
        }
        return self.env["res.company"]._recouvrement_rates(
            {(company, currency, today[company]) for company, currency in wanted}
        )
