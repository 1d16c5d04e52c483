# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Money of a customer that is not in the account's own items: of ``dossier_hold``.

- *branch*: branches are one legal entity and often share the head office's bank
  account, where a payment may wait to be matched with a branch's invoice;
- *payment*: a payment recorded by hand has no entry before the bank confirms it, where
  Odoo keeps invoices "in payment" meanwhile. Those that name their invoices hold them
  by that; the others pay nobody knows which.

Neither is deducted from what a message asks for. They hold when they cover more than
half of what is due, like the credits of the account itself.
"""

from odoo.tools import SQL

from .situation_reasons import CREDIT_HOLD_SHARE

BRANCH, PAYMENT = "branch", "payment"


def credit_elsewhere_sources(receivable_ids):
    """
    :param tuple receivable_ids: ids of accounts
    :return: SELECTs of ``(dossier_id, reason, until, detail)``; the detail is
        ``branch:`` and the name of the company, or ``payment:`` and that of the payment
    """
    open_items = SQL(
        "l.account_id IN %s AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'",
        receivable_ids,
    )
    return [
        _holding(credits, open_items)
        for credits in (_branch_credits(open_items), _payments())
    ]


def _holding(credits, open_items):
    """The accounts that such credits hold.

    :param SQL credits: SELECT of ``(company_id, partner_id, amount, name)``
    """
    return SQL(
        """
        SELECT d.id AS dossier_id, 'unallocated_credit' AS reason,
               NULL::date AS until, max(k.name) AS detail
          FROM (%(credits)s) k
          JOIN recouvrement_dossier d
            ON d.company_id = k.company_id AND d.partner_id = k.partner_id
          JOIN company c ON c.id = d.company_id
     LEFT JOIN recouvrement_scenario s
            ON s.id = COALESCE(d.scenario_choice_id, d.scenario_auto_id)
         WHERE s.credit_policy IS DISTINCT FROM 'ignore'
      GROUP BY d.id, d.company_id, d.partner_id, c.day
        HAVING sum(k.amount) > %(share)s * (
            SELECT COALESCE(
                   sum(l.amount_residual) FILTER (WHERE c.day
                       > COALESCE(l.date_maturity, l.invoice_date, l.date)),
                   sum(l.amount_residual), 0)
              FROM account_move_line l
              JOIN res_partner p ON p.id = l.partner_id
             WHERE p.commercial_partner_id = d.partner_id
               AND l.company_id = d.company_id AND l.amount_residual > 0
               AND %(open_items)s)
        """,
        credits=credits,
        share=CREDIT_HOLD_SHARE,
        open_items=open_items,
    )


def _branch_credits(open_items):
    """The pairs of companies come first: without branches, nothing else is read."""
    return SQL(
        """
        SELECT pair.company_id, k.partner_id, k.amount, %(kind)s || pair.name AS name
          FROM (
            SELECT own.id AS company_id, other.id AS other_id, other.name
              FROM company c
              JOIN res_company own ON own.id = c.id
              JOIN res_company other ON other.id <> own.id
               AND split_part(other.parent_path, '/', 1)
                   = split_part(own.parent_path, '/', 1)
            OFFSET 0) pair
         CROSS JOIN LATERAL (
            SELECT p.commercial_partner_id AS partner_id,
                   -sum(l.amount_residual) AS amount
              FROM account_move_line l
              JOIN res_partner p ON p.id = l.partner_id
             WHERE l.company_id = pair.other_id AND %(open_items)s
          GROUP BY p.commercial_partner_id
            HAVING sum(l.amount_residual) < 0
            OFFSET 0) k
        """,
        kind=f"{BRANCH}:",
        open_items=open_items,
    )


def _payments():
    """An index of ours finds the few."""
    return SQL(
        """
        SELECT y.company_id, p.commercial_partner_id AS partner_id,
               y.amount_company_currency_signed AS amount,
               %s || COALESCE(y.name, '') AS name
          FROM account_payment y
          JOIN res_partner p ON p.id = y.partner_id
         WHERE y.state = 'in_process' AND y.move_id IS NULL
           AND y.payment_type = 'inbound' AND y.partner_type = 'customer'
           AND NOT EXISTS (SELECT 1 FROM account_move__account_payment x
                            WHERE x.payment_id = y.id)
        """,
        f"{PAYMENT}:",
    )
