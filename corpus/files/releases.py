"""What was released: the versions in releases/, and the split that documents had in the last of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.model import CorpusError
from ..core.settings import VERSION


def versions(root: Path) -> list[str]:
    """The versions in `root/releases`, lowest first."""
    folder = root / "releases"
    found = [path.name for path in folder.iterdir() if VERSION.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, key=parts)


def parts(version: str) -> list[int]:
    """The numbers of a version X.Y.Z, by which versions are ordered."""
    return [int(part) for part in version.split(".")]


def released_splits(root: Path) -> tuple[str, dict[str, str]]:
    """The highest version in `root/releases` and the split of each document in it; "" and {} before the first.

    Only ids are read. Raises CorpusError when the release is damaged.
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
            raise CorpusError(f"{path} cannot be read: {error}") from None
        found.update(dict.fromkeys(ids, split))
    return last, found
