# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Figures about payments, in plain Python: no ORM, no database."""
