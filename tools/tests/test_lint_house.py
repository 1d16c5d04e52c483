"""Each defect that the house checks exist for must be found, and nothing else."""

import pytest

from tools.lint import house

VIEW = (
    '<odoo><record id="{id}" model="ir.ui.view">'
    '<field name="name">a</field></record></odoo>'
)


@pytest.fixture
def addon(tmp_path):
    """An add-on without a defect."""
    folder = tmp_path / "addon"
    write(folder / "__manifest__.py", "{'data': ['views/a.xml', 'security/r.csv']}")
    write(folder / "views/a.xml", VIEW.format(id="a"))
    write(folder / "security/r.csv", "id,name\nright,Right\n")
    write(folder / "i18n/fr.po", translation("%(count)s late", "%(count)s en retard"))
    return folder


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def translation(source, target, flag=""):
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    return f'{head}{flag}msgid "{source}"\nmsgstr "{target}"\n'


def test_nothing_is_said_of_a_good_addon(addon):
    assert list(house.check(addon)) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("views/a.xml", "<odoo><record></odoo>", "not well-formed"),
        ("views/a.xml", VIEW.format(id="addon.a"), "own name is not repeated"),
        ("views/a.xml", VIEW.format(id="right"), "already used"),
        ("views/b.xml", VIEW.format(id="b"), "never loaded"),
        (
            "views/a.xml",
            VIEW.replace("</record>", '<field name="name">b</field></record>'),
            "sets name 2 times",
        ),
        ("i18n/fr.po", translation("%(a)s", "%(b)s"), "placeholders"),
        ("i18n/fr.po", translation("a", "b", "#, fuzzy\n"), "fuzzy"),
        ("i18n/fr.po", translation("a", "b") * 2, "fr.po"),
        ("i18n/en.po", translation("a", "b"), "not translated"),
    ],
)
def test_each_defect_is_found(addon, name, text, message):
    write(addon / name, text)
    found = list(house.check(addon))
    assert len(found) == 1
    assert message in found[0]


def test_a_percent_sign_is_no_placeholder():
    assert house.placeholders("100%% of %s") == house.placeholders("%s : 100%%")
