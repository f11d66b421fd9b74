"""Screens of level 5 about stances."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...columns.parse import Numbers
from .frame import frame, repeats


def evidence_of_another(columns: Columns) -> Mask:
    """Screen of T501."""
    one, stances = frame(columns), frame(columns).stances
    links, speaker, holder = (
        stances.refers("evidence_quotes"),
        one.quotes.referred("speaker"),
        stances.referred("holder"),
    )
    if not len(links.to):
        return np.zeros(len(columns), np.bool_)
    asked = stances.equals("scope", "speaker") & stances.has("holder")
    differs = (links.to < 0) | (speaker[links.to] != holder[links.record])
    return columns.flag(stances.document[links.record[asked[links.record] & differs]])


def repeated_stance(columns: Columns) -> Mask:
    """Screen of T503 and T504: two stances with the same scope, holder and target."""
    stances = frame(columns).stances
    codes = (_codes(stances.values(name)) for name in ("scope", "target"))
    return columns.flag(stances.document[repeats(stances.annotation, stances.referred("holder"), *codes)])


def evidence_nowhere(columns: Columns) -> Mask:
    """Screen of T505."""
    stances = frame(columns).stances
    none = (stances.count("evidence_quotes") == 0) & (stances.count("evidence_spans") == 0)
    return columns.flag(stances.document[none & ~stances.equals("scope", "headline")])


def nested_evidence(columns: Columns) -> Mask:
    """Screen of T520: several quotes as evidence, one of which is in another quote."""
    one, stances = frame(columns), frame(columns).stances
    links, parent = stances.refers("evidence_quotes"), one.quotes.referred("parent")
    if not len(links.to):
        return np.zeros(len(columns), np.bool_)
    several = stances.count("evidence_quotes")[links.record] > 1
    return columns.flag(stances.document[links.record[several & (parent[links.to] >= 0)]])


def stop_in_evidence(columns: Columns) -> Mask:
    """Screen of T521."""
    one, stances = frame(columns), frame(columns).stances
    end = one.place(stances, "evidence_spans")[1]
    return (
        columns.flag(stances.spans("evidence_spans").document[columns.texts.within(end - 1, ".,;")])
        & columns.texts.known
    )


def _codes(column: pa.StringArray) -> Numbers:
    """Return a number for each distinct value, -1 for null."""
    codes: Numbers = pc.fill_null(column.dictionary_encode().indices, -1).to_numpy()
    return codes
