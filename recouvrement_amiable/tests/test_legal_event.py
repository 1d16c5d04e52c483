# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Dated events of a dossier: what is recorded, what is refused, whom they concern."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..legal.prescription import EVENTS
from ..models.recouvrement_legal_event import INTEREST_SUSPENSIONS
from .common import TODAY, RecouvrementCommon


def days(number):
    return TODAY + timedelta(days=number)


@tagged("post_install", "-at_install")
class TestLegalEvent(RecouvrementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dossier = cls._dossier() or cls.env["recouvrement.dossier"].sudo().create(
            {"company_id": cls.company.id, "partner_id": cls.customer.id}
        )
        cls.Event = cls.env["recouvrement.legal.event"]

    def _event(self, kind="acknowledgment", day=0, **vals):
        return self.Event.create(
            dict(
                {"dossier_id": self.dossier.id, "kind": kind, "date": days(day)}, **vals
            )
        )

    def test_every_kind_is_known_to_the_law_and_explained(self):
        kinds = {kind for kind, _label in self.Event._selection_kind()}
        self.assertEqual(kinds, {*EVENTS, *INTEREST_SUSPENSIONS})
        self.assertEqual(set(self.Event._effects()), kinds)
        event = self._event("formal_notice")
        self.assertIn("Does NOT interrupt", event.effect)
        self.assertEqual(event.company_id, self.company)
        self.assertEqual(event.partner_id, self.customer)

    def test_form_from_the_dossier(self):
        form = Form(self.Event.with_context(default_dossier_id=self.dossier.id))
        form.kind = "court_claim"
        form.date = days(-30)
        event = form.save()
        self.assertTrue(event.is_lasting)
        self.assertFalse(event.date_end)
        self.assertIn(event, self.dossier.legal_event_ids)

    def test_dates_that_cannot_be(self):
        cases = [
            ({"day": 1}, "has not come yet"),
            ({"day": -400 * 365 // 10}, "Check the year"),
            ({"day": 21 * 366, "kind": "grace"}, "Check the year"),
            ({"date_end": days(0)}, "happens on one day"),
            (
                {"kind": "court_claim", "date_end": days(-1)},
                "before it starts",
            ),
            (
                {"kind": "mediation", "day": -9, "date_end": days(9)},
                "while it goes on",
            ),
            ({"kind": "enforcement", "is_void": True}, "only a court claim"),
        ]
        for vals, message in cases:
            with self.subTest(**vals), self.assertRaisesRegex(ValidationError, message):
                self._event(**vals)
        self._event("grace", 10, date_end=days(700))
        self._event("court_claim", -30, date_end=days(-1), is_void=True)

    def test_over_indebtedness_is_for_consumers(self):
        with self.assertRaisesRegex(ValidationError, "is not a consumer"):
            self._event("over_indebtedness")
        self.dossier.kind = "consumer"
        self._event("over_indebtedness")

    def test_invoices_of_another_customer_or_company(self):
        other = self._invoice(10, partner=self._create_customer("Garage Autre"))
        with self.assertRaisesRegex(ValidationError, "is not an invoice of"):
            self._event(move_ids=[Command.set(other.ids)])
        mine = self._invoice(10)
        self._event(move_ids=[Command.set(mine.ids)])

    def test_formal_notice_before_the_due_date(self):
        due, later = self._invoice(10), self._invoice(3)
        both = [Command.set((due | later).ids)]
        with self.assertRaises(ValidationError) as refused:
            self._event("formal_notice", -4, move_ids=both)
        message = str(refused.exception)
        self.assertIn(later.name, message)
        self.assertIn("is due on 03/14/2026 only", message)
        self.assertNotIn(due.name, message)
        self._event("formal_notice", -4)
        self._event("acknowledgment", -4, move_ids=both)
        event = self._event("formal_notice", -3, move_ids=both)
        with self.assertRaisesRegex(ValidationError, later.name):
            event.date = days(-4)
        other = self._event("formal_notice", -4)
        with self.assertRaisesRegex(ValidationError, later.name):
            other.move_ids = later

    def test_items_that_an_event_concerns(self):
        """Named invoices alone, else those dated on that day or before."""
        old, recent = self._invoice(50), self._invoice(-20)
        items = {
            move: move.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            ).id
            for move in (old, recent)
        }
        everything = self._event("acknowledgment", -30)
        named = self._event("court_claim", -30, move_ids=[Command.set(recent.ids)])
        self._event("mediation", -30, active=False)
        found = self.Event._of_items(list(items.values()))
        self.assertEqual([e["id"] for e in found[items[old]]], everything.ids)
        self.assertEqual([e["id"] for e in found[items[recent]]], named.ids)
        self.assertFalse(self.Event._of_items(items.values(), INTEREST_SUSPENSIONS))
        self.assertFalse(self.Event._of_items([]))

    def test_rights(self):
        event = self._event()
        self.dossier.partner_id.user_id = False
        users = {
            group: new_test_user(
                self.env,
                login=f"event_{group}",
                groups=f"base.group_user,recouvrement_amiable.group_{group}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for group in ("reader", "collector", "credit_manager")
        }
        self.assertFalse(self.Event.with_user(users["reader"]).search([]))
        self.customer.user_id = users["reader"]
        mine = event.with_user(users["reader"])
        self.assertEqual(mine.search([]), event)
        with self.assertRaises(AccessError):
            mine.write({"note": "x"})
        event.with_user(users["collector"]).write({"note": "Deed 12"})
        self.dossier.with_user(users["collector"]).write(
            {"legal_event_ids": [Command.create({"kind": "part_payment"})]}
        )
        with self.assertRaises(AccessError):
            event.with_user(users["collector"]).unlink()
        event.with_user(users["credit_manager"]).unlink()

    def test_a_dossier_with_events_stays(self):
        self._event()
        with self.assertRaisesRegex(UserError, "legal events"):
            self.dossier.sudo().unlink()

    def test_a_notice_looks_at_what_the_customer_owes(self):
        """The VAT credit of the same entry was due long before: it is no debt."""
        entry = self._vat_credit(self.customer)
        entry.button_draft()
        receivable = self.company_data["default_account_receivable"]
        revenue = self.company_data["default_account_revenue"]
        entry.line_ids = [
            Command.create(
                {
                    "account_id": account.id,
                    "partner_id": self.customer.id,
                    "balance": balance,
                    "date_maturity": TODAY,
                }
            )
            for account, balance in ((receivable, 100), (revenue, -100))
        ]
        entry.action_post()
        with self.assertRaisesRegex(ValidationError, "is due on"):
            self._event("formal_notice", -1, move_ids=entry.ids)
        self._event("formal_notice", 0, move_ids=entry.ids)

    def test_merged_customers_keep_their_events(self):
        event = self._event()
        other = self._create_customer("Menuiserie Double")
        self._invoice(5, partner=other)
        kept = self._dossier(other)
        kept.sudo()._absorb(self.dossier)
        self.assertEqual(event.dossier_id, kept)
