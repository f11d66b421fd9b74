"""What the file system says about a file, by which a later run knows it without reading it."""

from __future__ import annotations

import os
import time
from struct import Struct

_SETTLED = 2 * 10**9
"""The nanoseconds after which the time of a change tells it from the next: some file systems count in seconds."""
_STATUS = Struct("<qqqqQQ")


def settled_until() -> int:
    """Return the last time (nanoseconds) of a change that a change from now on cannot have."""
    return time.time_ns() - _SETTLED


def known_by(status: os.stat_result, until: int) -> bytes:
    """Return mode, size, times and inode of a file, which no later content of it has; b"" if that is not certain.

    Windows does not say when a file was last changed. A file that was changed after `until`, see `settled_until`, may
    be changed again without a later time.
    """
    written, changed = status.st_mtime_ns, status.st_ctime_ns
    if written > until or changed > until or os.name == "nt":
        return b""
    return _STATUS.pack(status.st_mode, status.st_size, written, changed, status.st_ino, status.st_dev)
