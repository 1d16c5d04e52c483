# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Situations, holds and waits of an open item: names, order, bits."""

from odoo.tools import SQL

# One item, one situation.
SITUATIONS = ("not_due", "due", "waiting", "held", "exhausted", "credit")

# Documented order of the holds: what a person decided comes first, then what
# the ledger says, then what the desk must mend before it may write. In the
# query a set of holds is an integer, bit n for the n-th reason: the lowest bit
# is *the* reason.
HOLD_ORDER = (
    "excluded",
    "no_followup",
    "blocked",
    "in_payment",
    "left_out",
    "dispute",
    "promise",
    "plan",
    "prescribed",
    "public_term",
    "retention",
    "paid_out",
    "no_scenario",
    "insolvency",
    "handover",
    "paused",
    "unallocated_credit",
    "bank_stale",
    "no_contact",
)
# Holds of one item: the item alone leaves the relance, the others go on.
ITEM_HOLDS = HOLD_ORDER[: HOLD_ORDER.index("no_scenario")]
# Holds of the account that a person or the law put there: they show even when the
# last level is done.
PERSON_HOLDS = ("insolvency", "handover", "paused")

WAITING_ORDER = (
    "approval",
    "failed",
    "posting",
    "call",
    "amount",
    "gap",
    "closed",
    "delay",
)

# Share of what is due above which unallocated credits hold the relance.
CREDIT_HOLD_SHARE = SQL("0.5")

# What a level needs to reach the customer, and what a customer offers.
NEED_EMAIL, NEED_POST, NEED_PHONE, NEED_NOTHING = 1, 2, 4, 8


def hold_bit(reason):
    """Bit of a hold in ``holds`` and ``item_holds``."""
    return 1 << HOLD_ORDER.index(reason)


def wait_bit(reason):
    """Bit of a reason to wait in ``waits``."""
    return 1 << WAITING_ORDER.index(reason)


def reasons_of(bits, order):
    """Reasons of a set of bits, first to last.

    >>> reasons_of(5, ("a", "b", "c"))
    ['a', 'c']
    """
    return [reason for index, reason in enumerate(order) if bits >> index & 1]


def flags(order, pairs):
    """Sum of the bits whose condition is true.

    :param pairs: ``[(reason, SQL condition)]``
    """
    return SQL(" | ").join(
        SQL("CASE WHEN %s THEN %s ELSE 0 END", condition, 1 << order.index(reason))
        for reason, condition in pairs
    )


def first_reason(bits, order):
    """Name of the lowest bit of an SQL integer."""
    return SQL(
        "(%s::text[])[round(ln((%s & -%s)::float8) / ln(2.0))::int + 1]",
        list(order),
        bits,
        bits,
    )
