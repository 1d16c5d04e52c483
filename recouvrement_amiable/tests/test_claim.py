# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
from datetime import date

from psycopg2 import IntegrityError
from pypdf import PdfReader

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import html2plaintext, mute_logger

from .common import RecouvrementCommon

DUE = date(2026, 5, 31)
DAY = date(2026, 8, 31)


class ClaimCommon(RecouvrementCommon):
    """Invoices with fixed due dates, and what is claimed on them on a given day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context=dict(cls.env.context, recouvrement_day=fields.Date.to_string(DAY))
        )
        cls.income = cls.company_data["default_account_revenue"]
        cls.company = cls.company.with_env(cls.env)
        cls.company.sudo().write(
            {
                "recouvrement_interest_account_id": cls.income.id,
                "recouvrement_indemnity_account_id": cls.income.copy().id,
            }
        )
        cls.customer = cls.customer.with_env(cls.env)
        if cls.company.currency_id != cls.env.ref("base.EUR"):
            cls.company.currency_id = cls.env.ref("base.EUR")

    @classmethod
    def _debt(cls, amount=12000.0, due=DUE, partner=None, issued=None, **vals):
        move = cls._invoice(0, amount, partner, post=False, **vals)
        move.write({"invoice_date": issued or due, "invoice_date_due": due})
        move.action_post()
        return move.with_env(cls.env)

    def _claims(self, move, day=DAY):
        return list(
            self.env["recouvrement.claim"]._of_moves(move.ids, day=day).values()
        )

    def _claim(self, move, day=DAY):
        [claim] = self._claims(move, day)
        return claim

    def _paid_on(self, move, amount, day):
        """A payment of that day, reconciled with the invoice."""
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"amount": amount, "payment_date": day})
        )
        payment.action_create_payments()

    def _set_kind(self, kind, partner=None):
        dossier = self._dossier(partner)
        dossier.kind = kind
        return dossier

    def _statement(self, dossier, day=DAY, **vals):
        wizard = self.env["recouvrement.claim.statement"].create(
            {
                "dossier_ids": [Command.set(dossier.ids)],
                "date": day,
                "invoice_date": day,
                **vals,
            }
        )
        return wizard

    def _charge(self, dossier, day=DAY):
        wizard = self._statement(dossier, day)
        action = wizard.action_charge()
        return self.env["account.move"].search(action["domain"])


@tagged("post_install", "-at_install")
class TestClaim(ClaimCommon):
    """What may be claimed besides the principal, from the ledger."""

    # -- kinds of debtor -----------------------------------------------------
    def test_a_company_from_the_day_after_the_due_date(self):
        """30 days at 12.15 %, 62 at 12.40 %: 119.84 + 252.76, and 40 once."""
        claim = self._claim(self._debt())
        self.assertEqual(claim.kind, "company")
        self.assertAlmostEqual(claim.interest, 372.60)
        self.assertEqual(claim.indemnity, 40)
        self.assertEqual(claim.days_late, 92)
        self.assertAlmostEqual(claim.total, 12412.60)

    def test_a_consumer_owes_nothing_before_a_formal_notice(self):
        move = self._debt()
        self._set_kind("consumer")
        claim = self._claim(move)
        self.assertEqual((claim.interest, claim.indemnity), (0, 0))

    def test_a_consumer_after_the_notice_at_the_legal_rate(self):
        """1,200.00 for 16 days at 2.75 %: 1.45, and no indemnity."""
        move = self._debt(1200, date(2026, 7, 31))
        dossier = self._set_kind("consumer")
        self.env["recouvrement.legal.event"].create(
            {
                "dossier_id": dossier.id,
                "kind": "formal_notice",
                "date": date(2026, 8, 15),
            }
        )
        claim = self._claim(move)
        self.assertAlmostEqual(claim.interest, 1.45)
        self.assertEqual(claim.indemnity, 0)

    def test_a_registered_letter_is_a_notice_once_presented(self):
        move = self._debt(10000, date(2026, 6, 1))
        self._set_kind("consumer")
        self.level3.write({"formal_notice": True, "channel_registered": True})
        self.scenario.progression = "age"
        self._run(date(2026, 7, 1))
        delivery = self._relances().delivery_ids.filtered(
            lambda one: one.channel == "registered"
        )
        self.assertEqual(self._claim(move).interest, 0)
        delivery.sudo().write(
            {
                "state": "sent",
                "posted_on": date(2026, 7, 2),
                "presented_on": date(2026, 8, 1),
            }
        )
        # 30 days at 2.75 %
        self.assertAlmostEqual(self._claim(move).interest, 22.60)
        self.company.sudo().recouvrement_notice_basis = "posted"
        self.assertAlmostEqual(self._claim(move).interest, 45.21)

    def test_a_public_body_at_the_rate_of_the_first_half_year(self):
        """Available on 10 March: due on 9 April; 133 days at 10.15 % on 20,000."""
        move = self._debt(20000, date(2026, 3, 20), issued=date(2026, 3, 5))
        self._set_kind("public")
        move.recouvrement_available_on = date(2026, 3, 10)
        claim = self._claim(move, date(2026, 8, 20))
        self.assertEqual(claim.due, date(2026, 4, 9))
        self.assertAlmostEqual(claim.interest, 739.70)
        self.assertEqual(claim.indemnity, 40)

    def test_retention_money_bears_no_interest(self):
        move = self._debt(20000, date(2026, 3, 20), issued=date(2026, 3, 5))
        self._set_kind("public")
        move.write(
            {
                "recouvrement_available_on": date(2026, 3, 10),
                "recouvrement_retention": 1000,
            }
        )
        self.assertAlmostEqual(self._claim(move, date(2026, 8, 20)).interest, 702.71)

    def test_three_debtors_three_claims(self):
        claims = {}
        for kind in ("company", "public", "consumer"):
            partner = self._create_customer(f"{kind} debtor")
            move = self._debt(10000, partner=partner)
            self._set_kind(kind, partner)
            claims[kind] = self._claim(move)
        interests = {kind: claim.interest for kind, claim in claims.items()}
        self.assertEqual(len(set(interests.values())), 3)
        self.assertEqual([claims[kind].indemnity for kind in claims], [40, 40, 0])

    # -- what happens to the debt --------------------------------------------
    def test_part_payment_at_its_real_date(self):
        """10,000 due on 30 April, 4,000 paid on 30 June: 203.05 + 130.45."""
        move = self._debt(10000, date(2026, 4, 30))
        self._paid_on(move, 4000, date(2026, 6, 30))
        claim = self._claim(move, date(2026, 9, 2))
        self.assertAlmostEqual(claim.interest, 333.50)
        self.assertEqual(claim.principal, 6000)

    def test_interest_first(self):
        """The same with interest first: 203.05 + 134.87; the books stay at 6,000."""
        self.company.sudo().recouvrement_imputation = "interest"
        move = self._debt(10000, date(2026, 4, 30))
        self._paid_on(move, 4000, date(2026, 6, 30))
        claim = self._claim(move, date(2026, 9, 2))
        self.assertAlmostEqual(claim.interest, 337.92)
        self.assertAlmostEqual(claim.total, 6377.92)

    def test_paid_late_stays_claimable(self):
        move = self._debt()
        self._paid_on(move, 12000, date(2026, 6, 30))
        claim = self._claim(move)
        self.assertAlmostEqual(claim.interest, 119.84)
        self.assertEqual((claim.principal, claim.indemnity), (0, 40))

    def test_paid_on_the_due_date_owes_nothing(self):
        move = self._debt()
        self._paid_on(move, 12000, DUE)
        claim = self._claim(move)
        self.assertEqual((claim.interest, claim.indemnity), (0, 0))

    def test_credit_note_reduces_the_principal(self):
        move = self._debt()
        refund = self._invoice(0, 6000, move_type="out_refund", post=False)
        refund.write({"invoice_date": date(2026, 5, 20)})
        refund.action_post()
        lines = (move | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.assertAlmostEqual(self._claim(move).interest, 186.30)

    def test_one_indemnity_for_an_invoice_in_three(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "In three",
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": share,
                            "nb_days": days,
                        }
                    )
                    for share, days in ((30, 0), (30, 30), (40, 60))
                ],
            }
        )
        move = self._invoice(0, 1000, post=False, invoice_payment_term_id=term.id)
        move.write({"invoice_date": date(2026, 5, 1)})
        move.action_post()
        claims = self._claims(move)
        self.assertEqual(len(claims), 3)
        self.assertEqual(sum(claim.indemnity for claim in claims), 40)
        self.company.sudo().recouvrement_indemnity_per = "instalment"
        self.assertEqual(sum(c.indemnity for c in self._claims(move)), 120)

    def test_agreed_rate_of_the_dossier_before_the_company(self):
        self.company.sudo().recouvrement_late_rate = 10
        move = self._debt(10000, date(2026, 7, 15))
        dossier = self._dossier()
        day = date(2026, 9, 30)
        self.assertAlmostEqual(self._claim(move, day).interest, 210.96)
        dossier.late_rate = 12
        self.assertAlmostEqual(self._claim(move, day).interest, 253.15)

    def test_agreed_rate_below_the_floor_is_a_warning(self):
        self._debt()
        dossier = self._dossier()
        dossier.late_rate = 8
        self.assertIn("8.25", dossier.late_rate_warning)
        dossier.late_rate = 8.25
        self.assertFalse(dossier.late_rate_warning)
        with self.assertRaises(ValidationError):
            dossier.late_rate = 1240

    def test_the_default_is_never_raised_to_the_floor(self):
        """2024: three times the legal rate was above the default, which stays."""
        move = self._debt(5000, date(2023, 12, 31))
        self.assertAlmostEqual(self._claim(move, date(2024, 3, 31)).interest, 180.75)

    def test_nothing_is_claimed_on_what_is_prescribed(self):
        """A consumer's invoice of 2022, paid late: its interest died in 2024."""
        move = self._debt(1000, date(2022, 1, 31), issued=date(2022, 1, 1))
        dossier = self._set_kind("consumer")
        self.env["recouvrement.legal.event"].create(
            {
                "dossier_id": dossier.id,
                "kind": "formal_notice",
                "date": date(2022, 3, 1),
            }
        )
        self._paid_on(move, 1000, date(2022, 12, 1))
        self.assertGreater(self._claim(move, date(2023, 6, 1)).interest, 0)
        self.assertEqual(self._claim(move).charges, 0)
        self.assertFalse(self._statement(dossier).line_ids.filtered("chosen"))

    def test_insolvency_stops_interest(self):
        move = self._debt(10000)
        dossier = self._dossier()
        dossier.write(
            {"insolvency": "receivership", "insolvency_date": date(2026, 7, 15)}
        )
        claim = self._claim(move)
        self.assertAlmostEqual(claim.interest, 147.42)
        self.assertEqual(claim.indemnity, 40)

    def test_foreign_currency(self):
        """Interest in the currency of the invoice, the indemnity converted."""
        currency = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        move = self._debt(12000, currency_id=currency.id)
        claim = self._claim(move)
        self.assertEqual(claim.currency_id, currency.id)
        self.assertAlmostEqual(claim.interest, 372.60)
        self.assertAlmostEqual(claim.indemnity, 20)

    # -- rates ---------------------------------------------------------------
    def test_a_missing_rate_says_which_one(self):
        self._debt()
        self._dossier()
        old = self._create_customer("Paid")
        paid = self._debt(partner=old)
        self._paid_on(paid, 12000, date(2026, 6, 30))
        day = date(2027, 2, 1)
        item = self.env["recouvrement.open.item"].with_context(
            recouvrement_day=fields.Date.to_string(day)
        )
        open_item = item.search([("partner_id", "=", self.customer.id)])
        self.assertIn("01/01/2027", open_item.claim_error)
        self.assertEqual(open_item.amount_interest, 0)
        self.assertAlmostEqual(self._claim(paid, day).interest, 119.84)

    def test_rates_typed_by_a_person(self):
        Rate = self.env["recouvrement.reference.rate"]
        self.assertEqual(Rate.search_count([("series", "=", "ecb_refi")]) > 20, True)
        for day, percent in (
            ("2027-01-01", 1240),
            ("2026-08-15", 2.4),
            ("2040-01-01", 2.4),
        ):
            with self.subTest(day=day), self.assertRaises(ValidationError):
                Rate.create(
                    {"series": "ecb_refi", "date_from": day, "percent": percent}
                )
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            Rate.create(
                {"series": "ecb_refi", "date_from": "2026-07-01", "percent": 2.4}
            )
        rows = Rate.search_count([])
        Rate._load_packaged()
        self.assertEqual(Rate.search_count([]), rows)

    def test_corrected_rate_survives_an_update(self):
        Rate = self.env["recouvrement.reference.rate"]
        rate = Rate.search([("date_from", "=", "2026-07-01")], limit=1)
        rate.percent = 3.1
        Rate._load_packaged()
        self.assertEqual(rate.percent, 3.1)

    def test_reminder_in_january_once_for_each_series(self):
        Rate = self.env["recouvrement.reference.rate"].with_context(
            recouvrement_day="2027-01-04"
        )
        Rate._cron_remind()
        Rate._cron_remind()
        reminders = self.env["mail.activity"].search([("res_model", "=", Rate._name)])
        self.assertEqual(len(reminders), 3)
        self.assertEqual(reminders.user_id, self.env.user)

    # -- batches -------------------------------------------------------------
    def test_as_many_queries_for_many_items(self):
        def count(number):
            partners = [
                self._create_customer(f"Batch {number} {index}")
                for index in range(number)
            ]
            moves = self.env["account.move"].concat(
                *(self._debt(100, partner=partner) for partner in partners)
            )
            self.env.flush_all()
            self.env.invalidate_all()
            self.env["recouvrement.claim"]._of_moves(moves.ids, day=DAY)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claims = self.env["recouvrement.claim"]._of_moves(moves.ids, day=DAY)
            self.assertEqual(len(claims), number)
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(2), count(12))


