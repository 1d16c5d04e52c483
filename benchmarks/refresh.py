"""Refresh the scores of 20,000 customers with 1,000,000 paid items.

Measured as the morning's job does it, on one company, after the weights were learnt:

- *refresh*: read the payments, score every customer, write the records;
- *again*: the same the next day, when nothing moved;
- *learn*: learn the weights and measure the score on four quarters;
- *page*: 80 customers with class, risk, exposure and limit, as a list asks for them;
- *peer*: the same page with the exposure of OCA's ``account_financial_risk``, on the
  same ledger in a database of its own.

Arguments::

    --quick        50,000 items of 1,000 customers, no peer
    --no-peer      without the peer
    --items N, --customers N
"""

import argparse
import os
import time
from datetime import timedelta

from . import _ledger
from ._ledger import DAY

ADDONS = ("account", "l10n_fr_account", "recouvrement_amiable")
PEER = ("account", "l10n_fr_account", "account_financial_risk")
PEER_PACKAGE = "odoo-addon-account-financial-risk", "19.0.1.0.0.6"
OUR_COLUMNS = (
    "name",
    "recouvrement_risk_class",
    "recouvrement_score_value",
    "recouvrement_exposure",
    "recouvrement_limit",
)
PEER_COLUMNS = ("name", "risk_total", "risk_exception", "credit_limit")


def run(context):
    options = _options(context.arguments)
    context.figure("load of the machine before", os.getloadavg()[0])
    database = _ledger_of(context, ADDONS, options)
    learn = database.call(learn_weights)
    first = database.call(refresh, day=DAY.isoformat())
    again = database.call(refresh, day=(DAY + timedelta(days=1)).isoformat())
    context.figure("customers", first.value["customers"])
    context.figure("items", first.value["items"])
    context.figure("refresh", first.seconds, "s", target=30)
    context.figure("refresh again", again.seconds, "s", target=30)
    context.figure("queries", first.queries)
    context.figure("peak memory", first.peak_mb, "MB", target=500)
    context.figure("learn", learn.seconds, "s")
    context.figure("peak memory of learning", learn.peak_mb, "MB", target=500)
    ours = database.call(page, columns=OUR_COLUMNS).value
    context.figure("page of 80 customers", ours["seconds"], "s", target=0.3)
    context.figure("queries of the page", ours["queries"])
    if options.peer:
        addons = context.peer(*PEER_PACKAGE)
        theirs = _ledger_of(context, PEER, options, [addons])
        told = theirs.call(page, columns=PEER_COLUMNS).value
        context.figure("peer: page of 80 customers", told["seconds"], "s")
        context.figure("peer: queries of the page", told["queries"])
        context.figure("times faster than the peer", told["seconds"] / ours["seconds"])


def _ledger_of(context, modules, options, more_addons=()):
    database = context.database(modules, more_addons)
    database.call(
        _ledger.fill,
        items=options.customers,
        debtors=options.customers,
        settled=options.items,
    )
    database.call(pay_settled)
    database.sql("VACUUM ANALYZE")
    return database


def _options(arguments):
    parser = argparse.ArgumentParser("bin/bench refresh")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--items", type=int)
    parser.add_argument("--customers", type=int)
    options = parser.parse_args(arguments)
    options.peer = options.peer and not options.quick
    options.items = options.items or (50_000 if options.quick else 1_000_000)
    options.customers = options.customers or (1_000 if options.quick else 20_000)
    return options


# --- inside Odoo -------------------------------------------------------------


def refresh(env, day):
    from datetime import date

    from odoo.addons.recouvrement_amiable.models.score_refresh import ScoreRefresh

    company = env.ref("base.main_company")
    done = ScoreRefresh(env, company, date.fromisoformat(day)).run()
    env.cr.execute("SELECT count(*) FROM payment_item WHERE paid IS NOT NULL")
    return {"customers": done, "items": env.cr.fetchone()[0]}


