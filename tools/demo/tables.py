"""Plain text tables for the terminal."""

GAP = "  "


def table(headers, rows, indent=2):
    """Lines of a table; numbers are given as text and stand at the right.

    >>> print("\\n".join(table(["Level", "Items"], [["First reminder", "12"]])))
      Level           Items
      First reminder     12
    """
    if not rows:
        return []
    numeric = [
        all(_is_number(row[column]) for row in rows) for column in range(len(headers))
    ]
    widths = [
        max(len(row[column]) for row in [headers, *rows])
        for column in range(len(headers))
    ]
    return [
        (
            " " * indent
            + GAP.join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(line, widths, numeric, strict=True)
            )
        ).rstrip()
        for line in [headers, *rows]
    ]


def _is_number(text):
    return not text or text[0].isdigit() or text[0] in "-−$£€"


def heading(text):
    return ["", text, "─" * len(text)]
