"""Level 6: a check of twins, which are changed copies of other articles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .corpus import Corpus
from .keyed import Context, Found, Related


class _Twin(NamedTuple):
    """What the check knows of a twin or an original."""

    doc_id: str
    record: str
    twin_of: str
    twin_kind: str
    split: str
    story: str


def unlike_twin(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C644: A twin does not fit its original.

    What: `twin_of` names a document that the corpus does not have, the twin itself, or another twin; twin and original
    are in different splits or stories; or one of `twin_of` and `twin_kind` is missing. For some paths only, a missing
    document is not reported.
    Why: no figure counts a twin, because its original is counted. A score of a twin is compared with that of its
    original, and in another split it would leak the text.
    Bad: `"twin_of": "ferry-bell"` in `test`, and `ferry-bell` in `train`.
    Good: both in `test`, with one `story`.
    Do: correct `twin_of`, `split` or `story` of the twin.
    """
    summaries = corpus.summaries
    twin_of = summaries.coded("twin_of")
    named = set(twin_of.values)
    is_named = np.array([doc_id in named for doc_id in summaries.ids], np.bool_)
    numbers = np.flatnonzero(twin_of.filled | summaries.coded("twin_kind").filled | is_named)
    known = {one.doc_id: one for one in map(_Twin, *(summaries.coded(name).of(numbers) for name in _Twin._fields))}
    for one in known.values():
        if not one.twin_of and not one.twin_kind:
            continue
        original = known.get(one.twin_of)
        fault = _fault(one, original, corpus.whole)
        if fault is not None:
            pointer, detail = fault
            related = (
                (Related(original.doc_id, original.record, "", "the original"),)
                if original and original.doc_id != one.doc_id
                else ()
            )
            yield Found(one.doc_id, one.record, detail, pointer, related=related)


def _fault(one: _Twin, original: _Twin | None, whole: bool) -> tuple[str, str] | None:
    """Return where the fault of a twin is and what it is, None without one."""
    if not one.twin_of:
        return "/twin_kind", f"it is {one.twin_kind}, and `twin_of` is missing"
    if not one.twin_kind:
        return "/twin_of", "`twin_kind` is missing"
    if original is None:
        return ("/twin_of", f"the corpus has no valid document {one.twin_of}") if whole else None
    if original.doc_id == one.doc_id:
        return "/twin_of", "it names itself"
    if original.twin_of:
        return "/twin_of", f"{original.doc_id} is a twin of {original.twin_of}"
    for name in ("split", "story"):
        mine, other = getattr(one, name), getattr(original, name)
        if mine != other:
            pointer = f"/{name}" if mine else ""
            return pointer, f"{name} {mine or 'missing'} here, {other or 'missing'} for {original.doc_id}"
    return None
