# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reader of an invoice history: one line per invoice, with the day it was paid.

A history is a text file with a header and one line per invoice:

===========  ========  ==========================================================
column       required  content
===========  ========  ==========================================================
customer     yes       name or code of the customer
number       yes       number of the invoice, once in the file
date         yes       day of the invoice
due date     yes       day it falls due, not before the invoice
amount       yes       amount to pay; negative for a credit note
paid date    no        day it was wholly paid; empty while it is not
disputed     no        yes/no, oui/non, true/false, 1/0, x; empty is no
===========  ========  ==========================================================

The order of the columns is free, other columns are ignored, and the headers have
many accepted names in English and French (``ALIASES``). What the file does not say
is decided from the file as a whole, never line by line:

* the delimiter, among ``, ; tab``, is the one that finds most columns;
* the encoding is UTF-8 if the bytes allow it, else cp1252; UTF-16 by its mark;
* days are ``2013-01-31``, ``20130131``, ``31/01/2013`` or ``1/31/2013``, with two or
  four digits for the year and ``/ . -`` between; for ``03/04/2013`` see
  :func:`_date_order`;
* the decimal mark is the one that the amounts prove, see :func:`_decimal_mark`.

A wrong value is never guessed: all errors of the file are collected, each with its
line and column, and raised at once as :class:`HistoryError`.

>>> history = parse_history(b"Client;Facture;Date;Echeance;Montant\\n"
...                         b"Dupond;F1;31/01/2026;02/03/2026;1 200,50\\n")
>>> history.invoices[0].due_date, history.invoices[0].amount
(datetime.date(2026, 3, 2), Decimal('1200.50'))
"""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from .history_error import HistoryError, Problem

REQUIRED = ("customer", "number", "date", "due_date", "amount")
DATES = ("date", "due_date", "paid_date")

# Names of the columns, without case, accents, spaces and signs; best one first.
ALIASES = {
    "customer": "customer customername customerid customercode client clientname"
    " nomclient nomduclient codeclient idclient partner debtor debiteur tiers"
    " raisonsociale comptetiers",
    "number": "number invoicenumber invoiceno invoiceid invoicenr invoice numero"
    " numerofacture numerodefacture numfacture nofacture nfacture facture numeropiece"
    " piece document documentnumber reference ref",
    "date": "date invoicedate issuedate documentdate datefacture datedefacture"
    " datedelafacture facturedate datepiece dateemission datedemission",
    "due_date": "duedate datedue due maturity maturitydate echeance dateecheance"
    " datedecheance",
    "amount": "amount invoiceamount totalamount amountincltax total montant montantttc"
    " totalttc ttc montantfacture montantdelafacture",
    "paid_date": "paiddate paymentdate datepaid settleddate clearingdate paid paidon"
    " datepaiement datedepaiement datereglement datedereglement payele paye reglele"
    " regle",
    "disputed": "disputed dispute indispute litige enlitige conteste",
}
# Whole headers known by heart; they settle the order of days that nothing else does.
KNOWN_LAYOUTS = {
    "ibm_accounts_receivable": (
        "countrycode customerid paperlessdate invoicenumber invoicedate duedate"
        " invoiceamount disputed settleddate paperlessbill daystosettle dayslate",
        "mdy",
    ),
}

DATE_ORDERS = ("dmy", "mdy")
DELIMITERS = ",;\t"
YES = frozenset("yes y oui o true vrai 1 x".split())
NO = frozenset(["", *"no n non false faux 0".split()])
YEARS = range(1900, 2200)

_ISO = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[ T][\d:.]+Z?)?$")
_PARTS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?: [\d:]+)?$")
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_CURRENCY = re.compile(r"^(?:EUR|USD|GBP|[€$£])|(?:EUR|USD|GBP|[€$£])$", re.IGNORECASE)
_AMOUNTS = {
    ".": re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?$|\.\d+$"),
    ",": re.compile(r"(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d*)?$|,\d+$"),
}
# One mark and three digits after one to three: thousands or thousandths.
_UNCLEAR = re.compile(r"[1-9]\d{0,2}[.,]\d{3}$")


@dataclass(frozen=True)
class Invoice:
    """One line of the history.

    :ivar amount: Decimal, negative for a credit note
    :ivar paid_date: None while the invoice is not wholly paid
    :ivar line: where it stands in the file
    """

    customer: str
    number: str
    date: date
    due_date: date
    amount: Decimal
    paid_date: date | None = None
    disputed: bool = False
    line: int = 0

    def is_open(self, day):
        """Whether it was known and not paid at the end of a day."""
        return self.date <= day and (self.paid_date is None or self.paid_date > day)


@dataclass(frozen=True)
class History:
    """The invoices in the order of the file, and how the file was understood.

    :ivar layout: key of ``KNOWN_LAYOUTS``, or None
    :ivar date_order: ``iso``, ``dmy`` or ``mdy``
    :ivar columns: ``{field: header in the file}``
    """

    invoices: tuple
    layout: str | None
    date_order: str
    decimal_mark: str
    delimiter: str
    encoding: str
    columns: dict


# ----------------------------------------------------------------------
# Entry points
# ----------------------------------------------------------------------
def read_history(path, dates=None):
    """Read a file; see :func:`parse_history`.

    :raise HistoryError: also when the file cannot be read
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise HistoryError([Problem("unreadable", value=reason)]) from error
    return parse_history(data, dates)


