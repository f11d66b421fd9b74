"""What was seen of documents, kept from run to run: which have no finding, and the Summary of each.

    bytes of a document's parts ┐
    schema, code, libraries     ├→ key → clean, Summary
    severities, exceptions      ┘ (of a document with findings)

A document without findings has none under any severities, exceptions or date, so a clean one is known
by its bytes, the schema and the code alone. Findings are not kept: a document that has some is asked
again.

There is one SQLite file for each folder of a corpus, in the user's cache folder or where
ON_THE_RECORD_CACHE says. It does not lie in the corpus, where a submission could bring one that calls
everything clean. It may be deleted at any time; what is damaged in it is not used, and when it cannot
be written, nothing is kept.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from operator import attrgetter
from pathlib import Path
from typing import Any

import orjson
import platformdirs

from ..checks.document_summary import Summary
from ..checks.suppress.suppressions import Suppressions
from ..core.model import Severity
from ..core.schema import Schema

_LIBRARIES = ("jiter", "jsonschema-rs", "numpy", "orjson", "pyarrow", "regex", "rensa", "sentencex", "datasketch")
"""What a Summary or a finding may depend on, beside the package and Python."""
_TABLE = "CREATE TABLE IF NOT EXISTS seen (doc_id TEXT PRIMARY KEY, key BLOB, settings BLOB, mark BLOB, summary BLOB)"
_FIND = "SELECT doc_id, key, settings, mark, summary FROM seen WHERE doc_id IN ({})"
_KEEP = "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)"
_VALUES = attrgetter(*(one.name for one in fields(Summary)))
"""The fields of a Summary, which are read back in a third of the time that the Summary itself takes."""
_SPARE = 1000
"""Documents that are no longer there, beyond as many as there are, that are kept."""

_Row = tuple[str, bytes, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a document: whether it is free of findings, and its Summary, None when it is not sound."""

    clean: bool
    summary: Summary | None


@dataclass(frozen=True, slots=True)
class Store:
    """Where the cache of a corpus lies, and what all that is in it depends on; passed to every shard."""

    file: Path
    context: bytes
    """A hash of the schema, the package's code, Python and the libraries."""
    settings: bytes
    """A hash of severities, exceptions and baseline."""


def cache_of(
    root: Path, schema: Schema, severities: Mapping[str, Severity], suppressions: Suppressions, documents: int
) -> Store | None:
    """The cache of the corpus at `root`, None when there can be none.

    It is emptied when it holds far more than the `documents` of the corpus.
    """
    named = os.environ.get("ON_THE_RECORD_CACHE")
    folder = Path(named) if named else platformdirs.user_cache_path("on-the-record") / "seen"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return None
    except OSError:
        return None
    settings = [sorted(severities.items()), sorted(suppressions.held), sorted((suppressions.baseline or {}).items())]
    name = blake2b(os.fsencode(root.resolve()), digest_size=16).hexdigest()
    store = Store(folder / f"{name}.sqlite", _context(schema), _hash(repr(settings).encode()))
    with Cache(store) as cache:
        cache.trim(documents)
    return store


def _context(schema: Schema) -> bytes:
    package = Path(__file__).parent.parent
    code = [(path.relative_to(package).as_posix(), path.read_bytes()) for path in sorted(package.rglob("*.py"))]
    written = orjson.dumps([schema.annotation, schema.article, schema.registry])
    return _hash(repr([sys.version, [_version(name) for name in _LIBRARIES], code]).encode(), written)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _hash(*parts: bytes) -> bytes:
    hashed = blake2b(digest_size=32)
    for part in parts:
        hashed.update(b"%d:" % len(part))
        hashed.update(part)
    return hashed.digest()


class Cache:
    """The cache while a shard is worked on; a context manager that keeps what was added when it is left.

    `doc_ids` are the documents that will be asked for. Without a `store` nothing is known or kept.
    """

    def __init__(self, store: Store | None, doc_ids: Collection[str] = ()) -> None:
        self._store = store or Store(Path(), b"", b"")
        self._new: list[_Row] = []
        self._base: sqlite3.Connection | None = None
        if store:
            with suppress(sqlite3.OperationalError):  # it cannot be opened here
                self._base = sqlite3.connect(store.file, isolation_level=None)
        self._do("PRAGMA synchronous=OFF")
        self._do(_TABLE)
        marks = ",".join("?" * len(doc_ids))
        rows = self._do(_FIND.format(marks), *doc_ids) if doc_ids else []
        self._rows: dict[str, _Row] = {row[0]: row for row in rows}

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._new and kind is None:
            self._do("BEGIN IMMEDIATE")
            for row in self._new:
                self._do(_KEEP, *row)
            self._do("COMMIT")
        if self._base:
            self._base.close()

    @property
    def usable(self) -> bool:
        """Whether anything can be known or kept."""
        return self._base is not None

    def known(self, doc_id: str, digest: bytes) -> Known | None:
        """What is known of a document whose parts have this digest (`Reader.digest`); None when it is not known."""
        _, key, settings, mark, summary = self._rows.get(doc_id) or ("", b"", b"", b"", b"")
        if key != self._key(digest) or settings not in (b"", self._store.settings):
            return None
        if mark != _hash(key, settings, summary):
            return None
        values = pickle.loads(summary)
        return Known(settings == b"", Summary(*values) if values else None)

    def add(self, doc_id: str, digest: bytes, known: Known) -> None:
        """Keep what is known of a document."""
        key, settings = self._key(digest), b"" if known.clean else self._store.settings
        summary = pickle.dumps(_VALUES(known.summary) if known.summary else (), 5)
        self._new.append((doc_id, key, settings, _hash(key, settings, summary), summary))

    def trim(self, documents: int) -> None:
        """Empty the cache when most of it is about documents that are no longer there."""
        for (count,) in self._do("SELECT count(*) FROM seen"):
            if count > 2 * documents + _SPARE:
                self._do("DELETE FROM seen")

    def _key(self, digest: bytes) -> bytes:
        return _hash(self._store.context, digest)

    def _do(self, statement: str, *values: Any) -> list[Any]:
        """What the database answers. One that cannot be used is left alone, and one that is damaged is deleted."""
        if self._base is None:
            return []
        try:
            return self._base.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._base.close()
            self._base = None
            if not isinstance(error, sqlite3.OperationalError):
                with suppress(OSError):
                    self._store.file.unlink()
            return []
