"""Compute what is owed besides the principal on 100,000 open items.

Interest with its half-years, part payments, the indemnity once per invoice: from the
ledger to amounts, all queries included.

- *claims*: the amounts of every item;
- *per item*: the same, divided;
- *page*: the list of open items, 80 rows with interest, indemnity and total;
- *statement*: one customer's claim with its segments, written for the wizard: one with
  about fifty open items, and the one with most.

Arguments::

    --quick        20,000 items
    --items N, --debtors N, --rounds N
"""

import argparse
import time
from statistics import median

from . import _ledger
from ._ledger import DAY

MODULES = ("account", "l10n_fr_account", "recouvrement_amiable")
FEWER = 10
# One item in five was paid in part.
PAID_IN_PART = 5


def run(context):
    options = _options(context.arguments)
    many = _ledger_of(context, options.items, options.debtors)
    few = _ledger_of(context, options.items // FEWER, options.debtors)
    rounds = [many.call(claims) for _round in range(options.rounds)]
    fewer = few.call(claims)
    seconds = median(measure.value["seconds"] for measure in rounds)
    best = min(rounds, key=lambda measure: measure.value["seconds"])
    count = best.value["items"]
    context.figure("items", count, target=options.items, at_most=False)
    context.figure("with interest", best.value["with_interest"])
    target = 5 * options.items / 100_000
    context.figure("claims", seconds, "s", target=target)
    context.figure("claims, best", best.value["seconds"], "s")
    context.figure("per item", seconds / count * 1e6, "µs")
    context.figure("queries", best.value["queries"])
    context.figure(
        f"queries more than for {fewer.value['items']:,} items",
        best.value["queries"] - fewer.value["queries"],
        target=0,
    )
    context.figure("peak memory", best.peak_mb, "MB", target=350)
    page = many.call(open_items).value
    context.figure("page of 80 open items", page["seconds"], "s", target=1)
    context.figure("queries of the page", page["queries"])
    usual, largest = (many.call(statement, like=like).value for like in (50, None))
    context.figure("open items of a customer", usual["items"])
    context.figure("statement of one customer", usual["seconds"], "s", target=0.5)
    context.figure("open items of the largest customer", largest["items"])
    context.figure("statement of the largest customer", largest["seconds"], "s")


def _options(arguments):
    parser = argparse.ArgumentParser("bin/bench claims")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--items", type=int)
    parser.add_argument("--debtors", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    options.items = options.items or (20_000 if options.quick else 100_000)
    return options


def _ledger_of(context, items, debtors):
    database = context.database(MODULES)
    database.call(_ledger.fill, items=items, debtors=debtors, settled=items // 4)
    database.call(_ledger.go_live)
    database.call(pay_in_part)
    database.call(open_dossiers)
    database.sql("VACUUM ANALYZE")
    return database


def pay_in_part(env):
    """A tenth of the amount, twenty days after the due date."""
    env.cr.execute(
        """
        WITH item AS (
            SELECT l.id, l.company_id, l.currency_id, l.date_maturity, l.balance
              FROM account_move_line l
              JOIN account_account a ON a.id = l.account_id
             WHERE a.account_type = 'asset_receivable' AND l.balance > 0
               AND l.reconciled IS NOT TRUE AND l.id %% %s = 0),
        credit AS (
            SELECT l.id, row_number() OVER (ORDER BY l.id) AS rank, count(*) OVER () n
              FROM account_move_line l
             WHERE l.balance < 0)
        INSERT INTO account_partial_reconcile
            (debit_move_id, credit_move_id, company_id, amount, debit_amount_currency,
             credit_amount_currency, debit_currency_id, credit_currency_id, max_date)
        SELECT i.id, c.id, i.company_id, round(i.balance / 10, 2),
               round(i.balance / 10, 2), round(i.balance / 10, 2),
               i.currency_id, i.currency_id, i.date_maturity + 20
          FROM (SELECT item.*, row_number() OVER (ORDER BY id) AS rank FROM item) i
          JOIN credit c ON c.rank = 1 + i.rank %% c.n
        """,
        [PAID_IN_PART],
    )


def open_dossiers(env):
    company = env.ref("base.main_company")
    env["recouvrement.dossier"]._refresh(company, DAY)


def claims(env):
    from odoo import sql_db
    from odoo.tools import SQL

    queries, start = sql_db.sql_counter, time.perf_counter()
    reader = env["recouvrement.claim"]._reader(DAY)
    accounts = env["recouvrement.open.item"]._receivable_ids()
    found = reader.items(
        SQL("l.account_id IN %s AND l.reconciled IS NOT TRUE", accounts)
    )
    return {
        "seconds": time.perf_counter() - start,
        "queries": sql_db.sql_counter - queries,
        "items": len(found),
        "with_interest": sum(1 for claim in found.values() if claim.interest),
    }


def open_items(env):
    from odoo import sql_db

    item = env["recouvrement.open.item"].with_context(recouvrement_day=DAY.isoformat())
    names = ("amount_residual", "amount_interest", "amount_indemnity", "amount_claim")
    specification = {name: {} for name in names}
    item.web_search_read([], specification, limit=80)
    env.invalidate_all()
    queries, start = sql_db.sql_counter, time.perf_counter()
    item.web_search_read([], specification, limit=80, count_limit=10_001)
    return {
        "seconds": time.perf_counter() - start,
        "queries": sql_db.sql_counter - queries,
    }


def statement(env, like):
    """Of the customer with most open items, or with about as many as that."""
    env.cr.execute(
        """
        SELECT d.id, count(*)
          FROM recouvrement_dossier d
          JOIN res_partner p ON p.commercial_partner_id = d.partner_id
          JOIN account_move_line l
            ON l.partner_id = p.id AND l.company_id = d.company_id
         WHERE l.balance > 0 AND l.reconciled IS NOT TRUE
      GROUP BY d.id
      ORDER BY CASE WHEN %(like)s IS NULL THEN -count(*)
                    ELSE abs(count(*) - %(like)s) END, d.id
         LIMIT 1
        """,
        {"like": like},
    )
    dossier_id, items = env.cr.fetchone()
    start = time.perf_counter()
    wizard = env["recouvrement.claim.statement"].create(
        {"dossier_ids": [(6, 0, [dossier_id])], "date": DAY}
    )
    assert wizard.line_ids
    return {"seconds": time.perf_counter() - start, "items": items}
