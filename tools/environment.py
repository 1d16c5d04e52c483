"""Set everything up, in the order in which one component needs another.

``python -m tools.environment`` does it and prints what a shell needs to run Odoo
by hand: ``eval "$(python3 -m tools.environment)"``.
"""

import os
import shlex

from .base import exit_with
from .browser import find_browser
from .cache import cache_dir
from .config import Setup, write_config
from .odoo_source import find_odoo
from .pdf import find_wkhtmltopdf
from .postgres import find_server
from .pyvenv import provide_venv

FOR_A_SHELL = ("PATH", "PG", "PYTHON")


def set_up(with_browser=False):
    """Return a Setup with which Odoo runs; what is there already is reused."""
    odoo = find_odoo()
    venv = provide_venv("odoo", "requirements.txt")
    server = find_server()
    wkhtmltopdf = find_wkhtmltopdf(venv)
    if with_browser:
        find_browser()
    return Setup(odoo, venv, server, tuple(filter(None, [wkhtmltopdf])))


def main():
    setup = set_up(with_browser=True)
    config = write_config(cache_dir() / "odoo.conf", setup, port=8069)
    wanted = setup.environment()
    for name, value in sorted(wanted.items()):
        if name.startswith(FOR_A_SHELL) and os.environ.get(name) != value:
            print(f"export {name}={shlex.quote(value)}")
    print("unset PYTHONDONTWRITEBYTECODE")
    print(f"# {shlex.join(setup.odoo_command('-c', config, '-d', 'DATABASE'))}")


if __name__ == "__main__":
    exit_with(main)
