"""Level 6: checks of gold against its annotators, and of gold against itself where a sentence or text comes again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..core.arrays import Numbers
from .keyed import Context, Found, Related, Row, Rows, Tally
from .repeated import Passage
from .summaries import Coded, Summaries, differences_in
from .tallied import tallied_rows

_SHOWN = 60
"""Code points of a sentence in a message."""


def _found(summaries: Summaries, code: str) -> Iterator[Found]:
    for i, data in summaries.filled("differences"):
        doc_id = summaries.ids[i]
        for one in differences_in(data).compared:
            if one.code == code:
                places = tuple(Related(doc_id, *place) for place in one.related)
                yield Found(doc_id, one.file, one.detail, one.pointer, one.record, related=places)


def missing_in_gold(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C650: Gold lacks a record that all annotators have.

    What: at least two annotators annotated the layer, all of them have a record there (matched as in `corpus
    agreement`), and `gold` has none. Reported at the record of the first annotator. Of a lost entity, the mentions are
    reported.
    Why: most often the record was lost. To reject what everyone found needs a documented reason.
    Bad: *the ferry operator* is a mention for `ann-a` and for `ann-b`, and not in gold.
    Good: gold with the mention, or an exception with the reason.
    Do: add the record to gold, or leave it out if both annotators are wrong.
    """
    yield from _found(summaries, "C650")


