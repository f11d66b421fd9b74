"""Open a Parquet file that a submission may bring, and refuse one that would grow without measure.

A few kilobytes of Parquet can declare gigabytes: the footer is checked before anything is decoded.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from ..core.model import CorpusError
from ..core.regular_file import open_file

MAX_FOOTER = 16 * 2**20
"""The largest footer (metadata) that is read, in bytes."""
MAX_ITEMS = 100_000
"""The most items of a list in the footer: columns, row groups, and what describes them."""
MAX_DECODED = 2**28
"""The size up to which every row group may be decoded, in bytes."""
MAX_GROWTH = 100
"""The most that a row group over `MAX_DECODED` may grow, as a multiple of the size of the file."""
MAX_ROWS = 2**28
"""The most rows of a file. Equal values take no space in Parquet, so sizes do not bound the rows."""


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file for reading in batches.

    Raises CorpusError if it is a link or not a regular file, or declares more than the limits of this module;
    ArrowException if it is damaged.
    """
    with open_file(path, path.parent) as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        footer = int.from_bytes(file.read(8)[:4], "little")
    if footer > MAX_FOOTER:
        raise CorpusError(f"{path} declares {footer:,} bytes of metadata, more than {MAX_FOOTER:,}")
    opened = pq.ParquetFile(path, thrift_string_size_limit=MAX_FOOTER, thrift_container_size_limit=MAX_ITEMS)
    limit = max(MAX_DECODED, MAX_GROWTH * size)
    metadata = opened.metadata
    if metadata.num_rows > MAX_ROWS:
        raise CorpusError(f"{path} declares {metadata.num_rows:,} rows, more than {MAX_ROWS:,}")
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        decoded = sum(group.column(i).total_uncompressed_size for i in range(group.num_columns))
        if max(decoded, group.total_byte_size) > limit:
            raise CorpusError(f"{path} would take more than {limit // 2**20} MiB when it is decoded")
    return opened
