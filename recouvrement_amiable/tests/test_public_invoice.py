# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import TODAY, RecouvrementCommon

AVAILABLE = date(2026, 3, 10)


@tagged("post_install", "-at_install")
class TestPublicInvoice(RecouvrementCommon):
    """The calendar of a public buyer, and payment terms that are too long."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.sudo().partner_id.country_id = cls.env.ref("base.fr")
        cls.town = cls._create_customer(
            "Commune de Plouha", company_registry="21220123400015"
        )
        cls._invoice(3)
        cls._invoice(3, partner=cls.town)
        cls.dossier = cls._dossier(cls.town)

    def invoice(self, partner=None, day=date(2026, 3, 2), on=TODAY, **vals):
        vals.setdefault("invoice_date_due", day + timedelta(days=30))
        move = self._invoice(0, partner=partner or self.town, invoice_date=day, **vals)
        return move.with_context(recouvrement_day=str(on))

    # -- legal due date ------------------------------------------------------
    def test_times_to_pay(self):
        move = self.invoice()
        move.recouvrement_available_on = AVAILABLE
        for buyer, due in (
            ("authority", date(2026, 4, 9)),
            ("hospital", date(2026, 4, 29)),
            ("undertaking", date(2026, 5, 9)),
        ):
            self.dossier.public_buyer = buyer
            move.invalidate_recordset()
            self.assertEqual(move.recouvrement_legal_due, due)
            self.assertIn("Available on 03/10/2026", move.recouvrement_legal_due_text)
        self.assertIn("R2192-11 2°", move.recouvrement_legal_due_text)

    def test_suspension(self):
        move = self.invoice(on=date(2026, 4, 20))
        move.write(
            {
                "recouvrement_available_on": AVAILABLE,
                "recouvrement_suspended_on": date(2026, 3, 20),
            }
        )
        self.assertFalse(move.recouvrement_legal_due)
        self.assertIn("suspended since 03/20/2026", move.recouvrement_legal_due_text)
        move.recouvrement_completed_on = date(2026, 4, 1)
        self.assertEqual(move.recouvrement_legal_due, date(2026, 5, 1))
        self.assertIn("R2192-29", move.recouvrement_legal_due_text)
        self.dossier.public_buyer = "hospital"
        move.invalidate_recordset()
        self.assertEqual(move.recouvrement_legal_due, date(2026, 5, 11))

    def test_availability_not_noted_and_late_delivery(self):
        move = self.invoice()
        self.assertEqual(move.recouvrement_legal_due, date(2026, 4, 3))
        self.assertIn("R2192-14", move.recouvrement_legal_due_text)
        move.delivery_date = date(2026, 3, 15)
        self.assertEqual(move.recouvrement_legal_due, date(2026, 4, 14))
        self.assertIn("Delivered on", move.recouvrement_legal_due_text)

    def test_only_public_buyers(self):
        move = self.invoice(self.customer)
        self.assertEqual(move.recouvrement_debtor_kind, "company")
        self.assertFalse(
            move.recouvrement_legal_due or move.recouvrement_legal_due_text
        )
        # what was invoiced while the customer was no public body stays so
        self.dossier.action_confirm_kind()
        self.dossier.write({"kind_since": TODAY, "kind_before": "company"})
        old, new = self.invoice(), self.invoice(day=TODAY)
        self.assertEqual(old.recouvrement_debtor_kind, "company")
        self.assertEqual(new.recouvrement_debtor_kind, "public")

    def test_without_dossier(self):
        hall = self._create_customer("Mairie", company_registry="21220123400015")
        move = self.invoice(hall, post=False)
        self.assertEqual(move.recouvrement_debtor_kind, "public")

    def test_copies_and_old_invoices(self):
        move = self.invoice()
        move.recouvrement_available_on = AVAILABLE
        move.recouvrement_retention = 50
        copy = move.copy()
        self.assertFalse(copy.recouvrement_available_on or copy.recouvrement_retention)
        ancient = self.invoice(day=date(1998, 5, 1))
        self.assertFalse(ancient.recouvrement_legal_due)
        self.assertIn("too far away", ancient.recouvrement_legal_due_text)

    def test_bad_days_and_amounts(self):
        noted = {"recouvrement_available_on": AVAILABLE}
        for words, vals in (
            ("before its time to pay", {"recouvrement_suspended_on": "2026-03-05"}),
            ("comes too late", {"recouvrement_suspended_on": "2026-04-10"}),
            ("without having been", {"recouvrement_completed_on": "2026-03-12"}),
            (
                "before it was suspended",
                {
                    "recouvrement_suspended_on": "2026-03-13",
                    "recouvrement_completed_on": "2026-03-12",
                },
            ),
            ("cannot be 06/01/2062", {"recouvrement_available_on": "2062-06-01"}),
            ("cannot be 03/01/2026", {"recouvrement_available_on": "2026-03-01"}),
            ("negative", {"recouvrement_retention": -1}),
            ("more than its total", {"recouvrement_retention": 1000.01}),
        ):
            move = self.invoice(on=date(2026, 4, 20))
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, words),
            ):
                move.write({**noted, **vals})
                self.env.flush_all()

    def test_rights(self):
        move = self.invoice()
        clerk = new_test_user(
            self.env, "clerk-kind", "account.group_account_invoice,base.group_user"
        )
        with self.assertRaises(AccessError):
            move.with_user(clerk).read(["recouvrement_available_on"])
        # constraints and alerts do not need the rights
        copy = move.with_user(clerk).copy()
        copy.action_post()
        copy.with_user(clerk)._get_alerts()

    # -- payment terms -------------------------------------------------------
    def warning(self, partner, due, day=date(2026, 3, 20), **vals):
        move = self.invoice(partner, day=day, invoice_date_due=due, **vals)
        return move._get_alerts().get("recouvrement_term", {}).get("message")

    def test_agreements(self):
        due = date(2026, 6, 10)
        for agreement, days, latest in (
            ("60_days", 22, "05/19/2026"),
            ("45_days_then_month_end", 10, "05/31/2026"),
            ("month_end_then_45_days", 26, "05/15/2026"),
            ("45_days_periodic", 37, "05/04/2026"),
            ("none", 52, "04/19/2026"),
        ):
            self.company.sudo().recouvrement_payment_agreement = agreement
            with self.subTest(agreement=agreement):
                message = self.warning(self.customer, due)
                self.assertIn(f"is {days} day(s) over", message)
                self.assertIn(latest, message)
                self.assertIn("L441-10", message)

    def test_borders(self):
        last = date(2026, 5, 19)
        self.assertFalse(self.warning(self.customer, last))
        self.assertIn("1 day(s)", self.warning(self.customer, last + timedelta(days=1)))
        self.assertIn(
            "1 day(s)",
            self.warning(self.customer, last + timedelta(days=1), post=False),
        )

    def test_public_buyers(self):
        self.assertFalse(self.warning(self.town, date(2026, 4, 19)))
        message = self.warning(self.town, date(2026, 5, 4))
        self.assertIn("15 day(s)", message)
        self.assertIn("R2192-10", message)
        self.dossier.public_buyer = "hospital"
        self.assertFalse(self.warning(self.town, date(2026, 5, 4)))

    def test_never_a_warning(self):
        due = date(2026, 12, 31)
        person = self._create_customer("Jeanne Le Goff", is_company=False)
        self.assertFalse(self.warning(person, due))
        self.assertFalse(self.warning(self.customer, due, move_type="out_refund"))
        self.company.sudo().partner_id.country_id = self.env.ref("base.be")
        self.assertFalse(self.warning(self.customer, due))

    def test_the_form_says_it_while_typing(self):
        self.customer.property_payment_term_id = self.env.ref(
            "account.account_payment_term_end_following_month"
        )
        with Form(
            self.env["account.move"].with_context(default_move_type="out_invoice")
        ) as form:
            form.partner_id = self.customer
            form.invoice_date = date(2026, 3, 1)
            form.invoice_payment_term_id = self.env["account.payment.term"]
            form.invoice_date_due = date(2026, 5, 10)
            self.assertIn("recouvrement_term", form.alerts)
            form.invoice_date_due = date(2026, 4, 10)
            self.assertNotIn("recouvrement_term", form.alerts or {})
