"""A realistic ledger by the hundred thousand, written in SQL.

Odoo itself would need an hour to post 100,000 invoices. Here each invoice gets the
rows that posting would leave: the entry, its receivable line and its revenue line.
The same numbers give the same ledger, to the cent, in any database: what is measured
on two of them is measured on the same items.
"""

import contextlib
from datetime import date

# A Tuesday between two open days.
DAY = date(2026, 3, 17)
# Late items are up to that old, most of them young.
OLDEST = 300
# Days between an invoice and its due date.
TERM = 30
# A usual ladder: days late and channel of each level.
LADDER = (
    (-5, "email"),
    (3, "email"),
    (8, "call"),
    (15, "email"),
    (30, "registered"),
    (45, "call"),
    (60, "task"),
)
LATE_DELAYS = [delay for delay, _channel in LADDER if delay > 0]


def fill(env, debtors, items, settled=0):
    """Write the ledger of the main company.

    :param debtors: number of customers, all of them with something late
    :param items: number of unpaid invoices past their due date on ``DAY``
    :param settled: number of paid invoices beside them
    :return: what identifies the ledger: counts and sums
    """
    company = env.ref("base.main_company")
    _make_french(env, company)
    values = _identifiers(env, company)
    values |= {
        "debtors": debtors,
        "invoices": items + settled,
        "items": items,
        "day": DAY,
        "oldest": OLDEST,
        "term": TERM,
    }
    env.flush_all()
    with _in_bulk(env, ("account_move", "account_move_line")):
        for statement in (_DRAW, _DEBTORS, _CONTACTS, _MOVES, _LINES, *_SEQUENCES):
            env.cr.execute(statement, values)
    env.cr.execute("ANALYZE")
    env.invalidate_all()
    return signature(env)


def signature(env):
    """What two ledgers have in common when they are the same."""
    env.cr.execute(_SIGNATURE, {"day": DAY})
    return [str(value) for value in env.cr.fetchone()]


def go_live(env):
    """The add-on of this repository: a live company with a ladder."""
    company = env.ref("base.main_company")
    company.write(
        {
            "recouvrement_test_mode": False,
            "recouvrement_bank_policy": "warn",
            "recouvrement_collector_id": env.ref("base.user_admin").id,
            "recouvrement_manager_id": env.ref("base.user_admin").id,
        }
    )
    scenarios = env["recouvrement.scenario"].search([])
    if not scenarios:
        scenarios.create(_scenario())
    return len(scenarios)


def _scenario():
    """A usual ladder, should the add-on bring none."""
    levels = [
        {
            "name": f"{delay:+d}",
            "delay": delay,
            "minimum_gap": 5,
            "channel_email": False,
            f"channel_{channel}": True,
            "approval": channel == "registered",
            "subject": "{{company}}",
            "body": "<p>{{amount_due}}</p>",
        }
        for delay, channel in LADDER
    ]
    return {"name": "Benchmark", "level_ids": [(0, 0, level) for level in levels]}


def _make_french(env, company):
    if company.chart_template != "fr":
        company.country_id = env.ref("base.fr")
        env["account.chart.template"].try_loading("fr", company, install_demo=False)


def _identifiers(env, company):
    journal = env["account.journal"].search(
        [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
    )
    receivable = env["account.account"].search(
        [("account_type", "=", "asset_receivable"), ("company_ids", "in", company.id)],
        limit=1,
    )
    return {
        "company": company.id,
        "currency": company.currency_id.id,
        "country": company.country_id.id,
        "journal": journal.id,
        "code": journal.code,
        "receivable": receivable.id,
        "revenue": journal.default_account_id.id,
        "uid": env.uid,
        "last_partner": _last(env, "res_partner"),
        "last_move": _last(env, "account_move"),
        "last_line": _last(env, "account_move_line"),
    }


@contextlib.contextmanager
def _in_bulk(env, tables):
    """Check no foreign key meanwhile and build the indexes at the end.

    The rows are right by construction; checking them one by one would take ten
    times longer than writing them.
    """
    env.cr.execute(_INDEXES, {"tables": list(tables)})
    indexes = env.cr.fetchall()
    env.cr.execute(_FOREIGN_KEYS, {"tables": list(tables)})
    foreign_keys = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(f"DROP INDEX {name}")
    for table, name, _definition in foreign_keys:
        env.cr.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for _name, definition in indexes:
        env.cr.execute(definition)
    for table, name, definition in foreign_keys:
        env.cr.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID"
        )


