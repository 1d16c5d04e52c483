# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Until when a debt can be claimed, and what moved that day."""

import doctest
from datetime import date

from odoo.tests import BaseCase, tagged

from ..legal import prescription, sectors
from ..legal.errors import (
    BadPeriod,
    BadSetting,
    ContractualYears,
    DateOutOfRange,
    NoStart,
    NotInForce,
    UnknownEvent,
    UnknownSector,
)
from ..legal.prescription import Event, limitation

DONE = date(2021, 11, 30)
LAST = date(2026, 11, 30)
JUNE = date(2026, 6, 1)


def last_day(kind, *events, **values):
    return limitation(kind, events=events, **values).last_day


@tagged("post_install", "-at_install")
class TestPeriods(BaseCase):
    def test_company(self):
        found = limitation("company", performed=DONE)
        self.assertEqual((found.last_day, found.years), (LAST, 5))
        self.assertFalse(found.is_prescribed(LAST))
        self.assertTrue(found.is_prescribed(date(2026, 12, 1)))
        self.assertEqual(found.article, "C. com. L110-4")

    def test_consumer(self):
        day = last_day("consumer", performed=date(2024, 11, 21))
        self.assertEqual(day, date(2026, 11, 21))

    def test_sectors(self):
        for kind, sector, done, due, expected in [
            ("company", "transport", date(2025, 12, 1), None, date(2026, 12, 1)),
            ("company", "telecom", None, date(2026, 1, 15), date(2027, 1, 15)),
            ("consumer", "telecom", None, date(2026, 1, 15), date(2027, 1, 15)),
            ("consumer", "energy", DONE, None, date(2023, 11, 30)),
            ("company", "energy", DONE, None, LAST),
            ("consumer", "water", DONE, None, date(2023, 11, 30)),
            ("company", "water", DONE, None, LAST),
            ("consumer", "public_water", DONE, None, date(2025, 11, 30)),
            ("company", "ship_supplies", DONE, None, date(2022, 11, 30)),
            ("consumer", "consumer_credit", None, DONE, date(2023, 11, 30)),
            ("public", "water", DONE, None, date(2025, 12, 31)),
        ]:
            found = last_day(kind, performed=done, due=due, sector=sector)
            self.assertEqual(found, expected, (kind, sector))

    def test_unknown_sector_is_the_shortest(self):
        for kind in ("company", "consumer", "public"):
            found = limitation(kind, performed=DONE, sector="unknown")
            self.assertEqual(found.last_day, date(2022, 11, 30))
            self.assertTrue(found.assumed)

    def test_sector_that_does_not_exist(self):
        for kind, sector in [
            ("company", "banking"),
            ("company", "consumer_credit"),
            ("company", None),
        ]:
            with self.assertRaises(UnknownSector):
                limitation(kind, performed=DONE, sector=sector)

    def test_earlier_of_two_clocks(self):
        due = date(2022, 1, 15)
        found = limitation("company", performed=DONE, due=due)
        self.assertEqual((found.last_day, found.basis), (LAST, "performance"))
        self.assertEqual(found.other_last_day, date(2027, 1, 15))
        early = date(2021, 11, 1)
        found = limitation("company", performed=DONE, due=early)
        self.assertEqual((found.last_day, found.basis), (date(2026, 11, 1), "due"))
        found = limitation("company", due=due)
        self.assertEqual(
            (found.last_day, found.other_last_day), (date(2027, 1, 15), None)
        )

    def test_telecom_counts_from_the_due_date(self):
        days = {"performed": date(2025, 12, 1), "due": date(2026, 1, 15)}
        self.assertEqual(last_day("company", sector="telecom", **days).year, 2027)
        self.assertEqual(last_day("company", sector="transport", **days).year, 2026)

    def test_leap_day(self):
        found = last_day("company", performed=date(2024, 2, 29))
        self.assertEqual(found, date(2029, 2, 28))
        # a Sunday: time limits of procedure run on, prescription does not
        self.assertEqual(last_day("company", performed=date(2022, 2, 28)).weekday(), 6)

    def test_contract(self):
        for years, expected in ((1, 2022), (10, 2031)):
            found = limitation("company", performed=DONE, contract_years=years)
            self.assertEqual(found.last_day, date(expected, 11, 30))
            self.assertEqual(found.article, "C. civ. 2254")
        for kind, years in [
            ("company", 0),
            ("company", 11),
            ("company", 2.5),
            ("consumer", 2),
            ("public", 4),
        ]:
            with self.assertRaises(ContractualYears):
                limitation(kind, performed=DONE, contract_years=years)

    def test_before_the_reform(self):
        with self.assertRaises(NotInForce):
            limitation("company", performed=date(2008, 6, 18))
        found = last_day("company", performed=date(2008, 6, 19))
        self.assertEqual(found, date(2013, 6, 19))

    def test_errors(self):
        with self.assertRaises(NoStart):
            limitation("company")
        with self.assertRaises(BadSetting):
            limitation("friend", performed=DONE)
        with self.assertRaises(DateOutOfRange):
            limitation("company", performed=date(1921, 11, 30))
        with self.assertRaises(UnknownEvent):
            last_day("company", Event("phone call", JUNE), performed=DONE)
        with self.assertRaises(BadPeriod):
            one = Event("court_claim", JUNE, DONE)
            last_day("company", one, performed=DONE)


