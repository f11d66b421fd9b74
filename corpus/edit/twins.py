"""Make twins: changed copies of articles, with their gold annotation projected.

    raw/vote.txt, raw/vote.json, annotations/gold/vote.json   → the same three of vote-noisy

The choice of edits depends on the seed, the id of the article, the kind and the place of an edit, and on nothing else
that is random: the same files give the same twins. After each edit all checks of the document are asked; an edit with a
finding that the original does not have is not made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .. import checks
from ..core.model import GOLD, Annotation, Article, CorpusError, Document, Record, Severity, Source
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..core.twin_source import ORIGINAL_SHA256, names_original, twin_source
from ..files import Index, Reader, by_document, canonical, parse_json
from ..files.index import MAX_BYTES, RECORD
from .noise import KINDS, Edit, Kind, Original
from .projection import Projection, SpanLostError

NOISY = "noisy"
TOOL = "corpus twin"
"""The tool in the provenance of a twin's annotation; its note names the original."""
_APART = 3
"""The fewest code points between two edits."""


@dataclass(frozen=True, slots=True)
class Twin:
    """The files of a twin, by their path in the corpus, and how many edits of each kind were made."""

    doc_id: str
    of: str
    files: Mapping[str, bytes]
    edits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the document of a twin is checked with."""

    schema: Schema
    severities: Mapping[str, Severity]


def twin_id(doc_id: str, kind: str) -> str:
    """Return the id of the twin of a document."""
    return f"{doc_id}-{kind}"


def originals(root: Path, split: str | None, doc_ids: Iterable[str] = ()) -> Iterator[Document]:
    """Yield the documents with a text that may be passed on and a gold annotation, without twins.

    `split` and `doc_ids` select some; by default, all are.
    """
    asked = set(doc_ids)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for group in (group for shard in index.shards(256) for group in by_document(shard)):
            if asked and group[0].doc_id not in asked:
                continue
            for document in reader.documents([entry for entry in group if entry.annotator in ("", GOLD)]):
                record = document.article.record
                if document.annotation is None or document.text is None or record.get("twin_of"):
                    continue
                if document.article.redistributable and (split is None or record.get("split") == split):
                    yield document


def read_twin_files(root: Path, twin: Twin) -> dict[str, bytes]:
    """Return the bytes of the files that a twin has now, b"" for one that is missing.

    Raises CorpusError if the id of the twin belongs to an article that is not such a twin.
    """
    found = {}
    for path in twin.files:
        try:
            found[path] = read_file(root / path, limit=MAX_BYTES)
        except FileNotFoundError:
            found[path] = b""
    record = parse_json(found[f"raw/{twin.doc_id}.json"])[0] if found[f"raw/{twin.doc_id}.json"] else None
    if record and (record.get("twin_of"), record.get("twin_kind")) != (twin.of, NOISY):
        raise CorpusError(f"raw/{twin.doc_id}.json is not the {NOISY} twin of {twin.of}: rename that article")
    return found


def obsolete(root: Path, kind: str, split: str | None, made: Collection[str]) -> list[str]:
    """Return the ids of the twins of a kind, in a split, whose original is not in `made`."""
    found = []
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for group in (group for shard in index.shards(256) for group in by_document(shard)):
            for document in reader.documents([entry for entry in group if entry.kind == RECORD]):
                record = document.article.record
                asked = record.get("twin_kind") == kind and (split is None or record.get("split") == split)
                if asked and record.get("twin_of") not in made:
                    found.append(document.doc_id)
    return found


def noisy(document: Document, rules: Rules, seed: int = 1) -> Twin:
    """Return the badly edited twin of a document with a gold annotation and a text."""
    making = _Making(Original(document), rules)
    counts: dict[str, int] = {}
    for kind in KINDS:
        made = making.add(kind, seed)
        if made:
            counts[kind.name] = made
    return making.twin(seed, counts)


class _Making:
    """The edits of one document that are chosen so far."""

    def __init__(self, original: Original, rules: Rules) -> None:
        self._original, self._rules = original, rules
        self._chosen: list[Edit] = []
        self._accepted = Counter(_findings(original.document, rules))
        self._names = [one["name"] for one in original.document.layer("entities") if one.get("name")]
        text, title = original.text, original.document.article.record.get("title")
        self._first = len(title) + 1 if title and text.startswith(title) else 0

    def add(self, kind: Kind, seed: int) -> int:
        """Choose edits of a kind, and return how many."""
        wanted = 1 + len(self._original.words) // kind.words
        doc_id = self._original.document.doc_id
        proposed = {
            sha256(f"{seed} {doc_id} {kind.name} {edit.changes[0]}".encode()).digest(): edit
            for edit in kind.propose(self._original)
        }
        ranked = [edit for _, edit in sorted(proposed.items())]
        return self._choose(ranked, wanted, together=True) or self._choose(ranked, wanted, together=False)

    def _choose(self, ranked: Iterable[Edit], wanted: int, *, together: bool) -> int:
        """Choose the first edits that are apart, and return how many: only `together`, or each that is right."""
        before = list(self._chosen)
        for edit in ranked:
            if len(self._chosen) == len(before) + wanted:
                break
            if self._is_apart(edit) and (together or self._is_right([*self._chosen, edit])):
                self._chosen.append(edit)
        if together and not self._is_right(self._chosen):
            self._chosen = before
        return len(self._chosen) - len(before)

    def twin(self, seed: int, counts: Mapping[str, int]) -> Twin:
        """Return the twin with the chosen edits."""
        document = self._copy(self._chosen, f"Seed {seed}. {_listed(counts)}.")
        record, text = document.article.sources
        name = document.doc_id
        assert document.annotation is not None
        files = {
            f"raw/{name}.json": record.data,
            f"raw/{name}.txt": text.data,
            f"annotations/{GOLD}/{name}.json": document.annotation.source.data,
        }
        return Twin(name, self._original.document.doc_id, files, counts)

    def _is_apart(self, edit: Edit) -> bool:
        """Return True if an edit is apart from all chosen ones and from the headline."""
        taken = [change for one in self._chosen for change in one.changes]
        return all(
            new.start >= self._first and (new.end + _APART <= old.start or old.end + _APART <= new.start)
            for new in edit.changes
            for old in (*taken, *(one for one in edit.changes if one is not new))
        ) and all(new.start >= self._first for new in edit.changes)

    def _is_right(self, edits: list[Edit]) -> bool:
        """Return True if the annotation can follow some edits, and the checks find nothing that is new."""
        try:
            document = self._copy(edits, "")
        except SpanLostError:
            return False
        old, new = self._original.text, document.text or ""
        if any(name in old and name not in new for name in self._names):
            return False
        return not Counter(_findings(document, self._rules)) - self._accepted

    def _copy(self, edits: list[Edit], note: str) -> Document:
        """Return the document with some edits. Raises SpanLostError."""
        original, schema = self._original.document, self._rules.schema
        projection = Projection(self._original.text, [change for one in edits for change in one.changes])
        value = projection.annotation(original.value, schema)
        if "mentions" in value:
            value["mentions"] = [*value["mentions"], *_new_mentions(value["mentions"], edits, projection)]
        provenance = {
            name: item
            for name, item in (value.get("provenance") or {}).items()
            if name in ("guidelines", "alternatives")
        }
        if names_original(schema.annotation):
            provenance[ORIGINAL_SHA256] = twin_source(original.value).own
        provenance |= {"tool": TOOL, "machine": True, "note": f"Projected from gold of {original.doc_id}. {note}"}
        name = twin_id(original.doc_id, NOISY)
        data = projection.text.encode()
        checksum = sha256(data).hexdigest()
        record = {
            **original.article.record,
            "doc_id": name,
            "text_sha256": checksum,
            "length": len(projection.text),
            "twin_of": original.doc_id,
            "twin_kind": NOISY,
        }
        value |= {"doc_id": name, "text_sha256": checksum, "provenance": provenance}
        return _document(name, record, projection.text, value, schema)


def _document(name: str, record: Record, text: str, value: Record, schema: Schema) -> Document:
    written = canonical(record, "record", schema), canonical(value, "annotation", schema)
    sources = (
        Source(f"raw/{name}.json", "record", written[0], value=record),
        Source(f"raw/{name}.txt", "text", text.encode(), value=text),
    )
    source = Source(f"annotations/{GOLD}/{name}.json", "annotation", written[1], value=value)
    return Document(name, Article(name, record, text, sources), Annotation(GOLD, value, source))


def _new_mentions(known: list[Record], edits: Iterable[Edit], projection: Projection) -> Iterator[Record]:
    numbers = [int(match[0]) for one in known if (match := re.search(r"\d+$", one["id"]))]
    number = max(numbers, default=0)
    for one in edits:
        if one.mention:
            number += 1
            start = projection.place(one.changes[0])
            first, last = start + one.mention.start, start + one.mention.end
            span = {"start": first, "end": last, "text": projection.text[first:last]}
            yield {"id": f"m{number}", "spans": [span], "form": "NAM", "entity": one.mention.entity}


def _findings(document: Document, rules: Rules) -> Iterator[tuple[str, str]]:
    """Yield code and record of each error and warning."""
    for one in checks.run(document, rules.schema, set(), rules.severities):
        if one.severity != "info":
            yield one.code, one.record


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items())
