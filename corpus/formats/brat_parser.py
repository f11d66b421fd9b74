"""The lines of a brat .ann file: what each says, and a Problem for one that says nothing that can be understood."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.model import Problem, Source
from .mapping.annotations import About, Event, Lines, TextBound, joined
from .sources import problem

_TEXT_BOUND = re.compile(r"(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)")
_ID = re.compile(r"(?:[TERAMN#]\S{1,40}|\*|#)")
_BREAK = re.compile("[\r\n]")


def parse(file: Source, text: str, lines: Lines) -> Iterator[Problem]:
    """Read the bytes of a file into `lines`; yields a Problem for each line that cannot be, with its number."""
    seen: set[str] = set()
    for number, data in enumerate(file.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        data = data.removesuffix(b"\r")
        if not data.strip():
            continue
        try:
            line = data.decode()
        except UnicodeDecodeError as error:
            yield problem("IMP2", file, f"byte {data[error.start]:#04x} is not UTF-8", place=(number, 1))
            continue
        name, _, rest = line.partition("\t")
        if not _ID.fullmatch(name):
            yield problem("IMP2", file, "the line does not begin with an id and a tab", place=(number, 1))
            continue
        if name in seen and name not in "*#":
            yield problem("IMP4", file, name, place=(number, 1))
            continue
        seen.add(name)
        wrong = _read(name, rest, number, text, lines)
        if wrong:
            lines.broken.add(name)
            yield problem(wrong[0], file, f"{name}: {wrong[1]}", place=(number, 1))


def _read(name: str, rest: str, number: int, text: str, lines: Lines) -> tuple[str, str] | None:
    """Take in a line; the code of what is wrong with it and what that is, None when nothing is."""
    said, tab, tail = rest.partition("\t")
    words = said.split(" ")
    arguments = [(role, target) for role, colon, target in (word.partition(":") for word in words if word)]
    whole = all(role and target for role, target in arguments)
    match name[0]:
        case "T":
            return _read_bound(name, said, tail if tab else None, number, text, lines)
        case "E":
            if not arguments or not whole:
                return "IMP2", "an event is TYPE:TRIGGER ROLE:ID …"
            (kind, trigger), *roles = arguments
            lines.events[name] = Event(kind, trigger, roles, number)
        case "R":
            if len(arguments) != 3 or not all(role and target for role, target in arguments[1:]):
                return "IMP2", "a relation is TYPE ARG:ID ARG:ID"
            lines.relations.append((words[0], arguments[1:], number))
        case "*":
            if len(words) < 2 or not all(words):
                return "IMP2", "an equivalence is TYPE ID ID …"
            lines.equivalences.append((words[0], words[1:], number))
        case "A" | "M":
            kind, _, more = said.partition(" ")
            target, blank, value = more.partition(" ")
            if not kind or not target:
                return "IMP2", "an attribute is TYPE ID VALUE"
            lines.attributes.append(About(kind, target, value if blank else None, number))
        case "N":
            if len(words) != 3 or not re.fullmatch(r"[^:]+:.+", words[2]):
                return "IMP2", "a normalization is TYPE ID DATABASE:ID"
            lines.normalizations.append(About(words[2], words[1], tail if tab else None, number))
        case _:
            if len(words) != 2 or not all(words):
                return "IMP2", "a note is TYPE ID, a tab and its text"
            lines.notes.append(About(words[0], words[1], tail if tab else None, number))
    return None


def _read_bound(
    name: str, said: str, words: str | None, number: int, text: str, lines: Lines
) -> tuple[str, str] | None:
    found = _TEXT_BOUND.fullmatch(said)
    if not found or words is None:
        return "IMP2", "a text-bound annotation is TYPE START END, a tab and its words"
    pieces = [(int(start), int(end)) for start, end in (piece.split(" ") for piece in found[2].split(";"))]
    for start, end in pieces:
        if not start < end <= len(text):
            return "IMP3", f"{start} to {end} in a text of {len(text)}"
    there = " ".join(text[start:end] for start, end in pieces)
    loose = len(pieces) > 1 or _BREAK.search(there)
    if there != words and not (loose and "".join(there.split()) == "".join(words.split())):
        return "IMP3", f"{there[:60]!r} is there, not {words[:60]!r}"
    lines.bound[name] = TextBound(found[1], joined(text, pieces), number)
    return None
