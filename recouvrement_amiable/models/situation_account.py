# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Steps of the one query about the accounts: see ``situation_query``."""

from odoo.tools import SQL

from .situation_reasons import (
    NEED_EMAIL,
    NEED_NOTHING,
    NEED_PHONE,
    NEED_POST,
    WAITING_ORDER,
    flags,
    hold_bit,
)


def balance_cte():
    """Per dossier, company currency: claimable late, early, and credits.

    What a courtesy reminder was written about stays claimable: the reminder is held
    against these amounts again before it leaves.
    """
    return SQL(
        """
        SELECT dossier_id,
               COALESCE(sum(amount_residual) FILTER (WHERE is_late
                   AND amount_residual > 0 AND item_holds = 0), 0)
                   AS late_amount,
               COALESCE(sum(amount_residual) FILTER (WHERE NOT is_late
                   AND amount_residual > 0 AND item_holds = 0
                   AND (days_late < 0 AND is_passed
                        OR reached_level_id IS NOT NULL)), 0)
                   AS early_amount,
               -COALESCE(sum(amount_residual) FILTER
                   (WHERE amount_residual < 0), 0) AS credit_amount,
               bool_or(item_holds & %s <> 0) AS has_paid_out
          FROM item
      GROUP BY dossier_id
        """,
        hold_bit("paid_out"),
    )


def history_cte():
    """Last relance of each dossier, and work that is not finished yet.

    A courtesy reminder never delays the late ladder, sent or waiting: with weekly
    invoices it would silence it for ever.
    """
    unfinished = flags(
        WAITING_ORDER,
        [
            ("approval", SQL("r.state = 'to_approve'")),
            ("failed", SQL("r.state = 'approved' AND r.has_failure")),
            (
                "posting",
                SQL(
                    "r.state = 'approved'"
                    " AND (r.has_letter OR r.held_reason IS NOT NULL)"
                    " AND r.has_failure IS NOT TRUE"
                ),
            ),
        ],
    )
    return SQL(
        """
        SELECT r.dossier_id,
               max(r.date) FILTER (WHERE r.courtesy IS NOT TRUE) AS last_late,
               max(r.date) AS last_any,
               bit_or(u.bits) FILTER (WHERE r.courtesy IS NOT TRUE)
                   AS unfinished_late,
               bit_or(u.bits) AS unfinished_any
          FROM recouvrement_relance r
         CROSS JOIN LATERAL (SELECT %s AS bits) u
         WHERE r.state NOT IN ('refused', 'cancelled')
           AND r.origin <> 'entry'
           AND r.dossier_id IN (SELECT dossier_id FROM debtor)
      GROUP BY r.dossier_id
        """,
        unfinished,
    )


def put_off_cte():
    """Last day on which a call or a visit that a person put off is to be done.

    Nothing else leaves before that day is over. A call that nobody made then no
    longer holds the ladder, like any other.
    """
    return SQL(
        """
        SELECT dossier_id, max(not_before) AS call_day
          FROM recouvrement_delivery
         WHERE state = 'todo' AND not_before IS NOT NULL
      GROUP BY dossier_id
        """
    )


def contact_cte():
    """Contact of each dossier for each means of writing to it.

    Order: the contact chosen on the dossier, the invoice address (the oldest of
    several), the customer; for each means the first one that has what it needs. A
    subsidiary is another debtor, even where it is its parent's invoice address; who
    left for another customer is told nothing more.
    """

    def first(condition):
        return SQL(
            "(array_agg(p.id ORDER BY k.rank, p.id) FILTER (WHERE %s))[1]",
            SQL(condition),
        )

    return SQL(
        """
        SELECT k.dossier_id,
               %(email)s AS email_partner_id,
               %(phone)s AS phone_partner_id,
               %(post)s AS post_partner_id
          FROM (
            SELECT d.id AS dossier_id, d.contact_id AS partner_id, 0 AS rank
              FROM recouvrement_dossier d
              JOIN res_partner chosen ON chosen.id = d.contact_id
               AND chosen.commercial_partner_id = d.partner_id
             WHERE d.id IN (SELECT dossier_id FROM debtor)
             UNION ALL
            SELECT d.id, child.id, 1
              FROM recouvrement_dossier d
              JOIN res_partner child ON child.parent_id = d.partner_id
               AND child.type = 'invoice' AND child.active
               AND child.commercial_partner_id = d.partner_id
             WHERE d.id IN (SELECT dossier_id FROM debtor)
             UNION ALL
            SELECT d.id, d.partner_id, 2
              FROM recouvrement_dossier d
             WHERE d.id IN (SELECT dossier_id FROM debtor)
          ) k
          JOIN res_partner p ON p.id = k.partner_id AND (p.active OR k.rank = 2)
      GROUP BY k.dossier_id
        """,
        email=first("p.email_normalized IS NOT NULL"),
        phone=first("COALESCE(p.phone, '') <> ''"),
        post=first("COALESCE(p.street, '') <> '' AND COALESCE(p.city, '') <> ''"),
    )


def account_cte():
    """One row per dossier: amounts, past, holds and contacts."""
    return SQL(
        """
        SELECT b.*,
               CASE WHEN b.late_amount > 0 THEN b.late_amount
                    ELSE b.early_amount END AS claim,
               t.last_late, t.last_any,
               COALESCE(t.unfinished_late, 0) AS unfinished_late,
               COALESCE(t.unfinished_any, 0) AS unfinished_any,
               COALESCE(dh.reasons, 0) AS holds, dh.until, dh.detail,
               o.call_day,
               k.email_partner_id, k.phone_partner_id, k.post_partner_id,
               %s | CASE WHEN k.email_partner_id IS NULL THEN 0 ELSE %s END
               | CASE WHEN k.post_partner_id IS NULL THEN 0 ELSE %s END
               | CASE WHEN k.phone_partner_id IS NULL THEN 0 ELSE %s END
                   AS offer
          FROM balance b
     LEFT JOIN history t ON t.dossier_id = b.dossier_id
     LEFT JOIN dossier_hold dh ON dh.dossier_id = b.dossier_id
     LEFT JOIN put_off o ON o.dossier_id = b.dossier_id
     LEFT JOIN contact k ON k.dossier_id = b.dossier_id
        """,
        NEED_NOTHING,
        NEED_EMAIL,
        NEED_POST,
        NEED_PHONE,
    )
