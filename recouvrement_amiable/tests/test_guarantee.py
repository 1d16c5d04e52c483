# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Guarantees: what they cover, until when, and who is told in time."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.guarantee_cover import Cover
from .common import TODAY, RecouvrementCommon


def days(number):
    return TODAY + timedelta(days=number)


@tagged("post_install", "-at_install")
class TestGuarantee(RecouvrementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager, cls.collector, cls.reader = (
            new_test_user(
                cls.env,
                login=group,
                groups=f"base.group_user,recouvrement_amiable.{group}",
                lang="en_US",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for group in ("group_credit_manager", "group_collector", "group_reader")
        )
        cls.company.sudo().recouvrement_manager_id = cls.manager
        cls.insurer = cls.env["res.partner"].create(
            {"name": "Assureur-crédit Test", "is_company": True}
        )
        cls.Guarantee = cls.env["recouvrement.guarantee"]
        cls.Alert = cls.env["recouvrement.guarantee.alert"].sudo()

    # -- factories -----------------------------------------------------------
    def _guarantee(self, kind="bank", amount=1000.0, partner=None, **vals):
        return self.Guarantee.create(
            dict(
                {
                    "partner_id": (partner or self.customer).id,
                    "kind": kind,
                    "amount": amount,
                    "valid_from": days(-200),
                    "valid_until": days(200),
                },
                **vals,
            )
        )

    def _insurance(self, amount=10000.0, **vals):
        values = {"insurer_id": self.insurer.id, "quota": 90, "declaration_days": 60}
        return self._guarantee("insurance", amount, **dict(values, **vals))

    def _cover(self, day=TODAY):
        return self.Guarantee._covered(self._dossier(), day)[self._dossier().id]

    def _cron(self, day=TODAY):
        """The scheduled job, seen from a day, for the company of the tests."""
        self.env["recouvrement.guarantee"].sudo().with_context(
            recouvrement_day=str(day)
        )._cron_alert()
        self.env.invalidate_all()

    def _raise(self):
        return self.Alert._raise_alerts(self.company.sudo(), TODAY)

    def _activities(self, partner=None):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "recouvrement.dossier"),
                ("res_id", "in", self._dossier(partner).ids),
            ],
            order="id",
        )

    def _currency(self, rate=None):
        currency = (
            self.env["res.currency"]
            .sudo()
            .create({"name": "XZZ", "symbol": "Z", "rounding": 0.01})
        )
        if rate:
            self.env["res.currency.rate"].sudo().create(
                {
                    "name": days(-10),
                    "rate": rate,
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                }
            )
        return currency

    # -- dates -----------------------------------------------------------------
    def test_state_follows_the_companys_day(self):
        guarantee = self._guarantee(valid_from=days(0), valid_until=days(10))
        for offset, state in (
            (-1, "future"),
            (0, "valid"),
            (10, "valid"),
            (11, "expired"),
        ):
            seen = guarantee.with_context(recouvrement_day=str(days(offset)))
            self.assertEqual(seen.state, state, offset)
            for wanted in ("future", "valid", "expired"):
                found = seen.search([("state", "=", wanted), ("id", "=", seen.id)])
                self.assertEqual(bool(found), wanted == state, (offset, wanted))
        guarantee.action_archive()
        self.assertEqual(guarantee.state, "archived")

    def test_no_end_never_expires(self):
        guarantee = self._guarantee("deposit", valid_until=False)
        late = guarantee.with_context(recouvrement_day="2090-01-01")
        self.assertEqual((late.state, late.is_ending), ("valid", False))
        self.assertIn(late, late.search([("state", "in", ("valid", "future"))]))

    def test_ends_soon(self):
        self.assertTrue(self._guarantee(valid_until=days(30)).is_ending)
        self.assertFalse(self._guarantee(valid_until=days(31)).is_ending)

    # -- cover -----------------------------------------------------------------
    def test_insurance_leaves_its_share_of_the_claim(self):
        """90 % of a claim of 2000 is 1800, however high the amount agreed is."""
        self._invoice(10, 2000)
        self._insurance(50000)
        cover = self._cover()
        self.assertEqual((cover.claim, cover.insured, cover.other), (2000, 1800, 0))
        self.assertEqual(cover.insured_ceiling, 45000)

    def test_blind_cover_gives_way_to_a_named_one(self):
        """5,000 blind, then 3,000 named: 90 % of 3,000, not of the sum."""
        self._invoice(10, 20000)
        self._insurance(5000, cover="blind")
        cover = self._cover()
        self.assertEqual((cover.insured, cover.blind_stop), (4500, 5000))
        dossier = self._dossier()
        self.assertIn("named one", dossier.guarantee_warning)
        named = self._insurance(3000)
        cover = self._cover()
        self.assertEqual((cover.insured, cover.insured_ceiling), (2700, 2700))
        self.assertFalse(cover.blind_stop)
        named.action_archive()
        self.assertEqual(self._cover().insured, 4500)

    def test_blind_cover_suffices_below_its_ceiling(self):
        self._invoice(10, 2000)
        self._insurance(5000, cover="blind")
        self.assertEqual((self._cover().insured, self._cover().blind_stop), (1800, 0))

    def test_an_item_is_declared_to_the_named_policy_only(self):
        self._invoice(55, 2000)
        self._insurance(5000, cover="blind")
        named = self._insurance(5000)
        self.assertEqual(self._raise().guarantee_id, named)

    def test_insured_part_of_a_limit_is_held_against_the_policies(self):
        self._invoice(10, 2000)
        limit = self.env["recouvrement.limit"].create(
            {
                "dossier_id": self._dossier().id,
                "amount": 20000,
                "insured_amount": 9001,
                "reason": "Contract",
            }
        )
        self.assertIn("at most", limit.insured_warning, "nothing is insured")
        self._insurance(10000)
        limit.invalidate_recordset()
        self.assertIn("9,000.00", limit.insured_warning)
        limit.insured_amount = 9000
        self.assertFalse(limit.insured_warning)
        limit.insured_amount = 0
        self.assertFalse(limit.insured_warning)

    def test_insurance_stops_at_its_amount(self):
        """The share of the amount agreed: 90 % of 1000."""
        self._invoice(10, 2000)
        self._insurance(1000)
        self.assertEqual(self._cover().insured, 900)

    def test_overlap_stops_at_the_claim(self):
        """1800 insured and 2000 of bank guarantee on 2000: 200 of the second."""
        self._invoice(10, 2000)
        insurance = self._insurance(50000)
        self._guarantee("bank", 3000)
        cover = self._cover()
        self.assertEqual((cover.insured, cover.other, cover.covered), (1800, 200, 2000))
        self.assertEqual(cover.ceiling, 48000)
        dossier = self._dossier()
        self.assertEqual(dossier.insured_amount, 1800)
        self.assertEqual(dossier.guaranteed_amount, 2000)
        for text in (dossier.guarantee_text, insurance.cover_text):
            self.assertIn("nothing counts beyond the claim", text)
            self.assertIn("48,000", text)

    def test_two_insurances_stop_at_the_claim(self):
        self._invoice(10, 2000)
        self._insurance()
        self._insurance()
        self.assertEqual(self._cover().insured, 2000)

    def test_claim_is_net_of_credits(self):
        self._invoice(10, 2000)
        self._unallocated(500)
        self._guarantee("deposit", 5000)
        self.assertEqual((self._cover().claim, self._cover().other), (1500, 1500))
        self._unallocated(5000)
        self.assertEqual(self._cover().claim, 0)
        self.assertEqual(self._cover().covered, 0)

    def test_contacts_belong_to_the_customer(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id}
        )
        self._invoice(10, 300, partner=contact)
        guarantee = self._guarantee(partner=contact)
        self.assertEqual(guarantee.partner_id, self.customer)
        self.assertEqual(self._cover().other, 300)

    def test_only_what_is_valid_covers(self):
        self._invoice(10, 2000)
        self._guarantee(valid_until=days(-1))
        self._guarantee(valid_from=days(1))
        self._guarantee().action_archive()
        cover = self._cover()
        self.assertEqual((cover.covered, cover.expired_count), (0, 1))
        self.assertEqual(self._dossier().guarantee_text, "No valid guarantee.")
        self.assertIn("1 guarantee(s) expired", self._dossier().guarantee_warning)
        self.assertEqual(self._cover(days(1)).other, 1000)

    def test_words_without_claim(self):
        self._guarantee("title", 700)
        self.assertIn("Nothing is open", self._dossier().guarantee_text)
        self.assertIn("700", self._dossier().guarantee_text)
        self.assertFalse(self._dossier().guarantee_warning)

    def test_other_company_does_not_count(self):
        self._invoice(10, 2000)
        other = self.setup_other_company()["company"]
        self.env.user.sudo().company_ids |= other
        guarantee = self._guarantee(company_id=other.id)
        self.assertEqual(guarantee.company_id, other)
        self.assertEqual(guarantee.dossier_id.company_id, other)
        self.assertEqual(self._cover().covered, 0)

    def test_no_dossier_no_query(self):
        nothing = self.env["recouvrement.dossier"]
        self.assertEqual(self.Guarantee._covered(nothing), {})
        self.assertEqual(Cover().covered, 0)

    def test_fixed_number_of_queries(self):
        counts = []
        for number in (2, 12):
            for index in range(number):
                partner = self._create_customer(f"Many{number}-{index}")
                self._invoice(3, partner=partner)
                self._guarantee(partner=partner)
                self._insurance(partner=partner)
            self.env.flush_all()
            self.env.invalidate_all()
            dossiers = self.env["recouvrement.dossier"].search([])
            before = self.env.cr.sql_log_count
            self.assertGreater(sum(dossiers.mapped("insured_amount")), 0)
            dossiers.mapped("guarantee_text")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_alerts_read_in_a_fixed_number_of_queries(self):
        counts = []
        for number in (2, 12):
            for index in range(number):
                partner = self._create_customer(f"Told{number}-{index}")
                insurer = self._create_customer(f"Insurer{number}-{index}")
                self._invoice(52, partner=partner)
                self._insurance(partner=partner, insurer_id=insurer.id)
            self.env.flush_all()
            self.env.invalidate_all()
            rows = self.Alert._declarations(self.company, TODAY)
            self.assertEqual(len(rows), number)
            before = self.env.cr.sql_log_count
            self._raise()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 2, counts)

    # -- currencies --------------------------------------------------------------
    def test_foreign_currency_at_todays_rate(self):
        currency = self._currency(rate=4)
        self._invoice(10, 2000)
        guarantee = self._guarantee(amount=1000, currency_id=currency.id)
        self.assertEqual(guarantee.amount_company, 250)
        self.assertEqual(self._cover().other, 250)
        self.env["res.currency.rate"].sudo().create(
            {
                "name": TODAY,
                "rate": 5,
                "currency_id": currency.id,
                "company_id": self.company.id,
            }
        )
        self.env.invalidate_all()
        self.assertEqual(guarantee.amount_company, 200)
        self.assertEqual(self._cover(days(-1)).other, 250)

    def test_currency_without_rate(self):
        currency = self._currency()
        with self.assertRaisesRegex(ValidationError, "XZZ has no exchange rate"):
            self._guarantee(currency_id=currency.id)

    def test_rate_that_disappears_is_told(self):
        currency = self._currency(rate=4)
        self._invoice(10, 2000)
        guarantee = self._guarantee(currency_id=currency.id)
        currency.sudo().rate_ids.unlink()
        self.env.invalidate_all()
        self.assertFalse(guarantee.has_rate)
        self.assertEqual(self._cover().unrated, ("XZZ",))
        self.assertIn("No exchange rate for XZZ", self._dossier().guarantee_warning)

    # -- bad input -----------------------------------------------------------------
    def test_clear_refusals(self):
        for message, vals in (
            ("before it starts", {"valid_until": days(-201)}),
            ("above zero", {"amount": 0}),
            ("above zero", {"amount": -5}),
            ("ten billion", {"amount": 10**10 + 1}),
            ("between 0 and 100", {"quota": 101}),
            ("between 0 and 100", {"quota": -1}),
            ("has no insurer", {"kind": "insurance"}),
            ("number of days", {"declaration_days": -1}),
            ("number of days", {"declaration_days": 99999}),
        ):
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                self._guarantee(**vals)
        guarantee = self._guarantee()
        with self.assertRaisesRegex(UserError, "Bank guarantee · Menuiserie Vasseur"):
            guarantee.amount = -1

    def test_needs_a_customer_that_is_not_archived(self):
        with self.assertRaisesRegex(UserError, "Choose the customer"):
            self.Guarantee.create({"kind": "bank", "amount": 1, "valid_from": TODAY})
        self.customer.active = False
        with self.assertRaisesRegex(ValidationError, "is archived"):
            self._guarantee()

    def test_customer_and_dossier_agree(self):
        other = self._guarantee(partner=self._create_customer("Autre SARL"))
        with self.assertRaisesRegex(ValidationError, "choose one of them"):
            self._guarantee(dossier_id=other.dossier_id.id)
        with self.assertRaisesRegex(AccessError, "stays with its customer"):
            other.partner_id = self.customer

    # -- life of the dossier --------------------------------------------------------
    def test_opens_the_dossier_once(self):
        self.assertFalse(
            self.env["recouvrement.dossier"].search(
                [("partner_id", "=", self.customer.id)]
            )
        )
        first, second = self._guarantee(), self._guarantee()
        self.assertTrue(first.dossier_id)
        self.assertEqual(first.dossier_id, second.dossier_id)
        self.assertEqual(first.currency_id, self.company.currency_id)

    def test_recorded_on_screen(self):
        with Form(self.Guarantee.with_user(self.manager)) as form:
            form.partner_id = self.customer
            form.kind = "insurance"
            form.insurer_id = self.insurer
            form.amount = 500
            form.valid_from = TODAY
        self.assertEqual(form.record.partner_id, self.customer)
        dossier = self._dossier() or form.record.dossier_id
        with Form(dossier.with_user(self.manager)) as form:
            with form.guarantee_ids.new() as line:
                line.kind = "deposit"
                line.amount = 300
                line.valid_from = TODAY
        self.assertEqual(dossier.guarantee_ids.mapped("partner_id"), self.customer)
        self.assertEqual(len(dossier.guarantee_ids), 2)

    def test_dossier_with_guarantees_stays(self):
        guarantee = self._guarantee()
        guarantee.action_archive()
        dossier = guarantee.dossier_id
        with self.assertRaisesRegex(UserError, "has guarantees"):
            dossier.sudo().unlink()
        guarantee.unlink()
        dossier.sudo().unlink()

    def test_merged_customers_keep_their_guarantees(self):
        twin = self._create_customer("Menuiserie bis")
        self._invoice(10, 2000)
        mine = self._guarantee(amount=100)
        theirs = self._guarantee(partner=twin, amount=200)
        theirs.action_archive()
        active = self._guarantee(partner=twin, amount=400)
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer | twin).ids, self.customer
        )
        self.env.invalidate_all()
        everything = mine | theirs | active
        self.assertEqual(everything.dossier_id, self._dossier())
        self.assertEqual(everything.partner_id, self.customer)
        self.assertEqual(self._cover().other, 500)

    def test_merged_without_dossier_of_the_other(self):
        twin = self._create_customer("Menuiserie bis")
        guarantee = self._guarantee(partner=twin)
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer | twin).ids, self.customer
        )
        self.env.invalidate_all()
        self.assertEqual(guarantee.partner_id, self.customer)
        self.assertEqual(guarantee.dossier_id.partner_id, self.customer)

    # -- alerts: ends ---------------------------------------------------------------
    def test_end_is_told_thirty_days_before_and_once(self):
        guarantee = self._guarantee(valid_until=days(30), reference="BG-77")
        self._cron(days(-1))
        self.assertFalse(self._activities())
        self._cron()
        self._cron()
        self._cron(days(40))
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.date_deadline, days(30))
        self.assertIn("Bank guarantee ends on 04/16/2026", activity.summary)
        self.assertIn("BG-77", activity.note)
        self.assertEqual(guarantee.alert_ids.user_id, self.manager)
        self.assertEqual(guarantee.alert_ids.display_name, "End of the guarantee")

    def test_a_new_end_closes_the_alert_and_gets_its_own(self):
        guarantee = self._guarantee(valid_until=days(10))
        self._cron()
        guarantee.valid_until = days(100)
        self.assertFalse(self._activities())
        self._cron()
        self.assertFalse(self._activities())
        self._cron(days(80))
        self.assertEqual(self._activities().date_deadline, days(100))
        guarantee.action_archive()
        self.assertFalse(self._activities())

    def test_end_missed_lately_is_told_old_ones_are_not(self):
        self._guarantee(valid_until=days(-5))
        self._guarantee(valid_until=days(-60))
        self._cron()
        self.assertEqual(self._activities().date_deadline, days(-5))
        self.assertIn("ended on", self._activities().summary)

    # -- alerts: declarations ---------------------------------------------------------
    def test_declaration_ten_days_before_in_one_activity(self):
        """Deadline of 60 days: told 50 days after the due date."""
        self._insurance(policy_number="P-42")
        first, second = self._invoice(50, 1200), self._invoice(55, 300)
        young = self._invoice(49, 100)
        self._cron()
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.date_deadline, days(5))
        self.assertIn("2 unpaid item(s)", activity.summary)
        for text in (first.name, second.name, "1,200", "300", "P-42", "03/27/2026"):
            self.assertIn(text, activity.note)
        self.assertNotIn(young.name, activity.note)
        self._cron()
        self.assertEqual(self._activities(), activity)
        self._cron(days(1))
        later = self._activities() - activity
        self.assertEqual(len(later), 1)
        self.assertIn(young.name, later.note)
        self.assertNotIn(first.name, later.note)

    def test_what_need_not_be_declared(self):
        self._insurance(valid_from=days(-85), valid_until=days(200))
        self._insurance(declaration_days=0)
        self._insurance().action_archive()
        self._guarantee("bank")
        self._pay(self._invoice(54))
        self._invoice(-5)
        self._credit_note(50)
        self._invoice(56)  # invoiced 86 days ago, the day before the cover
        self._cron()
        self.assertFalse(self._activities())

    def test_invoiced_under_a_cover_since_ended(self):
        self._insurance(valid_until=days(-60))
        self._invoice(52)
        self._cron()
        self.assertIn("declare", self._activities().summary)

    def test_blocked_items_are_declared(self):
        self._insurance()
        self._invoice(52).action_toggle_block_payment()
        self._cron()
        self.assertEqual(len(self._activities()), 1)

    def test_missed_deadline_is_said(self):
        self._insurance()
        self._invoice(80)
        self._cron()
        self.assertIn("the deadline was", self._activities().note)
        self.assertEqual(self._activities().date_deadline, days(-20))

    def test_item_under_two_policies_is_told_for_each(self):
        self._insurance(policy_number="P-1")
        self._insurance(policy_number="P-2")
        self._invoice(52)
        self._cron()
        note = self._activities().note
        self.assertIn("1 unpaid item(s)", self._activities().summary)
        self.assertIn("P-1", note)
        self.assertIn("P-2", note)

    def test_paid_items_end_the_activity(self):
        self._insurance()
        paid, other = self._invoice(52), self._invoice(53)
        self._cron()
        self._pay(paid)
        self._cron()
        self.assertTrue(self._activities(), "one is left")
        self._pay(other)
        self._cron()
        self.assertFalse(self._activities())

    def test_the_schema_refuses_a_second_alert(self):
        self._guarantee(valid_until=days(10))
        self._cron()
        alert = self.Alert.search([("guarantee_id.partner_id", "=", self.customer.id)])
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            alert.copy({"date": TODAY, "deadline": alert.deadline})

    def test_collector_when_there_is_no_manager(self):
        self.company.sudo().recouvrement_manager_id = False
        guarantee = self._guarantee(valid_until=days(10))
        guarantee.dossier_id.collector_id = self.collector
        self._cron()
        self.assertEqual(self._activities().user_id, self.collector)

    def test_former_users_are_not_told(self):
        self.manager.sudo().active = False
        guarantee = self._guarantee(valid_until=days(10))
        guarantee.dossier_id.collector_id = self.collector
        self._cron()
        self.assertEqual(self._activities().user_id, self.collector)

    def test_nobody_to_tell_is_loud_and_tried_again(self):
        company = self.company.sudo()
        company.recouvrement_manager_id = company.recouvrement_collector_id = False
        guarantee = self._guarantee(valid_until=days(10))
        logger = "odoo.addons.recouvrement_amiable.models.recouvrement_guarantee_alert"
        with self.assertLogs(logger, "WARNING") as logs:
            self._cron()
        self.assertIn("nobody to alert", logs.output[0])
        self.assertTrue(guarantee.alert_unassigned)
        self.assertFalse(guarantee.alert_ids)
        company.recouvrement_manager_id = self.manager
        self._cron()
        self.assertFalse(guarantee.alert_unassigned)
        self.assertEqual(self._activities().user_id, self.manager)

    # -- rights ----------------------------------------------------------------------
    def test_rights(self):
        guarantee = self._insurance(valid_until=days(10))
        self._cron()
        alert = guarantee.alert_ids
        for record in (guarantee, alert):
            with self.assertRaises(AccessError):
                record.with_user(self.reader).read(["company_id"])
        self.customer.sudo().user_id = self.reader
        for user in (self.reader, self.collector, self.manager):
            self.assertEqual(guarantee.with_user(user).amount, 10000)
            self.assertEqual(guarantee.with_user(user).alert_ids.deadline, days(10))
            self.assertIn("guarantees of", guarantee.with_user(user).cover_text)
        guarantee.dossier_id.collector_id = self.manager
        with self.assertRaises(AccessError):
            guarantee.with_user(self.collector).read(["amount"])
        guarantee.dossier_id.collector_id = False
        for user in (self.reader, self.collector):
            with self.assertRaises(AccessError):
                guarantee.with_user(user).write({"amount": 1})
            with self.assertRaises(AccessError):
                guarantee.with_user(user).unlink()
            with self.assertRaises(AccessError):
                guarantee.with_user(user).copy({"partner_id": self.customer.id})
        guarantee.with_user(self.manager).write({"amount": 5})
        with self.assertRaises(AccessError):
            alert.with_user(self.manager).write({"deadline": TODAY})

    def test_other_companies_are_not_seen(self):
        guarantee = self._guarantee()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="base.group_user,recouvrement_amiable.group_credit_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.Guarantee.with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            guarantee.with_user(stranger).read(["amount"])
