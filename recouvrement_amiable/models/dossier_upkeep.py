# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .debtor_kind import kind_sql, reason_sql
from .recouvrement_relance import OPEN_STATES


class RecouvrementDossier(models.Model):
    """Set-based upkeep of the dossiers, by the run or on first need."""

    _inherit = "recouvrement.dossier"

    @api.model
    def _refresh(self, companies, day=None, partners=None):
        """Open the missing dossiers of some companies, propose kinds and scenarios.

        A handful of statements whatever the number of customers.

        :param companies: res.company
        :param partners: only these customers (commercial partners)
        """
        if not companies:
            return
        days = {c.id: day or c._recouvrement_today() for c in companies}
        self._gather_accounts(companies, partners)
        self._propose_kinds(
            SQL(
                "(d.company_id, d.partner_id) IN"
                " (SELECT company_id, partner_id FROM open_account)"
            )
        )
        self._choose_scenarios(days)
        self._open_missing(days)

    @api.model
    def _gather_accounts(self, companies, partners=None):
        """Customers with something open, their balance and oldest open invoice.

        In ``open_account``, for all that needs it in this transaction.
        """
        item = self.env["recouvrement.open.item"]
        item._prepare_read(whole=partners is None)
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.open_account")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMP TABLE open_account ON COMMIT DROP AS
                SELECT l.company_id, q.commercial_partner_id AS partner_id,
                       sum(l.amount_residual) AS balance,
                       min(l.invoice_date) FILTER (WHERE l.balance > 0)
                           AS first_open
                  FROM account_move_line l
                  JOIN res_partner q ON q.id = l.partner_id
                 WHERE l.account_id IN %(accounts)s
                   AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
                   AND l.company_id IN %(companies)s AND %(scope)s
              GROUP BY l.company_id, q.commercial_partner_id
                """,
                accounts=item._receivable_ids(),
                companies=tuple(companies.ids),
                scope=SQL("q.commercial_partner_id IN %s", tuple(partners.ids))
                if partners
                else SQL("TRUE"),
            )
        )
        self.env.cr.execute("ANALYZE open_account")

    @api.model
    def _open_missing(self, days):
        """One dossier for each customer with an open item and none yet.

        With its scenario: one that is added right after costs as much again.
        """
        choice = self.env["recouvrement.scenario"]._choice_sql(
            days,
            SQL(
                "(SELECT y.*, NULL::varchar AS risk_class,"
                " NULL::int AS scenario_choice_id FROM missing y)"
            ),
        )
        self._open_for(SQL("SELECT company_id, partner_id FROM open_account"), choice)

    @api.model
    def _open_for(self, customers, choice=None):
        """One dossier for each of these customers that has none.

        :param SQL customers: SELECT of ``(company_id, partner_id)``
        :param SQL choice: SELECT of ``(dossier_id, scenario_id)`` for those of the
            CTE ``missing``; without it the next refresh chooses their scenario
        """
        self._flush_kinds()
        self.env.cr.execute(
            SQL(
                """
                WITH missing AS MATERIALIZED (
                  SELECT nextval('recouvrement_dossier_id_seq')::int AS id,
                         n.company_id, n.partner_id, %(kind)s AS kind, n.reason
                    FROM (
                      SELECT x.company_id, x.partner_id, %(reason)s AS reason
                        FROM (%(customers)s) x
                        JOIN res_partner p ON p.id = x.partner_id
                       WHERE NOT EXISTS (
                          SELECT 1 FROM recouvrement_dossier d
                           WHERE d.company_id = x.company_id
                             AND d.partner_id = x.partner_id)
                    ORDER BY x.company_id, x.partner_id) n)
                INSERT INTO recouvrement_dossier
                    (id, company_id, partner_id, kind, kind_reason, public_buyer,
                     scenario_auto_id, create_uid, write_uid, create_date, write_date)
                SELECT n.id, n.company_id, n.partner_id, n.kind, n.reason, 'authority',
                       c.scenario_id, %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM missing n
             LEFT JOIN (%(choice)s) c ON c.dossier_id = n.id
              ORDER BY n.id
                ON CONFLICT (company_id, partner_id) DO NOTHING
                """,
                kind=kind_sql(SQL("n.reason")),
                reason=reason_sql(self.env, SQL("x.company_id")),
                customers=customers,
                choice=choice
                or SQL("SELECT NULL::int AS dossier_id, NULL::int AS scenario_id"),
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        self.invalidate_model()

    @api.model
    def _choose_scenarios(self, days):
        """Write the scenario of the segment on the dossiers where it changed."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE recouvrement_dossier d SET scenario_auto_id = x.scenario_id
                  FROM (%s) x
                 WHERE d.id = x.dossier_id
                   AND d.scenario_auto_id IS DISTINCT FROM x.scenario_id
                """,
                self.env["recouvrement.scenario"]._choice_sql(days),
            )
        )
        self.invalidate_model(["scenario_auto_id", "scenario_id"])

    @api.model
    def _stamp(self, ids, day):
        """Write on the dossiers that are planned.

        Two plans of the same dossiers at once then end in a serialization failure
        for the slower one, which looks again and sees the other's relances; a lock
        alone would let it go on with what it saw before.
        """
        self.env.cr.execute(
            "UPDATE recouvrement_dossier SET planned_on = %s WHERE id = ANY(%s)",
            [day, list(ids)],
        )

    @api.model
    def _for_partners(self, partners, companies):
        """Dossiers of some customers, opened if they have none yet."""
        commercial = partners.commercial_partner_id
        domain = [
            ("partner_id", "in", commercial.ids),
            ("company_id", "in", companies.ids),
        ]
        known = self.search(domain)
        missing = commercial - known.partner_id
        if missing or len(companies) > 1:
            self.sudo()._refresh(companies, partners=commercial)
            known = self.search(domain)
        return known

    @api.model
    def _of_customers(self, customers, missing="open"):
        """Dossiers of some customers, in a fixed number of statements.

        :param customers: ``(company_id, commercial partner id)`` pairs
        :param missing: "open" a dossier for who has none, or only "imagine" one:
            looking at a customer writes nothing
        :rtype: dict[tuple, recouvrement.dossier]
        """
        if not customers:
            return {}
        companies, partners = (set(ids) for ids in zip(*customers, strict=True))
        if missing == "open":
            self.flush_model(["company_id", "partner_id"])
            rows = SQL(", ").join(SQL("(%s::int, %s::int)", *c) for c in customers)
            self._open_for(
                SQL("SELECT * FROM (VALUES %s) v (company_id, partner_id)", rows)
            )
        known = self.search(
            [("company_id", "in", companies), ("partner_id", "in", partners)]
        )
        found = {(d.company_id.id, d.partner_id.id): d for d in known}
        return {
            customer: found.get(customer)
            or self.new({"company_id": customer[0], "partner_id": customer[1]})
            for customer in customers
        }

    def _join(self, others, customer=None):
        """Take over other dossiers, and show the limit that is in force then.

        :param customer: who the customer is about to become, if another one
        """
        if others:
            self._absorb(others)
        limit = self.limit_ids.filtered(lambda limit: limit.state == "approved")
        if limit:
            limit._set_core_limit(limit.amount, customer)

    def _absorb(self, others):
        """Take over the history of other dossiers of the same company, then drop them.

        Called when two customers are merged; a run keeps one line per customer.
        """
        self.ensure_one()
        self._take_decisions(others)
        self._write_once(others)
        self.env.flush_all()
        values = {
            "kept": self.id,
            "others": tuple(others.ids),
            "all": tuple((self | others).ids),
            "model": self._name,
        }
        for statement in _ABSORB:
            self.env.cr.execute(statement, values)
        self.env.invalidate_all()
        others.unlink()

    def _write_once(self, others):
        """What has not left yet would reach the same person twice: one stays."""
        pending = (self.relance_ids | others.relance_ids).filtered(
            lambda relance: relance.state in OPEN_STATES
            and not any(relance.delivery_ids.mapped("has_left"))
        )
        kept = pending.filtered(lambda relance: relance.dossier_id == self)[:1]
        (pending - (kept or pending[:1]))._cancel(
            self.env._(
                "Customers merged: the next run writes once about all their invoices"
            )
        )

    def _take_strictest(self, others):
        for field, together in STRICT:
            found = others.filtered(field)[:1]
            if found and not self[field]:
                self.write({name: found[name] for name in together})

    def _take_limit(self, others):
        """One limit stays in force: no credit, else this one's, else the latest."""
        approved = (self | others).limit_ids.filtered(lambda x: x.state == "approved")
        own = approved.filtered(lambda limit: limit.dossier_id == self)
        latest = approved.sorted("id", reverse=True)
        kept = (latest.filtered(lambda limit: not limit.amount) or own or latest)[:1]
        (approved - kept).write({"state": "replaced"})
        if kept and kept != own:
            self.write(kept._terms())

    def _take_decisions(self, others):
        """The latest pause, and the choices made by hand where there are none."""
        paused = (self | others).filtered("pause_until").sorted("pause_until")[-1:]
        if paused and paused != self:
            self.write(
                {
                    "pause_until": paused.pause_until,
                    "pause_reason": paused.pause_reason,
                    "pause_kind": paused.pause_kind,
                }
            )
        self._take_strictest(others)
        self._take_limit(others)
        for field in ("scenario_choice_id", "collector_id", "note"):
            if not self[field]:
                self[field] = others.filtered(field)[:1][field]
        decided = others.filtered("decide_on").sorted("decide_on")[-1:]
        if decided and not self.decide_on:
            self.write(
                {
                    "decide_on": decided.decide_on,
                    "decide_reason": decided.decide_reason,
                }
            )


