# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What happens to a customer is noted by PostgreSQL: see ``worklist_ready``.

Residuals, states and contacts are written by flushes of the ORM, by foreign keys and by
SQL of our own. Triggers see all of it, in the transaction that does it. They only add a
row to a log without a unique key, so that nobody ever waits for anybody.
"""

import hashlib
from typing import NamedTuple

from odoo.tools import SQL

LOG = "recouvrement_touch"
# Of our triggers and their functions.
PREFIX = "recouvrement_touch_"
OPERATIONS = ("insert", "update", "delete")


class Watch(NamedTuple):
    """Changes of a table that can change a row of the worklist.

    :ivar str table: its name
    :ivar str columns: those that the one query reads; another one says nothing
    :ivar str keys: columns of a changed row that tell whose it is
    :ivar str touches: SELECT of ``(kind, id)`` from ``changed x``, which has the keys.
        ``kind`` is partner, dossier, relance, move, or all
    :ivar str counts: condition on ``{row}`` without which a row says nothing
    :ivar bool by_row: few rows of wide tables are looked at one by one, and only when
        a column that is read changed; many rows at once are cheaper as a set
    :ivar tuple operations: the others are noted by another table
    """

    table: str
    columns: str
    keys: str
    touches: str
    counts: str = "TRUE"
    by_row: bool = False
    operations: tuple = OPERATIONS


_OF_DOSSIER = "SELECT 'dossier', x.dossier_id FROM changed x"
_OF_MOVE = "SELECT 'move', x.move_id FROM changed x"
_OF_ITEM = (
    "SELECT 'partner', l.partner_id FROM changed x"
    " JOIN account_move_line l ON l.id = x.move_line_id"
)
_OF_ALL = "SELECT 'all', 0 FROM changed x"
_OF_CONTACT = (
    "SELECT 'partner', v.id FROM changed x CROSS JOIN LATERAL"
    " (VALUES (x.id), (x.commercial_partner_id), (x.parent_id)) v (id)"
    " WHERE v.id IS NOT NULL"
)
_LINE_SAYS = "{row}.granted AND {row}.cancelled IS NOT TRUE"

WATCHED = (
    # An invoice is touched by its lines, when they come, go, or change; of those that
    # are paid only dates and amounts count, for retention money.
    Watch(
        "account_move_line",
        "account_id, partner_id, company_id, move_id, parent_state, reconciled,"
        " amount_residual, amount_residual_currency, amount_currency, currency_id,"
        " payment_id, statement_line_id,"
        " date_maturity, invoice_date, date, no_followup",
        "partner_id, account_id",
        "SELECT 'partner', x.partner_id FROM changed x"
        " JOIN account_account a ON a.id = x.account_id"
        " AND a.account_type = 'asset_receivable' WHERE x.partner_id IS NOT NULL",
        counts="{row}.parent_state = 'posted'"
        " AND ({row}.amount_residual_currency <> 0 OR {row}.amount_currency > 0)",
        by_row=True,
    ),
    Watch(
        "account_move",
        "state, move_type, company_id, commercial_partner_id, payment_state,"
        " amount_residual, invoice_date, delivery_date, recouvrement_scenario_id,"
        " recouvrement_available_on, recouvrement_suspended_on,"
        " recouvrement_completed_on, recouvrement_performed_on,"
        " recouvrement_retention, recouvrement_retention_until",
        "id",
        "SELECT 'move', x.id FROM changed x",
        counts="{row}.state = 'posted'",
        by_row=True,
        operations=("update",),
    ),
    Watch(
        "res_partner",
        "commercial_partner_id, parent_id, type, active, email_normalized, phone,"
        " street, city, user_id",
        "id, commercial_partner_id, parent_id",
        _OF_CONTACT,
        by_row=True,
        operations=("update",),
    ),
    Watch(  # a customer who comes or goes has no items yet, or none any more
        "res_partner",
        "",
        "id, commercial_partner_id, parent_id",
        _OF_CONTACT,
        counts="{row}.parent_id IS NOT NULL",
        by_row=True,
        operations=("insert", "delete"),
    ),
    Watch(
        "recouvrement_dossier",
        "company_id, partner_id, collector_id, scenario_choice_id, scenario_auto_id,"
        " contact_id, pause_until, pause_kind, pause_reason, insolvency,"
        " insolvency_date, decide_on, decide_reason, kind, kind_since, kind_before,"
        " public_buyer",
        "id, partner_id",
        "SELECT 'dossier', x.id FROM changed x"
        " UNION ALL SELECT 'partner', x.partner_id FROM changed x",
    ),
    Watch(
        "recouvrement_relance",
        "dossier_id, date, courtesy, state, origin, has_failure, has_letter, level_id,"
        " held_reason, amount_claimed",
        "dossier_id",
        _OF_DOSSIER,
    ),
    Watch(  # by the hundred thousand, always about items of the relance's customer
        "recouvrement_relance_line",
        "",
        "relance_id",
        "SELECT 'relance', x.relance_id FROM changed x",
        counts=_LINE_SAYS,
        operations=("insert",),
    ),
    Watch(
        "recouvrement_relance_line",
        "move_line_id, level_id, granted, cancelled",
        "move_line_id",
        _OF_ITEM,
        counts=_LINE_SAYS,
        by_row=True,
        operations=("update", "delete"),
    ),
    Watch(
        "recouvrement_delivery",
        "dossier_id, company_id, relance_id, state, settled, channel, not_before,"
        " failure_reason",
        "dossier_id",
        _OF_DOSSIER,
    ),
    Watch(  # without an entry a payment is told by nothing else
        "account_payment",
        "partner_id, company_id, state, move_id, payment_type, partner_type, name,"
        " amount_company_currency_signed",
        "partner_id",
        "SELECT 'partner', x.partner_id FROM changed x WHERE x.partner_id IS NOT NULL",
        counts="{row}.move_id IS NULL AND {row}.payment_type = 'inbound'"
        " AND {row}.partner_type = 'customer' AND {row}.state = 'in_process'",
        by_row=True,
    ),
    Watch(
        "account_move__account_payment",
        "payment_id",
        "payment_id",
        "SELECT 'partner', y.partner_id FROM changed x"
        " JOIN account_payment y ON y.id = x.payment_id"
        " WHERE y.move_id IS NULL AND y.partner_id IS NOT NULL",
        by_row=True,
        operations=("insert", "delete"),
    ),
    Watch(
        "recouvrement_exclusion",
        "company_id, move_id, move_line_id, until, reason, active",
        "move_id",
        _OF_MOVE,
    ),
    Watch(
        "recouvrement_limitation",
        "move_line_id, company_id, last_day",
        "move_line_id",
        _OF_ITEM,
    ),
    Watch(
        "recouvrement_scenario",
        "progression, minimum_amount, credit_policy, active",
        "id",
        _OF_ALL,
    ),
    Watch(
        "recouvrement_level",
        "scenario_id, delay, minimum_gap, active, channel_email, channel_letter,"
        " channel_registered, channel_call, channel_visit, channel_task",
        "id",
        _OF_ALL,
    ),
    Watch(
        "res_company",
        "currency_id, name, parent_path",
        "id",
        _OF_ALL,
        by_row=True,
        operations=("update",),
    ),
)


def _names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def watched_columns(watched):
    """``{table: set of columns}`` whose changes are noted; ids do not change."""
    columns = {}
    for watch in watched:
        columns.setdefault(watch.table, {"id"}).update(_names(watch.columns))
    return columns


def trigger_name(watch, operation):
    """Of the trigger and of its function: one for each table and operation."""
    return f"{PREFIX}{operation}_{watch.table}"[:63]


def _row(alias, columns):
    """``(alias.a, alias.b)``"""
    return f"({', '.join(f'{alias}.{name}' for name in _names(columns))})"


def _keys(alias, watch):
    """``alias.a AS a, alias.b AS b``"""
    return ", ".join(f"{alias}.{name} AS {name}" for name in _names(watch.keys))


def _counts(watch, *rows):
    return " OR ".join(f"({watch.counts.format(row=row)})" for row in rows)


def _changed(watch, operation):
    """Keys of the changed rows, as they were and as they are."""
    if watch.by_row:
        rows = {"insert": ["NEW"], "delete": ["OLD"]}.get(operation, ["OLD", "NEW"])
        return " UNION ".join(f"SELECT {_keys(row, watch)}" for row in rows)
    if operation != "update":
        table = "new_rows" if operation == "insert" else "old_rows"
        keys, counts = _keys("r", watch), _counts(watch, "r")
        # whose they are first: numbers are told apart faster than words
        return f"SELECT DISTINCT {keys} FROM {table} r WHERE {counts}"
    pairs = (
        "old_rows o JOIN new_rows n ON n.id = o.id"
        f" AND {_row('o', watch.columns)} IS DISTINCT FROM {_row('n', watch.columns)}"
        f" AND ({_counts(watch, 'o', 'n')})"
    )
    return " UNION ".join(f"SELECT {_keys(r, watch)} FROM {pairs}" for r in "on")


def _function_sql(watch, operation, schema):
    """The schema is named: whoever writes may look elsewhere."""
    return f"""
        CREATE OR REPLACE FUNCTION {schema}.{trigger_name(watch, operation)}()
        RETURNS trigger LANGUAGE plpgsql AS $touch$
        BEGIN
            INSERT INTO {schema}.{LOG} (kind, res_id)
            WITH changed AS ({_changed(watch, operation)})
            SELECT DISTINCT * FROM ({watch.touches}) t;
            RETURN NULL;
        END $touch$
    """


def _trigger_sql(watch, operation, schema):
    name = trigger_name(watch, operation)
    table = f"{schema}.{watch.table}"
    return f"""
        CREATE TRIGGER {name} AFTER {operation} ON {table}
        {_when(watch, operation)}
        EXECUTE FUNCTION {schema}.{name}();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}
    """


def _when(watch, operation):
    if not watch.by_row:
        tables = {
            "insert": "NEW TABLE AS new_rows",
            "delete": "OLD TABLE AS old_rows",
            "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        }
        return f"REFERENCING {tables[operation]} FOR EACH STATEMENT"
    if operation == "insert":
        condition = _counts(watch, "NEW")
    elif operation == "delete":
        condition = _counts(watch, "OLD")
    else:
        condition = (
            f"{_row('OLD', watch.columns)} IS DISTINCT FROM"
            f" {_row('NEW', watch.columns)} AND ({_counts(watch, 'OLD', 'NEW')})"
        )
    return f"FOR EACH ROW WHEN ({condition})"


def set_triggers(cr, watched):
    """Put the triggers in place, if they are not; they lock their tables for it."""
    cr.execute("SELECT current_schema()")
    [schema] = cr.fetchone()
    pairs = [(watch, name) for watch in watched for name in watch.operations]
    statements = [
        sql(watch, operation, schema)
        for watch, operation in pairs
        for sql in (_function_sql, _trigger_sql)
    ]
    digest = hashlib.sha256("".join(statements).encode()).hexdigest()
    cr.execute("SELECT obj_description(to_regclass(%s))", [LOG])
    if cr.fetchone()[0] == digest and not missing_triggers(cr, watched):
        return
    drop_triggers(cr)
    for statement in statements:
        cr.execute(SQL(statement.replace("%", "%%")))
    cr.execute(SQL("COMMENT ON TABLE %s IS %s", SQL.identifier(LOG), digest))


def missing_triggers(cr, watched):
    """Names of the triggers that are not there, or are switched off."""
    cr.execute(
        "SELECT tgname FROM pg_trigger WHERE tgname LIKE %s AND tgenabled = 'A'",
        [PREFIX + "%"],
    )
    found = {row[0] for row in cr.fetchall()}
    wanted = {
        trigger_name(watch, name) for watch in watched for name in watch.operations
    }
    return wanted - found


def drop_triggers(cr):
    """Take every trigger of ours away, with its function."""
    cr.execute(
        """
        SELECT p.proname FROM pg_proc p
          JOIN pg_type t ON t.oid = p.prorettype AND t.typname = 'trigger'
         WHERE p.proname LIKE %s AND p.pronamespace = current_schema()::regnamespace
        """,
        [PREFIX + "%"],
    )
    for (name,) in cr.fetchall():
        cr.execute(SQL("DROP FUNCTION %s() CASCADE", SQL.identifier(name)))
