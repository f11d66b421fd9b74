"""Level 6: checks that compare the labels and the characters of all documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..core.arrays import Numbers, begins_of, ranges
from ..core.bucketed import BUCKETS
from .corpus import Corpus
from .document_summary import CHARACTERS
from .keyed import Context, Found, Related, Tally
from .label_counts import COUNTED, label_names
from .names import Name, key_of
from .summaries import Summaries, differences_in
from .tallied import TALLIED, tallied_rows

_ENOUGH = 300
"""Number of values among which a label with a frequency of 1% is missing by chance in 5% of the cases."""


def unchosen_label(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C609: No annotator chose this gold label.

    What: at least two annotators annotated exactly these words, and `gold` has a label that none of them chose.
    Why: most often an error in adjudication. A deliberate decision against both needs a documented reason.
    Bad: `type: mixed` in gold, `direct` and `indirect` by the annotators, without an explanation.
    Good: the label that one of them chose, or an exception with the reason.
    Do: look at the annotations again; correct gold, or leave it if the adjudicator knew better.
    """
    gold = summaries.coded("gold")
    for i, data in summaries.filled("differences"):
        for pointer, record, detail in differences_in(data).unchosen:
            yield Found(summaries.ids[i], gold.values[gold.codes[i]], detail, pointer, record)


def name_rows(summaries: Summaries, bucket: int) -> tuple[npt.NDArray[np.void], Numbers]:
    """Return the labels of names and descriptions under a hash of their words."""
    return tallied_rows(summaries.bucket("kinds", bucket))


def two_labels_of_words(key: int, tallies: Sequence[Tally], context: Context) -> Iterator[Found]:
    """C610: The same words have inconsistent labels.

    What: in `gold`, the same words have two entity types, or are a name in one document and a description
    in another. One finding per rarer label, at its first mention.
    Why: some words do name two things. Others name one thing that two annotators labelled differently.
    Bad: *Harbour Board*: ORG in seven documents, and FAC in one.
    Good: one type, or a note in the guidelines that distinguishes the two.
    Do: correct the label that is wrong; leave both if the words mean two things.
    """
    if not any(tally.value % 2 for tally in tallies):
        return
    known = [(tally, name) for tally in tallies if (name := _find(context, tally, key)) is not None]
    if len(known) < 2:
        return
    most, its = max(known, key=lambda one: (one[0].documents, one[1].form, one[1].type))
    for tally, name in known:
        if tally.doc_id != most.doc_id and "NAM" in (name.form, its.form):
            documents = f"{most.documents} document{'s' * (most.documents != 1)}"
            detail = f"{name.words!r} is {_kind(name)} here, {_kind(its)} in {documents}"
            related = (Related(most.doc_id, most.gold, f"/mentions/{its.number}", "for example"),)
            yield Found(tally.doc_id, tally.gold, detail, f"/mentions/{name.number}", name.record, related=related)


def _find(context: Context, tally: Tally, key: int) -> Name | None:
    """Return the name in the first document of a tally that has this key and value."""
    return next((name for name in context.names(tally.doc_id) if key_of(name) == (key, tally.value)), None)


def _kind(name: Name) -> str:
    return " ".join(filter(None, (name.form, name.type)))


def unused_label(corpus: Corpus, context: Context) -> Iterator[Found]:
    """C611: A label is never used.

    What: the field has 300 or more values in `gold`, and none of them is this label. Checked in full runs
    in which no document failed.
    Why: a label rarer than 1% cannot be learnt, or the annotators do not know it.
    Bad: `polarity` with 900 values, and `hypothetical` never.
    Good: a label that is used, or that is deleted from `schema/`.
    Do: use the label where it fits, or take it out of the schema.
    """
    if not context.complete:
        return
    names = label_names(context.schema)
    counted, _ = corpus.summaries.items("labels", COUNTED)
    sums = np.zeros(len(names), np.int64)
    np.add.at(sums, counted["label"], counted["count"])
    totals = dict(zip(names, sums.tolist(), strict=True))
    values: Counter[tuple[str, str]] = Counter()
    for (layer, field, _), count in totals.items():
        values[layer, field] += count
    for layer, field, label in names:
        if not totals[layer, field, label] and values[layer, field] >= _ENOUGH:
            detail = f"{layer}.{field} {label}, among {values[layer, field]:,} values"
            yield Found("", "schema/annotation.schema.json", detail)


def character_rows(summaries: Summaries, bucket: int) -> tuple[npt.NDArray[np.void], Numbers]:
    """Return which properties of `CHARACTERS` the texts have, without those of twins."""
    said, values = summaries.coded("characters")
    by_value = [
        np.array([(n, int(digit)) for n, digit in enumerate(value) if n % BUCKETS == bucket], TALLIED)
        for value in values
    ]
    lengths = np.array([len(one) for one in by_value], np.int64)[said] if len(said) else said
    lengths = np.where(summaries.coded("twin_of").filled, 0, lengths) if len(said) else lengths
    rows = np.concatenate([np.zeros(0, TALLIED), *by_value])
    return rows[ranges(begins_of([len(one) for one in by_value])[:-1][said], lengths)], lengths


def unlike_characters(key: int, tallies: Sequence[Tally], context: Context) -> Iterator[Found]:
    """C638: Some texts have characters that others do not.

    What: some texts are not in the Unicode normal form NFC, or have no-break spaces, and others are and have none. One
    finding in the corpus, at the first of them. Twins are not counted.
    Why: *é* in one code point and in two are different words to a program, and so are *5 km* with two kinds of space.
    Bad: 3 of 60 texts were copied from a PDF file, which decomposes letters.
    Good: texts from one source and in one form. Annotated texts are immutable, so programs have to normalise them.
    Do: find out whether the texts come from different tools; do not edit a text that was annotated.
    """
    counts = {tally.value: tally for tally in tallies}
    total, one = sum(tally.documents for tally in tallies), counts[True]
    yield Found(one.doc_id, one.record, f"{one.documents:,} of {total:,} texts have {CHARACTERS[key]}", "/text_sha256")
