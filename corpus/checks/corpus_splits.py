"""Level 6: checks that nothing leaks from training to test: no near-duplicate, no story, no released document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..splits.assign import bridge, stories
from ..splits.containment import Contained
from .corpus import Corpus
from .keyed import Context, Found, Related, Row, Rows
from .summaries import Summaries

_NAMED = 5
"""Documents that a finding names."""


def near_copies(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C606: Near-duplicate texts are in different splits.

    What: two texts share at least half of their runs of twelve letters (estimated with MinHash), or have
    identical letters, or, where a text is withheld, the same checksum. Every document with a
    near-duplicate in another split is in at least one finding, with the first of them. Of many texts with the same
    runs, such as those made from one template, a text is compared with 64 of each split; C643 says so.
    Why: a model reproduces in the test what it memorised in training.
    Bad: an agency report in `train`, and the same report under another headline in `test`.
    Good: both in one split, with one `story`.
    Do: give both the same split: delete one `split` and run `corpus split`.
    """
    summaries = corpus.summaries
    splits, records = summaries.words("split"), summaries.words("record")
    firsts = corpus.near.firsts()
    for i in np.flatnonzero(firsts >= 0).tolist():
        j = int(firsts[i])
        if i > j or firsts[j] != i:
            detail = f"{splits[i]} here, {splits[j]} for {summaries.ids[j]}"
            related = (Related(summaries.ids[j], records[j], "/split", "the near-duplicate"),)
            yield Found(summaries.ids[i], records[i], detail, "/split", related=related)


