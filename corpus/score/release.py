"""Read the gold annotations of a release or build, which needs no corpus: its Parquet, its schema and its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.model import GOLD, Article, CorpusError, Record
from ..core.regular_file import open_file, read_file
from ..core.schema import Schema
from ..core.settings import VERSION
from ..files import parse_json
from ..files.parquet_file import ParquetFile
from ..files.releases import TABLES_OF_DOCUMENTS
from .gold import GoldDocument

_ROWS = 256
_ANNOTATION = ("layers_done", "fields_done")


@dataclass(frozen=True, slots=True)
class Release:
    """A release or build on disk: what identifies it, and its files."""

    folder: Path
    version: str
    content_sha256: str
    files: dict[str, str]

    def __str__(self) -> str:
        return f"release {self.version}" if self.version else str(self.folder)


def open_release(given: str | Path, root: Path | None) -> Release:
    """Open a release: a directory with a manifest, or a version in releases/ of the corpus at `root`.

    Raises CorpusError if there is none, or if its manifest cannot be read.
    """
    folder = Path(given)
    if root is not None and VERSION.fullmatch(str(given)) and not folder.is_dir():
        folder = root / "releases" / str(given)
    path = folder / "manifest.json"
    if not path.is_file():
        raise CorpusError(f"{folder} is not a release: it has no manifest.json")
    value, _ = parse_json(read_file(path))
    files = value.get("files") if isinstance(value, dict) else None
    content = value.get("content_sha256") if isinstance(value, dict) else None
    if not isinstance(files, dict) or not isinstance(content, str):
        raise CorpusError(f"{path} is not a manifest: it has no files or no content_sha256")
    return Release(folder, str(value.get("version") or ""), content, files)


def released_documents(release: Release, schema: Schema) -> Iterator[GoldDocument]:
    """Yield the documents with gold, in the order of the files. Raises CorpusError for a file with another checksum."""
    for row in released_rows(release, TABLES_OF_DOCUMENTS):
        if row.get("layers_done") is not None and row.get("annotator", GOLD) == GOLD:
            yield _document(schema, row)


def released_rows(
    release: Release, folders: Sequence[str], columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of some configs. Raises CorpusError for a file with another checksum, or without the columns."""
    starts = tuple(f"{name}/" for name in folders)
    for name in sorted(name for name in release.files if name.startswith(starts) and name.endswith(".parquet")):
        path = release.folder / name
        if not path.is_file() or _sha256(path) != release.files[name]:
            raise CorpusError(f"{path} is missing or not the released file; `corpus verify` lists all mismatches")
        for batch in ParquetFile(path).batches(_ROWS, columns):
            yield from batch.to_pylist()


def _document(schema: Schema, row: Record) -> GoldDocument:
    record = {field.name: row.get(field.name) for field in schema.article_fields}
    value: Record = {name: row[name] for name in ("doc_id", "text_sha256", *_ANNOTATION) if row.get(name) is not None}
    value |= {"schema_version": schema.version, "annotator": "gold"}
    if "fields_done" in value:
        value["fields_done"] = {layer: names for layer, names in value["fields_done"].items() if names is not None}
    for layer in schema.layers:
        if row.get(layer) is not None:
            value[layer] = [_without_nulls(one) for one in row[layer]]
    text = row.get("text")
    return GoldDocument(Article(row["doc_id"], record, text, ()), value, row["length"])


def _without_nulls(record: dict[str, Any]) -> Record:
    return {name: value for name, value in record.items() if value is not None}


def _sha256(path: Path) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
