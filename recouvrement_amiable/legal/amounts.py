# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Between what people write and the integers that the package counts with.

Amounts are in minor units: cents of euro, yens, millimes. Rates are in millionths.
"""

from decimal import Decimal, InvalidOperation

from .errors import BadAmount

# What a float that was rounded to the currency may be off by, in minor units.
_FLOAT_NOISE = Decimal("0.001")


def to_minor(amount, decimals=2, what="amount"):
    """Minor units of an amount.

    :param amount: Decimal, int, str, or float already rounded to the currency
    :param int decimals: of the currency; 0 for the yen
    :raises BadAmount: not a number, or finer than the currency

    >>> to_minor("1234.56"), to_minor(0.1 + 0.2), to_minor(500, decimals=0)
    (123456, 30, 500)
    """
    scaled = _decimal(amount, what).scaleb(decimals)
    whole = scaled.to_integral_value()
    if abs(scaled - whole) > (_FLOAT_NOISE if isinstance(amount, float) else 0):
        raise BadAmount(amount=amount, what=what)
    return int(whole)


def to_decimal(minor, decimals=2):
    """Amount of some minor units, with the decimals of the currency.

    >>> to_decimal(26159)
    Decimal('261.59')
    """
    return Decimal(minor).scaleb(-decimals)


def to_rate(percent):
    """Millionths of a rate in percent, of four decimals at most.

    :param percent: Decimal, int, str or float
    :raises BadAmount:

    >>> to_rate("12.40")
    124000
    """
    return to_minor(percent, 4, "rate")


def to_percent(rate):
    """
    >>> to_percent(124000)
    Decimal('12.4000')
    """
    return to_decimal(rate, 4)


def check_minor(amount, what):
    """Refuse what is not a whole number of minor units, zero or more.

    :raises BadAmount: a float among others: its sums are not exact
    """
    if amount.__class__ is not int or amount < 0:
        raise BadAmount(amount=amount, what=what)
    return amount


def half_up(numerator, denominator):
    """Quotient of two integers, zero or more, to the nearest; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _decimal(amount, what):
    try:
        found = Decimal(str(amount))
    except InvalidOperation:
        raise BadAmount(amount=amount, what=what) from None
    if not found.is_finite():
        raise BadAmount(amount=amount, what=what)
    return found
