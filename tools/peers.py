"""Add-ons of others, taken from PyPI to be measured beside ours; never installed."""

import zipfile

from .base import Missing, say
from .cache import cache_dir, provide, remove
from .pyvenv import pip


def addon_from_pypi(venv, package, version):
    """Return an addons folder that holds the add-on of a PyPI package, alone.

    Its dependencies are not fetched: name them too if Odoo does not have them.
    """

    def make(folder):
        say(f"fetching {package} {version}")
        wheels = folder / "wheels"
        pip(
            venv,
            *("download", "-q", "--no-deps", "--only-binary=:all:"),
            *("-d", wheels, f"{package}=={version}"),
        )
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(folder)
        remove(wheels)
        if not _holds_addon(folder):
            raise Missing(f"{package} {version} holds no Odoo add-on")

    folder = cache_dir() / "peers" / f"{package}-{version}"
    provide(folder, version, make, _holds_addon)
    return folder / "odoo/addons"


def _holds_addon(folder):
    return any((folder / "odoo/addons").glob("*/__manifest__.py"))
