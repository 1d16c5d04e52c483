# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""PDF files of letters: cut from a run of the engine, joined to be printed.

Pages are copied as they are, with what they need, under new numbers. A general reader
takes every number and name of a file apart and writes it again, which is ten times the
work for the same pages. What is not laid out plainly (the PDF of another program) is
left to that reader.
"""

import io
import re
from itertools import pairwise

from odoo.tools.pdf import PdfFileReader, PdfFileWriter, merge_pdf

ENTRY = 20  # bytes of a line of the table of objects
REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
LENGTH = re.compile(rb"/Length (\d+) 0 R\b")
STREAM = re.compile(rb">>\s*stream\r?\n")
TABLE = re.compile(rb"xref\s+0 (\d+)\s+(?=\d{10} )")
TRAILER = re.compile(rb"trailer\s*(<<.*>>)\s*startxref\s+\d+\s+%%EOF\s*", re.DOTALL)
# Files changed since, or encrypted; and what pages may inherit.
NOT_PLAIN = re.compile(rb"/(Encrypt|Prev|XRefStm)\b")
INHERITED = re.compile(rb"/(Resources|MediaBox|CropBox|Rotate|Parent)\b")
CATALOG, PAGES = 1, 2


class NotPlainError(Exception):
    """Not one table of objects, and one list of pages, to copy as they are."""


def cut(content, count):
    """The letters in what the engine made of them, in order.

    Each has one top-level heading, and the engine notes on which page it stands.

    :return: None when the headings do not tell so many letters apart
    """
    if count == 1:
        return [content]
    reader = PdfFileReader(io.BytesIO(content))
    total = reader.numPages
    starts = list(range(total)) if total == count else _heading_pages(reader)
    if len(starts) != count or starts[0]:
        return None
    parts = [range(*ends) for ends in pairwise([*starts, total])]
    try:
        source = _Source(content)
        if len(source.pages) != total:
            raise NotPlainError
        return [_copied([(source, [source.pages[i] for i in part])]) for part in parts]
    except NotPlainError:
        return [_rewritten(reader, part) for part in parts]


def _heading_pages(reader):
    root = reader.trailer["/Root"]
    node, step, pages = root["/Outlines"] if "/Outlines" in root else {}, "/First", []
    while step in node:
        node, step = node[step], "/Next"
        pages.append(int(root["/Dests"][node["/Dest"]][0]))
    return sorted(set(pages))


def _rewritten(reader, part):
    writer = PdfFileWriter()
    for number in part:
        writer.addPage(reader.getPage(number))
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()


def join(documents):
    """One PDF of several, in order; a font that they share is in it once."""
    try:
        sources = [_Source(document) for document in documents]
        return _copied([(source, source.pages) for source in sources])
    except NotPlainError:
        return merge_pdf(documents)


def _copied(parts):
    """A PDF file of these pages.

    :param parts: sources, each with the numbers of the pages wanted from it
    :raises NotPlainError: one of them cannot be copied
    """
    objects, kids, shared = {}, [], {}
    last = PAGES
    for source, pages in parts:
        found, numbers = source.needed(pages), {source.root: PAGES}
        for old, (head, stream) in found.items():
            # a font is a stream that refers to nothing
            key = (head, stream) if stream and not REFERENCE.search(head) else None
            numbers[old] = shared.get(key) or last + 1
            last = max(last, numbers[old])
            if key:
                shared[key] = numbers[old]
        for old, (head, stream) in found.items():
            objects[numbers[old]] = _renumbered(head, numbers) + stream
        kids += [b"%d 0 R" % numbers[page] for page in pages]
    objects[CATALOG] = b"<< /Type /Catalog /Pages %d 0 R >>" % PAGES
    objects[PAGES] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (
        b" ".join(kids),
        len(kids),
    )
    return _file(objects)


def _renumbered(head, numbers):
    def new(match):
        number = numbers.get(int(match[1]))
        return b"%d 0 R" % number if number else b"null"

    return REFERENCE.sub(new, head)


def _file(objects):
    """Objects, in a file with its table."""
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    place, lines = len(parts[0]), [b"0000000000 65535 f \n"]
    for number, body in sorted(objects.items()):
        lines.append(b"%010d 00000 n \n" % place)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        place += len(parts[-1])
    parts += [
        b"xref\n0 %d\n" % len(lines),
        *lines,
        b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (len(lines), CATALOG),
        b"startxref\n%d\n%%%%EOF\n" % place,
    ]
    return b"".join(parts)


class _Source:
    """A file to copy from: where its objects are, and its pages in order."""

    def __init__(self, content):
        """:raises NotPlainError: it is to be read otherwise"""
        self.content = content
        trailer = self._read_table()
        catalog, _stream = self._object(_reference(trailer, b"Root"))
        self.root = _reference(catalog, b"Pages")
        tree, _stream = self._object(self.root)
        kids = re.search(rb"/Kids\s*\[([^\]]*)\]", tree)
        count = re.search(rb"/Count (\d+)", tree)
        self.pages = [int(n) for n in REFERENCE.findall(kids[1])] if kids else []
        if INHERITED.search(tree) or not count or int(count[1]) != len(self.pages):
            raise NotPlainError

    def _read_table(self):
        """Note where objects begin and end; give the trailer."""
        content = self.content
        start = content.rfind(b"startxref")
        place = re.match(rb"startxref\s+(\d+)", content[start:]) if start > 0 else None
        table = TABLE.match(content, int(place[1])) if place else None
        end = table and table.end() + int(table[1]) * ENTRY
        trailer = table and TRAILER.match(content, end)
        if not trailer or NOT_PLAIN.search(trailer[1]):
            raise NotPlainError
        lines = (content[at : at + ENTRY] for at in range(table.end(), end, ENTRY))
        used = {n: int(line[:10]) for n, line in enumerate(lines) if b"n" in line}
        ends = dict(pairwise(sorted([*used.values(), table.start()])))
        self.places = {number: (at, ends[at]) for number, at in used.items()}
        return trailer[1]

    def _object(self, number):
        """Its dictionary, and its stream with the words around it."""
        start, end = self.places.get(number, (0, 0))
        text = self.content[start:end]
        begin = re.match(rb"\s*%d 0 obj\s*" % number, text)
        end = text.rfind(b"endobj")
        if not begin or end < 0:
            raise NotPlainError
        body = text[begin.end() : end].rstrip(b"\r\n")
        stream = STREAM.search(body)
        if not stream:
            return body, b""
        middle = stream.start() + 2
        return LENGTH.sub(self._length, body[:middle]), body[middle:]

    def _length(self, match):
        """Within the dictionary, so that a font refers to nothing else."""
        return b"/Length " + self._object(int(match[1]))[0]

    def needed(self, pages):
        """``{number: object}`` of these pages and all they refer to, the tree aside."""
        found, wanted = {}, list(pages)
        while wanted:
            number = wanted.pop()
            if number == self.root or number in found or number not in self.places:
                continue
            found[number] = self._object(number)
            wanted += [int(n) for n in REFERENCE.findall(found[number][0])]
        return dict(sorted(found.items()))


def _reference(head, name):
    found = re.search(rb"/%s (\d+) 0 R\b" % name, head)
    if not found:
        raise NotPlainError
    return int(found[1])