def _last(env, table):
    env.cr.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")  # noqa: S608
    return env.cr.fetchone()[0]


_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
      FROM pg_index
     WHERE indrelid = ANY(%(tables)s::regclass[]) AND NOT indisprimary
"""

_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
      FROM pg_constraint
     WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype = 'f'
"""

# What each invoice is. Debtors are not alike: the first ones have many items, all
# have one at least. The invoices after the first ``items`` are paid.
_DRAW = """
    SELECT setseed(0.42);
    CREATE TEMP TABLE drawn ON COMMIT DROP AS
    SELECT n,
           n > %(items)s AS paid,
           CASE WHEN n <= %(debtors)s THEN n
                ELSE 1 + floor(%(debtors)s * power(random(), 1.7))::int
            END AS debtor,
           %(day)s::date - 1 - floor(%(oldest)s * power(random(), 2))::int AS due,
           round((50 + 4950 * power(random(), 3))::numeric, 2) AS amount
      FROM generate_series(1, %(invoices)s) n;
    ANALYZE drawn
"""

_DEBTORS = """
    INSERT INTO res_partner
        (id, name, complete_name, commercial_partner_id, commercial_company_name,
         is_company, active, type, autopost_bills, lang, email, email_normalized,
         phone, street, zip, city, country_id, customer_rank,
         create_uid, write_uid, create_date, write_date)
    SELECT %(last_partner)s + n, v.name, v.name, %(last_partner)s + n, v.name,
           true, true, 'contact', 'ask', 'fr_FR', v.email, v.email,
           '+33 2 96 00 ' || to_char(n %% 100, 'FM00') || ' 00', n || ' rue du Port',
           '22000', 'Saint-Brieuc', %(country)s, 1,
           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM generate_series(1, %(debtors)s) n
     CROSS JOIN LATERAL (
        SELECT 'Client ' || n AS name, 'compta' || n || '@client.example' AS email) v
"""

# One debtor in three has an address of its own for invoices.
_CONTACTS = """
    INSERT INTO res_partner
        (id, name, complete_name, parent_id, commercial_partner_id,
         commercial_company_name, is_company, active, type, autopost_bills, lang,
         email, email_normalized, street, zip, city, country_id,
         create_uid, write_uid, create_date, write_date)
    SELECT %(last_partner)s + %(debtors)s + n, 'Factures',
           p.name || ', Factures', p.id, p.id, p.name, false, true, 'invoice', 'ask',
           'fr_FR', 'factures' || n || '@client.example',
           'factures' || n || '@client.example', p.street, p.zip, p.city, p.country_id,
           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM generate_series(1, %(debtors)s, 3) n
      JOIN res_partner p ON p.id = %(last_partner)s + n
"""

