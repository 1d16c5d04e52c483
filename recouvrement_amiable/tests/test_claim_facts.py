# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo import Command
from odoo.tests import tagged

from ..legal.prescription import FORMAL_NOTICE, Event
from .test_claim import DAY, DUE, ClaimCommon


@tagged("post_install", "-at_install")
class TestClaimFacts(ClaimCommon):
    """What the ledger says of a debt, and what it does not."""

    def _reconcile(self, *moves):
        lines = self.env["account.move.line"].concat(*(m.line_ids for m in moves))
        lines.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()

    def _credited(self, move, amount, day=DAY):
        """A credit note of that day, allocated to an invoice."""
        refund = self._invoice(0, amount, move_type="out_refund", post=False)
        refund.invoice_date = day
        refund.action_post()
        self._reconcile(move, refund)
        return refund

    def _entry(self, amount, day=DUE, **vals):
        """A journal entry: the customer owes more, or less where it is negative."""
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "name": "Entry",
                            "account_id": account.id,
                            "partner_id": self.customer.id,
                            "balance": balance,
                            "date_maturity": day,
                        }
                    )
                    for account, balance in (
                        (receivable, amount),
                        (self.income, -amount),
                    )
                ],
                **vals,
            }
        )
        entry.action_post()
        return entry

    def _in_parts(self, amount, day, *parts, **vals):
        """An invoice with instalments of ``(percent, days)``."""
        term = self.env["account.payment.term"].create(
            {
                "name": "In parts",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": share, "nb_days": days}
                    )
                    for share, days in parts
                ],
            }
        )
        move = self._invoice(
            0, amount, post=False, invoice_payment_term_id=term.id, **vals
        )
        move.invoice_date = day
        move.action_post()
        return move.with_env(self.env)

    def _by_due(self, move):
        return sorted(self._claims(move), key=lambda claim: claim.due)

    # -- credited in full: never owed ------------------------------------------
    def test_a_blocked_invoice_credited_in_full_was_never_owed(self):
        """Core leaves it ``blocked``: 372.60 and 40 were claimed on it."""
        move = self._debt()
        self.assertAlmostEqual(self._claim(move).charges, 412.60)
        move.payment_state = "blocked"
        self._credited(move, 12000)
        self.assertEqual((move.payment_state, move.amount_residual), ("blocked", 0))
        self.assertFalse(self._claims(move))

    def test_set_off_late_is_paid_late(self):
        """10,000 due on 30 April, 100 credited that day, the rest set off on 31 August.

        Core says ``reversed``; 9,900 were four months late: 61 days at 12.15 % and 62
        at 12.40 %, 201.02 + 208.52.
        """
        move = self._debt(10000, date(2026, 4, 30))
        self._credited(move, 100, date(2026, 4, 30))
        self._reconcile(move, self._entry(-9900, DAY))
        self.assertEqual(move.payment_state, "reversed")
        claim = self._claim(move)
        self.assertAlmostEqual(claim.interest, 409.54)
        self.assertEqual((claim.indemnity, claim.principal), (40, 0))

    def test_several_credit_notes_in_full(self):
        """All but 1.00 of it on 31 August: 92 days late until then."""
        move = self._debt()
        self._credited(move, 6000, date(2026, 5, 20))
        self._credited(move, 5999)
        # 6,000 for 30 days at 12.15 % and 62 at 12.40 %: 59.92 + 126.38
        self.assertAlmostEqual(self._claim(move).interest, 186.30)
        self.assertEqual(self._claim(move).indemnity, 40)
        self._credited(move, 1)
        self.assertFalse(self._claims(move))

    def test_instalments_credited_in_full(self):
        move = self._in_parts(1000, date(2026, 5, 1), (50, 0), (50, 30))
        self.assertEqual(sum(c.indemnity for c in self._claims(move)), 40)
        self._credited(move, 500)
        # what is left is late all the same
        self.assertEqual(sum(c.indemnity for c in self._claims(move)), 40)
        self._credited(move, 500)
        self.assertFalse(self._claims(move))

    def test_a_reversed_entry_was_never_owed(self):
        entry, other = self._entry(12000), self._entry(12000)
        self.assertAlmostEqual(self._claim(entry).charges, 412.60)
        entry._reverse_moves([{"date": DAY}], cancel=True)
        self.assertFalse(self._claims(entry))
        # set off with another entry, it is paid late
        self._reconcile(other, self._entry(-12000, DAY))
        self.assertAlmostEqual(self._claim(other).charges, 412.60)

    # -- charged, and not owed any more ------------------------------------------
    def _charged(self):
        move = self._debt()
        charge = self._charge(self._dossier())
        charge.action_post()
        return move, charge

    def assertOvercharged(self, move, amount):
        """On the invoice, and on the banner of the dossier."""
        dossier = self._dossier()
        dossier.invalidate_recordset()
        claims = self._claims(move)
        self.assertAlmostEqual(sum(claim.overcharged for claim in claims), amount)
        self.assertAlmostEqual(dossier.amount_overcharged, amount)
        if amount:
            self.assertEqual([claim.total for claim in claims], [0])
            self.assertFalse(self._statement(dossier).line_ids)

    def test_charged_then_credited_in_full(self):
        """372.60 and 40 on an invoice that is posted: to be credited."""
        move, charge = self._charged()
        self.assertOvercharged(move, 0)
        self._credited(move, 12000)
        self.assertOvercharged(move, 412.60)
        refund = charge._reverse_moves([{"invoice_date": DAY}], cancel=True)
        self.assertEqual(refund.state, "posted")
        self.assertOvercharged(move, 0)
        self.assertFalse(self._claims(move))

    def test_charged_then_reopened_and_cancelled(self):
        move, _charge = self._charged()
        move.button_draft()
        self.assertOvercharged(move, 412.60)
        move.button_cancel()
        self.assertOvercharged(move, 412.60)
        move.button_draft()
        move.action_post()
        self.assertOvercharged(move, 0)
        self.assertAlmostEqual(self._claim(move).principal, 12000)

    def test_what_was_waived_is_not_to_be_credited(self):
        move = self._debt()
        self._statement(self._dossier(), reason="Gesture").action_waive()
        self._credited(move, 6000, DUE)
        self.assertEqual(self._claim(move).overcharged, 0)
        self._credited(move, 6000)
        self.assertFalse(self._claims(move))

    # -- the reverse of money received ----------------------------------------------
    def _payment(self, way, day):
        payment = self.env["account.payment"].create(
            {
                "payment_type": way,
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": 1000,
                "date": day,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        return payment

    def test_a_refund_paid_is_not_a_debt(self):
        """Paid on 31 May, its credit note matched three months later."""
        self._dossier()
        entry = self._payment("outbound", DUE).move_id
        self.assertTrue(
            entry.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable" and line.debit
            )
        )
        self.assertFalse(self._claims(entry))
        refund = self._invoice(0, 1000, move_type="out_refund", post=False)
        refund.invoice_date = DAY
        refund.action_post()
        self._reconcile(entry, refund)
        self.assertFalse(self._claims(entry))

    def test_a_bounced_payment_has_no_indemnity_of_its_own(self):
        self._dossier()
        entry = self._payment("inbound", date(2026, 5, 20)).move_id
        bounced = entry._reverse_moves([{"date": DUE}])
        bounced.action_post()
        self.assertTrue(bounced.line_ids.filtered("debit"))
        self.assertFalse(self._claims(bounced))
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": DUE,
                "payment_ref": "Rejected",
                "partner_id": self.customer.id,
                "amount": -500,
                "counterpart_account_id": self.company_data[
                    "default_account_receivable"
                ].id,
            }
        )
        self.assertEqual(line.move_id.state, "posted")
        self.assertFalse(self._claims(line.move_id))

    def test_differences_and_taxes_on_payments_bear_nothing(self):
        """30 days at 12.15 % on the invoice itself: 119.84."""
        pounds = self.setup_other_currency(
            "GBP", rates=[("2026-01-01", 0.5), ("2026-06-15", 0.4)]
        )
        move = self._debt(currency_id=pounds.id)
        self._paid_on(move, 12000, date(2026, 6, 30))
        self.assertAlmostEqual(self._claim(move).interest, 119.84)
        partials = move.line_ids.matched_credit_ids | move.line_ids.matched_debit_ids
        exchange = partials.exchange_move_id
        self.assertTrue(exchange)
        self.assertFalse(self._claims(exchange))
        # an entry that bears charges until it comes from a payment
        entry = self._entry(12000)
        self.assertTrue(self._claims(entry))
        partials[:1].exchange_move_id = entry
        self.assertFalse(self._claims(entry))
        tax = self._entry(12000, tax_cash_basis_origin_move_id=move.id)
        self.assertFalse(self._claims(tax))

    # -- the day of a registered letter -----------------------------------------------
    def _letter(self, **dates):
        move = self._debt(10000, date(2026, 6, 1))
        self._set_kind("consumer")
        self.level3.write({"formal_notice": True, "channel_registered": True})
        self.scenario.progression = "age"
        self._run(date(2026, 7, 1))
        letter = self._relances().delivery_ids.filtered(
            lambda one: one.channel == "registered"
        )
        letter.sudo().write({"state": "sent", "posted_on": date(2026, 7, 2), **dates})
        return move, letter.sudo()

    def assertNotice(self, move, day, interest):
        """The same day for interest and for prescription."""
        item = move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.env.flush_all()
        reader = self.env["recouvrement.limitation.reader"]
        events = reader._events(tuple(item.ids), DAY).get(item.id, [])
        notices = [event for event in events if event.kind == FORMAL_NOTICE]
        self.assertEqual(notices, [Event(FORMAL_NOTICE, day)] if day else [])
        self.assertAlmostEqual(self._claim(move).interest, interest)

    def test_a_letter_signed_was_presented(self):
        """Only the signature is known: 30 days at 2.75 % on 10,000."""
        move, _letter = self._letter(received_on=date(2026, 8, 1))
        self.assertNotice(move, date(2026, 8, 1), 22.60)

    def test_a_letter_not_fetched_takes_effect(self):
        """With receipt as the rule: from its presentation, once it came back."""
        self.company.sudo().recouvrement_notice_basis = "received"
        move, letter = self._letter(presented_on=date(2026, 8, 1))
        self.assertNotice(move, None, 0)
        letter.returned_on = date(2026, 8, 18)
        self.assertEqual(letter.state, "returned")
        self.assertNotice(move, date(2026, 8, 1), 22.60)

    def test_one_rule_for_interest_and_prescription(self):
        move, _letter = self._letter(
            presented_on=date(2026, 8, 1), received_on=date(2026, 8, 11)
        )
        for basis, day, interest in (
            ("posted", date(2026, 7, 2), 45.21),
            ("presented", date(2026, 8, 1), 22.60),
            ("received", date(2026, 8, 11), 15.07),
        ):
            with self.subTest(basis=basis):
                self.company.sudo().recouvrement_notice_basis = basis
                self.assertNotice(move, day, interest)

    def test_a_notice_to_another_debtor_says_nothing(self):
        """Interest of a consumer counts from its own notice."""
        move, _letter = self._letter(received_on=date(2026, 8, 1))
        self.assertNotice(move, date(2026, 8, 1), 22.60)
        other = self._create_customer("Jeanne Le Goff", is_company=False)
        self._change_customer(move, other)
        self._dossier(other).sudo().kind = "consumer"
        self.assertNotice(move, None, 0)

    # -- instalments -------------------------------------------------------------------
    # -- instalments -------------------------------------------------------------------
    def test_the_indemnity_of_an_invoice_outlives_its_first_instalment(self):
        """A deposit due on 1 August 2021 died on 1 August 2026; the rest did not."""
        move = self._in_parts(
            10000,
            date(2021, 8, 1),
            (30, 0),
            (70, 60),
            recouvrement_performed_on=date(2021, 9, 30),
        )
        self._dossier()
        first, second = self._by_due(move)
        self.assertEqual(first.charges, 0)
        self.assertGreater(second.interest, 0)
        self.assertEqual(second.indemnity, 40)
        # asked alone, it says the same
        found = self.env["recouvrement.claim"]._of_items([second.id], DAY)
        self.assertEqual(found[second.id].indemnity, 40)

    def test_retention_beyond_the_last_instalment(self):
        """5,000 kept of 3,000, 3,000 and 4,000: 3,000 and 2,000 bear interest.

        From 2 May: 60 days at 12.15 % and 62 at 12.40 %, 59.92 + 63.19; from 1 June:
        30 and 62 days, 19.97 + 42.13.
        """
        move = self._in_parts(10000, date(2026, 5, 1), (30, 0), (30, 30), (40, 60))
        move.recouvrement_retention = 5000
        claims = self._by_due(move)
        for claim, interest in zip(claims, (123.11, 62.10, 0), strict=True):
            self.assertAlmostEqual(claim.interest, interest)
        move.recouvrement_retention = 10000
        self.assertEqual([claim.charges for claim in self._claims(move)], [0, 0, 0])

    # -- due or not --------------------------------------------------------------------
    def test_what_is_not_due_is_not_owed(self):
        """The due date is the last day to pay; a day later, 12,000 at 12.40 %: 4.08."""
        today = self._debt(due=DAY)
        self.assertFalse(self._claim(today).is_due)
        self.assertEqual(
            (self._claim(today).owed, self._claim(today).total), (0, 12000)
        )
        self.assertEqual(today.recouvrement_claim, 0)
        late = self._debt(due=date(2026, 8, 30))
        self.assertTrue(self._claim(late).is_due)
        self.assertAlmostEqual(self._claim(late).owed, 12044.08)
        self.assertAlmostEqual(late.recouvrement_claim, 12044.08)
