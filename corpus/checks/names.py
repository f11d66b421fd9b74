"""Find the names and descriptions in gold, with a hash of the words and the label of each; of one document or of many.

mention  form NAM  entity e1 (type ORG)  “the  Harbour Board”  →  hash of “the Harbour Board”, hash of NAM ORG
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..columns.documents import Columns
from ..columns.keys import Mask
from ..columns.records import Records
from ..columns.texts import SPACE, Hashes, Texts, hashes
from ..core.arrays import Numbers, begins_of, sorted_by
from ..core.done import field_done
from ..core.model import Annotation, Record
from ..core.schema import Schema
from ..splits.letters import code_points
from .done_columns import by_done
from .tallied import TALLIED, hash64

_OF_NAMES = (("mentions", "form"), ("mentions", "entity"), ("entities", "type"))
"""The fields that say which words are names, and of what."""
_FORMS = ("NAM", "NOM")


class Name(NamedTuple):
    """The words of a mention with their form and type, and index and id of the first such mention."""

    words: str
    form: str
    type: str
    number: int
    record: str


def names(gold: Annotation, text: str | None, schema: Schema) -> list[Name]:
    """Return the mentions that are names or descriptions, each combination of words and label once.

    None where their forms, their entities or the types of these were not annotated: two documents without a type
    would seem to contradict those with one.
    """
    if not _are_done(gold.value, schema):
        return []
    types = {entity["id"]: entity.get("type") or "" for entity in gold.layer("entities")}
    found: dict[tuple[str, str, str], Name] = {}
    for i, mention in enumerate(gold.layer("mentions")):
        form, spans = mention.get("form"), mention.get("spans")
        if form in _FORMS and spans:
            words = _joined([_words(span, text) for span in spans])
            kind = words, form, types.get(mention.get("entity", ""), "")
            if words and kind not in found:
                found[kind] = Name(*kind, i, mention["id"])
    return list(found.values())


def kinds(gold: Annotation, text: str | None, schema: Schema) -> bytes:
    """Return the keys of the names as an array of `TALLIED`, sorted."""
    found = names(gold, text, schema)
    keys = _hashes_of([name.words for name in found])
    values = np.array([_kind(name.form, name.type) for name in found], np.uint32)
    return _distinct(np.zeros(len(found), np.int64), keys, values)[1].tobytes()


def kinds_of(columns: Columns) -> list[bytes]:
    """Return the keys of the names of each document, b"" where there is no gold."""
    mentions, texts = columns.layer("mentions"), columns.texts
    done = np.array(by_done(columns, lambda value: _are_done(value, columns.schema)), np.bool_)
    count = mentions.count("spans")
    chosen = (columns.gold & done)[mentions.annotation] & (count > 0) & texts.known[mentions.document]
    own = np.flatnonzero(chosen & mentions.equals("form", *_FORMS))
    spans = mentions.spans("spans")
    base = texts.begins[mentions.document[own]]
    first = (np.cumsum(count) - count)[own]
    start, end = spans.start[first] + base, spans.end[first] + base
    plain = (count[own] == 1) & _is_plain(texts, start, end)
    keys = np.zeros(len(own), np.uint64)
    keys[plain] = texts.hashes(start[plain], end[plain])
    has = plain.copy()
    for i in np.flatnonzero(~plain).tolist():
        pieces = range(int(first[i]), int(first[i] + count[own[i]]))
        words = _joined(
            [" ".join(texts.joined[spans.start[k] + base[i] : spans.end[k] + base[i]].split()) for k in pieces]
        )
        has[i] = bool(words)
        keys[i] = _hashes_of([words])[0]
    documents, rows = _distinct(mentions.document[own][has], keys[has], _kinds_in(columns, mentions, own)[has])
    cuts = np.searchsorted(documents, np.arange(len(columns) + 1)).tolist()
    data, size = rows.tobytes(), TALLIED.itemsize
    return [data[cuts[i] * size : cuts[i + 1] * size] for i in range(len(columns))]


def key_of(name: Name) -> tuple[int, int]:
    """Return the entry in `TALLIED` for a name, stable across runs and machines."""
    return int(_hashes_of([name.words])[0]), _kind(name.form, name.type)


def _are_done(value: Record, schema: Schema) -> bool:
    return all(
        layer not in schema.layers or field_done(value, schema.layers[layer], field) for layer, field in _OF_NAMES
    )


def _is_plain(texts: Texts, start: Numbers, end: Numbers) -> Mask:
    """Return which slices of texts have no white space but single spaces between words."""
    runs = texts.filled
    if not len(runs.starts):
        return np.zeros(len(start), np.bool_)
    single = (runs.starts[1:] - runs.ends[:-1] == 1) & (texts.codes.take(runs.ends[:-1]) == 0x20)
    odd = runs.ends[np.append(~single, True)]
    plain: Mask = np.searchsorted(odd, end) == np.searchsorted(odd, start)
    return plain & ~texts.has(start, SPACE) & ~texts.has(end - 1, SPACE)


def _kinds_in(columns: Columns, mentions: Records, own: Numbers) -> npt.NDArray[np.uint32]:
    """Return the hash of form and type of some mentions."""
    of_entity, types = columns.layer("entities").coded("type")
    of_mention, forms = mentions.coded("form")
    # A mention without an entity has that of the last place, which has no type.
    type_ = np.append(of_entity, -1).take(mentions.referred("entity")[own])
    # One more of each, for null.
    kinds = np.array([[_kind(form, type_ or "") for type_ in (*types, None)] for form in (*forms, "")], np.uint32)
    said: npt.NDArray[np.uint32] = kinds[of_mention[own], type_]
    return said


def _distinct(documents: Numbers, keys: Hashes, values: npt.NDArray[np.uint32]) -> tuple[Numbers, npt.NDArray[np.void]]:
    """Return each row of a document once, sorted."""
    order = sorted_by(documents, keys)
    same = (documents[order[1:]] == documents[order[:-1]]) & (keys[order[1:]] == keys[order[:-1]])
    if (same & (values[order[1:]] != values[order[:-1]])).any():
        # Words of one document with two labels are sorted by these, too.
        order = np.lexsort((values, keys, documents))
    documents, keys, values = documents[order], keys[order], values[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (keys[1:] != keys[:-1]) | (values[1:] != values[:-1]) | (documents[1:] != documents[:-1])
    rows = np.zeros(int(new.sum()), TALLIED)
    rows["key"], rows["value"] = keys[new], values[new]
    return documents[new], rows


def _hashes_of(words: Sequence[str]) -> Hashes:
    ends = begins_of([len(one) for one in words])
    return hashes(code_points("".join(words)), ends[:-1], ends[1:])


@lru_cache(maxsize=1024)
def _kind(form: str, type_: str) -> int:
    return hash64(f"{form} {type_}") >> 33 << 1 | (form == "NAM")


def _words(span: Record, text: str | None) -> str:
    words = span.get("text") if text is None else text[span["start"] : span["end"]]
    return " ".join((words or "").split())


def _joined(pieces: Sequence[str]) -> str:
    # The pieces of a withheld text have no words.
    return " … ".join(pieces) if any(pieces) else ""
