"""The demo: what it loads is what Odoo would have, and what it says is true."""

import csv
import datetime
import doctest
import re
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest

from odoo.tests import TransactionCase, tagged

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.recouvrement_amiable.analytics.history import parse_history

from tools.base import Missing
from tools.demo import customers, desk, tables
from tools.demo.company import DATA
from tools.demo.customers import create_customers
from tools.demo.ledger import HistoryLedger
from tools.demo.load import load
from tools.demo.portfolio import PHONES, TERMS
from tools.demo.prepare import prepare
from tools.demo.reader import check_history
from tools.demo.report import run_and_report
from tools.smtp_sink import Sink

HISTORY = """\
customer,number,date,due date,amount,paid date,disputed
Alpha,A1,2025-01-06,2025-02-05,1200,2025-02-10,no
Alpha,A2,2025-02-03,2025-03-05,99.99,,no
Alpha,A3,2025-02-03,2025-03-31,5000,,yes
Beta,B1,2025-01-20,2025-02-19,-240,2025-02-03,no
Beta,B2,2025-01-20,2025-02-19,-36.01,,no
Gamma,G1,2025-02-10,2025-03-12,600,2025-02-03,no
Gamma,G2,2025-03-03,2025-04-02,10,2025-03-20,yes
Delta,D1,2025-04-01,2025-05-01,10,,no
"""
# what an invoice receives by other ways than a computation
SET_BY_HAND = {"name", "balance", "debit", "credit"}
# kept as the file has them, or told by Odoo's interface only
APART = {
    "sequence_prefix",
    "sequence_number",
    "made_sequence_gap",
    "is_manually_modified",
    "write_date",
    "write_uid",
}


class DemoCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        prepare(cls.env, "fr_FR", 1, "http://127.0.0.1:1")

    def invoice(self, number):
        return self.env["account.move"].search(
            [("name", "=", number), ("move_type", "in", ("out_invoice", "out_refund"))]
        )


@tagged("post_install", "-at_install")
class TestHistoryLedger(DemoCase):
    """Rows written by SQL hold what Odoo itself would have left there."""

    def setUp(self):
        super().setUp()
        self.invoices = parse_history(HISTORY.encode()).invoices
        names = [invoice.customer for invoice in self.invoices]
        self.partners = create_customers(self.env, names)

    def ledger(self, last_day):
        day = datetime.date.fromisoformat(last_day)
        return HistoryLedger(self.env, self.invoices, self.partners, day)

    def advance(self, ledger, day):
        ledger.advance(datetime.date.fromisoformat(day))

    def states(self):
        moves = self.env["account.move"].search(
            [("partner_id", "in", [p.id for p in self.partners.values()])]
        )
        return {
            move.name: (move.payment_state, move.amount_residual)
            for move in moves
            if move.move_type != "entry"
        }

    def test_only_what_was_known_on_the_day(self):
        ledger = self.ledger("2025-03-31")
        self.advance(ledger, "2025-02-09")
        self.assertEqual(
            self.states(),
            {
                "A1": ("not_paid", 1200),
                "A2": ("not_paid", 99.99),
                "A3": ("blocked", 5000),
                "B1": ("paid", 0),
                "B2": ("not_paid", 36.01),
            },
        )
        self.advance(ledger, "2025-02-10")
        self.assertEqual(self.states()["A1"], ("paid", 0))
        self.assertEqual(self.states()["G1"], ("paid", 0), "paid in advance")

    def test_a_dispute_that_was_settled_is_no_dispute(self):
        ledger = self.ledger("2025-03-31")
        self.advance(ledger, "2025-03-10")
        self.assertEqual(self.states()["G2"], ("not_paid", 10))
        self.advance(ledger, "2025-03-31")
        self.assertEqual(self.states()["G2"], ("paid", 0))
        self.assertEqual(self.states()["A3"], ("blocked", 5000))
        self.assertNotIn("D1", self.states())

    def test_day_after_day_or_at_once(self):
        ledger = self.ledger("2025-03-31")
        for day in ("2025-01-10", "2025-02-03", "2025-02-04", "2025-03-31"):
            self.advance(ledger, day)
        slowly = self.states()
        self.env.cr.execute("DROP TABLE history")
        everything = [("partner_id", "in", [p.id for p in self.partners.values()])]
        for move in self.env["account.move"].search(everything):
            move.name = f"{move.name}-bis"
        self.env["account.journal"].search([("code", "=", "REP")]).code = "OLD"
        self.partners = create_customers(self.env, self.partners)
        at_once = self.ledger("2025-03-31")
        self.advance(at_once, "2025-03-31")
        self.assertEqual(self.states(), slowly)

    def test_entries_are_balanced_and_taxed(self):
        self.advance(self.ledger("2025-03-31"), "2025-03-31")
        move = self.invoice("A2")
        self.assertEqual(sum(move.line_ids.mapped("balance")), 0)
        self.assertTrue(move.invoice_line_ids.tax_ids)
        self.assertAlmostEqual(move.tax_totals["total_amount_currency"], 99.99)

    def test_the_tax_is_rounded_as_odoo_does(self):
        """99.99 is 83.325 and a tax of 16.665: half a cent on both sides."""
        self.advance(self.ledger("2025-03-31"), "2025-03-31")
        ours = self.invoice("A2")
        theirs = ours.copy({"name": "A2-copy"})
        theirs.action_post()
        for move in (ours, theirs):
            self.assertEqual((move.amount_untaxed, move.amount_tax), (83.32, 16.67))

    def test_computed_fields_do_not_move(self):
        """Odoo computes again all that it stores, and finds what is there."""
        self.advance(self.ledger("2025-03-31"), "2025-03-31")
        moves = self.env["account.move"].search(
            [("partner_id", "in", [p.id for p in self.partners.values()])]
        )
        self.assertEqual(len(moves), 7 + 4)
        for records in (
            moves,
            moves.line_ids,
            moves.statement_line_id,
            moves.line_ids.matched_debit_ids | moves.line_ids.matched_credit_ids,
        ):
            before = self.rows(records)
            for field in records._fields.values():
                computed = field.store and field.compute and not field.related
                if computed and field.name not in SET_BY_HAND:
                    self.env.add_to_compute(field, records)
            self.env.flush_all()
            self.assertEqual(self.rows(records), before, records)

    def rows(self, records):
        self.env.flush_all()
        self.env.cr.execute(
            f'SELECT to_jsonb(t) FROM "{records._table}" t WHERE id IN %s ORDER BY id',  # noqa: S608
            [records._ids],
        )
        return [
            {name: value for name, value in row.items() if name not in APART}
            for (row,) in self.env.cr.fetchall()
        ]

    def test_an_invoice_can_still_be_paid_in_odoo(self):
        self.advance(self.ledger("2025-03-31"), "2025-03-31")
        move = self.invoice("A2")
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        wizard.create({"payment_date": "2025-04-01"})._create_payments()
        self.assertEqual(move.amount_residual, 0)


