"""Plan the relances of 100,000 late items of 2,000 debtors.

Measured as a night does it: the scheduled action's own method, on a live company.

- *first run*: the dossiers are opened too, every item gets its first relance;
- *dossiers known*: the same run when the dossiers are there already;
- *week later*: the messages have left, every item has a history;
- *nothing left*: the same night when nothing could be sent for a week: every relance
  that waits is held against the ledger again;
- *selection*: the one query alone, its rows counted and thrown away: the limit;
- *worklist page of 80*: the first page of the morning, from the rows that the scheduled
  action has made ready; with customers touched since; and *live*, with nothing ready;
- *peer*: the run of OCA's ``account_credit_control`` on the same items, in a database
  of its own, with the same delays.

Arguments::

    --quick        20,000 items; neither the peer nor the million
    --no-peer      without the peer (it takes some minutes)
    --no-million   without the ledger of ten times as many items and debtors
    --items N, --debtors N, --rounds N
"""

import argparse
import os
import time
from datetime import date, timedelta
from statistics import median

from . import _ledger
from ._ledger import DAY

OURS = ("account", "l10n_fr_account", "recouvrement_amiable")
PEER = ("account", "l10n_fr_account", "account_credit_control")
PEER_PACKAGE = "odoo-addon-account-credit-control", "19.0.1.0.0.13"
WEEK_LATER = DAY + timedelta(days=7)
# The ledger whose run needs as many queries, and ten times fewer items.
FEWER = 10
MORE = 10
MORE_ROUNDS = 3


