# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What makes a customer a company, a public body or a consumer."""

from typing import NamedTuple

from odoo.tools import SQL

from ..legal.parameters import COMPANY, CONSUMER, PUBLIC

# The kind that each reason leads to, the strongest reason first. INSEE gives numbers
# that start with 1 or 2 to public bodies only.
REASONS = {
    "siren_1": PUBLIC,
    "siren_2": PUBLIC,
    "chorus": PUBLIC,
    "reference": PUBLIC,
    "siret": COMPANY,
    "vat": COMPANY,
    "flag": COMPANY,
    "person": CONSUMER,
}

# Where the Commercial Code applies, and SIREN numbers are given.
FRANCE = ("FR", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM")

_SEPARATORS = " .-_\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"

# The address of the public portal in the Peppol network: a SIRET.
CHORUS_EAS, CHORUS_ENDPOINT = "0009", "11000201100044"


class Debtor(NamedTuple):
    """A customer before the law of late payment.

    :ivar str kind: one of ``legal.parameters.KINDS``
    :ivar date since: day from which the kind holds, None for always
    :ivar str before: kind of what was invoiced before that day
    :ivar str public_buyer: one of ``legal.terms.PUBLIC_BUYERS``
    """

    kind: str
    since: object = None
    before: str | None = None
    public_buyer: str = "authority"

    def on(self, day):
        """Kind for what is invoiced on a day; without a day, the kind of today."""
        if day and self.since and self.before and day < self.since:
            return self.before
        return self.kind


def reason_sql(env, company):
    """The strongest reason for the kind of partner ``p``, as an SQL expression.

    :param SQL company: the company that it is a customer of
    """
    cases = [
        *_chorus_cases(env),
        *_reference_cases(env, company),
        SQL("WHEN COALESCE(p.company_registry, '') NOT IN ('', '/') THEN 'siret'"),
        SQL("WHEN COALESCE(p.vat, '') NOT IN ('', '/') THEN 'vat'"),
        SQL("WHEN p.is_company THEN 'flag'"),
    ]
    return SQL(
        "COALESCE('siren_' || %s, CASE %s ELSE 'person' END)",
        _public_digit_sql(),
        SQL(" ").join(cases),
    )


def kind_sql(reason):
    """The kind that a reason leads to, as an SQL expression."""
    cases = SQL(" ").join(SQL("WHEN %s THEN %s", *pair) for pair in REASONS.items())
    return SQL("CASE %s %s END", reason, cases)


def kind_on_sql(day):
    """:meth:`Debtor.on` as an SQL expression; ``d`` is the dossier.

    :param SQL day: of the invoice
    """
    return SQL(
        "CASE WHEN %s < d.kind_since THEN COALESCE(d.kind_before, d.kind)"
        " ELSE d.kind END",
        day,
    )


def _public_digit_sql():
    """First digit of the SIREN of a public body, else NULL: 1 or 2.

    From the SIREN or SIRET of partner ``p``, else from its VAT number; people write
    them with spaces, dots and dashes. A look at the one digit that matters spares most
    customers the regular expressions.
    """
    return SQL(
        r"""CASE WHEN p.country_id IS NULL OR p.country_id IN (
                SELECT id FROM res_country WHERE code IN %(france)s)
            THEN COALESCE(
                CASE WHEN left(ltrim(p.company_registry), 1) IN ('1', '2')
                     THEN substring(translate(p.company_registry, %(marks)s, '')
                                    FROM '^([12])\d{8}(?:\d{5})?$') END,
                CASE WHEN substr(translate(p.vat, %(marks)s, ''), 5, 1) IN ('1', '2')
                     THEN substring(translate(p.vat, %(marks)s, '')
                                    FROM '^[Ff][Rr]\w{2}([12])\d{8}$') END) END""",
        france=FRANCE,
        marks=_SEPARATORS,
    )


def _chorus_cases(env):
    if _knows(env, "res.partner", "peppol_endpoint"):
        yield SQL(
            "WHEN p.peppol_eas = %s AND p.peppol_endpoint = %s THEN 'chorus'",
            CHORUS_EAS,
            CHORUS_ENDPOINT,
        )


def _reference_cases(env, company):
    condition = reference_condition(env)
    if condition:
        # not correlated: read once, whatever the number of customers
        yield SQL(
            "WHEN (%s, p.id) IN (SELECT m.company_id, m.commercial_partner_id"
            " FROM account_move m WHERE m.commercial_partner_id IS NOT NULL"
            " AND m.move_type IN ('out_invoice', 'out_refund') AND %s)"
            " THEN 'reference'",
            company,
            SQL(condition),
        )


def reference_condition(registry):
    """Condition on an invoice that names a public contract, '' without that app.

    :param registry: or an environment
    """
    if not _knows(registry, "account.move", "buyer_reference"):
        return ""
    return "(buyer_reference <> '' OR contract_reference <> '')"


def _knows(registry, model, field):
    """Whether an app that we do not depend on brings a field."""
    return field in registry[model]._fields
