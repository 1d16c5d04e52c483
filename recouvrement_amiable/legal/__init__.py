# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rules of law and calendar, in plain Python: no ORM, no database."""