@tagged("post_install", "-at_install")
class TestEvents(BaseCase):
    def after(self, *events, kind="company", performed=DONE, **values):
        return limitation(kind, performed=performed, events=events, **values)

    def assert_ignored(self, found, reason, expected=LAST):
        self.assertEqual(found.last_day, expected)
        self.assertEqual([one.reason for one in found.ignored], [reason])
        self.assertEqual(len(found.steps), 1)

    def test_a_new_period(self):
        for kind in ("acknowledgment", "part_payment", "enforcement"):
            found = self.after(Event(kind, JUNE))
            self.assertEqual(found.last_day, date(2031, 6, 1), kind)
            self.assertEqual([one.event for one in found.steps], ["performance", kind])
            self.assertEqual(found.steps[1].last_day, date(2031, 6, 1))
            self.assertIn("C. civ. 224", found.steps[1].article)

    def test_a_registered_letter_changes_nothing(self):
        for kind in ("formal_notice", "written_claim"):
            for debtor, expected in (
                ("company", LAST),
                ("consumer", date(2023, 11, 30)),
            ):
                early = Event(kind, date(2022, 6, 1))
                found = self.after(early, kind=debtor)
                self.assert_ignored(found, "not_interruptive", expected)

    def test_clause_of_a_contract(self):
        found = self.after(Event("formal_notice", JUNE), notice_clause=True)
        self.assertEqual(found.last_day, date(2031, 6, 1))
        self.assertEqual(found.steps[1].article, "C. civ. 2254")
        found = self.after(Event("written_claim", JUNE), notice_clause=True)
        self.assert_ignored(found, "not_interruptive")
        early = Event("formal_notice", date(2022, 6, 1))
        found = self.after(early, kind="consumer", notice_clause=True)
        self.assert_ignored(found, "not_interruptive", date(2023, 11, 30))

    def test_part_payment_by_setting(self):
        one = Event("part_payment", JUNE)
        self.assert_ignored(self.after(one, payment_counts=False), "not_interruptive")
        found = limitation("public", DONE, events=[one], payment_counts=False)
        self.assertEqual(found.ignored[0].reason, "too_late")
        one = one._replace(day=date(2025, 6, 1))
        found = limitation("public", DONE, events=[one], payment_counts=False)
        self.assertEqual(found.last_day, date(2029, 12, 31))

    def test_court_claim(self):
        found = self.after(Event("court_claim", JUNE, date(2028, 3, 31)))
        self.assertEqual(found.last_day, date(2033, 3, 31))
        found = self.after(Event("court_claim", JUNE))
        self.assertIsNone(found.last_day)
        self.assertFalse(found.is_prescribed(date(2090, 1, 1)))
        found = self.after(Event("court_claim", JUNE, void=True))
        self.assert_ignored(found, "void")

    def test_acknowledgment_during_a_court_case(self):
        case = Event("court_claim", JUNE, date(2028, 3, 31))
        found = self.after(Event("acknowledgment", date(2027, 1, 1)), case)
        self.assertEqual(found.last_day, date(2033, 3, 31))
        self.assertEqual([one.reason for one in found.ignored], ["no_effect"])
        found = self.after(case._replace(until=None), Event("part_payment", LAST))
        self.assertIsNone(found.last_day)

    def test_insolvency(self):
        one = Event("insolvency_declaration", JUNE, date(2027, 6, 1))
        self.assertEqual(self.after(one).last_day, date(2032, 6, 1))

    def test_borders(self):
        found = self.after(Event("acknowledgment", LAST))
        self.assertEqual(found.last_day, date(2031, 11, 30))
        found = self.after(Event("acknowledgment", date(2026, 12, 1)))
        self.assert_ignored(found, "too_late")
        for day in (DONE, date(2021, 11, 29)):
            self.assert_ignored(self.after(Event("acknowledgment", day)), "no_effect")

    def test_mediation(self):
        one = Event("mediation", date(2024, 1, 1), date(2024, 3, 1))
        self.assertEqual(self.after(one).last_day, date(2027, 1, 29))
        late = Event("mediation", date(2026, 11, 20), date(2026, 12, 20))
        self.assertEqual(self.after(late).last_day, date(2027, 6, 20))
        self.assertIsNone(self.after(late._replace(until=None)).last_day)
        one = Event("small_claims", date(2026, 11, 20), date(2026, 12, 20))
        self.assertIn("L125-1", self.after(one).steps[1].article)

    def test_mediations_overlap(self):
        first = Event("mediation", date(2024, 1, 1), date(2024, 3, 1))
        second = Event("mediation", date(2024, 2, 1), date(2024, 3, 11))
        self.assertEqual(self.after(first, second).last_day, date(2027, 2, 8))
        within = Event("mediation", date(2024, 1, 15), date(2024, 2, 1))
        found = self.after(first, within)
        self.assertEqual(found.last_day, date(2027, 1, 29))

    def test_order_of_events(self):
        events = [
            Event("acknowledgment", date(2023, 6, 1)),
            Event("mediation", date(2024, 1, 1), date(2024, 1, 11)),
            Event("part_payment", date(2025, 6, 1)),
        ]
        found = self.after(*events)
        self.assertEqual(found, self.after(*reversed(events)))
        self.assertEqual(found.last_day, date(2030, 6, 1))
        days = [one.last_day for one in found.steps]
        self.assertEqual(days, sorted(days))

    def test_twenty_years_at_most(self):
        years = range(2025, 2043, 4)
        found = self.after(*[Event("part_payment", date(year, 1, 1)) for year in years])
        self.assertEqual(found.last_day, date(2041, 11, 30))
        found = self.after(
            *[
                Event("part_payment", date(year, 1, 1))
                for year in (2025, 2029, 2033, 2037)
            ],
            Event("enforcement", date(2041, 1, 1)),
        )
        self.assertEqual(found.last_day, date(2046, 1, 1))

    def test_both_clocks_meet(self):
        found = self.after(Event("acknowledgment", JUNE), due=date(2022, 1, 15))
        self.assertEqual(found.last_day, date(2031, 6, 1))
        self.assertEqual(found.other_last_day, date(2031, 6, 1))
        between = Event("acknowledgment", date(2026, 12, 15))
        found = self.after(between, due=date(2022, 1, 15))
        self.assert_ignored(found, "too_late")
        self.assertEqual(found.other_last_day, date(2031, 12, 15))

    def test_lapse(self):
        one = Event("acknowledgment", date(2022, 6, 1))
        values = {"kind": "consumer", "sector": "consumer_credit"}
        found = self.after(one, performed=None, due=DONE, **values)
        self.assert_ignored(found, "not_interruptive", date(2023, 11, 30))
        case = Event("court_claim", date(2022, 6, 1), date(2022, 9, 1))
        found = self.after(case, performed=None, due=DONE, **values)
        self.assertEqual(found.last_day, date(2024, 9, 1))


