"""A map to edit for the columns of a table: each with how many values it has, guessed from its name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .survey import Survey

_MOST = 200
"""Columns that are listed, and values that are counted of one column."""
_SHOWN = 12
_GUESSES = {
    "text": ("text", "tweet", "sentence", "body", "content", "article"),
    "doc": ("doc_id", "document_id", "tweet_id", "id", "meta.id"),
    "annotator": ("annotator", "worker", "rater", "coder"),
    "split": ("split", "set"),
}
_LABELS = ("stance", "label", "class", "category")
_TARGETS = ("target", "topic", "claim")


def suggest(rows: Iterable[Mapping[str, Any]]) -> Survey:
    """Return a map with a guess for each column, and the values of those that have few."""
    values: dict[str, Counter[str]] = {}
    spans: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for row in rows:
        for name, value in row.items():
            if isinstance(value, list):
                spans[name] += 1
                types.update(map(str, filter(None, (_label(one) for one in value))))
            elif value is not None and (name in values or len(values) < _MOST):
                seen = values.setdefault(name, Counter())
                if len(seen) < _MOST or str(value) in seen:
                    seen[str(value)[:80]] += 1
    found = Survey()
    found.head = _head(values, spans)
    if types:
        found.types = types
    return found


def _label(span: Any) -> Any:
    if isinstance(span, list) and len(span) > 2:
        return span[2]
    return span.get("label") if isinstance(span, dict) else None


def _head(values: Mapping[str, Counter[str]], spans: Counter[str]) -> list[str]:
    lines = ["[columns]"]
    for part, names in _GUESSES.items():
        column = next((one for guess in names for one in values if one.lower() == guess), None)
        lines.append(f"{'' if column else '# '}{part} = {_quoted(column or '…')}")
    lines += ["", "# all columns, and their values where they are few:"]
    for name, seen in values.items():
        few = f": {', '.join(_quoted(one) for one, _ in seen.most_common(_SHOWN))}" if len(seen) <= _SHOWN else ""
        lines.append(f"#   {_quoted(name)}{few}")
    lines += ["", "# [fields]                       # fields of the article's record", '# title = "…"', ""]
    label, target = _like(values, _LABELS), _like(values, _TARGETS)
    off = "" if label and target else "# "
    lines.append(f"{off}[layers.stances]                # a record of this layer for each row")
    lines.append(f"{off}columns = {{ target = {_quoted(target or '…')}, label = {_quoted(label or '…')} }}")
    lines.append('# set = { scope = "article" }')
    for value, _ in (values[label] if label else Counter[str]()).most_common(_SHOWN):
        lines.append(f'# values.label.{_quoted(value)} = "…"')
    for value, _ in (values[target] if target else Counter[str]()).most_common(_SHOWN):
        lines += ["", f"# [targets.{_quoted(value)}]", '# id = "…"', '# kind = "issue"   # issue, proposition, entity']
        lines.append('# statement = "…"')
    for name, _ in spans.most_common(1):
        lines += ["", "[spans]                        # the list of spans of a line", f"key = {_quoted(name)}"]
    return [*lines, ""]


def _like(values: Mapping[str, Counter[str]], names: tuple[str, ...]) -> str:
    return next((one for guess in names for one in values if one.lower() == guess), "")


def _quoted(name: str) -> str:
    return json.dumps(name[:80], ensure_ascii=not name.isprintable())