# What a person decided on one of two merged customers, and what stops it, holds for
# the one that is left.
STRICT = (
    (
        "kind_confirmed",
        ("kind", "kind_confirmed", "kind_since", "kind_before", "public_buyer"),
    ),
    ("insolvency", ("insolvency", "insolvency_date")),
    ("is_stopped", ("is_stopped", "stop_reason")),
    ("sector", ("sector",)),
    ("late_rate", ("late_rate",)),
    ("notice_clause", ("notice_clause",)),
    (
        "class_choice",
        (
            "class_choice",
            "class_choice_reason",
            "class_choice_until",
            "class_choice_user_id",
        ),
    ),
)

# A run line or a relance of the same run cannot stand twice for one dossier.
_ABSORB = (
    "UPDATE recouvrement_charge SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "DELETE FROM recouvrement_run_line WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_relance SET run_id = NULL WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_relance SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_limit SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_release SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_score s SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s AND NOT EXISTS (SELECT 1 FROM recouvrement_score k"
    " WHERE k.dossier_id IN %(all)s AND k.date = s.date AND k.id <> s.id)",
    "UPDATE recouvrement_exclusion SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_dossier k SET contact_id = ("
    "SELECT min(o.contact_id) FROM recouvrement_dossier o WHERE o.id IN %(others)s)"
    " WHERE k.id = %(kept)s AND k.contact_id IS NULL",
    "UPDATE recouvrement_delivery SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_guarantee g"
    " SET dossier_id = d.id, partner_id = d.partner_id"
    " FROM recouvrement_dossier d"
    " WHERE d.id = %(kept)s AND g.dossier_id IN %(others)s",
    "UPDATE recouvrement_legal_event SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "UPDATE recouvrement_limitation SET dossier_id = %(kept)s"
    " WHERE dossier_id IN %(others)s",
    "UPDATE mail_message SET res_id = %(kept)s"
    " WHERE model = %(model)s AND res_id IN %(others)s",
    "UPDATE mail_activity SET res_id = %(kept)s"
    " WHERE res_model = %(model)s AND res_id IN %(others)s",
    "UPDATE ir_attachment SET res_id = %(kept)s"
    " WHERE res_model = %(model)s AND res_id IN %(others)s",
)
