# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ..legal.dates import add_months
from .limitation_reader import DUE, IS_CHARGE, KIND, PERFORMED

# An item is kept in the table from that many months before its last day.
HORIZON_MONTHS = 7
# Months before the last day from which an item is said to be near it, and told about.
STAGES = (6, 3, 1)
# Invoices older than their items look, while something may be left to pay on them: an
# index serves it.
PERFORMED_BEFORE = (
    "COALESCE({alias}recouvrement_performed_on, {alias}delivery_date,"
    " {alias}invoice_date) < {alias}date"
    " AND (COALESCE({alias}payment_state, '') NOT IN ('paid', 'reversed')"
    " OR {alias}amount_residual <> 0)"
)


class RecouvrementLimitation(models.Model):
    """An open item whose last day to be claimed is near, or over.

    What the one query, the filters and the alerts read; refreshed each night and
    whenever a fact changes. The other items are computed when somebody looks.
    """

    _name = "recouvrement.limitation"
    _description = "Prescription near"
    _order = "last_day, id"
    _log_access = False

    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item",
        required=True,
        readonly=True,
        ondelete="cascade",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    dossier_id = fields.Many2one(
        "recouvrement.dossier",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    last_day = fields.Date(required=True, readonly=True)
    told_months = fields.Integer(
        readonly=True, help="Stage of the last alert; 0 when there was none."
    )
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _move_line_uniq = models.UniqueIndex(
        "(move_line_id)", "This item already has its last day."
    )
    _last_day_idx = models.Index("(company_id, last_day)")

    # ------------------------------------------------------------------
    # Upkeep
    # ------------------------------------------------------------------
    @api.model
    def _refresh(self, company, day=None, dossiers=None):
        """Bring the rows of a company up to its ledger.

        A first sieve in SQL leaves only the items that are old enough.

        :param company: res.company
        :param dossiers: only these, at once, after a fact changed
        """
        self.env["recouvrement.limitation"].flush_model()
        self.env["recouvrement.charge"].flush_model()
        company = company.sudo()
        day = day or company._recouvrement_today()
        horizon = add_months(day, HORIZON_MONTHS)
        self.env["recouvrement.open.item"]._prepare_read()
        found = self._candidates(company, horizon, dossiers)
        answers = self.env["recouvrement.limitation.reader"]._of_items(found, day)
        near = [
            (item_id, company.id, found[item_id], answer.last_day)
            for item_id, answer in answers.items()
            if not isinstance(answer, str)
            and answer.last_day is not None
            and answer.last_day <= horizon
        ]
        self._store(company, near, dossiers)

    @api.model
    def _refresh_dossiers(self, dossiers):
        """A fact about these customers changed."""
        for company, mine in dossiers.sudo().grouped("company_id").items():
            self.sudo()._refresh(company, dossiers=mine)

    @api.model
    def _candidates(self, company, horizon, dossiers):
        """Items that could have a last day before the horizon, with their dossier.

        Events only put a last day off, so that the start and the shortest period
        of each kind of debtor and trade are enough for the sieve.

        :rtype: dict[int, int]
        """
        periods = self._periods(company, dossiers)
        if not periods:
            return {}
        latest = max(add_months(horizon, -12 * years) for *_key, years in periods)
        rows = SQL(", ").join(
            SQL("(%s, %s, %s::date)", kind, sector, add_months(horizon, -12 * years))
            for kind, sector, years in periods
        )
        old = self._old_items(company, latest, dossiers)
        if not old:
            return {}
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT l.id, d.id
                      FROM account_move_line l
                      JOIN account_move m ON m.id = l.move_id
                      JOIN res_partner p ON p.id = l.partner_id
                      JOIN recouvrement_dossier d
                        ON d.company_id = l.company_id
                       AND d.partner_id = p.commercial_partner_id
                      JOIN (VALUES %(rows)s) v (kind, sector, latest)
                        ON v.kind = %(kind)s
                       AND v.sector = COALESCE(d.sector, %(sector)s)
                     WHERE l.id IN %(old)s
                       AND (LEAST(%(performed)s, %(due)s) <= v.latest
                            OR %(charge)s)
                    """,
                    rows=rows,
                    kind=KIND,
                    sector=company.recouvrement_sector,
                    old=old,
                    performed=PERFORMED,
                    due=DUE,
                    charge=IS_CHARGE,
                )
            )
        )

    @api.model
    def _old_items(self, company, latest, dossiers):
        """Open items whose period may have started by a day.

        By their own dates, without a look at their entries, and by those of the
        entries that were performed before they were booked, which an index knows.
        Charge invoices are always asked about: they are as old as their sources.
        """
        items = SQL(
            """
            l.company_id = %(company)s AND l.account_id IN %(accounts)s
            AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
            AND l.balance > 0 AND l.amount_residual_currency > 0 AND %(scope)s
            """,
            company=company.id,
            accounts=self.env["recouvrement.open.item"]._receivable_ids(),
            scope=self._scope(dossiers),
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.id FROM account_move_line l
                 WHERE %(items)s
                   AND (l.date <= %(latest)s OR l.date_maturity <= %(latest)s)
                 UNION
                SELECT l.id FROM account_move m
                 CROSS JOIN LATERAL (
                    SELECT i.* FROM account_move_line i
                     WHERE i.move_id = m.id OFFSET 0) l
                 WHERE m.company_id = %(company)s AND %(before)s
                   AND COALESCE(m.recouvrement_performed_on, m.delivery_date,
                                m.invoice_date) <= %(latest)s
                   AND %(items)s
                 UNION
                SELECT l.id FROM recouvrement_charge x
                  JOIN account_move_line l ON l.move_id = x.charge_move_id
                 WHERE x.company_id = %(company)s AND %(items)s
                """,
                items=items,
                before=SQL(PERFORMED_BEFORE.format(alias="m.")),
                latest=latest,
                company=company.id,
            )
        )
        return tuple(row[0] for row in rows)

    @api.model
    def _periods(self, company, dossiers):
        """Years of each kind of debtor and trade among the dossiers."""
        domain = [("company_id", "=", company.id)]
        if dossiers is not None:
            domain.append(("id", "in", dossiers.ids))
        groups = (
            self.env["recouvrement.dossier"]
            .sudo()
            ._read_group(domain, ["kind", "kind_before", "sector"])
        )
        reader = self.env["recouvrement.limitation.reader"]
        pairs = {
            (kind, sector or company.recouvrement_sector)
            for *kinds, sector in groups
            for kind in filter(None, kinds)
        }
        return [
            (
                kind,
                sector,
                reader._years(kind, sector, company.recouvrement_contract_years),
            )
            for kind, sector in sorted(pairs)
        ]

    @api.model
    def _scope(self, dossiers):
        if dossiers is None:
            return SQL("TRUE")
        return SQL(
            "l.partner_id IN (SELECT z.id FROM res_partner z"
            " WHERE z.commercial_partner_id IN %s)",
            tuple(dossiers.partner_id.ids) or (0,),
        )

    @api.model
    def _store(self, company, near, dossiers):
        """Write what changed; a moved last day is told about anew."""
        told = self._activities(company, dossiers)
        self._write_rows(company, near, dossiers)
        self.invalidate_model()
        self._close_orphans(
            told,
            company,
            lambda limitation: limitation.env._(
                "Settled, or put off: no last day is near any more."
            ),
        )

    @api.model
    def _write_rows(self, company, near, dossiers):
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS pg_temp.limitation_near")
        cr.execute(
            "CREATE TEMP TABLE limitation_near (move_line_id int PRIMARY KEY,"
            " company_id int, dossier_id int, last_day date) ON COMMIT DROP"
        )
        if near:
            cr.execute_values(
                "INSERT INTO limitation_near VALUES %s", near, page_size=100000
            )
        cr.execute(
            SQL(
                """
                DELETE FROM recouvrement_limitation x
                 WHERE x.company_id = %s AND %s
                   AND NOT EXISTS (SELECT 1 FROM limitation_near n
                                    WHERE n.move_line_id = x.move_line_id)
                """,
                company.id,
                SQL("TRUE")
                if dossiers is None
                else SQL("x.dossier_id IN %s", tuple(dossiers.ids) or (0,)),
            )
        )
        cr.execute(
            """
            INSERT INTO recouvrement_limitation AS x
                (move_line_id, company_id, dossier_id, last_day, told_months)
            SELECT move_line_id, company_id, dossier_id, last_day, 0
              FROM limitation_near ORDER BY move_line_id
            ON CONFLICT (move_line_id) DO UPDATE
               SET last_day = EXCLUDED.last_day, dossier_id = EXCLUDED.dossier_id,
                   company_id = EXCLUDED.company_id,
                   told_months = CASE WHEN x.last_day = EXCLUDED.last_day
                                      THEN x.told_months ELSE 0 END,
                   activity_id = CASE WHEN x.last_day = EXCLUDED.last_day
                                      THEN x.activity_id END
             WHERE (x.last_day, x.dossier_id, x.company_id) IS DISTINCT FROM
                   (EXCLUDED.last_day, EXCLUDED.dossier_id, EXCLUDED.company_id)
            """
        )

    @api.model
    def _hold_sql(self):
        """Prescribed items for the one query: see ``_item_hold_sources``."""
        return SQL(
            """
            SELECT x.move_line_id, 'prescribed' AS reason, NULL::date AS until,
                   x.last_day::text AS detail
              FROM recouvrement_limitation x
              JOIN company c ON c.id = x.company_id
             WHERE x.last_day < c.day
            """
        )
