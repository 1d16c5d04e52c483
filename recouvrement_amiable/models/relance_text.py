# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words that a level's text may contain, as ``{{word}}``.

A fixed list, replaced by plain substitution: a credit manager edits the texts
without the right to run code that a mail template would need.
"""

import re

from markupsafe import Markup, escape

# word -> method of recouvrement.relance that gives ``{id: value}``-free text
PLACEHOLDERS = frozenset(
    {
        "customer",
        "contact",
        "company",
        "amount_due",
        "amount_late",
        "amount_interest",
        "amount_indemnity",
        "amount_claimed",
        "invoice_count",
        "invoices",
        "oldest_due_date",
        "days_late",
        "today",
        "pay_before",
        "payment_reference",
        "iban",
        "bic",
        "portal_link",
        "collector",
        "collector_phone",
        "collector_email",
    }
)
_WORD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def unknown_placeholders(text):
    """Words between double braces that mean nothing here, in order.

    >>> unknown_placeholders("Dear {{customer}}, {{ tottal }} is due")
    ['tottal']
    """
    return [word for word in _WORD.findall(str(text)) if word not in PLACEHOLDERS]


def fill(text, values):
    """Replace the known words of a plain text.

    >>> fill("Dear {{ customer }}", {"customer": "SARL Vasseur"})
    'Dear SARL Vasseur'
    """
    return _WORD.sub(lambda match: str(values.get(match.group(1), "")), text or "")


def fill_html(html, values):
    """Replace the known words of an HTML text; the values are escaped.

    >>> fill_html("<p>{{customer}}</p>", {"customer": "Dupont & fils"})
    Markup('<p>Dupont &amp; fils</p>')
    """
    return Markup(
        _WORD.sub(lambda match: str(escape(values.get(match.group(1), ""))), html or "")
    )
