"""Chromium for the tours: Odoo finds it in PATH by itself."""

import shutil

from . import apt

# the names Odoo's test runner looks for
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def find_browser():
    """Return the path of a browser, installed if it can be."""
    found = _in_path()
    if not found:
        apt.install(["chromium"], "a browser (Chromium or Chrome)")
        found = _in_path()
    return found


def _in_path():
    return next(filter(None, map(shutil.which, NAMES)), None)
