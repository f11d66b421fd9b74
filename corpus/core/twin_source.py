"""The checksum by which a twin names the gold annotation that it was made of: `provenance.original_sha256`."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import orjson

from .model import Record

ORIGINAL_SHA256 = "original_sha256"
_PROJECTED = ("guidelines", "alternatives")
"""What a twin has of the provenance of its original."""


class TwinSource(NamedTuple):
    """The checksum of a gold annotation, and the one that its provenance names; "" for none."""

    own: str = ""
    original: str = ""


def twin_source(gold: Record) -> TwinSource:
    """Return the checksum of an annotation that satisfies the schema, and that of the annotation it was made of.

    The checksum is of the values that a twin is made of, the checksum of the text among them. It does not depend on the
    layout of the file.
    """
    provenance = gold.get("provenance") or {}
    used = {name: provenance[name] for name in _PROJECTED if name in provenance}
    written = orjson.dumps({**gold, "provenance": used}, option=orjson.OPT_SORT_KEYS)
    return TwinSource(sha256(written).hexdigest(), provenance.get(ORIGINAL_SHA256) or "")


def names_original(annotation_schema: Record) -> bool:
    """Return True if the schema of annotations has the field; that of an older corpus does not."""
    provenance = annotation_schema["properties"].get("provenance", {})
    return isinstance(provenance, dict) and ORIGINAL_SHA256 in provenance.get("properties", {})
