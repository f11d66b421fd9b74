"""Tables of strings as text for a terminal, as Markdown, and as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence

from .escape import entities, plain

Rows = Sequence[Sequence[str]]
"""The headings, then the rows."""


def aligned(rows: Rows, numbers: int | None = None) -> list[str]:
    """Return the lines of a table for a terminal; columns from `numbers` on are aligned on the right."""
    shown = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
    return [
        "  ".join(
            cell.rjust(width) if numbers is not None and i >= numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    ]


def blocks(rows: Rows, width: int) -> list[Rows]:
    """Return tables that are at most `width` characters wide: each has the first column, and some of the others.

    A column that is too wide has a table of its own.
    """
    widths = [max(len(plain(row[i])) for row in rows) + 2 for i in range(len(rows[0]))]
    groups: list[list[int]] = [[]]
    for column, wide in enumerate(widths[1:], 1):
        if groups[-1] and widths[0] + sum(widths[i] for i in groups[-1]) + wide - 2 > width:
            groups.append([])
        groups[-1].append(column)
    return [[[row[0], *(row[i] for i in group)] for row in rows] for group in groups]


def markdown(rows: Rows, numbers: int | None = None) -> list[str]:
    """Return the lines of a table in Markdown; columns from `numbers` on are aligned on the right."""
    head, *body = [[entities(plain(cell)) for cell in row] for row in rows]
    rule = "".join("---:|" if numbers is not None and i >= numbers else "---|" for i in range(len(head)))
    return [f"| {' | '.join(head)} |", f"|{rule}", *(f"| {' | '.join(row)} |" for row in body)]


def html_table(rows: Rows, caption: str, numbers: int | None = None) -> list[str]:
    """Return the lines of a table in HTML."""
    head, *body = [[html.escape(plain(cell)) for cell in row] for row in rows]
    cells = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = [
        "<table>",
        f"<caption>{html.escape(plain(caption))}</caption>",
        f"<thead><tr>{cells}</tr></thead>",
        "<tbody>",
    ]
    for row in body:
        first, *others = row
        rest = "".join(
            f'<td class="number">{cell}</td>' if numbers is not None and i >= numbers else f"<td>{cell}</td>"
            for i, cell in enumerate(others, 1)
        )
        lines.append(f'<tr><th scope="row">{first}</th>{rest}</tr>')
    return [*lines, "</tbody>", "</table>"]
