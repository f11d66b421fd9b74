"""Where two annotators differ: the differences that adjudication finds, each with its place in the text.

two annotations → `agreement.adjudicate.compare` → a Difference for each of its items → marks and cards
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..agreement.adjudicate import compare
from ..agreement.load import SharedDocument
from ..agreement.worklist import Item
from ..core.layers import Field
from ..core.model import Annotation, Document, Record
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate
from ..matching import common_fields
from .inline import Inline
from .names import Names, anchor, ids_of
from .roles import Role, is_target

RANK = 5
"""Differences are the innermost marks: lines above the text."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the two annotators say in one field; "" for a record that one of them does not have."""

    field: str
    first: str
    second: str


@dataclass(slots=True)
class Difference:
    """One difference. `at` is its offset in the text, None for one that is about the whole article."""

    item: Item
    what: str
    kind: str
    changes: list[Change]
    at: int | None
    pieces: list[tuple[int, tuple[int, int]]]
    """The lane (0: the first annotator, 1: the second, 2: both) and the piece of text of each mark."""
    record: str = ""
    """The address of the record on the page, "" if the page does not have it."""
    number: int = 0
    mark: str = field(default="", init=False)
    card: str = field(default="", init=False)


@dataclass(slots=True)
class Comparison:
    """All differences of two annotators, in text order. `not_compared` are layers and fields that one annotated."""

    number: int
    names: tuple[str, str]
    differences: list[Difference]
    not_compared: list[str]

    @property
    def css(self) -> str:
        """Return the class of all that shows the comparison."""
        return f"P{self.number}"

    def marks(self) -> Iterator[Inline]:
        """Yield the marks of all differences."""
        for one in self.differences:
            shown: set[int] = set()
            for lane, (start, end) in one.pieces:
                who = (*self.names, "≠")[lane]
                label = f"{who} {one.number}" if lane not in shown else ""
                first = "" if shown or not one.mark else f" id={one.mark}"
                record = one.mark if not shown else ""
                shown.add(lane)
                raised = any(start < other[1] and other[0] < end for of, other in one.pieces if of == 0 and lane == 1)
                css = f"d d{lane} {self.css}" + " up" * raised
                yield Inline(
                    start,
                    end,
                    RANK + (lane == 0),
                    css,
                    first=f'{first} data-n="{label}"' if label else "",
                    record=record,
                )


def compared(
    number: int, schema: Schema, roles: Mapping[str, Role], first: Document, second: Document, shown: Names
) -> Comparison:
    """Return the comparison of two annotations of one article. `shown` are the names of the page's own records."""
    assert first.annotation is not None
    assert second.annotation is not None
    annotators = first.annotation.annotator, second.annotation.annotator
    article = first.article
    length = len(article.text) if article.text is not None else int(article.record.get("length") or 0)
    values = first.annotation.value, second.annotation.value
    shared = SharedDocument(article, length, dict(zip(annotators, values, strict=True)))
    one, other, of_one = common_fields(schema, *values)
    _, items = compare(schema, shared, one, other)
    names = Names(_merged(first, one, items, schema), schema, roles, shown.text)
    found = [_difference(names, annotators, item, items) for item in items]
    found.sort(key=lambda one: (one.at is None, one.at or 0))
    own = shown.document.annotation
    for count, difference in enumerate(found, 1):
        difference.number = count
        difference.card = f"-d{number}.{count}"
        difference.mark = f"-x{number}.{count}" if difference.pieces else ""
        record = difference.item.a
        if own is not None and own.annotator == annotators[0] and record is not None:
            difference.record = anchor(record["id"])
    layers = [name for name in layers_to_annotate(schema) if len(shared.done(name)) == 1]
    return Comparison(number, annotators, found, layers + of_one)


def _merged(first: Document, value: Record, items: list[Item], schema: Schema) -> Document:
    """Return the first annotation with the records that only the second has, under the ids of adjudication."""
    assert first.annotation is not None
    merged = dict(value)
    for item in items:
        if item.b is not None and item.a is None:
            merged[item.layer] = [*(merged.get(item.layer) or []), item.b]
    source = first.annotation.source
    return Document(first.doc_id, first.article, Annotation(first.annotation.annotator, merged, source))


def _difference(names: Names, annotators: tuple[str, str], item: Item, items: list[Item]) -> Difference:
    role = names.roles[item.layer]
    if item.a is not None and item.b is not None:
        fields = [one for one in role.layer.fields if one.name in item.differs]
        changes = [_change(names, one, item.a, item.b) for one in fields]
        kind = "differs"
    else:
        record = item.a or item.b or {}
        words = _facts(names, role, record)
        changes = [Change("", words, "") if item.b is None else Change("", "", words)]
        kind = f"only {annotators[0 if item.b is None else 1]}"
    pieces = sorted(_pieces(names, role, item), key=lambda one: (one[0], one[1]))
    at = min((piece[0] for _, piece in pieces), default=None)
    if at is None:
        at = _position(names, item, items)
    return Difference(item, role.one, kind, changes, at, pieces)


def _change(names: Names, one: Field, first: Record, second: Record) -> Change:
    """Return what two records say in a field; with ids or offsets where the words are the same."""
    words = [_shown(names, one, record) for record in (first, second)]
    if words[0] == words[1]:
        for number, record in enumerate((first, second)):
            if one.kind == "reference":
                words[number] += f" ({' '.join(ids_of(record, one))})"
            elif one.kind == "spans":
                words[number] += "".join(f" {span['start']}–{span['end']}" for span in record.get(one.name) or ())
    return Change(one.title.lower(), *words)


def _facts(names: Names, role: Role, record: Record) -> str:
    """Return the words of a record that one annotator has, with its first label."""
    label = record.get(role.label.name) if role.label else None
    words = names.title(role.layer.name, record)
    return words if label is None else f"{words} · {str(label).replace('_', ' ')}"


def _pieces(names: Names, role: Role, item: Item) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the marks of a difference: the spans that differ, or where the record is."""
    fields = [one for one in (*role.place, *role.extra) if item.a is None or item.b is None or one.name in item.differs]
    if fields and (item.a is None or item.b is None) and role.place:
        fields = list(role.place)
    for lane, record in enumerate((item.a or {}, item.b or {})):
        for one in fields:
            yield from ((lane, (span["start"], span["end"])) for span in record.get(one.name) or ())
    if not fields and item.a is not None:
        yield from ((2, piece) for piece in names.pieces(role.layer.name, item.a))


def _position(names: Names, item: Item, items: list[Item]) -> int | None:
    """Return where a difference without spans is shown: at its members, or at what it refers to."""
    record = item.a or item.b or {}
    at = names.position(item.layer, record)
    if at is not None:
        return at
    for other in items:
        owner = names.roles[other.layer].owner
        for one in (other.a, other.b) if owner is not None and owner.refers_to == item.layer else ():
            if one is not None and owner is not None and record["id"] in ids_of(one, owner):
                return names.position(other.layer, one)
    return None


def _shown(names: Names, one: Field, record: Record) -> str:
    value = record.get(one.name)
    if value is None or value == []:
        return "none"
    if one.kind == "spans":
        return " … ".join(names.words(span) for span in value)
    if one.kind == "reference" and is_target(one):
        return ", ".join(map(names.target, ids_of(record, one)))
    if one.kind == "reference":
        return ", ".join(names.name(one.refers_to, each) for each in ids_of(record, one))
    if isinstance(value, bool):
        return "yes" if value else "no"
    each = value if isinstance(value, list) else [value]
    return ", ".join(str(item).replace("_", " ") if one.kind == "label" else str(item) for item in each)
