"""annotations/exceptions.toml ↔ ExceptionEntry: known findings, each suppressed for a reason and until a date.

[[exception]]
doc_id = "alpha"            or file = "annotations/notes.txt", for a finding outside any document
annotator = "gold"          omitted for the article itself
record = "q1"               omitted to cover every record
code = "Q501"
reason = "The source prints no quotation marks."
until = 2027-01-31          the last day on which it is valid, in UTC
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
from ...core.settings import REPLACED
from ...core.toml_file import read_tables, string

EXCEPTIONS = "annotations/exceptions.toml"
_NAMES = ("file", "doc_id", "annotator", "record", "code", "reason")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*exception[ \t]*\]\]", re.MULTILINE)

ExceptionKey = tuple[str, str, str, str, str]
"""Code, file, doc_id, annotator, record: what an exception covers."""


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """One exception: what it covers, the reason, and its last valid day. `line` is its line in the file."""

    code: str
    reason: str
    until: date
    file: str = ""
    doc_id: str = ""
    annotator: str = ""
    record: str = ""
    line: int = 1

    @property
    def key(self) -> ExceptionKey:
        """What it covers."""
        return self.code, self.file, self.doc_id, self.annotator, self.record

    @property
    def about(self) -> str:
        """What it covers, in words."""
        return " ".join(filter(None, (self.code, self.file, self.doc_id, self.annotator, self.record)))


def exception_keys(problem: Problem) -> tuple[ExceptionKey, ...]:
    """Return the keys of the exceptions that would cover a finding, the narrowest first."""
    annotator = annotator_of(problem.file) if problem.doc_id else ""
    of_file, of_document = (problem.file, "", ""), ("", problem.doc_id, annotator)
    places = (of_document, of_file) if problem.doc_id else (of_file,)
    records = (problem.record, "") if problem.record else ("",)
    return tuple((problem.code, *place, record) for record in records for place in places)


def read_exceptions(
    root: Path, codes: Collection[str], suppressible: Collection[str], text: str | None = None
) -> list[ExceptionEntry]:
    """Read the exceptions of the corpus, in file order; `text` replaces the content of the file.

    `codes` are those of all checks, `suppressible` those that an exception may cover. Raises CorpusError,
    with the location, if the file holds anything but valid exceptions.
    """
    text = _text(root) if text is None else text
    tables = read_tables(root, EXCEPTIONS, "exception", text)
    lines = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    if len(lines) != len(tables):
        lines = [1] * len(tables)
    found: dict[ExceptionKey, ExceptionEntry] = {}
    for number, (table, line) in enumerate(zip(tables, lines, strict=True), 1):
        where = f"{EXCEPTIONS}:{line}: exception {number}"
        one = _exception(table, line, where)
        _check_code(one, where, codes, suppressible)
        if one.key in found:
            raise CorpusError(
                f"{where}: duplicate of the exception for {one.about} in line {found[one.key].line}; delete one of them"
            )
        found[one.key] = one
    return list(found.values())


def _check_code(one: ExceptionEntry, where: str, codes: Collection[str], suppressible: Collection[str]) -> None:
    if one.code in REPLACED:
        raise CorpusError(
            f"{where}: {REPLACED[one.code]} replaces the code {one.code}, since the schema states the rule; "
            f'write code = "{REPLACED[one.code]}"'
        )
    if one.code not in codes:
        raise CorpusError(f"{where}: unknown code {one.code}; `corpus rule --all` lists the codes")
    if one.code not in suppressible:
        raise CorpusError(f"{where}: {one.code} cannot be suppressed, since invalid data does not compile; fix it")


def _text(root: Path) -> str:
    try:
        return read_utf8(root / EXCEPTIONS, root)
    except FileNotFoundError:
        return ""


def _exception(table: dict[str, Any], line: int, where: str) -> ExceptionEntry:
    for name in table:
        if name not in (*_NAMES, "until"):
            raise CorpusError(f"{where}: unknown key {name}; use {', '.join(_NAMES)} and until")
    values: dict[str, str] = {}
    for name in _NAMES:
        value = table.get(name, "")
        if not isinstance(value, str) or (name in table and not value.strip()):
            raise CorpusError(f"{where}: {name} must be a non-empty string")
        values[name] = value
    until = table.get("until")
    if not isinstance(until, date) or isinstance(until, datetime):
        raise CorpusError(f"{where}: until must be a date, such as 2027-01-31 (without quotation marks)")
    for name in ("code", "reason"):
        if not values[name]:
            raise CorpusError(f"{where}: {name} is missing")
    if bool(values["file"]) == bool(values["doc_id"]):
        raise CorpusError(f"{where}: set either doc_id or file, not both")
    if values["annotator"] and not values["doc_id"]:
        raise CorpusError(f"{where}: annotator requires doc_id; the path in file names the annotator already")
    return ExceptionEntry(**values, until=until, line=line)


def with_exceptions(
    root: Path, added: list[ExceptionEntry], codes: Collection[str], suppressible: Collection[str]
) -> str:
    """Return the file with the exceptions `added` at its end. Raises CorpusError as `read_exceptions` does."""
    text = _text(root)
    existing = {one.key: one for one in read_exceptions(root, codes, suppressible, text)}
    for one in added:
        # The file is not written yet, so a refusal names none of its lines.
        _check_code(one, "no exception was added", codes, suppressible)
        if one.key in existing:
            same = existing[one.key]
            raise CorpusError(
                f"no exception was added: {EXCEPTIONS}:{same.line} has one for {one.about} already, until "
                f"{same.until}; edit that one"
            )
        text = text.rstrip("\n") + "\n\n" if text.strip() else ""
        text += exception_toml(one)
        read_exceptions(root, codes, suppressible, text)
    return text


def exception_toml(one: ExceptionEntry) -> str:
    """Return the exception as TOML, in canonical form."""
    lines = [f"{name} = {string(getattr(one, name))}" for name in _NAMES if getattr(one, name)]
    return "\n".join(["[[exception]]", *lines, f"until = {one.until.isoformat()}", ""])
