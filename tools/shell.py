"""``bin/shell``: Odoo's shell on the demo database; arguments go to it."""

import os
import sys

from .base import REPOSITORY, Missing, exit_with
from .cache import cache_dir
from .config import write_config
from .database import exists
from .environment import set_up

DATABASE = "recouvrement_demo"


def main():
    setup = set_up()
    if not exists(setup.server, DATABASE):
        raise Missing(f"there is no database {DATABASE} yet: run bin/demo --no-serve")
    config = write_config(cache_dir() / "shell.conf", setup, db_name=DATABASE)
    command = setup.odoo_command("shell", "-c", config, "--no-http", *sys.argv[1:])
    os.chdir(REPOSITORY)
    os.execve(command[0], command, setup.environment())


if __name__ == "__main__":
    exit_with(main)
