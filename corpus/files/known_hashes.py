"""Remember the hashes of files from run to run, so that a file that did not change is not read again.

    a file ─ opened → size, times and inode ─ as they were → the hash that is remembered
                                            └ else         → read, and hashed

The kernel sets the time of the last change of a file, and no program can set it back. A file that changed in the last
two seconds may change again without a later time, so its hash is not remembered. A file is opened before it is asked
for its times: only then does a network file system ask its server. Files in object storage are read each time, since it
does not say more than when a file was written, in seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import IO

from ..core.regular_file import open_file
from .file_status import known_by, settled_until
from .storage import Storage

KNOWN = "known"
"""The folder of these files, and of others that belong to one machine."""


class KnownHashes:
    """SHA-256 of files, kept as `known/NAME.json` in a directory that only this program writes. `save` when done."""

    def __init__(self, kept: Storage | None, name: str) -> None:
        """Read what is remembered; without `kept`, nothing is."""
        self._kept, self._name = kept, f"{KNOWN}/{name}.json"
        self._before = _read(kept, self._name)
        self._now: dict[str, tuple[str, str]] = {}

    def sha256(self, storage: Storage, name: str) -> str:
        """Return the SHA-256 of a file, in hexadecimal. Raises what `Storage.open_input` raises."""
        if not storage.is_local:
            hashed = hashlib.sha256()
            for block in storage.blocks(name):
                hashed.update(block)
            return hashed.hexdigest()
        path = storage.path / name
        with open_file(path, storage.path) as file:
            until = settled_until()
            stamp = _stamp(file, until)
            known = self._before.get(str(path))
            if known and stamp and known[0] == stamp:
                self._now[str(path)] = known
                return known[1]
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if stamp and _stamp(file, until) == stamp:
                self._now[str(path)] = stamp, digest
        return digest

    def save(self) -> None:
        """Remember the files that were asked for, and no others."""
        if self._kept is not None and self._now != self._before:
            self._kept.write(self._name, json.dumps(self._now, sort_keys=True).encode())


def _stamp(file: IO[bytes], until: int) -> str:
    """Return the status of an open file in hexadecimal, "" if it does not make the file known."""
    return known_by(os.fstat(file.fileno()), until).hex()


def _read(kept: Storage | None, name: str) -> dict[str, tuple[str, str]]:
    if kept is None:
        return {}
    try:
        return {path: (stamp, digest) for path, (stamp, digest) in json.loads(kept.read(name)).items()}
    except (FileNotFoundError, ValueError, AttributeError, TypeError):  # what is damaged is hashed again
        return {}
