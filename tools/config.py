"""Odoo's configuration file and the environment of its processes."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from .base import REPOSITORY, Missing
from .cache import cache_dir
from .pyvenv import clean_environment


@dataclass(frozen=True)
class Setup:
    """Everything that is set up, ready to run Odoo."""

    odoo: object
    venv: Path
    server: object
    program_folders: tuple = ()

    @property
    def python(self):
        return self.venv / "bin/python"

    def environment(self):
        """Environment of an Odoo process: our Python, patched wkhtmltopdf first."""
        environment = {**clean_environment(), **self.server.environment}
        # compiled files stay out of the repository and of a shared Odoo checkout
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        folders = [self.venv / "bin", *self.program_folders]
        # what the browser and others leave at home is left in the cache instead
        home = cache_dir() / "home"
        home.mkdir(exist_ok=True)
        passwords = Path.home() / ".pgpass"
        if passwords.exists():
            environment.setdefault("PGPASSFILE", str(passwords))
        environment.update(
            RECOUVREMENT_CACHE=str(cache_dir()),
            HOME=str(home),
            XDG_CONFIG_HOME=str(home / ".config"),
            XDG_CACHE_HOME=str(home / ".cache"),
            PYTHONPATH=os.pathsep.join([str(self.odoo.root), str(REPOSITORY)]),
            PYTHONPYCACHEPREFIX=str(cache_dir() / "pycache"),
            PATH=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]),
        )
        return environment

    def odoo_command(self, *arguments):
        return [str(self.python), "-m", "odoo", *map(str, arguments)]

    def addons_path(self, *more):
        return [*self.odoo.addons, REPOSITORY, *more]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def data_dir():
    folder = cache_dir() / "data"
    folder.mkdir(exist_ok=True)
    return folder


def write_config(path, setup, port=None, more_addons=(), **options):
    """Write an Odoo configuration file that listens on loopback only."""
    database = setup.server.environment or os.environ
    values = {
        "addons_path": ",".join(map(str, setup.addons_path(*more_addons))),
        "data_dir": data_dir(),
        "http_interface": "127.0.0.1",
        "http_port": port or free_port(),
        "gevent_port": free_port(),
        "db_host": database.get("PGHOST"),
        "db_port": database.get("PGPORT"),
        "db_user": database.get("PGUSER"),
        "db_password": database.get("PGPASSWORD"),
        **options,
    }
    lines = [f"{key} = {value}" for key, value in values.items() if value is not None]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # it holds the password of the database
        path.touch(mode=0o600)
        path.write_text("\n".join(["[options]", *lines, ""]))
    except OSError as error:
        raise Missing(f"cannot write {path}: {error.strerror}") from error
    return path
