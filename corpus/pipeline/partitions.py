"""Find the partitions of a corpus: raw/X.jsonl.zst with each annotations/*/X.jsonl.zst.

A corpus that has only such files, with other documents in each X, can be divided between machines. `find_partitions`
lists names and reads the first doc_id of each X; that no document of X belongs to another partition is checked where X
is read. Anything else is one partition, which this machine reads by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa

from ..core.model import CorpusError
from ..files.index import ANNOTATOR, DOC_ID, MAX_BYTES, PACKED, bulk_end, line_id
from ..files.prompts import PROMPTS
from ..files.storage import Item, Storage

_NO_PART = (".md", ".toml")
"""The endings of files in raw/ and annotations/ that belong to no document."""


class PartitionError(CorpusError):
    """The corpus, or one of its files, does not have the form of partitions. The message says why."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The files of some documents, relative to the corpus, and where their doc_ids begin and end."""

    name: str
    files: tuple[str, ...]
    """raw/ first, then each annotator in order."""
    first: str
    """The smallest doc_id."""
    before: str = ""
    """The smallest doc_id of the next partition, "" for the last one."""

    def __contains__(self, doc_id: object) -> bool:
        """Return True if a document belongs here; "" stands for what belongs to no document."""
        return isinstance(doc_id, str) and (not doc_id or (self.first <= doc_id and self.is_below_next(doc_id)))

    def is_below_next(self, doc_id: str) -> bool:
        """Return True if a doc_id is not of the next partition or of a later one."""
        return not self.before or doc_id < self.before


def find_partitions(storage: Storage) -> list[Partition]:
    """Return the partitions of a corpus in the order of their doc_ids. Raises PartitionError."""
    raw = _bulk_files(storage, "raw")
    if not raw:
        raise PartitionError("raw/ has no bulk file such as raw/news.jsonl.zst")
    files = {name: [path] for name, path in raw.items()}
    for item in storage.list("annotations"):
        if item.is_folder and ANNOTATOR.fullmatch(item.name):
            for name, path in _bulk_files(storage, f"annotations/{item.name}").items():
                if name not in files:
                    raise PartitionError(f"{path} has no file of the same name in raw/")
                files[name].append(path)
        elif not _belongs_to_none(item) and f"annotations/{item.name}" != PROMPTS:
            raise PartitionError(f"annotations/{item.name} is not a folder of an annotator")
    firsts = sorted((_first_id(storage, raw[name]), name) for name in raw)
    for (one, name), (other, other_name) in pairwise(firsts):
        if one == other:
            raise PartitionError(f"{raw[name]} and {raw[other_name]} both begin with {one}")
    ends = [first for first, _ in firsts[1:]] + [""]
    return [
        Partition(name, tuple(files[name]), first, before) for (first, name), before in zip(firsts, ends, strict=True)
    ]


def partition_of(partitions: Sequence[Partition], doc_id: str) -> Partition | None:
    """Return the partition that would have a document, None for a doc_id before all of them."""
    at = bisect_right([partition.first for partition in partitions], doc_id)
    return partitions[at - 1] if at else None


def _bulk_files(storage: Storage, folder: str) -> dict[str, str]:
    """Return the path of each bulk file by its name without ending."""
    found: dict[str, str] = {}
    for item in storage.list(folder):
        path, end = f"{folder}/{item.name}", bulk_end(item.name)
        name = item.name.removesuffix(end)
        if end and not item.is_folder and not item.is_link and DOC_ID.fullmatch(name):
            if name in found:
                raise PartitionError(f"{found[name]} and {path} have one name")
            found[name] = path
        elif not _belongs_to_none(item):
            raise PartitionError(f"{path} is not a bulk file such as {folder}/news.jsonl.zst")
    return found


def _belongs_to_none(item: Item) -> bool:
    return not item.is_folder and not item.is_link and item.name.endswith(_NO_PART)


def _first_id(storage: Storage, path: str) -> str:
    """Return the first doc_id of a bulk file. Only its beginning is read."""
    begin = b""
    try:
        with storage.open_input(path) as file:
            packed = PACKED[bulk_end(path)]
            stream = pa.CompressedInputStream(file, packed) if packed else file
            while len(begin) <= MAX_BYTES and (more := stream.read(2**16)):
                *lines, begin = (begin + more).split(b"\n")
                if found := next(filter(None, map(line_id, lines)), ""):
                    return found
    except (OSError, pa.ArrowException) as error:
        raise PartitionError(f"{path} cannot be read: {error}") from None
    if found := line_id(begin):
        return found
    raise PartitionError(f"{path} has no doc_id at its beginning")
