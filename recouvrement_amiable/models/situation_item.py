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

# Invoices that decide something about their items.
SPECIAL_MOVE = (
    "{alias}recouvrement_scenario_id IS NOT NULL"
    " OR {alias}payment_state = 'blocked'"
    " OR ({alias}payment_state IN ('in_payment', 'paid', 'reversed')"
    " AND {alias}amount_residual <> 0)"
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
    """Levels as arrays: a binary search then places an item in its ladder.

    A scenario without a level is none.
    """
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
          JOIN recouvrement_level v ON v.scenario_id = s.id AND v.active
         WHERE s.active
      GROUP BY s.id
        """,
        arrays,
    )


def open_condition(receivable_ids, among=None):
    """Condition on ``l`` (account_move_line) that an index of Odoo serves.

    The accounts are spelled out: the planner then knows how many items to expect,
    which it cannot tell through a join with the accounts.

    :param tuple receivable_ids: ids of accounts
    :param SQL among: condition on ``l`` that narrows it further
    """
    return SQL(
        "l.account_id IN %s AND l.reconciled IS NOT TRUE AND %s",
        receivable_ids,
        among or SQL("TRUE"),
    )


def special_cte():
    """Invoices that decide something about their items: few, and by an index."""
    return SQL(
        "SELECT m.id FROM account_move m WHERE %s",
        SQL(SPECIAL_MOVE.format(alias="m.")),
    )


def _of_move(value):
    """A value of the item's invoice ``m``, looked up only if it is a special one.

    A join would hash all items to find the few: their number is not known beforehand.
    """
    return SQL(
        "CASE WHEN l.move_id IN (SELECT id FROM special)"
        " THEN (SELECT %s FROM account_move m WHERE m.id = l.move_id) END",
        value,
    )


# Money that we gave back: no debt, but what a credit note is matched with.
_PAID_OUT = SQL(
    "l.amount_residual_currency > 0"
    " AND (l.payment_id IS NOT NULL OR l.statement_line_id IS NOT NULL)"
)


def line_cte(scope, is_open, has_terms):
    """Open receivable items. ``days_late`` is negative before the due date.

    :param SQL scope: see ``SituationQuery``
    :param SQL is_open: see ``open_condition``
    :param bool has_terms: there is a CTE ``term``
    """
    due = SQL("COALESCE(l.date_maturity, l.invoice_date, l.date)")
    if has_terms:
        due = SQL("COALESCE(t.due, %s)", due)
    marks = flags(
        HOLD_ORDER,
        [
            ("no_followup", SQL("l.no_followup")),
            ("left_out", SQL("%s < c.ignore_before", due)),
            ("paid_out", _PAID_OUT),
        ],
    )
    move_marks = flags(
        HOLD_ORDER,
        [
            ("blocked", SQL("m.payment_state = 'blocked'")),
            (
                "in_payment",
                SQL(
                    "m.payment_state IN ('in_payment', 'paid', 'reversed')"
                    " AND m.move_type <> 'entry'"
                ),
            ),
        ],
    )
    return SQL(
        """
        SELECT l.id, l.company_id, d.partner_id, l.move_id, l.currency_id,
               l.amount_residual, l.amount_residual_currency,
               c.day - %(due)s AS days_late,
               %(marks)s | COALESCE(%(move_marks)s, 0) AS flags,
               d.id AS dossier_id,
               COALESCE(
                   %(move_scenario)s,
                   CASE WHEN d.scenario_choice_id IN (SELECT id FROM ladder)
                        THEN d.scenario_choice_id END,
                   CASE WHEN d.scenario_auto_id IN (SELECT id FROM ladder)
                        THEN d.scenario_auto_id END) AS scenario_id,
               COALESCE(%(due)s < c.step_before, false) AS from_first
          FROM account_move_line l
          JOIN company c ON c.id = l.company_id
          JOIN res_partner p ON p.id = l.partner_id
          JOIN recouvrement_dossier d
            ON d.company_id = l.company_id
           AND d.partner_id = p.commercial_partner_id
     %(term)s
         WHERE %(is_open)s
           AND l.parent_state = 'posted'
           AND l.amount_residual_currency <> 0
           AND (%(scope)s)
        """,
        due=due,
        marks=marks,
        move_marks=_of_move(move_marks),
        move_scenario=_of_move(
            SQL(
                "CASE WHEN m.recouvrement_scenario_id IN (SELECT id FROM ladder)"
                " THEN m.recouvrement_scenario_id END"
            )
        ),
        term=SQL("LEFT JOIN term t ON t.move_line_id = l.id") if has_terms else SQL(),
        is_open=is_open,
        scope=scope,
    )


def _reached_join(whole):
    """Highest delay said about each item, before and after the due date.

    The level's own delay counts, so that a corrected ladder moves what was
    already said with it. What was said about many items is gathered at once, without
    what was said about those paid since; for a few customers each item looks up its
    own.
    """
    among = SQL("rl.move_line_id = line.id")
    if whole:
        # an array is looked up in the index; a join would read what was ever said
        among = SQL("rl.move_line_id = ANY(ARRAY(SELECT id FROM line))")
    reached = SQL(
        """
        SELECT rl.move_line_id,
               max(v.delay) FILTER (WHERE v.delay >= 0) AS late_delay,
               max(v.delay) FILTER (WHERE v.delay < 0) AS early_delay
          FROM recouvrement_relance_line rl
          JOIN recouvrement_level v ON v.id = rl.level_id
         WHERE rl.granted AND rl.cancelled IS NOT TRUE AND %s
      GROUP BY rl.move_line_id
        """,
        among,
    )
    return SQL(
        "LEFT JOIN %s (%s) r ON r.move_line_id = line.id",
        SQL() if whole else SQL("LATERAL"),
        reached,
    )


def holds_cte(sources, key):
    """Recorded holds as bits, per item or per dossier; the detail is the reason's."""
    return SQL(
        """
        SELECT %(key)s,
               bit_or(1 << (array_position(%(order)s::text[], reason) - 1))
                   AS reasons,
               max(until) AS until,
               (array_agg(detail ORDER BY array_position(%(order)s::text[], reason)))[1]
                   AS detail
          FROM (%(union)s) h
      GROUP BY %(key)s
        """,
        key=SQL.identifier(key),
        order=list(HOLD_ORDER),
        union=SQL(" UNION ALL ").join(sources),
    )


def _boolean(name):
    return SQL("%s::int", SQL(name))


# What tells the places of a dossier's items apart, packed in one integer: what
# happens to an item depends on its place alone. ``(name, SQL, bits)`` from the
# lowest bit; the scenario fills the upper half.
_PLACE = (
    ("is_late", _boolean("o.is_late"), 1),
    ("is_credit", _boolean("o.is_credit"), 1),
    ("from_first", _boolean("o.from_first"), 1),
    ("is_positive", SQL("(o.amount_residual > 0)::int"), 1),
    ("is_negative", SQL("(o.amount_residual < 0)::int"), 1),
    ("is_past", SQL("(o.days_late >= 0)::int"), 1),
    ("passed", SQL("COALESCE(w.passed, 0)"), 6),
    ("reached", SQL("COALESCE(w.reached, 0)"), 6),
    ("item_holds", SQL("o.item_holds"), 14),
)
_HALF = 32
MAX_LEVELS = 60  # of a ladder, within the bits above


def _pack():
    terms, shift = [SQL("(COALESCE(o.scenario_id, 0)::bigint << %s)", _HALF)], 0
    for _name, value, bits in _PLACE:
        terms.append(SQL("((%s)::bigint << %s)", value, shift))
        shift += bits
    return SQL(" | ").join(terms)


def _unpack(place):
    """Columns of a place, by name."""
    columns, shift = {"scenario_id": SQL("NULLIF(%s >> %s, 0)::int", place, _HALF)}, 0
    for name, _value, bits in _PLACE:
        column = SQL("(%s >> %s & %s)::int", place, shift, (1 << bits) - 1)
        is_flag = name.startswith(("is_", "from_"))
        columns[name] = SQL("(%s)::bool", column) if is_flag else column
        shift += bits
    return columns


# On the due date itself only where the ladder starts there (``ladder`` is ``g``).
_IS_LATE = SQL(
    "COALESCE(line.days_late > 0"
    " OR (line.days_late = 0 AND g.late_delays[1] = 0), false)"
)


def plain_select(scope, is_open, has_terms):
    """What the lines say by themselves, without a situation."""
    return SQL(
        """
        SELECT line.id, line.id AS move_line_id, line.move_id, line.company_id,
               line.partner_id, line.dossier_id, line.scenario_id, line.currency_id,
               line.amount_residual, line.amount_residual_currency, line.days_late,
               z.day - line.days_late AS date_due, %(is_late)s AS is_late
          FROM (%(line)s) line
          JOIN company z ON z.id = line.company_id
     LEFT JOIN ladder g ON g.id = line.scenario_id
        """,
        is_late=_IS_LATE,
        line=line_cte(scope, is_open, has_terms),
    )


def placed_cte(whole):
    """Place of each open item in its ladder: how many levels passed, and reached.

    :param bool whole: many items are read
    """
    # OFFSET 0 keeps each step apart: PostgreSQL would otherwise copy the
    # expressions into one another and compute them ten times a row.
    return SQL(
        """
        SELECT o.id, o.dossier_id, o.company_id, o.partner_id, o.scenario_id, o.move_id,
               o.currency_id, o.amount_residual, o.amount_residual_currency,
               o.days_late, o.is_late, o.is_credit, o.item_holds,
               o.item_until, o.item_detail, %(place)s AS place
          FROM (
            SELECT line.*, %(is_late)s AS is_late,
                   line.amount_residual_currency < 0 AS is_credit,
                   line.flags | COALESCE(h.reasons, 0) AS item_holds,
                   h.until AS item_until, h.detail AS item_detail,
                   r.late_delay, r.early_delay, g.late_delays, g.early_delays
              FROM line
         LEFT JOIN ladder g ON g.id = line.scenario_id
         %(reached)s
         LEFT JOIN item_hold h ON h.move_line_id = line.id
            OFFSET 0) o
         CROSS JOIN LATERAL (
            SELECT CASE WHEN o.is_late THEN width_bucket(o.days_late, o.late_delays)
                        ELSE width_bucket(o.days_late, o.early_delays) END AS passed,
                   CASE WHEN o.is_late THEN width_bucket(o.late_delay, o.late_delays)
                        ELSE width_bucket(o.early_delay, o.early_delays) END AS reached
            ) w
        """,
        place=_pack(),
        is_late=_IS_LATE,
        reached=_reached_join(whole),
    )


def item_cte():
    """Items of a dossier that stand at the same place, counted and added up.

    One row speaks for all and takes the name of the oldest; with their next level.
    """
    side = SQL(", ").join(
        SQL(
            "CASE WHEN a.is_late THEN g.%s ELSE g.%s END AS %s",
            SQL.identifier(f"late_{name}"),
            SQL.identifier(f"early_{name}"),
            SQL.identifier(name),
        )
        for name in ("ids", "delays", "gaps", "needs")
    )
    columns = SQL(", ").join(
        SQL("%s AS %s", value, SQL.identifier(name))
        for name, value in _unpack(SQL("k.place")).items()
    )
    return SQL(
        """
        SELECT x.dossier_id, x.place, x.items, x.amount_residual, x.item_until,
               x.item_detail, x.company_id, x.partner_id, x.scenario_id,
               (x.oldest & 4294967295)::int AS id, x.days_late,
               x.is_late, x.is_credit, x.item_holds,
               x.day, x.is_open, x.bank_hold, x.day - x.days_late AS due,
               x.minimum_amount, x.credit_policy,
               x.ids[x.reached] AS reached_level_id,
               x.ids[x.next] AS next_level_id,
               x.delays[x.next] AS next_delay,
               x.gaps[x.next] AS next_gap,
               x.needs[x.next] AS next_need,
               CASE WHEN x.ids IS NOT NULL THEN x.passed >= x.next END AS is_passed
          FROM (
            SELECT a.*, d.company_id, d.partner_id, c.day, c.is_open, c.bank_hold,
                   -(a.oldest >> 32)::int AS days_late,
                   g.minimum_amount, g.credit_policy, %(side)s,
                   CASE WHEN a.passed > a.reached AND NOT (a.is_late
                             AND (g.progression = 'step' OR a.from_first))
                        THEN a.passed ELSE a.reached + 1 END AS next
              FROM (
                SELECT k.*, %(columns)s
                  FROM (
                    SELECT p.dossier_id, p.place, count(*) AS items,
                           sum(p.amount_residual) AS amount_residual,
                           max(p.item_until) AS item_until,
                           min(p.item_detail) AS item_detail,
                           min((-p.days_late)::bigint << 32 | p.id) AS oldest
                      FROM placed p
                  GROUP BY p.dossier_id, p.place
                    OFFSET 0) k
                OFFSET 0) a
              JOIN recouvrement_dossier d ON d.id = a.dossier_id
              JOIN company c ON c.id = d.company_id
         LEFT JOIN ladder g ON g.id = a.scenario_id
            OFFSET 0) x
        """,
        columns=columns,
        side=side,
    )
