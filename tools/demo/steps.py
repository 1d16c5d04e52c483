"""Executed inside Odoo, on a database where the add-ons were just installed."""

import datetime
from pathlib import Path

from .load import load
from .prepare import prepare
from .report import run_and_report


def play(env, date, invoices, language, sink, smtp_port, address, dates=None):
    """Prepare the company, load its invoices, relance; return the report's text."""
    day = datetime.date.fromisoformat(date)
    prepare(env, language, smtp_port, address)
    env.cr.commit()
    load(env, day, invoices and Path(invoices), dates)
    env.cr.commit()
    return run_and_report(env, day, Path(sink))
