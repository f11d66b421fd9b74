"""Parse file names into document, annotator and split, by the patterns of a map."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...core.model import CorpusError
from ..documents import LeftOut

Patterns = tuple[re.Pattern[str], ...]
_SHOWN = 3
"""Names of files without a pattern that are shown."""
_PART = {"doc": "(?P<doc>[^/]+)", "annotator": "(?P<annotator>[^/]+)", "split": "(?P<split>[^/]+)"}


def read_files(written: Mapping[str, Any], usual: tuple[str, ...], part: str = "{doc}") -> Patterns:
    """Return the file-name patterns of a map file, or the usual ones if it has none.

    Raises CorpusError for a pattern without `part`.
    """
    files = written.get("files", list(usual))
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not all(isinstance(one, str) and part in one for one in files):
        such = f' with {part}, such as "{usual[0]}"' if usual else ', such as "{annotator}.jsonl"'
        raise CorpusError(f"map: files must be a pattern{such}, or a list of patterns")
    return tuple(map(pattern, files))


def pattern(written: str) -> re.Pattern[str]:
    """Compile a pattern with {doc}, {annotator} and {split} to a regular expression."""
    parts = re.split(r"\{(doc|annotator|split)\}", written)
    try:
        return re.compile("".join(_PART[one] if i % 2 else re.escape(one) for i, one in enumerate(parts)))
    except re.error as error:
        raise CorpusError(f"map: files: {written!r}: {error}") from None


def named(
    paths: Iterable[Path], source: Path, patterns: Patterns, left_out: LeftOut
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield each file with the parts of its path below `source`, by the first pattern that matches.

    Files that match no pattern are counted in `left_out`, with the first of them. Without patterns every file is
    yielded, with no parts.
    """
    root = source if source.is_dir() else source.parent
    others: list[str] = []
    count = 0
    for path in paths:
        name = path.relative_to(root).as_posix()
        match = next((found for one in patterns if (found := one.fullmatch(name))), None)
        if match is not None:
            yield path, {key: said for key, said in match.groupdict().items() if said}
        elif not patterns:
            yield path, {}
        else:
            count += 1
            others += [name] if len(others) < _SHOWN else []
    if count:
        shown = ", ".join(others) + (", …" if count > len(others) else "")
        left_out["files", f"no pattern of the map's `files` matches {shown}"] += count


def files_by_document(files: Iterable[tuple[Path, Mapping[str, str]]]) -> dict[str, list[tuple[str, str, Path]]]:
    """Group files by document: (annotator, split, path) of each, "" for a part that its name does not have."""
    found: dict[str, list[tuple[str, str, Path]]] = {}
    for path, said in files:
        found.setdefault(said["doc"], []).append((said.get("annotator", ""), said.get("split", ""), path))
    return found
