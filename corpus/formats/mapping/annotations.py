"""The annotations of one file of another tool in a neutral form, which a map turns into records of layers.

Readers of brat, doccano, Prodigy, WebAnno and UIMA files all return `Annotations`; `records.py` maps them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(slots=True)
class SpanAnnotation:
    """An annotation of words: its type and its pieces, (start, end) in code points."""

    type: str
    pieces: list[tuple[int, int]]
    line: int


@dataclass(slots=True)
class Event:
    """An annotation with roles: its type, the id of the span annotation that triggers it, and (role, id) in order."""

    type: str
    trigger: str
    roles: list[tuple[str, str]]
    line: int


@dataclass(slots=True)
class Property:
    """A named value of another annotation: an attribute, a note or a knowledge-base id; the value may be None."""

    type: str
    target: str
    value: str | None
    line: int


class Relation(NamedTuple):
    """A relation: its type and (role, id) of each argument."""

    type: str
    arguments: list[tuple[str, str]]
    line: int


class Chain(NamedTuple):
    """A coreference chain, or any other set of equivalent annotations: its type and the ids of its members."""

    type: str
    members: list[str]
    line: int


class Defect(NamedTuple):
    """Something wrong with an annotation: the code of its Problem, the line of the file, and a description."""

    code: str
    line: int
    detail: str


@dataclass(slots=True)
class Annotations:
    """All annotations of a file, in the order of the file; spans and events by their id.

    `kb_links` link a mention to a knowledge base. `broken` are ids of annotations that could not be read and have
    a Problem already: a reference to one of them is dropped without a second Problem. `others` are the ids of
    relations, attributes and notes, which can have properties too: no field has a place for those.
    """

    spans: dict[str, SpanAnnotation] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    attributes: list[Property] = field(default_factory=list)
    kb_links: list[Property] = field(default_factory=list)
    notes: list[Property] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def types(self) -> dict[str, str]:
        """Return the type of each span and event by its id."""
        return {name: one.type for name, one in self.spans.items()} | {
            name: one.type for name, one in self.events.items()
        }