def parse_history(data, dates=None):
    """Understand the bytes of a file.

    :param str dates: ``dmy`` or ``mdy`` for days that could be both; days written
        year first need no hint and ignore it
    :rtype: History
    :raise HistoryError: with every problem of the file
    :raise ValueError: unknown ``dates``
    """
    if dates not in (None, *DATE_ORDERS):
        raise ValueError(f"dates is one of {DATE_ORDERS}, not {dates!r}")
    text, encoding = _decode(data)
    table = _Table(text)
    layout = _known_layout(table.header)
    order = _date_order(table.records, dates, layout)
    mark = _decimal_mark([row["amount"] for row in table.records], table.delimiter)
    converter = _Converter(table.columns, order, mark)
    invoices = [converter.invoice(row) for row in table.records]
    problems = table.problems + converter.problems
    if not (problems or invoices):
        problems = [Problem("no_invoice")]
    if problems:
        raise HistoryError(sorted(problems, key=lambda problem: problem.line))
    return History(
        invoices=tuple(invoices),
        layout=layout,
        date_order=order,
        decimal_mark=mark,
        delimiter=table.delimiter,
        encoding=encoding,
        columns=table.columns,
    )


# ----------------------------------------------------------------------
# From bytes to records
# ----------------------------------------------------------------------
def _decode(data):
    """``(text, encoding)``"""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16",)
    elif b"\0" in data or data.startswith(b"PK\3\4"):
        encodings = ()
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise HistoryError([Problem("not_text")])


def _plain(header):
    """A header without case, accents, spaces and signs.

    >>> _plain(" N° Facture ")
    'nfacture'
    """
    letters = unicodedata.normalize("NFKD", header.replace("°", ""))
    return "".join(char for char in letters.lower() if char.isalnum() and char < "\x7f")


def _known_layout(header):
    plain = {_plain(name) for name in header}
    for layout, (names, _order) in KNOWN_LAYOUTS.items():
        if plain == set(names.split()):
            return layout
    return None


