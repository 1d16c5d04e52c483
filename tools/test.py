"""``bin/test``: run the tests of every add-on, and of the tools, on a fresh clone.

Arguments go to pytest. Without a path among them, everything is run.
"""

import subprocess
import sys
from pathlib import Path

from .addons import own_addons
from .base import REPOSITORY, exit_with, say
from .cache import cache_dir
from .database import template, temporary_clone
from .environment import set_up


def main():
    arguments = [_resolved(argument) for argument in sys.argv[1:]]
    if not any(map(_names_a_path, arguments)):
        arguments += default_paths()
    setup = set_up(with_browser=True)
    origin = template(setup)
    with temporary_clone(setup, origin) as (name, config):
        command = [
            *(setup.python, "-m", "pytest", "-p", "tools.pytest_plugin"),
            *("-o", f"cache_dir={cache_dir() / 'pytest'}", f"--rootdir={REPOSITORY}"),
            *(f"--odoo-config={config}", f"--odoo-database={name}", "--odoo-http"),
            *arguments,
        ]
        return _run(command, {**setup.environment(), **_caches()})


def _caches():
    """Where libraries of the tests keep what they would leave in the repository."""
    return {"HYPOTHESIS_STORAGE_DIRECTORY": str(cache_dir() / "hypothesis")}


def _run(command, environment):
    command = [str(part) for part in command]
    process = subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, stdin=subprocess.DEVNULL
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        # the terminal interrupted pytest too: let it print its summary
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _path_of(argument):
    """The part of an argument that may be a path: ``path::Class::test``."""
    return argument.partition("::")[0]


def _names_a_path(argument):
    path = _path_of(argument)
    return not argument.startswith("-") and (REPOSITORY / path).exists()


def _resolved(argument):
    """Paths are typed from where the user is, pytest runs in the repository."""
    path = _path_of(argument)
    if argument.startswith("-") or not Path(path).exists():
        return argument
    return str(Path(path).absolute()) + argument[len(path) :]


def default_paths():
    paths = []
    for name in own_addons():
        if any((REPOSITORY / name / "tests").glob("test_*.py")):
            paths.append(f"{name}/tests")
        else:
            say(f"{name} has no test")
    return [*paths, "tools/tests"]


if __name__ == "__main__":
    exit_with(main)
