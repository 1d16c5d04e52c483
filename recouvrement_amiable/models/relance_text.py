# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words that a level's text may contain, as ``{{word}}``.

A fixed list, replaced by plain substitution: a credit manager edits the texts
without the right to run code that a mail template would need.
"""

import re

from markupsafe import Markup, escape

from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

# One list for the check and for the screen: read long before there is an env.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__, default_lang="en_US")

# word -> what it says, as the level's form lists it
WORDS = {
    "customer": _lt("Name of the customer"),
    "contact": _lt("Name of the person written to"),
    "company": _lt("Your company"),
    "amount_due": _lt("Principal: the invoices asked for, less the credits"),
    "amount_late": _lt("The same invoices before the credits"),
    "amount_interest": _lt(
        "Late-payment interest, when the level claims the charges; else zero"
    ),
    "amount_indemnity": _lt(
        "Fixed indemnities of €40, when the level claims the charges; else zero"
    ),
    "amount_claimed": _lt(
        "Total to pay: principal, interest and indemnities. The same as amount_due"
        " when the level claims no charges; the sum for a formal notice"
    ),
    "invoice_count": _lt("Number of invoices asked for"),
    "invoices": _lt("Their numbers"),
    "oldest_due_date": _lt("Due date of the oldest"),
    "days_late": _lt("Days late of the oldest"),
    "today": _lt("Day of the relance"),
    "pay_before": _lt("Day to pay by: in 8 days, 15 for a formal notice"),
    "payment_reference": _lt("Reference to quote with the payment"),
    "iban": _lt("Your bank account"),
    "bic": _lt("Your bank's code"),
    "portal_link": _lt(
        "Link to the customer's invoices: without an account, to the oldest unpaid one"
    ),
    "collector": _lt("Who follows the customer"),
    "collector_phone": _lt("Their telephone"),
    "collector_email": _lt("Their e-mail address"),
}
PLACEHOLDERS = frozenset(WORDS)
_WORD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_TAG = re.compile(r"""<(?:[^"'<>]|"[^"]*"|'[^']*')*>""")


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

    :raises UserError: see ``_value``
    """
    return _WORD.sub(lambda match: str(_value(values, match.group(1))), text or "")


def fill_html(html, values):
    """Replace the known words of an HTML text; the values are escaped.

    >>> fill_html("<p>{{customer}}</p>", {"customer": "Dupont & fils"})
    Markup('<p>Dupont &amp; fils</p>')

    :raises UserError: see ``_value``
    """
    return Markup(
        _WORD.sub(lambda match: str(escape(_value(values, match.group(1)))), html or "")
    )


def has_word_in_tag(html):
    """Whether a word fills an attribute, whose value may do more than be read.

    Also true where the tags cannot be told from the text.

    >>> has_word_in_tag('<a title="1 > 0" href="{{portal_link}}">Pay</a>')
    True
    >>> has_word_in_tag("<p class='a'>{{customer}} &lt; {{company}}</p>")
    False
    >>> has_word_in_tag("<!-- it's for {{customer}} -->")
    True
    """
    return "<" in _TAG.sub("", html) or any(map(_WORD.search, _TAG.findall(html)))


def _value(values, word):
    """What a word says; one that says nothing would leave a hole in a message.

    :raises UserError: in the language of who reads it, not of the message
    """
    if word not in values:
        raise UserError(
            _lt(
                "{{%(word)s}} is not known: correct the text of the level, in each of"
                " its languages.",
                word=word,
            )
        )
    return values[word]
