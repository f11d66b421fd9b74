"""The values that travel through the program: small typed records, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
Kind = Literal["record", "text", "annotation"]
Record = dict[str, Any]
"""One record of a layer, or the record of an article, as JSON has it."""

GOLD = "gold"
"""The annotator whose annotations are the adjudicated set."""


class CorpusError(Exception):
    """The tool cannot do what was asked; the message says what to do. The command line exits with 2."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an article's text.

    `start` and `end` are code points, half-open; `text` repeats the words, or is None where
    they may not be redistributed.
    """

    start: int
    end: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file could not be read, or not as it stands. `name` is the name of a level 1 check."""

    name: str
    detail: str = ""
    line: int = 1
    column: int = 1
    suggestion: str = ""
    related: tuple[Place, ...] = ()


@dataclass(slots=True)
class Source:
    """A file, or a line of a bulk file: where it lies and what was read from it.

    `path` is relative to the corpus, with `/`. `line` is the line of the file on which `data`
    begins, counted from 1. `value` is the JSON value or, for a text, the string; None when the
    source could not be read, and then `faults` says why.
    """

    path: str
    kind: Kind
    data: bytes = b""
    line: int = 1
    value: Any = None
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Article:
    """One article: its record and its text, None where the text is withheld and not attached."""

    doc_id: str
    record: Record
    text: str | None
    sources: tuple[Source, ...]
    """The record first; a text that lies in a file of its own second."""
    attached: bool = False
    """The text is a user's own copy of one that the corpus does not hold."""

    @property
    def redistributable(self) -> bool:
        """Whether the text may be passed on."""
        return self.record.get("redistribution") == "full"


@dataclass(slots=True)
class Annotation:
    """One annotator's annotation of one article, as the file has it."""

    annotator: str
    value: Record
    source: Source

    def layer(self, name: str) -> list[Record]:
        """The records of a layer, `[]` when the annotator found none or did not look."""
        records: list[Record] = self.value.get(name) or []
        return records


@dataclass(slots=True)
class Document:
    """What a check is asked about: an article as one annotator sees it, or (None) on its own.

    `derived` is the one slot in which `checks.derived` keeps what it derived from the document.
    `severities` are those of this run, by code; `checks.run` sets them, and a finding takes its own from here.
    """

    doc_id: str
    article: Article
    annotation: Annotation | None = None
    derived: object = field(default=None, init=False, repr=False, compare=False)
    severities: Mapping[str, Severity] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that the questions about this document are about."""
        return self.article.sources if self.annotation is None else (self.annotation.source,)

    @property
    def source(self) -> Source:
        """The file that holds the JSON of this document."""
        return self.sources[0]

    @property
    def value(self) -> Record:
        """The JSON of this document: the annotation's, or else the article's record."""
        return self.article.record if self.annotation is None else self.annotation.value

    @property
    def text(self) -> str | None:
        """The article's text, None where it is not here."""
        return self.article.text

    def layer(self, name: str) -> list[Record]:
        """The records of a layer of the annotation."""
        return [] if self.annotation is None else self.annotation.layer(name)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: line and column are counted from 1, columns in code points."""

    file: str
    line: int = 1
    column: int = 1
    message: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a JSON file: the value at `pointer`, or a key that its object lacks, becomes `value`."""

    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Fix:
    """A way to mend a finding. A safe one changes no meaning and may be applied unseen.

    The one fix without edits is to take a byte order mark off, which is in no value.
    """

    safe: bool
    description: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding: what is wrong, where in the JSON, and where in the article."""

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
