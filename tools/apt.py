"""Debian packages: download without touching the machine, or install.

Downloads use a private apt state inside the cache: neither the sources nor the
package lists of the machine change, and no privilege is needed. The mirror is
the one that the machine already uses.
"""

import os
import shutil
import subprocess
from pathlib import Path

from .base import Missing, is_root, run, say
from .cache import cache_dir

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class PrivateApt:
    """An apt with its own lists: of the machine's suites, or of one other suite."""

    def __init__(self, name, sources=None):
        self.folder = cache_dir() / "apt" / name
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.sources = self._write_sources(sources) if sources else None

    def _write_sources(self, text):
        path = self.folder / f"{self.folder.name}.sources"
        path.write_text(text)
        return path

    def _options(self):
        options = [
            f"Dir::State::Lists={self.folder}/lists",
            f"Dir::Cache={self.folder}/cache",
            # the sandbox user may not be able to enter the cache directory
            "APT::Sandbox::User=root",
        ]
        if self.sources:
            options += [
                f"Dir::Etc::SourceList={self.sources}",
                "Dir::Etc::SourceParts=/dev/null",
            ]
        return [part for option in options for part in ("-o", option)]

    def get(self, *arguments, purpose, cwd=None):
        command = ["apt-get", *self._options(), "-q", *arguments]
        return run(command, purpose, cwd=cwd)

    def update(self):
        self.get("update", purpose="reading the Debian package lists")

    def download(self, packages, folder):
        """Download packages; apt verifies them against the signed index."""
        folder.mkdir(parents=True, exist_ok=True)
        self.get(
            "download",
            *packages,
            purpose=f"downloading {' '.join(packages)}",
            cwd=folder,
        )
        return sorted(folder.glob("*.deb"))

    def mirror(self):
        """Address of the Debian archive that the machine's sources use."""
        targets = self.get(
            "indextargets",
            "--format",
            "$(LABEL)|$(REPO_URI)",
            purpose="asking apt for its mirror",
        )
        for line in targets.splitlines():
            label, _sep, address = line.partition("|")
            if label == "Debian":
                return address
        raise Missing(
            "apt knows no Debian mirror: add one to its sources, or set ODOO_SOURCE "
            "to a 19.0 source checkout"
        )


def own_suite():
    """Private apt over the sources of the machine itself."""
    apt = PrivateApt("own")
    apt.update()
    return apt


def other_suite(suite, mirror):
    """Private apt over one suite that the machine does not use."""
    apt = PrivateApt(
        suite,
        f"Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\n"
        f"Signed-By: {KEYRING}\n",
    )
    apt.update()
    return apt


def unpack(packages, folder):
    for package in packages:
        run(["dpkg-deb", "-x", package, folder], f"unpacking {package.name}")


def has_apt():
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def _privilege():
    """Command prefix that gives root rights, or None without any."""
    if is_root():
        return []
    if shutil.which("sudo"):
        test = subprocess.run(["sudo", "-n", "true"], capture_output=True)
        if test.returncode == 0:
            return ["sudo", "-n"]
    return None


def install(packages, what):
    """Install packages on the machine, for the components that need it."""
    prefix = _privilege() if has_apt() else None
    if prefix is None:
        raise Missing(
            f"{what} is missing: install it "
            f"(on Debian, as root: apt-get install {' '.join(packages)})"
        )
    say(f"installing {' '.join(packages)} (apt)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if not _lists_are_filled(packages):
        run([*prefix, "apt-get", "-q", "update"], "apt-get update", env=environment)
    run(
        [*prefix, "apt-get", "-qy", "install", "--no-install-recommends", *packages],
        f"installing {' '.join(packages)}",
        env=environment,
    )


def _lists_are_filled(packages):
    """On a fresh machine apt knows no package at all until its first update."""
    found = subprocess.run(
        ["apt-cache", "show", *packages], capture_output=True, text=True
    )
    return found.returncode == 0 and any(Path("/var/lib/apt/lists").glob("*Packages*"))