@tagged("post_install", "-at_install")
class TestDemoRun(DemoCase):
    """A small history, from the file to the messages and the report."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.sink = cls.enterClassContext(Sink(folder / "mail"))
        cls.env["ir.mail_server"].search([]).smtp_port = cls.sink.port
        cls.file = folder / "history.csv"
        cls.file.write_text(HISTORY)

    def setUp(self):
        super().setUp()
        for message in self.sink.folder.iterdir():
            message.unlink()

    def play(self, day):
        day = datetime.date.fromisoformat(day)
        with (
            patch.object(desk, "DAYS_BEFORE", 30),
            patch.object(IrMail_Server, "_disable_send", lambda *args: False),
        ):
            load(self.env, day, self.file)
            return run_and_report(self.env, day, self.sink.folder)

    def test_messages_and_report(self):
        """On 17 March, A2 of a new customer is 12 days late; it had a call before."""
        report = self.play("2025-03-17")
        (message,) = self.sink.messages()
        self.assertEqual(message["X-Envelope-To"], "compta@alpha.example")
        body = message.get_body(("plain",)).get_content()
        self.assertIn("99,99", body)
        self.assertNotIn("5 000", re.sub(r"\s", " ", body), "A3 is disputed")
        delays = self.env["recouvrement.relance"].search([]).mapped("level_id.delay")
        self.assertEqual(Counter(delays), Counter([10, 3, -5]))
        self.assertIn("Relances du lundi 17 mars 2025", report)
        self.assertIn("Alpha : Suspendu : paiement bloqué", re.sub(r"\s", " ", report))

    def test_a_closed_day_goes_on_the_next_open_one(self):
        """The 22nd is a Saturday: what is paid on Sunday is not known on Monday."""
        report = self.play("2025-03-22")
        self.assertIn("lundi 24 mars 2025", report)
        self.assertIn("samedi 22 mars 2025", report)
        run = self.env["recouvrement.run"].search([], order="date desc", limit=1)
        self.assertEqual(run.date, datetime.date(2025, 3, 24))

    def test_nothing_known_yet(self):
        report = self.play("2024-06-03")
        self.assertFalse(self.sink.messages())
        self.assertIn("lundi 3 juin 2024", report)


# --- without a database --------------------------------------------------------


def test_documented_examples():
    for module in (customers, tables):
        failed, tried = doctest.testmod(module)
        assert tried and not failed


def test_made_up_customers_can_be_reached_and_do_not_change():
    one = customers.contact("Société Générée & Fils")
    assert one == customers.contact("Société Générée & Fils")
    assert one["email"] == "compta@societe-generee-fils.example"
    assert one["phone"].startswith("+33 1 99 00 ")
    assert all(one.values())
    assert customers.contact("株式会社")["email"].endswith(".example")


def rows():
    with open(DATA / "portfolio.csv", encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter=";"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["name"])
def test_portfolio_is_well_formed(row):
    assert row["kind"] in ("company", "public", "consumer")
    assert row["terms"] in TERMS
    assert not row["phone"] or row["phone"] in PHONES
    for email in filter(None, (row["email"], row["invoice_contact"])):
        assert email.endswith(".example")
    for story in row["open"].split():
        days, amount, *_flag = story.split(":")
        assert int(days) < 120 and Decimal(amount) > 0


def test_portfolio_shows_every_kind_of_debtor():
    kinds = Counter(row["kind"] for row in rows())
    assert kinds["company"] >= 30 and kinds["public"] >= 2 and kinds["consumer"] >= 3
    text = (DATA / "portfolio.csv").read_text(encoding="utf-8")
    for story in ("half", "blocked", "excluded", "nofollowup", "paused", "3x", "GBP"):
        assert story in text


def test_a_bad_history_is_told_before_anything_is_made(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("Client;Numéro;Date;Échéance;Montant\nA;1;31/02/2026;;x\n")
    with pytest.raises(Missing) as refused:
        check_history(path, None, "fr_FR")
    assert "ligne 2, colonne « Date » : « 31/02/2026 »" in str(refused.value)
    with pytest.raises(Missing) as refused:
        check_history(path, None, "en_US")
    assert "line 2, column “Échéance”: the value is missing" in str(refused.value)
