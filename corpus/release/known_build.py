"""Know a build that need not be written again: nothing that it depends on changed, and all its files are as written.

keys of all parts, settings, schema, card … → key ─ as remembered → files of the build ─ as written → Build
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

from ..core.model import CorpusError
from ..core.schema import Schema
from ..files.known_hashes import KNOWN, KnownHashes
from ..files.remote_corpus import settings_files
from ..files.storage import Storage
from ..files.table_hash import Hashed
from ..pipeline.executors import run_all
from ..pipeline.run import CorpusRun
from .table_hashes import TableFile
from .tables import Split, TableSource, tables_of

MANIFEST = "manifest.json"
TOOLS = ("on-the-record", "pyarrow", "sentencex", "regex")
"""The packages whose versions a manifest names."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a build that exists has: documents, its tables `splits[config][split]`, and the hash of all content."""

    documents: int
    splits: dict[str, dict[str, Split]]
    content: str


class KnownBuild:
    """A build, and what is remembered of it where the parts of the run are kept."""

    def __init__(self, run: CorpusRun, schema: Schema, of_version: str, out: Storage) -> None:
        self._run, self._schema, self._out = run, schema, out
        named = blake2b(out.place.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        self._record = f"{KNOWN}/build-{named}.json"
        self._hashes = KnownHashes(run.kept if out.is_local else None, f"files-{named}")
        self._key = self._made_of(of_version)

    def find(self) -> Before | None:
        """Return the build, if it exists and would be written with the same bytes."""
        if not self._key:
            return None
        assert self._run.kept is not None
        try:
            record = json.loads(self._run.kept.read(self._record))
            manifest = json.loads(self._out.read(MANIFEST))
            if record["key"] != self._key or self._hashes.sha256(self._out, MANIFEST) != record["manifest"]:
                return None
            return self._before(manifest) if self._is_whole(manifest["files"]) else None
        except (CorpusError, OSError, ValueError, KeyError, TypeError):  # the build is made again
            return None

    def remember(self) -> None:
        """Remember the build, which was just written."""
        if self._key and self._run.kept is not None:
            record = {"key": self._key, "manifest": self._hashes.sha256(self._out, MANIFEST)}
            self._run.kept.write(self._record, json.dumps(record).encode())

    def _made_of(self, of_version: str) -> str:
        """Return a hash of everything that the bytes of the build depend on, "" if it is not known."""
        if self._run.kept is None or not self._run.key:
            return ""
        corpus, hashed = Storage(self._run.root), blake2b(digest_size=16)
        tools = [(name, version(name)) for name in TOOLS]
        hashed.update(repr([self._run.key, of_version, tools]).encode())
        known = KnownHashes(self._run.kept, "settings")
        try:
            # Figures of agreement are computed from files of which the run does not say that it read them.
            if b"corpus:agreement" in corpus.read("DATASET_CARD.md"):
                return ""
        except FileNotFoundError:
            pass
        except (CorpusError, OSError):
            return ""
        try:
            for name in settings_files(corpus):
                hashed.update(f"\n{name} {known.sha256(corpus, name)}".encode("utf-8", "surrogateescape"))
        except (CorpusError, OSError):
            return ""
        known.save()
        return hashed.hexdigest()

    def _is_whole(self, files: dict[str, str]) -> bool:
        """Return True if the build has these files with these hashes, and no others."""
        if set(self._out.walk()) != {*files, MANIFEST}:
            return False
        names = sorted(files)
        if self._out.is_local:
            found: list[Any] = [self._hashes.sha256(self._out, name) for name in names]
            self._hashes.save()
        else:
            found = run_all(self._run.engine, TableFile.hash, [TableFile(self._out, name, 0, "") for name in names])
        return found == [files[name] for name in names]

    def _before(self, manifest: dict[str, Any]) -> Before | None:
        splits: dict[str, dict[str, Split]] = {}
        for table in tables_of((TableSource(*one) for one in self._run.tables()), self._schema, self._out):
            said = manifest["configs"][table.config][table.split]
            if any(manifest["files"][one.name] != one.sha256 for one in table.new):
                return None
            hashed = Hashed(said["rows"], sum(one.hashed.size for one in table.written), said["sha256"])
            splits.setdefault(table.config, {})[table.split] = table.made(hashed)
        return Before(manifest["documents"], splits, manifest["content_sha256"])
