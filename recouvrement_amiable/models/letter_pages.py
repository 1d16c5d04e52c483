# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters cut from what one run of the engine made of several."""

import io
from itertools import pairwise

from odoo.tools.pdf import PdfFileReader, PdfFileWriter


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
    return [_part(reader, range(*ends)) for ends in pairwise([*starts, total])]


def _heading_pages(reader):
    root = reader.trailer["/Root"]
    node, step, pages = root["/Outlines"] if "/Outlines" in root else {}, "/First", []
    while step in node:
        node, step = node[step], "/Next"
        pages.append(int(root["/Dests"][node["/Dest"]][0]))
    return sorted(set(pages))


def _part(reader, numbers):
    writer = PdfFileWriter()
    for number in numbers:
        writer.addPage(reader.getPage(number))
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()
