"""Make the letters of a night: from queued deliveries to one merged file.

Measured as the queue does it, batch by batch, and then as the person does who prints:
each batch is held against the ledger, the letters are rendered, made into PDF by one
call of wkhtmltopdf while the next batch is rendered, cut, held against the ledger
again, kept one by one; in the end they are merged into the file that goes to the
printer. All the letters are formal notices with interest and
indemnities, about five invoices each.

- *letters*: a second, all of this included;
- *wkhtmltopdf alone*: the same pages, with the same options, at several batch sizes;
  the best of them is what it is compared with;
- *waiting for wkhtmltopdf*: when Python has nothing left to do meanwhile.

Arguments::

    --quick        60 letters, one round
    --letters N, --items N, --rounds N
"""

import argparse
import contextlib
import io
import os
import resource
import time
from statistics import median
from unittest.mock import patch

from . import _ledger
from ._ledger import DAY

MODULES = ("account", "l10n_fr_account", "recouvrement_amiable")
ITEMS = 5
SIZES = (5, 10, 20, 30, 50)
WARM = 3
SCENARIO = "recouvrement_amiable.scenario_standard"
TARGET = 0.8


def run(context):
    options = _options(context.arguments)
    context.figure("load of the machine before", os.getloadavg()[0])
    night = _night(context, options)
    # In turns: a slower machine slows both of a round.
    rounds = [night.clone().call(compare) for _round in range(options.rounds)]
    values = [measure.value for measure in rounds]
    letters = values[0]["letters"]

    context.figure("letters", letters, target=options.letters, at_most=False)
    context.figure("pages", values[0]["pages"])
    context.figure("ours", median(letters / v["seconds"] for v in values), "/s")
    for part in ("making", "printing", "waiting for wkhtmltopdf"):
        context.figure(part, median(v[part] for v in values), "s")
    for size in SIZES:
        alone = median(letters / v["alone"][str(size)] for v in values)
        context.figure(f"wkhtmltopdf alone, by {size}", alone, "/s")
    ratio = median(min(v["alone"].values()) / v["seconds"] for v in values)
    context.figure("ours / best alone", ratio, target=TARGET, at_most=False)
    context.figure("queries", values[0]["queries"])
    context.figure("peak memory", max(v["peak"] for v in values), "MB", target=350)
    children = max(v["peak of wkhtmltopdf"] for v in values)
    context.figure("peak memory of wkhtmltopdf", children, "MB")


def _options(arguments):
    parser = argparse.ArgumentParser("bin/bench letters")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--letters", type=int)
    parser.add_argument("--items", type=int)
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args(arguments)
    options.letters = options.letters or (60 if options.quick else 300)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.items = options.items or ITEMS * options.letters
    return options


def _night(context, options):
    """A database whose registered letters are approved and queued."""
    database = context.database(MODULES)
    # Some debtors have nothing late enough for a formal notice.
    debtors = options.letters * 3 // 2
    items = options.items * 3 // 2
    database.call(_ledger.fill, items=items, debtors=debtors)
    database.call(_ledger.go_live)
    database.call(plan, letters=options.letters)
    database.sql("VACUUM ANALYZE")
    return database


# --- inside Odoo -------------------------------------------------------------


def plan(env, letters):
    """Everybody late enough gets a formal notice, and so many are approved."""
    levels = env.ref(SCENARIO).level_ids
    levels.filtered(lambda level: not level.formal_notice).action_archive()
    env = env(context={"recouvrement_day": DAY.isoformat()})
    run = env["recouvrement.run"]._run_company(env.ref("base.main_company"), DAY)
    relances = env["recouvrement.relance"].search([("run_id", "=", run.id)], order="id")
    posted = relances.filtered(
        lambda r: "registered" in r.delivery_ids.mapped("channel")
    )
    posted[:letters].action_approve()


def compare(env):
    """Our letters, then the same pages through wkhtmltopdf alone."""
    env = env(context={"recouvrement_day": DAY.isoformat()})
    queue = env["recouvrement.delivery"].search(
        [("state", "=", "queued"), ("channel", "=", "registered")], order="id"
    )
    _warm_up(queue)
    measure = _made(queue)
    measure["alone"] = {size: _alone(queue, size) for size in SIZES}
    return measure


def _warm_up(queue):
    """Compile the templates and read the registry's caches; nothing stays."""
    queue[:WARM].relance_id._revalidate()
    queue[:WARM]._letter_documents()
    queue.env.cr.rollback()
    queue.env.invalidate_all()


def _made(queue):
    """The letters as the queue makes them, then the file that is printed."""
    from odoo import sql_db

    from odoo.addons.recouvrement_amiable.models.delivery_queue import SENDERS

    env = queue.env
    with _waits_timed() as waits:
        queries, start = sql_db.sql_counter, time.perf_counter()
        queue._send_channel("registered", dict(SENDERS)["registered"])
        made = time.perf_counter()
        action = queue.action_print()
        env.flush_all()
        env.cr.commit()
        end = time.perf_counter()
    return {
        "letters": len(queue.filtered("printed_on")),
        "pages": _pages(env, action),
        "seconds": end - start,
        "making": made - start,
        "printing": end - made,
        "waiting for wkhtmltopdf": sum(waits),
        "queries": sql_db.sql_counter - queries,
        "peak": _peak(resource.RUSAGE_SELF),
        "peak of wkhtmltopdf": _peak(resource.RUSAGE_CHILDREN),
    }


def _alone(queue, size):
    """Seconds that wkhtmltopdf itself takes for the same letters, so many at a time."""
    with _waits_timed() as waits:
        for start in range(0, len(queue), size):
            queue[start : start + size]._letter_documents()
    return sum(waits)


@contextlib.contextmanager
def _waits_timed():
    """List the seconds spent waiting for each run of wkhtmltopdf."""
    from odoo.addons.recouvrement_amiable.models.letter_engine import LetterEngine

    wait, waits = LetterEngine.wait, []

    def timed(engine):
        start = time.perf_counter()
        wait(engine)
        waits.append(time.perf_counter() - start)

    with patch.object(LetterEngine, "wait", timed):
        yield waits


def _pages(env, action):
    from odoo.tools.pdf import PdfFileReader

    file_id = int(action["url"].split("/")[3].split("?")[0])
    return PdfFileReader(io.BytesIO(env["ir.attachment"].browse(file_id).raw)).numPages


def _peak(who):
    return resource.getrusage(who).ru_maxrss / 1024
