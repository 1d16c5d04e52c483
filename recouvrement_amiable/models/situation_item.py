# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Steps of the one query about the items: see ``situation_query``."""

from odoo.tools import SQL

from .situation_reasons import (
    HOLD_ORDER,
    NEED_EMAIL,
    NEED_NOTHING,
    NEED_PHONE,
    NEED_POST,
    flags,
)


def company_cte(companies):
    """One row per company: its day and what the company decided."""
    rows = SQL(", ").join(
        SQL(
            "(%s::int, %s::date, %s::bool, %s::bool, %s::date, %s::date)",
            row["company_id"],
            row["day"],
            row["is_open"],
            row["bank_hold"],
            row["ignore_before"],
            row["step_before"],
        )
        for row in companies
    )
    return SQL(
        "SELECT * FROM (VALUES %s) v"
        " (id, day, is_open, bank_hold, ignore_before, step_before)",
        rows or SQL("(0, NULL::date, false, false, NULL::date, NULL::date)"),
    )


def ladder_cte():
    """Levels as arrays: a binary search then places an item in its ladder."""
    need = SQL(
        "(CASE WHEN v.channel_email THEN %s ELSE 0 END"
        " | CASE WHEN v.channel_letter OR v.channel_registered THEN %s ELSE 0 END"
        " | CASE WHEN v.channel_call THEN %s ELSE 0 END"
        " | CASE WHEN v.channel_visit OR v.channel_task THEN %s ELSE 0 END)",
        NEED_EMAIL,
        NEED_POST,
        NEED_PHONE,
        NEED_NOTHING,
    )
    columns = {
        "ids": SQL("v.id"),
        "delays": SQL("v.delay"),
        "gaps": SQL("GREATEST(v.minimum_gap, 1)"),
        "needs": need,
    }
    arrays = SQL(", ").join(
        SQL(
            "COALESCE(array_agg(%s ORDER BY v.delay)"
            " FILTER (WHERE v.delay %s 0), '{}'::int[]) AS %s",
            column,
            SQL(sign),
            SQL.identifier(f"{side}_{name}"),
        )
        for side, sign in (("late", ">="), ("early", "<"))
        for name, column in columns.items()
    )
    return SQL(
        """
        SELECT s.id, s.progression, s.minimum_amount, s.credit_policy, %s
          FROM recouvrement_scenario s
     LEFT JOIN recouvrement_level v ON v.scenario_id = s.id AND v.active
         WHERE s.active
      GROUP BY s.id
        """,
        arrays,
    )


def line_cte(scope, receivable_ids):
    """Open receivable items. ``days_late`` is negative before the due date.

    The accounts are spelled out: the planner then knows how many items to expect,
    which it cannot tell through a join with the accounts.
    """
    marks = flags(
        HOLD_ORDER,
        [
            ("no_followup", SQL("l.no_followup")),
            ("blocked", SQL("m.payment_state = 'blocked'")),
            (
                "in_payment",
                SQL(
                    "m.payment_state IN ('in_payment', 'paid', 'reversed')"
                    " AND m.move_type <> 'entry'"
                ),
            ),
            (
                "left_out",
                SQL(
                    "COALESCE(l.date_maturity, l.invoice_date, l.date)"
                    " < c.ignore_before"
                ),
            ),
        ],
    )
    return SQL(
        """
        SELECT l.id, l.company_id, d.partner_id, l.move_id, l.currency_id,
               l.amount_residual, l.amount_residual_currency,
               COALESCE(l.date_maturity, l.invoice_date, l.date) AS due,
               c.day - COALESCE(l.date_maturity, l.invoice_date, l.date)
                   AS days_late,
               %s AS flags,
               d.id AS dossier_id,
               COALESCE(
                   CASE WHEN m.recouvrement_scenario_id IN (SELECT id FROM ladder)
                        THEN m.recouvrement_scenario_id END,
                   CASE WHEN d.scenario_choice_id IN (SELECT id FROM ladder)
                        THEN d.scenario_choice_id END,
                   d.scenario_auto_id) AS scenario_id,
               c.day, c.is_open, c.bank_hold,
               COALESCE(COALESCE(l.date_maturity, l.invoice_date, l.date)
                        < c.step_before, false) AS from_first
          FROM account_move_line l
          JOIN company c ON c.id = l.company_id
          JOIN account_move m ON m.id = l.move_id
          JOIN res_partner p ON p.id = l.partner_id
          JOIN recouvrement_dossier d
            ON d.company_id = l.company_id
           AND d.partner_id = p.commercial_partner_id
         WHERE l.account_id IN %s
           AND l.reconciled IS NOT TRUE
           AND l.parent_state = 'posted'
           AND l.amount_residual_currency <> 0
           AND (%s)
        """,
        marks,
        receivable_ids,
        scope,
    )


