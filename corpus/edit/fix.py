"""Apply the fixes of findings to the bytes of files; all other bytes stay unchanged.

Fixes are applied in rounds. Two fixes in one place could undo each other, so a round applies the first one only; the
document is then checked again, and what is found next is fixed in the next round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from .. import checks
from ..checks.suppress.suppressions import Suppressions, Suppressor
from ..core.model import Document, Fix, Problem, Severity
from ..core.schema import Schema
from ..files import Entry, Index, Reader, by_document, edited, is_bulk, parse_json
from .rewriter import ChangedLines, Rewriter, chosen_files

_ROUNDS = 8
"""The most rounds of fixes for one document. A fix may make another one possible; the limit ends any cycle."""
_BOM = b"\xef\xbb\xbf"
_Find = Callable[[Document, set[int]], Iterator[Problem]]
"""Yields the findings of a document, suppressed ones as infos, and adds the levels that fail to the set."""


def fix_corpus(
    root: Path,
    schema: Schema,
    severities: Mapping[str, Severity],
    suppressions: Suppressions,
    paths: Sequence[Path],
    rewriter: Rewriter,
    on_problem: Callable[[Problem], None],
    *,
    unsafe: bool,
) -> int:
    """Apply the safe fixes, or with `unsafe` all fixes, of findings in the JSON files. Return the number of files read.

    `on_problem` receives each error and warning of these files that is left, unless it is suppressed. Fixes of
    suppressed findings are applied too: the baseline is there to become smaller.
    """

    def find(document: Document, failed: set[int]) -> Iterator[Problem]:
        # A Suppressor counts what it suppressed, and a document is checked in several rounds: each has its own.
        suppress = Suppressor(suppressions, show=True).suppress
        return checks.run(document, schema, failed, severities, suppress, suppressions.today)

    with (
        Index(root, paths) as index,
        Reader(root, index.unpacked) as reader,
        ChangedLines() as lines,
    ):
        files = chosen_files(index, paths)
        for entries in (group for shard in index.shards(256) for group in by_document(shard)):
            for before, after, left in _fixed(entries, reader, find, files, unsafe):
                old, new = before.source, after.source
                for problem in left:
                    on_problem(problem)
                if not is_bulk(old.path):
                    rewriter.file(old.path, old.data, new.data)
                elif new.data != old.data:
                    lines.add(old.path, old.line, old.data, new.data)
        lines.rewrite(rewriter, index)
    return len(files)


def _fixed(
    entries: list[Entry], reader: Reader, find: _Find, files: set[str], unsafe: bool
) -> Iterator[tuple[Document, Document, list[Problem]]]:
    """Yield each document of a group whose file is in `files`: before, after, and the findings left.

    An annotation is checked after its article, and against the fixed article: a fix of the record may resolve or
    reveal a finding in the annotation.
    """
    failed: set[int] = set()
    article = None
    for before in reader.documents(entries):
        after = before if article is None else replace(before, article=article)
        levels = checks.inherited(failed)
        if before.source.path in files and before.source.kind != "text":
            after, levels, left = _with_fixes(after, find, levels, unsafe)
            yield before, after, [one for one in left if one.severity != "info" and one.file in files]
        elif before.annotation is None:
            for _ in find(before, levels):
                pass
        if before.annotation is None:
            failed, article = levels, after.article


def _with_fixes(
    document: Document, find: _Find, inherited: set[int], unsafe: bool
) -> tuple[Document, set[int], list[Problem]]:
    """Apply fixes until none is left. Return the document, the levels it still fails, and the findings left."""
    for rounds_left in reversed(range(_ROUNDS + 1)):
        failed = set(inherited)
        found = list(find(document, failed))
        own = [problem for problem in found if problem.file == document.source.path]
        fixes = without_conflicts([problem for problem in own if problem.fix and (problem.fix.safe or unsafe)])
        if not fixes or not rounds_left:
            break
        document = _reread(document, _applied(document.source.data, fixes))
    return document, failed, found


def without_conflicts(problems: Sequence[Problem]) -> list[Fix]:
    """Return the fixes of findings; of two fixes that touch one place, only the first.

    A fix touches the location of its finding and of its edits (JSON pointers), and everything below them.
    """
    taken: set[str] = set()
    above: set[str] = set()
    fixes = []
    for problem in problems:
        if problem.fix is None:
            continue
        places = {problem.pointer, *(edit.pointer for edit in problem.fix.edits)}
        upto = {place: _upto(place) for place in places}
        if not places & above and all(taken.isdisjoint(ways) for ways in upto.values()):
            fixes.append(problem.fix)
            taken |= places
            above.update(*upto.values())
    return fixes


def _upto(pointer: str) -> set[str]:
    parts = pointer.split("/")
    return {"/".join(parts[:n]) for n in range(1, len(parts) + 1)}


def _applied(data: bytes, fixes: Sequence[Fix]) -> bytes:
    """Apply fixes to the bytes of a file. A fix without edits removes the byte order mark."""
    if not all(fix.edits for fix in fixes):
        return data.removeprefix(_BOM)
    return edited(data, [edit for fix in fixes for edit in fix.edits])


def _reread(document: Document, data: bytes) -> Document:
    """Return the document with other bytes in its file.

    Faults that parsing does not find (the reader's, such as of its path) are kept from the old source.
    """
    old = document.source
    value, faults = parse_json(data, old.line)
    elsewhere = set(old.faults) - set(parse_json(old.data, old.line)[1]) if old.faults else set()
    if isinstance(value, dict) and isinstance(old.value, dict) and old.kind == "record" and "text" not in old.value:
        value.pop("text", None)  # in a bulk line, the reader takes `text` as the article's text
    kept = tuple(fault for fault in old.faults if fault in elsewhere)
    source = replace(old, data=data, value=value, faults=(*faults, *kept))
    record = value if isinstance(value, dict) else {}
    if document.annotation is None:
        article = replace(document.article, record=record, sources=(source, *document.article.sources[1:]))
        return Document(document.doc_id, article)
    return Document(document.doc_id, document.article, replace(document.annotation, value=record, source=source))
