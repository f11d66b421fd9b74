"""The readings that an adjudicator found as good as the annotated ones: `provenance.alternatives` of an annotation.

{"layer": "quotes", "record": "q3", "field": "medium", "value": "unspecified"}     another value
{"layer": "quotes", "record": "q3", "field": "cue", "spans": [{"start": 7, …}]}    other spans
{"layer": "mentions", "record": "m7"}                                              no such record
{"layer": "mentions", "spans": [{"start": 40, "end": 52, …}]}                      a record there
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Record


def has_alternatives(annotation_schema: Mapping[str, Any]) -> bool:
    """Return True if the schema of annotations has `provenance.alternatives`; older ones do not."""
    provenance = annotation_schema["properties"].get("provenance", {})
    return isinstance(provenance, dict) and "alternatives" in provenance.get("properties", {})


def alternatives(value: Record) -> list[Record]:
    """Return the alternatives of an annotation, [] for none. Takes any JSON object, and leaves out what has no form."""
    provenance = value.get("provenance")
    written = provenance.get("alternatives") if isinstance(provenance, dict) else None
    return [one for one in written if _has_form(one)] if isinstance(written, list) else []


def _has_form(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("layer"), str):
        return False
    spans = one.get("spans") or []
    return (
        all(isinstance(one.get(name) or "", str) for name in ("record", "field", "note"))
        and isinstance(spans, list)
        and all(isinstance(s, dict) and type(s.get("start")) is int and type(s.get("end")) is int for s in spans)
    )


def as_label(value: Any) -> str | None:
    """Return a value as a string, as a label is compared: a list joined by "+", a boolean as true or false."""
    if isinstance(value, list):
        return "+".join(sorted(map(str, value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
