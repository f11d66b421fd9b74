"""Read releases/: the versions, and the split of each document in the last one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.model import CorpusError
from ..core.settings import VERSION


def versions(root: Path) -> list[str]:
    """Return the versions in `root/releases`, lowest first."""
    folder = root / "releases"
    found = [path.name for path in folder.iterdir() if VERSION.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, key=parts)


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
    for path in sorted((root / "releases" / last / "documents").glob("*.parquet")):
        split = path.name.rpartition("-of-")[0].rpartition("-")[0]
        try:
            ids = pq.read_table(path, columns=["doc_id"])["doc_id"].to_pylist()
        except (pa.ArrowException, OSError, KeyError) as error:
            raise CorpusError(f"{path} cannot be read: {error}; `corpus verify` checks the release") from None
        found.update(dict.fromkeys(ids, split))
    return last, found
