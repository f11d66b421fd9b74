"""Recompute all checksums of a built folder and report mismatches with its manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..core.regular_file import read_file
from ..files.parquet_file import ParquetFile
from ..files.table_hash import TableHash, file_hash
from .diff import number
from .tables import content_hash


def read_manifest(folder: Path, links: bool = False) -> dict[str, Any]:
    """Return the manifest of a built folder. Raises CorpusError if it is missing or damaged, or a link.

    `links` allows a link: the hub's library downloads to its own store and links to it.
    """
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(read_file(path, None if links else folder))
        sound = (
            isinstance(manifest["content_sha256"], str)
            and all(isinstance(digest, str) for digest in manifest["files"].values())
            and all(_is_name(name) for name in manifest["configs"])
            and all(
                _is_name(split) and isinstance(made["rows"], int) and isinstance(made["sha256"], str)
                for of in manifest["configs"].values()
                for split, made in of.items()
            )
        )
    except FileNotFoundError:
        raise CorpusError(f"{folder} is not a build: it has no manifest.json") from None
    except RecursionError:
        raise CorpusError(f"{path} is damaged: it is nested too deep") from None
    except json.JSONDecodeError as error:
        at = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise CorpusError(f"{path} is not valid JSON: {at}") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{path} is not valid JSON: it is not UTF-8") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise CorpusError(f"{path} is damaged: {error!r}") from None
    if not sound:
        raise CorpusError(f"{path} is damaged: it must have files, configs and their checksums")
    return manifest


def _is_name(name: str) -> bool:
    """Return True unless a config or a split would lead to another folder."""
    return bool(name) and "/" not in name and "\\" not in name and name not in (".", "..")


def verify(folder: Path) -> Iterator[str]:
    """Yield one message for each mismatch with the manifest; none if the folder is intact.

    Recomputes the SHA-256 of every file and the logical hash of every table, which does not depend on codec
    or library version. A folder whose Parquet files were rewritten with the same content therefore fails by
    its files only, and the messages show it. Raises CorpusError if the manifest is missing or damaged.
    """
    manifest = read_manifest(folder)
    yield from _files(folder, manifest)
    yield from _tables(folder, manifest)


def _files(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    there = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / "manifest.json"
    }
    for name in sorted(manifest["files"].keys() | there.keys()):
        if name not in there:
            yield f"{name}: is missing"
        elif name not in manifest["files"]:
            yield f"{name}: is not in the manifest"
        elif there[name].is_symlink():
            yield f"{name}: is a symbolic link"
        elif (now := file_hash(there[name])) != manifest["files"][name]:
            yield f"{name}: SHA-256 is {now}, expected {manifest['files'][name]}"


def _tables(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    splits: dict[str, dict[str, str]] = {}
    for config, of in sorted(manifest["configs"].items()):
        for split, made in sorted(of.items()):
            try:
                rows, digest = _table(folder, config, split)
            except (OSError, CorpusError) as error:
                yield f"{config} {split}: is unreadable: {error}"
                continue
            splits.setdefault(config, {})[split] = digest
            if rows != made["rows"]:
                yield f"{config} {split}: {number(rows, 'row')}, expected {made['rows']:,}"
            if digest != made["sha256"]:
                yield f"{config} {split}: content hash is {digest}, expected {made['sha256']}"
    if content_hash(splits) != manifest["content_sha256"]:
        yield "content hash of the build differs from the manifest"


def _table(folder: Path, config: str, split: str) -> tuple[int, str]:
    """Return the number of rows and the logical hash of a split."""
    hashed: TableHash | None = None
    for path in sorted((folder / config).glob(f"{split}-?????-of-?????.parquet")):
        file = ParquetFile(path)
        hashed = hashed or TableHash(file.schema)
        for batch in file.batches(1024):
            hashed.update(batch)
    if hashed is None:
        raise OSError("it has no Parquet file")
    return hashed.rows, hashed.hexdigest()
