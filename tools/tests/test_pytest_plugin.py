"""No test may be left out in silence."""

import os
import subprocess
import sys

import pytest

from tools.base import REPOSITORY

SKIPS = {
    "a mark": "import pytest\n@pytest.mark.skip('x')\ndef test(): pass\n",
    "a call": "import pytest\ndef test(): pytest.skip('x')\n",
    "unittest": (
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test(self): self.skipTest('x')\n"
    ),
    "a class": (
        "import unittest\n@unittest.skip('x')\nclass T(unittest.TestCase):\n"
        "    def test(self): pass\n"
    ),
    "a module": "import pytest\npytest.skip('x', allow_module_level=True)\n",
}


def run(tmp_path, text):
    (tmp_path / "test_it.py").write_text(text)
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tools.pytest_plugin"),
            *("-p", "no:odoo", "-p", "no:cacheprovider", "--rootdir", tmp_path),
            tmp_path,
        ],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("way", SKIPS)
def test_a_skip_fails_the_run(tmp_path, way):
    done = run(tmp_path, SKIPS[way])
    assert done.returncode
    assert "skipped tests are failures here" in done.stdout


def test_a_run_without_skip_passes(tmp_path):
    assert run(tmp_path, "def test(): pass\n").returncode == 0