def run(context):
    options = _options(context.arguments)
    load = os.getloadavg()[0]
    context.figure("load of the machine before", load)
    few = _ledger_of(context, options.items // FEWER, options.debtors)
    many = _ledger_of(context, options.items, options.debtors)
    seconds, after = _measure_runs(context, few, many, options)
    _measure_worklist(context, _planned(few, DAY)[0], after)
    if options.peer:
        _measure_peer(context, many, seconds, options)
    if options.million:
        _measure_more(context, many, options)


def _options(arguments):
    parser = argparse.ArgumentParser("bin/bench plan")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--no-million", dest="million", action="store_false")
    parser.add_argument("--items", type=int)
    parser.add_argument("--debtors", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    options.items = options.items or (20_000 if options.quick else 100_000)
    if options.quick:
        options.peer = options.million = False
    return options


def _ledger_of(context, items, debtors):
    """A database of a live company with these late items and as many paid ones."""
    database = context.database(OURS)
    database.signature = database.call(
        _ledger.fill, items=items, debtors=debtors, settled=items
    ).value
    database.call(_ledger.go_live)
    database.sql("VACUUM ANALYZE")
    return database


# --- this add-on -------------------------------------------------------------


def _measure_runs(context, few, many, options):
    """The runs of three nights; return the seconds of the first, and what it left."""
    known = many.clone()
    known.call(open_dossiers)
    known.sql("VACUUM ANALYZE")
    firsts = [_planned(many, DAY) for _round in range(options.rounds)]
    after, first = min(firsts, key=lambda pair: pair[1].seconds)
    knowns = [_planned(known, DAY)[1] for _round in range(options.rounds)]
    unsent = _planned(after, WEEK_LATER)[1]
    after.call(all_left)
    after.sql("VACUUM ANALYZE")
    laters = [_planned(after, WEEK_LATER)[1] for _round in range(options.rounds)]
    seconds = median(measure.seconds for _database, measure in firsts)
    selection = min(known.call(select).value for _round in range(options.rounds))
    fewer = _planned(few, DAY)[1]

    context.figure("items", first.value["items"], target=options.items, at_most=False)
    context.figure("relances", first.value["relances"])
    context.figure("first run", seconds, "s", target=3)
    context.figure("first run, best", first.seconds, "s")
    context.figure("dossiers known", _middle(knowns), "s", target=3)
    context.figure("week later", _middle(laters), "s", target=3)
    context.figure("nothing left", unsent.seconds, "s")
    context.figure("selection", selection, "s")
    context.figure("first run / selection", seconds / selection)
    context.figure("queries", first.queries)
    context.figure(
        f"queries more than for {fewer.value['items']:,} items",
        first.queries - fewer.queries,
        target=0,
    )
    context.figure("peak memory", first.peak_mb, "MB", target=500)
    return seconds, after


def _planned(database, day):
    """A copy of the database where the night of ``day`` has run, and its measure."""
    copy = database.clone()
    measure = copy.call(plan, day=day.isoformat())
    measure.value.update(copy.call(outcome).value)
    return copy, measure


def _middle(measures):
    return median(measure.seconds for measure in measures)


def plan(env, day):
    """The night of one company."""
    company = env.ref("base.main_company")
    run = env["recouvrement.run"]._run_company(company, date.fromisoformat(day))
    return {"state": run.state}


def outcome(env):
    """What the last run left, counted apart so as not to be measured."""
    env.cr.execute(
        """
        SELECT count(*), COALESCE(sum(late_count), 0), count(relance_id)
          FROM recouvrement_run_line
         WHERE run_id = (SELECT max(id) FROM recouvrement_run)
        """
    )
    return dict(zip(("debtors", "items", "relances"), env.cr.fetchone(), strict=True))


def all_left(env):
    """The queue has sent everything, the calls are made and the letters posted."""
    deliveries = env["recouvrement.delivery"].search([])
    deliveries.write({"state": "sent", "sent_on": f"{DAY} 12:00:00"})
    deliveries.relance_id._refresh_progress()


def open_dossiers(env):
    company = env.ref("base.main_company")
    env["recouvrement.dossier"]._refresh(company, DAY)


def select(env):
    """Seconds of the one query in PostgreSQL, nothing written nor fetched."""
    company = env.ref("base.main_company")
    item = env["recouvrement.open.item"]
    item._prepare_read(whole=True)
    query = item._query(company, DAY).select()
    env.cr.execute(
        "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + query.code, query.params
    )
    [[plan]] = env.cr.fetchone()
    return plan["Execution Time"] / 1000


# --- worklist ----------------------------------------------------------------

COLUMNS = (
    "amount_open",
    "amount_late",
    "amount_credit",
    "item_count",
    "days_late",
    "next_date",
    "last_date",
    "situation",
    "reason",
    "action",
    "priority",
    "situation_text",
)
RECORDS = ("partner_id", "collector_id", "scenario_id", "level_id", "next_level_id")


def _measure_worklist(context, few, many):
    """The same page in the states in which a person may open it."""
    fewer = few.call(worklist_states, touched=TOUCHED).value
    more = many.call(worklist_states, touched=TOUCHED).value
    for name, page in more["pages"].items():
        target = None if name == LIVE else 0.3
        context.figure(f"worklist page of 80, {name}", page["seconds"], "s", target)
        context.figure(f"queries, {name}", page["queries"])
        context.figure(
            f"queries more than for fewer items, {name}",
            page["queries"] - fewer["pages"][name]["queries"],
            target=0,
        )
    context.figure("rows made ready", more["made"], "s")
    context.figure("touched rows brought up to date", more["refreshed"], "s")


LIVE = "live"
TOUCHED = 50


def worklist_states(env, touched):
    """The page and the upkeep of its rows, each as committed work of its own."""
    env = env(context={"recouvrement_day": DAY.isoformat()})
    company = env.ref("base.main_company")
    work = env["recouvrement.worklist"]
    work._refresh_ready()
    env.cr.commit()
    pages = {LIVE: worklist(env)}
    made = _timed(env, lambda: work._make_ready(company))
    pages["ready"] = worklist(env)
    _touch(env, touched)
    pages[f"{touched} customers touched since"] = worklist(env)
    refreshed = _timed(env, work._refresh_ready)
    assert work._ready_query()[1] is False
    return {"pages": pages, "made": made, "refreshed": refreshed}


def _timed(env, step):
    start = time.perf_counter()
    step()
    env.cr.commit()
    return time.perf_counter() - start


def _touch(env, number):
    """Something happens to customers, small and large: a new telephone number."""
    env.cr.execute(
        """
        UPDATE res_partner SET phone = COALESCE(phone, '') || ' 1'
         WHERE id IN (SELECT partner_id FROM (
            SELECT partner_id, row_number() OVER (ORDER BY id) AS rank,
                   count(*) OVER () AS total
              FROM recouvrement_dossier) d WHERE rank %% (total / %s) = 0)
        """,
        [number],
    )
    env.invalidate_all()
    env.cr.commit()


def worklist(env):
    """The first page as the screen of a credit manager asks for it, once warm."""
    user = env.ref("base.user_admin")
    user.group_ids += env.ref("recouvrement_amiable.group_credit_manager")
    specification = {name: {} for name in COLUMNS}
    specification |= {name: {"fields": {"display_name": {}}} for name in RECORDS}
    env.cr.commit()
    context = {"recouvrement_day": DAY.isoformat(), "lang": "fr_FR"}
    pages = [_page(env(user=user, context=context), specification) for _n in range(5)]
    return min(pages[1:], key=lambda page: page["seconds"])


def _page(env, specification):
    from odoo import sql_db

    env.invalidate_all()
    queries, start = sql_db.sql_counter, time.perf_counter()
    page = env["recouvrement.worklist"].web_search_read(
        [], specification, limit=80, count_limit=10_001
    )
    seconds = time.perf_counter() - start
    assert len(page["records"]) == 80
    return {"seconds": seconds, "queries": sql_db.sql_counter - queries}


# --- peer --------------------------------------------------------------------


def _measure_peer(context, many, seconds, options):
    addons = context.peer(*PEER_PACKAGE)
    database = context.database(PEER, [addons])
    signature = database.call(
        _ledger.fill,
        items=options.items,
        debtors=options.debtors,
        settled=options.items,
    ).value
    if signature != many.signature:
        raise SystemExit(f"not the same ledgers: {signature} and {many.signature}")
    database.call(set_peer_up)
    database.sql("VACUUM ANALYZE")
    measure = database.call(peer_run)
    context.figure("peer: items", measure.value["items"])
    context.figure("peer: run", measure.seconds, "s")
    context.figure("peer: queries", measure.queries)
    context.figure("peer: peak memory", measure.peak_mb, "MB")
    ratio = measure.seconds / seconds
    context.figure("times faster than the peer", ratio, target=50, at_most=False)


def set_peer_up(env):
    """The same ladder, for the same accounts."""
    company = env.ref("base.main_company")
    template = env.ref("account_credit_control.email_template_credit_control_base")
    receivables = env["account.account"].search(
        [("account_type", "=", "asset_receivable"), ("company_ids", "in", company.id)]
    )
    levels = [
        {
            "name": f"{delay:+d}",
            "level": rank,
            "computation_mode": "net_days",
            "delay_days": delay,
            "channel": "email",
            "email_template_id": template.id,
            "custom_text": "text",
            "custom_mail_text": "text",
        }
        for rank, delay in enumerate(_ledger.LATE_DELAYS, start=1)
    ]
    company.credit_policy_id = env["credit.control.policy"].create(
        {
            "name": "Benchmark",
            "company_id": company.id,
            "account_ids": [(6, 0, receivables.ids)],
            "level_ids": [(0, 0, level) for level in levels],
        }
    )


def peer_run(env):
    """Its run: what the button of the screen does."""
    company = env.ref("base.main_company")
    run = env["credit.control.run"].create(
        {
            "date": DAY,
            "company_id": company.id,
            "policy_ids": [(6, 0, company.credit_policy_id.ids)],
        }
    )
    run.generate_credit_lines()
    return {"items": len(run.line_ids)}


# --- ten times as many -------------------------------------------------------


def _measure_more(context, many, options):
    """Ten times as many, in turns with the first run.

    A shared machine is half as fast for a minute, then fast again: the best of each
    are compared, which the same machine has done at its best.
    """
    items, debtors = options.items * MORE, options.debtors * MORE
    ledger = _ledger_of(context, items, debtors)
    firsts, mores = [], []
    for _round in range(MORE_ROUNDS):
        firsts.append(_planned(many, DAY)[1].seconds)
        mores.append(_planned(ledger, DAY))
    after, measure = min(mores, key=lambda pair: pair[1].seconds)
    context.figure(f"{measure.value['items']:,} items", measure.seconds, "s")
    context.figure("first runs beside them", min(firsts), "s")
    context.figure("queries for these", measure.queries)
    ratio = measure.seconds / min(firsts)
    context.figure("times the first run", ratio, target=1.2 * MORE)
    context.figure("peak memory for these", measure.peak_mb, "MB", target=500)
    pages = after.call(worklist_states, touched=TOUCHED).value["pages"]
    for name, page in pages.items():
        target = None if name == LIVE else 1
        label = f"worklist page for these, {name}"
        context.figure(label, page["seconds"], "s", target)
