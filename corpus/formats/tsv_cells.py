r"""The cells of WebAnno TSV: stacked annotations, their numbers, and escapes.

PER[1]|LOC[2]     two annotations on one token; [1] is one annotation of several tokens
*                 an annotation without a value
_                 no annotation
a\|b\_            a value with reserved characters
"""

from __future__ import annotations

import re
from typing import NamedTuple

_VALUE = re.compile(r"((?:\\.|[^\\\[\]])*)(?:\[(\d{1,9})\])?", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(u+[0-9a-fA-F]{4}(?:\\u+[dD][c-fC-F][0-9a-fA-F]{2})?|->|[\[\]|_;*\\tnrfb\x00-\x1f])",
)
_JAVA = re.compile(r"\\(u+[0-9a-fA-F]{4}(?:\\u+[dD][c-fC-F][0-9a-fA-F]{2})?|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}


class Value(NamedTuple):
    """One annotation in a cell: its value as it is written, and its number, "" if it has none."""

    written: str
    number: str


def stack(cell: str) -> list[str]:
    """Return the annotations of a cell as they are written; none for `_`."""
    return split(cell, "|") if cell != "_" else []


def value_in(written: str) -> Value | None:
    """Return the value and the number of an annotation; None if brackets or backslashes are not escaped."""
    found = _VALUE.fullmatch(written)
    return Value(found[1], found[2] or "") if found else None


def aligned(stacks: list[list[str]], numbered: list[bool]) -> list[list[str | None]] | None:
    """Return the values of each annotation of a layer on a token, one for each column; None if they cannot be paired.

    Annotations are paired by their numbers if all have one, or else by their position. `numbered` tells which columns
    hold numbers of the annotation itself.
    """
    filled = [(i, cells) for i, cells in enumerate(stacks) if cells]
    lengths = {len(cells) for _, cells in filled}
    own = [
        (i, [found.number if (found := value_in(cell)) else "" for cell in cells]) for i, cells in filled if numbered[i]
    ]
    orders = [tuple(numbers) for _, numbers in own]
    if len(lengths) == 1 and len({order for order in orders if any(order)}) <= 1:
        return [[cells[i] if cells else None for cells in stacks] for i in range(*lengths)]
    are_numbers = all(all(numbers) and len(set(numbers)) == len(numbers) for numbers in orders)
    if not orders or not are_numbers or any(not numbered[i] for i, _ in filled):
        return None
    rows: dict[str, list[str | None]] = {}
    for i, numbers in own:
        for number, cell in zip(numbers, stacks[i], strict=True):
            rows.setdefault(number, [None] * len(stacks))[i] = cell
    return list(rows.values())


def split(cell: str, by: str) -> list[str]:
    """Split a cell at characters `by` that are not escaped."""
    parts = [""]
    for piece in re.findall(r"\\.|[^\\]|\\", cell, re.DOTALL):
        if piece == by:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescape(text: str) -> str:
    r"""Replace the escapes of a cell by their characters; `\uXXXX` is a code unit, and two may be one character."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def unescape_java(text: str) -> str:
    r"""Replace the escapes of a string of Java by their characters, such as `\"`, `\u00FC` and `\374`."""
    return _JAVA.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    said = found[1]
    if said[0] == "u" and len(said) > 1:
        units = b"".join(
            int(unit, 16).to_bytes(2, "big") for unit in re.findall("[0-9a-fA-F]{4}", said.replace("u", ""))
        )
        try:
            return units.decode("utf-16-be")
        except UnicodeDecodeError:
            return found[0]
    return chr(int(said, 8)) if said.isdigit() else _ESCAPED.get(said, said)
