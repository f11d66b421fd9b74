"""JSON objects → an Arrow table. A part that Arrow cannot read is left out, so that it keeps no other back.

a row in the message of Arrow   what is before that row and after it is read again
an unknown key                  all rows that have one are left out
no row                          what is read is halved
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from ..core.arrays import begins_of

Numbers = npt.NDArray[np.int64]
_ROW = re.compile(r" in row (\d+)\Z")
_UNKNOWN_KEY = "unexpected field"


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
    data = b"\n".join([parts[i] for i in plain])
    if not _is_utf8(data):
        plain = [i for i in plain if _is_utf8(parts[i])]
        data = b"\n".join([parts[i] for i in plain])
    begins = begins_of([len(parts[i]) + 1 for i in plain])
    # Each column takes time, and most objects that may be in an object are not written.
    written = pa.schema([*_written(pa.struct(list(schema)), data)])
    found = _parse(pa.py_buffer(data), begins, written)
    tables = [_widened(table, schema) for table, _ in found]
    rows = [plain[i] for _, numbers in found for i in numbers]
    table = pa.concat_tables(tables).combine_chunks() if tables else schema.empty_table()
    return table, np.array(rows, np.int64)


def _is_utf8(data: bytes) -> bool:
    """Return True for valid UTF-8. Arrow takes other bytes, too."""
    try:
        return data.isascii() or bool(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _written(kind: pa.StructType, data: bytes) -> list[pa.Field]:
    """Return the fields of an object, without objects whose key is not in `data`."""
    fields = [kind.field(i) for i in range(kind.num_fields)]
    kept = [one for one in fields if not pa.types.is_struct(one.type) or b'"%s":' % one.name.encode() in data]
    return [
        pa.field(one.name, pa.struct(_written(one.type, data))) if pa.types.is_struct(one.type) else one for one in kept
    ]


def _widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with all columns of a schema, nulls in those that it does not have."""
    if table.schema.equals(schema):
        return table
    return pa.Table.from_arrays(_columns(_as_rows(table), pa.struct(list(schema))), schema=schema)


def _as_rows(table: pa.Table) -> pa.StructArray:
    columns = [one.combine_chunks() for one in table.columns]
    return pa.StructArray.from_arrays(columns, fields=list(table.schema))


def _columns(rows: pa.StructArray, kind: pa.StructType) -> list[pa.Array]:
    return [_column(rows, kind.field(i)) for i in range(kind.num_fields)]


def _column(rows: pa.StructArray, field: pa.Field) -> pa.Array:
    at = rows.type.get_field_index(field.name)
    if at < 0:
        return pa.nulls(len(rows), field.type)
    column = rows.field(at)
    if column.type.equals(field.type):
        return column
    return pa.StructArray.from_arrays(_columns(column, field.type), fields=list(field.type), mask=column.is_null())


def _parse(data: pa.Buffer, begins: Numbers, schema: pa.Schema) -> list[tuple[pa.Table, range]]:
    """Return the tables of some objects, and the numbers of these; `begins` are where they begin in `data`."""
    found: list[tuple[pa.Table, range]] = []
    waiting = [range(len(begins) - 1)]
    while waiting:
        numbers = waiting.pop()
        if not numbers:
            continue
        first = int(begins[numbers.start])
        read = _read(data.slice(first, int(begins[numbers.stop]) - 1 - first), schema)
        if isinstance(read, pa.Table) and len(read) == len(numbers):
            found.append((read, numbers))
        elif len(numbers) > 1:
            faulty = [] if isinstance(read, pa.Table) else [row for row in read if row < len(numbers)]
            half = len(numbers) // 2
            pieces = _between(numbers, faulty) if faulty else [numbers[:half], numbers[half:]]
            waiting += reversed(pieces)
    return found


def _between(numbers: range, rows: Sequence[int]) -> list[range]:
    """Return what is before, between and after some rows."""
    return [numbers[a + 1 : b] for a, b in zip([-1, *rows], [*rows, len(numbers)], strict=True)]


def _read(data: pa.Buffer, schema: pa.Schema) -> pa.Table | list[int]:
    """Return objects as a table, or the rows that keep it from being read, as far as they are known; ascending."""
    try:
        return _read_json(data, schema, "error")
    except (pa.ArrowException, ValueError) as error:
        message = str(error)
    if message.endswith(_UNKNOWN_KEY):
        try:
            rows = _as_rows(_read_json(data, schema, "infer"))
            flags = np.zeros(len(rows), np.bool_)
            _flag_more(rows, pa.struct(list(schema)), np.arange(len(rows)), flags)
            return np.flatnonzero(flags).tolist()
        except (pa.ArrowException, ValueError) as error:
            message = str(error)
    row = _ROW.search(message)
    return [int(row[1])] if row else []


def _read_json(data: pa.Buffer, schema: pa.Schema, unknown: Literal["error", "infer"]) -> pa.Table:
    return pj.read_json(
        pa.BufferReader(data),
        pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
        pj.ParseOptions(explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior=unknown),
    )


def _flag_more(array: pa.Array, kind: pa.DataType, rows: Numbers, flags: npt.NDArray[np.bool_]) -> None:
    """Flag the rows of those values of an array that are in no column of a type."""
    if pa.types.is_list(array.type) and pa.types.is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy()
        _flag_more(array.flatten(), kind.value_type, np.repeat(rows, lengths), flags)
    elif pa.types.is_struct(array.type) and pa.types.is_struct(kind):
        for i in range(array.type.num_fields):
            column, at = array.field(i), kind.get_field_index(array.type.field(i).name)
            if at < 0:
                flags[rows[column.is_valid().to_numpy(zero_copy_only=False)]] = True
            else:
                _flag_more(column, kind.field(at).type, rows, flags)
