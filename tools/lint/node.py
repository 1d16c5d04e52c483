"""Prettier and ESLint, installed from the lock file into a folder of the cache."""

import os
import shutil
from pathlib import Path

from .. import apt
from ..base import Missing, run, say
from ..cache import cache_dir, digest, provide

FILES = (
    "package.json",
    "package-lock.json",
    "prettier.config.cjs",
    "eslint.config.cjs",
)
OLDEST_NODE = 18


def provide_node_tools():
    """Return the folder that holds ``node_modules`` and the configuration files.

    The configuration lies beside the packages because Node looks for what a file
    requires from where that file is.
    """
    sources = [Path(__file__).parent / name for name in FILES]
    key = digest(*(source.read_bytes() for source in sources))

    def make(folder):
        _check_node()
        say("installing Prettier and ESLint")
        for source in sources:
            shutil.copy(source, folder)
        run(
            ["npm", "ci", "--no-fund", "--no-audit", "--ignore-scripts"],
            "npm ci",
            cwd=folder,
            env={
                **os.environ,
                "npm_config_cache": str(cache_dir() / "npm"),
                "npm_config_update_notifier": "false",
            },
        )

    return provide(cache_dir() / "node", key, make, _is_whole)


def _is_whole(folder):
    packages = folder / "node_modules"
    programs = [packages / ".bin" / name for name in ("prettier", "eslint")]
    return (packages / "@prettier/plugin-xml").is_dir() and all(
        program.exists() for program in programs
    )


def _check_node():
    if not (shutil.which("node") and shutil.which("npm")):
        apt.install(["nodejs", "npm"], f"Node.js {OLDEST_NODE} or newer, with npm")
    version = run(["node", "--version"], "node --version").strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise Missing(f"Node.js {version} is too old: {OLDEST_NODE} or newer is needed")
