"""Read single documents of a corpus with partitions again, for the findings that need more than one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from ..core.model import Document
from ..files import Entry, Index, Reader
from ..files.storage import Storage
from .partitions import Partition, partition_of

_OPEN = 2
"""Partitions that are kept open: findings are in the order of the documents."""


class PartitionedIndex:
    """Finds and reads documents like an Index and a Reader, with a few partitions open at a time.

    `root` is where the other files of the corpus are. A context manager.
    """

    def __init__(self, root: Path, storage: Storage, partitions: Sequence[Partition], documents: int) -> None:
        self.root = root
        self._storage, self._partitions, self._documents = storage, partitions, documents
        self._opened: dict[str, tuple[Index, Reader, ExitStack]] = {}

    def __enter__(self) -> PartitionedIndex:
        return self

    def __exit__(self, *_: object) -> None:
        while self._opened:
            self._close_oldest()

    def __len__(self) -> int:
        """Return the number of documents."""
        return self._documents

    @property
    def files(self) -> list[str]:
        """The paths of all files with documents, sorted."""
        return sorted(path for partition in self._partitions for path in partition.files)

    def entries(self, doc_id: str) -> list[Entry]:
        """Return the parts of one document, none if there is no such document."""
        partition = partition_of(self._partitions, doc_id)
        return self._parts_of(partition)[0].entries(doc_id) if partition else []

    def documents(self, entries: Iterable[Entry]) -> list[Document]:
        """Read the documents of some parts of one document, as `Reader.documents` does."""
        listed = list(entries)
        partition = partition_of(self._partitions, listed[0].doc_id) if listed else None
        return self._parts_of(partition)[1].documents(listed) if partition else []

    def _parts_of(self, partition: Partition) -> tuple[Index, Reader]:
        if partition.name not in self._opened:
            if len(self._opened) == _OPEN:
                self._close_oldest()
            with ExitStack() as stack:
                root = self.root
                if not self._storage.is_local:
                    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corpus-")))
                    for path in partition.files:
                        self._storage.fetch(path, root / path)
                index = stack.enter_context(Index(root, bulk=partition.files))
                reader = stack.enter_context(Reader(root, index.unpacked))
                self._opened[partition.name] = index, reader, stack.pop_all()
        index, reader, _ = self._opened[partition.name]
        return index, reader

    def _close_oldest(self) -> None:
        self._opened.pop(next(iter(self._opened)))[2].close()
