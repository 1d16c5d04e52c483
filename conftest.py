"""Lets pytest run the tests of plain Python code where Odoo is not installed.

``python3 -m pytest recouvrement_amiable/tests/test_legal_*.py`` then needs nothing but
pytest, Hypothesis and dateutil. Where Odoo is there, nothing is changed.
"""

import importlib.util
import sys
import unittest
from pathlib import Path
from types import ModuleType


def _bare_package(name, folder):
    """A package whose own ``__init__``, that needs Odoo, is not run."""
    module = ModuleType(name)
    module.__file__ = str(folder / "__init__.py")
    module.__path__ = [str(folder)]
    sys.modules[name] = module


def _without_odoo():
    addon = Path(__file__).parent / "recouvrement_amiable"
    _bare_package("recouvrement_amiable", addon)
    _bare_package("recouvrement_amiable.tests", addon / "tests")
    tests = ModuleType("odoo.tests")
    tests.BaseCase = unittest.TestCase
    tests.tagged = lambda *_tags: lambda case: case
    sys.modules["odoo"] = ModuleType("odoo")
    sys.modules["odoo.tests"] = tests


if importlib.util.find_spec("odoo") is None:
    _without_odoo()
