"""What a person types wrong is answered in one line."""

import datetime
import os
import subprocess

import pytest

from benchmarks._harness import Context
from tools import odoo_source
from tools import test as test_command
from tools.addons import own_addons
from tools.base import REPOSITORY, Missing


def typed(*command):
    return subprocess.run(
        [str(REPOSITORY / "bin" / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        env={**os.environ, "PGHOST": ""},
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--date", "2026-02-30"], "'2026-02-30'"),
        (["--date", "tomorrow"], "'tomorrow'"),
        (["--invoices", "/does/not/exist.csv"], "/does/not/exist.csv"),
        (["--lang", "xx_XX"], "xx_XX"),
        (["--unknown"], "--unknown"),
    ],
)
def test_a_wrong_argument_of_the_demo(arguments, said):
    done = typed("demo", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_the_demo_takes_a_day():
    from tools.demo.__main__ import _parse

    options = _parse(["--date", "2026-03-01", "--no-serve"])
    assert options.date == datetime.date(2026, 3, 1)
    assert not options.serve


def test_a_benchmark_that_does_not_exist():
    done = typed("bench", "does-not-exist")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_an_integrator_who_names_another_series(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    release = tmp_path / "odoo/release.py"
    release.write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    with pytest.raises(Missing, match="it is 18.0"):
        odoo_source.find_odoo()


def test_an_integrator_who_names_his_checkout(tmp_path, monkeypatch):
    (tmp_path / "odoo/addons").mkdir(parents=True)
    (tmp_path / "addons").mkdir()
    release = tmp_path / "odoo/release.py"
    release.write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    monkeypatch.setenv("ODOO_SOURCE", str(tmp_path))
    odoo = odoo_source.find_odoo()
    assert odoo.root == tmp_path
    assert odoo.addons == (tmp_path / "odoo/addons", tmp_path / "addons")


def test_paths_typed_elsewhere_are_found(monkeypatch):
    monkeypatch.chdir(REPOSITORY / "tools")
    typed_path = test_command._resolved("tests/test_cache.py::test_makes_once")
    wanted = REPOSITORY / "tools/tests/test_cache.py::test_makes_once"
    assert typed_path == str(wanted)
    assert test_command._names_a_path(typed_path)
    assert test_command._resolved("-k") == "-k"


def test_every_test_file_is_in_one_part():
    parts = test_command.default_parts()
    found = sorted(path for paths in parts for path in paths)
    folders = [*(REPOSITORY / name for name in own_addons()), REPOSITORY / "tools"]
    files = [path for folder in folders for path in folder.glob("tests/test_*.py")]
    assert found == sorted(str(path.relative_to(REPOSITORY)) for path in files)


@pytest.mark.parametrize(
    ("value", "target", "at_most", "met"),
    [
        (2, 3, True, True),
        (4, 3, True, False),
        (4, 3, False, True),
        (4, None, True, True),
    ],
)
def test_a_benchmark_is_met_when_its_figures_are(value, target, at_most, met):
    context = Context(setup=None, name="plan")
    context.figure("seconds", value, "s", target, at_most)
    context.figure("memory", 100, "MB")
    assert context.met is met
    assert context.summary()["met"] is met
    assert context.summary()["figures"] == {"seconds": value, "memory": 100}
    assert ("MISSED" in context.table()) is not met
