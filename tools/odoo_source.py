"""Odoo 19.0 community: the integrator's checkout, else Debian's package unpacked.

The package is not installed: it would pull another Python. It is unpacked in the
cache and run from our virtual environment.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .base import Missing, run, say
from .cache import STAMP, cache_dir, provide, remove

SERIES = "19.0"
SUITE = "sid"
PACKAGE = "odoo-19"
LIBRARIES = [
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "fonts-glyphicons-halflings",
]
# Odoo's links expect the layout of the older releases of these two
OLDER_LIBRARIES = ["fonts-font-awesome", "fonts-inconsolata"]
PYTHON_ROOT = "usr/lib/python3/dist-packages"
# removed by Debian; without it the browser logs an error and each tour fails
EMPTIED = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
ADD_ONS_LIST = ".addons"


@dataclass(frozen=True)
class OdooSource:
    """Where Odoo is: ``root`` goes to PYTHONPATH, ``version`` keys the databases."""

    root: Path
    version: str
    addons: tuple


def find_odoo():
    """Return the Odoo to use, downloaded if need be."""
    if os.environ.get("ODOO_SOURCE"):
        return _from_checkout(Path(os.environ["ODOO_SOURCE"]).expanduser().absolute())
    folder = _unpacked() or _download()
    root = folder / PYTHON_ROOT
    return OdooSource(root, folder.name, (root / "odoo/addons",))


def _from_checkout(root):
    version = _release(root)
    if not version.startswith(SERIES):
        raise Missing(
            f"ODOO_SOURCE={root} is not an Odoo {SERIES} checkout"
            + (f" (it is {version})" if version else "")
        )
    if (root / ".git").exists():
        head = run(["git", "-C", root, "rev-parse", "HEAD"], "reading ODOO_SOURCE")
        version = f"{version}-{head.strip()[:12]}"
    addons = (root / "odoo/addons", root / "addons")
    return OdooSource(root, version, tuple(path for path in addons if path.is_dir()))


def _release(root):
    """Read the series from ``odoo/release.py`` without importing it."""
    try:
        text = (root / "odoo/release.py").read_text()
    except OSError:
        return ""
    found = re.search(r"^version_info = \(([^)]*)\)", text, re.MULTILINE)
    return ".".join(re.findall(r"\d+", found[1])[:2]) if found else ""


def _unpacked():
    """The newest unpacked tree that is complete."""
    trees = sorted((cache_dir() / "odoo").glob(f"{SERIES}*/{STAMP}"))
    for stamp in reversed(trees):
        if _looks_whole(stamp.parent):
            return stamp.parent
    return None


def _download():
    if not apt.has_apt():
        raise Missing(
            f"Odoo {SERIES} is missing and there is no apt-get to fetch it: "
            "set ODOO_SOURCE to a 19.0 source checkout"
        )
    say(f"downloading Odoo {SERIES} (about 120 MB, once)")
    own = apt.own_suite()
    other = apt.other_suite(SUITE, own.mirror())
    packages = cache_dir() / "odoo" / ".packages"
    remove(packages)
    own.download(OLDER_LIBRARIES, packages)
    debs = other.download([PACKAGE, *LIBRARIES], packages)
    version = _package_version(debs)

    def make(folder):
        say(f"unpacking Odoo {version}")
        apt.unpack(debs, folder)
        _finish(folder)

    folder = cache_dir() / "odoo" / version
    provide(folder, version, make, _looks_whole)
    remove(packages)
    return folder


def _package_version(debs):
    for deb in debs:
        name, version, _architecture = deb.stem.split("_")
        # an epoch would be written %3a in the file name
        if name == PACKAGE and version.startswith(SERIES):
            return version
    raise Missing(
        f"Debian has no {PACKAGE} {SERIES} any more: "
        "set ODOO_SOURCE to a 19.0 source checkout"
    )


def _finish(folder):
    """Complete the tree and record what it holds, for the quick check."""
    emptied = folder / PYTHON_ROOT / EMPTIED
    emptied.parent.mkdir(parents=True, exist_ok=True)
    emptied.touch()
    _make_links_relative(folder)
    dangling = run(["find", folder, "-xtype", "l"], "checking the links of Odoo")
    if dangling.strip():
        raise Missing(f"unpacked Odoo has a dangling link: {dangling.split()[0]}")
    manifests = (folder / PYTHON_ROOT / "odoo/addons").glob("*/__manifest__.py")
    names = sorted(manifest.parent.name for manifest in manifests)
    (folder / ADD_ONS_LIST).write_text("\n".join(names))


def _make_links_relative(folder):
    """Point absolute links (``/usr/share/…``) inside the unpacked tree."""
    for path in folder.rglob("*"):
        if path.is_symlink() and os.readlink(path).startswith("/"):
            inside = folder / os.readlink(path).lstrip("/")
            path.unlink()
            path.symlink_to(os.path.relpath(inside, path.parent))


def _looks_whole(folder):
    """Cheap check of a tree: each add-on recorded when it was made is there."""
    try:
        names = (folder / ADD_ONS_LIST).read_text().split()
    except OSError:
        return False
    root = folder / PYTHON_ROOT
    wanted = [root / "odoo/addons" / name / "__manifest__.py" for name in names]
    wanted += [root / "odoo/release.py", root / EMPTIED]
    return len(names) > 100 and all(path.is_file() for path in wanted)