class _Table:
    """The lines of the file as dicts of strings; wrong lines become problems.

    :raise HistoryError: nothing can be read: no header, a column is missing
    """

    def __init__(self, text):
        self.problems = []
        lines = text.splitlines()
        skipped = 0
        while skipped < len(lines) and not lines[skipped].strip(" ,;\t"):
            skipped += 1
        if skipped == len(lines):
            raise HistoryError([Problem("empty_file")])
        if re.match(r"sep=.$", lines[skipped], re.IGNORECASE):
            skipped += 1  # Excel's own mark
        self.delimiter = _delimiter("".join(lines[skipped : skipped + 1]))
        rows = self._rows(text, skipped)
        self.header_line, self.header = next(rows, (0, []))
        self.columns = {}
        self._place_columns()
        self.records = [self._record(line, cells) for line, cells in rows]
        self.records = [record for record in self.records if record]

    def _rows(self, text, skipped):
        """``(line, cells)`` of the lines that hold something."""
        source = io.StringIO(text, newline="")
        for _line in range(skipped):
            source.readline()
        reader = csv.reader(source, delimiter=self.delimiter, strict=True)
        line = skipped + 1
        try:
            for row in reader:
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield line, cells
                line = skipped + reader.line_num + 1
        except csv.Error as error:
            self.problems.append(Problem("quoting", line, value=str(error)))

    def _place_columns(self):
        """Where each field stands in the file."""
        plain = [_plain(name) for name in self.header]
        problems = list(self.problems)
        self._places = {}
        for field, aliases in ALIASES.items():
            known = [alias for alias in aliases.split() if alias in plain]
            if known:
                place = plain.index(known[0])
                self._places[field] = place
                self.columns[field] = self.header[place]
                if plain.count(known[0]) > 1:
                    problems.append(
                        Problem("two_columns", self.header_line, self.header[place])
                    )
            elif field in REQUIRED:
                problems.append(Problem("no_column", self.header_line, value=field))
        if problems:
            raise HistoryError(problems)

    def _record(self, line, cells):
        wanted = len(self.header)
        if len(cells) < wanted or any(cells[wanted:]):
            found, expected = str(len(cells)), str(wanted)
            self.problems.append(Problem("cells", line, "", found, expected))
            return None
        record = dict.fromkeys(ALIASES, "")
        record.update({field: cells[place] for field, place in self._places.items()})
        record["line"] = line
        return record


def _delimiter(header):
    """The delimiter that finds most of our columns in the header."""
    known = {alias for aliases in ALIASES.values() for alias in aliases.split()}

    def found(delimiter):
        names = header.split(delimiter)
        return len(known & {_plain(name) for name in names}), len(names)

    return max(DELIMITERS, key=found)


# ----------------------------------------------------------------------
# What the whole file proves
# ----------------------------------------------------------------------
def _date_order(records, hint, layout):
    """How ``03/04/2013`` is to be read in this file.

    ``iso`` when every day has its year first; else the hint; else the order with
    which most lines make sense (days that exist, due date not before the invoice);
    else the one of the known layout; else day first.
    """
    values = {record[field] for record in records for field in DATES} - {""}
    if all(_ISO.match(value) for value in values):
        return "iso"
    if hint:
        return hint
    sense = {order: _lines_of_sense(records, order) for order in DATE_ORDERS}
    if sense["dmy"] != sense["mdy"]:
        return max(sense, key=sense.get)
    return KNOWN_LAYOUTS[layout][1] if layout else "dmy"


def _lines_of_sense(records, order):
    total = 0
    for record in records:
        start = _date(record["date"], order)
        due = _date(record["due_date"], order)
        paid = _date(record["paid_date"], order) or not record["paid_date"]
        total += bool(start and due and paid and start <= due)
    return total


@lru_cache(maxsize=65536)
def _date(text, order):
    """The day, or None when there is no such day.

    >>> _date("1/31/13", "mdy"), _date("1/31/13", "dmy")
    (datetime.date(2013, 1, 31), None)
    """
    iso = _ISO.match(text)
    parts = iso or _PARTS.match(text)
    if not parts:
        return None
    first, _sign, second, third = parts.groups()
    if iso:
        year, month, day = first, second, third
    elif order == "mdy":
        year, month, day = third, first, second
    else:
        year, month, day = third, second, first
    year = int(year) + (2000 if len(year) == 2 else 0)
    try:
        return date(year, int(month), int(day)) if year in YEARS else None
    except ValueError:
        return None


