"""Prepare the e-mails of a night: from queued deliveries to rendered messages.

Measured as the queue does it, batch by batch: each batch is held against the ledger,
its recipients are checked, the texts and statements are rendered, the messages written
on the dossiers' threads and committed. Only the handing over is left out of it.

- *prepared*: e-mails a second, no mail server;
- *queries*: of a batch of the queue, and how many more than of a batch of 5;
- *handed over*: the same e-mails sent to an SMTP server on loopback, which has to
  share the machine: a commit before each text and one after it, never a batch;
- *peer*: ``mail.template.send_mail_batch`` of Odoo for the same debtors: once with a
  text that greets them, once with the table of their open invoices that our messages
  have too. It holds nothing against the ledger and hands nothing over either. Rounds of
  ours and of the peer take turns, and the time of one of ours is given as a multiple of
  the peer's: the machine's mood weighs on both.

Each is measured in a process of its own once it is warm: models loaded, templates
compiled. The level is the first of the usual ladder; no invoice is attached, which is
a matter of PDF.

Arguments::

    --quick        300 debtors; nothing is handed over
    --debtors N, --items N, --rounds N
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

from tools.cache import cache_dir
from tools.services import running_sink

from . import _ledger
from ._ledger import DAY

MODULES = ("account", "l10n_fr_account", "recouvrement_amiable")
# Open items of a debtor, on average: the first ones have many more.
ITEMS = 5
WARM = 20
SMALL = 5


def run(context):
    options = _options(context.arguments)
    context.figure("load of the machine before", os.getloadavg()[0])
    night = _night(context, options)
    ours, texts, tables = [], [], []
    for _round in range(options.rounds):
        ours.append(night.clone().call(prepare))
        texts.append(night.call(peer, table=False))
        tables.append(night.call(peer, table=True))
    size, *batches = night.clone().call(batch_queries).value
    best = min(ours, key=lambda measure: measure.value["seconds"])

    context.figure("e-mails", best.value["emails"])
    context.figure("items in them", best.value["items"])
    rate = _rate(ours)
    context.figure("prepared", rate, "/s", target=200, at_most=False)
    context.figure("each", 1000 / rate, "ms")
    context.figure("queries each", best.value["queries"] / best.value["emails"])
    context.figure(f"queries of a batch of {size}", batches[1])
    context.figure(
        f"queries more than of a batch of {SMALL}", batches[1] - batches[0], target=0
    )
    context.figure("peak memory", best.peak_mb, "MB", target=350)
    if options.hand_over:
        _measure_hand_over(context, night)
    for name, measures in (("text", texts), ("table", tables)):
        peer_rate = _rate(measures)
        context.figure(f"peer, {name}", peer_rate, "/s")
        context.figure(f"peer, {name}: each", 1000 / peer_rate, "ms")
        context.figure(f"ours in times of the peer, {name}", peer_rate / rate)
    context.figure("peer: peak memory", tables[0].peak_mb, "MB")
    context.figure("load of the machine after", os.getloadavg()[0])


def _options(arguments):
    parser = argparse.ArgumentParser("bin/bench emails")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--debtors", type=int)
    parser.add_argument("--items", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    options.debtors = options.debtors or (300 if options.quick else 2_000)
    options.items = options.items or ITEMS * options.debtors
    options.hand_over = not options.quick
    return options


def _night(context, options):
    """A database whose relances of the day are planned, the e-mails queued."""
    database = context.database(MODULES)
    database.call(_ledger.fill, items=options.items, debtors=options.debtors)
    database.call(_ledger.go_live)
    database.call(plan)
    database.sql("VACUUM ANALYZE")
    return database


def _rate(measures):
    """E-mails a second, of the median round."""
    return median(m.value["emails"] / m.value["seconds"] for m in measures)


def _measure_hand_over(context, night):
    database = night.clone()
    with (
        tempfile.TemporaryDirectory(dir=cache_dir()) as folder,
        running_sink(context.setup, Path(folder)) as port,
    ):
        value = database.call(hand_over, port=port).value
        received = len(list(Path(folder).glob("*.eml")))
    if not value["emails"] == value["sent"] == received:
        raise SystemExit(f"not all sent: {value}, {received} received")
    context.figure("handed over", value["emails"] / value["seconds"], "/s")


# --- inside Odoo -------------------------------------------------------------


def plan(env):
    company = env.ref("base.main_company")
    company.email = "compta@company.example"  # nothing leaves without a sender
    env["recouvrement.run"]._run_company(company, DAY)


def prepare(env):
    """The queue of the e-mails, as far as the messages that are ready to leave."""
    queue = _queue(env)
    with patch.object(type(queue), "_hand_over", lambda self: None):
        measure = _sent_channel(queue)
    env.invalidate_all()
    if not all(delivery.message_id.body for delivery in queue):
        raise ValueError("some messages were not prepared")
    return measure | {"items": sum(queue.relance_id.mapped("item_count"))}


def hand_over(env, port):
    """The whole queue, through a mail server."""
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create(
        {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": port}
    )
    env.cr.commit()  # warming up ends with a rollback
    queue = _queue(env)
    measure = _sent_channel(queue)
    env.invalidate_all()
    return measure | {"sent": len(queue.filtered(lambda d: d.state == "sent"))}


def batch_queries(env):
    """Size of a usual batch; queries of a small one and of it, with cold caches."""
    from odoo import sql_db

    queue, start = _queue(env), 0
    usual = _batch_size()
    counts = [usual]
    with patch.object(type(queue), "_hand_over", lambda self: None):
        _warm_up(queue)
        for size in (SMALL, usual):
            before = sql_db.sql_counter
            queue[start : start + size].with_prefetch()._send_batch("email")
            counts.append(sql_db.sql_counter - before)
            env.invalidate_all()
            start += size
    return counts


def _batch_size():
    from odoo.addons.recouvrement_amiable.models.delivery_queue import SENDERS

    return dict(SENDERS)["email"]


def _queue(env):
    """Deliveries that wait for their e-mail, on the day of the ledger."""
    return (
        env["recouvrement.delivery"]
        .with_context(recouvrement_day=DAY.isoformat())
        .search([("state", "=", "queued"), ("channel", "=", "email")], order="id")
    )


def _sent_channel(queue):
    from odoo import sql_db

    _warm_up(queue)
    queries, start = sql_db.sql_counter, time.perf_counter()
    queue._send_channel("email", _batch_size())
    return {
        "seconds": time.perf_counter() - start,
        "queries": sql_db.sql_counter - queries,
        "emails": len(queue),
    }


def _warm_up(queue):
    """Compile the templates and read the registry's caches; nothing stays."""
    queue[:WARM].relance_id._revalidate()
    queue[:WARM]._set_email_recipient()._prepare_messages()
    queue.env.flush_all()
    _forget(queue.env)


