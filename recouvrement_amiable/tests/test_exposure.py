# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Exposure: what posts itself later, missing rates, credit groups and merges."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestExposure(RecouvrementCommon):
    def row(self, partner=None, day=TODAY):
        self.env.flush_all()
        dossier = self._dossier(partner).with_context(recouvrement_day=str(day))
        return dossier.env["recouvrement.exposure"]._of(dossier)[dossier.id]

    def approve(self, amount, partner=None, **values):
        limit = self.env["recouvrement.limit"].create(
            {
                "dossier_id": self._dossier(partner).id,
                "amount": amount,
                "reason": "Yearly contract",
                **values,
            }
        )
        limit.action_approve()

    # -- drafts ------------------------------------------------------------------
    def test_a_recurring_invoice_counts_once(self):
        """1,000 a month: posting March's makes April's draft at once."""
        self._invoice(5, 50)
        march = self._invoice(-30, 1000, post=False, auto_post="monthly")
        self.assertEqual(self.row()["amount_draft"], 1000, "a draft like any other")
        march.action_post()
        april = march.search([("auto_post_origin_id", "=", march.id)]) - march
        self.assertEqual((april.state, april.amount_total), ("draft", 1000))
        self.assertGreater(april.date, TODAY)
        row = self.row()
        self.assertEqual((row["amount_draft"], row["exposure"]), (0, 1050))
        row = self.row(day=april.date)
        self.assertEqual((row["amount_draft"], row["exposure"]), (1000, 2050))

    # -- currencies --------------------------------------------------------------
    def test_a_currency_without_rate_is_told_and_never_one_to_one(self):
        self.company.sudo().recouvrement_exposure_pooled = True
        currency = (
            self.env["res.currency"]
            .sudo()
            .create({"name": "XZZ", "symbol": "Z", "rounding": 0.01})
        )
        other = self.setup_other_company(currency_id=currency.id)["company"]
        calm = self._create_customer("Calm")
        self._invoice(5, 400)
        self._invoice(5, 30, calm)
        self._invoice(5, 100000, company=other)
        row = self.row()
        self.assertEqual((row["group_exposure"], row["unrated"]), (400, "XZZ"))
        self._dossier(self.customer | calm)
        self.env.invalidate_all()
        self.assertIn("No exchange rate for XZZ", self._dossier().limit_text)
        figures = (self.customer | calm).mapped("recouvrement_exposure")
        self.assertEqual(sorted(figures), [30, 400], "the list is shown")
        self.assertFalse(self.row(calm)["unrated"])
        self.assertNotIn("XZZ", self._dossier(calm).limit_text)
        with self.assertRaisesRegex(ValidationError, "XZZ has no rate"):
            self.company.sudo().write({"recouvrement_exposure_pooled": True})
        self.env["res.currency.rate"].sudo().create(
            {
                "name": TODAY,
                "rate": 4,
                "currency_id": currency.id,
                "company_id": self.company.id,
            }
        )
        self.env.invalidate_all()
        row = self.row()
        self.assertEqual((row["group_exposure"], row["unrated"]), (25400, None))
        self.assertNotIn("XZZ", self._dossier().limit_text)

    # -- credit groups -----------------------------------------------------------
    def group(self):
        """A group of two, and its member."""
        sister = self._create_customer("Menuiserie bis")
        self._invoice(5, 100)
        self._invoice(5, 200, sister)
        return sister

    def test_the_sentence_of_a_member_is_that_of_the_head(self):
        sister = self.group()
        self.approve(0, sister)
        end = TODAY + timedelta(days=3)
        self.approve(1000, valid_until=end)
        sister.recouvrement_head_id = self.customer
        dossier = self._dossier(sister)
        self.assertTrue(dossier.no_credit, "its own, that no longer counts")
        self.assertIn("of $\xa01,000.00 used", dossier.limit_text)
        self.env.invalidate_all()
        later = dossier.with_context(recouvrement_day=str(end + timedelta(days=1)))
        self.assertIn("ended on 03/20/2026", later.limit_text)
        self.approve(0)
        self.env.invalidate_all()
        self.assertIn("No credit", self._dossier(sister).limit_text)

    def merge(self, gone, kept, user=None):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard = wizard.with_user(user) if user else wizard.sudo()
        wizard._merge((gone | kept).ids, kept.with_env(wizard.env))
        self.env.invalidate_all()

    def check_merge(self, gone, kept):
        """Whoever stays leads the other member; 100 + 200 + 50 are owed."""
        third = self._create_customer("Third")
        self._invoice(5, 50, third)
        third.recouvrement_head_id = self.customer
        self.merge(gone, kept)
        self.assertFalse(kept.recouvrement_head_id)
        self.assertEqual(third.recouvrement_head_id, kept)
        for partner in (kept, third):
            self.assertEqual(self.row(partner)["group_exposure"], 350)

    def test_a_member_made_one_with_its_head(self):
        sister = self.group()
        sister.recouvrement_head_id = self.customer
        self.check_merge(sister, self.customer)

    def test_a_head_made_one_with_its_member(self):
        sister = self.group()
        sister.recouvrement_head_id = self.customer
        self.check_merge(self.customer, sister)

    def test_a_customer_made_one_with_a_member_is_in_the_group(self):
        """Whatever the rights on credit of who cleans up the addresses."""
        user = new_test_user(
            self.env,
            "contacts",
            groups="base.group_user,base.group_partner_manager,"
            "account.group_account_invoice,recouvrement_amiable.group_collector",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        sister, twin = self.group(), self._create_customer("Menuiserie ter")
        sister.recouvrement_head_id = self.customer
        self.merge(sister, twin, user)
        self.assertEqual(twin.recouvrement_head_id, self.customer)
        self.assertEqual(self.row(twin)["group_exposure"], 300)

    def test_what_was_decided_on_a_merged_customer_stays(self):
        """Its exclusions are seen, its contact and the day to decide again kept."""
        twin = self._create_customer("Menuiserie ter")
        self._invoice(5, 50)
        invoice = self._invoice(5, 100, twin)
        old, kept = self._dossier(twin), self._dossier()
        buyer = self._create_customer("Buyer", parent_id=twin.id, is_company=False)
        day = TODAY + timedelta(days=9)
        old.write({"contact_id": buyer.id, "decide_on": day, "decide_reason": "Calls"})
        exclusion = self.env["recouvrement.exclusion"].create(
            {
                "company_id": self.company.id,
                "move_id": invoice.id,
                "reason": "Disputed",
                "dossier_id": old.id,
            }
        )
        self.merge(twin, self.customer)
        self.assertEqual(exclusion.dossier_id, kept)
        self.assertEqual(kept.contact_id, buyer)
        self.assertEqual((kept.decide_on, kept.decide_reason), (day, "Calls"))

    def test_two_groups_are_not_made_one_by_a_merge(self):
        sister, other = self.group(), self._create_customer("Menuiserie ter")
        sister.recouvrement_head_id = self.customer
        self._create_customer("Member").recouvrement_head_id = other
        with self.assertRaisesRegex(ValidationError, "a group has one head"):
            self.merge(other, sister)

    # -- put under a parent ------------------------------------------------------
    def test_a_customer_put_under_a_parent_brings_its_account(self):
        """Handed over, insolvent and half way up the ladder: so it stays."""
        invoice = self._invoice(3, 1000)
        self._run()
        relance = self._relances().sudo()
        relance.delivery_ids.write({"state": "sent"})
        relance._refresh_progress()
        self.approve(700)
        dossier = self._dossier().sudo()
        until = TODAY + timedelta(days=60)
        dossier.write(
            {
                "pause_until": until,
                "pause_reason": "Maître Le Goff",
                "pause_kind": "handover",
                "insolvency": "safeguard",
                "insolvency_date": TODAY - timedelta(days=1),
            }
        )
        event = self.env["recouvrement.legal.event"].create(
            {"dossier_id": dossier.id, "kind": "acknowledgment", "date": TODAY}
        )
        parent = self._create_customer("Groupe Vasseur")
        self.customer.write({"parent_id": parent.id, "is_company": False})
        self.assertFalse(dossier.exists())
        kept = self._dossier(parent)
        self.assertEqual((kept.pause_until, kept.pause_kind), (until, "handover"))
        self.assertEqual(kept.insolvency, "safeguard")
        self.assertEqual((event.dossier_id, relance.dossier_id), (kept, kept))
        row = self._rows(parent)[0]
        self.assertEqual(row["move_id"], invoice.id)
        self.assertEqual(row["reached_level_id"], self.level1.id)
        self.assertEqual((row["situation"], row["reason"]), ("held", "insolvency"))
        self.assertEqual(self.row(parent)["limit_amount"], 700)

    def test_a_company_that_becomes_a_contact_brings_its_account(self):
        """In two steps, and for several at once: the parent has a dossier already."""
        parent = self._create_customer("Groupe Vasseur")
        self._invoice(5, 100, parent)
        kept = self._dossier(parent)
        sister = self._create_customer("Menuiserie bis")
        both = self.customer | sister
        for partner in both:
            self._invoice(3, 50, partner)
        self._dossier(sister).sudo()._pause(TODAY + timedelta(days=9), "Wait")
        both.write({"parent_id": parent.id})
        self.assertEqual(len(self._dossier(both)), 2, "companies of their own yet")
        both.write({"is_company": False})
        self.assertEqual(self._dossier(both | parent), kept)
        self.assertEqual(kept.pause_until, TODAY + timedelta(days=9))
        self.assertEqual(self.row(parent)["exposure"], 200)

    def test_a_customer_made_one_with_a_contact(self):
        """The contact's customer owes it then, paused as it was."""
        person = self._create_customer("Jeanne Le Goff", is_company=False)
        self._invoice(3, 50, person)
        self._dossier(person).sudo()._pause(TODAY + timedelta(days=9), "Wait")
        contact = self._create_customer(
            "Jeanne", is_company=False, parent_id=self.customer.id
        )
        self.merge(person, contact)
        dossiers = self.env["recouvrement.dossier"].search(
            [("partner_id", "in", (self.customer | contact).ids)]
        )
        self.assertEqual(dossiers, self._dossier())
        self.assertEqual(dossiers.pause_until, TODAY + timedelta(days=9))
        self.assertEqual(self.row()["exposure"], 50)
