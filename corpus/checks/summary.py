"""What corpus-wide questions need to know of a document, and no more: a `Summary` of a kB or two.

    Documents of one doc_id → Summary → (all of them) Corpus → `across.ACROSS` → Problems

A summary holds JSON pointers and no lines: where a finding stands is looked up when there is one, by
`Corpus.place`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..model import Document
from ..schema import Schema


@dataclass(frozen=True, slots=True)
class Summary:
    """One document, small enough that those of 100,000 are kept in memory; values only, so it can be pickled."""

    doc_id: str
    record: str
    """The file of its record, relative to the corpus."""
    files: tuple[str, ...] = ()
    """The files of all its parts."""
    split: str = ""
    story: str = ""
    published: str = ""
    license: str = ""
    redistribution: str = ""
    text_sha256: str = ""


def summarise(documents: list[Document], schema: Schema) -> Summary:
    """The summary of a document: of its article, which comes first, and of its annotations.

    `documents` are those of one doc_id that fit the schema and hang together; there is one at least.
    """
    article = documents[0].article
    record = article.record
    files = {source.path for document in documents for source in document.sources}
    return Summary(
        documents[0].doc_id,
        article.sources[0].path,
        tuple(sorted(files)),
        split=record.get("split") or "",
        story=record.get("story") or "",
        published=record.get("published") or "",
        license=record.get("license") or "",
        redistribution=record.get("redistribution") or "",
        text_sha256=record.get("text_sha256") or "",
    )


Locate = Callable[[str, str, str], tuple[int, int]]
"""doc_id, file and JSON pointer → line and column, from 1."""


def nowhere(doc_id: str, file: str, pointer: str) -> tuple[int, int]:
    """The place of what need not be looked up: the beginning of the file."""
    return 1, 1


@dataclass(frozen=True, slots=True)
class Corpus:
    """What corpus-wide rules are asked about."""

    summaries: tuple[Summary, ...]
    """Those of all documents that are sound, sorted by doc_id."""
    released: Mapping[str, str] = field(default_factory=dict)
    """The split of each document in the last release; empty before the first."""
    version: str = ""
    """The version of that release."""
    complete: bool = True
    """Whether no document is missing, so that it can be said what is nowhere."""
    about: frozenset[str] | None = None
    """The documents whose findings are wanted, and those that other documents have because of them; None for all."""
    place: Locate = nowhere

    def asks(self, *doc_ids: str) -> bool:
        """Whether a finding that these documents raise together is wanted."""
        return self.about is None or not self.about.isdisjoint(doc_ids)
