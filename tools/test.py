"""``bin/test``: run the tests of every add-on, and of the tools, on a fresh clone.

Arguments go to pytest. Without a path among them everything is run, by two pytests side
by side where there are two processors: one of them would mostly wait for PostgreSQL.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .addons import own_addons
from .base import REPOSITORY, exit_with, say
from .cache import cache_dir
from .database import template, temporary_clone
from .environment import set_up

# Tests that take as long as so many others.
SLOW = {"test_crash.py": 60, "test_tours.py": 15, "test_letters.py": 3}
NO_TEST_CHOSEN = 5  # what pytest answers then


def main():
    arguments = [_resolved(argument) for argument in sys.argv[1:]]
    parts = [[]] if any(map(_names_a_path, arguments)) else default_parts()
    setup = set_up(with_browser=True)
    origin = template(setup)
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(_Run(setup, origin, [*arguments, *paths], index))
            for index, paths in enumerate(parts)
        ]
        answers = [run.answer() for run in runs]
    said = [answer for answer in answers if answer != NO_TEST_CHOSEN]
    return max(said, key=abs) if said else NO_TEST_CHOSEN


class _Run:
    """One pytest on a database of its own; all but the first print when they end."""

    def __init__(self, setup, origin, arguments, index):
        self.setup = setup
        self.origin = origin
        self.arguments = arguments
        self.index = index

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            clone = temporary_clone(self.setup, self.origin)
            name, config = stack.enter_context(clone)
            self.output = self.index and stack.enter_context(tempfile.TemporaryFile())
            command = [
                *(self.setup.python, "-m", "pytest", "-p", "tools.pytest_plugin"),
                *("-o", f"cache_dir={cache_dir() / f'pytest-{self.index}'}"),
                *(f"--rootdir={REPOSITORY}", f"--odoo-config={config}"),
                *(f"--odoo-database={name}", "--odoo-http", *self.arguments),
            ]
            self.process = subprocess.Popen(
                [str(part) for part in command],
                env={**self.setup.environment(), **_caches()},
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=self.output or None,
                stderr=subprocess.STDOUT if self.output else None,
            )
            stack.callback(self._stop)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info):
        self.stack.close()

    def answer(self):
        """What pytest answered, once it has ended; its output if nobody saw it."""
        try:
            answer = self.process.wait()
        except KeyboardInterrupt:
            # the terminal interrupted pytest too: let it print its summary
            answer = self.process.wait()
        if self.output:
            self.output.seek(0)
            print(self.output.read().decode(errors="replace"), flush=True)
        return answer

    def _stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def _caches():
    """Where libraries of the tests keep what they would leave in the repository."""
    return {"HYPOTHESIS_STORAGE_DIRECTORY": str(cache_dir() / "hypothesis")}


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


def default_parts():
    """Every test file, in parts that take about as long as one another."""
    parts = [[] for _part in range(min(os.cpu_count() or 1, 2))]
    weights = [0] * len(parts)
    files = [path for folder in _test_folders() for path in folder.glob("test_*.py")]
    for path in sorted(files, key=lambda path: (-_weight(path), path)):
        lightest = weights.index(min(weights))
        parts[lightest].append(str(path.relative_to(REPOSITORY)))
        weights[lightest] += _weight(path)
    return [sorted(paths) for paths in parts]


def _test_folders():
    for name in own_addons():
        folder = REPOSITORY / name / "tests"
        if any(folder.glob("test_*.py")):
            yield folder
        else:
            say(f"{name} has no test")
    yield REPOSITORY / "tools/tests"


def _weight(path):
    """The number of its tests, as those of other files."""
    return path.read_text().count("def test_") * SLOW.get(path.name, 1)


if __name__ == "__main__":
    exit_with(main)
