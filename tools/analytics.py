"""The add-on's packages of plain Python, without Odoo around them."""

import importlib.util
import sys

from .base import REPOSITORY

PACKAGE = "recouvrement_analytics"
FOLDER = REPOSITORY / "recouvrement_amiable/analytics"


def analytics(name):
    """Import a module of ``analytics`` by its place: the add-on itself needs Odoo."""
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[PACKAGE])
    return importlib.import_module(f"{PACKAGE}.{name}")
