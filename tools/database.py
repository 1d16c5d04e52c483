"""Databases: templates keyed by what they are made from, and clones of them.

A template is made in two stages: first Odoo's own modules, which seldom change, then
ours on a clone of it. So a change in an add-on costs only its own installation, and
whatever Odoo logs in the second stage comes from our add-ons.
"""

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from .addons import (
    dependencies,
    installation_digest,
    own_addons,
    without_implied,
)
from .base import REPOSITORY, Missing, keep_output, last_line, say
from .cache import cache_dir, digest, locked, remove
from .config import data_dir, write_config
from .pyvenv import requirements

LANGUAGE = "fr_FR"
BASE_MODULES = ("account", "l10n_fr_account")
KEPT_TEMPLATES = 10
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ (\w+) ")


@dataclass(frozen=True)
class Measure:
    """What a function run inside Odoo returned and cost."""

    value: object
    seconds: float
    queries: int
    peak_mb: float
    grown_mb: float


# --- templates ---------------------------------------------------------------


def template(setup, modules=None, more_addons=()):
    """Name of a template with these modules installed, made if absent.

    Without ``modules``: every add-on of the repository, over the base modules.
    """
    own = [name for name in own_addons() if modules is None or name in modules]
    wanted = set(modules or BASE_MODULES) | dependencies(own)
    others = without_implied(
        wanted - set(own_addons()), setup.addons_path(*more_addons)
    )
    key = digest(setup.server.identity, _version(setup), *others, *more_addons)
    name = _made_template(setup, key, None, others, more_addons)
    if own:
        key = digest(name, installation_digest(own))
        name = _made_template(setup, key, name, own, more_addons)
    with locked("prune"):
        _prune(setup.server)
    return name


def _version(setup):
    return f"{setup.odoo.version} {requirements('requirements.txt')[0].read_text()}"


def _made_template(setup, key, origin, modules, more_addons):
    name = f"recouvrement_tpl_{key}"
    marker = cache_dir() / "templates" / name
    marker.parent.mkdir(exist_ok=True)
    with locked(name):
        if not (marker.exists() and exists(setup.server, name)):
            building = f"recouvrement_new_{key}"
            for leftover in (name, building):
                drop(setup.server, leftover)
            clone(setup.server, origin, building)
            _install(setup, building, modules, more_addons, own=bool(origin))
            _rename(setup.server, building, name)
        marker.touch()
    return name


def _prune(server):
    """Drop the templates used least recently; only those this cache knows."""
    markers = (cache_dir() / "templates").glob("recouvrement_tpl_*")
    by_use = sorted(markers, key=lambda path: path.stat().st_mtime, reverse=True)
    for marker in by_use[KEPT_TEMPLATES:]:
        drop(server, marker.name)
        marker.unlink()


def _install(setup, name, modules, more_addons, own):
    say(f"installing {', '.join(modules)} in a template database")
    config = cache_dir() / "templates" / f"{name}.conf"
    write_config(config, setup, more_addons=more_addons)
    command = setup.odoo_command(
        *("-c", config, "-d", name, "-i", ",".join(modules)),
        *("--load-language", LANGUAGE, "--stop-after-init", "--no-http"),
        *("--max-cron-threads=0", "--log-level=warn"),
    )
    done = subprocess.run(
        command,
        env=setup.environment(),
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    _judge_log(done, own)
    _check_installed(setup.server, name, modules)
    call_inside(setup, config, name, "tools.warm_up:warm_up")
    remove(config)


def _judge_log(done, own):
    """Show what our add-ons made Odoo complain about; an error ends the set-up."""
    levels = {
        match[1] for match in map(LOG_LINE.match, done.stdout.splitlines()) if match
    }
    if own and levels:
        print(done.stdout, file=sys.stderr, end="")
    if done.returncode < 0:
        raise Missing(f"Odoo was stopped by the signal {-done.returncode}")
    if done.returncode or (own and levels & {"ERROR", "CRITICAL"}):
        log = keep_output("installing the template database", done.stdout)
        raise Missing(
            "the add-ons do not install cleanly: "
            f"{last_line(done.stdout)} (whole output: {log})"
        )


def _check_installed(server, name, modules):
    """Odoo may end well although a module was skipped."""
    lines = server.sql(
        "SELECT name FROM ir_module_module WHERE state = 'installed'", name
    )
    absent = set(modules) - set(lines)
    if absent:
        raise Missing(f"Odoo did not install {', '.join(sorted(absent))}")


# --- single databases --------------------------------------------------------


def exists(server, name):
    return bool(server.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def clone(server, origin, name):
    """Copy a database and its files; without origin, make an empty one."""
    server.tool("createdb", "-T", origin or "template0", "-E", "UTF8", name)
    if origin and filestore(origin).exists():
        # files of a filestore are named by their content and never rewritten
        shutil.copytree(filestore(origin), filestore(name), copy_function=os.link)


def drop(server, name):
    server.tool("dropdb", "--if-exists", "--force", name)
    remove(filestore(name))


def _rename(server, old, new):
    server.sql(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
    if filestore(old).exists():
        filestore(old).rename(filestore(new))


def filestore(name):
    return data_dir() / "filestore" / name


@contextlib.contextmanager
def temporary_clone(setup, origin, more_addons=(), label="test"):
    """Clone a template for one run; give its name and a configuration file.

    The clone is dropped at the end. That of a killed run is dropped by the next run,
    which knows it from the lock nobody holds any more.
    """
    name = f"recouvrement_{label}_{secrets.token_hex(4)}"
    folder = cache_dir() / "runs" / name
    with contextlib.ExitStack() as stack:
        with locked("runs"):
            _drop_abandoned(setup.server)
            folder.mkdir(parents=True)
            lock = stack.enter_context(open(folder / "lock", "w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            clone(setup.server, origin, name)
            config = write_config(
                folder / "odoo.conf",
                setup,
                more_addons=more_addons,
                db_name=name,
                dbfilter=f"^{name}$",
                list_db="False",
            )
            yield name, config
        finally:
            drop(setup.server, name)
            remove(folder)


def _drop_abandoned(server):
    for folder in (cache_dir() / "runs").glob("recouvrement_*"):
        with contextlib.suppress(OSError), open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            drop(server, folder.name)
            remove(folder)


def call_inside(setup, config, name, target, **arguments):
    """Run ``module:function`` inside Odoo on a database; see :mod:`tools.inside`."""
    with tempfile.TemporaryDirectory(dir=cache_dir()) as folder:
        call, output = f"{folder}/call.json", f"{folder}/output.json"
        with open(call, "w") as handle:
            json.dump({"arguments": arguments, "output": output}, handle)
        command = [setup.python, "-m", "tools.inside", config, name, target, call]
        done = subprocess.run(
            [str(part) for part in command],
            env=setup.environment(),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise Missing(f"{target} failed on the database {name}")
        with open(output) as handle:
            return Measure(**json.load(handle))