def _bare_amount(text):
    """``(digits and marks, sign)``, without spaces and currency.

    >>> _bare_amount("(1 200,50 €)")
    ('1200,50', -1)
    """
    bare = _CURRENCY.sub("", _SPACES.sub("", text)).replace("−", "-")
    if bare.startswith("(") and bare.endswith(")"):
        return _CURRENCY.sub("", bare[1:-1]), -1
    if bare.startswith("-") or bare.endswith("-"):
        return _CURRENCY.sub("", bare.strip("-")), -1
    return bare.removeprefix("+"), 1


def _decimal_mark(amounts, delimiter):
    """The decimal mark that most amounts prove.

    Of two marks the last one is decimal; a mark that comes twice separates
    thousands; a single mark is decimal unless three digits follow (``1,234``),
    which proves nothing. Without any proof: a point in files with commas between
    the columns, else a comma.
    """
    proofs = Counter()
    for bare, _sign in map(_bare_amount, amounts):
        marks = [char for char in bare if char in ".,"]
        if len(set(marks)) == 2:
            proofs[marks[-1]] += 1
        elif len(marks) > 1:
            proofs["," if marks[0] == "." else "."] += 1
        elif marks and not _UNCLEAR.match(bare):
            proofs[marks[0]] += 1
    if proofs:
        return max(proofs, key=proofs.get)
    return "." if delimiter == "," else ","


class _Converter:
    """From strings to invoices; what cannot be converted becomes a problem."""

    def __init__(self, columns, date_order, decimal_mark):
        self.columns = columns
        self.date_order = date_order
        self.decimal_mark = decimal_mark
        self.problems = []
        self._lines = {}

    def invoice(self, record):
        """The invoice of a line, or None when something is wrong in it."""
        before = len(self.problems)
        values = {
            "customer": self._text(record, "customer"),
            "number": self._number(record),
            "date": self._day(record, "date"),
            "due_date": self._day(record, "due_date"),
            "amount": self._amount(record),
            "paid_date": self._day(record, "paid_date"),
            "disputed": self._disputed(record),
        }
        self._check_due(record, values)
        if len(self.problems) > before:
            return None
        return Invoice(line=record["line"], **values)

    def _tell(self, code, record, field, expected=""):
        column = self.columns.get(field, "")
        self.problems.append(
            Problem(code, record["line"], column, record[field], expected)
        )

    def _text(self, record, field):
        if not record[field]:
            self._tell("missing", record, field)
        return record[field]

    def _number(self, record):
        number = self._text(record, "number")
        first = self._lines.setdefault(number, record["line"])
        if number and first != record["line"]:
            self._tell("duplicate", record, "number", str(first))
        return number

    def _day(self, record, field):
        if field in REQUIRED:
            self._text(record, field)
        if not record[field]:
            return None
        day = _date(record[field], self.date_order)
        if not day:
            self._tell("date", record, field)
        return day

    def _amount(self, record):
        text = self._text(record, "amount")
        bare, sign = _bare_amount(text)
        if not text:
            return None
        if not _AMOUNTS[self.decimal_mark].match(bare):
            self._tell("amount", record, "amount")
            return None
        thousands = "," if self.decimal_mark == "." else "."
        digits = bare.replace(thousands, "").replace(self.decimal_mark, ".")
        return sign * Decimal(digits)

    def _disputed(self, record):
        word = record["disputed"].lower()
        if word not in YES | NO:
            self._tell("disputed", record, "disputed")
        return word in YES

    def _check_due(self, record, values):
        start, due = values["date"], values["due_date"]
        if start and due and due < start:
            self._tell("due_before", record, "due_date", record["date"])
