# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rows of the worklist kept ready, of the customers to whom nothing happened since."""

import hashlib
import inspect
import json
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..legal import terms
from . import situation_term
from .situation_query import SituationQuery
from .worklist_touch import (
    LOG,
    WATCHED,
    drop_triggers,
    set_triggers,
)

READY = "recouvrement_worklist_ready"
HEADER = "recouvrement_worklist_header"
# Customers that a reading classifies itself, and touches that a refresh takes one by
# one: beyond, the whole ledger costs no more.
FEW_TOUCHED = 200
MANY_TOUCHES = 5_000
# The header of no company: who updates it is the only one to write ready rows.
LOCK = 0

# What ``_select`` gives, and nothing else.
_TYPES = {
    "int": "id dossier_id company_id partner_id collector_id salesperson_id scenario_id"
    " currency_id item_count days_late level_id next_level_id head_item_id"
    " work_level_id priority",
    "numeric": "amount_open amount_late amount_credit amount_residual late_amount"
    " credit_amount asked",
    "date": "last_date next_date date_due until again_on decide_on",
    "text": "situation reason detail action failure again_channel resting"
    " decide_reason",
}
COLUMNS = {name: kind for kind, names in _TYPES.items() for name in names.split()}
NAMES = SQL(", ").join(SQL.identifier(name) for name in COLUMNS)
# What the law says is asked in Python: its code is a part of the query.
_CODE = inspect.getsource(situation_term) + inspect.getsource(terms)


class Touched(NamedTuple):
    """To whom something happened since the rows were made.

    :ivar int touches: how many were noted, at most one more than ``MANY_TOUCHES``
    :ivar bool everything: something that every row depends on
    :ivar list partners: customers, and contacts that were or will be customers
    :ivar list dossiers: whose ready rows are void
    """

    touches: int
    everything: bool
    partners: list
    dossiers: list


