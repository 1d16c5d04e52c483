# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A plan that is carried out to the letter, read, and taken back.

What a dry run says is what the run would do, because the run's own statements say
it: relances, lines, deliveries and charges are made behind a savepoint, and none of
them is left.
"""

from contextlib import contextmanager

from odoo.tools import SQL

from .relance_plan import RelancePlan


class RehearsalPlan(RelancePlan):
    """A plan whose relances are gone once they are read.

    :ivar asked: ``[(dossier id, amount asked for)]`` of the last rehearsal
    """

    asked = ()
    # Below zero: the next real relance gets the number that is next.
    _number = SQL("-row_number() OVER (ORDER BY dossier_id)")

    def insert(self, origin="run", approved=None):
        """Keep what each relance would ask for, and nothing else of it."""
        with self.made(origin, approved) as ids:
            self.asked = self._read_asked(ids)
        return []

    @contextmanager
    def made(self, origin="run", approved=None):
        """The ids of the relances, for as long as they are there."""
        with self.env.cr.savepoint() as trial:
            try:
                yield super().insert(origin, approved)
            finally:
                trial.rollback()
        self.env.invalidate_all()
        self.without_relances()

    @contextmanager
    def made_for(self, dossier_ids):
        """The same, of the relances that these dossiers call for."""
        self.classify(dossier_ids)
        with self.made() as ids:
            yield ids

    def write_run_lines(self):
        written = super().write_run_lines()
        if self.asked:
            self.env.cr.execute_values(
                """
                UPDATE recouvrement_run_line l SET amount_asked = v.amount
                  FROM (VALUES %s) v (run_id, dossier_id, amount)
                 WHERE l.run_id = v.run_id AND l.dossier_id = v.dossier_id
                """,
                [(self.run.id, *row) for row in self.asked],
                page_size=len(self.asked),
            )
        return written

    def _read_asked(self, ids):
        if not ids:
            return []
        return self.env.execute_query(
            SQL(
                "SELECT dossier_id, amount_claimed FROM recouvrement_relance"
                " WHERE id IN %s",
                tuple(ids),
            )
        )
