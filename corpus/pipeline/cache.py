"""Remember from run to run which documents have no finding, and the summary of each.

    bytes of a document's parts ┐
    schema, code, libraries     ├→ key → clean, summary
    severities, suppressions    ┘ (of a document with findings)

Files are not read if their sizes, times and inodes are those of the last run: the kernel sets the time of the last
change of a file, and no program can set it back. A file that changed in the last two seconds is read, as git does.

A shard whose files are all those of the last run is known as a whole, and its documents are not looked up.

A document without findings has none under any severities, suppressions or date, so the bytes, the
schema and the code alone identify a clean one. Findings are not cached: a document that has some is
checked again.

Each folder of a corpus has one SQLite file, in the user's cache folder or in ON_THE_RECORD_CACHE. It is
never in the corpus, where a submission could bring one that calls everything clean. It may be deleted at
any time. Damaged entries are ignored. Nothing is cached if the file cannot be
written, or if the folder is a link, belongs to another user, or may be written or renamed by others.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import platformdirs
import pyarrow as pa

from ..checks.summaries import Summaries, SummaryRow
from ..core.schema import Schema
from .check import Policy
from .versions import versions

_OLD = "DROP TABLE IF EXISTS seen"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS known "
    "(doc_id TEXT PRIMARY KEY, key BLOB, stamp BLOB, settings BLOB, mark BLOB, summary BLOB)"
)
_SHARDS = (
    "CREATE TABLE IF NOT EXISTS shards "
    "(first TEXT PRIMARY KEY, stamp BLOB, settings BLOB, faulty BLOB, mark BLOB, summaries BLOB)"
)
_FIND_SHARD = "SELECT stamp, settings, faulty, mark, summaries FROM shards WHERE first = ?"
_KEEP_SHARD = "INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, ?, ?)"
_FIND = "SELECT doc_id, key, stamp, settings, mark, summary FROM known WHERE doc_id IN ({})"
_KEEP = "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?)"
_SPARE = 1000
"""Rows about deleted documents, or shards, that are kept, in addition to one for each document."""

_CacheRow = tuple[str, bytes, bytes, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Known:
    """A cached document: whether it has no finding, and the row of its summary, None if it has none."""

    clean: bool
    summary: SummaryRow | None


@dataclass(frozen=True, slots=True)
class KnownShard:
    """A cached shard: the documents that have findings, and the summaries of all that have one."""

    faulty: frozenset[str]
    summaries: Summaries


@dataclass(frozen=True, slots=True)
class Store:
    """The file of a corpus's cache, and hashes of everything its entries depend on; sent with every shard."""

    file: Path
    context: bytes
    """A hash of the schema, the package's code, Python and the libraries."""
    settings: bytes
    """A hash of severities and suppressions."""


def open_store(root: Path, schema: Schema, policy: Policy) -> Store | None:
    """Return the cache of the corpus at `root`, None if there can be none."""
    named = os.environ.get("ON_THE_RECORD_CACHE")
    folder = Path(named) if named else platformdirs.user_cache_path("on-the-record") / "seen"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Another user's file could call everything clean, and a cache is unpickled.
        if not _is_own(folder) or any(map(_lets_others_rename, folder.resolve().parents)):
            return None
        file = folder / f"{blake2b(os.fsencode(root.resolve()), digest_size=16).hexdigest()}.sqlite"
        if os.path.lexists(file) and not _is_own(file):
            file.unlink()
        file.touch(0o600)
    except OSError:
        return None
    held, baseline = policy.suppressions.held, policy.suppressions.baseline
    settings = [sorted(policy.severities.items()), sorted(held), sorted((baseline or {}).items())]
    return Store(file, _context(schema), _hash(repr(settings).encode()))


def trim(store: Store, documents: int) -> None:
    """Empty a cache that holds far more than the `documents` of the corpus."""
    with Cache(store) as cache:
        cache.trim(documents)


def _is_own(path: Path) -> bool:
    """Return True if only the user may write a file or folder; on Windows, where modes say nothing, always."""
    if not hasattr(os, "getuid"):
        return True
    status = path.lstat()
    return status.st_uid == os.getuid() and not stat.S_ISLNK(status.st_mode) and not status.st_mode & 0o022


def _lets_others_rename(folder: Path) -> bool:
    """Return True if any user may put another file or folder in the place of one in this folder."""
    mode = folder.stat().st_mode
    return hasattr(os, "getuid") and bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _context(schema: Schema) -> bytes:
    return _hash(repr(versions()).encode(), orjson.dumps([schema.annotation, schema.article, schema.registry]))


def _hash(*parts: bytes) -> bytes:
    hashed = blake2b(digest_size=32)
    for part in parts:
        hashed.update(b"%d:" % len(part))
        hashed.update(part)
    return hashed.digest()


