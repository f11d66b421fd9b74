"""The names of a collection's files → document, annotator and split, as the patterns of a map say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...core.model import CorpusError
from ..documents import LeftOut

Patterns = tuple[re.Pattern[str], ...]
_PART = {"doc": "(?P<doc>[^/]+)", "annotator": "(?P<annotator>[^/]+)", "split": "(?P<split>[^/]+)"}


def read_files(written: Mapping[str, Any], usual: tuple[str, ...], part: str = "{doc}") -> Patterns:
    """The patterns of names of files that a map file says, each with `part`, or else the usual ones.

    Raises CorpusError.
    """
    files = written.get("files", list(usual))
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not all(isinstance(one, str) and part in one for one in files):
        such = f' with {part}, such as "{usual[0]}"' if usual else ', such as "{annotator}.jsonl"'
        raise CorpusError(f"files of the map must be a pattern{such}, or several")
    return tuple(map(pattern, files))


def pattern(written: str) -> re.Pattern[str]:
    """What a name of a file has to be like, from one with {doc}, {annotator} and {split} in it."""
    parts = re.split(r"\{(doc|annotator|split)\}", written)
    try:
        return re.compile("".join(_PART[one] if i % 2 else re.escape(one) for i, one in enumerate(parts)))
    except re.error as error:
        raise CorpusError(f"files of the map: {written!r}: {error}") from None


def named(
    paths: Iterable[Path], source: Path, patterns: Patterns, left_out: LeftOut
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Each file with what its name in `source` says, by the first pattern that fits: doc, annotator, split.

    A file whose name fits none is counted as left out; without patterns every file is taken, and its name says nothing.
    """
    root = source if source.is_dir() else source.parent
    for path in paths:
        name = path.relative_to(root).as_posix()
        match = next((found for one in patterns if (found := one.fullmatch(name))), None)
        if match is not None:
            yield path, {key: said for key, said in match.groupdict().items() if said}
        elif not patterns:
            yield path, {}
        else:
            left_out["files", "their names are not of the map's pattern"] += 1


def by_document(files: Iterable[tuple[Path, Mapping[str, str]]]) -> dict[str, list[tuple[str, str, Path]]]:
    """The annotator, the split ("" where the name says none) and the path of each file of a document."""
    found: dict[str, list[tuple[str, str, Path]]] = {}
    for path, said in files:
        found.setdefault(said["doc"], []).append((said.get("annotator", ""), said.get("split", ""), path))
    return found
