"""Level 6: checks that nothing leaks from training to test: no near-duplicate, no story, no released document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..splits.assign import bridge, stories
from ..splits.containment import Contained, contained
from ..splits.near_duplicates import Near, cut_pairs, is_near
from .document_summary import Corpus, Summary
from .keyed import Context, Found, Related, Row

_NAMED = 5
"""Documents that a finding names."""


def near_copies(corpus: Corpus) -> Iterator[Found]:
    """C606: Near-duplicate texts are in different splits.

    What: two texts share at least half of their runs of twelve letters (estimated with MinHash), or have
    identical letters, or, where a text is withheld, the same checksum. Every document with a
    near-duplicate in another split is in at least one finding, with the first of them. Of many texts with the same
    runs, such as those made from one template, a text is compared with the first 64 of each split; C643 says so.
    Why: a model reproduces in the test what it memorised in training.
    Bad: an agency report in `train`, and the same report under another headline in `test`.
    Good: both in one split, with one `story`.
    Do: give both the same split: delete one `split` and run `corpus split`.
    """
    documents = [one for one in corpus.summaries if one.split]
    splits = sorted({one.split for one in documents})
    if len(splits) < 2:
        return
    near = Near([one.sketch for one in documents], [one.split for one in documents])

    def others(i: int) -> list[str]:
        return [split for split in splits if split != documents[i].split]

    def first(i: int) -> int | None:
        return min((j for split in others(i) if (j := near.first(i, split)) is not None), default=None)

    asked = {i for i, one in enumerate(documents) if corpus.asks(one.doc_id)}
    if corpus.about is not None:
        asked |= {j for i in asked for j in near.near(i, others(i))}
    for i in sorted(asked):
        j = first(i)
        if j is None or (i < j and first(j) == i):
            continue
        one, other = documents[i], documents[j]
        detail = f"{one.split} here, {other.split} for {other.doc_id}"
        related = (_in_record(other, "/split", "the near-duplicate"),)
        yield Found(one.doc_id, one.record, detail, "/split", related=related)


def copied_text(corpus: Corpus) -> Iterator[Found]:
    """C639: A text is contained in a text of another split.

    What: at least a quarter of the runs of twelve letters of a text, and about twenty words, are in a longer text of
    another split (estimated by a sample), and C606 does not find them. So an excerpt is found, and a copy in
    which two words of ten were changed, and most of those in which three were. Runs that more than 64 texts share are
    boilerplate and do not count. Of many versions of one text, some pairs may be missed.
    Why: a model reproduces in the test what it memorised in training.
    Bad: an agency report in `train`, and its first three paragraphs in `test`.
    Good: both in one split, with one `story`.
    Do: give both the same split, or the same `story`.
    """
    documents = [one for one in corpus.summaries if one.split and one.sketch.sample]
    best: dict[int, Contained] = {}
    for pair in contained([one.sketch.sample for one in documents], [one.split for one in documents]):
        known = best.get(pair.text)
        if known is None or pair.share > known.share:
            best[pair.text] = pair
    for pair in best.values():
        one, other = documents[pair.text], documents[pair.other]
        if not is_near(one.sketch, other.sketch):
            detail = f"about {pair.share:.0%} of it are in {other.doc_id}, {one.split} here, {other.split} there"
            related = (_in_record(other, "/split", "the longer text"),)
            yield Found(one.doc_id, one.record, detail, "/split", related=related)


def uncompared_copies(corpus: Corpus) -> Iterator[Found]:
    """C643: Not every pair of texts with the same runs was compared.

    What: more than 64 texts in each of two splits share runs of twelve letters, such as the weather reports that are
    made from one template, and C606 compared each with the first 64 of every split. One finding for the texts of a
    template, with the number of pairs in different splits that were not compared, unless they share other runs too.
    Why: comparing each with each would take days for 100,000 texts; who reads that there are no near-duplicates should
    know what was not compared. A model that learnt the template from the training texts knows half of each test text.
    Bad: 400 weather reports of one form in `train`, and 100 in `test`.
    Good: all of them with one `story`, and so in one split.
    """
    documents = [one for one in corpus.summaries if one.split]
    for texts, pairs in cut_pairs([one.sketch for one in documents], [one.split for one in documents]):
        first = next((i for i in texts if corpus.asks(documents[i].doc_id)), None)
        if first is not None:
            one = documents[first]
            were = "pair in different splits was" if pairs == 1 else "pairs in different splits were"
            detail = f"{pairs:,} {were} not, among {len(texts):,} texts like this one"
            advice = "give the texts of a template one story, so that they are in one split"
            yield Found(one.doc_id, one.record, detail, "/split", suggestion=advice)


def story_rows(one: Summary) -> Iterator[Row]:
    """Yield the split of a document under the name of its story."""
    if one.story and one.split:
        yield Row(one.story, one.split, (one.doc_id, one.record))


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


def bridged_splits(corpus: Corpus) -> Iterator[Found]:
    """C614: A document without a split is tied to different splits.

    What: the document, directly or through other documents without a split, is a near-duplicate of
    documents in two splits or shares a `story` with them. `corpus split` cannot assign it.
    Why: in either split it would leak text between training and test.
    Bad: a weekly summary without a split, half from a report in `train`, half from a report in `test`.
    Good: remove it from the corpus; or, before the first release, put all of them in one split.
    Do: give all of them the same split, or correct what ties them.
    """
    for story in stories(corpus.summaries):
        one = corpus.summaries[story.ties[0].one] if story.bridges else None
        involved = [*story.documents, *(tie.other for tie in story.ties)]
        if one and corpus.asks(*(corpus.summaries[i].doc_id for i in involved)):
            ties = ((corpus.summaries[tie.other], tie.split) for tie in story.ties)
            related = tuple(_in_record(other, "/split", f"in {split}") for other, split in ties)
            yield Found(one.doc_id, one.record, bridge(story, corpus.summaries), "/doc_id", related=related)


def split_rows(one: Summary) -> Iterator[Row]:
    """Yield the split and the text of a document under its id."""
    if one.split:
        yield Row(one.doc_id, one.split, (one.record, next(iter(one.sketch.keys), b"")))


def moved_split(doc_id: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C608: A document changed its split after a release.

    What: its `split` differs from its split in the last release, the highest version in releases/. A document
    with a new id is known by its text.
    Why: a model trained on the last release has seen the document.
    Bad: `train` in release 1.2.0, `"split": "test"` now.
    Good: the split of the release.
    """
    for _, split, (record, text) in rows:
        before = context.released.get(doc_id) or context.released_texts.get(text, split)
        if before != split:
            detail = f"{split} now, {before} in release {context.version}"
            yield Found(doc_id, record, detail, "/split", suggestion=f"set split back to {before}")


