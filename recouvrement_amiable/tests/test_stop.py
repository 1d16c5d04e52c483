# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stops at the posting of invoices, and how a credit manager lifts them."""

from datetime import timedelta

from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

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

    def test_a_score_never_blocks_a_person(self):
        person = self._create_customer("Jeanne Le Goff", is_company=False)
        self._invoice(3, 10, person)
        dossier = self._dossier(person).sudo()
        dossier.kind = "consumer"
        dossier._decide_class("E", "By the score", TODAY + timedelta(days=9))
        self.rule("class", risk_class="D")
        move = self.draft(5, person)
        move.action_post()
        self.assertEqual(move.state, "posted")
        self.assertEqual(dossier.activity_ids.user_id, self.manager)

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

    def test_a_branch_has_the_rules_of_its_parent(self):
        self._invoice(40, 10)
        branch = (
            self.env["res.company"]
            .sudo()
            .create({"name": "Branch", "parent_id": self.company.id})
        )
        self.rule("overdue", days=30)
        rules = self.env["recouvrement.stop"]._rules(
            "invoice", [type("D", (), {"company": branch})()]
        )
        self.assertEqual(rules[branch].reason, "overdue")

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

    def test_a_scheduled_posting_gets_a_plain_error(self):
        self._invoice(31, 10)
        self.rule("overdue", days=30)
        move = self.draft(5)
        with self.assertRaises(UserError):
            move.with_user(1).action_post()

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
