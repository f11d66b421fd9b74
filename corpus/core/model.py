"""The records that the other rooms pass to each other. They hold data and no behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
Kind = Literal["record", "text", "annotation"]
Record = dict[str, Any]
"""The JSON object of one record of a layer, or of an article's record."""

GOLD = "gold"
"""The name of the annotator with the adjudicated annotations, the gold standard."""


class CorpusError(Exception):
    """The command cannot run. The message says what to do; the command line exits with 2."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of an article's text.

    `start` and `end` are offsets in code points, half-open. `text` quotes the words, and is None
    where they may not be redistributed.
    """

    start: int
    end: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason why a file cannot be read as it is. `name` is the name of the level 1 check that reports it."""

    name: str
    detail: str = ""
    line: int = 1
    column: int = 1
    suggestion: str = ""
    related: tuple[Place, ...] = ()


@dataclass(slots=True)
class Source:
    """A file, or a line of a bulk file: its location and its content.

    `path` is relative to the corpus, with `/`. `line` is the line of the file on which `data`
    begins, from 1. `value` is the JSON value or, for a text, the string. It is None if the source
    could not be read, and then `faults` says why.
    """

    path: str
    kind: Kind
    data: bytes = b""
    line: int = 1
    value: Any = None
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Article:
    """One article: its record, and its text, None if the text is withheld and not attached."""

    doc_id: str
    record: Record
    text: str | None
    sources: tuple[Source, ...]
    """The record first, then the text if it has a file of its own."""
    attached: bool = False
    """True if the text is a user's own copy of one that the corpus withholds."""

    @property
    def redistributable(self) -> bool:
        """True if the text may be redistributed."""
        return self.record.get("redistribution") == "full"


@dataclass(slots=True)
class Annotation:
    """One annotator's annotation of one article: the JSON object of its file."""

    annotator: str
    value: Record
    source: Source

    def layer(self, name: str) -> list[Record]:
        """Return the records of a layer, `[]` if the annotator found none or did not annotate the layer."""
        records: list[Record] = self.value.get(name) or []
        return records


@dataclass(slots=True)
class Document:
    """The unit that a check reads: an article with one annotator's annotation, or without one (None).

    `derived` is the one slot in which `checks.derived` keeps what it derived from the document.
    `severities` are those of this run, by code, and `today` is its day; `checks.run` sets them. A finding takes its
    severity from here. Without a day, no date is in the future.
    `indexes` has, for each layer of which records were left out, the index in the file of each record.
    """

    doc_id: str
    article: Article
    annotation: Annotation | None = None
    derived: object = field(default=None, init=False, repr=False, compare=False)
    severities: Mapping[str, Severity] = field(default_factory=dict, init=False, repr=False, compare=False)
    today: date | None = field(default=None, init=False, repr=False, compare=False)
    indexes: Mapping[str, Sequence[int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that checks of this document report on."""
        return self.article.sources if self.annotation is None else (self.annotation.source,)

    @property
    def source(self) -> Source:
        """The file that holds the JSON of this document."""
        return self.sources[0]

    @property
    def value(self) -> Record:
        """The JSON of this document: the annotation, or without one the article's record."""
        return self.article.record if self.annotation is None else self.annotation.value

    @property
    def text(self) -> str | None:
        """The article's text, None if it is not available."""
        return self.article.text

    def layer(self, name: str) -> list[Record]:
        """Return the records of a layer of the annotation."""
        return [] if self.annotation is None else self.annotation.layer(name)


@dataclass(frozen=True, slots=True)
class Place:
    """A location in a file. Lines and columns count from 1, columns in code points."""

    file: str
    line: int = 1
    column: int = 1
    message: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a JSON file: set the value at the JSON pointer `pointer`; its last key may be new.

    `place` is line and column of the value that is replaced, then line and column after it, in code points; both are
    the same where a new key may be inserted. It is None until the edit belongs to a finding.
    """

    pointer: str
    value: Any
    place: tuple[int, int, int, int] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix of a finding. A safe fix changes no meaning and may be applied without review.

    The one fix without edits removes a byte order mark, which is part of no value.
    """

    safe: bool
    description: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding: the fault, its location in the JSON, and its location in the article."""

    code: str
    severity: Severity
    file: str
    message: str
    pointer: str = ""
    line: int = 1
    column: int = 1
    doc_id: str = ""
    record: str = ""
    snippet: str = ""
    suggestion: str = ""
    fix: Fix | None = None
    related: tuple[Place, ...] = ()
    end_column: int = 0
    """The column after the key or value at the location, on the same line; 0 if it is unknown."""
    span: tuple[int, int] | None = None
    """The words that `snippet` underlines: (start, end) in code points of the article; None for a finding without."""
