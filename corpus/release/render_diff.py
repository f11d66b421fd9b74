"""Render a comparison as text for the terminal, as Markdown for CHANGES.md, or as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from ..checks.misquoted import difference
from ..core.text import visible
from .diff import KEPT, Change, Comparison, number

_SHOWN = 20
"""The most documents of a kind, and changes, in the text; JSON has more."""
_LISTED = 10 * _SHOWN
"""The most documents and targets of a kind in Markdown."""
_OFTEN = 50
"""A change of a value that gold has more often is one line in Markdown."""
_GOLD = 2_000
"""The most changes of gold in Markdown, which are the errata of a release."""
_WIDTH = 60
"""The most characters of a value."""
_HEADING = re.compile(r"#{1,5}(\s|$)")
_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})\s*(?P<info>[^`]*)$")
"""A line that begins fenced code, or ends it: with as many marks or more, and nothing after them."""
_ESCAPES = {char: f"\\{char}" for char in "\\`*_[]|#!~$"} | {char: f"&#{ord(char)};" for char in "@"}
_ESCAPES |= {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
"""What Markdown would interpret; `@` mentions someone."""


def as_json(found: Comparison) -> str:
    """Return the comparison as JSON, with a final newline."""
    value = {
        "old": found.old,
        "new": found.new,
        "bump": found.bump,
        "reasons": [{"bump": bump, "why": why} for bump, why in found.reasons],
        "targets": found.targets,
        "tables": found.tables,
        "rows": [asdict(one) for one in found.rows],
        "documents": {
            "added": [{"doc_id": doc_id, "split": split} for doc_id, split in found.added],
            "removed": [{"doc_id": doc_id, "split": split} for doc_id, split in found.removed],
            "moved": [{"doc_id": doc_id, "from": old, "to": new} for doc_id, old, new in found.moved],
        },
        "counts": [
            {"annotator": who, "split": split, "layer": layer, "kind": kind, "count": count}
            for (who, split, layer, kind), count in sorted(found.counts.items())
        ],
        "changes": [{"kind": change.kind, **asdict(change)} for change in found.changes],
        "changes_left_out": found.counts.total() - len(found.changes),
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def as_text(found: Comparison) -> Iterator[str]:
    """Yield lines for a terminal; the caller must escape control characters."""
    yield f"{found.old} → {found.new}: {found.bump}"
    for bump, why in found.reasons:
        yield f"  {bump}: {why}"
    yield from (f"  {line}" for line in found.tables)
    for config, splits in groupby(found.rows, lambda one: one.config):
        yield f"  rows of {config}: {', '.join(f'{one.split} {_rows(one.old)} → {_rows(one.new)}' for one in splits)}"
    yield from _targets(found, "  ", str, _SHOWN)
    yield from _documents(found, "  ", str, _SHOWN)
    for change in found.changes[:_SHOWN]:
        yield f"  {_said(change)}"
    left = found.counts.total() - min(len(found.changes), _SHOWN)
    if left:
        yield f"  and {number(left, 'difference')} more; --format json has {'them' if left < KEPT else f'{KEPT:,}'}"


def as_markdown(found: Comparison, notes: str = "") -> str:
    """Return the content of CHANGES.md: reasons for the bump, tables, rows, documents, counts of differences by layer.

    `notes` is Markdown that comes after the reasons, one level below its headings.
    """
    lines = [f"# Changes from {_escaped(found.old)} to {_escaped(found.new)}", ""]
    lines += [f"- {bump}: {_escaped(why)}" for bump, why in found.reasons] or ["Nothing differs."]
    if notes:
        lines += ["", one_level_below(notes).strip()]
    for title, items in (
        ("Tables", [f"- {_escaped(line)}" for line in found.tables]),
        ("Rows", _row_table(found)),
        ("Targets", list(_targets(found, "- ", _as_code))),
        ("Documents", list(_documents(found, "- ", _as_code))),
    ):
        if items:
            lines += ["", f"## {title}", "", *items]
    if found.counts:
        lines += [
            "",
            "## Differences",
            "",
            "| annotator | split | layer | kind | count |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [
            "| " + " | ".join([*map(_escaped, (who, split, layer, kind)), f"{count:,}"]) + " |"
            for (who, split, layer, kind), count in sorted(found.counts.items())
        ]
    gold = list(_gold([change for change in found.changes if not change.annotator]))
    if gold:
        lines += ["", "## Gold", "", *(f"- {_escaped(line)}" for line in gold[:_GOLD])]
        if len(gold) > _GOLD:
            lines.append(f"- and {len(gold) - _GOLD:,} more")
    return "\n".join(lines) + "\n"


def _row_table(found: Comparison) -> list[str]:
    """Return the lines of a table of the splits with another number of rows, [] if there is none."""
    lines = [
        f"| {_escaped(one.config)} | {_escaped(one.split)} | {_rows(one.old)} | {_rows(one.new)} |"
        for one in found.rows
    ]
    return ["| config | split | before | after |", "| --- | --- | --- | --- |", *lines] if lines else []


def _rows(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _gold(changes: list[Change]) -> Iterator[str]:
    """Yield a line for each change of gold, and one for all that change the same value of a field into the same."""
    said = [_value_change(change) for change in changes]
    often = {line: count for line, count in Counter(filter(None, said)).items() if count > _OFTEN}
    yield from (f"{line}, {count:,} times" for line, count in often.items())
    yield from (_said(change) for change, line in zip(changes, said, strict=True) if line not in often)


def _value_change(change: Change) -> str:
    """Return the layer and field of a changed value, the old and the new one, "" for a whole record."""
    if change.kind != "changed":
        return ""
    place = " ".join(part for part in (change.layer, change.field) if part)
    return f"{place}: {_cut(_words(change.old))} → {_cut(_words(change.new))}"


def one_level_below(markdown: str) -> str:
    """Return Markdown with a `#` more before each heading, up to the sixth level. Fenced code stays as it is."""
    lines, fence = [], ""
    for line in markdown.splitlines():
        found = _FENCE.match(line)
        if found and not fence:
            fence = found["marks"]
        elif found and found["marks"].startswith(fence) and not found["info"]:
            fence = ""
        lines.append(f"#{line}" if not fence and _HEADING.match(line) else line)
    return "\n".join(lines)


def _targets(found: Comparison, before: str, shown: Callable[[str], str], most: int = _LISTED) -> Iterator[str]:
    for kind, ids in found.targets.items():
        yield f"{before}{number(len(ids), 'target')} {kind}: {_listed([shown(one) for one in ids], most)}"


def _documents(found: Comparison, before: str, shown: Callable[[str], str], most: int = _LISTED) -> Iterator[str]:
    kinds: list[tuple[str, list[tuple[str, str]]]] = [
        ("added", found.added),
        ("removed", found.removed),
        ("moved", [(doc_id, f"{old} → {new}") for doc_id, old, new in found.moved]),
    ]
    for kind, documents in kinds:
        if documents:
            said = [f"{shown(doc_id)} ({split})" for doc_id, split in documents]
            count = found.counted([doc_id for doc_id, _ in documents])
            yield f"{before}{count} {kind}: {_listed(said, most)}"


def _listed(items: list[str], most: int) -> str:
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def _said(change: Change) -> str:
    who = f" ({change.annotator})" if change.annotator else ""
    place = " ".join(part for part in (change.doc_id + who, change.layer, change.record, change.field) if part)
    if change.kind == "changed":
        old, new = _words(change.old), _words(change.new)
        if _cut(old) == _cut(new):  # they differ after what is shown
            old, new, _ = difference(old, new)
        return f"{place}: {_cut(old)} → {_cut(new)}"
    return f"{place}: {change.kind} {_cut(_words(change.old if change.new is None else change.new))}"


def _words(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict) and "start" in value[0]:
        value = " … ".join(span.get("text") or f"{span['start']}–{span['end']}" for span in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(written: str) -> str:
    return written if len(written) <= _WIDTH else written[: _WIDTH - 1] + "…"


def _as_code(doc_id: str) -> str:
    """Return a document id as code for Markdown; a release that was changed may have ids of other characters."""
    return f"`{visible(doc_id).replace('`', '<U+0060>')}`"


def _escaped(text: str) -> str:
    """Escape text for Markdown, on one line: no markup, no link, no mention, no cell of a table."""
    text = visible(" ".join(text.split()))
    escaped = "".join(_ESCAPES.get(char, char) for char in text)
    return escaped.replace("://", "&#58;//").replace("www.", "www&#46;")
