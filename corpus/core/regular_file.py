"""Read one file of a corpus: a regular file of bounded size, reached through no symbolic link.

A corpus may come from a pull request, so a path in it may be a link to a secret, a named pipe that never ends a read,
or a device that never ends at all. All files that are not articles or annotations are read here; those two are read by
`files/`, which keeps their faults as findings.
"""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path

from .model import CorpusError

LIMIT = 64 * 2**20
"""The largest file that is read, in bytes."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def read_file(path: Path, within: Path | None = None, limit: int | None = None) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes, by default `LIMIT`.

    `within` is the folder of the corpus: below it, no part of the path may be a symbolic link. Without it, the user
    named the file, and a link is followed. Raises FileNotFoundError when the file is missing, and CorpusError when it
    is a link, not a regular file, too large, or unreadable.
    """
    limit = LIMIT if limit is None else limit
    with open_file(path, within) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(limit + 1) if size <= limit else b""
    if size > limit or len(data) > limit:
        shown = f"{limit:,} bytes" if limit % 2**20 else f"{limit // 2**20} MiB"
        raise CorpusError(f"{path} is larger than {shown}")
    return data


def open_file(path: Path, within: Path | None = None) -> BufferedReader:
    """Open a regular file of any size for reading in parts; `within` and errors are those of `read_file`."""
    if within is not None:
        refuse_links(path, within)
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CorpusError(f"{path} is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_utf8(path: Path, within: Path | None = None, limit: int | None = None) -> str:
    """Return the text of a UTF-8 file, read as `read_file` reads it. Raises CorpusError also for other encodings."""
    data = read_file(path, within, limit)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{path} is not UTF-8: byte {data[error.start]:#04x} at offset {error.start}; save it as UTF-8"
        ) from None


def refuse_links(path: Path, within: Path) -> None:
    """Raise CorpusError if a part of `path` below `within` is a symbolic link, or if it is not below it."""
    try:
        parts = path.relative_to(within).parts
    except ValueError:
        raise CorpusError(f"{path} is outside of {within}") from None
    at = within
    for part in parts:
        at = at / part
        if part == ".." or at.is_symlink():
            raise CorpusError(f"{at} is a symbolic link, which a corpus may not have: put the file itself there")
