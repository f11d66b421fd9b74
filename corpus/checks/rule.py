"""A rule, a check, and `found`, which makes a finding."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from ..core.json_positions import join_pointer, position, token_range, value_place
from ..core.model import Document, Edit, Fix, Place, Problem, Severity, Source
from ..core.schema import Schema
from ..core.text import snippet

CheckFunction = Callable[[Document, Schema], Iterator[Problem]]
"""A check: takes a Document and the Schema and yields Problems; it never prints, raises or mutates.

Its docstring begins with its code and its message; the rest is its page.
"""

Suppress = Callable[[Problem], Problem | None]
"""Takes a finding; returns it as it is to be reported, or None if it is suppressed."""

About = Literal["article", "annotation", "both"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A source of findings: the function that yields them, and their declared severity."""

    ask: Callable[..., Iterator[Any]]
    severity: Severity = "error"

    @property
    def code(self) -> str:
        """The code, such as P307."""
        return documentation(self.ask).code

    @property
    def message(self) -> str:
        """The first part of the message of every finding."""
        return documentation(self.ask).message

    @property
    def page(self) -> str:
        """The rule's page, in Markdown: what, why, bad, good, do."""
        return documentation(self.ask).page

    @property
    def advice(self) -> str:
        """What to do about a finding that brings neither help nor fix: the line *Do* of the page; "" if each does."""
        return documentation(self.ask).advice

    @property
    def name(self) -> str:
        """The function's name with hyphens."""
        return self.ask.__name__.replace("_", "-")

    @property
    def level(self) -> int:
        """The level, 1 (files) to 6 (corpus): the digit after the code's letter."""
        return int(self.code[1])


@dataclass(frozen=True, slots=True)
class Check(Rule):
    """An entry of `CHECKS`: a rule about documents, and whether it applies to articles, annotations or both.

    A check of level 5 or 6 declares each field that it reads, as `layer.field`. Where the annotator did not annotate
    one of `needs` or `reads`, the check is not run: "not annotated" would look like "none".
    """

    ask: CheckFunction
    about: About = "annotation"
    needs: tuple[str, ...] = ()
    """The fields that the schema must have for the check to apply."""
    reads: tuple[str, ...] = ()
    """The fields that the check also reads if the schema has them."""
    optional: tuple[str, ...] = ()
    """The fields without which the check is still right: it finds less, or says less."""
    by_record: bool = False
    """True if a finding follows from the records it names and those that these refer to, whatever other records there
    are. Such a check is right about the sound records of an annotation that has others with errors."""

    def can_ask(self, absent: Collection[str]) -> bool:
        """Return True if the annotator annotated all fields that the check needs; `absent` are the others."""
        return not absent or not any(name in absent for name in (*self.needs, *self.reads))


class Documentation(NamedTuple):
    """The parts of a rule's docstring."""

    code: str
    message: str
    page: str
    advice: str


@lru_cache(maxsize=256)
def documentation(ask: Callable[..., Iterator[Any]]) -> Documentation:
    """Return the code, the message, the page and the advice that a rule's docstring gives."""
    first, _, page = (inspect.getdoc(ask) or "").partition("\n")
    code, _, message = first.partition(": ")
    advice = re.search(r"^Do: (.*)\Z", page.strip(), re.MULTILINE)
    return Documentation(code, message.rstrip("."), page.strip(), advice[1].rstrip(".") if advice else "")


def found(
    ask: CheckFunction,
    document: Document,
    detail: str = "",
    pointer: str = "",
    *,
    span: tuple[int, int] | None = None,
    suggestion: str = "",
    fix: Fix | None = None,
    related: tuple[Place, ...] = (),
    source: Source | None = None,
    place: tuple[int, int] | None = None,
) -> Problem:
    """Return the finding of check `ask` at `pointer`, located in the JSON and, for a span, in the article.

    `span` is (start, end) in code points. `place` is line and column where no pointer leads there.
    The severity is that of this run (`document.severities`).
    """
    doc = documentation(ask)
    source, record = source or document.source, _record(document, pointer)
    pointer = _in_file(document, pointer)
    line, column, end_column = (*place, 0) if place else token_range(source, pointer)
    return Problem(
        code=doc.code,
        severity=document.severities.get(doc.code, "error"),
        file=source.path,
        message=f"{doc.message}: {detail}" if detail else doc.message,
        pointer=pointer,
        line=line,
        column=column,
        doc_id=document.doc_id,
        record=record,
        snippet=snippet(document.text, *span) if span and document.text is not None else "",
        suggestion=suggestion,
        fix=_located(fix, document, source) if fix and fix.edits else fix,
        related=related,
        end_column=end_column,
        span=span,
    )


def _located(fix: Fix, document: Document, source: Source) -> Fix:
    """Return the fix with pointers into the file, and the location of what each edit replaces."""
    return Fix(fix.safe, fix.description, tuple(_edit(edit, document, source) for edit in fix.edits))


def _edit(edit: Edit, document: Document, source: Source) -> Edit:
    pointer = _in_file(document, edit.pointer)
    try:
        return Edit(pointer, edit.value, value_place(source, pointer))
    except KeyError:
        return Edit(pointer, edit.value)


def _in_file(document: Document, pointer: str) -> str:
    """Return the pointer with the index that its record has in the file (`Document.indexes`)."""
    parts = pointer.split("/", 3)
    if len(parts) < 3 or parts[1] not in document.indexes or not parts[2].isdigit():
        return pointer
    indexes, index = document.indexes[parts[1]], int(parts[2])
    if index < len(indexes):
        parts[2] = str(indexes[index])
    return "/".join(parts)


def at(document: Document, *parts: str | int, message: str = "") -> Place:
    """Return the location of `parts` in the document's JSON, as a related place."""
    pointer = _in_file(document, join_pointer(*parts))
    return Place(document.source.path, *position(document.source, pointer), message)


def _record(document: Document, pointer: str) -> str:
    """Return the id of the record that a pointer leads into, or ""."""
    parts = pointer.split("/")
    if len(parts) < 3 or not parts[2].isdigit():
        return ""
    records = document.value.get(parts[1])
    if not isinstance(records, list) or int(parts[2]) >= len(records):
        return ""
    record = records[int(parts[2])]
    return str(record.get("id", "")) if isinstance(record, dict) else ""
