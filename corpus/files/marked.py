"""Keep values as JSON in files of `known/` that begin with a mark, a hash of the rest and of what the values depend on.

A file that is damaged, or was written under other circumstances, has another mark and is not used.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from .known_hashes import KNOWN
from .storage import Storage


def read_marked(kept: Storage | None, name: str, depends: str) -> Any:
    """Return the value that was written with the same `depends`, None without one or if `kept` is None."""
    if kept is None:
        return None
    try:
        mark, _, data = kept.read(f"{KNOWN}/{name}.json").partition(b"\n")
    except FileNotFoundError:
        return None
    return json.loads(data) if mark == _mark(data, depends) else None


def write_marked(kept: Storage, name: str, depends: str, value: Any) -> None:
    """Write a value, or replace the earlier one."""
    data = json.dumps(value, sort_keys=True).encode()
    kept.write(f"{KNOWN}/{name}.json", _mark(data, depends) + b"\n" + data)


def _mark(data: bytes, depends: str) -> bytes:
    key = blake2b(depends.encode("utf-8", "surrogateescape")).digest()
    return blake2b(data, digest_size=16, key=key).hexdigest().encode()
