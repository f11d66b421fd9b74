"""Read a Parquet file that a submission may bring, and refuse one that would grow without measure.

A few hundred bytes of Parquet can declare gigabytes, and a dictionary of one long string can be repeated a million
times. So three budgets hold: for what the pages declare, for the memory that a batch takes, and for all batches.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.model import CorpusError
from ..core.regular_file import open_file
from .parquet_pages import MAX_FOOTER, Declared, declared

MAX_ITEMS = 100_000
"""The most items of a list in the footer: columns, row groups, and what describes them."""
PAGES, PAGES_PER_BYTE = 20_000, 0.01
"""The pages that any file may have, and those that it may have more for each of its bytes."""
ROWS, ROWS_PER_BYTE = 2**17, 4
VALUES, VALUES_PER_BYTE = 2**24, 100
UNPACKED, UNPACKED_PER_BYTE = 2**28, 100
"""The size of all pages when they are unpacked, in bytes."""
DECODED, DECODED_PER_BYTE = 2**30, 400
"""The size of all batches in memory, one after another, in bytes."""
MEMORY, MEMORY_PER_BYTE = 2**28, 4
"""The memory that a batch may take while it is decoded, in bytes."""


class ParquetFile:
    """A Parquet file within the budgets. Errors are CorpusErrors that name the file."""

    def __init__(self, path: Path) -> None:
        """Open a file. Raises CorpusError if it is a link, damaged, or declares more than the budgets."""
        self._path = path
        with _refused(path), open_file(path, path.parent) as file:
            self._size = file.seek(0, 2)
            self._check(declared(file, self._budget(PAGES, PAGES_PER_BYTE)))
            with _memory(self._budget(MEMORY, MEMORY_PER_BYTE)):
                self._file = pq.ParquetFile(
                    path, thrift_string_size_limit=MAX_FOOTER, thrift_container_size_limit=MAX_ITEMS
                )
                self.schema: pa.Schema = self._file.schema_arrow
                self.rows: int = self._file.metadata.num_rows

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows in batches of at most `rows`, all columns or these."""
        left = self._budget(DECODED, DECODED_PER_BYTE)
        with _refused(self._path), self._file:
            if missing := set(columns or ()) - set(self.schema.names):
                raise CorpusError(f"{self._path} has no column {', '.join(sorted(missing))}")
            batches = self._file.iter_batches(rows, columns=columns)
            while True:
                with _memory(self._budget(MEMORY, MEMORY_PER_BYTE)):
                    batch = next(batches, None)
                    if batch is None:
                        return
                    # Arrow neither checks that strings are UTF-8 nor that the parts of a list lie within it.
                    batch.validate(full=True)
                left -= batch.nbytes
                if left < 0:
                    raise self._too_large("bytes when it is decoded", DECODED, DECODED_PER_BYTE)
                yield batch

    def _check(self, found: Declared) -> None:
        if found.rows > self._budget(ROWS, ROWS_PER_BYTE):
            raise self._too_large("rows", ROWS, ROWS_PER_BYTE)
        if found.values > self._budget(VALUES, VALUES_PER_BYTE):
            raise self._too_large("values", VALUES, VALUES_PER_BYTE)
        if found.decoded > self._budget(UNPACKED, UNPACKED_PER_BYTE):
            raise self._too_large("bytes when it is unpacked", UNPACKED, UNPACKED_PER_BYTE)

    def _budget(self, any_file: int, per_byte: float) -> int:
        return any_file + int(self._size * per_byte)

    def _too_large(self, what: str, any_file: int, per_byte: float) -> CorpusError:
        most = self._budget(any_file, per_byte)
        return CorpusError(f"{self._path} has {self._size:,} bytes, and more than {most:,} {what}")


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Raise CorpusError for whatever a file makes Arrow raise."""
    try:
        yield
    except MemoryError:
        raise CorpusError(f"{path} would take too much memory when it is decoded") from None
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise CorpusError(f"{path} is not a readable Parquet file: {reason[:300]}") from None


@contextmanager
def _memory(more: int) -> Iterator[None]:
    """Let the process take at most `more` bytes more, where the system can be asked for it (Linux)."""
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * resource.getpagesize() + more
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
