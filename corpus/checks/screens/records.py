"""Screens of level 6: what one document needs before it is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...columns.documents import Columns
from ...columns.keys import Mask
from ...core.languages import scripts_of, tag_faults
from ..publishable import NO_LICENCE
from ..records import SAMPLE, identifier, is_before
from .frame import frame

_HIDDEN = {
    (0xC2, 0xAD): None,
    (0xD8, 0x9C): None,
    (0xE1, 0xA0): (0x8E,),
    (0xE2, 0x80): (*range(0x8B, 0x90), *range(0xAA, 0xAF)),
    (0xE2, 0x81): tuple(range(0xA0, 0xB0)),
    (0xEF, 0xBB): (0xBF,),
    (0xF3, 0xA0): None,
}
"""The bytes of invisible characters in UTF-8: the first two, and the third, None for any.

No part in columns has an escaped one.
"""


def no_split(columns: Columns) -> Mask:
    """Screen of C601."""
    mask: Mask = columns.record("split").is_null().to_numpy(zero_copy_only=False)
    return mask


def against_licence(columns: Columns) -> Mask:
    """Screen of C602."""
    attached = np.array([one.attached for one in columns.parts], np.bool_)
    unlicensed = pc.is_in(columns.record("license"), pa.array(sorted(NO_LICENCE))).to_numpy(zero_copy_only=False)
    shipped = columns.texts.known & ~attached & ~columns.redistributable
    wrong: Mask = shipped | columns.redistributable & unlicensed
    return wrong


def leaked_text(columns: Columns) -> Mask:
    """Screen of C603: a withheld text that is attached."""
    return columns.texts.known & ~columns.redistributable


def alternatives(columns: Columns) -> Mask:
    """Screen of R406: documents with alternatives."""
    written = _provenance(columns, "alternatives").is_valid().to_numpy(zero_copy_only=False)
    return columns.flag(columns.document[written])


def hidden_character(columns: Columns) -> Mask:
    """Screen of C605."""
    every = (
        (i, part)
        for i, one in enumerate(columns.parts)
        for part in (one.record, *(data for _, data in one.annotations))
    )
    foreign = [(i, part) for i, part in every if not part.isascii()]
    if not foreign:
        return np.zeros(len(columns), np.bool_)
    document, parts = np.array([i for i, _ in foreign]), [part for _, part in foreign]
    # Two bytes after each part, so that no match crosses from one part to the next.
    data = np.frombuffer(b"\n\n".join([*parts, b""]), np.uint8)
    ends = np.cumsum([len(part) + 2 for part in parts])
    places = np.flatnonzero(data >= min(_HIDDEN)[0])
    flags = np.zeros(len(columns), np.bool_)
    for (first, second), third in _HIDDEN.items():
        own = places[(data[places] == first) & (data[places + 1] == second)]
        hidden = own if third is None else own[np.isin(data[own + 2], np.array(third, np.uint8))]
        flags[document[np.searchsorted(ends, hidden, "right")]] = True
    return flags


def future_date(columns: Columns) -> Mask:
    """Screen of C630."""
    if columns.today is None:
        return np.zeros(len(columns), np.bool_)
    last, entities = (columns.today + timedelta(days=1)).isoformat(), frame(columns).entities

    def after(dates: pa.Array) -> Mask:
        if dates.null_count == len(dates):
            return np.zeros(len(dates), np.bool_)
        mask: Mask = pc.fill_null(pc.greater(pc.utf8_slice_codeunits(dates, 0, 10), last), False).to_numpy(
            zero_copy_only=False
        )
        return mask

    flags = after(columns.record("published")) | after(columns.record("retrieved"))
    flags |= columns.flag(entities.document[after(entities.values("kb_date"))])
    for name in ("created", "updated"):
        flags |= columns.flag(columns.document[after(_provenance(columns, name))])
    return flags


def retrieved_before_published(columns: Columns) -> Mask:
    """Screen of C631."""
    return _before(columns.record("retrieved"), columns.record("published"))


def updated_before_created(columns: Columns) -> Mask:
    """Screen of C632."""
    before = _before(_provenance(columns, "updated"), _provenance(columns, "created"))
    return columns.flag(columns.document[before])


def unknown_licence(columns: Columns) -> Mask:
    """Screen of C633."""
    return _wrong(columns.record("license"), lambda licence: identifier(licence) == licence)


def unknown_language(columns: Columns) -> Mask:
    """Screen of C634."""
    return _wrong(columns.record("language"), lambda language: not tag_faults(language))


def other_script(columns: Columns) -> Mask:
    """Screen of C635: a text that is not mostly ASCII, or not in a language that is written in Latin script."""
    texts = columns.texts
    foreign = _wrong(columns.record("language"), lambda language: scripts_of(language) in ((), ("Latn",)))
    sample, begins = np.minimum(texts.lengths, SAMPLE), texts.begins[:-1]
    others = np.searchsorted(texts.foreign, begins + sample) - np.searchsorted(texts.foreign, begins)
    odd: Mask = texts.known & (foreign | (2 * others >= sample))
    return odd


def _wrong(column: pa.Array, is_right: Callable[[str], bool]) -> Mask:
    """Return which values are neither null nor right; each distinct value is judged once."""
    wrong = [value for value in pc.unique(column.drop_null()).to_pylist() if not is_right(value)]
    mask: Mask = pc.is_in(column, pa.array(wrong, pa.string())).to_numpy(zero_copy_only=False)
    return mask


def _before(ones: pa.Array, others: pa.Array) -> Mask:
    """Return which dates or times are certainly earlier than those of another column."""
    found = np.zeros(len(ones), np.bool_)
    both = np.flatnonzero(pc.and_(ones.is_valid(), others.is_valid()).to_numpy(zero_copy_only=False))
    pairs = zip(ones.take(pa.array(both)).to_pylist(), others.take(pa.array(both)).to_pylist(), strict=True)
    found[both] = np.array([is_before(one, other) for one, other in pairs], np.bool_)
    return found


def _provenance(columns: Columns, name: str) -> pa.Array:
    provenance = columns.about("provenance")
    if provenance.type.get_field_index(name) < 0:
        return pa.nulls(len(columns.document), pa.string())
    return pc.struct_field(provenance, name)
