"""Render a comparison as text for the terminal, as Markdown for CHANGES.md, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from ..checks.misquoted import difference
from ..core.text import visible
from .diff import KEPT, Change, Comparison, number

_SHOWN = 20
"""The most documents of a kind, and changes, in the text; JSON has more."""
_WIDTH = 60
"""The most characters of a value."""
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
    yield from _documents(found, "  ", str)
    for change in found.changes[:_SHOWN]:
        yield f"  {_said(change)}"
    left = found.counts.total() - min(len(found.changes), _SHOWN)
    if left:
        yield f"  and {number(left, 'difference')} more; --format json has {'them' if left < KEPT else f'{KEPT:,}'}"


def as_markdown(found: Comparison) -> str:
    """Return the content of CHANGES.md: reasons for the bump, documents, and counts of differences by layer."""
    lines = [f"# Changes from {_escaped(found.old)} to {_escaped(found.new)}", ""]
    lines += [f"- {bump}: {_escaped(why)}" for bump, why in found.reasons] or ["Nothing differs."]
    documents = list(_documents(found, "- ", _as_code))
    if documents:
        lines += ["", "## Documents", "", *documents]
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
    gold = [change for change in found.changes if not change.annotator]
    if gold:
        lines += ["", "## Gold", "", *(f"- {_escaped(_said(change))}" for change in gold[: _SHOWN * 10])]
        if len(gold) > _SHOWN * 10:
            lines.append(f"- and {len(gold) - _SHOWN * 10:,} more")
    return "\n".join(lines) + "\n"


def _documents(found: Comparison, before: str, shown: Callable[[str], str]) -> Iterator[str]:
    kinds: list[tuple[str, list[tuple[str, str]]]] = [
        ("added", found.added),
        ("removed", found.removed),
        ("moved", [(doc_id, f"{old} → {new}") for doc_id, old, new in found.moved]),
    ]
    for kind, documents in kinds:
        if documents:
            said = [f"{shown(doc_id)} ({split})" for doc_id, split in documents]
            more = f" and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
            count = found.counted([doc_id for doc_id, _ in documents])
            yield f"{before}{count} {kind}: {', '.join(said[:_SHOWN])}{more}"


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
