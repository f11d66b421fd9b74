"""The marks of all layers in the text of an article: what shape each has, and what it is tied to.

| mark | rank | classes |
|---|---|---|
| the place of a block | 0 | `q`; `g` for a further piece, `h` if another piece follows |
| the place of a plain record | 1 | `p` and its look |
| the spans of a record without a place | 1 | `v` |
| the other spans of a record | 2 | `x` |
| a member | 3 | `m` and its form: `f1`, `f2` … by its label; `l1` … by the underlines below it |

`data-a` has the ids of the records that an element belongs to. Pinning one of them marks all of its elements.
"""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import escape

from ..core.model import Record
from .inline import Inline, levels
from .names import Names, anchor
from .roles import Role, label_words

_FORMS = 4
"""The styles of underlines: the labels of a member beyond the fourth share the last one."""


def layer_marks(names: Names) -> list[Inline]:
    """Return the marks of all records. The mark of a record without a card has its id."""
    found: list[Inline] = []
    members: list[Inline] = []
    for name, role in names.roles.items():
        for record in names.in_text_order(name):
            if role.kind == "member":
                members += _of_member(names, role, record)
            else:
                found += _of_record(names, role, record)
    for one, level in zip(members, levels([(one.start, one.end) for one in members]), strict=True):
        one.level = level
        one.css += f" l{level}" * bool(level)
    return found + members


def _of_member(names: Names, role: Role, record: Record) -> Iterator[Inline]:
    layer, own = role.layer.name, anchor(record["id"])
    owner = names.owner_of(layer, record)
    labels = [one.name for one in role.label.labels] if role.label else []
    value = record.get(role.label.name) if role.label else None
    form = min(labels.index(value), _FORMS - 1) if value in labels else 0
    css = "m" + f" f{form}" * bool(form) + f" {role.css} {names.colour(layer, record)}"
    attributes, first = f" data-a={own}", f" id={own}"
    if owner is not None:
        attributes, first = f' data-a="{own} {anchor(owner[1])}"', f"{first} data-a={anchor(owner[1])}"
        chain = names.chains[owner[0]][owner[1]]
        if owner[0] in names.order and len(chain) > 1 and chain[0][1] is record:
            first += f" data-e={names.letter(*owner)}"
    for number, (start, end) in enumerate(names.pieces(layer, record)):
        yield Inline(start, end, 3, css, attributes, "" if number else first, record="" if number else own)


def _of_record(names: Names, role: Role, record: Record) -> Iterator[Inline]:
    layer, own = role.layer.name, anchor(record["id"])
    ending = f" {role.css} {names.colour(layer, record)}"
    number = names.numbers.get((layer, str(record["id"])), "")
    pieces = names.pieces(layer, record)
    for count, (start, end) in enumerate(pieces):
        if role.kind == "plain":
            tag = ""
            if role.label is not None and record.get(role.label.name) is not None:
                words, _ = label_words(role.label.labels, record[role.label.name])
                tag = f' data-t="{escape(words)}"'
            yield Inline(start, end, 1, f"p {role.look}{ending}", f" data-a={own}{tag}")
        else:
            css = "q" + " g" * (count > 0) + " h" * (count + 1 < len(pieces)) + ending
            name = f"{escape(role.one)} {number}"
            badge = f'<a class="ref{ending}" href=#{own} data-n={number} aria-label="{name}"></a>'
            more = f" data-n={number}" if count else ""
            yield Inline(start, end, 0, css, f" data-a={own}{more}", before="" if count else badge)
    for field in role.extra:
        rank, shape = (2, "x") if pieces else (1, "v")
        attributes = f" data-a={own}" + f" data-n={number}" * bool(number)
        for span in record.get(field.name) or ():
            yield Inline(span["start"], span["end"], rank, f"{shape}{ending}", attributes)
