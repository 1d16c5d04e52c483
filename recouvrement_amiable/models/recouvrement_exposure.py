# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .situation_item import SPECIAL_MOVE

NATURES = ("open", "overdue", "credit", "draft", "ordered", "delivered")


class RecouvrementExposure(models.Model):
    """What a customer owes or will owe on a day, by nature, beside its limit.

    One row per dossier, read live from the ledger in one statement; other add-ons
    bring their own natures through :meth:`_sources`. Amounts are in the currency of
    the dossier's company.
    """

    _name = "recouvrement.exposure"
    _description = "Exposure"
    _auto = False
    _order = "exposure desc, id"

    dossier_id = fields.Many2one("recouvrement.dossier", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    head_id = fields.Many2one("res.partner", string="Credit Group", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_open = fields.Monetary(string="Invoices to Pay", readonly=True)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    amount_credit = fields.Monetary(string="Credits to Allocate", readonly=True)
    amount_draft = fields.Monetary(string="Draft Invoices", readonly=True)
    amount_ordered = fields.Monetary(
        string="Orders to Deliver",
        readonly=True,
        help="Confirmed orders, neither delivered nor invoiced.",
    )
    amount_delivered = fields.Monetary(string="Delivered, to Invoice", readonly=True)
    exposure = fields.Monetary(
        readonly=True, help="Invoices, drafts and orders, less the credits."
    )
    group_exposure = fields.Monetary(
        string="Exposure of the Group",
        readonly=True,
        help="Of all the customers that share the limit.",
    )
    unrated = fields.Char(
        string="No Exchange Rate",
        readonly=True,
        help="What is owed to companies in these currencies is not added up.",
    )
    limit_amount = fields.Monetary(string="Limit", readonly=True)
    has_limit = fields.Boolean(readonly=True)
    limit_expired = fields.Boolean(readonly=True)
    limit_left = fields.Monetary(string="Left", readonly=True)
    is_over = fields.Boolean(string="Over Limit", readonly=True)
    days_late = fields.Integer(string="Oldest (Days)", readonly=True, aggregator="max")

    @property
    def _table_query(self):
        return self._select(self.env.companies)

    @api.model
    def _prepare_read(self):
        for name in (
            "account.move",
            "account.move.line",
            "recouvrement.dossier",
            "res.partner",
            "res.company",
        ):
            self.env[name].flush_model()
        self.env.cr.execute("SELECT set_config('jit', 'off', true)")

    @api.model
    def _search(self, domain, *args, **kwargs):
        self._prepare_read()
        return super()._search(domain, *args, **kwargs)

    def fetch(self, field_names=None):
        self._prepare_read()
        return super().fetch(field_names)

    def action_open_dossier(self):
        """The customer's dossier: its tab Limit explains the figures."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "recouvrement.dossier",
            "res_id": self.dossier_id.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------
    # The query
    # ------------------------------------------------------------------
    @api.model
    def _of(self, dossiers):
        """Rows of some dossiers, as dicts by dossier id; any user may ask.

        :param dossiers: recouvrement.dossier, of any companies
        """
        if not dossiers.ids:
            return {}
        self._prepare_read()
        rows = self.env.execute_query_dict(
            SQL(
                "%s WHERE e.id IN %s",
                self._select(dossiers.company_id, self._family(dossiers.partner_id)),
                tuple(dossiers.ids),
            )
        )
        return {row["id"]: row for row in rows}

    @api.model
    def _of_customers(self, customers):
        """Rows of some customers, those without a dossier included.

        Whoever is only looked at needs no dossier: its row has no ``id``.

        :param customers: ``(company, commercial partner)`` pairs
        :return: rows as dicts by ``(company_id, partner_id)``
        """
        pairs = {(company.id, partner.id) for company, partner in customers}
        if not pairs:
            return {}
        self._prepare_read()
        companies = self.env["res.company"].union(*(pair[0] for pair in customers))
        partners = self.env["res.partner"].union(*(pair[1] for pair in customers))
        values = SQL(", ").join(SQL("(%s::int, %s::int)", *pair) for pair in pairs)
        rows = self.env.execute_query_dict(
            SQL(
                "%s WHERE (e.company_id, e.partner_id) IN (%s)",
                self._select(companies, self._family(partners), values),
                values,
            )
        )
        return {(row["company_id"], row["partner_id"]): row for row in rows}

    def _family(self, partners):
        """Customers that share a limit with these, themselves included."""
        heads = partners.sudo().mapped(lambda p: p.recouvrement_head_id or p)
        return (
            self.env["res.partner"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    "|",
                    ("id", "in", heads.ids),
                    ("recouvrement_head_id", "in", heads.ids),
                ]
            )
        )

    def _select(self, companies, partners=None, strangers=None):
        """SELECT of the rows of some companies.

        :param partners: only these customers (commercial partners), whole groups
        :param SQL strangers: ``(company_id, partner_id)`` values to answer for even
            without a dossier
        """
        pooled = companies.sudo().filtered("recouvrement_exposure_pooled")
        everywhere = companies
        if pooled:
            every = self.env["res.company"].sudo()
            everywhere = every.search([("active", "=", True)])
        parts = SQL(" UNION ALL ").join(self._sources(everywhere, partners))
        return SQL(
            """
            SELECT e.* FROM (
              WITH company AS MATERIALIZED (%(companies)s),
              rate AS MATERIALIZED (%(rates)s),
              part AS MATERIALIZED (
                SELECT company_id, partner_id,
                       %(sums)s, max(days_late) AS days_late
                  FROM (%(parts)s) x GROUP BY company_id, partner_id),
              own AS (
                SELECT d.id, d.company_id, d.partner_id,
                       COALESCE(p.recouvrement_head_id, p.id) AS head_id,
                       %(filled)s, COALESCE(part.days_late, 0) AS days_late
                  FROM (%(accounts)s) d
                  JOIN res_partner p ON p.id = d.partner_id
             LEFT JOIN part ON part.company_id = d.company_id
                   AND part.partner_id = d.partner_id
                 WHERE d.company_id IN (SELECT id FROM company) AND %(scope)s),
              family AS (
                SELECT part.company_id,
                       COALESCE(p.recouvrement_head_id, p.id) AS head_id,
                       sum(part.open + part.draft + part.ordered + part.delivered
                           - part.credit) AS exposure
                  FROM part JOIN res_partner p ON p.id = part.partner_id
              GROUP BY 1, 2),
              total AS (
                SELECT c.id AS company_id, f.head_id,
                       sum(f.exposure * r.rate) AS exposure,
                       string_agg(DISTINCT r.currency, ', ') FILTER (
                           WHERE r.rate IS NULL AND f.exposure <> 0) AS unrated
                  FROM company c
                  JOIN rate r ON r.into_id = c.id
                  JOIN family f ON f.company_id = r.from_id
                   AND (c.pooled OR f.company_id = c.id)
              GROUP BY 1, 2)
              SELECT o.id, o.id AS dossier_id, o.company_id, o.partner_id, o.head_id,
                     c.currency_id, o.open AS amount_open,
                     o.overdue AS amount_overdue, o.credit AS amount_credit,
                     o.draft AS amount_draft, o.ordered AS amount_ordered,
                     o.delivered AS amount_delivered, o.days_late,
                     o.open + o.draft + o.ordered + o.delivered - o.credit
                         AS exposure,
                     COALESCE(t.exposure, 0) AS group_exposure, t.unrated,
                     hd.limit_until, a.refused AS no_credit,
                     l.amount AS limit_amount, l.has_limit, l.expired AS limit_expired,
                     CASE WHEN l.has_limit
                          THEN l.amount - COALESCE(t.exposure, 0) END AS limit_left,
                     l.has_limit AND COALESCE(t.exposure, 0) > l.amount AS is_over
                FROM own o
                JOIN company c ON c.id = o.company_id
           LEFT JOIN total t ON t.company_id = o.company_id AND t.head_id = o.head_id
           LEFT JOIN res_partner h ON h.id = o.head_id
           LEFT JOIN recouvrement_dossier hd ON hd.company_id = o.company_id
                 AND hd.partner_id = o.head_id
               CROSS JOIN LATERAL (
                  SELECT COALESCE((h.credit_limit ->> c.id::text)::numeric,
                                  c.default_limit, 0) AS approved,
                         COALESCE(hd.no_credit, false) AS refused,
                         COALESCE(hd.limit_until < c.day, false) AS expired) a
               CROSS JOIN LATERAL (
                  SELECT a.refused OR a.approved > 0 AS has_limit, a.expired,
                         CASE WHEN a.refused OR a.expired THEN 0
                              ELSE a.approved END AS amount) l
            ) e
            """,
            accounts=self._accounts_sql(strangers),
            companies=self._companies_sql(companies),
            rates=self._rates_sql(companies, everywhere),
            parts=parts,
            sums=SQL(", ").join(
                SQL(
                    "COALESCE(sum(amount) FILTER (WHERE nature = %s), 0) AS %s",
                    nature,
                    SQL.identifier(nature),
                )
                for nature in NATURES
            ),
            filled=SQL(", ").join(
                SQL(
                    "COALESCE(part.%s, 0) AS %s",
                    SQL.identifier(nature),
                    SQL.identifier(nature),
                )
                for nature in NATURES
            ),
            scope=SQL("d.partner_id IN %s", tuple(partners.ids) or (0,))
            if partners is not None
            else SQL("TRUE"),
        )

    def _accounts_sql(self, strangers):
        """``(id, company_id, partner_id)`` of the dossiers, and of who has none."""
        dossiers = SQL("SELECT id, company_id, partner_id FROM recouvrement_dossier")
        if not strangers:
            return dossiers
        return SQL(
            """
            %s UNION ALL
            SELECT NULL::int, v.company_id, v.partner_id
              FROM (VALUES %s) v (company_id, partner_id)
             WHERE NOT EXISTS (
                SELECT 1 FROM recouvrement_dossier x
                 WHERE x.company_id = v.company_id AND x.partner_id = v.partner_id)
            """,
            dossiers,
            strangers,
        )

    def _companies_sql(self, companies):
        """``(id, day, currency_id, pooled, default_limit)``"""
        partner = self.env["res.partner"]
        limit = partner._fields["credit_limit"]
        rows = SQL(", ").join(
            SQL(
                "(%s::int, %s::date, %s::int, %s::bool, %s::numeric)",
                company.id,
                company._recouvrement_today(),
                company.currency_id.id,
                bool(company.recouvrement_exposure_pooled),
                limit.get_company_dependent_fallback(partner.with_company(company))
                or 0,
            )
            for company in companies.sudo()
        )
        return SQL(
            "SELECT * FROM (VALUES %s) v (id, day, currency_id, pooled, default_limit)",
            rows or SQL("(0, NULL::date, 0, false, 0)"),
        )

    def _rates_sql(self, companies, everywhere):
        """``(from_id, into_id, rate, currency)``, on the day of the second company.

        Without a rate it is NULL, never one to one.
        """
        everywhere = (everywhere | companies).sudo()
        rates = self.env["res.company"]._recouvrement_rates(
            {
                (into.id, currency.id, into._recouvrement_today())
                for into in companies.sudo()
                for currency in everywhere.currency_id
            }
        )
        rows = SQL(", ").join(
            SQL(
                "(%s::int, %s::int, %s::numeric, %s::text)",
                source.id,
                into_id,
                rates[into_id, source.currency_id.id],
                source.currency_id.name,
            )
            for into_id in companies.ids
            for source in everywhere
        )
        return SQL(
            "SELECT * FROM (VALUES %s) v (from_id, into_id, rate, currency)",
            rows or SQL("(0, 0, 1::numeric, '')"),
        )

    @api.model
    def _order_stock_sql(self):
        """What order line ``l`` reaches by deliveries, if an add-on knows; or NULL."""
        return SQL("NULL::numeric")

    @api.model
    def _sources(self, companies, partners=None):
        """SELECTs of ``(company_id, partner_id, nature, amount, days_late)``.

        ``partner_id`` is the commercial partner, ``nature`` one of NATURES, amounts
        are in the company's currency. An add-on that knows of orders adds its own.

        :param companies: res.company whose amounts are wanted
        :param partners: only these customers, or None
        """
        item = self.env["recouvrement.open.item"]
        days = SQL(", ").join(
            SQL("(%s::int, %s::date)", company.id, company._recouvrement_today())
            for company in companies.sudo()
        ) or SQL("(0, NULL::date)")
        scope = (
            SQL("q.commercial_partner_id IN %s", tuple(partners.ids) or (0,))
            if partners is not None
            else SQL("TRUE")
        )
        lines = SQL(
            """
            SELECT l.company_id, q.commercial_partner_id AS partner_id, n.nature,
                   n.amount, n.days_late
              FROM account_move_line l
              JOIN res_partner q ON q.id = l.partner_id
              JOIN (VALUES %(days)s) day (id, today) ON day.id = l.company_id
         LEFT JOIN account_move m ON m.id = l.move_id AND (%(special)s)
               AND m.payment_state IN ('blocked', 'in_payment', 'paid', 'reversed')
             CROSS JOIN LATERAL (VALUES
                (CASE WHEN l.amount_residual < 0 THEN 'credit' ELSE 'open' END,
                 abs(l.amount_residual), NULL::int),
                (CASE WHEN l.amount_residual > 0
                           AND m.id IS NULL AND l.no_followup IS NOT TRUE
                           AND COALESCE(l.date_maturity, l.date) < day.today
                      THEN 'overdue' END, l.amount_residual,
                 day.today - COALESCE(l.date_maturity, l.date))
                ) n (nature, amount, days_late)
             WHERE l.account_id IN %(accounts)s AND l.reconciled IS NOT TRUE
               AND l.parent_state = 'posted' AND l.amount_residual <> 0
               AND l.company_id IN %(companies)s AND n.nature IS NOT NULL AND %(scope)s
            """,
            days=days,
            special=SQL(SPECIAL_MOVE.format(alias="m.")),
            accounts=item._receivable_ids(),
            companies=tuple(companies.ids) or (0,),
            scope=scope,
        )
        # Posting one month's invoice makes the draft of the next one at once: it is no
        # debt before its day.
        drafts = SQL(
            """
            SELECT m.company_id, q.commercial_partner_id, 'draft',
                   m.amount_total_signed, NULL::int
              FROM account_move m
              JOIN res_partner q ON q.id = m.partner_id
              JOIN (VALUES %(days)s) day (id, today) ON day.id = m.company_id
             WHERE m.state = 'draft'
               AND m.move_type IN ('out_invoice', 'out_receipt')
               AND NOT (m.auto_post <> 'no' AND m.date > day.today
                        AND COALESCE(m.auto_post_origin_id, m.id) <> m.id)
               AND %(scope)s
            """,
            days=days,
            scope=scope,
        )
        return [lines, drafts]
