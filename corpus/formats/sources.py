"""Read the files of an import: bounded reading, JSON and text sources, and the files below a directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ..core.json_positions import join_pointer, position
from ..core.model import CorpusError, Fault, Kind, Problem, Source
from ..core.regular_file import read_file
from ..files import parse_json
from ..files.index import MAX_BYTES
from ..files.read import parse_text
from .documents import Incoming, LeftOut
from .known import drop

MESSAGES = {
    "IMP1": "The file cannot be read",
    "IMP2": "This part of the file does not follow the format",
    "IMP3": "Offsets and text disagree",
    "IMP4": "Duplicate id",
    "IMP5": "Reference to an annotation that does not exist",
    "IMP6": "The map names what the files do not have",
}
"""The message of each code that a reader reports."""


def problem(
    code: str,
    file: Source | str,
    detail: str,
    *parts: str | int,
    place: tuple[int, int] | None = None,
    suggestion: str = "",
) -> Problem:
    """Return a Problem in a file, at `place` (line, column) or at the JSON value that the pointer `parts` selects.

    `suggestion` says what solves it, such as a line of the map.
    """
    pointer = join_pointer(*parts)
    path = file if isinstance(file, str) else file.path
    line, column = place or (position(file, pointer) if isinstance(file, Source) else (1, 1))
    message = f"{MESSAGES[code]}: {detail}"
    return Problem(code, "error", path, message, pointer, line, column, suggestion=suggestion)


def outside(start: int, end: int, length: int) -> str:
    """Return the message for offsets that are outside of the text, or of which the start is not before the end."""
    return f"{start} to {end} is not a span of a text of length {length}"


def not_the_words(found: str, expected: str) -> str:
    """Return the message for a span whose text is not the one that the file repeats."""
    return f"the text has {found[:60]!r} there, not {expected[:60]!r}"


def not_read(file: Source) -> Iterator[Problem]:
    """Yield a Problem for each fault that reading the file found."""
    for fault in file.faults:
        detail = f"{fault.name}, {fault.detail}" if fault.detail else fault.name
        yield problem("IMP1", file, detail, place=(fault.line, fault.column))


def read_source(path: Path, kind: Kind, most: int = MAX_BYTES) -> Source:
    """Read a regular file of at most `most` bytes; return its bytes or the reason it is unreadable."""
    file = Source(os.fsencode(path).decode("utf-8", "replace"), kind)
    try:
        if path.is_symlink() or not path.is_file():
            file.faults = (Fault("symlink" if path.is_symlink() else "unreadable"),)
        elif path.stat().st_size > most:
            file.faults = (Fault("too-large", f"more than {most // 2**20} MiB"),)
        else:
            file.data = read_file(path, limit=most)
    except OSError as error:
        file.faults = (Fault("unreadable", error.strerror or ""),)
    except CorpusError:
        file.faults = (Fault("unreadable"),)
    return file


def json_source(path: Path, most: int = MAX_BYTES) -> Source:
    """Read and parse a JSON file."""
    file = read_source(path, "annotation", most)
    if not file.faults:
        file.value, file.faults = parse_json(file.data)
    return file


def text_source(path: Path) -> Source:
    """Read a text file, unchanged. A byte order mark is a fault: offsets may or may not count it."""
    file = read_source(path, "text")
    if not file.faults:
        file.value, faults = parse_text(file.data)
        file.faults = tuple(fault for fault in faults if fault.name != "control-character")
    return file


def text_problem(text: str, path: str, name: str, line: int = 1) -> Problem | None:
    """Return a Problem if a text cannot be the text of the document `name`, else None."""
    # A lone surrogate has no UTF-8 bytes; its own bytes are refused as not UTF-8.
    for fault in parse_text(text.encode("utf-8", "surrogatepass"))[1]:
        if fault.name != "control-character":
            return problem("IMP1", path, f"{name}: {fault.name}", place=(line, 1))
    return None


class Together:
    """Checks each document against those before it: one text for a document, one annotation for an annotator."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[bytes, set[str]]] = {}

    def __call__(self, one: Incoming, annotator: str, name: str, line: int = 1) -> Problem | None:
        """Return a Problem if the document contradicts one before it, else None and remember it."""
        digest = sha256(one.text.encode()).digest()
        before, by = self._seen.setdefault(one.doc_id, (digest, set()))
        if annotator in by:
            return problem("IMP4", one.path, f"{name} has another annotation by {annotator}", place=(line, 1))
        if before != digest:
            return problem("IMP3", one.path, f"{name} was read before with a different text", place=(line, 1))
        by.add(annotator)
        return None


def files_below(source: Path, ends: tuple[str, ...], left: LeftOut, beside: tuple[str, ...] = ()) -> list[Path]:
    """Return the files below a directory whose names have one of these endings, sorted; or the file `source` itself.

    Other files are counted as dropped, except those with endings in `beside`, which the format has besides, and hidden
    ones. Symbolic links are not followed. Raises CorpusError if there is no such file.
    """
    found: list[Path] = []
    if source.is_dir() and not source.is_symlink():
        for folder, folders, names in os.walk(source):
            folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]
            for name in (*folders, *names):
                if name.endswith(ends):
                    found.append(Path(folder, name))
                elif name in names and not name.startswith(".") and not name.endswith(beside or "\0"):
                    drop(left, "files", f"*{Path(name).suffix or name}", f"this format reads {' and '.join(ends)}")
    elif source.exists() or source.is_symlink():
        found = [source]
    if not found:
        raise CorpusError(f"{source}: found no {' or '.join(ends)} file to import")
    return sorted(found)
