# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Makes the ready rows of the worklist: see ``worklist_ready``."""

import logging

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from .progress import commit_progress, roll_back
from .situation_query import SituationQuery
from .worklist_ready import (
    COLUMNS,
    HEADER,
    LOCK,
    MANY_TOUCHES,
    NAMES,
    READY,
    words_of,
)
from .worklist_touch import LOG, missing_triggers, watched_columns

_logger = logging.getLogger(__name__)


class RecouvrementWorklist(models.Model):
    """Ready rows are made whole once a day, then customer by customer."""

    _inherit = "recouvrement.worklist"

    @api.model
    def _cron_ready(self):
        """Keep the rows of all companies ready; harmless when killed, or run twice."""
        try:
            self._refresh_ready()
            commit_progress(self.env)
            for company in self.env["res.company"].search([("active", "=", True)]):
                self._make_ready(company)
                commit_progress(self.env)
        except (
            psycopg2.errors.SerializationFailure,
            psycopg2.errors.DeadlockDetected,
        ):
            # another worker was faster, or somebody changed the same: next time
            roll_back(self.env)

    @api.model
    def _wake_ready(self):
        """Have the rows made as soon as a worker is free."""
        cron = self.env.ref("recouvrement_amiable.ir_cron_ready", False)
        if cron:
            cron.sudo()._trigger()

    @api.model
    def _lock_ready(self):
        """Whether this transaction alone writes ready rows.

        Its update makes a worker fail that looked at the ledger before another one
        wrote rows from a later look: it would write older rows, and nothing would tell.
        """
        cr, header = self.env.cr, SQL.identifier(HEADER)
        cr.execute(
            SQL(
                "SELECT FROM %s WHERE company_id = %s FOR UPDATE SKIP LOCKED",
                header,
                LOCK,
            )
        )
        if not cr.rowcount:
            return False
        cr.execute(
            SQL(
                "UPDATE %s SET signature = txid_current()::text WHERE company_id = %s",
                header,
                LOCK,
            )
        )
        return True

    @api.model
    def _refresh_ready(self):
        """Bring the rows of the touched customers up to date and empty the log.

        Only touches that this transaction sees go. What is not brought up to date
        with them is declared void: a header could agree again later in the day.
        """
        self._prepare_read()
        if not self._lock_ready():
            return
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        parameters = companies._recouvrement_parameters()
        agreeing = self._ready_agreeing(parameters)
        touched = self._ready_touched()
        if touched.everything or touched.touches > MANY_TOUCHES:
            agreeing = set()
        cr = self.env.cr
        cr.execute(
            SQL(
                "DELETE FROM %s WHERE company_id NOT IN %s",
                SQL.identifier(HEADER),
                (LOCK, *agreeing),
            )
        )
        if not touched.touches:
            return
        cr.execute(SQL("DELETE FROM %s", SQL.identifier(LOG)))
        if not agreeing:
            return
        cr.execute(
            SQL(
                "DELETE FROM %s WHERE id = ANY(%s)",
                SQL.identifier(READY),
                touched.dossiers,
            )
        )
        if touched.partners:
            rows = [row for row in parameters if row["company_id"] in agreeing]
            self._insert_ready(self._ready_live(rows, touched.partners))

    @api.model
    def _make_ready(self, company):
        """Make the rows of a company anew, unless they were made with what holds."""
        self._prepare_read()
        [parameters] = company.sudo()._recouvrement_parameters()
        if self._ready_agreeing([parameters]) or not self._may_be_ready():
            return
        if not self._lock_ready():
            return
        self._prepare_read(whole=True)
        query = SituationQuery(self.env, [parameters], whole=True, alike=True)
        cr, header = self.env.cr, SQL.identifier(HEADER)
        for table in (SQL.identifier(READY), header):
            cr.execute(SQL("DELETE FROM %s WHERE company_id = %s", table, company.id))
        self._insert_ready(self._select(query))
        cr.execute(
            SQL(
                "INSERT INTO %s (company_id, day, parameters, signature)"
                " VALUES (%s, %s, %s, %s)",
                header,
                company.id,
                parameters["day"],
                words_of(parameters),
                self._ready_signature(),
            )
        )

    @api.model
    def _insert_ready(self, query):
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM (%s) q",
                SQL.identifier(READY),
                NAMES,
                NAMES,
                query,
            )
        )

    # ------------------------------------------------------------------
    # Whether all that the query reads is watched
    # ------------------------------------------------------------------
    @api.model
    def _may_be_ready(self):
        """Whether nothing escapes the triggers; the log names what does."""
        unseen = self._ready_unseen()
        if unseen:
            _logger.warning(
                "The worklist is not kept ready: it reads %s, which "
                "recouvrement.worklist._ready_watched does not name",
                ", ".join(sorted(unseen)),
            )
        return not unseen

    @api.model
    def _ready_unseen(self):
        """What the rows depend on and nobody watches, as PostgreSQL itself knows it.

        A view of the query is made for a moment: its columns are those of the rows,
        its dependencies the tables, columns and functions that it reads.

        :rtype: set[str]
        """
        cr = self.env.cr
        watched = self._ready_watched()
        columns = watched_columns(watched)
        unseen = missing_triggers(cr, watched)
        for number, query in enumerate(self._ready_queries()):
            view = SQL.identifier(f"recouvrement_worklist_view_{number}")
            cr.execute(SQL("CREATE TEMP VIEW %s AS (%s)", view, query))
            read, given = self._view_reads(f"recouvrement_worklist_view_{number}")
            cr.execute(SQL("DROP VIEW %s", view))
            unseen |= {
                f"{table}.{column}"
                for table, column in read
                if column not in columns.get(table, ())
            }
            if not number:
                unseen |= set(given) ^ set(COLUMNS)
        return unseen

    @api.model
    def _view_reads(self, view):
        """What a view reads, and the names of its columns.

        :return: ``[(table, column)]``, ``*`` where only the number of rows counts; what
            is not PostgreSQL's own and computes something as ``(name, '()')``
        """
        read = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT COALESCE(c.relname, p.proname, o.oprname),
                       CASE WHEN c.oid IS NULL THEN '()'
                            ELSE COALESCE(a.attname, '*') END
                  FROM pg_depend x
                  JOIN pg_rewrite w ON w.oid = x.objid
                   AND x.classid = 'pg_rewrite'::regclass
                   AND w.ev_class = %(view)s::regclass
             LEFT JOIN pg_class c ON c.oid = x.refobjid
                   AND x.refclassid = 'pg_class'::regclass
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid
                   AND a.attnum = x.refobjsubid AND x.refobjsubid > 0
             LEFT JOIN pg_proc p ON p.oid = x.refobjid
                   AND x.refclassid = 'pg_proc'::regclass
             LEFT JOIN pg_operator o ON o.oid = x.refobjid
                   AND x.refclassid = 'pg_operator'::regclass
                 WHERE x.refobjid <> w.ev_class
                   AND COALESCE(c.oid, p.oid, o.oid) IS NOT NULL
                """,
                view=f"pg_temp.{view}",
            )
        )
        given = self.env.execute_query(
            SQL(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0",
                f"pg_temp.{view}",
            )
        )
        return read, [row[0] for row in given]
