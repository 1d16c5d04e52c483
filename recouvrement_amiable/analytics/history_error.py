# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can be wrong in an invoice history, in words.

The reader is used without Odoo too, hence its own two languages.
"""

from dataclasses import dataclass

SHOWN_PROBLEMS = 20

PLACES = {
    "en": {
        "line": "line %s",
        "column": "column “%s”",
        "colon": ": ",
        "more": "… and %s more",
    },
    "fr": {
        "line": "ligne %s",
        "column": "colonne « %s »",
        "colon": " : ",
        "more": "… et %s de plus",
    },
}
MESSAGES = {
    "en": {
        "unreadable": "the file cannot be read: %(value)s",
        "not_text": "this is not a text file: save the sheet as CSV first",
        "empty_file": "the file is empty",
        "no_invoice": "the file has a header and no invoice",
        "no_column": "no column for the %(value)s",
        "two_columns": "two columns have this name",
        "cells": "%(value)s values instead of %(expected)s",
        "quoting": "the line cannot be read: %(value)s",
        "missing": "the value is missing",
        "date": "“%(value)s” is not a day",
        "amount": "“%(value)s” is not an amount",
        "disputed": "“%(value)s” is neither yes nor no",
        "due_before": "%(value)s is before the day of the invoice, %(expected)s",
        "duplicate": "“%(value)s” is already on line %(expected)s",
    },
    "fr": {
        "unreadable": "le fichier est illisible : %(value)s",
        "not_text": "ce n’est pas un fichier texte : enregistrez la feuille en CSV",
        "empty_file": "le fichier est vide",
        "no_invoice": "le fichier a un en-tête et aucune facture",
        "no_column": "il manque la colonne « %(value)s »",
        "two_columns": "deux colonnes portent ce nom",
        "cells": "%(value)s valeurs au lieu de %(expected)s",
        "quoting": "la ligne est illisible : %(value)s",
        "missing": "la valeur manque",
        "date": "« %(value)s » n’est pas une date",
        "amount": "« %(value)s » n’est pas un montant",
        "disputed": "« %(value)s » n’est ni oui ni non",
        "due_before": "%(value)s précède la date de la facture, %(expected)s",
        "duplicate": "« %(value)s » est déjà à la ligne %(expected)s",
    },
}
FIELDS = {
    "en": {
        "customer": "customer",
        "number": "number",
        "date": "date",
        "due_date": "due date",
        "amount": "amount",
    },
    "fr": {
        "customer": "client",
        "number": "numéro",
        "date": "date",
        "due_date": "échéance",
        "amount": "montant",
    },
}


@dataclass(frozen=True)
class Problem:
    """Something wrong in the file.

    :ivar code: key of ``MESSAGES``
    :ivar line: line of the file, 0 for the file as a whole
    :ivar column: header of the column as it is in the file
    """

    code: str
    line: int = 0
    column: str = ""
    value: str = ""
    expected: str = ""

    def text(self, language="en"):
        """One line with the place and the reason.

        >>> Problem("date", 12, "DueDate", "31/31/2013").text()
        'line 12, column “DueDate”: “31/31/2013” is not a day'
        """
        words = PLACES[language]
        place = [words["line"] % self.line] if self.line else []
        place += [words["column"] % self.column] if self.column else []
        reason = MESSAGES[language][self.code] % {
            "value": FIELDS[language].get(self.value, self.value)
            if self.code == "no_column"
            else self.value,
            "expected": self.expected,
        }
        return f"{', '.join(place)}{words['colon']}{reason}" if place else reason


class HistoryError(Exception):
    """All that is wrong in a file.

    :ivar problems: list of :class:`Problem`, in the order of the file
    """

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__(self.describe())

    def describe(self, language="en"):
        """Readable list, one problem a line, cut after ``SHOWN_PROBLEMS``."""
        lines = [problem.text(language) for problem in self.problems[:SHOWN_PROBLEMS]]
        more = len(self.problems) - len(lines)
        if more:
            lines.append(PLACES[language]["more"] % more)
        return "\n".join(lines)