def page(env, columns):
    """The first 80 customers of a list, once warm."""
    from odoo import sql_db

    partners = env["res.partner"].search([("name", "=like", "Client %")], limit=80)
    assert len(partners) == 80
    measures = []
    for _round in range(4):
        env.invalidate_all()
        queries, start = sql_db.sql_counter, time.perf_counter()
        partners.read(list(columns))
        measures.append((time.perf_counter() - start, sql_db.sql_counter - queries))
    seconds, queries = min(measures[1:])
    return {"seconds": seconds, "queries": queries}


def learn_weights(env):
    company = env.ref("base.main_company")
    env["recouvrement.score.model"]._learn(company, DAY)


def pay_settled(env):
    """Payments of the settled invoices: a bank deposit a day, matched one by one."""
    values = _ledger._identifiers(env, env.ref("base.main_company"))
    bank = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", values["company"])], limit=1
    )
    values |= {
        "bank": bank.id,
        "liquidity": bank.default_account_id.id,
        "day": DAY,
    }
    tables = ("account_move", "account_move_line", "account_partial_reconcile")
    with _ledger._in_bulk(env, tables):
        for statement in (_PAID, _DEPOSITS, _CREDITS, _PARTIALS, *_ledger._SEQUENCES):
            env.cr.execute(statement, values)
    env.cr.execute("ANALYZE")


# Each customer has a habit of its own, and payments scatter around it.
_PAID = """
    SELECT setseed(0.7);
    CREATE TEMP TABLE paid_line ON COMMIT DROP AS
    SELECT l.id, l.partner_id, l.balance,
           LEAST(GREATEST(l.date_maturity + (abs(hashint4(l.partner_id)) %% 30) - 12
                          + round(8 * (random() + random() - 1))::int,
                          l.invoice_date), %(day)s::date - 1) AS day
      FROM account_move_line l
     WHERE l.display_type = 'payment_term' AND l.reconciled;
    CREATE TEMP TABLE deposit ON COMMIT DROP AS
    SELECT day, %(last_move)s + row_number() OVER (ORDER BY day) AS id,
           sum(balance) AS amount
      FROM paid_line GROUP BY day;
    ANALYZE paid_line; ANALYZE deposit
"""

_DEPOSITS = """
    INSERT INTO account_move
        (id, name, state, move_type, auto_post, payment_state, posted_before, checked,
         journal_id, company_id, currency_id, date, amount_residual, amount_total,
         create_uid, write_uid, create_date, write_date)
    SELECT id, 'BNK/' || day, 'posted', 'entry', 'no', 'not_paid', true, true,
           %(bank)s, %(company)s, %(currency)s, day, 0, amount,
           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM deposit
"""

_CREDITS = """
    INSERT INTO account_move_line
        (id, move_id, journal_id, company_id, company_currency_id, currency_id,
         account_id, partner_id, parent_state, display_type, date, debit, credit,
         balance, amount_currency, amount_residual, amount_residual_currency,
         reconciled, create_uid, write_uid, create_date, write_date)
    SELECT %(last_line)s + x.n, x.move, %(bank)s, %(company)s, %(currency)s,
           %(currency)s, x.account, x.partner, 'posted', 'product', x.day,
           GREATEST(x.balance, 0), GREATEST(-x.balance, 0), x.balance, x.balance,
           0, 0, x.balance < 0,
           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM (
        SELECT p.id - (SELECT min(id) FROM paid_line) + 1 AS n, d.id AS move,
               %(receivable)s AS account, p.partner_id AS partner, p.day,
               -p.balance AS balance
          FROM paid_line p JOIN deposit d ON d.day = p.day
         UNION ALL
        SELECT (SELECT max(id) - min(id) + 1 FROM paid_line)
               + row_number() OVER (), id, %(liquidity)s, NULL, day, amount
          FROM deposit) x
"""

_PARTIALS = """
    INSERT INTO account_partial_reconcile
        (debit_move_id, credit_move_id, amount, debit_amount_currency,
         credit_amount_currency, debit_currency_id, credit_currency_id, company_id,
         max_date, create_uid, write_uid, create_date, write_date)
    SELECT id, %(last_line)s + id - (SELECT min(id) FROM paid_line) + 1, balance,
           balance, balance, %(currency)s, %(currency)s, %(company)s, day,
           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM paid_line
"""
