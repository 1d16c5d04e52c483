# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The reader of an invoice history: what it accepts, decides and refuses."""

import doctest
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..analytics import history, history_error
from ..analytics.history import HistoryError, parse_history, read_history

HEADER = "customer,number,date,due date,amount,paid date,disputed"
KNOWN_HEADER = (
    "countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,"
    "InvoiceAmount,Disputed,SettledDate,PaperlessBill,DaysToSettle,DaysLate"
)


def parse(*lines, header=HEADER, encoding="utf-8", **options):
    return parse_history("\n".join([header, *lines]).encode(encoding), **options)


@tagged("post_install", "-at_install")
class TestHistory(BaseCase):
    def only(self, *lines, **options):
        """The invoice of a file of one line."""
        (invoice,) = parse(*lines, **options).invoices
        return invoice

    def problems(self, *lines, **options):
        """``[(code, line, column)]`` of a file that is refused."""
        with self.assertRaises(HistoryError) as refused:
            parse(*lines, **options)
        return [(p.code, p.line, p.column) for p in refused.exception.problems]

    def test_documented_examples(self):
        for module in (history, history_error):
            failed, tried = doctest.testmod(module)
            self.assertTrue(tried)
            self.assertFalse(failed, module.__name__)

    # -- what is read ---------------------------------------------------
    def test_every_column(self):
        invoice = self.only("Dupond,F1,2026-01-31,2026-03-02,1200.50,2026-03-10,yes")
        self.assertEqual(
            invoice,
            history.Invoice(
                customer="Dupond",
                number="F1",
                date=date(2026, 1, 31),
                due_date=date(2026, 3, 2),
                amount=Decimal("1200.50"),
                paid_date=date(2026, 3, 10),
                disputed=True,
                line=2,
            ),
        )

    def test_optional_columns_may_be_absent(self):
        invoice = self.only(
            "Dupond,F1,2026-01-31,2026-03-02,10",
            header="customer,number,date,due,total",
        )
        self.assertIsNone(invoice.paid_date)
        self.assertFalse(invoice.disputed)

    def test_unknown_columns_and_order_do_not_matter(self):
        invoice = self.only(
            "x,10,2026-03-02,2026-01-31,F1,Dupond",
            header="Note,Montant TTC,Échéance,Date de facture,N° Facture,Nom du client",
        )
        self.assertEqual((invoice.customer, invoice.number), ("Dupond", "F1"))
        self.assertEqual(invoice.due_date, date(2026, 3, 2))

    def test_more_precise_header_wins(self):
        """“Invoice date” is not the column of the number because of “invoice”."""
        columns = parse(
            "F1,C,2026-01-01,2026-01-31,1,REF",
            header="invoice number,client,invoice date,due date,amount,reference",
        ).columns
        self.assertEqual(columns["number"], "invoice number")
        self.assertEqual(columns["date"], "invoice date")

    def test_known_layout_is_recognised(self):
        read = parse(
            "391,0001-AAAAA,4/6/2013,11,1/2/2013,2/1/2013,55.94,No,1/3/2013,Paper,1,0",
            header=KNOWN_HEADER,
        )
        self.assertEqual(read.layout, "ibm_accounts_receivable")
        self.assertEqual(read.date_order, "mdy")
        self.assertEqual(read.invoices[0].paid_date, date(2013, 1, 3))

    def test_open_between_the_invoice_and_the_payment(self):
        invoice = self.only("D,F1,2026-01-10,2026-02-10,1,2026-02-15,")
        opened = [
            invoice.is_open(date(2026, *day)) for day in ((1, 9), (1, 10), (2, 14))
        ]
        self.assertEqual(opened, [False, True, True])
        self.assertFalse(invoice.is_open(date(2026, 2, 15)))

    def test_delimiters(self):
        for delimiter in ",;\t":
            line = delimiter.join(["D", "F1", "2026-01-31", "2026-03-02", "12", "", ""])
            header = HEADER.replace(",", delimiter)
            with self.subTest(delimiter=delimiter):
                read = parse(line, header=header)
                self.assertEqual(read.delimiter, delimiter)

    def test_encodings(self):
        for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
            with self.subTest(encoding=encoding):
                invoice = self.only(
                    "Société Générée,F1,2026-01-31,2026-03-02,12",
                    header="Client,Numéro,Date,Échéance,Montant",
                    encoding=encoding,
                )
                self.assertEqual(invoice.customer, "Société Générée")

    def test_quotes_blank_lines_and_spreadsheet_leftovers(self):
        read = parse(
            '"Dupond; fils";"F1";31/01/2026;02/03/2026;"12,5";;',
            ";;;;;;",
            "",
            "Durand;F2;31/01/2026;02/03/2026;12;;;;",
            header="sep=;\n" + HEADER.replace(",", ";"),
        )
        self.assertEqual(
            [i.customer for i in read.invoices], ["Dupond; fils", "Durand"]
        )
        self.assertEqual([i.line for i in read.invoices], [3, 6])

    def test_line_numbers_after_a_quoted_line_break(self):
        self.assertEqual(
            self.problems(
                '"Dupond\nfils",F1,2026-01-31,2026-03-02,1,,',
                "Durand,F2,2026-01-31,never,1,,",
            ),
            [("date", 4, "due date")],
        )

    # -- days -----------------------------------------------------------
    def test_ways_to_write_a_day(self):
        for text in (
            "2026-03-13",
            "2026/3/13",
            "20260313",
            "2026-03-13 00:00:00",
            "2026-03-13T10:00:00Z",
            "13/03/2026",
            "13.03.26",
            "13-3-2026",
            "3/13/2026",
            "03/13/26 0:00",
        ):
            with self.subTest(text=text):
                invoice = self.only(f"D,F1,2026-01-31,{text},1,,")
                self.assertEqual(invoice.due_date, date(2026, 3, 13))

    def test_one_clear_day_decides_for_all(self):
        read = parse("D,F1,01/02/2026,05/04/2026,1,,", "D,F2,1/2/2026,1/31/2026,1,,")
        self.assertEqual(read.date_order, "mdy")
        self.assertEqual(read.invoices[0].date, date(2026, 1, 2))

    def test_due_after_the_invoice_decides(self):
        """10/12 to 01/11 only makes sense month first."""
        read = parse("D,F1,10/12/2026,11/01/2026,1,,")
        self.assertEqual(read.date_order, "mdy")
        read = parse("D,F1,12/10/2026,01/11/2026,1,,")
        self.assertEqual(read.date_order, "dmy")

    def test_unclear_days_are_day_first(self):
        self.assertEqual(parse("D,F1,01/02/2026,03/04/2026,1,,").date_order, "dmy")

    def test_hint_decides_between_unclear_days_only(self):
        unclear = "D,F1,01/02/2026,03/04/2026,1,,"
        self.assertEqual(parse(unclear, dates="mdy").date_order, "mdy")
        self.assertEqual(
            parse("D,F1,2026-01-02,2026-03-04,1,,", dates="mdy").date_order, "iso"
        )
        with self.assertRaises(ValueError):
            parse(unclear, dates="ydm")

    def test_days_that_do_not_exist(self):
        for text in ("31/02/2026", "13/13/2026", "0026-01-01", "tomorrow", "45321"):
            with self.subTest(text=text):
                self.assertEqual(
                    self.problems(f"D,F1,2026-01-31,{text},1,,"),
                    [("date", 2, "due date")],
                )

    # -- amounts --------------------------------------------------------
    def test_ways_to_write_an_amount(self):
        for text, expected in (
            ("1200.5", "1200.5"),
            ("1,200.50", "1200.50"),
            ("1.200,50", "1200.50"),
            ("1 200,50", "1200.50"),
            ("1\u202f200,50 €", "1200.50"),
            ("$1,234,567", "1234567"),
            ("-12,5", "-12.5"),
            ("(12.50)", "-12.50"),
            ("12.50-", "-12.50"),
            ("0", "0"),
        ):
            with self.subTest(text=text):
                invoice = self.only(f'D,F1,2026-01-31,2026-03-02,"{text}",,')
                self.assertEqual(invoice.amount, Decimal(expected))

    def test_decimal_mark_is_proved_by_the_whole_file(self):
        lines = (
            'D,F1,2026-01-31,2026-03-02,"1,234",,',
            'D,F2,2026-01-31,2026-03-02,"1,5",,',
        )
        amounts = [invoice.amount for invoice in parse(*lines).invoices]
        self.assertEqual(amounts, [Decimal("1.234"), Decimal("1.5")])
        lines = (lines[0], 'D,F2,2026-01-31,2026-03-02,"1.5",,')
        amounts = [invoice.amount for invoice in parse(*lines).invoices]
        self.assertEqual(amounts, [Decimal(1234), Decimal("1.5")])

    def test_decimal_mark_without_proof(self):
        line, header = "D;F1;2026-01-31;2026-03-02;1.234;;", HEADER.replace(",", ";")
        self.assertEqual(self.only(line, header=header).amount, Decimal(1234))
        self.assertEqual(
            self.only("D,F1,2026-01-31,2026-03-02,1.234,,").amount, Decimal("1.234")
        )

    def test_what_is_not_an_amount(self):
        for text in ("twelve", "1.2.3,4", "12,50,1", "NaN", "1e5", "--", "€"):
            with self.subTest(text=text):
                self.assertEqual(
                    self.problems(f'D,F1,2026-01-31,2026-03-02,"{text}",,'),
                    [("amount", 2, "amount")],
                )

    # -- what is refused ------------------------------------------------
    def test_all_problems_are_told_at_once_in_the_order_of_the_file(self):
        self.assertEqual(
            self.problems(
                ",F1,2026-01-31,2026-03-02,1,,",
                "D,F2,2026-01-31",
                "D,F3,2026-01-31,2026-01-30,x,2026-13-01,maybe",
                "D,F1,2026-01-31,,1,,",
            ),
            [
                ("missing", 2, "customer"),
                ("cells", 3, ""),
                ("amount", 4, "amount"),
                ("date", 4, "paid date"),
                ("disputed", 4, "disputed"),
                ("due_before", 4, "due date"),
                ("duplicate", 5, "number"),
                ("missing", 5, "due date"),
            ],
        )

    def test_missing_columns(self):
        self.assertEqual(
            self.problems("D,2026-01-31", header="customer,date"),
            [("no_column", 1, "")] * 3,
        )

    def test_column_twice(self):
        self.assertEqual(
            self.problems(
                "D,F1,2026-01-31,2026-03-02,1,1",
                header="customer,number,date,due date,amount,Amount",
            ),
            [("two_columns", 1, "amount")],
        )

    def test_empty_files(self):
        for data in (b"", b"\n \n", b"\xef\xbb\xbf"):
            with self.assertRaisesRegex(HistoryError, "the file is empty"):
                parse_history(data)
        self.assertEqual(self.problems(), [("no_invoice", 0, "")])

    def test_not_a_text_file(self):
        for data in (b"PK\3\4rest of a workbook", b"a\0b"):
            with self.assertRaisesRegex(HistoryError, "save the sheet as CSV"):
                parse_history(data)

    def test_open_quote(self):
        self.assertEqual(
            self.problems('"Dupond,F1,2026-01-31,2026-03-02,1,,'), [("quoting", 2, "")]
        )

    def test_file_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(HistoryError, "No such file"):
                read_history(Path(folder) / "none.csv")

    # -- words ----------------------------------------------------------
    def test_words_in_two_languages(self):
        with self.assertRaises(HistoryError) as refused:
            parse("D,F1,2026-01-31,32/13/2026,1,,")
        self.assertEqual(
            str(refused.exception),
            "line 2, column “due date”: “32/13/2026” is not a day",
        )
        self.assertEqual(
            refused.exception.describe("fr"),
            "ligne 2, colonne « due date » : « 32/13/2026 » n’est pas une date",
        )

    def test_every_message_exists_in_both_languages(self):
        english, french = history_error.MESSAGES["en"], history_error.MESSAGES["fr"]
        self.assertEqual(set(english), set(french))
        for code in english:
            for language in ("en", "fr"):
                text = history_error.Problem(code, 1, "c", "v", "e").text(language)
                self.assertNotIn("%", text)

    def test_long_lists_are_cut(self):
        with self.assertRaises(HistoryError) as refused:
            parse(*[f"D,F{number},x,2026-01-01,1,," for number in range(50)])
        self.assertEqual(len(refused.exception.problems), 50)
        lines = str(refused.exception).splitlines()
        self.assertEqual(len(lines), history_error.SHOWN_PROBLEMS + 1)
        self.assertEqual(lines[-1], "… and 30 more")