def only_in_gold(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C651: Gold has a record that no annotator has.

    What: at least two annotators annotated the layer, and none of them has a record that matches this one.
    Why: the adjudicator found what everyone missed, or a record slipped in. A second look is cheap.
    Bad: a quote of gold that neither `ann-a` nor `ann-b` has, from an older text.
    Good: a record that the adjudicator added on purpose.
    Do: delete the record from gold, or leave it if the adjudicator found it.
    """
    yield from _found(summaries, "C651")


def gold_of_one_side(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C652: Gold says what one annotator says throughout.

    What: every record of `gold` says the same as that of one annotator, though another differs in eight or more.
    Why: an adjudicator takes one side eight times in a row by chance in less than 1% of documents; so the annotation
    was probably copied and never adjudicated.
    Bad: `annotations/gold/` has the file of `ann-a` under another name.
    Good: `corpus adjudicate --from ann-a,ann-b`, with a decision for each difference.
    Do: make sure that someone adjudicated, and that gold is not a copy.
    """
    yield from _found(summaries, "C652")


def adjudication_rows(summaries: Summaries) -> Rows:
    """Return whether each document that two annotators or more annotated, or that has gold, has gold."""
    annotators = summaries.coded("annotators")
    has_gold = summaries.coded("gold").mapped(bool)
    several = annotators.mapped(lambda names: len(names) > 1)
    chosen = np.flatnonzero(several.filled | has_gold.filled)
    rest = (
        summaries.coded("doc_id").select(chosen),
        summaries.coded("record").select(chosen),
        annotators.select(chosen),
    )
    return Rows(chosen, Coded(np.zeros(len(chosen), np.int64), [""]), has_gold.select(chosen), rest)


def not_adjudicated(key: str, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C653: A document has two annotations and no gold.

    What: two annotators or more annotated the document, and `gold` did not. Reported only in a corpus in which other
    documents have gold.
    Why: the build compiles gold, so the work of both annotators is missing in the data.
    Bad: `annotations/ann-a/ferry-1.json`, `annotations/ann-b/ferry-1.json`, and no `annotations/gold/ferry-1.json`.
    Good: `corpus adjudicate --from ann-a,ann-b`.
    Do: run `corpus adjudicate`.
    """
    for row in rows:
        doc_id, record, annotators = row.rest
        if not row.value:
            hint = f"corpus adjudicate --from {','.join(annotators[:2])}"
            yield Found(doc_id, record, f"annotated by {' and '.join(annotators)}", "/doc_id", suggestion=hint)


def copied_annotation(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C654: An annotation is the copy of another annotator's.

    What: two annotators, gold aside, say the same in every record of every layer that both annotated, in 20 records
    or more.
    Why: independent annotators differ. A copy under another name raises agreement to 1 and hides every error.
    Bad: `annotations/ann-b/ferry-1.json` is `annotations/ann-a/ferry-1.json` with another `annotator`.
    Good: each annotator's own work; delete the copy.
    Do: put the annotation back into the folder of the person who made it, and delete the copy.
    """
    yield from _found(summaries, "C654")


def overruled_value(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C655: Gold contradicts what all annotators say.

    What: at least two annotators and `gold` have the record, the annotators say the same in a field, and gold says
    something else: another speaker, no cue, another boundary, another degree; or another holder or target of a stance
    that is otherwise the same. References agree if their records match. Labels of records with the same spans are left
    to C609, opposite stances to C656.
    Why: most often a slip in adjudication. A deliberate decision against everyone needs a documented reason.
    Bad: `speaker: e2` in gold, the mayor's entity for `ann-a` and for `ann-b`.
    Good: the speaker that both chose, or an exception with the reason.
    Do: correct gold, or leave it if the adjudicator knew better.
    """
    yield from _found(summaries, "C655")


def opposite_stance(summaries: Summaries, context: Context) -> Iterator[Found]:
    """C656: Gold has the opposite of the stance that all annotators have.

    What: at least two annotators have the stance in favour, and `gold` has it against, or the other way round.
    Why: a flipped sign is the costliest error of a stance, and easily made with one key.
    Bad: `label: against` in gold, `favor` by `ann-a` and by `ann-b`.
    Good: `label: favor`, or an exception with the reason.
    Do: correct the label of the stance, in gold or in the annotations.
    """
    yield from _found(summaries, "C656")


def passage_rows(summaries: Summaries, bucket: int) -> tuple[npt.NDArray[np.void], Numbers]:
    """Return the sentences of documents under a hash of their words."""
    return tallied_rows(summaries.bucket("passages", bucket))


def sentence_annotated_differently(key: int, tallies: Sequence[Tally], context: Context) -> Iterator[Found]:
    """C657: The same sentence is annotated differently.

    What: a sentence of 30 characters or more, or a line of several sentences, occurs more than once, and `gold` has
    other records in it elsewhere: other spans or other labels of mentions, quotes or non-quotes. Only records that
    lie within the words are compared, and only layers and fields that both annotated. A finding for each rarer way.
    Why: the same words rarely mean something else; most often one of the two is an error.
    Bad: *The council will meet on Monday, its clerk said.* with a quote in one report and without one in another.
    Good: the same records in both, or an exception that says what differs around them.
    Do: annotate both alike, unless their context differs.
    """
    known = [(tally, one) for tally in tallies if (one := _find(context, tally, key)) is not None]
    if len(known) < 2:
        return
    # Of two ways that are equally frequent, that of the first document is the one that the other differs from.
    most, its = min(known, key=lambda one: (-one[0].documents, one[0].doc_id, sorted(one[1].said.items())))
    for tally, here in known:
        if here is not its:
            both = sorted({**its.said, **here.said})
            layers = [name for name in both if its.said.get(name) != here.said.get(name)]
            words = here.words if len(here.words) <= _SHOWN else f"{here.words[: _SHOWN - 1]}…"
            detail = f"“{words}”, other {' and '.join(layers)} in {most.doc_id}"
            pointer, record = here.first.get(layers[0], (f"/{layers[0]}", ""))
            other, _ = its.first.get(layers[0], (f"/{layers[0]}", ""))
            related = (Related(most.doc_id, most.gold, other, "the same sentence"),)
            yield Found(tally.doc_id, tally.gold, detail, pointer, record, related=related)


def _find(context: Context, tally: Tally, key: int) -> Passage | None:
    """Return the passage in the first document of a tally that has this key and value."""
    found = (one for one in context.passages(tally.doc_id) if (one.key, one.value) == (key, tally.value))
    return next(found, None)


def text_rows(summaries: Summaries) -> Rows:
    """Return each document with gold under the checksum of its text."""
    gold = summaries.coded("gold")
    chosen = np.flatnonzero(gold.filled)
    texts, ids = summaries.coded("text").select(chosen), summaries.coded("doc_id").select(chosen)
    return Rows(chosen, texts, ids, (gold.select(chosen),))


def text_annotated_differently(key: int, rows: Sequence[Row], context: Context) -> Iterator[Found]:
    """C658: The same text is annotated differently.

    What: two documents have the same text, and `gold` says something else in one of them, in a layer whose fields both
    annotated. Ids do not count.
    Why: a model is taught two answers to one question, or tested on the other one.
    Bad: an agency report under two ids, with another medium of a quote in one of them.
    Good: one document; or the same records in both.
    Do: annotate both alike.
    """
    first: dict[tuple[str, tuple[str, ...]], tuple[int, str, str]] = {}
    for row in rows:
        doc_id, (gold,) = row.value, row.rest
        for (layer, absent), value in context.layer_hashes(doc_id).items():
            said, other_id, other_gold = first.setdefault((layer, absent), (value, doc_id, gold))
            if value != said:
                related = (Related(other_id, other_gold, f"/{layer}", "the same text"),)
                yield Found(doc_id, gold, f"other {layer} than in {other_id}", f"/{layer}", related=related)
