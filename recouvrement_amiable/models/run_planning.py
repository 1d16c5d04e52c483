# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

import psycopg2

from odoo import fields, models
from odoo.tools import SQL, split_every
from odoo.tools.misc import format_date

from .progress import commit_progress, roll_back
from .relance_plan import RelancePlan
from .relance_rehearsal import RehearsalPlan

_logger = logging.getLogger(__name__)

# Customers planned between two commits.
CHUNK = 2000
MAX_TRIES = 3


class RecouvrementRun(models.Model):
    """How a run plans its customers, chunk by chunk."""

    _inherit = "recouvrement.run"

    def _plan(self):
        """Plan the customers that have no line in this run yet, by chunks."""
        self.ensure_one()
        pending = self._undisturbed(self._prepare)
        for ids in split_every(CHUNK, pending):
            if not self._undisturbed(self._plan_chunk, ids):
                return  # another worker has this run in hand
        self._undisturbed(self._finish)

    def _undisturbed(self, step, *args):
        """A transaction of the run, again if another one got in its way.

        Opening the worklist or working on a customer at the same moment is enough for
        that, and no reason to leave a whole company without its run.
        """
        for attempt in range(1, MAX_TRIES + 1):
            try:
                result = step(*args)
                commit_progress(self.env, len(args[0]) if args and result else 0)
                return result
            except (
                psycopg2.errors.SerializationFailure,
                psycopg2.errors.UniqueViolation,
                psycopg2.errors.DeadlockDetected,
            ):
                roll_back(self.env)
                if attempt == MAX_TRIES:
                    raise
                _logger.info("Run %s: %s tried again", self.id, step.__name__)

    def _prepare(self):
        """Bring up to date what the plan reads.

        :return: ids of the dossiers to plan
        """
        company = self.company_id
        # A dry run looks at another day: it must not choose today's scenarios by it.
        day = None if self.is_dry else self.date
        self.env["recouvrement.dossier"]._refresh(company, day)
        self.env["recouvrement.limitation"]._refresh(company, day)
        pending = self._pending_dossiers()
        if not self.is_dry:
            self._revalidate_pending()
        return pending

    def _finish(self):
        self.write(
            {
                "state": "done",
                "ended_on": fields.Datetime.now(),
                "failure_reason": False,
                "warning": self._warnings(self.company_id, self.date),
            }
        )
        self._forget_failure()

    def _plan_chunk(self, ids):
        """Plan these customers: relances, deliveries and lines at once.

        :param ids: of dossiers
        :return: whether this worker has the run in hand
        """
        if not self.try_lock_for_update():
            return False
        ids = self._still_pending(ids)
        if not ids:
            return True
        if not self.is_dry:  # which only shows: nobody's work waits for it
            self.env["recouvrement.dossier"]._stamp(ids, self.date)
        kind = RehearsalPlan if self.is_dry else RelancePlan
        plan = kind(self.env, self.company_id, self.date, self, self.is_test)
        with self._as_live(ids):
            plan.classify(ids)
            plan.insert()
            plan.write_run_lines()
            kept = self.entry_mode and self._kept_lines(ids)
        if kept:
            self._put_back(kept)
        self._close_empty(ids)
        self.env.invalidate_all()
        return True

    def _pending_dossiers(self):
        """Ids of the dossiers with something open and no line in this run."""
        return self._dossier_ids(
            SQL(
                "d.partner_id IN (SELECT partner_id FROM open_account"
                " WHERE company_id = %s)",
                self.company_id.id,
            )
        )

    def _still_pending(self, ids):
        """Those that still have no line in this run, locked if it writes to them."""
        return self._dossier_ids(SQL("d.id IN %s", tuple(ids)), lock=not self.is_dry)

    def _dossier_ids(self, condition, lock=False):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.id FROM recouvrement_dossier d
                 WHERE d.company_id = %s AND %s
                   AND NOT EXISTS (SELECT 1 FROM recouvrement_run_line x
                                    WHERE x.run_id = %s AND x.dossier_id = d.id)
              ORDER BY d.id %s
                """,
                self.company_id.id,
                condition,
                self.id,
                SQL("FOR NO KEY UPDATE OF d") if lock else SQL(),
            )
        )
        return [row[0] for row in rows]

    def _close_empty(self, ids):
        """A customer who paid between the choice and the plan gets a line too."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO recouvrement_run_line
                    (run_id, company_id, dossier_id, partner_id, situation,
                     amount_late, amount_not_due, amount_credit, late_count, days_late)
                SELECT %(run)s, d.company_id, d.id, d.partner_id, 'not_due',
                       0, 0, 0, 0, 0
                  FROM recouvrement_dossier d
                 WHERE d.id IN %(ids)s
                   AND NOT EXISTS (SELECT 1 FROM recouvrement_run_line x
                                    WHERE x.run_id = %(run)s AND x.dossier_id = d.id)
                """,
                run=self.id,
                ids=tuple(ids),
            )
        )

    def _revalidate_pending(self):
        """What waits for a person follows the ledger each morning.

        Relances to approve, and those with a letter, a call or a failure to deal with.
        """
        self.env["recouvrement.relance"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("to_approve", "approved")),
            ]
        )._revalidate()

    def _warnings(self, company, day):
        """What the reader of the run must know, in one line."""
        warnings = [self._bank_warning(company, day), self._orphan_warning(company)]
        return " ".join(filter(None, warnings)) or False

    def _orphan_warning(self, company):
        """Items without a customer belong to no dossier: say how many."""
        accounts = self.env["recouvrement.open.item"]._receivable_ids()
        count = self.env["account.move.line"].search_count(
            [
                ("company_id", "=", company.id),
                ("account_id", "in", accounts),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual", ">", 0),
                ("partner_id", "=", False),
            ]
        )
        if not count:
            return False
        return self.env._(
            "%s open item(s) have no customer and cannot be dunned: set the customer on"
            " their entries.",
            count,
        )

    def _bank_warning(self, company, day):
        last = company._recouvrement_bank_dates({company.id: day}).get(company.id)
        if not company._recouvrement_bank_is_old(day, last):
            return False
        if last is None:
            return self.env._("No bank entry is known: payments may be missing.")
        return self.env._(
            "The last bank entry is of %s: payments may be missing.",
            format_date(self.env, last),
        )
