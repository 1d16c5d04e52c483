"""A template database must be made anew exactly when an installation would differ."""

import pytest

from tools import addons, database


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setattr(addons, "REPOSITORY", tmp_path)
    for name, depends in (("first", ["account"]), ("second", ["first", "sale"])):
        for folder in ("models", "tests", "readme", "i18n"):
            (tmp_path / name / folder).mkdir(parents=True)
        text = f"# comment\n{{'name': '{name}', 'depends': {depends}}}\n"
        (tmp_path / name / "__manifest__.py").write_text(text)
    (tmp_path / "tools").mkdir()
    return tmp_path


def test_an_addon_is_a_folder_with_a_manifest(repository):
    assert addons.own_addons() == ["first", "second"]


def test_dependencies_are_those_of_every_manifest(repository):
    assert addons.dependencies(["first", "second"]) == {"account", "first", "sale"}


def test_what_another_module_installs_need_not_be_named(repository):
    modules = ["first", "second", "account", "unknown"]
    found = addons.without_implied(modules, [repository])
    assert found == ["second", "unknown"]


@pytest.mark.parametrize(
    "name",
    ["__manifest__.py", "models/new.py", "i18n/fr.po", "data/new.xml", "static/a.js"],
)
def test_what_is_installed_counts(repository, name):
    before = addons.installation_digest(["first"])
    path = repository / "first" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("# changed")
    assert addons.installation_digest(["first"]) != before


@pytest.mark.parametrize(
    "name",
    ["tests/test_new.py", "readme/USAGE.md", "README.rst", "models/a.pyc"],
)
def test_what_is_not_installed_does_not(repository, name):
    before = addons.installation_digest(["first"])
    (repository / "first" / name).write_text("changed")
    assert addons.installation_digest(["first"]) == before


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-01-02 03:04:05,678 12 WARNING base odoo.x: message", "WARNING"),
        ("2026-01-02 03:04:05,678 12 ERROR ? odoo.x: message", "ERROR"),
        ("Traceback (most recent call last):", None),
    ],
)
def test_levels_are_read_from_the_log_of_odoo(line, level):
    found = database.LOG_LINE.match(line)
    assert (found and found[1]) == level