@tagged("post_install", "-at_install")
class TestCharge(ClaimCommon):
    """Charges on an invoice of their own, or waived: each day of an item once."""

    def test_a_line_for_each_segment_and_no_tax(self):
        move = self._debt()
        charge = self._charge(self._dossier())
        self.assertEqual(charge.state, "draft")
        self.assertAlmostEqual(charge.amount_total, 412.60)
        self.assertFalse(charge.invoice_line_ids.tax_ids)
        self.assertEqual(
            charge.invoice_line_ids.mapped("price_unit"), [119.84, 252.76, 40]
        )
        self.assertEqual(
            charge.invoice_line_ids.mapped("account_id"),
            self.company.recouvrement_interest_account_id
            | self.company.recouvrement_indemnity_account_id,
        )
        self.assertIn(move.name, charge.invoice_line_ids[0].name)
        self.assertIn("30", charge.invoice_line_ids[0].name)

    def test_the_same_days_are_never_charged_twice(self):
        move = self._debt()
        dossier = self._dossier()
        self._charge(dossier).action_post()
        self.assertEqual(self._claim(move).charges, 0)
        with self.assertRaises(UserError):
            self._charge(dossier)
        later = self._claim(move, date(2026, 9, 30))
        self.assertAlmostEqual(later.interest, 122.30)
        self.assertEqual(later.indemnity, 0)

    def test_a_charge_invoice_bears_no_interest(self):
        self._debt()
        charge = self._charge(self._dossier())
        charge.action_post()
        self.assertFalse(self._claims(charge, date(2026, 12, 31)))

    def test_cancelled_it_gives_back_what_it_took(self):
        move = self._debt()
        charge = self._charge(self._dossier())
        charge.button_cancel()
        self.assertAlmostEqual(self._claim(move).charges, 412.60)
        again = self._charge(self._dossier())
        self.assertAlmostEqual(again.amount_total, 412.60)
        with self.assertRaises(UserError):
            charge.button_draft()

    def test_credited_in_full_it_gives_back_what_it_took(self):
        move = self._debt()
        charge = self._charge(self._dossier())
        charge.action_post()
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=charge.ids
        ).create({"journal_id": charge.journal_id.id, "date": DAY}).refund_moves()
        refund = charge.reversal_move_ids
        refund.action_post()
        (charge | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        self.assertEqual(charge.payment_state, "reversed")
        self.assertAlmostEqual(self._claim(move).charges, 412.60)
        self.assertAlmostEqual(self._charge(self._dossier()).amount_total, 412.60)

    def test_a_deleted_draft_gives_back_too(self):
        move = self._debt()
        self._charge(self._dossier()).unlink()
        self.assertAlmostEqual(self._claim(move).charges, 412.60)

    def test_credit_note_after_charging(self):
        """A credit note dated before takes principal away: the next one corrects."""
        move = self._debt()
        self._charge(self._dossier()).action_post()
        refund = self._invoice(0, 6000, move_type="out_refund", post=False)
        refund.write({"invoice_date": DUE})
        refund.action_post()
        (move | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()
        # half of the interest until now was charged too much
        claim = self._claim(move)
        self.assertEqual((claim.interest, claim.principal), (0, 6000))
        self.assertAlmostEqual(claim.overcharged, 186.30)
        dossier = self._dossier()
        self.assertAlmostEqual(dossier.amount_overcharged, 186.30)
        # a month more uses a part of it up: 61.15
        later = self._claim(move, date(2026, 9, 30))
        self.assertAlmostEqual(later.overcharged, 125.15)

    def test_waiver_with_a_reason_by_whom(self):
        move = self._debt()
        dossier = self._dossier()
        wizard = self._statement(dossier)
        self.assertEqual(len(wizard.line_ids), 1)
        with self.assertRaises(UserError):
            wizard.action_waive()
        wizard.reason = "Commercial gesture"
        wizard.action_waive()
        self.assertEqual(self._claim(move).charges, 0)
        waiver = dossier.charge_ids
        self.assertEqual(set(waiver.mapped("state")), {"waived"})
        self.assertEqual(waiver.user_id, self.env.user)
        self.assertIn("Commercial gesture", dossier.message_ids[0].body)
        waiver.action_cancel_waiver()
        self.assertAlmostEqual(self._claim(move).charges, 412.60)

    def test_interest_of_a_public_body_cannot_be_waived(self):
        self._debt(issued=date(2026, 4, 1))
        dossier = self._set_kind("public")
        wizard = self._statement(dossier, reason="Gesture")
        with self.assertRaisesRegex(UserError, "L2192-14"):
            wizard.action_waive()
        self.assertFalse(dossier.charge_ids)

    def test_locked_accounts(self):
        self._debt()
        dossier = self._dossier()
        self.company.sudo().fiscalyear_lock_date = DAY
        with self.assertRaisesRegex(UserError, "locked"):
            self._charge(dossier)
        self.assertFalse(dossier.charge_ids)

    def test_no_charge_for_days_to_come(self):
        self._debt()
        with self.assertRaises(UserError):
            self._charge(self._dossier(), date(2026, 9, 15))

    def test_two_companies_do_not_mix(self):
        other = self._create_company(name="Second")
        move = self._debt()
        self._charge(self._dossier())
        self.assertFalse(
            self.env["recouvrement.charge"]
            .with_company(other)
            .sudo()
            .search([("company_id", "=", other.id)])
        )
        self.assertEqual(self._claim(move).company_id, self.company.id)

    def test_rpc_cannot_write_charges(self):
        self._debt()
        dossier = self._dossier()
        self._charge(dossier)
        user = self.env["res.users"].create(
            {
                "name": "Reader",
                "login": "charge reader",
                "group_ids": [
                    Command.set(
                        [
                            self.env.ref("base.group_user").id,
                            self.env.ref("recouvrement_amiable.group_collector").id,
                        ]
                    )
                ],
            }
        )
        with self.assertRaises(AccessError):
            dossier.charge_ids.with_user(user).write({"amount": 0})
        with self.assertRaises(AccessError):
            self.env["recouvrement.charge"].with_user(user).create({})
        with self.assertRaises(AccessError):  # a credit manager neither
            dossier.charge_ids.with_user(self.env.user).write({"standing": False})

    # -- once ------------------------------------------------------------------
    def _refund(self, move, amount=None):
        """A credit note made by Odoo from an invoice."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "date": DAY})
        )
        wizard.refund_moves()
        refund = move.reversal_move_ids
        if amount:
            refund.invoice_line_ids[1:].unlink()
            refund.invoice_line_ids.price_unit = amount
        refund.action_post()
        return refund

    def test_another_credit_note_gives_nothing_back(self):
        """Goods returned, allocated to the charge invoice: it was still charged."""
        move = self._debt()
        charge = self._charge(self._dossier())
        charge.action_post()
        refund = self._invoice(0, 412.60, move_type="out_refund")
        (charge | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()
        self.assertEqual(charge.payment_state, "reversed")
        self.assertEqual(self._claim(move).charges, 0)

    def test_a_reopened_credit_note_takes_the_days_again(self):
        move = self._debt()
        dossier = self._dossier()
        charge = self._charge(dossier)
        charge.action_post()
        refund = self._refund(charge)
        self.env["recouvrement.charge"]._sync(self.company)
        self.assertAlmostEqual(self._claim(move).charges, 412.60)
        refund.button_draft()
        self.assertEqual(self._claim(move).charges, 0)
        refund.action_post()
        self._charge(dossier)
        with self.assertRaises(UserError):
            refund.button_draft()

    def test_a_charge_invoice_is_not_duplicated(self):
        self._debt()
        charge = self._charge(self._dossier())
        with self.assertRaises(UserError):
            charge.copy()

    def test_its_lines_are_posted_as_they_were_taken(self):
        self._debt()
        charge = self._charge(self._dossier())
        charge.invoice_line_ids[:1].price_unit = 1
        with self.assertRaises(UserError):
            charge.action_post()

    def test_an_invoice_credited_in_full_is_not_charged(self):
        move = self._debt()
        refund = self._refund(move)
        (move | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        self.assertEqual(move.payment_state, "reversed")
        self.assertFalse(self._claims(move, date(2026, 12, 31)))

    def test_more_is_owed_for_days_charged_before(self):
        """A payment undone after charging: the rest is charged, for the same days."""
        move = self._debt()
        dossier = self._dossier()
        self._paid_on(move, 12000, date(2026, 6, 30))
        self._charge(dossier).action_post()
        move.line_ids.remove_move_reconcile()
        rest = self._claim(move).interest
        self.assertGreater(rest, 100)
        wizard = self._statement(dossier)
        # a payment is to be allocated: a person looks first
        self.assertFalse(wizard.line_ids.chosen)
        wizard.line_ids.chosen = True
        second = self.env["account.move"].search(wizard.action_charge()["domain"])
        self.assertAlmostEqual(second.amount_total, rest)
        self.assertEqual(self._claim(move).charges, 0)

    # -- the wizard as the browser uses it ---------------------------------------
    def test_form_of_the_statement(self):
        self._debt()
        wizard = self._statement(self._dossier())
        with Form(wizard) as form:
            form.date = date(2026, 7, 31)
        self.assertEqual(wizard.action_charge()["res_model"], wizard._name)
        self.assertAlmostEqual(wizard.line_ids.interest, 246.22)
        wizard.invoice_date = date(2026, 7, 31)
        action = wizard.action_charge()
        charge = self.env["account.move"].search(action["domain"])
        self.assertAlmostEqual(charge.amount_total, 286.22)

    def test_what_is_set_aside_is_not_ticked(self):
        self._debt()
        dossier = self._dossier()
        self._unallocated(500)
        line = self._statement(dossier).line_ids
        self.assertFalse(line.chosen)
        self.assertTrue(line.why_not)

    def test_lines_come_from_the_ledger(self):
        """Neither amounts nor items of another customer, whatever is sent."""
        self._debt()
        other = self._create_customer("Other")
        foreign = self._debt(partner=other)
        self._dossier(other)
        wizard = self._statement(self._dossier())
        item = foreign.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        with self.assertRaises(AccessError):
            wizard.line_ids.write({"interest": 9999})
        wizard.write(
            {"line_ids": [Command.create({"move_line_id": item.id, "chosen": True})]}
        )
        self.assertEqual(len(wizard.line_ids), 1)
        wizard.line_ids.sudo().move_line_id = item
        with self.assertRaises(UserError):
            wizard.action_charge()

    def test_absurd_dates(self):
        self._debt()
        for day in (date(2126, 1, 1), date(2026, 8, 1)):
            with self.subTest(day=day), self.assertRaises(UserError):
                self._statement(self._dossier(), invoice_date=day).action_charge()


@tagged("post_install", "-at_install")
class TestClaimLetters(ClaimCommon, HttpCase):
    """The same invoice to three debtors: what each one reads, on paper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["ir.config_parameter"].sudo().set_param("report.url", cls.base_url())
        cls.scenario.progression = "age"
        cls.level3.write(
            {
                "charges": "claim",
                "channel_email": False,
                "channel_registered": True,
                "formal_notice": True,
                "subject": "Formal notice to pay {{amount_claimed}}",
            }
        )

    def _letter(self, kind):
        partner = self._create_customer(f"Debtor {kind}")
        self._debt(partner=partner, issued=date(2026, 4, 30))
        self._set_kind(kind, partner)
        self._run(DAY)
        with self.allow_pdf_render():
            self.env["recouvrement.delivery"].sudo()._cron_send()
        letter = self._relances(partner).delivery_ids
        self.assertTrue(letter.attachment_id, letter.failure_reason)
        reader = PdfReader(io.BytesIO(letter.attachment_id.raw))
        pages = [page.extract_text() for page in reader.pages]
        self.assertEqual(len(pages), 1)
        return letter, " ".join("\n".join(pages).split()).replace("\xa0", " ")

    def test_a_company_reads_principal_interest_and_indemnity(self):
        letter, text = self._letter("company")
        for words in (
            "Principal",
            "12,000.00",
            "372.60",
            "40.00",
            "12,412.60",
            "12.15 % a year",
            "12.40 % a year",
            "L441-10",
        ):
            self.assertIn(words, text)
        self.assertIn("12,412.60", letter.relance_id._subject(letter.partner_id))

    def test_a_public_body_reads_its_own_articles(self):
        _letter, text = self._letter("public")
        self.assertIn("L2192-13", text)
        self.assertNotIn("L441-10", text)
        self.assertIn("40.00", text)

    def test_a_consumer_reads_no_fee(self):
        _letter, text = self._letter("consumer")
        self.assertIn("12,000.00", text)
        for words in ("Indemnity", "40.00", "L441-10", "interest"):
            self.assertNotIn(words, text)

    # -- the sum that is approved is the sum that leaves ------------------------
    def _words(self, text):
        return " ".join(html2plaintext(text or "").split()).replace("\xa0", " ")

    def _sums(self, relance):
        return (
            relance.amount_due,
            relance.amount_interest,
            relance.amount_indemnity,
            relance.amount_claimed,
        )

    def _paper(self, letter):
        reader = PdfReader(io.BytesIO(letter.attachment_id.raw))
        text = " ".join("\n".join(p.extract_text() for p in reader.pages).split())
        return text.replace("\xa0", " ")

    def _send(self):
        with self.allow_pdf_render():
            self.env["recouvrement.delivery"].sudo()._cron_send()
        self.env.invalidate_all()

    def test_asked_is_what_the_message_asks(self):
        """On the form, in the lists, the worklist, the preview and on paper."""
        self.level3.approval = True
        partner = self._create_customer("Debtor exact")
        self._debt(partner=partner, issued=date(2026, 4, 30))
        self._set_kind("company", partner)
        relance = self._relance(partner)
        self.assertEqual(self._sums(relance), (12000, 372.60, 40, 12412.60))
        line = relance.line_ids
        self.assertEqual((line.amount_interest, line.amount_indemnity), (372.60, 40))
        for words in ("12,412.60", "372.60", "31 August 2026"):
            self.assertIn(words, self._words(relance.preview))
        self.assertIn("12,412.60", relance.preview_subject)
        work = self.env["recouvrement.worklist"].search(
            [("partner_id", "=", partner.id)]
        )
        self.assertIn("12,412.60", work.situation_text.replace("\xa0", " "))
        # nothing moves by itself: what is shown is one day's, on every screen
        tomorrow = relance.with_context(recouvrement_day="2026-09-01")
        self.assertIn("12,412.60", self._words(tomorrow.preview))
        self.assertEqual(tomorrow.amount_claimed, 12412.60)
        relance.action_approve()
        self._send()
        paper = self._paper(relance.delivery_ids)
        for amount in self._sums(relance):
            self.assertIn(f"{amount:,.2f}", paper)

    def test_asked_follows_the_ledger_until_it_is_on_paper(self):
        self.level3.approval = True
        partner = self._create_customer("Debtor moving")
        move = self._debt(partner=partner, issued=date(2026, 4, 30))
        self._set_kind("company", partner)
        relance = self._relance(partner)
        # a closed day has no run, and yet the sums of the day
        sunday = self.env(context=dict(self.env.context, recouvrement_day="2026-09-06"))
        sunday["recouvrement.run"].sudo()._run_company(self.company.with_env(sunday))
        relance.invalidate_recordset()
        # six days more at 12.40 % on 12,000
        self.assertEqual(relance.claims_date, date(2026, 9, 6))
        self.assertAlmostEqual(relance.amount_interest, 397.06)
        self.assertAlmostEqual(relance.amount_claimed, 12437.06)
        self._paid_on(move, 2000, DAY)
        relance.action_approve()
        self.assertEqual(self._sums(relance), (10000, 372.60, 40, 10412.60))
        self._send()
        self.assertIn("10,412.60", self._paper(relance.delivery_ids))
        # on paper: days pass, the sum does not; a payment makes another letter
        later = relance.with_context(recouvrement_day="2026-09-15")
        later.sudo()._revalidate()
        self.assertAlmostEqual(relance.amount_claimed, 10412.60)
        self.assertIn("10,412.60", self._words(later.preview))
        self._paid_on(move, 1000, DAY)
        relance.sudo()._revalidate()
        self.assertFalse(relance.delivery_ids.attachment_id)
        self._send()
        self.assertEqual(relance.amount_due, 9000)
        self.assertIn(
            f"{relance.amount_claimed:,.2f}", self._paper(relance.delivery_ids)
        )

    def test_asked_without_charges_is_the_principal(self):
        self.level3.charges = "announce"
        partner = self._create_customer("Debtor plain")
        self._debt(partner=partner)
        relance = self._relance(partner)
        self.assertEqual(self._sums(relance), (12000, 0, 0, 12000))
        self.assertFalse(relance.claims_date)

    def test_asked_in_two_currencies(self):
        currency = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        partner = self._create_customer("Debtor pounds")
        self._debt(partner=partner)
        self._debt(1000, partner=partner, currency_id=currency.id)
        relance = self._relance(partner)
        text = relance.asked_text.replace("\xa0", " ")
        self.assertIn(text, self._words(relance._subject(partner)))
        # 1,000 at 372.60 / 12,000, and 40 euros: 31.05 + 20 pounds, twice in euros
        self.assertIn("1,051.05", text)
        self.assertAlmostEqual(relance.amount_claimed, 12412.60 + 2 * 1051.05)

    def test_an_unknown_rate_is_said_in_the_preview(self):
        self.level3.approval = True
        partner = self._create_customer("Debtor unknown")
        self._debt(partner=partner)
        self._dossier(partner)
        self.env["recouvrement.reference.rate"].search(
            [("series", "=", "ecb_refi")], limit=1
        ).unlink()
        relance = self._relance(partner)
        self.assertIn("Reference Rates", self._words(relance.preview))
        self.assertEqual(relance.amount_claimed, 12000)

    # -- the words, before they are on paper ----------------------------------
    def _relance(self, partner, lang="en_US"):
        """The message of the day, in the language of the debtor."""
        self._run(DAY)
        [relance] = self._relances(partner)
        return relance.with_context(lang=lang)

    def _two_invoices(self, kind):
        """Of a debtor: due on 31 May and on 20 July 2026."""
        partner = self._create_customer(f"Two {kind}")
        moves = self._debt(partner=partner, issued=date(2026, 4, 30))
        moves |= self._debt(
            6000.0, date(2026, 7, 20), partner=partner, issued=date(2026, 6, 20)
        )
        self._set_kind(kind, partner)
        return partner, moves

    def test_rates_of_the_lines_asked_only(self):
        partner, _moves = self._two_invoices("company")
        relance = self._relance(partner)
        first, second = relance._asked_lines()
        self.assertIn(
            "12.15 % a year from 1 June 2026 and 12.40 % a year from 1 July 2026.",
            relance._charges_text().replace("\xa0", " "),
        )
        first.sudo().struck = True
        self.assertEqual(relance._asked_lines(), second)
        text = relance._charges_text().replace("\xa0", " ")
        self.assertIn(": 12.40 % a year from 21 July 2026.", text)
        self.assertNotIn("12.15", text)

    def test_a_rate_that_comes_back(self):
        Rate = self.env["recouvrement.reference.rate"].sudo()
        for day, percent in (("2026-01-01", 2.4), ("2026-07-01", 2.15)):
            Rate.search(
                [("series", "=", "ecb_refi"), ("date_from", "=", day)]
            ).percent = percent
        partner = self._create_customer("Old")
        self._debt(partner=partner, due=date(2025, 11, 30), issued=date(2025, 10, 31))
        self._set_kind("company", partner)
        self.assertIn(
            "12.15 % a year from 1 December 2025, 12.40 % a year from 1 January 2026,"
            " and 12.15 % a year from 1 July 2026.",
            self._relance(partner)._charges_text().replace("\xa0", " "),
        )

    def test_each_public_invoice_keeps_its_rate(self):
        partner, moves = self._two_invoices("public")
        relance = self._relance(partner)
        first, second = moves.mapped("name")
        text = relance._charges_text()
        self.assertIn(f"rate of 10.15 % ({first}), 10.40 % ({second}).", text)
        relance._asked_lines()[1].sudo().struck = True
        self.assertIn("rate of 10.15 %. Fixed", relance._charges_text())
        french = relance.with_context(lang="fr_FR")._charges_text()
        self.assertIn("au taux annuel de 10,15 %. Indemnité", french)
        self.assertIn("D2192-35", french)

    def test_lawful_due_date_of_a_public_body(self):
        """Available on 20 May: due on 19 June, whatever the invoice says."""
        partner = self._create_customer("Commune")
        move = self._debt(partner=partner, issued=date(2026, 4, 30))
        self._set_kind("public", partner)
        move.recouvrement_available_on = date(2026, 5, 20)
        relance = self._relance(partner)
        [row] = relance._statement()["asked"]
        self.assertEqual((row["due"], row["days"]), ("19 Jun 2026", 73))
        self.assertEqual(row["late"], "73 days late")
        values = relance._values(partner)
        self.assertEqual(values["days_late"], 73)
        self.assertIn("19", values["oldest_due_date"])
        # without charges too
        self.level3.charges = "announce"
        relance._refresh_claims()
        self.assertFalse(relance.claims)
        [row] = relance._statement()["asked"]
        self.assertEqual((row["due"], row["days"]), ("19 Jun 2026", 73))

    def _noticed(self, dossier, day):
        self.env["recouvrement.legal.event"].create(
            {"dossier_id": dossier.id, "kind": "formal_notice", "date": day}
        )

    def test_a_consumer_has_no_indemnity_column(self):
        partner = self._create_customer("Jeanne")
        self._debt(partner=partner, issued=date(2026, 4, 30))
        self._noticed(self._set_kind("consumer", partner), date(2026, 6, 30))
        relance = self._relance(partner)
        statement = relance._statement()
        self.assertTrue(statement["claims"])
        self.assertFalse(statement["indemnity"])
        self.assertEqual(statement["asked"][0]["indemnity"], "")
        text = relance._charges_text()
        self.assertIn("1344-1", text)
        for body in (text, relance._content(partner)["body"]):
            self.assertIn("2.75 %", body)
            for words in ("ndemnity", "L441-10", "VAT applies"):
                self.assertNotIn(words, body)
        with self.allow_pdf_render():
            self.env["recouvrement.delivery"].sudo()._cron_send()
        letter = relance.delivery_ids
        pages = PdfReader(io.BytesIO(letter.attachment_id.raw)).pages
        paper = " ".join(page.extract_text() for page in pages)
        self.assertIn("Interest", paper)
        self.assertNotIn("ndemnity", paper)

    def test_a_customer_that_became_a_company(self):
        """One sentence for each kind, each with its own rates."""
        partner, _moves = self._two_invoices("company")
        dossier = self._dossier(partner)
        dossier.write({"kind_before": "consumer", "kind_since": date(2026, 6, 1)})
        self._noticed(dossier, date(2026, 6, 10))
        relance = self._relance(partner)
        statement = relance._statement()
        self.assertTrue(statement["indemnity"])
        self.assertEqual(
            [bool(row["indemnity"]) for row in statement["asked"]], [False, True]
        )
        text = relance._charges_text().replace("\xa0", " ")
        company, _sep, consumer = text.partition("Interest at the legal rate")
        self.assertIn("12.40 % a year from 21 July 2026.", company)
        self.assertNotIn("12.15", text)
        self.assertIn("2.62 % a year from 11 June 2026 and 2.75 %", consumer)
        self.assertNotIn("12.40", consumer)
        self.assertIn("Indemnity", relance._content(partner)["body"])

    def test_an_indemnity_without_interest(self):
        partner = self._create_customer("Small")
        self._debt(0.3, date(2026, 8, 1), partner, issued=date(2026, 7, 1))
        self._set_kind("company", partner)
        relance = self._relance(partner)
        [row] = relance._statement()["asked"]
        self.assertEqual((row["interest"], bool(row["indemnity"])), ("", True))
        text = relance._charges_text()
        self.assertIn("D441-5", text)
        self.assertNotIn(" %", text)
        self.assertNotIn("interest", text)

    def test_no_letter_with_an_unknown_rate(self):
        partner = self._create_customer("Late")
        self._debt(partner=partner)
        self._dossier(partner)
        rate = self.env["recouvrement.reference.rate"].search(
            [("series", "=", "ecb_refi")], limit=1
        )
        rate.unlink()
        self._run(DAY)
        with self.allow_pdf_render():
            self.env["recouvrement.delivery"].sudo()._cron_send()
        delivery = self._relances(partner).delivery_ids
        self.assertEqual(delivery.state, "failed")
        self.assertIn("Reference Rates", delivery.failure_reason)
