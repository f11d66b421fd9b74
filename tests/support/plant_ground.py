"""A small corpus of real articles, to be changed and validated: the ground in which faults are planted."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from corpus.core.model import Problem
from support.cases import validate
from support.corpora import REPOSITORY

LAYERS = ("entities", "mentions", "quotes", "nonquotes", "stances")
ANNOTATORS = ("gold", "ann-a", "ann-b")
Record = dict[str, Any]


@dataclass
class Doc:
    """One document with its annotations, all of it to be changed."""

    doc_id: str
    text: str
    record: Record
    annotations: dict[str, Record]

    @property
    def gold(self) -> Record:
        return self.annotations["gold"]

    def path(self, annotator: str = "gold") -> str:
        return f"annotations/{annotator}/{self.doc_id}.json"

    def layer(self, name: str) -> list[Record]:
        records: list[Record] = self.gold[name]
        return records

    def where(self, layer: str, **wanted: object) -> list[Record]:
        """Return the records of a layer of gold with these values."""
        return [one for one in self.layer(layer) if all(one.get(name) == value for name, value in wanted.items())]

    def get(self, layer: str, record_id: str) -> Record:
        return next(one for one in self.layer(layer) if one["id"] == record_id)

    def mentions_of(self, entity: str) -> list[Record]:
        return self.where("mentions", entity=entity)

    def span(self, start: int, end: int) -> Record:
        return {"start": start, "end": end, "text": self.text[start:end]}

    def spans(self, annotator: str = "gold") -> Iterator[Record]:
        """Yield every span of an annotation."""
        for layer in LAYERS:
            for record in self.annotations[annotator][layer]:
                for part in record.values():
                    yield from (one for one in part if isinstance(one, dict)) if isinstance(part, list) else ()

    def replace(self, start: int, end: int, new: str) -> None:
        """Change words of the text, and shift and requote every span as if it had been annotated so."""
        by = len(new) - (end - start)
        self.set_text(self.text[:start] + new + self.text[end:])
        for annotator in self.annotations:
            for span in self.spans(annotator):
                begin, stop = span["start"], span["end"]
                span |= self.span(begin + by * (begin >= end), stop + by * (stop >= end))

    def set_text(self, text: str) -> None:
        """Give the document another text, with its checksum everywhere."""
        self.text = text
        digest = sha256(text.encode()).hexdigest()
        self.record |= {"text_sha256": digest, "length": len(text)}
        for one in self.annotations.values():
            one["text_sha256"] = digest


@dataclass
class Ground:
    """A corpus of a few documents in which a fault is planted; `files` are bytes to write over it, None to delete."""

    docs: list[Doc]
    files: dict[str, bytes | None] = field(default_factory=dict)
    prepare: Callable[[Path], None] | None = None

    @property
    def doc(self) -> Doc:
        return self.docs[0]

    def contents(self) -> dict[str, bytes]:
        made: dict[str, bytes] = {}
        for doc in self.docs:
            made[f"raw/{doc.doc_id}.txt"] = doc.text.encode("utf-8", "surrogatepass")
            made[f"raw/{doc.doc_id}.json"] = as_bytes(doc.record)
            for annotator, value in doc.annotations.items():
                made[doc.path(annotator)] = as_bytes(value)
        return made


@cache
def articles() -> tuple[str, ...]:
    """The documents of this corpus that were annotated twice and adjudicated, and have a text."""
    gold = (path.stem for path in sorted((REPOSITORY / "annotations" / "gold").glob("*.json")))
    return tuple(one for one in gold if all((REPOSITORY / path).exists() for path in _paths(one)))


def _paths(doc_id: str) -> tuple[str, ...]:
    return (f"raw/{doc_id}.txt", f"raw/{doc_id}.json", *(f"annotations/{one}/{doc_id}.json" for one in ANNOTATORS))


@cache
def _bytes(doc_id: str) -> tuple[bytes, ...]:
    return tuple((REPOSITORY / path).read_bytes() for path in _paths(doc_id))


def read(doc_id: str, compared: bool = False) -> Doc:
    """Return a document with gold, and with the annotations that it was adjudicated from if it is to be compared.

    It has no alternatives: what a fault changes in texts and records would have to be changed in them too.
    """
    text, record, *annotations = _bytes(doc_id)
    kept = {
        name: orjson.loads(data)
        for name, data in zip(ANNOTATORS, annotations, strict=True)
        if compared or name == "gold"
    }
    kept["gold"].get("provenance", {}).pop("alternatives", None)
    return Doc(doc_id, text.decode(), orjson.loads(record), kept)


def findings(ground: Ground) -> list[Problem]:
    """Return the findings in a corpus of these documents."""
    if ground.prepare is None:
        return _findings(_root(), ground)
    with TemporaryDirectory(prefix="planted-") as folder:
        _start(Path(folder))
        return _findings(Path(folder), ground)


@cache
def _root() -> Path:
    """Return a directory in which one corpus is written after another, since making directories takes time."""
    folder = TemporaryDirectory(prefix="planted-")
    atexit.register(folder.cleanup)
    _start(Path(folder.name))
    return Path(folder.name)


def _start(root: Path) -> None:
    (root / "schema").mkdir()
    for schema in (REPOSITORY / "schema").glob("*.json"):
        shutil.copy(schema, root / "schema")


def _findings(root: Path, ground: Ground) -> list[Problem]:
    contents: dict[str, bytes | None] = {**ground.contents(), **ground.files}
    written = [root / path for path, data in contents.items() if data is not None]
    try:
        for path, data in contents.items():
            if data is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(data)
        if ground.prepare:
            ground.prepare(root)
        return validate(root)
    finally:
        for file in written:
            file.unlink()


def as_bytes(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
