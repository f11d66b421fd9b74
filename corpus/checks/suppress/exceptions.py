"""annotations/exceptions.toml ↔ Excepted: single findings that are known, explained and let pass for a time.

[[exception]]
doc_id = "alpha"            or file = "annotations/notes.txt", for what belongs to no document
annotator = "gold"          left out when it is about the article itself
record = "q1"               left out when it is about every record
code = "Q501"
reason = "The source prints no quotation marks."
until = 2027-01-31          the last day on which it holds, in UTC
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ...core.fingerprint import annotator_of
from ...core.model import CorpusError, Problem
from ...core.regular_file import read_utf8
from ...core.toml_file import read_tables, string

PATH = "annotations/exceptions.toml"
_NAMES = ("file", "doc_id", "annotator", "record", "code", "reason")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*exception[ \t]*\]\]", re.MULTILINE)

Key = tuple[str, str, str, str, str]
"""Code, file, doc_id, annotator, record: what an exception is about."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """A finding that is not counted, why, and the last day on which it is not. `line` is where it says so."""

    code: str
    reason: str
    until: date
    file: str = ""
    doc_id: str = ""
    annotator: str = ""
    record: str = ""
    line: int = 1

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.code, self.file, self.doc_id, self.annotator, self.record

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return " ".join(filter(None, (self.code, self.file, self.doc_id, self.annotator, self.record)))


def keys(problem: Problem) -> tuple[Key, ...]:
    """The keys of the exceptions that name a finding, the narrowest first."""
    annotator = annotator_of(problem.file) if problem.doc_id else ""
    of_file, of_document = (problem.file, "", ""), ("", problem.doc_id, annotator)
    places = (of_document, of_file) if problem.doc_id else (of_file,)
    records = (problem.record, "") if problem.record else ("",)
    return tuple((problem.code, *place, record) for record in records for place in places)


def read_exceptions(
    root: Path, codes: Collection[str], excusable: Collection[str], text: str | None = None
) -> list[Excepted]:
    """The exceptions of the corpus, in their order; with `text`, as if that stood in the file.

    `codes` are those of all checks, `excusable` those whose findings may be excepted. Raises
    CorpusError, with the place, when the file says anything else than exceptions.
    """
    text = _text(root) if text is None else text
    tables = read_tables(root, PATH, "exception", text)
    lines = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    if len(lines) != len(tables):
        lines = [1] * len(tables)
    found: dict[Key, Excepted] = {}
    for number, (table, line) in enumerate(zip(tables, lines, strict=True), 1):
        where = f"{PATH}:{line}: exception {number}"
        one = _exception(table, line, where)
        if one.code not in codes:
            raise CorpusError(f"{where}: there is no check {one.code}; see `corpus rule --all`")
        if one.code not in excusable:
            raise CorpusError(
                f"{where}: {one.code} cannot be excepted: what does not hold together cannot be compiled; mend it"
            )
        if one.key in found:
            raise CorpusError(f"{where}: line {found[one.key].line} has an exception for {one.about} already")
        found[one.key] = one
    return list(found.values())


def _text(root: Path) -> str:
    try:
        return read_utf8(root / PATH, root)
    except FileNotFoundError:
        return ""


def _exception(table: dict[str, Any], line: int, where: str) -> Excepted:
    for name in table:
        if name not in (*_NAMES, "until"):
            raise CorpusError(f"{where}: there is no {name}; it has {', '.join(_NAMES)} and until")
    values: dict[str, str] = {}
    for name in _NAMES:
        value = table.get(name, "")
        if not isinstance(value, str) or (name in table and not value.strip()):
            raise CorpusError(f"{where}: {name} must be a string that is not empty")
        values[name] = value
    until = table.get("until")
    if not isinstance(until, date) or isinstance(until, datetime):
        raise CorpusError(f"{where}: until must be a date, such as 2027-01-31 (without quotation marks)")
    for name in ("code", "reason"):
        if not values[name]:
            raise CorpusError(f"{where}: {name} is missing")
    if bool(values["file"]) == bool(values["doc_id"]):
        raise CorpusError(f"{where}: either doc_id or file must say what it is about, and not both")
    if values["annotator"] and not values["doc_id"]:
        raise CorpusError(f"{where}: annotator goes with doc_id; a file has its annotator in its name")
    return Excepted(**values, until=until, line=line)


def with_exceptions(root: Path, added: list[Excepted], codes: Collection[str], excusable: Collection[str]) -> str:
    """What the file says when the exceptions `added` stand at its end. Raises CorpusError as reading it would."""
    text = _text(root)
    for one in added:
        text = text.rstrip("\n") + "\n\n" if text.strip() else ""
        text += written(one)
        read_exceptions(root, codes, excusable, text)
    return text


def written(one: Excepted) -> str:
    """The exception in canonical form."""
    lines = [f"{name} = {string(getattr(one, name))}" for name in _NAMES if getattr(one, name)]
    return "\n".join(["[[exception]]", *lines, f"until = {one.until.isoformat()}", ""])
