"""Read what a Parquet file declares about its pages, without Arrow: footer → column chunks → page headers → Declared.

Arrow reserves memory as a page header says, whatever the footer says about the same column, and some damaged footers
make it end the process. So both are read here first. They are structs of Thrift's compact protocol: fields with
numbers, of which only a few are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

MAX_FOOTER = 16 * 2**20
"""The largest footer that is read, in bytes."""
MAX_VALUES = 2_000_000
"""The most values of a footer, of all its structs and lists together."""
MAX_DEPTH = 32
"""The most structs and lists in each other, and the most columns in each other."""
_HEADER = 2**12
"""The bytes that are read for a page header at first. Few are longer: they may quote the smallest and largest value."""
_LONGEST_HEADER = 2**22
_TAIL = 8
"""The bytes at the end of a file: the length of the footer, and the letters PAR1."""


@dataclass(frozen=True, slots=True)
class Declared:
    """The sums over all pages of a file."""

    rows: int
    pages: int
    values: int
    decoded: int
    """The size of all pages when they are unpacked, in bytes."""


class DamagedError(ValueError):
    """The bytes are not those of a Parquet file."""


def declared(file: IO[bytes], most_pages: int) -> Declared:
    """Return what a Parquet file declares. Raises DamagedError, also for more than `most_pages` pages."""
    footer = _footer(file)
    _check_depth(footer.get(2))
    pages = values = decoded = 0
    for header in _page_headers(file, footer):
        pages += 1
        if pages > most_pages:
            raise DamagedError(f"it has more than {most_pages:,} pages")
        # A page of a dictionary (7), of data (5), or of data in the second version (8).
        values += sum(_number(_struct(header.get(part)), 1) for part in (5, 7, 8))
        decoded += max(_number(header, 2), _number(header, 3))
    return Declared(_number(footer, 3), pages, values, decoded)


def _footer(file: IO[bytes]) -> dict[int, Any]:
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if len(tail) < _TAIL or tail[4:] != b"PAR1" or length > size - _TAIL:
        raise DamagedError("it has no Parquet footer")
    if length > MAX_FOOTER:
        raise DamagedError(f"it declares {length:,} bytes of metadata, more than {MAX_FOOTER:,}")
    file.seek(size - _TAIL - length)
    return _Compact(file.read(length), MAX_VALUES).struct()


def _check_depth(columns: Any) -> None:
    """Raise DamagedError if columns are nested deep: each says how many of those that follow are inside of it."""
    open_: list[int] = []
    for column in columns if isinstance(columns, list) else ():
        inside = _number(_struct(column), 5)
        while open_ and open_[-1] == 0:
            open_.pop()
        if open_:
            open_[-1] -= 1
        open_.append(inside)
        if len(open_) > 2 * MAX_DEPTH:  # a list takes two
            raise DamagedError(f"its columns are nested more than {2 * MAX_DEPTH} deep")


def _page_headers(file: IO[bytes], footer: dict[int, Any]) -> Iterator[dict[int, Any]]:
    for group in footer.get(4) or ():
        for chunk in _struct(group).get(1) or ():
            if 1 in _struct(chunk):
                raise DamagedError("a column is in another file")
            column = _struct(_struct(chunk).get(3))
            starts = [start for start in (_number(column, 9), _number(column, 11)) if start > 0]
            at = min(starts, default=0)
            end = at + _number(column, 7)
            while starts and at < end:
                header, size = _page_header(file, at)
                yield header
                at += size + _number(header, 3)


def _page_header(file: IO[bytes], at: int) -> tuple[dict[int, Any], int]:
    file.seek(at)
    data = file.read(_HEADER)
    while True:
        reader = _Compact(data, MAX_VALUES)
        try:
            return reader.struct(), reader.at
        except DamagedError:
            more = file.read(len(data)) if len(data) < _LONGEST_HEADER else b""
            if not more:
                raise
            data += more


def _struct(value: Any) -> dict[int, Any]:
    return value if isinstance(value, dict) else {}


def _number(struct: dict[int, Any], field: int) -> int:
    """Return a number that says how much there is. Raises DamagedError for less than nothing."""
    value = struct.get(field, 0)
    if type(value) is not int or value < 0:
        raise DamagedError("a number of its metadata is negative or of another type")
    return value


class _Compact:
    """Reads structs from bytes; `at` is the position after the last one."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data, self._left, self.at = data, most, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Return the value of each field by its number."""
        found: dict[int, Any] = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._zigzag()
            found[field] = self._value(head & 15, depth + 1)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise DamagedError("its metadata has too many values, or is nested too deep")
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._zigzag()
        if kind in (7, 8):
            return self._bytes(8 if kind == 7 else self._varint())
        if kind in (9, 10):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._item(head & 15, depth) for _ in range(size)]
        if kind == 12:
            return self.struct(depth)
        raise DamagedError("a value of its metadata is of no known type")

    def _item(self, kind: int, depth: int) -> Any:
        return self._byte() == 1 if kind in (1, 2) else self._value(kind, depth + 1)

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise DamagedError("its metadata is cut off")
        self.at += 1
        return self._data[self.at - 1]

    def _bytes(self, size: int) -> bytes:
        if size > len(self._data) - self.at:
            raise DamagedError("its metadata is cut off")
        self.at += size
        return self._data[self.at - size : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise DamagedError("a number of its metadata is too large")

    def _zigzag(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)
