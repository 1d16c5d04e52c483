"""``bin/lint``: run every linter; one line each when all is well.

``bin/lint --fix`` first lets those that can mend what they find.
"""

import argparse
import subprocess
from dataclasses import dataclass

from ..addons import own_addons
from ..base import REPOSITORY, exit_with
from ..cache import cache_dir
from ..pyvenv import clean_environment, provide_venv
from .node import provide_node_tools

# third-party code and pictures are taken as they are
SKIPPED = ("static/lib/", "static/description/")
WEB_SUFFIXES = (".xml", ".js", ".css", ".scss")


@dataclass(frozen=True)
class Linter:
    """A command that reports, and the one that mends, over a list of files."""

    name: str
    report: tuple
    mend: tuple = ()
    targets: tuple = ()


def main():
    parser = argparse.ArgumentParser(description=__doc__, prog="bin/lint")
    parser.add_argument("--fix", action="store_true", help="mend what can be mended")
    options = parser.parse_args()
    linters = _linters()
    if options.fix:
        for linter in linters:
            if linter.mend and linter.targets:
                _execute(linter.mend, linter.targets)
    return max([_run(linter) for linter in linters])


def _linters():
    python = provide_venv("lint", "lint/requirements.txt") / "bin"
    node = provide_node_tools()
    prettier = (
        *(node / "node_modules/.bin/prettier", "--config"),
        *(node / "prettier.config.cjs", "--log-level=warn", "--no-cache"),
    )
    eslint = (node / "node_modules/.bin/eslint", "-c", node / "eslint.config.cjs")
    ruff = (python / "ruff", "--quiet")
    addons = tuple(own_addons())
    code = addon_files(WEB_SUFFIXES)
    scripts = addon_files((".js",))
    return [
        Linter(
            "ruff check",
            (*ruff, "check", "--no-cache"),
            (*ruff, "check", "--no-cache", "--fix"),
            (".",),
        ),
        Linter(
            "ruff format",
            (*ruff, "format", "--no-cache", "--diff"),
            (*ruff, "format", "--no-cache"),
            (".",),
        ),
        Linter(
            "pylint-odoo",
            (python / "pylint", "--rcfile=.pylintrc-mandatory"),
            targets=addons,
        ),
        Linter(
            "add-on files",
            (python / "python", "-m", "tools.lint.house"),
            targets=addons,
        ),
        Linter("prettier", (*prettier, "--check"), (*prettier, "--write"), code),
        Linter("eslint", eslint, (*eslint, "--fix"), scripts),
    ]


def addon_files(suffixes):
    """Files of the add-ons with one of the suffixes, relative to the repository."""
    found = []
    for addon in own_addons():
        for path in sorted((REPOSITORY / addon).rglob("*")):
            name = path.relative_to(REPOSITORY).as_posix()
            if path.suffix in suffixes and not any(part in name for part in SKIPPED):
                found.append(name)
    return tuple(found)


def _run(linter):
    if not linter.targets:
        print(f"{linter.name}: nothing to check")
        return 0
    done = _execute(linter.report, linter.targets)
    if done.returncode:
        print(done.stdout, end="")
    print(f"{linter.name}: {'failed' if done.returncode else 'ok'}", flush=True)
    return 1 if done.returncode else 0


def _execute(command, targets):
    cache = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYLINTHOME": str(cache_dir() / "pylint"),
    }
    return subprocess.run(
        [str(part) for part in (*command, *targets)],
        cwd=REPOSITORY,
        env={**clean_environment(), **cache},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


if __name__ == "__main__":
    exit_with(main)
