"""Checks of an add-on's files that no other linter makes: XML, CSV and translations.

They stand for what the OCA's own hooks check. Run in the linters' environment, for
the library that reads translations: ``python -m tools.lint.house ADD-ON…``.
"""

import ast
import csv
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[-+ #0]*\d*(?:\.\d+)?([sdfrgeix])")
RECORD_TAGS = {"record", "template", "menuitem", "report", "act_window", "asset"}
SOURCE_LANGUAGES = {"en.po", "en_US.po"}


def check(addon):
    """Yield one line per defect of the add-on."""
    for path in sorted(addon.rglob("*.xml")):
        yield from check_xml(path)
    yield from check_unique_ids(addon)
    yield from check_unused_data(addon)
    for path in sorted(addon.glob("i18n*/*.po*")):
        yield from check_translations(path)


def check_xml(path):
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        yield f"{path}:{error.position[0]}: not well-formed XML: {error}"
        return
    if root.tag == "openerp":
        yield f"{path}: the root element is <odoo>"
    for element in root.iter("record"):
        yield from _check_fields(path, element)


def _check_fields(path, record):
    names = [child.get("name") for child in record if child.tag == "field"]
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{path}: record {record.get('id')} sets {name} {times} times"


def check_unique_ids(addon):
    """The same id twice in a module: the second silently overwrites the first."""
    seen = {}
    for path, identifier in _record_ids(addon):
        if identifier.startswith(f"{addon.name}."):
            yield f"{path}: {identifier}: the module's own name is not repeated in ids"
        if identifier in seen:
            yield f"{path}: id {identifier} is already used in {seen[identifier]}"
        seen[identifier] = path


def _record_ids(addon):
    for name in _data_files(addon):
        path = addon / name
        if path.suffix == ".csv":
            yield from ((path, row["id"]) for row in _rows(path) if row.get("id"))
        elif path.suffix == ".xml":
            for element in _elements(path):
                if element.tag in RECORD_TAGS and element.get("id"):
                    yield path, element.get("id")


def _rows(path):
    try:
        with open(path, newline="", encoding="utf-8") as handle:
            return list(csv.DictReader(handle))
    except OSError:
        # a file that the manifest names in vain is pylint-odoo's business
        return []


def _elements(path):
    try:
        return list(ElementTree.parse(path).getroot().iter())
    except (OSError, ElementTree.ParseError):
        return []


def _manifest(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text(encoding="utf-8"))


def _data_files(addon):
    manifest = _manifest(addon)
    return [*manifest.get("data", ()), *manifest.get("demo", ())]


def check_unused_data(addon):
    """A data file that the manifest forgot is never loaded."""
    named = set(_data_files(addon))
    for folder in ("data", "demo", "views", "security", "report", "wizards"):
        for path in sorted((addon / folder).glob("*")):
            name = str(path.relative_to(addon))
            if path.suffix in {".xml", ".csv"} and name not in named:
                yield f"{path}: not in the manifest, so never loaded"


def check_translations(path):
    import polib

    if path.name in SOURCE_LANGUAGES:
        yield f"{path}: English is the language of the source, it is not translated"
    try:
        catalogue = polib.pofile(str(path), check_for_duplicates=True)
    except (OSError, ValueError) as error:
        yield f"{path}: {error}"
        return
    for entry in catalogue:
        if entry.fuzzy:
            yield f"{path}:{entry.linenum}: fuzzy translation"
        if entry.msgstr and placeholders(entry.msgid) != placeholders(entry.msgstr):
            yield f"{path}:{entry.linenum}: not the placeholders of the source"


def placeholders(text):
    """Named and positional %-placeholders of a text, in a comparable form."""
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def main():
    defects = [line for name in sys.argv[1:] for line in check(Path(name))]
    print("\n".join(defects), end="\n" if defects else "")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
