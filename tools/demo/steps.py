"""Executed inside Odoo, on a database where the add-ons were just installed."""

import datetime
from pathlib import Path

from .day import keep_day
from .desk import Desk
from .load import load
from .prepare import prepare
from .report import run_and_report


def play(
    env, date, invoices, language, sink, smtp_port, address, dates=None, served=False
):
    """Prepare the company, load its invoices, relance; return the report's text.

    :param dates: how the file writes its days, ``dmy`` or ``mdy``, if unclear
    :param served: somebody will look at the screens afterwards
    """
    day = datetime.date.fromisoformat(date)
    prepare(env, language, smtp_port, address)
    env.cr.commit()
    load(env, day, invoices and Path(invoices), dates)
    env.cr.commit()
    report = run_and_report(env, day, Path(sink))
    desk = Desk(env, day)
    if served and desk.run_day != desk.company._recouvrement_today():
        keep_day(env, desk.run_day)
    return report
