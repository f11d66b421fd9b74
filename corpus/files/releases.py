"""Read releases/: the versions, and the split of each document in the last one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..core.model import CorpusError
from ..core.settings import VERSION
from .parquet_file import ParquetFile

_LONGEST_ID = 128
"""The code points that a doc_id may have, which are all ASCII."""


def versions(root: Path) -> list[str]:
    """Return the versions in `root/releases`, lowest first. Raises CorpusError if it or one of them is a link."""
    folder = root / "releases"
    _refuse_link(folder)
    found = [path.name for path in folder.iterdir() if VERSION.fullmatch(path.name)] if folder.is_dir() else []
    for name in found:
        _refuse_link(folder / name)
    return sorted(found, key=parts)


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise CorpusError(f"{path} is a symbolic link, which a corpus may not have: put the folder itself there")


def parts(version: str) -> list[int]:
    """Return the three numbers of a version X.Y.Z, for comparison."""
    return [int(part) for part in version.split(".")]


def released_splits(root: Path) -> tuple[str, dict[str, str]]:
    """Return the highest version in `root/releases` and the split of each document in it, "" and {} without any.

    Only ids are read. Raises CorpusError if the release is damaged.
    """
    known = versions(root)
    if not known:
        return "", {}
    last = known[-1]
    found: dict[str, str] = {}
    folder = root / "releases" / last / "documents"
    _refuse_link(folder)
    for path in sorted(folder.glob("*.parquet")):
        split = path.name.rpartition("-of-")[0].rpartition("-")[0]
        for batch in ParquetFile(path).batches(8192, ["doc_id"]):
            if not pa.types.is_string(batch["doc_id"].type):
                raise CorpusError(f"{path} is not a table of documents: the column doc_id is not of strings")
            if (pc.max(pc.binary_length(batch["doc_id"])).as_py() or 0) > _LONGEST_ID:
                raise CorpusError(f"{path} is not a table of documents: a doc_id is longer than {_LONGEST_ID}")
            found.update((doc_id, split) for doc_id in batch["doc_id"].to_pylist())
    return last, found