def copied_text(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C639: A text is contained in a text of another split.

    What: at least a sixth of the runs of twelve letters of a text, and about twenty words, are in a longer text of
    another split (estimated by a sample), and C606 does not find them. So an excerpt is found, and a copy in
    which two words of ten were changed, and nearly each one in which three were: 99% of 948 copies of news articles.
    Runs that more than 64 texts share are boilerplate and do not count. Of many versions of one text, some pairs may be
    missed.
    Why: a model reproduces in the test what it memorised in training.
    Bad: an agency report in `train`, and its first three paragraphs in `test`.
    Good: both in one split, with one `story`.
    Do: give both the same split, or the same `story`.
    """
    summaries = corpus.summaries
    splits, records = summaries.words("split"), summaries.words("record")
    best: dict[int, Contained] = {}
    for pair in corpus.contained:
        known = best.get(pair.text)
        if known is None or pair.share > known.share:
            best[pair.text] = pair
    for pair in best.values():
        i, j = pair.text, pair.other
        if not corpus.near.are_near(i, j):
            detail = f"about {pair.share:.0%} of it are in {summaries.ids[j]}, {splits[i]} here, {splits[j]} there"
            related = (Related(summaries.ids[j], records[j], "/split", "the longer text"),)
            yield Found(summaries.ids[i], records[i], detail, "/split", related=related)


def uncompared_copies(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C643: Not every pair of texts with the same runs was compared.

    What: more than 64 texts in each of two splits share runs of twelve letters, such as the weather reports that are
    made from one template, and C606 compared each with 64 of every other split: with the first ones of those that share
    the rarest runs with it. One finding for the texts of a template, with the number of pairs in different splits that
    were not compared, unless they share other runs too.
    Why: comparing each with each would take days for 100,000 texts; who reads that there are no near-duplicates should
    know what was not compared. A model that learnt the template from the training texts knows half of each test text.
    Bad: 400 weather reports of one form in `train`, and 100 in `test`.
    Good: all of them with one `story`, and so in one split.
    """
    summaries, records = corpus.summaries, corpus.summaries.words("record")
    for texts, pairs in corpus.near.cuts():
        first = next((i for i in texts if corpus.asks(summaries.ids[i])), None)
        if first is not None:
            were = "pair in different splits was" if pairs == 1 else "pairs in different splits were"
            detail = f"{pairs:,} {were} not, among {len(texts):,} texts like this one"
            advice = "give the texts of a template one story, so that they are in one split"
            yield Found(summaries.ids[first], records[first], detail, "/split", suggestion=advice)


def story_rows(summaries: Summaries) -> Rows:
    """Return the split of each document under the name of its story."""
    story, split = summaries.coded("story"), summaries.coded("split")
    chosen = np.flatnonzero(story.filled & split.filled)
    rest = tuple(summaries.coded(name).select(chosen) for name in ("doc_id", "record"))
    return Rows(chosen, story.select(chosen), split.select(chosen), rest)


def story_in_two_splits(story: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C607: A story is in different splits.

    What: the records of two documents name the same `story` and different splits.
    Why: reports of one event share names, facts and whole sentences; a model that learnt
    from one can guess the other.
    Bad: `"story": "ferry-strike"` once in `train` and once in `test`.
    Good: all articles of a story in one split.
    Do: give all articles of the story the same split, or correct `story`.
    """
    first, (other, other_record) = rows[0], rows[0].rest
    for row in rows:
        if row.value != first.value:
            doc_id, record = row.rest
            detail = f"{story!r}, {row.value} here, {first.value} for {other}"
            related = (Related(other, other_record, "/split", "the other document"),)
            yield Found(doc_id, record, detail, "/split", related=related)


def bridged_splits(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C614: A document without a split is tied to different splits.

    What: the document, directly or through other documents without a split, is a near-duplicate of
    documents in two splits or shares a `story` with them. `corpus split` cannot assign it.
    Why: in either split it would leak text between training and test.
    Bad: a weekly summary without a split, half from a report in `train`, half from a report in `test`.
    Good: remove it from the corpus; or, before the first release, put all of them in one split.
    Do: give all of them the same split, or correct what ties them.
    """
    if "" not in corpus.summaries.coded("split").values:
        return
    documents, records = corpus.summaries.places, corpus.summaries.words("record")
    for story in stories(documents, corpus.near):
        one = story.ties[0].one if story.bridges else None
        involved = [*story.documents, *(tie.other for tie in story.ties)]
        if one is not None and corpus.asks(*(documents[i].doc_id for i in involved)):
            related = tuple(
                Related(documents[tie.other].doc_id, records[tie.other], "/split", f"in {tie.split}")
                for tie in story.ties
            )
            yield Found(documents[one].doc_id, records[one], bridge(story, documents), "/doc_id", related=related)


def moved_split(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C608: A document changed its split after a release.

    What: its `split` differs from its split in the last release, the highest version in releases/. A document
    with a new id is known by its text.
    Why: a model trained on the last release has seen the document.
    Bad: `train` in release 1.2.0, `"split": "test"` now.
    Good: the split of the release.
    """
    for doc_id, split, record, text in _released(summaries, context, "split", "record", "text"):
        before = context.released.get(doc_id) or context.released_texts.get(text, split)
        if split and before != split:
            detail = f"{split} now, {before} in release {context.version}"
            yield Found(doc_id, record, detail, "/split", suggestion=f"set split back to {before}")


def released_document_gone(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C640: Documents of the last release are not in the corpus.

    What: the last release has documents that the corpus does not have any more. One finding for all of them; with
    `--since`, for those that the change deletes. Not checked for some paths only, or if a document cannot be read.
    Why: whoever trained or measured on the release cannot find them again. A text that must go is best replaced by its
    offsets: `"redistribution": "offsets_only"`.
    Bad: a document renamed after a release.
    Good: the document under its id; or a new release, whose changelog says why documents are gone.
    Do: restore the documents, or say in the changelog of the release that they are gone.
    """
    if corpus.whole and corpus.released:
        there = set(corpus.summaries.ids)
        gone = sorted(one for one in corpus.released if one not in there and corpus.asks(one))
        if gone:
            named = ", ".join(gone[:_NAMED]) + (" …" if len(gone) > _NAMED else "")
            detail = f"{len(gone):,} of {len(corpus.released):,} in release {corpus.version}: {named}"
            yield Found("", f"releases/{corpus.version}", detail)


def released_text_changed(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C641: A released text changed.

    What: `text_sha256` of a document differs from that in the last release.
    Why: offsets and figures of whoever used the release do not fit the new text.
    Bad: a typing error in the text corrected after a release.
    Good: the released text; the corrected one is a new document.
    """
    for doc_id, checksum, record in _released(summaries, context, "text", "record"):
        before = context.texts_before.get(doc_id, b"")
        if checksum and before not in (b"", checksum):
            detail = f"{checksum.hex()[:12]}… now, {before.hex()[:12]}… in release {context.version}"
            yield Found(doc_id, record, detail, "/text_sha256", suggestion="restore the text of the release")


def released_licence_changed(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C642: The licence of a released document changed.

    What: `license` of a document differs from that in the last release.
    Why: a licence that was given is not taken back, and a wrong one was published: users have to be told.
    Bad: CC-BY-4.0 in the release, and CC-BY-NC-4.0 now.
    Good: the licence of the release; or the right one, with a word in the changelog of the next release.
    Do: restore the licence, or say in the changelog of the release why it is another.
    """
    for doc_id, licence, record in _released(summaries, context, "license", "record"):
        before = context.licences_before.get(doc_id, "")
        if before not in ("", licence):
            detail = f"{licence} now, {before} in release {context.version}"
            yield Found(doc_id, record, detail, "/license")


def _released(summaries: Summaries, context: Context, *names: str) -> Iterator[tuple[Any, ...]]:
    """Yield the id of each document with its values in some columns, nothing before the first release."""
    if context.version:
        columns = (summaries.data(name).to_pylist() if name == "text" else summaries.words(name) for name in names)
        yield from zip(summaries.ids, *columns, strict=True)
