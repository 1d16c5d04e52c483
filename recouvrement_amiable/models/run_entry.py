# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import fields, models
from odoo.tools import SQL

from .recouvrement_delivery import LEFT_STATES
from .relance_rehearsal import RehearsalPlan


class EntryPlan(RehearsalPlan):
    """What is already late gets its level; far below the numbers of a rehearsal."""

    _number = SQL("-1000000000 - row_number() OVER (ORDER BY dossier_id)")


class RecouvrementRun(models.Model):
    """A dry run before the company is live: as it will be once it is.

    What happens to the items already late is chosen when it goes live. The dry run
    goes live with that choice behind a savepoint, reads what the run then does, and
    takes everything back.
    """

    _inherit = "recouvrement.run"

    entry_mode = fields.Selection(
        lambda self: self.env["res.company"]
        ._fields["recouvrement_entry_mode"]
        ._description_selection(self.env),
        string="Items Already Late",
        readonly=True,
        help="Choice that a dry run before going live supposes.",
    )
    ignore_before = fields.Date(string="Leave Out Items Due Before", readonly=True)

    @contextmanager
    def _as_live(self, ids):
        """As if the company had gone live, for as long as the block lasts.

        :param ids: of dossiers
        """
        self.ensure_one()
        if not self.entry_mode:
            yield
            return
        with self.env.cr.savepoint() as trial:
            try:
                self._go_live_with(ids)
                yield
            finally:
                trial.rollback()
        self.env.invalidate_all()

    def _go_live_with(self, ids):
        """What the checklist does in the end, for these dossiers."""
        company = self.company_id.sudo()
        day = min(self.date, company._recouvrement_today())
        self._forget_tests_of(ids)
        company.write(
            {
                "recouvrement_live_date": day,
                "recouvrement_entry_mode": self.entry_mode,
                "recouvrement_ignore_before": self.ignore_before,
            }
        )
        if self.entry_mode == "age":
            plan = EntryPlan(self.env, company, day)
            plan.classify(ids)
            plan.enter()

    def _forget_tests_of(self, ids):
        """What only the test address got never counts, in one statement a table."""
        self.env.flush_all()
        tests = SQL(
            """
            SELECT r.id FROM recouvrement_relance r
             WHERE r.dossier_id IN %s
               AND r.state IN ('to_approve', 'approved', 'done', 'cancelled')
               AND (r.is_test OR EXISTS (
                     SELECT 1 FROM recouvrement_delivery d
                      WHERE d.relance_id = r.id AND d.is_test))
               AND NOT EXISTS (
                     SELECT 1 FROM recouvrement_delivery d
                      WHERE d.relance_id = r.id AND d.state IN %s
                        AND d.is_test IS NOT TRUE)
            """,
            tuple(ids),
            LEFT_STATES,
        )
        for table, key, values in (
            ("recouvrement_delivery", "relance_id", SQL("state = 'cancelled'")),
            ("recouvrement_relance_line", "relance_id", SQL("cancelled = true")),
            ("recouvrement_relance", "id", SQL("state = 'cancelled'")),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE %s IN (%s)",
                    SQL.identifier(table),
                    values,
                    SQL.identifier(key),
                    tests,
                )
            )
        self.env.invalidate_all()

    def _kept_lines(self, ids):
        """The lines of these dossiers, to be put back: see ``_put_back``."""
        [[kept]] = self.env.execute_query(
            SQL(
                "SELECT jsonb_agg(to_jsonb(l))::text FROM recouvrement_run_line l"
                " WHERE l.run_id = %s AND l.dossier_id IN %s",
                self.id,
                tuple(ids),
            )
        )
        return kept

    def _put_back(self, kept):
        """The report alone is left of what was tried."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO recouvrement_run_line"
                " SELECT * FROM jsonb_populate_recordset("
                "NULL::recouvrement_run_line, %s::jsonb)",
                kept or "[]",
            )
        )
