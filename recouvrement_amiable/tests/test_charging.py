# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .test_claim import DAY, DUE, ClaimCommon


@tagged("post_install", "-at_install")
class TestCharging(ClaimCommon):
    """Which charges are put on an invoice, and what keeps them from it."""

    def _to_invoice(self):
        action = self.env["recouvrement.claim.statement"]._open_to_invoice()
        return self.env["recouvrement.claim.statement"].browse(action["res_id"])

    def _paid(self, move, day):
        self._paid_on(move, move.amount_residual, day)

    def _in_three(self, amount, **vals):
        """An invoice of 1 May 2026 in three: 30 % at once, 30 % and 40 % later."""
        term = self.env["account.payment.term"].create(
            {
                "name": "In three",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": share, "nb_days": days}
                    )
                    for share, days in ((30, 0), (30, 30), (40, 60))
                ],
            }
        )
        move = self._invoice(
            0, amount, post=False, invoice_payment_term_id=term.id, **vals
        )
        move.invoice_date = date(2026, 5, 1)
        move.action_post()
        return move.with_env(self.env)

    def _interests(self, move):
        claims = sorted(self._claims(move), key=lambda one: (one.due, one.principal))
        return [claim.interest for claim in claims]

    # -- levels whose charges are invoiced -------------------------------------
    def test_nobody_reached_such_a_level(self):
        self._debt()
        with self.assertRaisesRegex(UserError, "No customer has reached"):
            self._to_invoice()

    def test_only_items_that_reached_such_a_level(self):
        self.level3.charges = "invoice"
        late, fresh = self._debt(), self._debt(900, date(2026, 8, 25))
        other = self._create_customer("Autre")
        self._debt(700, date(2026, 8, 20), other)
        self.scenario.progression = "age"
        self._run(DAY)
        wizard = self._to_invoice()
        self.assertEqual(wizard.line_ids.move_id, late)
        self.assertNotIn(fresh, wizard.line_ids.move_id)
        moves = self.env["account.move"].search(wizard.action_charge()["domain"])
        self.assertAlmostEqual(moves.amount_total, 412.60)
        with self.assertRaisesRegex(UserError, "Nothing is left"):
            self._to_invoice()

    def test_interest_stays_to_invoice_once_the_principal_is_paid(self):
        self.level3.charges = "invoice"
        late = self._debt()
        self.scenario.progression = "age"
        self._run(DAY)
        self._paid(late, DAY)
        [line] = self._to_invoice().line_ids
        self.assertEqual((line.move_id, line.principal), (late, 0))
        self.assertAlmostEqual(line.charges, 412.60)

    def test_a_relance_that_was_cancelled_invoices_nothing(self):
        self.level3.write({"charges": "invoice", "approval": True})
        self._debt()
        self.scenario.progression = "age"
        self._run(DAY)
        self._relances().sudo()._cancel("Not now")
        with self.assertRaisesRegex(UserError, "No customer has reached"):
            self._to_invoice()

    # -- the segments ---------------------------------------------------------
    def test_segments_can_be_exported(self):
        move = self._debt()
        action = self._statement(self._dossier()).action_segments()
        segments = self.env[action["res_model"]].search(action["domain"])
        columns = ["move_id/name", "date_from", "date_to", "days", "rate", "amount"]
        self.assertEqual(
            segments.export_data(columns)["datas"],
            [
                [move.name, date(2026, 6, 1), date(2026, 6, 30), 30, 12.15, 119.84],
                [move.name, date(2026, 7, 1), DAY, 62, 12.40, 252.76],
            ],
        )

    # -- waivers ---------------------------------------------------------------
    def test_a_public_body_may_be_spared_the_indemnity(self):
        """Only its interest cannot be given up (CCP L2192-14): here it is zero."""
        self._debt(0.3, date(2026, 8, 1), issued=date(2026, 6, 1))
        dossier = self._set_kind("public")
        wizard = self._statement(dossier, reason="Small amount")
        [line] = wizard.line_ids
        self.assertEqual((line.interest, line.indemnity), (0, 40))
        wizard.action_waive()
        self.assertEqual(dossier.charge_ids.mapped("state"), ["waived"])
        self.assertFalse(self._statement(dossier).line_ids.filtered("charges"))

    def test_a_waiver_tells_each_currency(self):
        pounds = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        self._debt()
        self._debt(currency_id=pounds.id)
        dossier = self._dossier()
        self._statement(dossier, reason="Gesture").action_waive()
        body = dossier.message_ids[0].body
        self.assertIn("412.60", body)
        self.assertIn("392.60", body)

    # -- insolvency ---------------------------------------------------------------
    def test_work_done_before_the_judgment_is_an_older_debt(self):
        """Invoiced after it, all the same: it falls due too late to bear anything."""
        move = self._debt(
            10000,
            date(2026, 7, 15),
            issued=date(2026, 6, 15),
            recouvrement_performed_on=date(2026, 5, 1),
        )
        self._dossier().write(
            {"insolvency": "receivership", "insolvency_date": date(2026, 6, 1)}
        )
        claim = self._claim(move)
        self.assertEqual((claim.interest, claim.indemnity), (0, 0))

    def test_work_done_after_the_judgment_is_an_ordinary_debt(self):
        """47 days at 12.40 %."""
        move = self._debt(10000, date(2026, 7, 15), issued=date(2026, 6, 15))
        self._dossier().write(
            {"insolvency": "receivership", "insolvency_date": date(2026, 6, 1)}
        )
        claim = self._claim(move)
        self.assertAlmostEqual(claim.interest, 159.67)
        self.assertEqual(claim.indemnity, 40)

    # -- what an invoice is made of ---------------------------------------------
    def test_retention_is_kept_from_the_last_instalment(self):
        plain = self._in_three(10000)
        self._set_kind("public")
        before = self._interests(plain)
        plain.recouvrement_retention = 1000
        after = self._interests(plain)
        self.assertEqual(after[:2], before[:2])
        self.assertAlmostEqual(after[2], before[2] * 0.75, delta=0.01)
        self.assertGreater(after[2], 0)

    def test_each_item_of_an_opening_entry_has_its_indemnity(self):
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": date(2026, 4, 30),
                "line_ids": [
                    Command.create(
                        {
                            "name": name,
                            "account_id": account.id,
                            "partner_id": self.customer.id,
                            "debit": debit,
                            "credit": credit,
                            "date_maturity": due,
                        }
                    )
                    for name, account, debit, credit, due in (
                        ("F-101", receivable, 1000, 0, date(2026, 5, 15)),
                        ("F-102", receivable, 500, 0, date(2026, 5, 31)),
                        ("Opening", self.income, 0, 1500, False),
                    )
                ],
            }
        )
        entry.action_post()
        self._dossier()
        self.assertEqual([c.indemnity for c in self._claims(entry)], [40, 40])

    def test_a_source_goes_once_its_charges_are_given_back(self):
        move = self._debt()
        dossier = self._dossier()
        charge = self._charge(dossier)
        move.button_draft()
        with self.assertRaisesRegex(UserError, "cancel these"):
            move.with_context(force_delete=True).unlink()
        charge.button_cancel()
        move.with_context(force_delete=True).unlink()
        self.assertFalse(dossier.charge_ids)

    # -- once, and given back as a whole ------------------------------------------
    def test_a_charge_invoice_is_credited_as_a_whole(self):
        self._debt()
        charge = self._charge(self._dossier())
        charge.action_post()
        refund = charge._reverse_moves()
        refund.invoice_line_ids[1:].unlink()
        with self.assertRaisesRegex(UserError, "as a whole"):
            refund.action_post()

    def test_reopened_after_its_days_came_back_as_a_correction(self):
        """A: June, 25.84. B: July and August. A cancelled, June comes back with C as
        a correction: reopening A would charge June twice."""
        self._debt()
        dossier = self._set_kind("consumer")
        self.env["recouvrement.legal.event"].create(
            {"dossier_id": dossier.id, "kind": "formal_notice", "date": DUE}
        )
        june = self._charge(dossier, date(2026, 6, 30))
        self._charge(dossier).action_post()
        june.button_cancel()
        again = self._charge(dossier)
        self.assertAlmostEqual(again.amount_total, 25.84)
        with self.assertRaisesRegex(UserError, "charged again since"):
            june.button_draft()

    def test_the_indemnity_of_an_invoice_once_whatever_the_instalment(self):
        move = self._in_three(10000)
        dossier = self._dossier()
        first = self._charge(dossier)
        first.button_cancel()
        self._paid_on(move, 6000, DAY)
        second = self._charge(dossier)
        labels = second.invoice_line_ids.mapped("name")
        self.assertEqual(sum("indemnity" in label for label in labels), 1)
        with self.assertRaises(UserError):
            first.button_draft()

    # -- who, and for whom ------------------------------------------------------
    def test_a_collector_charges_without_making_other_invoices(self):
        self._debt()
        dossier = self._dossier()
        user = new_test_user(
            self.env,
            "collector_charging",
            groups="recouvrement_amiable.group_collector_all",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        statement = self.env["recouvrement.claim.statement"].with_user(user)
        wizard = statement.create(
            {
                "dossier_ids": [Command.set(dossier.ids)],
                "date": DAY,
                "invoice_date": DAY,
            }
        )
        charge = self.env["account.move"].search(wizard.action_charge()["domain"])
        self.assertEqual(charge.state, "draft")
        self.assertAlmostEqual(charge.amount_total, 412.60)
        self.assertEqual(dossier.charge_ids.user_id, user)

    def test_three_debtors_three_charge_invoices(self):
        """92 days: 119.84 + 252.76 + 40; at 10.15 % 307.00 + 40; at the legal rate
        25.84 + 56.05. Each reads on its invoice what it is charged."""
        charges = {}
        for kind in ("company", "public", "consumer"):
            partner = self._create_customer(f"Customer {kind}")
            self._debt(partner=partner, issued=date(2026, 4, 1))
            dossier = self._set_kind(kind, partner)
            self.env["recouvrement.legal.event"].create(
                {"dossier_id": dossier.id, "kind": "formal_notice", "date": DUE}
            )
            charge = self._charge(dossier)
            charges[kind] = (charge.ref, round(charge.amount_total, 2))
        self.assertEqual(
            charges,
            {
                "company": ("Late-payment charges", 412.60),
                "public": ("Late-payment interest and fixed indemnity", 347.00),
                "consumer": ("Interest at the legal rate", 81.89),
            },
        )

    def test_who_is_insolvent_or_paused_is_not_ticked(self):
        move = self._debt()
        dossier = self._dossier()
        dossier.write(
            {"insolvency": "receivership", "insolvency_date": date(2026, 7, 15)}
        )
        self.assertFalse(self._statement(dossier).line_ids.chosen)
        self._paid(move, DAY)
        [line] = self._statement(dossier).line_ids
        self.assertEqual((line.chosen, line.why_not), (False, "Insolvency"))

    def test_a_company_that_became_public_is_spared_what_it_owed_before(self):
        """March's interest is a company's: giving it up is not void."""
        self._debt(issued=date(2026, 4, 30))
        dossier = self._set_kind("public")
        dossier.write({"kind_before": "company", "kind_since": date(2026, 6, 1)})
        self._statement(dossier, reason="Agreed").action_waive()
        self.assertEqual(set(dossier.charge_ids.mapped("state")), {"waived"})

    # -- the amounts of the dossier ------------------------------------------------
    def test_owed_today(self):
        """12,000 late, 10,000 not due; 372.60 + 40 charged or not; 2,000 paid."""
        self._debt()
        self._debt(10000, date(2026, 12, 31), issued=date(2026, 8, 1))
        dossier = self._dossier()
        self.assertEqual(dossier.amount_principal, 12000)
        self.assertAlmostEqual(dossier.amount_claim, 12412.60)
        self._charge(dossier).action_post()
        dossier.invalidate_recordset()
        self.assertAlmostEqual(dossier.amount_charged, 412.60)
        self.assertAlmostEqual(dossier.amount_claim, 12412.60)
        self._unallocated(2000)
        dossier.invalidate_recordset()
        self.assertAlmostEqual(dossier.amount_unallocated, -2000)
        self.assertAlmostEqual(dossier.amount_claim, 10412.60)

    def test_a_statement_lists_what_is_late(self):
        late = self._debt()
        self._debt(10000, date(2026, 12, 31), issued=date(2026, 8, 1))
        self.assertEqual(self._statement(self._dossier()).line_ids.move_id, late)

    def test_who_has_not_been_looked_at_is_named(self):
        self._debt()
        dossier = self._dossier()
        self.assertIn("Vasseur (Company)", self._statement(dossier).unsure_text)
        dossier.kind_confirmed = True
        self.assertFalse(self._statement(dossier).unsure_text)

    def test_a_letter_that_was_presented_is_not_sent_again(self):
        self.level3.write({"formal_notice": True, "channel_registered": True})
        self._debt()
        self.scenario.progression = "age"
        self._run(DAY)
        delivery = self._relances().delivery_ids.filtered(
            lambda one: one.channel == "registered"
        )
        delivery.sudo().write({"posted_on": DAY, "presented_on": DAY})
        delivery.sudo().state = "returned"
        with self.assertRaisesRegex(UserError, "keeps its effects"):
            delivery.action_retry()
        self.assertEqual(delivery.presented_on, DAY)