def _forget(env):
    env.cr.rollback()
    env.invalidate_all()


GREETING = """
    <div>
        <p>Dear <t t-out="object.name"/>,</p>
        <p>Unless we are mistaken, our invoices are not paid yet. You find your account
        below; please pay what is due to <t t-out="object.env.company.name"/>.</p>
        %s
        <p>Kind regards,<br/><t t-out="object.env.user.name"/></p>
    </div>
"""
TABLE = """
    <t t-set="open" t-value="object.invoice_ids.filtered(lambda move:
        move.state == 'posted' and move.payment_state == 'not_paid')"/>
    <table>
        <tr t-foreach="open.sorted('invoice_date_due')" t-as="move">
            <td t-out="move.name"/>
            <td t-out="format_date(move.invoice_date)"/>
            <td t-out="format_date(move.invoice_date_due)"/>
            <td t-out="format_amount(move.amount_residual, move.currency_id)"/>
        </tr>
    </table>
    <p>Total:
        <t t-out="format_amount(sum(open.mapped('amount_residual')),
            object.env.company.currency_id)"/>
    </p>
"""


def peer(env, table):
    """Odoo's own e-mails to the same debtors; nothing stays in the database."""
    debtors = _queue(env).dossier_id.partner_id.ids
    template = env["mail.template"].create(
        {
            "name": "Benchmark",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "subject": "Your account: {{ object.name }}",
            "body_html": GREETING % (TABLE if table else ""),
            "lang": "{{ object.lang }}",
            "email_from": "compta@company.example",
            "use_default_to": True,
        }
    )
    env.cr.commit()
    template.send_mail_batch(debtors[:WARM])
    env.flush_all()
    _forget(env)
    start = time.perf_counter()
    mails = template.send_mail_batch(debtors)
    env.flush_all()
    env.cr.commit()
    seconds = time.perf_counter() - start
    if not all("Client" in mail.body_html for mail in mails):
        raise ValueError("some messages were not prepared")
    mails.unlink()
    return {"seconds": seconds, "emails": len(mails)}
