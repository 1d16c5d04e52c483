# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ready rows after each thing that a user does."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import TODAY
from .test_ready import ReadyCommon


@tagged("post_install", "-at_install")
class TestReadyOperations(ReadyCommon):
    """Whatever a user does, one thing after the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.others = [cls._create_customer(f"Other{number}") for number in range(3)]
        for partner in cls.others:
            cls._invoice(3, partner=partner)
        cls.first = cls._invoice(20)
        cls.second = cls._invoice(4, 500)
        cls.open = cls._dossier()

    def setUp(self):
        super().setUp()
        self.open_dossiers()
        self.make()

    def follow(self, name, used=True):
        """The page is true now, and once the rows are brought up to date.

        :param bool used: whether ready rows are of use in between
        """
        rows, ready = self.page()
        live = self.live()
        self.assertEqual(ready, used, name)
        self.compare(rows, live, name)
        self.assertTrue(self.kept() != live, f"{name}: changes no row, proves nothing")
        self.make()
        self.assertFalse(self.touches(), name)
        self.compare(self.kept(), live, name)
        rows, ready = self.page()
        self.assertTrue(ready, name)
        self.compare(rows, live, name)

    def compare(self, rows, live, name):
        """Row for row; says what differs, not all that does not."""
        wrong = {
            key: (rows.get(key), live.get(key))
            for key in rows.keys() | live.keys()
            if rows.get(key) != live.get(key)
        }
        self.assertFalse(wrong, name)

    def receivable(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def test_invoices_and_payments(self):
        new = self._create_customer("Newcomer")
        move = self._invoice(5, partner=new)
        self.open_dossiers()
        self.follow("first invoice of a customer")
        third = self._invoice(9, 700)
        self.follow("another invoice")
        self._pay(third, 300)
        self.follow("part payment")
        self._pay(third)
        self.follow("paid")
        self.receivable(third).remove_move_reconcile()
        self.follow("matching undone")
        self._credit_note(100)
        self.follow("credit note")
        self._unallocated(50, self.others[0])
        self.follow("payment that nobody matched")
        self._pay(move)
        self.follow("nothing open any more")
        self.receivable(self.first).date_maturity = TODAY - timedelta(days=2)
        self.follow("another due date")
        self.second.no_followup = True
        self.follow("no follow-up")
        alone = self.env["account.move"].search(
            [("partner_id", "=", self.others[2].id)]
        )
        alone.action_toggle_block_payment()
        self.follow("blocked")
        alone.action_toggle_block_payment()
        self.follow("not blocked any more")
        last = self._invoice(15, 900, self.others[1])
        self.follow("one more")
        last.button_draft()
        self.follow("back to draft")
        last.button_cancel()
        again = self._invoice(15, 900, self.others[1])
        again.button_draft()
        again.action_post()
        self.follow("posted again")
        again.button_draft()
        again.unlink()
        self.follow("gone")

    def test_entries_of_contacts_and_sql(self):
        child = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id}
        )
        accounts = self.company_data
        entry = self.env["account.move"].create(
            {
                "date": TODAY - timedelta(days=10),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": accounts["default_account_receivable"].id,
                            "partner_id": child.id,
                            "debit": 60,
                            "date_maturity": TODAY - timedelta(days=10),
                        }
                    ),
                    Command.create(
                        {
                            "account_id": accounts["default_account_revenue"].id,
                            "credit": 60,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        self.follow("entry of a contact")
        child.parent_id = self.others[0]
        self.follow("contact of another customer")
        self.env.cr.execute(
            "UPDATE account_move_line SET date_maturity = %s WHERE id = %s",
            [TODAY - timedelta(days=30), self.receivable(self.first).id],
        )
        self.env.invalidate_all()
        self.follow("written past the ORM")

    def test_contacts(self):
        self.customer.write({"email": False, "phone": False, "street": False})
        self.follow("cannot be reached")
        child = self.env["res.partner"].create(
            {
                "name": "Accounts",
                "type": "invoice",
                "parent_id": self.customer.id,
                "email": "accounts@client.example",
            }
        )
        self.follow("invoice address")
        child.active = False
        self.follow("archived")
        child.active = True
        self.follow("in use again")
        child.parent_id = self.others[0]
        self.follow("belongs to another customer")
        child.parent_id = self.customer
        child.type = "other"
        self.open.contact_id = child
        self.follow("chosen contact")
        child.email = False
        self.follow("its address is gone")
        child.email = "accounts@client.example"
        self.follow("and there again")
        child.unlink()
        self.follow("the contact is deleted")
        self.customer.email = "new@client.example"
        self.follow("reached again")
        self.customer.user_id = self.env.user
        self.follow("salesperson")

    def test_merge(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        both = self.others[0] | self.others[1]
        wizard._merge(both.ids, self.others[1].with_env(wizard.env))
        self.env.invalidate_all()
        self.follow("customers merged")

    def test_decisions(self):
        self.first.recouvrement_scenario_id = self._create_scenario("By hand", (9, 40))
        self.follow("ladder of an invoice", used=False)  # and a new ladder
        self.first.recouvrement_scenario_id = False
        self.follow("ladder of the customer again")
        self.second.no_followup = True
        exclusion = self.env["recouvrement.exclusion"].create(
            {
                "move_id": self.first.id,
                "company_id": self.company.id,
                "reason": "Asked",
            }
        )
        self.follow("excluded")
        exclusion.until = TODAY + timedelta(days=3)
        self.follow("until a day")
        exclusion.reason = "Told"
        self.follow("another reason")
        exclusion.active = False
        self.follow("not excluded any more")
        self.open.write(
            {"pause_until": TODAY + timedelta(days=9), "pause_reason": "Holidays"}
        )
        self.follow("paused")
        self.open.pause_until = False
        self.follow("goes on")
        self.open.write({"insolvency": "safeguard", "insolvency_date": TODAY})
        self.follow("insolvency")
        self.open.insolvency = False
        self.follow("insolvency over")
        self.open.collector_id = self.env.ref("base.user_admin")
        self.follow("collector")
        other = self.env["recouvrement.scenario"].search([("name", "=", "By hand")])
        self.open.scenario_choice_id = other
        self.follow("ladder of the customer")

    def test_relances(self):
        self.level1.write({"approval": True})
        self.level2.write({"channel_call": True})
        self.make()
        self._run()
        self.follow("the run")
        relance = self._relances(self.others[0])
        relance.action_approve()
        self.follow("approved")
        delivery = relance.delivery_ids
        delivery.sudo().write({"state": "failed", "failure_reason": "Mailbox unknown"})
        relance._refresh_progress()
        self.follow("failed")
        delivery.sudo().failure_reason = "Mailbox full"
        self.follow("failed for another reason")
        delivery.sudo().write({"state": "sent", "sent_on": f"{TODAY} 10:00:00"})
        relance._refresh_progress()
        self.follow("sent")
        self._relances(self.others[1]).sudo()._cancel("Agreed")
        self.follow("cancelled")
        new = self._create_customer("Newcomer")
        self._relance_now(self._invoice(40, partner=new), self.level2, confirmed=True)
        self.follow("by hand")
        call = self._relances(new).delivery_ids.filtered(
            lambda delivery: delivery.channel == "call"
        )
        call.sudo().state = "todo"
        self.follow("call to make")
        call.sudo().not_before = TODAY + timedelta(days=2)
        self.follow("call put off")
        line = self._relances().line_ids.filtered("granted")[:1]
        self.env.cr.execute(
            "UPDATE recouvrement_relance_line SET cancelled = true WHERE id = %s",
            [line.id],
        )
        self.env.invalidate_all()
        self.follow("level given back")

    def test_public_buyers_and_prescription(self):
        town = self._create_customer("Commune", company_registry="21220123400015")
        move = self._invoice(40, partner=town)
        self.open_dossiers()
        self.follow("public buyer")
        move.write(
            {
                "recouvrement_available_on": move.invoice_date,
                "recouvrement_suspended_on": move.invoice_date + timedelta(days=1),
            }
        )
        self.follow("time to pay suspended")
        move.recouvrement_completed_on = TODAY - timedelta(days=2)
        self.follow("completed")
        self._dossier(town).sudo().public_buyer = "hospital"
        self.follow("another buyer")
        self.first.write(
            {
                "recouvrement_retention": 1000,
                "recouvrement_retention_until": TODAY + timedelta(days=9),
            }
        )
        self.follow("retention money")
        self.first.recouvrement_retention_until = TODAY - timedelta(days=9)
        self.follow("retention over")
        self._invoice(2200, partner=self.others[0])
        self.follow("old invoice")
        self.env["recouvrement.limitation"].sudo()._refresh(self.company, TODAY)
        self.follow("prescribed")

    def test_configuration_is_read_anew(self):
        self.level1.delay = 6
        self.follow("another delay", used=False)
        self.level1.active = False
        self.follow("level archived", used=False)
        self.scenario.minimum_amount = 2000
        self.follow("minimum amount", used=False)
        self.scenario.minimum_amount = 0
        self.follow("no minimum", used=False)
        self.company.sudo().recouvrement_ignore_before = TODAY - timedelta(days=10)
        self.follow("left out before a day", used=False)
        self.company.sudo().recouvrement_ignore_before = False
        self.follow("not left out", used=False)
        self.company.sudo().recouvrement_bank_policy = "hold"
        self.follow("bank data too old", used=False)
        self.env["recouvrement.closed.day"].sudo().create(
            {"name": "Strike", "date": TODAY, "company_id": self.company.id}
        )
        self.company.sudo().recouvrement_bank_policy = "warn"
        self.follow("closed day", used=False)
        self.scenario.active = False
        self.open_dossiers()
        self.follow("ladder archived", used=False)
