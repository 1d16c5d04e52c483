# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Exposure, credit groups, limits asked for and decided."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestLimit(RecouvrementCommon):
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

    def row(self, partner=None):
        self.env.flush_all()
        dossier = self._dossier(partner)
        return self.env["recouvrement.exposure"]._of(dossier)[dossier.id]

    def ask(self, amount, user=None, partner=None, **values):
        return (
            self.env["recouvrement.limit"]
            .with_user(user or self.manager)
            .create(
                dict(
                    {
                        "dossier_id": self._dossier(partner).id,
                        "amount": amount,
                        "reason": "Yearly contract",
                    },
                    **values,
                )
            )
        )

    def approve(self, amount, **values):
        limit = self.ask(amount, **values)
        limit.action_approve()
        return limit

    # -- exposure ------------------------------------------------------------
    def test_by_nature(self):
        self._invoice(10, 1000)
        self._invoice(-10, 500)
        self._credit_note(200)
        self._unallocated(50)
        draft = self._invoice(-20, 70)
        draft.button_draft()
        row = self.row()
        self.assertEqual(row["amount_open"], 1500)
        self.assertEqual((row["amount_overdue"], row["days_late"]), (1000, 10))
        self.assertEqual(row["amount_credit"], 250)
        self.assertEqual(row["amount_draft"], 70)
        self.assertEqual(row["exposure"], 1500 - 250 + 70)
        self.assertFalse(row["has_limit"])
        self.assertFalse(row["is_over"])

    def test_a_draft_credit_note_lowers_nothing(self):
        """Nobody granted it yet; posted, it counts."""
        self._invoice(10, 1000)
        credit = self._invoice(0, 300, move_type="out_refund", post=False)
        self.assertEqual(self.row()["exposure"], 1000)
        credit.action_post()
        self.assertEqual(self.row()["exposure"], 700)

    def test_child_contacts_count_with_the_customer(self):
        child = self.env["res.partner"].create(
            {"name": "Site", "parent_id": self.customer.id, "type": "invoice"}
        )
        self._invoice(5, 300, child)
        self._invoice(5, 200)
        self.assertEqual(self.row()["exposure"], 500)

    def test_foreign_currency_is_in_company_currency(self):
        foreign = self.setup_other_currency("GBP", rates=[("2016-01-01", 2.0)])
        self._invoice(5, 1000, currency_id=foreign.id)
        self.assertEqual(self.row()["exposure"], 500)

    def test_group_shares_one_limit(self):
        sister = self._create_customer("Vasseur Bois")
        sister.recouvrement_head_id = self.customer
        self._invoice(5, 700)
        self._invoice(5, 600, sister)
        self._dossier(sister)
        self.approve(1000)
        for partner in (self.customer, sister):
            row = self.row(partner)
            self.assertEqual(row["group_exposure"], 1300)
            self.assertEqual((row["limit_amount"], row["is_over"]), (1000, True))
        self.assertEqual(self.row(sister)["exposure"], 600)

    def test_groups_have_one_head(self):
        sister, third = self._create_customer("Two"), self._create_customer("Three")
        sister.recouvrement_head_id = self.customer
        for partner, head in (
            (third, sister),
            (self.customer, third),
            (third, third),
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                partner.recouvrement_head_id = head

    def test_leaving_a_group_is_a_decision_too(self):
        """Else a subsidiary would be without limit."""
        sister = self._create_customer("Vasseur Bois")
        sister.recouvrement_head_id = self.customer
        for user in (self.collector, self.reader):
            user.sudo().group_ids += self.env.ref("base.group_partner_manager")
            theirs = sister.with_user(user)
            with self.assertRaisesRegex(AccessError, "takes it out"):
                theirs.write({"recouvrement_head_id": False})
            theirs.write({"recouvrement_head_id": self.customer.id})  # no change
        self.manager.sudo().group_ids += self.env.ref("base.group_partner_manager")
        self.cr.flush()  # what is only just made is not tracked
        followed = sister.with_user(self.manager).with_context(
            tracking_disable=False, mail_notrack=False
        )
        followed.recouvrement_head_id = False
        self.cr.flush()
        self.env.invalidate_all()
        tracked = sister.sudo().message_ids.tracking_value_ids
        self.assertIn("recouvrement_head_id", tracked.field_id.mapped("name"))

    def test_companies_apart_or_pooled(self):
        other = self.setup_other_company()["company"]
        self._invoice(5, 400)
        self._invoice(5, 250, company=other)
        self._dossier(company=other)
        self.assertEqual(self.row()["group_exposure"], 400)
        if other.currency_id != self.company.currency_id:
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self.company.sudo().recouvrement_exposure_pooled = True
            other.currency_id.rate_ids = [Command.create({"name": TODAY, "rate": 2})]
        self.company.sudo().recouvrement_exposure_pooled = True
        row = self.row()
        self.assertGreater(row["group_exposure"], 400)
        self.assertEqual(row["exposure"], 400)

    def test_a_list_costs_the_same_whatever_its_length(self):
        counts = []
        for size in (1, 2, 15):
            partners = self.env["res.partner"]
            for number in range(size):
                partner = self._create_customer(f"C{size} {number}")
                self._invoice(5, 100, partner)
                partners |= partner
            self._dossier(partners)
            self.env.flush_all()
            self.env.invalidate_all()
            # an environment may still know its company, or read it again
            self.assertTrue(self.env.user.company_id)
            before = self.env.cr.sql_log_count
            partners.read(
                [
                    "recouvrement_risk_class",
                    "recouvrement_score_value",
                    "recouvrement_exposure",
                    "recouvrement_limit",
                ]
            )
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts[1:], "the first one is for warming up")

    # -- limits -----------------------------------------------------------------
    def test_approval_sets_the_limit_of_odoo(self):
        self._invoice(5, 1500)
        limit = self.approve(1000, valid_until=TODAY + timedelta(days=30))
        customer = self.customer.with_company(self.company)
        self.assertEqual(customer.credit_limit, 1000)
        self.assertEqual((limit.state, limit.decided_by), ("approved", self.manager))
        dossier = self._dossier()
        self.assertTrue(dossier.is_over_limit)
        self.assertEqual(dossier.limit_left, -500)
        self.assertIn("Over the limit", dossier.limit_text)
        second = self.approve(3000)
        self.assertEqual((limit.state, second.previous_amount), ("replaced", 1000))
        self.assertFalse(self._dossier().is_over_limit)

    def test_over_limit_can_be_searched(self):
        self._invoice(5, 1500)
        dossier = self._dossier()
        self.approve(1000)
        Dossier = self.env["recouvrement.dossier"]
        self.assertIn(dossier, Dossier.search([("is_over_limit", "=", True)]))
        self.assertNotIn(dossier, Dossier.search([("is_over_limit", "=", False)]))

    def test_an_ended_limit_is_none(self):
        self._invoice(5, 100)
        self.approve(1000, valid_until=TODAY)
        self.assertFalse(self.row()["is_over"])
        dossier = self._dossier().with_context(
            recouvrement_day=str(TODAY + timedelta(days=1))
        )
        row = dossier.env["recouvrement.exposure"]._of(dossier)[dossier.id]
        self.assertTrue(row["limit_expired"] and row["is_over"])

    def test_no_credit_at_all(self):
        self._invoice(5, 1)
        self.approve(0)
        row = self.row()
        self.assertTrue(row["has_limit"] and row["is_over"])
        self.assertIn("payment with the order", self._dossier().limit_text)

    def test_who_may_decide(self):
        self._invoice(5, 100)
        self.customer.sudo().user_id = self.reader
        asked = self.ask(500, self.reader)
        self.assertEqual(asked.state, "asked")
        with self.assertRaises(AccessError):
            asked.with_user(self.reader).action_approve()
        with self.assertRaisesRegex(AccessError, "credit manager"):
            asked.with_user(self.collector).action_approve()
        self.company.sudo().recouvrement_limit_collector = 500
        asked.with_user(self.collector).action_approve()
        self.assertEqual(asked.state, "approved")
        with self.assertRaises(UserError):
            asked.with_user(self.manager).write({"amount": 1})
        with self.assertRaises(AccessError):
            self._dossier().with_user(self.manager).write({"no_credit": True})

    def test_a_refusal_says_why(self):
        self._invoice(5, 100)
        limit = self.ask(900)
        with self.assertRaisesRegex(UserError, "Say why"):
            limit.action_refuse()
        limit.decision = "Two returned cheques in May"
        limit.action_refuse()
        self.assertEqual(limit.state, "refused")
        with self.assertRaises(UserError):
            limit.decision = "Other"

    def test_share_of_the_limit(self):
        self._invoice(5, 900)
        self.approve(1200)
        self.env.invalidate_all()
        self.assertEqual(self._dossier().limit_share, 75)

    def test_bad_amounts(self):
        self._invoice(5, 100)
        for values in (
            {"amount": -1},
            {"amount": 10**12},
            {"amount": 100, "insured_amount": 200},
            {"amount": 100, "insured_amount": -5},
            {"amount": 100, "valid_until": TODAY - timedelta(days=1)},
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self.ask(**values)

    def test_recommended_limit_by_hand(self):
        """36,500 a year, 30 days of terms, unrated: 36500/365*30*0.5 = 1,500."""
        self._invoice(-10, 36500)
        dossier = self._dossier()
        self.assertEqual(dossier.limit_recommended, 1500)
        self.assertIn("30 days", dossier.limit_reasoning)

    # -- alerts -----------------------------------------------------------------
    def alert(self, day):
        limits = self.env["recouvrement.limit"].sudo()
        limits.with_context(recouvrement_day=str(day))._cron_alert()
        self.env.invalidate_all()
        return self._dossier().sudo().activity_ids

    def test_a_review_is_told_once_two_weeks_before(self):
        self.company.sudo().recouvrement_manager_id = self.manager
        self._invoice(5, 100)
        review = TODAY + timedelta(days=20)
        self.approve(1000, review_on=review)
        self.assertFalse(self.alert(review - timedelta(days=15)))
        told = self.alert(review - timedelta(days=14))
        self.assertEqual((told.user_id, told.date_deadline), (self.manager, review))
        self.assertIn("04/06/2026", told.summary)
        self.assertEqual(self.alert(review), told, "once")

    def test_the_end_of_a_limit_is_told_before_and_after(self):
        self.company.sudo().recouvrement_manager_id = self.manager
        self._invoice(5, 100)
        end = TODAY + timedelta(days=60)
        limit = self.approve(1000, valid_until=end)
        self.assertFalse(self.alert(end - timedelta(days=15)))
        soon = self.alert(end - timedelta(days=14))
        self.assertIn("ends on", soon.summary)
        self.assertEqual(self.alert(end), soon, "it still holds that day")
        ended = self.alert(end + timedelta(days=1))
        self.assertEqual(len(ended), 1, "the first activity is over")
        self.assertIn("ended on", ended.summary)
        self.assertEqual(self.alert(end + timedelta(days=2)), ended)
        second = self.approve(2000)
        self.assertFalse(self._dossier().sudo().activity_ids, "nothing left to do")
        self.assertEqual((limit.state, second.state), ("replaced", "approved"))

    def test_an_alert_waits_for_a_reader(self):
        company = self.company.sudo()
        company.write(
            {"recouvrement_manager_id": False, "recouvrement_collector_id": False}
        )
        self._invoice(5, 100)
        self.approve(1000, review_on=TODAY)
        with self.assertLogs("odoo.addons.recouvrement_amiable", "WARNING"):
            self.assertFalse(self.alert(TODAY))
        company.recouvrement_manager_id = self.manager
        self.assertEqual(self.alert(TODAY).user_id, self.manager)

    # -- typed past the request ------------------------------------------------
    def invoicing_user(self):
        return new_test_user(
            self.env,
            "invoicing",
            groups="base.group_user,base.group_partner_manager,"
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def type_limit(self, user, amount):
        customer = self.customer.with_user(user).with_company(self.company)
        customer.write({"credit_limit": amount})
        return self.env["recouvrement.limit"].search(
            [("dossier_id", "=", self._dossier().id)], limit=1
        )

    def test_a_typed_limit_is_put_before_a_manager(self):
        self.company.sudo().recouvrement_manager_id = self.manager
        self._invoice(5, 100)
        first = self.approve(1000)
        user = self.invoicing_user()
        limit = self.type_limit(user, 5000)
        self.assertEqual((limit.state, limit.typed), ("asked", True))
        self.assertEqual((limit.previous_amount, limit.amount), (1000, 5000))
        self.assertEqual(first.state, "approved")
        dossier = self._dossier().sudo()
        self.assertIn(user.name, str(dossier.message_ids.mapped("body")))
        self.assertIn(self.manager, dossier.activity_ids.user_id)
        again = self.type_limit(user, 6000)
        self.assertEqual((again, again.amount), (limit, 6000))
        limit.with_user(self.manager).write({"decision": "Never agreed"})
        limit.with_user(self.manager).action_refuse()
        customer = self.customer.with_company(self.company)
        self.assertEqual((limit.state, customer.credit_limit), ("refused", 1000))
        typed = self.type_limit(user, 7000)
        self.assertEqual(self.type_limit(user, 1000), limit, "put right")
        self.assertFalse(typed.exists())
        typed = self.type_limit(user, 7000)
        agreed = self.approve(8000)
        self.assertEqual((typed.state, agreed.state), ("replaced", "approved"))
        self.assertEqual(customer.credit_limit, 8000)

    def test_a_manager_who_types_has_decided(self):
        self.manager.sudo().group_ids += self.env.ref("account.group_account_invoice")
        self.manager.sudo().group_ids += self.env.ref("base.group_partner_manager")
        self._invoice(5, 100)
        self.approve(0)
        limit = self.type_limit(self.manager, 3000)
        self.assertEqual((limit.state, limit.decided_by), ("approved", self.manager))
        self.assertFalse(self._dossier().no_credit)
        self.type_limit(self.manager, 0)
        self.assertEqual(limit.state, "replaced")
        self.assertFalse(self.row()["has_limit"])

    def test_typing_the_same_or_a_negative_limit(self):
        user = self.invoicing_user()
        self._invoice(5, 100)
        self.approve(1000)
        self.assertEqual(self.type_limit(user, 1000).state, "approved")
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.type_limit(user, -5)
        partner = (
            self.env["res.partner"]
            .with_company(self.company)
            .create({"name": "Imported", "is_company": True, "credit_limit": 70})
        )
        limit = self.env["recouvrement.limit"].search([("typed", "=", True)])
        self.assertEqual((limit.partner_id, limit.amount), (partner, 70))

    def test_a_limit_that_is_removed_is_put_before_a_manager(self):
        """A typed 0 is no limit at all: more than any amount."""
        self.company.sudo().recouvrement_limit_collector = 9999
        self._invoice(5, 100)
        first = self.approve(1000)
        limit = self.type_limit(self.invoicing_user(), 0)
        self.assertNotEqual(limit, first)
        self.assertEqual((limit.state, limit.amount, limit.typed), ("asked", 0, True))
        self.assertFalse(self.row()["has_limit"])
        with self.assertRaisesRegex(AccessError, "without limit"):
            limit.with_user(self.collector).action_approve()
        with self.assertRaisesRegex(UserError, "approve it or refuse"):
            limit.with_user(self.collector).unlink()
        limit.with_user(self.manager).write({"decision": "Never agreed"})
        limit.with_user(self.manager).action_refuse()
        self.assertEqual(self.row()["limit_amount"], 1000)

    def test_a_manager_may_leave_a_customer_without_limit(self):
        self._invoice(5, 100)
        first = self.approve(1000)
        limit = self.type_limit(self.invoicing_user(), 0)
        limit.with_user(self.manager).action_approve()
        self.assertEqual((first.state, limit.decided_by), ("replaced", self.manager))
        self.assertFalse(self._dossier().no_credit)
        self.assertFalse(self.row()["has_limit"])

    def test_a_context_key_decides_nothing(self):
        self._invoice(5, 100)
        self.approve(1000)
        customer = self.customer.with_user(self.invoicing_user())
        customer = customer.with_company(self.company)
        customer.with_context(recouvrement_decided=True).credit_limit = 50000
        limit = self._dossier().limit_ids[:1]
        self.assertEqual((limit.amount, limit.state), (50000, "asked"))

    def test_other_writes_on_customers_cost_nothing(self):
        customer = self.customer.with_user(self.invoicing_user())
        counts = []
        for name in ("One", "Two", "Three"):
            before = self.env.cr.sql_log_count
            customer.write({"comment": name})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[-1], 1, "the write itself")

    def test_nobody_approves_by_creating(self):
        """Whatever an RPC call writes, a request is only a request."""
        self._invoice(5, 100)
        self.customer.sudo().user_id = self.reader
        for user in (self.reader, self.collector, self.manager):
            limit = self.ask(
                500,
                user,
                state="approved",
                decided_by=user.id,
                decided_on=TODAY,
                typed=True,
            )
            self.assertEqual(
                (limit.state, limit.decided_by.id, limit.typed), ("asked", False, False)
            )
        limit = limit.with_context(default_state="approved").create(
            {"dossier_id": self._dossier().id, "amount": 9, "reason": "Sneaked in"}
        )
        self.assertEqual(limit.state, "asked")
        self.assertFalse(self.row()["has_limit"])
        with self.assertRaises(AccessError):
            limit.with_user(self.collector).write({"state": "approved"})
        with self.assertRaises(AccessError):
            limit.with_user(self.collector).action_approve()

    # -- merged customers -------------------------------------------------------
    def merge(self, twin):
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer | twin).ids, self.customer
        )
        self.env.invalidate_all()
        return self._dossier().sudo()

    def test_a_merge_keeps_what_was_decided(self):
        twin = self._create_customer("Menuiserie bis")
        self._invoice(5, 100)
        self._invoice(5, 200, twin)
        end = TODAY + timedelta(days=90)
        theirs = self.approve(4000, partner=twin, valid_until=end)
        other = self._dossier(twin).sudo()
        other.write({"is_stopped": True, "stop_reason": "Cheques bounced"})
        other._decide_class("D", "Two returned cheques", end)
        score = self.env["recouvrement.score"].sudo()
        for dossier, age in ((other, 0), (other, 1), (self._dossier(), 0)):
            score.create(
                {
                    "dossier_id": dossier.id,
                    "company_id": self.company.id,
                    "date": TODAY - timedelta(days=age),
                    "risk_class": "B",
                }
            )
        dossier = self.merge(twin)
        self.assertEqual(len(dossier), 1)
        self.assertEqual((theirs.dossier_id, theirs.state), (dossier, "approved"))
        self.assertEqual((dossier.limit_amount, dossier.limit_until), (4000, end))
        self.assertEqual(dossier.stop_reason, "Cheques bounced")
        self.assertEqual((dossier.class_choice, dossier.risk_class), ("D", "D"))
        self.assertEqual(len(dossier.score_ids), 2, "one a day")
        self.assertEqual(dossier.limit_ids, theirs, "nothing was typed")

    def test_one_limit_survives_a_merge(self):
        """That of who stays; no credit wins over any amount."""
        for amount, kept in ((4000, 1000), (0, 0)):
            with self.subTest(amount=amount):
                twin = self._create_customer("Menuiserie bis")
                self._invoice(5, 100)
                self._invoice(5, 200, twin)
                self.approve(1000)
                self.approve(amount, partner=twin)
                dossier = self.merge(twin)
                approved = dossier.limit_ids.filtered(lambda x: x.state == "approved")
                self.assertEqual(approved.mapped("amount"), [kept])
                row = self.row()
                self.assertEqual((row["limit_amount"], row["has_limit"]), (kept, True))

    # -- the customer's own eyes -------------------------------------------------
    def test_portal_users_see_nothing_of_it(self):
        move = self._invoice(5, 100)
        self.approve(1000)
        portal = new_test_user(self.env, "debtor", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        move.message_subscribe(portal.partner_id.ids)
        self.assertEqual(move.with_user(portal).name, move.name)
        for record, names in (
            (move, ("recouvrement_situation", "recouvrement_expected_text")),
            (
                self.customer,
                ("recouvrement_risk_class", "recouvrement_limit", "credit_limit"),
            ),
        ):
            for name in names:
                with self.assertRaises(AccessError):
                    record.with_user(portal).read([name])
        for model in (
            "recouvrement.dossier",
            "recouvrement.exposure",
            "recouvrement.guarantee",
            "recouvrement.limit",
            "recouvrement.open.item",
            "recouvrement.release",
            "recouvrement.score",
            "recouvrement.stop",
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(portal).search([])

    def test_anybody_may_copy_a_customer(self):
        user = new_test_user(
            self.env, "contacts", groups="base.group_user,base.group_partner_manager"
        )
        copy = self.customer.with_user(user).copy()
        self.assertTrue(copy)