_MOVES = """
    INSERT INTO account_move
        (id, name, sequence_prefix, sequence_number, payment_reference,
         state, move_type, auto_post, payment_state, posted_before, checked,
         journal_id, company_id, currency_id, partner_id, commercial_partner_id,
         partner_shipping_id, invoice_partner_display_name, invoice_user_id,
         date, invoice_date, invoice_date_due, invoice_currency_rate,
         amount_untaxed, amount_tax, amount_total, amount_residual,
         amount_untaxed_signed, amount_untaxed_in_currency_signed, amount_tax_signed,
         amount_total_signed, amount_total_in_currency_signed, amount_residual_signed,
         always_tax_exigible, made_sequence_gap, is_move_sent,
         create_uid, write_uid, create_date, write_date)
    SELECT %(last_move)s + n, v.prefix || to_char(n, 'FM0000000'), v.prefix, n,
           v.prefix || to_char(n, 'FM0000000'),
           'posted', 'out_invoice', 'no',
           CASE WHEN paid THEN 'paid' ELSE 'not_paid' END,
           true, true,
           %(journal)s, %(company)s, %(currency)s, v.partner_id, v.partner_id,
           v.partner_id, 'Client ' || debtor, %(uid)s,
           v.date, v.date, due, 1,
           amount, 0, amount, v.residual,
           amount, amount, 0,
           amount, amount, v.residual,
           true, false, true,
           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM drawn
     CROSS JOIN LATERAL (
        SELECT %(last_partner)s + debtor AS partner_id,
               due - %(term)s AS date,
               %(code)s || '/' || to_char(due - %(term)s, 'YYYY') || '/' AS prefix,
               CASE WHEN paid THEN 0 ELSE amount END AS residual) v
"""

_LINES = """
    INSERT INTO account_move_line
        (id, move_id, journal_id, company_id, company_currency_id, currency_id,
         account_id, partner_id, move_name, parent_state, name, display_type,
         date, invoice_date, date_maturity, debit, credit, balance, amount_currency,
         amount_residual, amount_residual_currency, reconciled, matching_number,
         quantity, price_unit, price_subtotal, price_total, discount, no_followup,
         deductible_amount, create_uid, write_uid, create_date, write_date)
    SELECT %(last_line)s + 2 * n - k.is_item::int, m.id, m.journal_id, m.company_id,
           m.currency_id, m.currency_id,
           CASE WHEN k.is_item THEN %(receivable)s ELSE %(revenue)s END,
           m.partner_id, m.name, m.state,
           CASE WHEN k.is_item THEN m.name ELSE 'Prestation' END,
           CASE WHEN k.is_item THEN 'payment_term' ELSE 'product' END,
           m.date, m.invoice_date, CASE WHEN k.is_item THEN due END,
           CASE WHEN k.is_item THEN amount ELSE 0 END,
           CASE WHEN k.is_item THEN 0 ELSE amount END,
           CASE WHEN k.is_item THEN amount ELSE -amount END,
           CASE WHEN k.is_item THEN amount ELSE -amount END,
           CASE WHEN k.is_item THEN m.amount_residual ELSE 0 END,
           CASE WHEN k.is_item THEN m.amount_residual ELSE 0 END,
           k.is_item AND paid, CASE WHEN k.is_item AND paid THEN n::text END,
           CASE WHEN k.is_item THEN 0 ELSE 1 END, amount,
           CASE WHEN k.is_item THEN 0 ELSE amount END,
           CASE WHEN k.is_item THEN 0 ELSE amount END, 0, false,
           100, m.create_uid, m.write_uid, m.create_date, m.write_date
      FROM drawn
      JOIN account_move m ON m.id = %(last_move)s + n
     CROSS JOIN (VALUES (true), (false)) k (is_item)
  ORDER BY n, k.is_item DESC
"""

_SEQUENCES = tuple(
    f"SELECT setval('{table}_id_seq', max(id)) FROM {table}"  # noqa: S608
    for table in ("res_partner", "account_move", "account_move_line")
)

_SIGNATURE = """
    SELECT count(*), count(DISTINCT l.partner_id), sum(l.amount_residual),
           sum(l.amount_residual * (%(day)s::date - l.date_maturity)),
           min(l.date_maturity), max(l.date_maturity)
      FROM account_move_line l
      JOIN account_account a ON a.id = l.account_id
     WHERE a.account_type = 'asset_receivable' AND l.reconciled IS NOT TRUE
       AND l.date_maturity < %(day)s
"""