class Cache:
    """The cache of one shard: a context manager that writes new entries when it ends without an error.

    `look_up` finds documents in it. Without a `store` it knows nothing and writes nothing.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store or Store(Path(), b"", b"")
        self._new: list[_CacheRow] = []
        self._new_shard: tuple[str, bytes, bytes, bytes, bytes, bytes] | None = None
        self._rows: dict[str, _CacheRow] = {}
        self._base: sqlite3.Connection | None = None
        if store:
            with suppress(sqlite3.OperationalError):  # e.g. the folder is not writable
                self._base = sqlite3.connect(store.file, isolation_level=None)
        # A cache that a crash damages is deleted, so it need not wait for the disk.
        self._do("PRAGMA synchronous=OFF")
        self._do(_TABLE)
        self._do(_SHARDS)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if (self._new or self._new_shard) and kind is None:
            self._do("BEGIN IMMEDIATE")
            for row in self._new:
                self._do(_KEEP, *row)
            if self._new_shard:
                self._do(_KEEP_SHARD, *self._new_shard)
            self._do("COMMIT")
        if self._base:
            self._base.close()

    @property
    def usable(self) -> bool:
        """True if the database can be used."""
        return self._base is not None

    def look_up(self, doc_ids: Collection[str]) -> None:
        """Read the entries of documents, before they are asked for."""
        marks = ",".join("?" * len(doc_ids))
        rows = self._do(_FIND.format(marks), *doc_ids) if doc_ids else []
        self._rows = {row[0]: row for row in rows}

    def shard(self, first: str, stamp: bytes) -> KnownShard | None:
        """Return the shard that begins with a document and whose files have this stamp, None if there is none."""
        for key, settings, faulty, mark, data in self._do(_FIND_SHARD, first) if stamp else ():
            is_whole = mark == _hash(key, settings, faulty, data)
            if is_whole and key == self._key(stamp) and settings in (b"", self._store.settings):
                with pa.ipc.open_stream(pa.py_buffer(data)) as stream:
                    return KnownShard(frozenset(orjson.loads(faulty)), Summaries(stream.read_all()))
        return None

    def add_shard(self, first: str, stamp: bytes, known: KnownShard) -> None:
        """Add the entry of a shard."""
        out = pa.BufferOutputStream()
        table = known.summaries.table.unify_dictionaries()
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        settings = self._store.settings if known.faulty else b""
        row = self._key(stamp), settings, orjson.dumps(sorted(known.faulty)), out.getvalue().to_pybytes()
        self._new_shard = (first, *row[:3], _hash(*row), row[3])

    def unchanged(self, doc_id: str, stamp: bytes) -> Known | None:
        """Return the entry of a document whose files have this stamp (`Reader.stamp`), None if there is none."""
        return self._entry(doc_id, 2, stamp) if stamp else None

    def known(self, doc_id: str, digest: bytes, stamp: bytes) -> Known | None:
        """Return the entry of a document whose parts have this digest (`Reader.digest`), None if there is none.

        The entry gets the stamp: its files need not be read again.
        """
        found = self._entry(doc_id, 1, digest)
        if found and stamp:
            _, key, _, settings, _, summary = self._rows[doc_id]
            self._keep(doc_id, key, self._key(stamp), settings, summary)
        return found

    def add(self, doc_id: str, digest: bytes, stamp: bytes, known: Known) -> None:
        """Add the entry of a document."""
        settings = b"" if known.clean else self._store.settings
        summary = pickle.dumps(known.summary or (), 5)
        self._keep(doc_id, self._key(digest), self._key(stamp) if stamp else b"", settings, summary)

    def _entry(self, doc_id: str, column: int, digest: bytes) -> Known | None:
        row = self._rows.get(doc_id)
        if row is None or row[column] != self._key(digest):
            return None
        _, key, stamp, settings, mark, summary = row
        # Pickle runs what it reads: only bytes that were written whole may reach it.
        if settings not in (b"", self._store.settings) or mark != _hash(key, stamp, settings, summary):
            return None
        return Known(settings == b"", pickle.loads(summary) or None)

    def _keep(self, doc_id: str, key: bytes, stamp: bytes, settings: bytes, summary: bytes) -> None:
        self._new.append((doc_id, key, stamp, settings, _hash(key, stamp, settings, summary), summary))

    def trim(self, documents: int) -> None:
        """Empty the cache if most of it is about deleted documents."""
        self._do(_OLD)
        for (count,) in self._do("SELECT count(*) FROM known"):
            if count > 2 * documents + _SPARE:
                self._do("DELETE FROM known")
        for (count,) in self._do("SELECT count(*) FROM shards"):
            if count > documents + _SPARE:
                self._do("DELETE FROM shards")

    def _key(self, digest: bytes) -> bytes:
        return _hash(self._store.context, digest)

    def _do(self, statement: str, *values: Any) -> list[Any]:
        """Execute a statement. A database that cannot be used is left alone, a damaged one is deleted."""
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
