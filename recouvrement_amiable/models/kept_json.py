# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields


class KeptJson(fields.Json):
    """A Json that is replaced as a whole, never changed in place.

    Odoo copies the value of a Json on each reading, to the last figure. A message
    reads its figures many times for each of its items.
    """

    def convert_to_record(self, value, record):
        """The value itself: who reads it leaves it as it is."""
        return False if value is None else value
