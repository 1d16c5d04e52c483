# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fixed and complementary indemnity."""

import doctest
from datetime import date, timedelta

from odoo.tests import BaseCase, tagged

from ..legal import indemnity
from ..legal.errors import BadAmount, BadSetting, DateOutOfRange
from ..legal.indemnity import (
    PER_INSTALMENT,
    Instalment,
    complementary_indemnity,
    fixed_indemnity,
    indemnity_due,
)

DUE = date(2026, 5, 31)
DAY = date(2026, 11, 21)


@tagged("post_install", "-at_install")
class TestIndemnity(BaseCase):
    def fixed(self, *instalments, kind="company", until=DAY, **values):
        instalments = [Instalment(*one) for one in instalments]
        return fixed_indemnity(kind, instalments, until, **values)

    def test_once_per_invoice(self):
        self.assertEqual(self.fixed((DUE,)), 4000)
        invoices = [(DUE,), (date(2026, 6, 30),), (date(2026, 7, 31),)]
        self.assertEqual(sum(self.fixed(one) for one in invoices), 12000)

    def test_instalments(self):
        three = [(DUE,), (date(2026, 6, 30),), (date(2026, 12, 31),)]
        self.assertEqual(self.fixed(*three), 4000)
        self.assertEqual(self.fixed(*three, per=PER_INSTALMENT), 8000)
        with self.assertRaises(BadSetting):
            self.fixed(*three, per="reminder")

    def test_from_the_first_day_late(self):
        self.assertEqual(self.fixed((DUE,), until=DUE), 0)
        self.assertEqual(self.fixed((DUE,), until=DUE + timedelta(days=1)), 4000)
        self.assertEqual(self.fixed((DUE, DUE)), 0)
        self.assertEqual(self.fixed((DUE, date(2026, 6, 1))), 4000)
        self.assertEqual(self.fixed((DUE, date(2026, 1, 1))), 0)
        late = (DUE, date(2026, 6, 1))
        self.assertEqual(self.fixed(late, until=DUE), 0, "not known yet")

    def test_kinds(self):
        self.assertEqual(self.fixed((DUE,), kind="public"), 4000)
        self.assertEqual(self.fixed((DUE,), kind="consumer"), 0)
        with self.assertRaises(BadSetting):
            self.fixed((DUE,), kind="friend")

    def test_insolvency(self):
        judgment = date(2026, 7, 15)
        for due, expected in [
            (DUE, 4000),
            (date(2026, 7, 14), 4000),
            (date(2026, 7, 15), 0),
            (date(2026, 7, 20), 0),
        ]:
            self.assertEqual(self.fixed((due,), judgment=judgment), expected, due)
        both = [(date(2026, 7, 20),), (DUE,)]
        self.assertEqual(self.fixed(*both, judgment=judgment), 4000)

    def test_since_2013(self):
        self.assertEqual(self.fixed((date(2012, 12, 31),)), 0)
        self.assertEqual(self.fixed((date(2013, 1, 1),)), 4000)
        self.assertEqual(indemnity_due("public", date(2013, 3, 15)), 0)
        self.assertEqual(indemnity_due("public", date(2013, 3, 16)), 4000)

    def test_complementary(self):
        self.assertEqual(complementary_indemnity(31000, 4000), 27000)
        self.assertEqual(complementary_indemnity(4000, 4000), 0)
        self.assertEqual(complementary_indemnity(3999, 4000), 0)
        self.assertEqual(complementary_indemnity(31000, 0), 0, "a consumer")
        for costs, fixed in ((-1, 4000), (310.0, 4000), (1, -1)):
            with self.assertRaises(BadAmount):
                complementary_indemnity(costs, fixed)

    def test_far_dates(self):
        for one in [(date(1926, 1, 1),), (DUE, date(2126, 1, 1))]:
            with self.assertRaises(DateOutOfRange):
                self.fixed(one)

    def test_documented_examples(self):
        self.assertFalse(doctest.testmod(indemnity).failed)
