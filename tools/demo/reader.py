"""The add-on's reader of histories, without Odoo: a bad file is told at once."""

import importlib.util
import sys

from ..base import REPOSITORY, Missing

PACKAGE = "recouvrement_analytics"
FOLDER = REPOSITORY / "recouvrement_amiable/analytics"


def check_history(path, dates, language):
    """Refuse a file that cannot be loaded, with all its problems in a list.

    :param str language: of the message, as ``fr_FR``
    :raise Missing: the file is wrong, or cannot be read
    """
    history = _reader()
    try:
        history.read_history(path, dates)
    except history.HistoryError as error:
        raise Missing(f"{path}\n{error.describe(language[:2])}") from None


def _reader():
    """Import the package by its place: the add-on around it needs Odoo."""
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[PACKAGE])
    return importlib.import_module(f"{PACKAGE}.history")
