# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields


class SoftMany2one(fields.Many2one):
    """A many2one without a foreign key, for rows written by the 100,000.

    PostgreSQL checks a foreign key row by row (about 1 s per key and 100,000
    rows here) and locks the row pointed at, core documents included. The model
    that is pointed at guards the link instead: see the ``ondelete`` hooks of
    ``account.move.line``, ``recouvrement.level`` and ``recouvrement.relance``.
    """

    def update_db_foreign_key(self, model, column):
        """No foreign key."""