def released_document_gone(corpus: Corpus) -> Iterator[Found]:
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
        there = {one.doc_id for one in corpus.summaries}
        gone = sorted(one for one in corpus.released if one not in there and corpus.asks(one))
        if gone:
            named = ", ".join(gone[:_NAMED]) + (" …" if len(gone) > _NAMED else "")
            detail = f"{len(gone):,} of {len(corpus.released):,} in release {corpus.version}: {named}"
            yield Found("", f"releases/{corpus.version}", detail)


def text_rows(one: Summary) -> Iterator[Row]:
    """Yield the checksum of a document's text under its id."""
    if one.sketch.keys:
        yield Row(one.doc_id, one.sketch.keys[0], (one.record,))


def released_text_changed(doc_id: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C641: A released text changed.

    What: `text_sha256` of a document differs from that in the last release.
    Why: offsets and figures of whoever used the release do not fit the new text.
    Bad: a typing error in the text corrected after a release.
    Good: the released text; the corrected one is a new document.
    """
    for _, checksum, (record,) in rows:
        before = context.texts_before.get(doc_id, b"")
        if before not in (b"", checksum):
            detail = f"{checksum.hex()[:12]}… now, {before.hex()[:12]}… in release {context.version}"
            yield Found(doc_id, record, detail, "/text_sha256", suggestion="restore the text of the release")


def licence_rows(one: Summary) -> Iterator[Row]:
    """Yield the licence of a document under its id."""
    yield Row(one.doc_id, one.license, (one.record,))


def released_licence_changed(doc_id: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C642: The licence of a released document changed.

    What: `license` of a document differs from that in the last release.
    Why: a licence that was given is not taken back, and a wrong one was published: users have to be told.
    Bad: CC-BY-4.0 in the release, and CC-BY-NC-4.0 now.
    Good: the licence of the release; or the right one, with a word in the changelog of the next release.
    Do: restore the licence, or say in the changelog of the release why it is another.
    """
    for _, licence, (record,) in rows:
        before = context.licences_before.get(doc_id, "")
        if before not in ("", licence):
            detail = f"{licence} now, {before} in release {context.version}"
            yield Found(doc_id, record, detail, "/license")


def _in_record(one: Summary, pointer: str, message: str) -> Related:
    return Related(one.doc_id, one.record, pointer, message)
