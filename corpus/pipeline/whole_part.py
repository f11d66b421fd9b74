"""The findings of the rules about several documents, kept as a part of the whole corpus.

    PARTS/build-across-KEY/findings.jsonl.zst     PARTS/build-across-KEY.json

KEY is a hash of the keys of all parts and of everything else that these findings depend on: settings, exceptions,
the last release. So a run in which nothing changed asks none of these rules.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from ..core.model import CorpusError
from ..files.known_hashes import KnownHashes
from ..files.releases import tables_of_documents, versions
from ..files.storage import Storage
from ..files.table_hash import file_hash
from .findings import FindingsWriter
from .part import FINDINGS, PART, Part, PartTask, kind_of, settings_of, used_of, write_part
from .shard import Shard

_ACROSS = "across"
"""Takes the place of the name of a partition."""


def whole_key(common: PartTask, parts: Sequence[Part], released: Sequence[tuple[str, str]]) -> str:
    """Return a hash of everything that the findings depend on; `released` is what `release_files` returns."""
    suppressions = common.task.policy.suppressions
    # A part with a date in the future is another one tomorrow, and has the same name.
    names = [(part.name, part.today) for part in parts]
    depends = [sorted(suppressions.held.items()), suppressions.expired, names, released]
    return blake2b(f"{settings_of(common)}\n{depends!r}".encode(), digest_size=16).hexdigest()


def whole_name(common: PartTask, key: str) -> str:
    """Return the name of the part with a key."""
    return PART.format(kind_of(common.task), _ACROSS, key)


def keep_whole(parts: Storage, name: str, last: Shard) -> Part:
    """Write a Shard without documents as a part, and return it."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as temporary:
        path = Path(temporary, FINDINGS)
        with FindingsWriter(path) as findings:
            count = findings.add(last.problems)
        part = Part(name, 0, 0, count, last.errors, 0, 0, used_of(last), findings_sha256=file_hash(path))
        write_part(parts, part, Path(temporary))
    return part


def release_files(folder: Path, kept: Storage | None) -> list[tuple[str, str]] | None:
    """Return the name and the SHA-256 of each file of the last release in `folder/releases` that rules read.

    With `kept`, the hashes are remembered there. None if the release cannot be read.
    """
    known, storage = KnownHashes(kept, "release"), Storage(folder)
    found: list[tuple[str, str]] = []
    try:
        for version in versions(folder)[-1:]:
            found.append((version, ""))
            for path in tables_of_documents(folder / "releases" / version):
                name = path.relative_to(folder).as_posix()
                found.append((name, known.sha256(storage, name)))
    except (CorpusError, OSError):
        return None
    known.save()
    return found