class RecouvrementWorklist(models.Model):
    """The rows of the day, made by the night and kept up to date by a scheduled action.

    A page takes them as they are, save those of the customers to whom something
    happened since (``worklist_touch``): these it classifies itself. Reading writes
    nothing. Where anything else moved (the day, what the company decided, the query
    itself), the page is classified as if there were no ready rows.
    """

    _inherit = "recouvrement.worklist"

    # ------------------------------------------------------------------
    # Tables and triggers
    # ------------------------------------------------------------------
    def init(self):
        self._init_ready()
        return super().init()

    def _init_ready(self):
        columns = SQL(", ").join(
            SQL("%s %s", SQL.identifier(name), SQL(kind))
            for name, kind in COLUMNS.items()
        )
        cr, ready, header = self.env.cr, SQL.identifier(READY), SQL.identifier(HEADER)
        # Rows are made again after each update: what made them may have changed.
        cr.execute(SQL("DROP TABLE IF EXISTS %s, %s", ready, header))
        cr.execute(SQL("CREATE TABLE %s (%s, PRIMARY KEY (id))", ready, columns))
        cr.execute(SQL("CREATE INDEX ON %s (partner_id)", ready))
        cr.execute(
            SQL(
                "CREATE TABLE %s (company_id int PRIMARY KEY, day date,"
                " parameters text, signature text)",
                header,
            )
        )
        cr.execute(SQL("INSERT INTO %s (company_id) VALUES (%s)", header, LOCK))
        cr.execute(
            SQL(
                "CREATE TABLE IF NOT EXISTS %s"
                " (id bigserial, kind text NOT NULL, res_id int)"
                " WITH (autovacuum_vacuum_scale_factor = 0,"
                " autovacuum_vacuum_threshold = 1000)",
                SQL.identifier(LOG),
            )
        )
        # the tables of the add-on at hand may come after this one
        self.pool.post_init(set_triggers, cr, self._ready_watched())

    @api.model
    def _ready_watched(self):
        """What the one query reads, as :class:`Watch` of ``worklist_touch``.

        An add-on whose holds read a table of its own adds it here. Without that, no
        rows are kept ready: every page is classified.
        """
        return list(WATCHED)

    @api.model
    def _drop_ready(self):
        """Leave nothing behind that accounting would go through."""
        drop_triggers(self.env.cr)
        for table in (LOG, READY, HEADER):
            self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(table)))

    # ------------------------------------------------------------------
    # What the rows were made with
    # ------------------------------------------------------------------
    @api.model
    def _ready_queries(self):
        """The query of the rows and that of the terms, of no company on no day."""
        query = self.env["recouvrement.open.item"]._query(
            self.env["res.company"], alike=True
        )
        query._terms = []
        days = {0: None}
        term_items = situation_term.items_sql(days, query.scope, query._is_open())
        return self._select(query), SQL("SELECT true AS found FROM (%s) q", term_items)

    @api.model
    def _ready_signature(self):
        """Changes with whatever the query is made of: accounts, sources of holds …"""
        parts = [(query.code, query.params) for query in self._ready_queries()]
        return hashlib.sha256(repr((parts, _CODE, COLUMNS)).encode()).hexdigest()

    @api.model
    def _ready_agreeing(self, parameters):
        """Companies whose ready rows were made with what holds now.

        :param list parameters: see ``res.company._recouvrement_parameters``
        :rtype: set[int]
        """
        cr = self.env.cr
        cr.execute(SQL("SELECT * FROM %s", SQL.identifier(HEADER)))
        made = {company: rest for company, *rest in cr.fetchall()}
        if len(made) < 2:  # nothing is ready: the signature is not worth its price
            return set()
        signature = self._ready_signature()
        return {
            row["company_id"]
            for row in parameters
            if made.get(row["company_id"]) == [row["day"], words_of(row), signature]
        }

    # ------------------------------------------------------------------
    # Who was touched
    # ------------------------------------------------------------------
    @api.model
    def _ready_touched(self):
        """Customers to whom something happened, as this transaction sees it.

        What was noted of a contact concerns the customer that it belongs to now;
        leaving a customer touches both. The arrays keep PostgreSQL to the indexes.

        :rtype: Touched
        """
        self.env.cr.execute(
            SQL(
                """
                WITH noted AS MATERIALIZED (
                    SELECT kind, res_id FROM %(log)s LIMIT %(most)s),
                touch AS MATERIALIZED (SELECT DISTINCT kind, res_id FROM noted),
                dossier AS MATERIALIZED (
                    SELECT res_id AS id FROM touch WHERE kind = 'dossier'
                     UNION
                    SELECT r.dossier_id FROM recouvrement_relance r
                     WHERE r.id = ANY(ARRAY(
                        SELECT res_id FROM touch WHERE kind = 'relance'))),
                found AS MATERIALIZED (
                    SELECT res_id AS id FROM touch WHERE kind = 'partner'
                     UNION
                    SELECT l.partner_id FROM account_move_line l
                     WHERE l.move_id = ANY(ARRAY(
                        SELECT res_id FROM touch WHERE kind = 'move'))
                       AND l.partner_id IS NOT NULL
                     UNION
                    SELECT d.partner_id FROM recouvrement_dossier d
                     WHERE d.id = ANY(ARRAY(SELECT id FROM dossier))
                     UNION
                    SELECT y.partner_id FROM %(ready)s y
                     WHERE y.id = ANY(ARRAY(SELECT id FROM dossier))),
                belonging AS MATERIALIZED (
                    SELECT id FROM found
                     UNION
                    SELECT p.commercial_partner_id FROM res_partner p
                     WHERE p.id = ANY(ARRAY(SELECT id FROM found))
                     UNION
                    SELECT d.partner_id FROM recouvrement_dossier d
                     WHERE d.contact_id = ANY(ARRAY(SELECT id FROM found))),
                customer AS MATERIALIZED (
                    SELECT id FROM belonging
                     UNION
                    SELECT p.id FROM res_partner p
                     WHERE p.commercial_partner_id = ANY(ARRAY(
                        SELECT id FROM belonging)))
                SELECT (SELECT count(*) FROM noted),
                       EXISTS (SELECT FROM touch WHERE kind = 'all'),
                       ARRAY(SELECT DISTINCT d.partner_id FROM recouvrement_dossier d
                              WHERE d.partner_id = ANY(ARRAY(SELECT id FROM customer))),
                       ARRAY(SELECT y.id FROM %(ready)s y
                              WHERE y.partner_id = ANY(ARRAY(SELECT id FROM customer))
                                 OR y.id = ANY(ARRAY(SELECT id FROM dossier)))
                """,
                log=SQL.identifier(LOG),
                ready=SQL.identifier(READY),
                most=MANY_TOUCHES + 1,
            )
        )
        return Touched(*self.env.cr.fetchone())

    @api.model
    def _ready_live(self, parameters, partners):
        """The live query, of some customers only."""
        ids = tuple(partners) or (0,)
        query = SituationQuery(
            self.env,
            parameters,
            SQL("d.partner_id IN %s", ids),
            alike=True,
            among=SQL(
                "l.partner_id = ANY(ARRAY(SELECT q.id FROM res_partner q"
                " WHERE q.commercial_partner_id IN %s))",
                ids,
            ),
        )
        return self._select(query)

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------
    @api.model
    def _ready_query(self):
        """The rows of a page from the ready ones, or None if they are of no use.

        :return: SQL, and whether it classifies customers
        :rtype: tuple
        """
        companies = self.env.companies
        parameters = companies._recouvrement_parameters()
        if self._ready_agreeing(parameters) != set(companies.ids):
            return None, True
        touched = self._ready_touched()
        if (
            touched.everything
            or touched.touches > MANY_TOUCHES
            or len(touched.partners) > FEW_TOUCHED
        ):
            return None, True
        ready = SQL(
            "SELECT %s FROM %s WHERE company_id IN %s",
            NAMES,
            SQL.identifier(READY),
            tuple(companies.ids),
        )
        if touched.dossiers:
            ready = SQL("%s AND id <> ALL(%s)", ready, touched.dossiers)
        if not touched.partners:
            return ready, False
        live = self._ready_live(parameters, touched.partners)
        return SQL("%s UNION ALL SELECT %s FROM (%s) q", ready, NAMES, live), True


def words_of(parameters):
    """What a company decided, as one text."""
    return json.dumps(parameters, default=str, sort_keys=True)
