"""Create, post and pay 1,000 invoices, with the add-on and without it.

Two databases, one process that works on both in turns: a small batch of invoices here,
the same batch there, first the one and then the other. The machine may be slower for a
while; the two batches of a pair are slowed alike, and what is compared is each pair.

Arguments::

    --quick        200 invoices
    --invoices N, --batch N, --rounds N
"""

import argparse
import os
import time
from contextlib import ExitStack
from datetime import timedelta
from statistics import median

from . import _ledger
from ._ledger import DAY

WITHOUT = ("account", "l10n_fr_account")
WITH = (*WITHOUT, "recouvrement_amiable")
CUSTOMERS = 50
STEPS = ("create", "post", "pay")


def run(context):
    options = _options(context.arguments)
    context.figure("load of the machine before", os.getloadavg()[0])
    without, with_addon = context.database(WITHOUT), context.database(WITH)
    for database in (without, with_addon):
        database.call(_ledger.fill, items=CUSTOMERS, debtors=CUSTOMERS)
    with_addon.call(_ledger.go_live)
    measure = with_addon.call(
        compare,
        other=without.name,
        batches=options.rounds * options.invoices // options.batch,
        batch=options.batch,
    )
    _report(context, measure.value, options)


def _options(arguments):
    parser = argparse.ArgumentParser("bin/bench hotpath")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--invoices", type=int)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args(arguments)
    options.invoices = options.invoices or (200 if options.quick else 1_000)
    return options


def _report(context, pairs, options):
    """Figures of ``pairs``: for each batch, what each step took without and with."""
    invoices = len(pairs) * options.batch
    context.figure("invoices in each database", invoices)
    for side, name in enumerate(("without", "with")):
        total = sum(_seconds(pair[side]) for pair in pairs)
        context.figure(f"1,000 invoices {name}", total * 1000 / invoices, "s")
    for step in STEPS:
        context.figure(f"{step}: with / without", _ratio(pairs, [step]))
    more = median(pair[1]["queries"] - pair[0]["queries"] for pair in pairs)
    context.figure(f"queries more for {options.batch} invoices", more)
    context.figure("processor: with / without", _ratio(pairs, ["processor"]))
    context.figure("with / without", _ratio(pairs, STEPS), target=1.03)


def _seconds(measure, steps=STEPS):
    return sum(measure[step] for step in steps)


def _ratio(pairs, steps):
    """Median of the ratios of the pairs: one disturbed batch does not move it."""
    return median(
        _seconds(with_addon, steps) / _seconds(without, steps)
        for without, with_addon in pairs
    )


# --- inside Odoo -------------------------------------------------------------


def compare(env, other, batches, batch):
    """Work on both databases in turns.

    :param other: name of the database without the add-on
    :return: for each batch, the measures without and with
    """
    from odoo import api
    from odoo.modules.registry import Registry

    with ExitStack() as stack:
        cursor = stack.enter_context(Registry(other).cursor())
        benches = [
            Bench(api.Environment(cursor, env.uid, {})),
            Bench(env),
        ]
        pairs = []
        for rank in range(-2, batches):
            order = (0, 1) if rank % 2 else (1, 0)
            measures = {side: benches[side].batch(batch) for side in order}
            if rank >= 0:
                pairs.append((measures[0], measures[1]))
    return pairs


class Bench:
    """Invoices customers of one database and registers their payments."""

    def __init__(self, env):
        self.env = env
        self.company = env.ref("base.main_company")
        self.customers = env["res.partner"].search(
            [("customer_rank", ">", 0)], order="id", limit=CUSTOMERS
        )
        self.product = env["product.product"].create(
            {"name": "Prestation", "type": "service", "list_price": 100.0}
        )
        self.done = 0
        env.cr.commit()

    def batch(self, size):
        """Create, post and pay some invoices; what it took."""
        from odoo import sql_db

        queries, processor = sql_db.sql_counter, time.process_time()
        clock = [time.perf_counter()]
        moves = self._create(size)
        clock.append(time.perf_counter())
        moves.action_post()
        self._commit()
        clock.append(time.perf_counter())
        self._pay(moves)
        self._commit()
        clock.append(time.perf_counter())
        unpaid = moves.filtered(lambda move: move.payment_state == "not_paid")
        if unpaid:
            raise ValueError(f"not paid: {unpaid.mapped('name')}")
        self.done += size
        measure = {
            step: end - start
            for step, start, end in zip(STEPS, clock[:-1], clock[1:], strict=True)
        }
        measure["queries"] = sql_db.sql_counter - queries
        measure["processor"] = time.process_time() - processor
        return measure

    def _create(self, size):
        values = []
        for number in range(self.done, self.done + size):
            day = DAY - timedelta(days=number % 60)
            line = {"product_id": self.product.id, "quantity": 1 + number % 5}
            values.append(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customers[number % CUSTOMERS].id,
                    "invoice_date": day,
                    "invoice_date_due": day + timedelta(days=30),
                    "invoice_line_ids": [(0, 0, line), (0, 0, line)],
                }
            )
        moves = self.env["account.move"].create(values)
        self._commit()
        return moves

    def _pay(self, moves):
        """The wizard of the list of invoices, one payment each."""
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        ).create({"payment_date": DAY, "group_payment": False})._create_payments()

    def _commit(self):
        """As at the end of a request: the next one starts with an empty cache."""
        self.env.flush_all()
        self.env.cr.commit()
