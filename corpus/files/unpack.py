"""Unpack the compressed bulk files of a corpus, within a budget for a run.

A few hundred bytes can unpack to gigabytes, or to a million faulty lines with a finding each. What grows more than
articles do is refused as a whole, with one finding; the other files are still read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa

from ..core.model import CorpusError
from ..core.regular_file import open_file

MAX_GROWTH = 200
"""The most that compressed files may grow without use of the budget, as a multiple of their size."""
MAX_UNPACKED = 2**25
"""The size up to which one file may be unpacked even if it grows more, in bytes."""
RUN_UNPACKED = 2**27
"""What all files of a run may grow over `MAX_GROWTH`, in bytes."""
RUN_LINES = 20_000
"""The lines that all files of a run may have over one for each compressed byte."""


class Unpacker:
    """Unpacks the files of one run; what they use of the budget adds up."""

    def __init__(self) -> None:
        self._bytes, self._lines = RUN_UNPACKED, RUN_LINES

    def unpack(self, file: Path, to: Path, packed: str) -> str:
        """Unpack a compressed file. Return the fault that prevented it, "" for none.

        Arrow's reader is the one of those at hand that tells a file that was cut off from one that ended. Raises
        CorpusError if `to` cannot be written: the file itself may be sound.
        """
        try:
            with open_file(file, file.parent) as opened:
                return self._unpack(pa.PythonFile(opened, "r"), to, packed)
        except (pa.ArrowException, MemoryError):
            return "damaged-archive"
        except OSError as error:
            # Arrow's own errors have no number.
            return "damaged-archive" if error.errno is None else "unreadable"

    def _unpack(self, source: pa.NativeFile, to: Path, packed: str) -> str:
        size = source.size()
        most = size * MAX_GROWTH + min(self._bytes, MAX_UNPACKED)
        most_lines = size + self._lines
        unpacked = lines = 0
        with pa.CompressedInputStream(source, packed) as stream, _opened(to) as out:
            while chunk := stream.read(2**20):
                unpacked += len(chunk)
                lines += chunk.count(b"\n")
                if unpacked > most:
                    return f"too-large: {size:,} bytes unpack to more than {most:,}"
                if lines > most_lines:
                    return f"too-large: {size:,} bytes unpack to more than {most_lines:,} lines"
                out(chunk)
        self._bytes -= max(0, unpacked - size * MAX_GROWTH)
        self._lines -= max(0, lines - size)
        return ""


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Open a temporary file and yield what writes to it. Raises CorpusError if the disk is full."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("wb", buffering=0))
        except OSError as error:
            raise _unwritable(path, error) from None

        def write(data: bytes) -> None:
            left = memoryview(data)
            try:
                while left:
                    left = left[file.write(left) :]
            except OSError as error:
                raise _unwritable(path, error) from None

        yield write


def _unwritable(path: Path, error: OSError) -> CorpusError:
    return CorpusError(
        f"{path.parent}: a bulk file cannot be unpacked there: {error.strerror}; TMPDIR names another one"
    )
