"""Copy a release and put the texts back that it withholds.

    documents/, annotations/, withheld/   rows of a document, as compiled      ┐
    FOLDER/<doc_id>.txt                   its text, if the checksum fits       ┘→ compiled again → a new folder

The copy equals what `corpus build --with-attached` makes from the same corpus. It is written atomically, and the
release is only read. Documents are processed in small batches, so memory does not grow with the release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from ..core.model import GOLD, Article, CorpusError, Record
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..edit.attach import difference
from ..files import new_folder
from ..files.index import DOC_ID, MAX_BYTES
from ..files.storage import Storage
from ..pipeline.executors import Engine, InProcess
from ..pipeline.shard import Shard
from ..pipeline.tables import Row, build
from .build import Built, copy_schema, manifest_of, write_tables
from .card import card_of_copy
from .diff import number
from .stored_rows import annotation_rows, article_rows, splits_of
from .tables import TableSource
from .verify import read_manifest, verify

_BATCH = 64
"""Documents held in memory at once."""
_NOTICE = """> **Not to be passed on.** This is a private copy of version {version}. It holds the texts of {count}
> that the release withholds, put back by `corpus attach --release`. Figures and tables below are those of the release.
"""


@dataclass(slots=True)
class Attached:
    """The outcome of attaching: doc_ids whose text was put back, doc_ids without a file, and mismatches."""

    documents: int = 0
    """The number of all documents."""
    put_back: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """One message for each text that does not match its checksum. If there is any, nothing was written."""


def attach_texts(
    release: Path, texts: Path, out: Path, *, progress: Callable[[Iterator[Shard], int], Iterator[Shard]]
) -> Attached:
    """Write a copy of the build in `release` to `out` with the texts that it withholds, from `texts`/<doc_id>.txt.

    Every text is first compared with its SHA-256 in the config `documents`; if one differs, nothing is written.
    Texts without a file stay withheld. `out` must not exist. Raises CorpusError if `release` is damaged or is
    itself such a copy, or if no text can be put back.
    """
    manifest = read_manifest(release)
    if "texts_of" in manifest:
        raise CorpusError(f"{release} is a copy with attached texts; give the release it was made from")
    if damage := next(verify(release), ""):
        raise CorpusError(f"{release} fails verification: {damage}; `corpus verify` lists all mismatches")
    if not texts.is_dir():
        raise CorpusError(f"{texts} is not a directory")
    if out.exists():
        raise CorpusError(f"{out} exists already; choose another --out")
    if out.resolve().is_relative_to(release.resolve()):
        raise CorpusError(f"{out} is inside the release, and releases are immutable; choose another --out")
    found = _compared(release, texts)
    if found.wrong:
        return found
    if not found.put_back:
        raise CorpusError(
            f"{texts} has no text for any of the {number(len(found.missing), 'document')} whose text is withheld"
            if found.missing
            else f"{release} withholds no text: there is nothing to attach"
        )
    _write(release, manifest, texts, out, found, progress)
    return found


def _compared(release: Path, texts: Path) -> Attached:
    found = Attached()
    for split in splits_of(release, "documents"):
        for record in article_rows(release, split):
            found.documents += 1
            if record["text"] is not None:
                continue
            doc_id = record["doc_id"]
            if not DOC_ID.fullmatch(doc_id) or not (texts / f"{doc_id}.txt").is_file():
                found.missing.append(doc_id)
                continue
            data = _read(texts, doc_id)
            if hashlib.sha256(data).hexdigest() == record["text_sha256"]:
                found.put_back.append(doc_id)
            else:
                found.wrong.append(f"{texts / doc_id}.txt is not the text of {doc_id}: {difference(data, record)}")
    return found


def _read(texts: Path, doc_id: str) -> bytes:
    return read_file(texts / f"{doc_id}.txt", texts, MAX_BYTES)


def _write(
    release: Path,
    manifest: dict[str, Any],
    texts: Path,
    out: Path,
    found: Attached,
    progress: Callable[[Iterator[Shard], int], Iterator[Shard]],
) -> None:
    schema = Schema.read(release)
    built = Built(str(manifest["version"]))
    with new_folder(out) as new:
        folder = new.path
        put_back = frozenset(found.put_back)
        splits = splits_of(release, "documents")
        shards = (shard for split in splits for shard in _shards(release, split, schema, texts, put_back))
        written = write_tables(progress(shards, found.documents), schema, new.beside, built, lambda problem: None)
        built.place(
            [TableSource(Storage(new.beside), "", written or [])], schema, Storage(folder), Engine(InProcess(), 1)
        )
        notice = _NOTICE.format(version=built.version, count=number(len(put_back), "document"))
        readme = card_of_copy(release / "README.md", schema, built.version, built.splits, built.content, notice)
        (folder / "README.md").write_text(readme, "utf-8")
        copy_schema(release, folder)
        for name in ("CHANGES.md", "CITATION.cff"):
            if (release / name).is_file():
                (folder / name).write_bytes(read_file(release / name, release))
        (folder / ".gitignore").write_text("*\n", "utf-8")
        more: dict[str, Any] = {name: manifest[name] for name in ("commit", "previous") if name in manifest}
        more["texts_of"] = {
            "note": "holds texts that may not be passed on",
            "content_sha256": manifest["content_sha256"],
            "documents": len(put_back),
        }
        (folder / "manifest.json").write_text(manifest_of(folder, schema, built, more), "utf-8")
        new.commit()


def _shards(release: Path, split: str, schema: Schema, texts: Path, put_back: frozenset[str]) -> Iterator[Shard]:
    """Compile the documents of a split again, batch by batch.

    Articles and annotations are in the order of doc_ids, so one pass over each is enough: `waiting` are the annotations
    of the next document that has some, the current one or a later one.
    """
    others = groupby(annotation_rows(release, split, schema), lambda row: row["doc_id"])
    waiting = next(others, None)
    records = article_rows(release, split)
    while batch := list(islice(records, _BATCH)):
        rows: list[Row] = []
        for record in batch:
            doc_id = record["doc_id"]
            mine: list[Record] = []
            if waiting is not None and waiting[0] == doc_id:
                mine = list(waiting[1])
                waiting = next(others, None)
            text = _text(texts, record) if doc_id in put_back else record["text"]
            rows.append(_row(len(rows), record, mine, text, schema))
        yield Shard(documents=len(rows), batches=build(rows, schema))
    if waiting is not None:
        raise CorpusError(f"{release}: the annotations of split {split} are not in the order of its documents")


def _text(texts: Path, record: Record) -> str:
    data = _read(texts, record["doc_id"])
    if hashlib.sha256(data).hexdigest() != record["text_sha256"]:
        raise CorpusError(f"{texts / record['doc_id']}.txt changed while it was being attached; run the command again")
    return data.decode("utf-8")


def _row(number: int, record: Record, others: list[Record], text: str | None, schema: Schema) -> Row:
    """Turn the rows of a document back into the Row that they were compiled from."""
    article = Article(record["doc_id"], {f.name: record[f.name] for f in schema.article_fields}, text, ())
    gold = {} if record["layers_done"] is None else {GOLD: _annotation(record, schema)}
    return Row(number, article, text, gold | {one["annotator"]: _annotation(one, schema) for one in others})


def _annotation(row: Record, schema: Schema) -> Record:
    value = {name: row[name] for name in ("layers_done", "provenance", *schema.layers)}
    fields_done = {layer: names for layer, names in (row.get("fields_done") or {}).items() if names is not None}
    if fields_done:
        value["fields_done"] = fields_done
    for layer in schema.layers.values():
        for spans in layer.of_kind("spans"):
            for record in value[layer.name] or ():
                for span in record[spans.name] or ():
                    if span["text"] is None:
                        del span["text"]
    return value
