# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestRights(RecouvrementCommon):
    """What each group may see and do."""

    def test_internal_user_without_group_sees_nothing(self):
        self._invoice(3)
        self._run()
        user = self._user()
        for model in (
            "recouvrement.dossier",
            "recouvrement.relance",
            "recouvrement.delivery",
            "recouvrement.worklist",
            "recouvrement.open.item",
            "recouvrement.run",
            "recouvrement.scenario",
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(user).search([]).read(["display_name"])

    def test_salesperson_reads_own_customers_only(self):
        other = self._create_customer("Other")
        self._invoice(3)
        self._invoice(3, partner=other)
        self._run()
        user = self._user("group_reader")
        self.customer.user_id = user
        Dossier = self.env["recouvrement.dossier"].with_user(user)
        self.assertEqual(Dossier.search([]).partner_id, self.customer)
        work = self.env["recouvrement.worklist"].with_user(user).search([])
        self.assertEqual(work.partner_id, self.customer)
        with self.assertRaises(AccessError):
            Dossier.search([]).write({"note": "x"})
        with self.assertRaises(AccessError):
            self._relances().with_user(user).action_approve()

    def test_collector_cannot_approve_nor_force_a_state(self):
        self.level1.approval = True
        self._invoice(3)
        self._run()
        user = self._user("group_collector_all")
        relance = self._relances().with_user(user)
        with self.assertRaises(AccessError):
            relance.action_approve()
        with self.assertRaises(AccessError):
            relance.write({"state": "approved"})
        delivery = relance.delivery_ids
        with self.assertRaises(AccessError):
            delivery.write({"state": "sent"})
        with self.assertRaises(AccessError):
            delivery.write({"recipient": "me@me.example"})

    def test_collector_sees_own_and_unassigned_dossiers(self):
        other = self._create_customer("Other")
        self._invoice(3)
        self._invoice(3, partner=other)
        user, colleague = (
            self._user("group_collector"),
            self._user("group_collector", "group_reader"),
        )
        self._dossier().collector_id = user
        self._dossier(other).collector_id = colleague
        seen = self.env["recouvrement.dossier"].with_user(user).search([])
        self.assertEqual(seen.partner_id, self.customer)

    def test_exclusion_for_good_is_the_manager_s(self):
        invoice = self._invoice(3)
        user = self._user("group_collector_all")
        values = {
            "company_id": self.company.id,
            "move_id": invoice.id,
            "reason": "Wrong price",
        }
        Exclusion = self.env["recouvrement.exclusion"]
        with self.assertRaises(AccessError):
            Exclusion.with_user(user).create(values)
        two_years = TODAY + timedelta(days=730)
        later = two_years + timedelta(days=1)
        with self.assertRaises(AccessError) as refused:
            Exclusion.with_user(user).create(dict(values, until=later))
        self.assertIn("two years", str(refused.exception))
        mine = Exclusion.with_user(user).create(dict(values, until=two_years))
        with self.assertRaises(AccessError):
            mine.until = "9999-12-31"
        self.assertEqual(mine.until, two_years)
        mine.with_user(self.env.user).until = "9999-12-31"

    def test_biller_who_only_reads_does_not_choose_the_ladder(self):
        other = self._create_scenario("Other", delays=(10,))
        user = self._user("group_reader")
        user.group_ids += self.env.ref("account.group_account_invoice")
        self.customer.user_id = user
        invoice = self._invoice(3).with_user(user)
        with self.assertRaisesRegex(AccessError, "collectors"):
            invoice.recouvrement_scenario_id = other
        with self.assertRaisesRegex(AccessError, "collectors"):
            invoice.with_context(default_recouvrement_scenario_id=other.id).create(
                {"move_type": "out_invoice", "partner_id": self.customer.id}
            )
        invoice.ref = "Still their invoice"
        self.assertFalse(
            self.env["account.move"].browse(invoice.id)["recouvrement_scenario_id"]
        )

    def test_nobody_who_left_is_given_work(self):
        left = self._user("group_collector")
        self._invoice(3)
        dossier = self._dossier()
        dossier.collector_id = left
        self.customer.user_id = left
        self.assertEqual(dossier._collector(), left)
        left.active = False
        self.assertEqual(dossier._collector(), self.env.user)
        self.level1.write({"channel_email": False, "channel_visit": True})
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual(self._relances().delivery_ids.user_id, self.env.user)

    def test_visit_is_for_who_works_in_the_company(self):
        """A salesperson of another company could not open the dossier."""
        other = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        seller = self._user("group_reader")
        self.customer.user_id = seller
        self._invoice(3)
        dossier = self._dossier()
        self.assertEqual(dossier._responsible("visit"), seller)
        seller.sudo().write(
            {"company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        self.level1.write({"channel_email": False, "channel_visit": True})
        self._run()
        self.env["recouvrement.delivery"].sudo()._cron_send()
        visit = self._relances().delivery_ids
        self.assertEqual((visit.state, visit.user_id), ("todo", self.env.user))


@tagged("post_install", "-at_install")
class TestExclusions(RecouvrementCommon):
    """Items that a person takes out of the relances."""

    def _exclude(self, moves, until, day=TODAY, user=None, **vals):
        wizard = self.env["recouvrement.exclude"].with_user(user or self.env.user)
        return (
            wizard.with_context(
                active_model="account.move",
                active_ids=moves.ids,
                recouvrement_day=str(day),
            )
            .create(dict({"reason": "Wrong price", "until": until}, **vals))
            .action_confirm()["params"]["message"]
        )

    def test_item_is_excluded_again_after_its_exclusion(self):
        first, second = self._invoice(3, 100), self._invoice(3, 200)
        self._exclude(first, TODAY)
        day, until = TODAY + timedelta(days=10), TODAY + timedelta(days=30)
        self.assertSituation(first, "due", None, day)
        self.assertIn("2 item(s)", self._exclude(first | second, until, day))
        self.assertSituation(first, "held", "excluded", day)
        self.assertSituation(second, "held", "excluded", day)
        standing = self.env["recouvrement.exclusion"].search(
            [("move_id", "=", first.id)]
        )
        self.assertEqual(standing.until, until)
        ended = standing.with_context(active_test=False).search(
            [("move_id", "=", first.id), ("active", "=", False)]
        )
        self.assertEqual(ended.until, TODAY)

    def test_running_exclusion_is_put_off(self):
        first, second = self._invoice(3, 100), self._invoice(3, 200)
        near, far = TODAY + timedelta(days=5), TODAY + timedelta(days=30)
        self._exclude(first, near)
        self._exclude(first | second, far)
        exclusions = self.env["recouvrement.exclusion"].search(
            [("move_id", "in", (first | second).ids)]
        )
        self.assertEqual(exclusions.mapped("until"), [far, far])

    def test_exclusion_counts_what_it_wrote(self):
        first, second = self._invoice(3, 100), self._invoice(3, 200)
        near, far = TODAY + timedelta(days=5), TODAY + timedelta(days=30)
        self._exclude(first, far)
        self.assertIn("1 item(s)", self._exclude(first | second, near))
        self.assertSituation(first, "held", "excluded", far)
        with self.assertRaisesRegex(UserError, "already excluded"):
            self._exclude(first | second, near)

    def test_collector_excludes_again_what_another_had_excluded(self):
        invoice = self._invoice(3)
        self._exclude(invoice, TODAY)
        user = self._user("group_collector_all")
        later = TODAY + timedelta(days=2)
        self._exclude(invoice, later, later, user)
        self.assertSituation(invoice, "held", "excluded", later)


@tagged("post_install", "-at_install")
class TestCollectorRights(RecouvrementCommon):
    """Work that needs the rights of others."""

    def test_collector_completes_a_contact(self):
        """“No usable contact” opens the customer: it can be mended there."""
        self.customer.email = False
        self._invoice(3)
        self._dossier()
        user = self._user("group_collector_all")
        work = (
            self.env["recouvrement.worklist"]
            .with_user(user)
            .search([("partner_id", "=", self.customer.id)])
        )
        self.assertEqual(work.action, "fix")
        action = work.action_do()
        self.assertEqual(action["res_model"], "res.partner")
        customer = self.env["res.partner"].with_user(user).browse(action["res_id"])
        customer.email = "compta@vasseur.example"
        customer.create({"name": "Mme Le Goff", "parent_id": customer.id})
        self.assertEqual(self._work_action(), False)
        # who asks for the money does not say where it goes
        with self.assertRaises(AccessError):
            customer.unlink()
        with self.assertRaises(AccessError):
            self.env["res.partner.bank"].with_user(user).create(
                {"acc_number": "FR7630006000011234567890189", "partner_id": customer.id}
            )

    def _work_action(self):
        self.env.invalidate_all()
        return (
            self.env["recouvrement.worklist"]
            .search([("partner_id", "=", self.customer.id)])
            .action
        )

    def test_allocation_tells_whom_to_ask(self):
        self._invoice(3)
        self._unallocated(900)
        self._dossier()
        self.assertEqual(self._work_action(), "allocate")
        work = self.env["recouvrement.worklist"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(work.action_do()["res_model"], "account.move")
        user = self._user("group_collector_all")
        told = work.with_user(user).action_do()
        self.assertEqual(told["tag"], "display_notification")
        self.assertIn(self.env.user.name, told["params"]["message"])
        self.assertEqual(told["params"]["next"]["res_model"], "account.move")


@tagged("post_install", "-at_install")
class TestDayFromOutside(RecouvrementCommon, HttpCase):
    """Who calls from outside chooses the context of the call, not the day."""

    def test_relance_is_of_today(self):
        user = new_test_user(
            self.env(su=True),
            "collector_rpc",
            groups="base.group_user,recouvrement_amiable.group_collector_all",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self._invoice(3)
        dossier = self._dossier()
        wizard = (
            self.env["recouvrement.relance.now"]
            .with_user(user)
            .with_context(active_model=dossier._name, active_ids=dossier.ids)
            .create({"level_id": self.level1.id, "confirmed": True})
        )
        self.authenticate("collector_rpc", "collector_rpc")
        self.make_jsonrpc_request(
            "/web/dataset/call_kw/recouvrement.relance.now/action_confirm",
            {
                "model": wizard._name,
                "method": "action_confirm",
                "args": [wizard.ids],
                "kwargs": {"context": {"recouvrement_day": "2030-01-01"}},
            },
        )
        today = self.company.with_context(recouvrement_day=None)._recouvrement_today()
        self.assertEqual(self._relances().date, today)

    # -- deleting a customer -------------------------------------------------
    def _dossiers_of(self, *partners):
        """As a score or a typed limit opens them, though nothing is owed."""
        Dossier = self.env["recouvrement.dossier"].sudo()
        opened = Dossier._of_customers({(self.company.id, p.id) for p in partners})
        return [opened[self.company.id, p.id] for p in partners]

    def test_a_customer_with_an_empty_dossier_is_deleted(self):
        """By who may delete contacts, without a right on dossiers."""
        user = new_test_user(
            self.env, "addresses", groups="base.group_user,base.group_partner_manager"
        )
        partners = [self._create_customer(f"Prospect {n}") for n in range(2)]
        dossiers = self._dossiers_of(*partners)
        dossiers[0].note = "Typed by mistake"
        self.env["res.partner"].concat(*partners).with_user(user).unlink()
        for record in (*partners, *dossiers):
            self.assertFalse(record.exists())

    def test_a_customer_whose_dossier_holds_something_is_not_deleted(self):
        until = TODAY + timedelta(days=9)
        names = ("Stopped", "Paused", "Insolvent", "Limited", "Claimed", "Empty")
        partners = [self._create_customer(name) for name in names]
        stopped, paused, insolvent, limited, claimed, _empty = self._dossiers_of(
            *partners
        )
        stopped.write({"is_stopped": True, "stop_reason": "Bounced"})
        paused._pause(until, "Wait")
        insolvent.write({"insolvency": "liquidation", "insolvency_date": TODAY})
        limit = self.env["recouvrement.limit"].create(
            {"dossier_id": limited.id, "amount": 10, "reason": "Contract"}
        )
        limit.action_approve()
        self.env["recouvrement.legal.event"].create(
            {"dossier_id": claimed.id, "kind": "acknowledgment", "date": TODAY}
        )
        for partner, what in zip(
            partners,
            ("a stop", "a pause", "an insolvency", "limits", "legal events"),
            strict=False,
        ):
            with self.assertRaises(UserError) as refused, self.env.cr.savepoint():
                (partner | partners[-1]).sudo().unlink()
            told = str(refused.exception)
            self.assertRegex(told, f"{partner.name}.*{what}.*Archive")
            self.assertNotIn("Empty", told)
        self.assertEqual(len(self._dossiers_of(*partners)), 6)
