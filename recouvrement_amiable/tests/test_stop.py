# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stops at the posting of invoices, and how a credit manager lifts them."""

from datetime import timedelta
from unittest.mock import Mock, patch

from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.recouvrement_amiable.models.recouvrement_stop import Document

from .common import TODAY, RecouvrementCommon


class StopCommon(RecouvrementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager, cls.collector = (
            new_test_user(
                cls.env,
                login=group,
                groups="base.group_user,account.group_account_invoice,"
                f"recouvrement_amiable.{group}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for group in ("group_credit_manager", "group_collector")
        )
        cls.company.sudo().recouvrement_manager_id = cls.manager

    @classmethod
    def rule(cls, reason, company=None, **values):
        return cls.env["recouvrement.stop"].create(
            dict(
                {
                    "company_id": (company or cls.company).id,
                    "reason": reason,
                    "at_order": "block",
                    "at_invoice": "block",
                    "at_delivery": "block",
                },
                **values,
            )
        )

    @classmethod
    def limit(cls, amount, partner=None):
        limit = cls.env["recouvrement.limit"].create(
            {
                "dossier_id": cls._dossier(partner).id,
                "amount": amount,
                "reason": "Contract",
            }
        )
        limit.action_approve()

    def draft(self, amount, partner=None, **values):
        return self._invoice(-20, amount, partner, post=False, **values)

    def ask(self, record, user=None):
        with self.assertRaises(RedirectWarning) as stopped:
            self.confirm(record)
        _message, action_id, _button, context = stopped.exception.args
        action = self.env["ir.actions.act_window"].browse(action_id)
        wizard = (
            self.env[action.res_model]
            .with_user(user or self.collector)
            .with_context(**context)
            .create({"reason": "Transfer announced"})
        )
        wizard.action_confirm()
        return self.env["recouvrement.release"].search([], limit=1)

    def confirm(self, record):
        record.action_post()

    def grant(self, release, **values):
        release = release.with_user(self.manager)
        release.write(dict({"decision": "Seen with the bank"}, **values))
        release.action_grant()


@tagged("post_install", "-at_install")
class TestInvoiceStop(StopCommon):
    def test_nothing_stops_without_a_rule(self):
        self._invoice(60, 900)
        self.limit(1)
        self.draft(500).action_post()

    def test_over_limit_says_by_how_much(self):
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        self.draft(100).action_post()
        with self.assertRaises(RedirectWarning) as stopped:
            self.draft(50).action_post()
        message = stopped.exception.args[0]
        for told in ("1,050", "50", "1,000", "Menuiserie Vasseur"):
            self.assertIn(told, message)

    def test_a_batch_adds_up(self):
        """Each alone is under the limit, together they are over."""
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        batch = self.draft(60) + self.draft(60)
        with self.assertRaises(RedirectWarning):
            batch.action_post()
        self.assertEqual(set(batch.mapped("state")), {"draft"})

    def test_overdue(self):
        self._invoice(31, 10)
        rule = self.rule("overdue", days=30)
        with self.assertRaisesRegex(RedirectWarning, "31 days"):
            self.draft(5).action_post()
        rule.days = 31
        self.draft(5).action_post()

    def test_level_and_class_and_hand(self):
        self._invoice(16, 10)
        self._run()
        dossier = self._dossier().sudo()
        rule = self.rule("level", days=15)
        with self.assertRaisesRegex(RedirectWarning, "Level .3|Level .15"):
            rule.days = 3
            self.draft(5).action_post()
        rule.unlink()
        dossier.write({"insolvency": "safeguard", "insolvency_date": TODAY})
        rule = self.rule("class", risk_class="D")
        with self.assertRaisesRegex(RedirectWarning, "class is E"):
            self.draft(5).action_post()
        rule.unlink()
        self.rule("manual")
        self.draft(5).action_post()
        with self.assertRaises(ValidationError), self.cr.savepoint():
            dossier.is_stopped = True
        dossier.write({"is_stopped": True, "stop_reason": "Cheques bounced"})
        with self.assertRaisesRegex(RedirectWarning, "Cheques bounced"):
            self.draft(5).action_post()

    def test_a_warning_lets_go_and_leaves_a_trace(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30, at_invoice="warn")
        move = self.draft(5)
        self.assertEqual(move._get_alerts()["recouvrement_stop"]["level"], "warning")
        move.action_post()
        self.assertEqual(move.state, "posted")
        self.assertIn("overdue", str(move.message_ids.mapped("body")))

    def test_a_draft_says_it_before(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        alert = self.draft(5)._get_alerts()["recouvrement_stop"]
        self.assertEqual(alert["level"], "danger")

    def test_looking_writes_nothing(self):
        """A customer without a dossier is judged all the same; asking opens one."""
        stranger = self._create_customer("Scierie Neuve")
        stranger.with_company(self.company).credit_limit = 100
        dossiers = self.env["recouvrement.dossier"].search(
            [("partner_id", "=", stranger.id)]
        )
        # as if the limit had come before this add-on
        dossiers.sudo().limit_ids.write({"state": "asked"})
        dossiers.sudo().limit_ids.unlink()
        dossiers.sudo().unlink()
        self.rule("over_limit")
        move = self.draft(500, stranger)
        Dossier = self.env["recouvrement.dossier"].sudo()
        domain = [("partner_id", "=", stranger.id)]
        alert = move._get_alerts()["recouvrement_stop"]
        self.assertEqual(alert["level"], "danger")
        self.assertIn("100.00", alert["message"])
        self.assertFalse(Dossier.search(domain))
        release = self.ask(move)
        self.assertEqual(release.dossier_id, Dossier.search(domain))
        self.grant(release)
        move.action_post()
        self.assertEqual((move.state, release.state), ("posted", "used"))

    def scored(self, name, **values):
        """A customer of class E by its score alone."""
        person = self._create_customer(name, **values)
        self._invoice(3, 10, person)
        dossier = self._dossier(person).sudo()
        score = self.env["recouvrement.score"].sudo()
        dossier.score_id = score.create(
            {
                "dossier_id": dossier.id,
                "company_id": self.company.id,
                "date": TODAY,
                "risk_class": "E",
            }
        )
        dossier._refresh_classes(self.company, TODAY, dossier)
        return dossier

    def test_a_score_never_blocks_a_person(self):
        """Neither a consumer nor a sole trader: the manager is asked to look."""
        self.rule("class", risk_class="D")
        for kind in ("consumer", "company"):
            with self.subTest(kind=kind):
                dossier = self.scored(f"Jeanne {kind}", is_company=False)
                dossier.kind = kind
                self.assertEqual(dossier.risk_class, "E")
                move = self.draft(5, dossier.partner_id)
                move.action_post()
                self.assertEqual(move.state, "posted")
                self.assertEqual(dossier.activity_ids.user_id, self.manager)

    def test_what_a_person_decided_blocks_a_person(self):
        """A class chosen by a manager, or an insolvency, is no score alone."""
        self.rule("class", risk_class="D")
        chosen = self.scored("Jeanne Le Goff", is_company=False)
        chosen._decide_class("E", "Two returned cheques", TODAY + timedelta(days=9))
        liquidated = self.scored("Yann Le Goff", is_company=False)
        liquidated.write({"insolvency": "liquidation", "insolvency_date": TODAY})
        for dossier in (chosen, liquidated):
            with self.assertRaises(RedirectWarning):
                self.draft(5, dossier.partner_id).action_post()

    def test_a_score_blocks_a_company(self):
        self.rule("class", risk_class="D")
        with self.assertRaises(RedirectWarning):
            self.draft(5, self.scored("Scierie Neuve").partner_id).action_post()

    def test_each_company_has_its_rules(self):
        other = self.setup_other_company()["company"]
        self._invoice(40, 10)
        self._invoice(40, 10, company=other)
        self.rule("overdue", days=30, company=other)
        self.draft(5).action_post()
        move = self.draft(5, company=other)
        # the user looks at the first company: the document's own rules hold
        with self.assertRaises(RedirectWarning):
            move.with_company(self.company).action_post()

    def branch(self):
        branch = (
            self.env["res.company"]
            .sudo()
            .create({"name": "Branch", "parent_id": self.company.id})
        )
        self.env.user.sudo().company_ids += branch
        self.env = self.env(
            context=dict(
                self.env.context, allowed_company_ids=(self.company | branch).ids
            )
        )
        return branch

    def in_branch(self, branch, amount):
        """What speaks against an order of that amount in a branch."""
        order = Document(self.customer, branch, self.customer, amount, amount)
        verdicts = self.env["recouvrement.stop"]._verdicts("invoice", [order])
        return verdicts[0].text() if verdicts else None

    def test_a_branch_is_judged_by_the_account_of_its_parent_too(self):
        """What the parent's rules know of the customer holds in the branch."""
        branch = self.branch()
        self._invoice(40, 900)
        rule = self.rule("overdue", days=30)
        told = self.in_branch(branch, 5)
        self.assertIn(self.company.name, told)
        self.assertIn("40 days", told)
        rule.unlink()
        self.limit(1000)
        self.rule("over_limit")
        self.assertFalse(self.in_branch(branch, 90))
        self.assertIn("1,010", self.in_branch(branch, 110))
        account = self.customer.with_company(
            self.company
        ).property_account_receivable_id
        self.customer.with_company(branch).property_account_receivable_id = account
        self._invoice(5, 50, company_id=branch.id)
        self.assertFalse(self.in_branch(branch, 50))
        self.assertIn("1,001", self.in_branch(branch, 51), "with what is owed there")
        self.rule("manual")
        dossier = self._dossier().sudo()
        dossier.write({"is_stopped": True, "stop_reason": "Cheques bounced"})
        self.assertIn("Cheques bounced", self.in_branch(branch, 1))

    def test_a_branch_has_its_own_rule_first(self):
        branch = self.branch()
        self._invoice(40, 900)
        self.rule("overdue", days=30)
        self.rule("overdue", company=branch, days=60)
        self.assertFalse(self.in_branch(branch, 5), "its own account, its own rule")

    def test_a_person_is_looked_at_in_a_branch_without_dossier(self):
        """Nobody owes the branch anything yet: its dossier is opened for the task."""
        self.rule("class", risk_class="D")
        person = self.scored("Jeanne Le Goff", is_company=False).partner_id
        branch = self.branch()
        branch.sudo().recouvrement_manager_id = self.manager
        self.manager.sudo().company_ids += branch
        Stop = self.env["recouvrement.stop"]
        move = self.draft(5, person)
        order = Document(move, branch, person, 5, 5)
        Stop._enforce("invoice", [order])
        dossier = self._dossier(person, branch) or self.env[
            "recouvrement.dossier"
        ].search([("partner_id", "=", person.id), ("company_id", "=", branch.id)])
        self.assertEqual(dossier.sudo().activity_ids.user_id, self.manager)

    def test_child_contacts_and_foreign_currency(self):
        foreign = self.setup_other_currency("GBP", rates=[("2016-01-01", 2.0)])
        child = self.env["res.partner"].create(
            {"name": "Site", "parent_id": self.customer.id, "type": "invoice"}
        )
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        self.draft(180, child, currency_id=foreign.id).action_post()
        with self.assertRaises(RedirectWarning):
            self.draft(40, child, currency_id=foreign.id).action_post()

    def test_under_a_job_nobody_is_shown_a_button(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        with self.assertRaises(UserError):
            self.draft(5).with_context(cron_id=1).action_post()

    def test_a_scheduled_invoice_asks_for_its_release(self):
        """It stays a draft, once told; the others are posted; granted, it goes."""
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        other = self._create_customer("Scierie Neuve")
        stopped = self.draft(5, invoice_user_id=self.collector.id, auto_post="at_date")
        going = self.draft(5, other, auto_post="at_date")
        job = (stopped | going).sudo().with_context(cron_id=1)
        self.assertEqual(job._post(), going)
        self.assertEqual((stopped.state, going.state), ("draft", "posted"))
        release = self.env["recouvrement.release"].search([])
        self.assertEqual((release.res_id, release.state), (stopped.id, "asked"))
        self.assertEqual(release.asked_by, self.collector)
        stopped.sudo().with_context(cron_id=1)._post()
        self.assertEqual(self.env["recouvrement.release"].search([]), release)
        self.assertEqual(len(self._dossier().sudo().activity_ids), 1)
        self.grant(release)
        stopped.sudo().with_context(cron_id=1)._post()
        self.assertEqual((stopped.state, release.state), ("posted", "used"))

    def test_a_small_payment_exempts_no_invoice(self):
        if "transaction_ids" not in self.env["account.move"]._fields:
            self.skipTest("without online payments")
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        move = self.draft(500)
        method = self.env["payment.method"].with_context(active_test=False)
        provider = self.env["payment.provider"].sudo()
        values = {
            "provider_id": provider.create({"name": "Card", "code": "none"}).id,
            "payment_method_id": method.search([], limit=1).id,
            "currency_id": move.currency_id.id,
            "partner_id": move.partner_id.id,
            "operation": "online_direct",
            "state": "done",
            "invoice_ids": [Command.set(move.ids)],
        }
        transaction = self.env["payment.transaction"].sudo()
        transaction.create({**values, "reference": "A", "amount": 1})
        with self.assertRaises(RedirectWarning), self.cr.savepoint():
            move.action_post()
        transaction.create({**values, "reference": "B", "amount": 499})
        move.action_post()
        self.assertEqual(move.state, "posted")

    def test_on_account_at_the_till_is_not_paid(self):
        move = self.draft(500)
        for kinds, paid in ((["cash"], True), (["cash", "pay_later"], False)):
            methods = Mock(mapped=Mock(return_value=kinds))
            orders = Mock(payment_ids=Mock(payment_method_id=methods))
            with patch.object(type(move), "pos_order_ids", orders, create=True):
                self.assertEqual(move._recouvrement_is_paid(), paid)
        self.assertFalse(move._recouvrement_is_paid())

    def test_credit_notes_are_never_stopped(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        self._credit_note(5)

    # -- releases ---------------------------------------------------------------
    def stopped(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        return self.draft(5)

    def test_asked_granted_used_once(self):
        move = self.stopped()
        release = self.ask(move)
        self.assertEqual((release.state, release.asked_by), ("asked", self.collector))
        self.assertIn("31 days", release.stop_text)
        dossier = self._dossier().sudo()
        self.assertIn(self.manager, dossier.activity_ids.user_id)
        self.grant(release)
        move.action_post()
        self.assertEqual((move.state, release.state), ("posted", "used"))
        self.assertIn("Seen with the bank", str(move.message_ids.mapped("body")))
        with self.assertRaises(RedirectWarning):
            self.draft(5).action_post()

    def test_until_a_day(self):
        move = self.stopped()
        release = self.ask(move)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.grant(release, kind="until")
        with self.assertRaises(UserError), self.cr.savepoint():
            self.grant(release, kind="until", valid_until=TODAY - timedelta(days=1))
        self.grant(release, kind="until", valid_until=TODAY)
        move.action_post()
        self.draft(5).action_post()

    def test_asking_again_tells_nobody_again(self):
        move = self.stopped()
        release = self.ask(move)
        dossier = self._dossier().sudo()
        messages = len(dossier.message_ids)
        self.assertEqual(self.ask(move), release)
        self.assertEqual(dossier.activity_ids, release.sudo().activity_id)
        self.assertEqual(len(dossier.message_ids), messages)
        self.grant(release)
        self.assertFalse(dossier.activity_ids, "what was to do is done")

    def test_the_one_who_decides_reads_it_in_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager.sudo().lang = "fr_FR"
        release = self.ask(self.stopped())
        self.assertIn("blocage", release.sudo().activity_id.summary)
        self.grant(release)
        self.assertFalse(self._dossier().sudo().activity_ids)

    def test_nobody_to_decide_is_said_to_the_asker(self):
        self.company.sudo().write(
            {"recouvrement_manager_id": False, "recouvrement_collector_id": False}
        )
        move = self.stopped()
        release = self.ask(move)
        self.assertFalse(self._dossier().sudo().activity_ids)
        self.assertIn("Nobody is named", str(move.message_ids.mapped("body")))
        wizard = self.env["recouvrement.release.ask"].create(
            {"res_model": "account.move", "res_ids": str(move.id), "reason": "x"}
        )
        told = wizard.action_confirm()["params"]
        self.assertIn("Nobody is named", told["message"])
        self.assertEqual(told["type"], "warning")
        self.company.sudo().recouvrement_manager_id = self.manager
        wizard.action_confirm()
        self.assertEqual(release.sudo().activity_id.user_id, self.manager)

    def earlier(self, release):
        """As if it had been granted an hour ago."""
        release.sudo().decided_on -= timedelta(hours=1)

    def test_what_stops_the_customer_later_wins(self):
        """A manual stop or an insolvency, over whatever was released before."""
        move = self.stopped()
        self.rule("manual")
        for kind in ("until", "amount", "once"):
            with self.subTest(kind=kind), self.cr.savepoint() as savepoint:
                release = self.ask(move)
                self.grant(release, kind=kind, valid_until=TODAY, amount=5)
                self.earlier(release)
                dossier = self._dossier().sudo()
                dossier.write({"is_stopped": True, "stop_reason": "Bounced"})
                with self.assertRaises(RedirectWarning):
                    move.action_post()
                dossier.is_stopped = False
                dossier.write({"insolvency": "safeguard", "insolvency_date": TODAY})
                with self.assertRaises(RedirectWarning):
                    move.action_post()
                dossier.insolvency = False
                move.action_post()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_stop_that_was_known_is_released(self):
        move = self.stopped()
        self.rule("manual")
        dossier = self._dossier().sudo()
        dossier.write({"is_stopped": True, "stop_reason": "Bounced"})
        dossier.halted_on -= timedelta(hours=1)
        self.grant(self.ask(move), kind="until", valid_until=TODAY)
        move.action_post()
        with self.assertRaises(AccessError):
            dossier.with_user(self.manager).write({"halted_on": False})

    def test_a_release_ends_with_a_reason(self):
        move = self.stopped()
        release = self.ask(move)
        self.grant(release, kind="until", valid_until=TODAY)
        with self.assertRaises(AccessError):
            release.with_user(self.collector).action_end()
        release = release.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "Say why"):
            release.action_end()
        release.end_reason = "The transfer never came"
        release.action_end()
        self.assertEqual(release.state, "ended")
        told = str(self._dossier().sudo().message_ids.mapped("body"))
        self.assertIn("The transfer never came", told)
        with self.assertRaises(RedirectWarning):
            move.action_post()
        with self.assertRaises(UserError):
            release.action_end()
        with self.assertRaises(UserError):
            release.end_reason = "Other"

    def test_a_spent_release_is_used(self):
        """To the cent, whatever floats add up to."""
        move = self.stopped()
        release = self.ask(move)
        self.grant(release, kind="amount", amount=0.3)
        for number, amount in enumerate((0.1, 0.2)):
            self.assertEqual(release.state, "granted", number)
            self.draft(amount).action_post()
        self.assertEqual((release.state, release.amount_used), ("used", 0.3))
        with self.assertRaises(RedirectWarning):
            self.draft(0.01).action_post()

    def test_who_may_release_and_why(self):
        release = self.ask(self.stopped())
        with self.assertRaises(AccessError):
            release.with_user(self.collector).action_grant()
        with self.assertRaises(UserError):
            self.grant(release, decision=" ")
        with self.assertRaises(AccessError):
            release.with_user(self.manager).write({"state": "granted"})
        self.grant(release)
        with self.assertRaises(UserError):
            release.with_user(self.manager).write({"decision": "Other"})

    def test_refused_stays_stopped(self):
        move = self.stopped()
        release = self.ask(move).with_user(self.manager)
        release.decision = "Pays nothing since May"
        release.action_refuse()
        with self.assertRaises(RedirectWarning):
            move.action_post()

    def test_nothing_to_release(self):
        move = self.draft(5)
        wizard = self.env["recouvrement.release.ask"].create(
            {"res_model": "account.move", "res_ids": str(move.id), "reason": "x"}
        )
        with self.assertRaisesRegex(UserError, "try again"):
            wizard.action_confirm()
        wizard.res_model = "res.users"
        with self.assertRaisesRegex(UserError, "never stopped"):
            wizard.action_confirm()

    def test_bad_rules(self):
        self.rule("overdue", days=30)
        from psycopg2 import IntegrityError

        for values in (
            {"reason": "overdue"},
            {"reason": "level", "days": -1},
            {"reason": "class"},
        ):
            with self.assertRaises(IntegrityError), self.cr.savepoint():
                self.rule(**values)
