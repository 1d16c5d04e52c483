"""``bin/demo``: make the demo database, relance its debtors, serve it on loopback.

Messages go to an SMTP server of ours on loopback: nothing leaves the machine.
"""

import argparse
import datetime
import os
import sys
from pathlib import Path

from ..base import Missing, exit_with, say
from ..cache import cache_dir, locked, remove
from ..config import free_port, write_config
from ..database import call_inside, clone, drop, template
from ..environment import set_up
from ..services import check_free, running_server, running_sink
from ..shell import DATABASE
from .day import ADDONS
from .reader import check_history

LANGUAGES = ("fr_FR", "en_US")
LOGIN = PASSWORD = "admin"
YEARS = range(1970, 2101)


class _Parser(argparse.ArgumentParser):
    """A wrong argument is told in one line."""

    def error(self, message):
        raise Missing(message)


def main():
    options = _parse(sys.argv[1:])
    if options.invoices:
        # before anything is made or dropped
        check_history(options.invoices, options.dates, options.lang)
    setup = set_up()
    folder = cache_dir() / "demo"
    mails = folder / "mail"
    with locked("demo", busy="bin/demo is already running"):
        check_free(options.port)
        remove(mails)
        _make_database(setup)
        with running_sink(setup, mails) as smtp_port:
            config = write_config(
                folder / "odoo.conf",
                setup,
                port=options.port,
                more_addons=[ADDONS],
                db_name=DATABASE,
                dbfilter=f"^{DATABASE}$",
                list_db="False",
                # also for what would not go through the database's own mail server
                smtp_server="127.0.0.1",
                smtp_port=smtp_port,
            )
            print(_play(setup, config, options, mails, smtp_port), flush=True)
            if options.serve:
                return _serve(setup, config, options.port, mails)
    return 0


def _parse(arguments):
    parser = _Parser(prog="bin/demo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--date", type=_date, default=datetime.date.today(), help="day of the demo"
    )
    parser.add_argument("--invoices", type=_file, help="invoices to load, as CSV")
    parser.add_argument(
        "--dates",
        choices=("dmy", "mdy"),
        help="how the file writes its days, when they could be both",
    )
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0])
    parser.add_argument("--port", type=_port, help="of the web server (default: 8069)")
    parser.add_argument(
        "--no-serve", dest="serve", action="store_false", help="stop after the run"
    )
    options = parser.parse_args(arguments)
    options.port = options.port or (8069 if options.serve else free_port())
    return options


def _date(text):
    try:
        day = datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day written YYYY-MM-DD"
        ) from None
    if day.year not in YEARS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not between {YEARS[0]} and {YEARS[-1]}"
        )
    return day


def _port(text):
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _file(text):
    path = Path(text).expanduser().absolute()
    if not os.access(path, os.R_OK) or not path.is_file():
        raise argparse.ArgumentTypeError(f"cannot read {text!r}")
    return path


def _make_database(setup):
    origin = template(setup)
    say(f"creating the database {DATABASE}")
    drop(setup.server, DATABASE)
    clone(setup.server, origin, DATABASE)


def _play(setup, config, options, mails, smtp_port):
    """Fill the database and relance; return the report."""
    with running_server(setup, config, options.port) as served:
        played = call_inside(
            setup,
            config,
            DATABASE,
            "tools.demo.steps:play",
            date=options.date.isoformat(),
            invoices=options.invoices and str(options.invoices),
            dates=options.dates,
            served=options.serve,
            language=options.lang,
            sink=str(mails),
            smtp_port=smtp_port,
            address=served.address,
        )
    return played.value


def _serve(setup, config, port, mails):
    with running_server(setup, config, port, cron=True) as served:
        print(
            f"\nOdoo: {served.address}   login: {LOGIN}   password: {PASSWORD}\n"
            f"Messages sent: {mails}\n"
            "Ctrl-C to stop.",
            flush=True,
        )
        return served.wait()


if __name__ == "__main__":
    exit_with(main)
