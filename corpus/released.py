"""The splits that documents had in the last release: releases/<version>/documents/<split>-*.parquet."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .model import CorpusError
from .settings import VERSION


def released_splits(root: Path) -> tuple[str, dict[str, str]]:
    """The highest version in `root/releases` and the split of each document in it; "" and {} before the first.

    Only ids are read. Raises CorpusError when the release is damaged.
    """
    folder = root / "releases"
    versions = [path.name for path in folder.iterdir() if VERSION.fullmatch(path.name)] if folder.is_dir() else []
    if not versions:
        return "", {}
    last = max(versions, key=lambda version: [int(part) for part in version.split(".")])
    found: dict[str, str] = {}
    for path in sorted((folder / last / "documents").glob("*.parquet")):
        split = path.name.rpartition("-of-")[0].rpartition("-")[0]
        try:
            ids = pq.read_table(path, columns=["doc_id"])["doc_id"].to_pylist()
        except (pa.ArrowException, OSError, KeyError) as error:
            raise CorpusError(f"{path} cannot be read: {error}") from None
        found.update(dict.fromkeys(ids, split))
    return last, found
