"""Read releases/: the versions, and the split of each document in the last one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern

import pyarrow as pa
import pyarrow.compute as pc

from ..core.model import CorpusError
from ..core.settings import VERSION
from .parquet_file import ParquetFile

TABLES_OF_DOCUMENTS = ("documents", "twins", "withheld")
"""The directories of a release with the record of each document: those with a text, twins, and those without."""
_LONGEST = 128
"""The code points that a doc_id may have, which are all ASCII; checksums have fewer."""


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


@dataclass(frozen=True, slots=True)
class LastRelease:
    """The split of each document of the last release, by its id and by the checksum of its text."""

    version: str = ""
    by_id: dict[str, str] = field(default_factory=dict)
    by_text: dict[bytes, str] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    """The checksum of the text of each document, where the release has it."""
    licences: dict[str, str] = field(default_factory=dict)
    """The licence of each document, where the release has it."""


def read_last_release(root: Path) -> LastRelease:
    """Read the highest version in `root/releases`; it is empty without any.

    Only ids, checksums and licences are read. Raises CorpusError if the release is damaged.
    """
    known = versions(root)
    if not known:
        return LastRelease()
    found = LastRelease(known[-1])
    for path in tables_of_documents(root / "releases" / found.version):
        split = path.name.rpartition("-of-")[0].rpartition("-")[0]
        file = ParquetFile(path)
        columns = ["doc_id", *(name for name in ("text_sha256", "license") if name in file.schema.names)]
        for batch in file.batches(8192, columns):
            for name, values in zip(columns, batch.columns, strict=True):
                _check_strings(path, name, values)
            rows = batch.to_pydict()
            found.by_id.update((doc_id, split) for doc_id in rows["doc_id"])
            checksums = [_checksum(text) for text in rows.get("text_sha256", ())]
            found.by_text.update((checksum, split) for checksum in checksums)
            found.texts.update(zip(rows["doc_id"], checksums, strict=False))
            licences = [intern(licence or "") for licence in rows.get("license", ())]
            found.licences.update(zip(rows["doc_id"], licences, strict=False))
    found.by_text.pop(b"", None)
    return found


def tables_of_documents(folder: Path) -> Iterator[Path]:
    """Yield the tables of a release with the record of each document. Raises CorpusError if a folder is a link."""
    for name in TABLES_OF_DOCUMENTS:
        _refuse_link(folder / name)
        yield from sorted((folder / name).glob("*.parquet"))


def _checksum(written: str | None) -> bytes:
    """Return a checksum in hexadecimal as bytes, b"" if it is none."""
    try:
        return bytes.fromhex(written or "")
    except ValueError:
        return b""


def _check_strings(path: Path, name: str, values: pa.Array) -> None:
    if not pa.types.is_string(values.type):
        raise CorpusError(f"{path} is not a table of documents: the column {name} is not of strings")
    if (pc.max(pc.binary_length(values)).as_py() or 0) > _LONGEST:
        raise CorpusError(f"{path} is not a table of documents: a {name} is longer than {_LONGEST}")
