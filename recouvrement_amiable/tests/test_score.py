# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Scores of real customers: reconciliations in, dated records and classes out."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from ..analytics.behaviour import behaviour
from ..models.score_refresh import ScoreRefresh
from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestScore(RecouvrementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager, cls.collector, cls.reader = (
            new_test_user(
                cls.env,
                login=group,
                groups=f"base.group_user,recouvrement_amiable.{group}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for group in ("group_credit_manager", "group_collector", "group_reader")
        )

    def refresh(self, partner=None, company=None, day=TODAY):
        company = (company or self.company).sudo()
        refresh = ScoreRefresh(self.env["base"].sudo().env, company, day)
        refresh.run(partner)
        self.env.invalidate_all()
        return refresh

    def items(self, partner=None):
        partner = partner or self.customer
        return self.refresh().items_of(partner.ids)[partner.id]

    def score(self, partner=None):
        self.refresh()
        return self._dossier(partner).sudo().score_id

    def late_payer(self, partner=None, count=8, late=12):
        """Invoices paid late one after the other."""
        for number in range(count):
            age = 60 + 25 * number
            self._pay(self._invoice(age, 500, partner), days_ago=age - late)

    # -- what is read from the ledger ----------------------------------------
    def test_paid_on_the_day_of_the_payment(self):
        """Neither the day of the matching nor that of the invoice."""
        self._pay(self._invoice(40, 300), days_ago=33)
        (item,) = self.items()
        self.assertEqual(item.due, (TODAY - timedelta(days=40)).toordinal())
        self.assertEqual(item.paid - item.due, 7)
        self.assertEqual(item.amount, 300)

    def test_partial_payments_count_when_the_last_comes(self):
        invoice = self._invoice(50, 100)
        self._pay(invoice, 60, days_ago=55)
        (item,) = self.items()
        self.assertIsNone(item.paid)
        self._pay(invoice, days_ago=30)
        (item,) = self.items()
        self.assertEqual(item.paid - item.due, 20)

    def test_credit_notes_are_no_payments(self):
        whole, part = self._invoice(40, 100), self._invoice(30, 100)
        for move, amount in ((whole, 100), (part, 40)):
            credit = self._credit_note(amount)
            (move + credit).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            ).reconcile()
        (item,) = self.items()
        self.assertEqual((item.amount, item.paid), (60, None))

    def test_contested_invoices_do_not_count(self):
        self._invoice(40).action_toggle_block_payment()
        self.assertFalse(self.items())

    def test_each_instalment_by_itself(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 40)
                ],
            }
        )
        self._invoice(
            60,
            200,
            invoice_payment_term_id=term.id,
            invoice_date=TODAY - timedelta(days=90),
            invoice_date_due=False,
        )
        dues = sorted(TODAY.toordinal() - item.due for item in self.items())
        self.assertEqual(dues, [50, 90])

    def test_payments_of_today_are_not_seen(self):
        self._pay(self._invoice(5), days_ago=0)
        (item,) = self.items()
        self.assertIsNone(item.paid)

    def test_child_contacts_belong_to_the_customer(self):
        child = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id, "type": "invoice"}
        )
        self._pay(self._invoice(40, partner=child), days_ago=38)
        self.assertEqual(len(self.items()), 1)

    def test_portfolio_counts_as_in_python(self):
        """The sums of PostgreSQL are those of the plain functions."""
        self.late_payer(count=4)
        self._invoice(15)
        refresh = self.refresh()
        partners = self.env["res.partner"].search([])
        for tolerance in (0, 5, 30):
            counted = refresh.portfolio(tolerance)
            everything = [
                item
                for items in refresh.items_of(partners.ids).values()
                for item in items
            ]
            plain = refresh.history(tolerance, 10**6)._own_portfolio()
            today = TODAY.toordinal()
            known = [i for i in everything if i.known_from(tolerance) <= today]
            totals = [sum(x) for x in zip(*counted.counts.values(), strict=True)]
            self.assertEqual(totals[0], len(known))
            self.assertEqual(totals[1], sum(i.is_late(tolerance) for i in known))
            for day in range(today - 400, today, 50):
                self.assertAlmostEqual(counted.late_share(day), plain.late_share(day))
                self.assertAlmostEqual(counted.days_late(day), plain.days_late(day))

    # -- scores ----------------------------------------------------------------
    def test_behaviour_is_on_the_record(self):
        self.late_payer(count=3, late=10)
        self._pay(self._invoice(300, 500), days_ago=300)
        score = self.score()
        expected = behaviour(self.items(), TODAY.toordinal())
        self.assertEqual((score.known_count, score.late_count), (4, 3))
        self.assertEqual(score.mean_days, 7.5)
        self.assertEqual(score.median_days, expected.median_days)
        self.assertEqual(score.late_share, 0.75)

    def test_late_payers_and_good_ones(self):
        good = self._create_customer("Ponctuel SARL")
        self.late_payer()
        self.late_payer(good, late=-3)
        bad, fine = self.score(), self.score(good)
        self.assertGreater(bad.value, 50)
        self.assertLess(fine.value, bad.value)
        self.assertIn(bad.risk_class, "CDE")
        self.assertEqual(bad.value, round(bad.probability * 100))

    def test_nothing_known_is_unrated_not_good(self):
        self._invoice(-20)
        score = self.score()
        self.assertEqual(score.risk_class, "none")
        self.assertEqual(self._dossier().risk_class, "none")
        self.assertIn("Unrated", score.explanation)

    def test_who_never_paid_is_bad(self):
        for days in (90, 60, 30, 20, 10):
            self._invoice(days)
        score = self.score()
        self.assertGreater(score.value, 60)
        self.assertIn("overdue now", score.explanation)
        self.assertIn("With the overdue items paid", score.explanation)

    def test_little_history_is_said(self):
        self._pay(self._invoice(40), days_ago=40)
        score = self.score()
        self.assertTrue(score.is_thin)
        self.assertIn("Little history", score.explanation)

    def test_dated_records_only_when_something_moved(self):
        self.late_payer(count=3)
        self.refresh()
        self.refresh()
        dossier = self._dossier()
        self.assertEqual(len(dossier.score_ids), 1)
        self.refresh(day=TODAY + timedelta(days=1))
        self.assertEqual(len(dossier.score_ids), 1, "nothing moved")
        self._invoice(3)
        self.refresh(day=TODAY + timedelta(days=2))
        self.assertEqual(len(dossier.score_ids), 2)
        self.assertEqual(dossier.sudo().score_id, dossier.score_ids[0])
        self.assertEqual(dossier.score_ids[0].inputs["version"], "1")

    def test_two_companies_do_not_mix(self):
        other = self.setup_other_company()["company"]
        self.late_payer(count=3)
        self.refresh(company=other)
        dossier = self._dossier(company=other)
        self.assertFalse(dossier.sudo().score_id.known_count)

    def test_returned_payments_cap_the_class(self):
        good = self._create_customer("Rejets SA")
        self.late_payer(good, late=-5)
        payment = self._unallocated(100, good)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_payment SET state = 'rejected' WHERE id = %s", [payment.id]
        )
        score = self.score(good)
        self.assertEqual(score.returned_count, 1)
        self.assertGreaterEqual(score.risk_class, "D")
        self.assertIn("returned by the bank", score.explanation)

    def test_queries_do_not_depend_on_the_customers(self):
        def queries(count):
            for number in range(count):
                self._invoice(10, partner=self._create_customer(f"Client {number}"))
            self.refresh()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.refresh()
            return self.env.cr.sql_log_count - before

        self.assertEqual(queries(1), queries(12))

    def test_scored_again_reads_one_customer_only(self):
        """With the portfolio of the night: the same score, without the ledger."""
        other = self._create_customer("Ponctuel SARL")
        self.late_payer(count=4)
        self.late_payer(other, late=-2)
        model = self.env["recouvrement.score.model"].sudo()
        model._cron_refresh()
        dossier = self._dossier().sudo()
        by_night = dossier.score_id.read(["probability", "pay_days", "risk_class"])
        self._dossier(other).sudo().score_ids.unlink()
        dossier.score_ids.unlink()
        dossier.with_user(self.manager).action_refresh_score()
        again = dossier.score_id
        self.assertEqual(
            again.read(["probability", "pay_days", "risk_class"])[0] | {"id": 0},
            by_night[0] | {"id": 0},
        )
        self.assertFalse(self._dossier(other).sudo().score_id, "not asked for")
        self.env.cr.execute("SELECT DISTINCT partner_id FROM payment_item")
        self.assertEqual(self.env.cr.fetchall(), [(self.customer.id,)])
        self._invoice(40)
        dossier.with_user(self.manager).action_refresh_score()
        self.assertGreater(dossier.score_id.probability, by_night[0]["probability"])

    def test_scored_again_without_a_recent_portfolio(self):
        self.late_payer(count=3)
        self.env["recouvrement.score.model"].sudo()._cron_refresh()
        partners = self.customer | self._create_customer("Ponctuel SARL")
        self.late_payer(partners[1], late=-2)
        for days, whole in ((7, False), (8, True)):
            refresh = self.refresh(self.customer, day=TODAY + timedelta(days=days))
            counted = self.env.execute_query(
                SQL("SELECT count(DISTINCT partner_id) FROM payment_item")
            )
            self.assertEqual(counted[0][0] > 1, whole)
            self.assertTrue(refresh.items_of(self.customer.ids))

    # -- classes ----------------------------------------------------------------
    def decide(self, user, **values):
        return (
            self.env["recouvrement.class.choice"]
            .with_user(user)
            .create(
                dict(
                    {
                        "dossier_id": self._dossier().id,
                        "risk_class": "B",
                        "reason": "Bank guarantee seen",
                        "until": TODAY + timedelta(days=30),
                    },
                    **values,
                )
            )
            .action_confirm()
        )

    def test_a_decision_wins_until_its_end(self):
        self.late_payer()
        self.refresh()
        by_score = self._dossier().risk_class
        self.decide(self.manager)
        dossier = self._dossier()
        self.assertEqual(dossier.risk_class, "B")
        self.assertEqual(dossier.class_choice_user_id, self.manager)
        self.refresh(day=TODAY + timedelta(days=30))
        self.assertEqual(dossier.risk_class, "B")
        self.refresh(day=TODAY + timedelta(days=31))
        self.assertEqual(dossier.risk_class, by_score)

    def test_a_decision_needs_right_reason_and_end(self):
        self._invoice(3)
        self._dossier()
        with self.assertRaises(AccessError):
            self.decide(self.collector)
        with self.assertRaises(UserError):
            self.decide(self.manager, reason="  ")
        with self.assertRaises(UserError):
            self.decide(self.manager, until=TODAY)
        dossier = self._dossier().with_user(self.manager)
        until = TODAY + timedelta(days=5)
        good = {
            "class_choice": "A",
            "class_choice_reason": "Parent guarantees",
            "class_choice_until": until,
        }
        for missing in (
            {"class_choice_reason": " "},
            {"class_choice_reason": False},
            {"class_choice_until": False},
            {"class_choice_until": TODAY},
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                dossier.write(dict(good, **missing))
        dossier.write(dict(good, class_choice_user_id=self.collector.id))
        self.assertEqual(dossier.class_choice_user_id, self.manager, "never forged")
        for values in (
            {"class_choice": "A"},
            {"risk_class": "A"},
            {"score_id": False},
        ):
            with self.assertRaises(AccessError):
                self._dossier().with_user(self.collector).write(values)

    def test_insolvency_is_class_e_and_holds(self):
        move = self._invoice(3)
        dossier = self._dossier()
        with self.assertRaises(ValidationError):
            dossier.write({"insolvency": "receivership"})
        dossier.write({"insolvency": "receivership", "insolvency_date": TODAY})
        self.assertEqual(dossier.risk_class, "E")
        row = self._row(move)
        self.assertEqual((row["situation"], row["reason"]), ("held", "insolvency"))

    def test_scenario_by_class(self):
        special = self._create_scenario("At risk", sequence=0, segment_class="D")
        self._invoice(3)
        dossier = self._dossier()
        self.assertNotEqual(dossier.scenario_id, special, "unrated does not fit")
        dossier.sudo().write({"insolvency": "safeguard", "insolvency_date": TODAY})
        self.assertEqual(self._dossier().scenario_id, special)

    def test_trust_follows_if_wanted(self):
        self._invoice(3)
        dossier = self._dossier()
        dossier.sudo().write({"insolvency": "safeguard", "insolvency_date": TODAY})
        customer = self.customer.with_company(self.company)
        self.assertEqual(customer.trust, "normal")
        self.company.sudo().recouvrement_trust_follows = True
        self.refresh()
        self.assertEqual(customer.trust, "bad")

    # -- expected day ------------------------------------------------------------
    def test_expected_day(self):
        self.late_payer(count=8, late=12)
        self.refresh()
        due = TODAY + timedelta(days=10)
        dossier = self._dossier()
        ((low, likely, high),) = dossier._expected_payments([(dossier, due)])
        self.assertEqual((likely - due).days, 12)
        self.assertTrue(low <= likely <= high)

    def test_expected_day_of_items_and_invoices(self):
        """Twelve days late as ever: said on the item and on its invoice."""
        self.late_payer(count=8, late=12)
        self.refresh()
        move = self._invoice(-10)
        credit = self._credit_note(5)
        likely = TODAY + timedelta(days=22)
        Item = self.env["recouvrement.open.item"].with_user(self.manager)
        Item = Item.with_context(recouvrement_day=str(TODAY), lang="en_US")
        items = Item.search([("partner_id", "=", self.customer.id)])
        expected = {item.move_id: item.expected_date for item in items}
        self.assertEqual(expected, {move: likely, credit: False})
        item = items.filtered("expected_date")
        self.assertTrue(item.expected_low <= likely <= item.expected_high)
        self.assertIn("04/08/2026", item.expected_text)
        move = move.with_user(self.manager)
        self.assertEqual(move.recouvrement_expected_date, likely)
        self.assertEqual(move.recouvrement_expected_text, item.expected_text)

    def test_an_invoice_is_paid_with_its_last_instalment(self):
        self.late_payer(count=8, late=12)
        self.refresh()
        term = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 40)
                ],
            }
        )
        move = self._invoice(
            0,
            200,
            invoice_payment_term_id=term.id,
            invoice_date=TODAY,
            invoice_date_due=False,
        )
        self._dossier()
        self.assertEqual(
            move.recouvrement_expected_date, TODAY + timedelta(days=40 + 12)
        )

    def test_nothing_is_expected_without_habits_that_hold(self):
        self.late_payer(count=8)
        contested, plain = self._invoice(3), self._invoice(3)
        self._dossier()
        self.assertFalse(plain.recouvrement_expected_text, "not scored yet")
        self.refresh()
        contested.action_toggle_block_payment()
        self.assertTrue(plain.recouvrement_expected_text)
        self.assertFalse(contested.recouvrement_expected_text)
        self._dossier().sudo().write(
            {"insolvency": "safeguard", "insolvency_date": TODAY}
        )
        self.env.invalidate_all()
        self.assertFalse(plain.recouvrement_expected_text)

    def test_expected_days_of_a_page_cost_the_same(self):
        counts = []
        for size in (1, 2, 15):
            partners = self.env["res.partner"]
            for number in range(size):
                partner = self._create_customer(f"E{size} {number}")
                self._invoice(5, 100, partner)
                partners |= partner
            self._dossier(partners)
            self.refresh(partners)
            items = self.env["recouvrement.open.item"].search(
                [("partner_id", "in", partners.ids)]
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = items.read(["expected_date", "expected_text"])
            counts.append(self.env.cr.sql_log_count - before)
            self.assertTrue(all(row["expected_date"] for row in rows))
        self.assertEqual(*counts[1:], "the first one is for warming up")

    # -- learning ------------------------------------------------------------------
    def test_learns_and_tells_when_it_cannot(self):
        self.late_payer(count=3)
        company = self.company.sudo()
        learnt = self.env["recouvrement.score.model"].sudo()._learn(company, TODAY)
        self.assertEqual(sorted(learnt.mapped("tolerance")), [0, 30])
        self.assertIn("Too few items", learnt[0].verdict)
        again = self.env["recouvrement.score.model"].sudo()._learn(company, TODAY)
        self.assertEqual(learnt, again, "once a day")
        self.assertEqual(self.score().inputs["tolerance"], 0)

    def test_the_job_scores_every_company(self):
        self.late_payer(count=2)
        self.env["recouvrement.score.model"].sudo()._cron_refresh()
        self.assertTrue(self._dossier().sudo().score_id)

    def test_rights(self):
        self.late_payer(count=2)
        score = self.score()
        salesperson = self.reader
        with self.assertRaises(AccessError):
            score.with_user(salesperson).read(["value"])
        self.customer.sudo().user_id = salesperson
        self.assertEqual(score.with_user(salesperson).value, score.value)
        for user in (salesperson, self.manager):
            with self.assertRaises(AccessError):
                score.with_user(user).write({"value": 1})
        with self.assertRaises(AccessError):
            self.env["recouvrement.score.model"].with_user(salesperson).action_learn()