@tagged("post_install", "-at_install")
class TestPublicDebtor(BaseCase):
    done = date(2022, 6, 15)

    def after(self, *events):
        return limitation("public", performed=self.done, events=events)

    def test_calendar_years(self):
        self.assertEqual(self.after().last_day, date(2026, 12, 31))
        for done in (date(2022, 1, 1), date(2022, 12, 31)):
            found = last_day("public", performed=done)
            self.assertEqual(found, date(2026, 12, 31))

    def test_any_written_claim(self):
        for kind in (
            "written_claim",
            "formal_notice",
            "part_payment",
            "acknowledgment",
        ):
            found = self.after(Event(kind, date(2026, 3, 1)))
            self.assertEqual(found.last_day, date(2030, 12, 31), kind)
            self.assertEqual(found.steps[1].article, "loi 68-1250 art. 2")

    def test_borders(self):
        found = self.after(Event("written_claim", date(2026, 12, 31)))
        self.assertEqual(found.last_day, date(2030, 12, 31))
        found = self.after(Event("written_claim", date(2027, 1, 1)))
        self.assertEqual(found.ignored[0].reason, "too_late")
        found = self.after(Event("written_claim", date(2022, 12, 31)))
        self.assertEqual(found.ignored[0].reason, "no_effect")

    def test_court(self):
        case = Event("court_claim", date(2025, 5, 1), date(2027, 2, 1))
        self.assertEqual(self.after(case).last_day, date(2031, 12, 31))

    def test_mediation_is_not_counted_on(self):
        found = self.after(Event("mediation", date(2025, 1, 1), date(2025, 9, 1)))
        self.assertEqual(found.last_day, date(2026, 12, 31))
        self.assertEqual(found.ignored[0].reason, "not_interruptive")

    def test_documented_examples(self):
        for module in (prescription, sectors):
            self.assertFalse(doctest.testmod(module).failed, module.__name__)
