# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""wkhtmltopdf at work in the background, while Python writes the next letters."""

import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from odoo.addons.base.models.ir_actions_report import _wkhtml

# What wkhtmltopdf's exit says: done, or done with a warning.
DONE = (0, 1)


class EngineError(Exception):
    """The PDF engine made no document."""


class Sheet(NamedTuple):
    """Pages for the engine: options of the command, and HTML documents.

    Head and foot may be empty: each costs the engine a page more for every page.
    """

    options: list
    header: str
    footer: str
    bodies: list


class LetterEngine:
    """One run of wkhtmltopdf, started at once.

    A process of its own, and nothing of Odoo's in it: no thread, no cursor. What it
    reads and writes is in a folder that goes with it.
    """

    def __init__(self, sheet):
        self._folder = tempfile.TemporaryDirectory(prefix="letters")
        try:
            self._process = self._started(sheet)
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def wait(self):
        """Until the pages are made, or cannot be."""
        self._process.wait()

    def result(self):
        """The document, pages of all bodies one after the other.

        :raises EngineError: there is none
        """
        self.wait()
        document = self._path("letters.pdf")
        content = document.read_bytes() if document.exists() else b""
        code = self._process.returncode
        if code not in DONE or not content:
            said = self._path("said.txt").read_text(errors="replace").strip()
            raise EngineError(f"wkhtmltopdf ({code}): {said[-400:]}")
        return content

    def close(self):
        """Stop what still runs; its files go."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _path(self, name):
        return Path(self._folder.name, name)

    def _written(self, name, text):
        path = self._path(name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def _started(self, sheet):
        command = [_wkhtml().bin, *sheet.options]
        for place in ("header", "footer"):
            text = getattr(sheet, place)
            if text:
                command += [f"--{place}-html", self._written(f"{place}.html", text)]
        command += [
            # the page's own script finds its foot by what follows the third dot
            self._written(f"letter.of.run.{rank}.html", body)
            for rank, body in enumerate(sheet.bodies)
        ]
        command.append(str(self._path("letters.pdf")))
        # A file, since nobody empties a pipe meanwhile.
        with self._path("said.txt").open("wb") as said:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
