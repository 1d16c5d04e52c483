# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import TODAY, RecouvrementCommon

DUE = TODAY - timedelta(days=40)


@tagged("post_install", "-at_install")
class TestPublicTerm(RecouvrementCommon):
    """What a public buyer need not pay yet is not dunned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = cls._create_customer("Commune", company_registry="21220123400015")
        cls.move = cls._invoice(40, partner=cls.town)
        cls.dossier = cls._dossier(cls.town)

    def noted(self, **days):
        self.move.write({f"recouvrement_{name}": day for name, day in days.items()})
        return self.move

    def sentence(self, row):
        return self.env["recouvrement.open.item"]._describe(row, self.company)

    # -- the time to pay -----------------------------------------------------
    def test_without_a_day_the_books_decide(self):
        row = self.assertSituation(self.move, "due")
        self.assertEqual((row["date_due"], row["days_late"]), (DUE, 40))

    def test_suspended_then_completed(self):
        available = self.move.invoice_date + timedelta(days=1)
        move = self.noted(
            available_on=available, suspended_on=available + timedelta(days=10)
        )
        row = self.assertSituation(move, "held", "public_term")
        self.assertEqual(row["item_holds"], ["public_term"])
        self.assertFalse(row["until"])
        self.assertIn("suspended since", self.sentence(row))
        self._run()
        self.assertFalse(self._relances(self.town))
        # completed: thirty days from then on (R2192-29)
        self.noted(completed_on=TODAY - timedelta(days=31))
        row = self.assertSituation(move, "waiting", "delay")
        self.assertEqual((row["days_late"], row["holds"]), (1, []))
        self.noted(completed_on=TODAY - timedelta(days=33))
        self.assertSituation(move, "due")

    def test_border_of_the_last_lawful_day(self):
        """The last day itself is in time; late days count from it."""
        move = self.noted(available_on=TODAY - timedelta(days=30))
        row = self.assertSituation(move, "held", "public_term")
        self.assertEqual((row["until"], row["date_due"]), (TODAY, TODAY))
        self.assertEqual(
            self.sentence(row),
            "Held: the public buyer has until 03/17/2026 to pay (CCP R2192-10 and"
            " following).",
        )
        morrow = TODAY + timedelta(days=1)
        row = self.assertSituation(move, "waiting", "delay", morrow)
        self.assertEqual((row["date_due"], row["days_late"]), (TODAY, 1))
        row = self.assertSituation(move, "due", None, TODAY + timedelta(days=3))
        self.assertEqual(row["next_level_id"], self.level1.id)

    def test_hospitals_have_fifty_days(self):
        move = self.noted(available_on=TODAY - timedelta(days=33))
        self.assertSituation(move, "due")
        self.dossier.public_buyer = "hospital"
        row = self.assertSituation(move, "held", "public_term")
        self.assertEqual(row["until"], TODAY + timedelta(days=17))

    def test_by_age_starts_with_the_lawful_day(self):
        """After the wait it is not forty days late at once."""
        self.scenario.progression = "age"
        move = self.noted(available_on=TODAY - timedelta(days=33))
        row = self.assertSituation(move, "due")
        self.assertEqual((row["next_level_id"], row["days_late"]), (self.level1.id, 3))

    def test_never_before_the_due_date_of_the_invoice(self):
        move = self._invoice(-10, partner=self.town)
        move.recouvrement_available_on = move.invoice_date
        row = self.assertSituation(move, "not_due")
        self.assertEqual(row["date_due"], move.invoice_date_due)

    def test_only_of_public_buyers(self):
        """The kind on the day of the invoice counts."""
        move = self.noted(available_on=TODAY - timedelta(days=20))
        self.assertSituation(move, "held", "public_term")
        self.dossier.write({"kind_since": TODAY, "kind_before": "company"})
        self.assertSituation(move, "due")

    def test_lists_tell_the_lawful_day(self):
        move = self.noted(available_on=TODAY - timedelta(days=20))
        item = self.env["recouvrement.open.item"].with_context(
            allowed_company_ids=self.company.ids
        )
        found = item.search([("move_id", "=", move.id), ("is_late", "=", True)])
        self.assertFalse(found)
        [row] = item.search_read([("move_id", "=", move.id)], ["date_due"], limit=5)
        self.assertEqual(row["date_due"], TODAY + timedelta(days=10))
        move.invalidate_recordset()
        self.assertIn("has until", move.recouvrement_text)

    # -- letters -------------------------------------------------------------
    def relance(self):
        self._run()
        [relance] = self._relances(self.town)
        return relance

    def test_letters_print_the_lawful_day(self):
        self.noted(available_on=TODAY - timedelta(days=34))
        relance = self.relance()
        [row] = relance._statement()["asked"]
        self.assertEqual((row["due"], row["days"]), ("13 Mar 2026", 4))
        values = relance._values(self.town)
        self.assertEqual(values["days_late"], 4)
        self.assertIn("13", values["oldest_due_date"])

    def test_noted_before_it_leaves(self):
        """The message that waits goes with the days of now, or not at all."""
        self.level1.approval = True
        relance = self.relance()
        self.assertEqual(relance.line_ids.date_due, DUE)
        self.noted(available_on=TODAY - timedelta(days=34))
        relance.sudo()._revalidate()
        self.assertEqual(relance.line_ids.date_due, TODAY - timedelta(days=4))
        self.noted(suspended_on=TODAY - timedelta(days=20))
        self.level1.charges = "claim"
        relance.invalidate_recordset(["claims"])
        self.assertNotIn("17", relance._values(self.town)["oldest_due_date"])
        relance.sudo()._revalidate()
        self.assertEqual(relance.state, "cancelled")

    # -- retention money -----------------------------------------------------
    def retained(self, until=False, left=1000):
        move = self._invoice(
            40, 20000, recouvrement_retention=1000, recouvrement_retention_until=until
        )
        self._pay(move, 20000 - left, days_ago=50)
        return move

    def test_retention_money_is_not_dunned(self):
        move = self.retained()
        row = self.assertSituation(move, "held", "retention")
        self.assertIn("only the retention money is left", self.sentence(row))

    def test_retention_money_is_dunned_when_released(self):
        move = self.retained(TODAY)
        row = self.assertSituation(move, "held", "retention")
        self.assertEqual(row["until"], TODAY)
        self.assertIn("keeps until 03/17/2026", self.sentence(row))
        row = self.assertSituation(move, "due", None, TODAY + timedelta(days=3))
        self.assertEqual((row["date_due"], row["days_late"]), (TODAY, 3))

    def test_released_retention_in_a_message_with_interest(self):
        move = self.retained(TODAY - timedelta(days=3))
        self.level1.charges = "claim"
        self._run()
        [row] = self._relances()._statement()["asked"]
        self.assertEqual((row["due"], row["days"]), ("14 Mar 2026", 3))
        self.assertEqual(row["number"], move.name)

    def test_more_than_the_retention_is_dunned(self):
        self.assertSituation(self.retained(left=1000.01), "due")

    def test_retention_is_kept_from_the_last_instalment(self):
        half = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 30)
                ],
            }
        )
        move = self._invoice(
            0,
            2000,
            invoice_date=TODAY - timedelta(days=60),
            invoice_date_due=False,
            invoice_payment_term_id=half.id,
            recouvrement_retention=1000,
        )
        rows = [row for row in self._rows() if row["move_id"] == move.id]
        self.assertEqual([row["reason"] for row in rows], [None, "retention"])

    # -- words ---------------------------------------------------------------
    def test_the_start_in_words(self):
        move = self._invoice(10, partner=self.town, invoice_date=date(2026, 3, 2))
        move.recouvrement_available_on = date(2026, 3, 2)
        move.recouvrement_performed_on = date(2026, 3, 20)
        words = "Performed on 03/20/2026, 30 days"
        self.assertIn(words, move.recouvrement_legal_due_text)
        move.recouvrement_available_on = False
        self.assertIn(words, move.recouvrement_legal_due_text)
        self.assertEqual(move.recouvrement_legal_due, date(2026, 4, 19))

    def test_thirty_days_from_the_performance(self):
        company = self.company.sudo()
        company.recouvrement_payment_agreement = "none"
        move = self._invoice(
            0, invoice_date=date(2026, 3, 2), invoice_date_due=date(2026, 4, 10)
        )
        self.assertIn("9 day(s)", move._recouvrement_term_warning())
        move.recouvrement_performed_on = date(2026, 3, 12)
        self.assertFalse(move._recouvrement_term_warning())

    # -- announced charges ---------------------------------------------------
    def announced(self, partner):
        self.level1.charges = "announce"
        self._run()
        return self._relances(partner)._charges_text()

    def test_announced_to_the_kind_of_each_invoice(self):
        old = self._invoice(40)
        self._dossier().write(
            {
                "kind": "company",
                "kind_since": old.invoice_date + timedelta(days=1),
                "kind_before": "consumer",
            }
        )
        self.assertEqual(self.announced(self.customer), "")

    def test_announced_on_the_invoices_that_bear_charges(self):
        old, new = self._invoice(40), self._invoice(5)
        self._dossier().write(
            {
                "kind": "company",
                "kind_since": new.invoice_date,
                "kind_before": "consumer",
            }
        )
        text = self.announced(self.customer)
        self.assertTrue(text.startswith(f"{new.name}: Late payment gives rise"), text)
        self.assertIn("L441-10", text)
        self.assertNotIn(old.name, text)

    def test_announced_to_a_public_buyer(self):
        self.assertIn("L2192-13", self.announced(self.town))

    # -- another law -----------------------------------------------------------
    def test_no_french_claim_in_belgium(self):
        company = self.company.sudo()
        move = self._invoice(60)
        self._dossier().kind = "company"
        claims = self.env["recouvrement.claim"]
        self.assertTrue(claims._of_moves(move.ids))
        company.partner_id.country_id = self.env.ref("base.be")
        self.assertFalse(company.recouvrement_french_law)
        self.assertFalse(claims._of_moves(move.ids))
        self.assertFalse(move.recouvrement_interest or move.recouvrement_indemnity)
        self.assertEqual(self.announced(self.customer), "")
        # a choice, not a rule
        company.recouvrement_french_law = True
        self.assertTrue(claims._of_moves(move.ids))
        company.partner_id.country_id = self.env.ref("base.fr")
        self.assertTrue(company.recouvrement_french_law)
