"""Level 6: checks of twins, which are changed copies of other articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..core.twin_source import ORIGINAL_SHA256
from .corpus import Corpus
from .keyed import Context, Found, Related, Row, Rows
from .summaries import Coded, Summaries

_NOISY = "noisy"
_ATTACHED = "raw/attached/"
"""Where texts are that may not be passed on."""


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


def twin_rows(summaries: Summaries) -> Rows:
    """Return each noisy twin under the id of its original, and each document that is not a twin under its own id."""
    twin_of, kind = summaries.coded("twin_of"), summaries.coded("twin_kind")
    is_noisy = np.array([value == _NOISY for value in kind.values], np.bool_)[kind.codes]
    chosen = np.flatnonzero(is_noisy | ~twin_of.filled)
    ids = summaries.coded("doc_id").select(chosen)
    originals = [of or doc_id for of, doc_id in zip(twin_of.of(chosen), ids.of(np.arange(len(chosen))), strict=True)]
    return Rows(chosen, Coded.given(originals), ids, (summaries.coded("gold").select(chosen),))


def stale_twin(key: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C645: A noisy twin was made of other gold than its original has now.

    What: `provenance.original_sha256` of a twin that `corpus twin` made is not the checksum of the gold annotation of
    its original. Twins without this checksum are not asked, and neither are those whose original is missing or has
    errors.
    Why: a correction of the original's gold is missing in the gold of its twin, so the two are scored against different
    answers.
    Bad: a wrong speaker is corrected in `ferry-bell`, and stays in `ferry-bell-noisy`.
    Good: `corpus twin ferry-bell` after the correction.
    Do: run `corpus twin` for the original, with the seed that the note of the twin names.
    """
    gold = next((row.rest[0] for row in rows if row.value == key), "")
    for row in rows:
        if row.value == key or not gold or not row.rest[0]:
            continue
        made_of, now = context.twin_source(row.value).original, context.twin_source(key).own
        if made_of and now and made_of != now:
            related = (Related(key, gold, "", "the original"),)
            fix = f"run corpus twin {key}; if the note of the twin names another seed than 1, add it with --seed"
            yield Found(
                row.value, row.rest[0], f"gold of {key} has changed", f"/provenance/{ORIGINAL_SHA256}", "", fix, related
            )


def missing_twin(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C646: An article has no noisy twin, and most of its split have one.

    What: more than half of the articles of a split that have gold and a text to pass on have a noisy twin, and this one
    has none. Not asked for some paths only.
    Why: a score on twins is compared with that on their originals, so an article without one is in neither.
    Bad: an article is added to `test`, where each other one has a noisy twin.
    Good: `corpus twin` for the new article.
    Do: run `corpus twin` for the article.
    """
    if not corpus.whole:
        return
    summaries = corpus.summaries
    twin_of, kind = summaries.words("twin_of"), summaries.words("twin_kind")
    having = {of for of, one in zip(twin_of, kind, strict=True) if one == _NOISY}
    if not having:
        return
    without_text = summaries.without_text()
    columns = (summaries.ids, twin_of, *map(summaries.words, ("gold", "files", "split", "record")))
    of_split: dict[str, list[tuple[str, str]]] = {}
    for doc_id, of, gold, files, split, record in zip(*columns, strict=True):
        is_attached = any(path.startswith(_ATTACHED) for path in files)
        if gold and not of and not is_attached and doc_id not in without_text:
            of_split.setdefault(split, []).append((doc_id, record))
    for split, articles in of_split.items():
        lacking = [(doc_id, record) for doc_id, record in articles if doc_id not in having]
        if 2 * len(lacking) < len(articles):
            count = f"{len(articles) - len(lacking):,} of {len(articles):,} articles of {split} have one"
            for doc_id, record in lacking:
                yield Found(doc_id, record, count, suggestion=f"run corpus twin {doc_id}")


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
