"""JSON objects → an Arrow table. A part that Arrow cannot read is found by halving, so that it keeps no other back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.json as pj

Numbers = npt.NDArray[np.int64]


def is_plain(part: bytes) -> bool:
    """Return True for bytes that may be one JSON object without escapes of code points.

    Such an escape could hide a key from a search, or be half of a character.
    """
    if not (part.startswith(b"{") and part.endswith((b"}", b"}\n"))):
        bare = part.strip(b" \t\r\n")
        if not (bare.startswith(b"{") and bare.endswith(b"}")):
            return False
    return b"\\u" not in part


def parse(parts: Sequence[bytes], schema: pa.Schema) -> tuple[pa.Table, Numbers]:
    """Parse JSON objects of one schema into rows.

    Returns the table and, for each row, the index of its part. A part without a row is not valid UTF-8, not valid
    JSON, has a key twice, has a key or a type that is not in `schema`, or is not one object.
    """
    plain = [i for i, part in enumerate(parts) if is_plain(part)]
    found = _parse(parts, plain, schema) if plain else []
    tables = [table for table, _ in found]
    rows = [i for _, numbers in found for i in numbers]
    table = pa.concat_tables(tables).combine_chunks() if tables else schema.empty_table()
    return table, np.array(rows, np.int64)


def _parse(parts: Sequence[bytes], numbers: list[int], schema: pa.Schema) -> list[tuple[pa.Table, list[int]]]:
    table = _read(b"\n".join([parts[i] for i in numbers]), schema)
    if table is not None and len(table) == len(numbers):
        return [(table, numbers)]
    if len(numbers) == 1:
        return []
    half = len(numbers) // 2
    return [*_parse(parts, numbers[:half], schema), *_parse(parts, numbers[half:], schema)]


def _read(data: bytes, schema: pa.Schema) -> pa.Table | None:
    try:
        # Arrow takes invalid UTF-8, and its message about some other fault then raises UnicodeDecodeError.
        if not data.isascii():
            data.decode("utf-8")
        return pj.read_json(
            pa.BufferReader(data),
            pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            pj.ParseOptions(explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="error"),
        )
    except (pa.ArrowException, ValueError):
        return None
