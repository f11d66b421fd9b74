"""A built folder → what in it is not as its manifest says: files, tables, counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.model import CorpusError
from .build import content_hash
from .hashes import TableHash, file_hash


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a built folder. Raises CorpusError when there is none or it cannot be read."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        _ = manifest["files"].items(), manifest["configs"].items(), manifest["content_sha256"]
    except FileNotFoundError:
        raise CorpusError(f"{folder} holds no build: it has no manifest.json") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise CorpusError(f"{folder / 'manifest.json'} is damaged: {error!r}") from None
    return manifest


def verify(folder: Path) -> Iterator[str]:
    """What differs from the manifest, a line each: nothing when the folder is as it was made.

    Every file's SHA-256 is made anew, and every table's logical hash, which no codec or library version
    changes. So a folder whose Parquet was rewritten with the same content fails by its files alone, and
    this is said.
    """
    manifest = read_manifest(folder)
    there = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / "manifest.json"
    }
    for name in sorted(manifest["files"].keys() | there.keys()):
        if name not in there:
            yield f"{name}: is gone"
        elif name not in manifest["files"]:
            yield f"{name}: is not in the manifest"
        elif there[name].is_symlink():
            yield f"{name}: is a symbolic link"
        elif (now := file_hash(there[name])) != manifest["files"][name]:
            yield f"{name}: SHA-256 is {now}, the manifest says {manifest['files'][name]}"
    splits: dict[str, dict[str, str]] = {}
    for config, of in sorted(manifest["configs"].items()):
        for split, made in sorted(of.items()):
            try:
                rows, digest = _table(folder, config, split)
            except (pa.ArrowException, OSError) as error:
                yield f"{config} {split}: cannot be read: {error}"
                continue
            splits.setdefault(config, {})[split] = digest
            if rows != made["rows"]:
                yield f"{config} {split}: {rows:,} rows, the manifest says {made['rows']:,}"
            if digest != made["sha256"]:
                yield f"{config} {split}: the content's hash is {digest}, the manifest says {made['sha256']}"
    if content_hash(splits) != manifest["content_sha256"]:
        yield "the hash of all content differs from the manifest's"


def _table(folder: Path, config: str, split: str) -> tuple[int, str]:
    """Rows and logical hash of a split."""
    hashed: TableHash | None = None
    for path in sorted((folder / config).glob(f"{split}-?????-of-?????.parquet")):
        file = pq.ParquetFile(path)
        hashed = hashed or TableHash(file.schema_arrow)
        for batch in file.iter_batches(1024):
            hashed.update(batch)
    if hashed is None:
        raise OSError("no file of it is there")
    return hashed.rows, hashed.hexdigest()
