"""Virtual environments of the cache: one to run Odoo, one for the linters."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from . import apt
from .base import Missing, run, say
from .cache import STAMP, cache_dir, digest, provide, remove

# some of the pins need it
OLDEST_PYTHON = (3, 11)
# an environment that no checkout used for so long is removed
KEPT_SECONDS = 30 * 24 * 3600


def requirements(name):
    """Pins of a requirements file, as ``{normalised name: version}``."""
    path = Path(__file__).parent / name
    pins = {}
    for line in path.read_text().splitlines():
        package, _sep, version = line.partition("#")[0].strip().partition("==")
        if package:
            pins[normalised(package)] = version.strip()
    return path, pins


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def provide_venv(name, requirements_file):
    """Return the folder of the environment ``name`` holding exactly the pins."""
    if sys.version_info < OLDEST_PYTHON:
        raise Missing(
            f"Python {sys.version.split()[0]} is too old: run with Python 3.11 or "
            "newer (set PYTHON to it)"
        )
    path, pins = requirements(requirements_file)
    tag = f"{sys.version_info[0]}.{sys.version_info[1]}"

    def make(folder):
        say(f"preparing the Python environment '{name}'")
        _prune(name)
        _create(folder)
        # older versions of pip would install source packages in a form of their own
        pip(folder, "install", "--no-input", "-q", "--use-pep517", "-r", path)
        _check_freeze(folder, pins)

    # other checkouts may want other pins, and may be running right now
    key = digest(sys.base_prefix, path.read_bytes())
    folder = cache_dir() / f"venv-{name}-{tag}-{key[:8]}"
    provide(folder, key, make, lambda made: _holds(made, pins), in_place=True)
    os.utime(folder / STAMP)
    return folder


def _prune(name):
    for stamp in cache_dir().glob(f"venv-{name}-*/{STAMP}"):
        if time.time() - stamp.stat().st_mtime > KEPT_SECONDS:
            remove(stamp.parent)


def _create(folder):
    command = [sys.executable, "-I", "-m", "venv", "--clear", folder]
    try:
        run(command, "creating a virtual environment")
    except Missing as missing:
        if "ensurepip" not in str(missing) and "venv" not in str(missing):
            raise
        # Debian ships the venv module apart
        apt.install(["python3-venv"], "the Python module venv")
        run(command, "creating a virtual environment")


def pip(folder, *arguments):
    command = [folder / "bin/python", "-I", "-m", "pip", *arguments]
    return run(command, f"pip {arguments[0]}", env=clean_environment())


def clean_environment():
    """The caller's environment without what would leak into our Python."""
    leaking = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET")
    kept = {key: value for key, value in os.environ.items() if key not in leaking}
    return {
        **kept,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_CACHE_DIR": str(cache_dir() / "pip"),
    }


def _check_freeze(folder, pins):
    """The pins must be the whole set: an unpinned dependency would drift."""
    extra = []
    for line in pip(folder, "freeze").splitlines():
        package, sep, version = line.partition("==")
        if sep and pins.get(normalised(package)) != version:
            extra.append(line)
    if extra:
        raise Missing(f"not pinned in the requirements: {' '.join(extra)}")


def _holds(folder, pins):
    """Quick check, without starting pip: each pinned package is there, whole."""
    installed = {}
    for info in folder.glob("lib/python3*/site-packages/*.dist-info"):
        package, _sep, version = info.name[: -len(".dist-info")].partition("-")
        installed[normalised(package)] = (version, info)
    for package, version in pins.items():
        found = installed.get(package)
        if not found or found[0] != version or not _is_whole(found[1]):
            return False
    return _starts(folder)


def _is_whole(info):
    """Every file that the package recorded exists (compiled files may not)."""
    try:
        record = (info / "RECORD").read_text().splitlines()
    except OSError:
        return False
    names = (line.rsplit(",", 2)[0].strip('"') for line in record if line)
    site = os.fspath(info.parent)
    return all(
        os.path.exists(os.path.join(site, name))
        for name in names
        if not name.endswith(".pyc")
    )


def _starts(folder):
    """The interpreter the environment was made from may have been removed."""
    try:
        done = subprocess.run(
            [folder / "bin/python", "-S", "-c", ""], capture_output=True
        )
    except OSError:
        return False
    return done.returncode == 0
