"""Cut a corpus into parts of about 200 articles, each with files of its own in the index of the corpus page.

    index/<part>.rows.js       the rows of the list         rows("<part>", [row, …])
    index/<part>.text.js       the texts                    texts("<part>", [text or null, …])
    index/<part>.<layer>.js    the records of a layer       records("<part>", "<layer>", [records or 0, …])
    index/<part>.json          what the next run needs of an unchanged part: its key, pages and counts

A page loads these as scripts that call a function, because a page that was opened as a file may not fetch others. A
part ends after an article whose id has a certain hash, so an article that is new or deleted changes its own part only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from ..core.model import Fix, Problem, Severity
from ..files import Entry as Part
from ..files import by_document
from ..files.index import Index
from .entry import Entry
from .labels import Labels
from .summary import Summary

FOLDER = "index"
_USUAL, _MOST = 200, 800
"""The usual and the largest number of articles of a part."""
Group = list[Part]
"""The files of one article."""


def parts(index: Index, chosen: frozenset[str] = frozenset()) -> Iterator[list[Group]]:
    """Yield the articles of each part in the order of ids; with `chosen`, only these."""
    groups: list[Group] = []
    for shard in index.shards(_USUAL):
        for group in by_document(shard):
            doc_id = group[0].doc_id
            if not doc_id or (chosen and doc_id not in chosen):
                continue
            groups.append(group)
            if int.from_bytes(_hash(doc_id), "big") % _USUAL == 0 or len(groups) == _MOST:
                yield groups
                groups = []
    if groups:
        yield groups


def name_of(groups: list[Group]) -> str:
    """Return the name of a part: a hash of the id of its first article."""
    return _hash(groups[0][0].doc_id).hex()[:12]


def _hash(value: str) -> bytes:
    return blake2b(value.encode(), digest_size=16).digest()


Finding = tuple[str, Severity, str, str, int, int, str, str, str, str, bool]
"""Code, severity, file, message, line, column, record, snippet, suggestion; what a fix does, and if it is safe."""


def finding_of(problem: Problem) -> Finding:
    """Return what the page of the findings shows of a finding."""
    fix = (problem.fix.description, problem.fix.safe) if problem.fix else ("", False)
    about = (problem.code, problem.severity, problem.file, problem.message, problem.line, problem.column)
    return (*about, problem.record, problem.snippet, problem.suggestion, *fix)


def problem_of(doc_id: str, finding: Finding) -> Problem:
    """Return a finding about an article as a Problem again."""
    code, severity, file, message, line, column, record, snippet, suggestion, description, safe = finding
    return Problem(
        code=code,
        severity=severity,
        file=file,
        message=message,
        line=line,
        column=column,
        doc_id=doc_id,
        record=record,
        snippet=snippet,
        suggestion=suggestion,
        fix=Fix(safe, description) if description else None,
    )


def _finding(code: str, severity: Severity, file: str, message: str, line: int, column: int, *more: Any) -> Finding:
    """Check a finding that was read. Raises TypeError."""
    record, snippet, suggestion, description, safe = more
    words = (code, severity, file, message, record, snippet, suggestion, description)
    if not all(isinstance(one, str) for one in words) or not isinstance(line, int) or not isinstance(column, int):
        raise TypeError("not what was written of a finding")
    return (code, severity, file, message, line, column, record, snippet, suggestion, description, bool(safe))


@dataclass(slots=True)
class Shown:
    """What the next run needs of an article.

    `digest` is that of its files and of what decides how it is shown, "" if a file cannot be read. `pages` has the
    addresses of its pages, `findings` what validation finds about it. `refused` has file, line, column and code of each
    error that keeps an annotation from being shown. `left_out` is true if nothing of the article may be published.
    """

    digest: str
    pages: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: list[tuple[str, int, int, str]] = field(default_factory=list)
    left_out: bool = False


@dataclass(slots=True)
class State:
    """What the next run needs of a part: its articles by id, the addresses of its files, and its counts."""

    name: str
    articles: dict[str, Shown] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)

    def as_bytes(self) -> bytes:
        """Return the bytes of the file of the part."""
        articles = {doc_id: asdict(one) for doc_id, one in self.articles.items()}
        value = {"articles": articles, "files": self.files, "summary": self.summary.as_json()}
        return _json(value).replace("<", "\\u003c").encode() + b"\n"

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> State | None:
        """Return what `as_bytes` wrote, None for anything else: the part is then made again."""
        try:
            value = orjson.loads(data)
            articles = {doc_id: _shown(one) for doc_id, one in value["articles"].items()}
            return cls(name, articles, list(map(str, value["files"])), Summary.from_json(value["summary"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    @property
    def path(self) -> str:
        """Return the address of its file."""
        return f"{FOLDER}/{self.name}.json"


def _shown(value: dict[str, Any]) -> Shown:
    """Return what the file of a part says about an article. Raises TypeError or ValueError for anything else."""
    shown = Shown(**value)
    shown.findings = [_finding(*one) for one in shown.findings]
    shown.refused = [(str(file), int(line), int(column), str(code)) for file, line, column, code in shown.refused]
    if not (isinstance(shown.digest, str) and all(isinstance(page, str) for page in shown.pages)):
        raise TypeError("not what was written of an article")
    return shown


def rows_file(name: str) -> str:
    """Return the address of the rows of a part."""
    return f"{FOLDER}/{name}.rows.js"


def index_files(name: str, entries: Iterable[Entry], labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a part for the browser: address and bytes."""
    entries = list(entries)
    yield rows_file(name), _call("rows", name, [one.row for one in entries])
    yield f"{FOLDER}/{name}.text.js", _call("texts", name, [one.text for one in entries])
    for layer in labels.layers:
        records = [one.records.get(layer, 0) for one in entries]
        yield f"{FOLDER}/{name}.{layer}.js", _call("records", name, layer, records)


def _call(function: str, *arguments: Any) -> bytes:
    """Return a script of one line that calls a function with values."""
    # The characters are those of JSON, which is JavaScript since 2019; "<" is escaped in case a page ever holds it.
    written = ",".join(map(_json, arguments)).replace("<", "\\u003c")
    return f"{function}({written})\n".encode()


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a number of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rows_of(data: bytes) -> list[Any]:
    """Return the rows of a file that `index_files` made. Raises ValueError for anything else."""
    found = json.loads(b"[" + data[data.index(b"(") + 1 : data.rindex(b")")] + b"]")
    if not (isinstance(found, list) and len(found) == 2 and isinstance(found[1], list)):
        raise ValueError("not the rows of a part")
    return found[1]