def reached_cte():
    """Highest delay said about each item, before and after the due date.

    The level's own delay counts, so that a corrected ladder moves what was
    already said with it.
    """
    return SQL(
        """
        SELECT rl.move_line_id,
               max(v.delay) FILTER (WHERE v.delay >= 0) AS late_delay,
               max(v.delay) FILTER (WHERE v.delay < 0) AS early_delay
          FROM line
          JOIN recouvrement_relance_line rl ON rl.move_line_id = line.id
          JOIN recouvrement_level v ON v.id = rl.level_id
         WHERE rl.granted AND rl.cancelled IS NOT TRUE
      GROUP BY rl.move_line_id
        """
    )


def holds_cte(sources, key):
    """Recorded holds as bits, per item or per dossier."""
    return SQL(
        """
        SELECT %(key)s,
               bit_or(1 << (array_position(%(order)s::text[], reason) - 1))
                   AS reasons,
               max(until) AS until, min(detail) AS detail
          FROM (%(union)s) h
      GROUP BY %(key)s
        """,
        key=SQL.identifier(key),
        order=list(HOLD_ORDER),
        union=SQL(" UNION ALL ").join(sources),
    )


def item_cte():
    """Place of each item in its ladder: level reached and next level."""
    is_late = SQL(
        "(line.days_late > 0 OR (line.days_late = 0 AND g.late_delays[1] = 0))"
    )
    side = SQL(", ").join(
        SQL(
            "CASE WHEN o.is_late THEN o.%s ELSE o.%s END AS %s",
            SQL.identifier(f"late_{name}"),
            SQL.identifier(f"early_{name}"),
            SQL.identifier(name),
        )
        for name in ("ids", "delays", "gaps", "needs")
    )
    # OFFSET 0 keeps each step apart: PostgreSQL would otherwise copy the
    # expressions into one another and compute them ten times a row.
    return SQL(
        """
        SELECT x.id, x.company_id, x.partner_id, x.move_id, x.currency_id,
               x.amount_residual, x.amount_residual_currency, x.due,
               x.days_late, x.dossier_id, x.scenario_id, x.day, x.is_open,
               x.bank_hold, x.minimum_amount, x.credit_policy, x.is_late,
               x.item_holds, x.item_until, x.item_detail,
               x.ids[x.reached] AS reached_level_id,
               x.ids[x.next] AS next_level_id,
               x.delays[x.next] AS next_delay,
               x.gaps[x.next] AS next_gap,
               x.needs[x.next] AS next_need,
               x.passed >= x.next AS is_passed
          FROM (
            SELECT w.*,
                   CASE WHEN w.passed > w.reached AND NOT (w.is_late
                             AND (w.progression = 'step' OR w.from_first))
                        THEN w.passed ELSE w.reached + 1 END AS next
              FROM (
                SELECT s.*, width_bucket(s.days_late, s.delays) AS passed,
                       COALESCE(width_bucket(CASE WHEN s.is_late
                           THEN s.late_delay ELSE s.early_delay END, s.delays),
                           0) AS reached
                  FROM (
                    SELECT o.*, %(side)s
                      FROM (
                        SELECT line.*, COALESCE(%(is_late)s, false) AS is_late,
                               line.flags | COALESCE(h.reasons, 0) AS item_holds,
                               h.until AS item_until, h.detail AS item_detail,
                               r.late_delay, r.early_delay,
                               g.progression, g.minimum_amount, g.credit_policy,
                               g.late_ids, g.late_delays, g.late_gaps,
                               g.late_needs, g.early_ids, g.early_delays,
                               g.early_gaps, g.early_needs
                          FROM line
                     LEFT JOIN ladder g ON g.id = line.scenario_id
                     LEFT JOIN reached r ON r.move_line_id = line.id
                     LEFT JOIN item_hold h ON h.move_line_id = line.id
                        OFFSET 0) o
                    OFFSET 0) s
                OFFSET 0) w
            OFFSET 0) x
        """,
        is_late=is_late,
        side=side,
    )
