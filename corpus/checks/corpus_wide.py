"""Level 6: checks that compare documents. `CORPUS_WIDE` is the list.

A check takes the Corpus, which holds summaries, and the Schema, and yields Problems. It runs once,
after all documents were read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..core.model import Place, Problem, Severity
from ..core.schema import Schema
from ..splits.assign import bridge, stories
from ..splits.near_duplicates import Near
from .document_summary import KINDS, Corpus, Name, Summary, key_of, label_names
from .rule import Rule, Suppress, documentation

_PARTS = 8
"""The words are compared in as many parts, one after another, so that sorting needs little memory."""
_ENOUGH = 300
"""Number of values among which a label with a frequency of 1% is missing by chance in 5% of the cases."""

CorpusCheckFunction = Callable[[Corpus, Schema], Iterator[Problem]]


def near_copies(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C606: Near-duplicate texts are in different splits.

    What: two texts share at least half of their runs of twelve letters (estimated with MinHash), or have
    identical letters, or, where a text is withheld, the same checksum. Every document with a
    near-duplicate in another split is in at least one finding, with the first of them.
    Why: a model reproduces in the test what it memorised in training.
    Bad: an agency report in `train`, and the same report under another headline in `test`.
    Good: both in one split, with one `story`.
    """
    documents = [one for one in corpus.summaries if one.split]
    near = Near([one.sketch for one in documents], [one.split for one in documents])
    splits = sorted({one.split for one in documents})

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
        if corpus.asks(one.doc_id, other.doc_id):
            detail = f"{one.split} here, {other.split} for {other.doc_id}"
            yield _found(near_copies, corpus, one, detail, "/split", related=[(other, "/split", "the near-duplicate")])


def story_in_two_splits(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C607: A story is in different splits.

    What: the records of two documents name the same `story` and different splits.
    Why: reports of one event share names, facts and whole sentences; a model that learnt
    from one can guess the other.
    Bad: `"story": "ferry-strike"` once in `train` and once in `test`.
    Good: all articles of a story in one split.
    """
    first: dict[str, Summary] = {}
    for one in corpus.summaries:
        if one.story and one.split:
            other = first.setdefault(one.story, one)
            if other.split != one.split and corpus.asks(one.doc_id, other.doc_id):
                detail = f"{one.story!r}, {one.split} here, {other.split} for {other.doc_id}"
                related = [(other, "/split", "the other document")]
                yield _found(story_in_two_splits, corpus, one, detail, "/split", related=related)


def bridged_splits(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C614: A document without a split is tied to different splits.

    What: the document, directly or through other documents without a split, is a near-duplicate of
    documents in two splits or shares a `story` with them. `corpus split` cannot assign it.
    Why: in either split it would leak text between training and test.
    Bad: a weekly summary without a split, half from a report in `train`, half from a report in `test`.
    Good: remove it from the corpus; or, before the first release, put all of them in one split.
    """
    for story in stories(corpus.summaries):
        one = corpus.summaries[story.ties[0].one] if story.bridges else None
        involved = [*story.documents, *(tie.other for tie in story.ties)]
        if one and corpus.asks(*(corpus.summaries[i].doc_id for i in involved)):
            related = [(corpus.summaries[tie.other], "/split", f"in {tie.split}") for tie in story.ties]
            detail = bridge(story, corpus.summaries)
            yield _found(bridged_splits, corpus, one, detail, "/doc_id", related=related)


def moved_split(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C608: A document changed its split after a release.

    What: its `split` differs from its split in the last release, the highest version in releases/. A document
    with a new id is known by its text.
    Why: a model trained on the last release has seen the document.
    Bad: `train` in release 1.2.0, `"split": "test"` now.
    Good: the split of the release.
    """
    for one in corpus.summaries:
        text = next(iter(one.sketch.keys), b"")
        before = corpus.released.get(one.doc_id) or corpus.released_texts.get(text, one.split)
        if one.split and before != one.split and corpus.asks(one.doc_id):
            detail = f"{one.split} now, {before} in release {corpus.version}"
            hint = f"set split back to {before}"
            yield _found(moved_split, corpus, one, detail, "/split", suggestion=hint)


def unchosen_label(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C609: No annotator chose this gold label.

    What: at least two annotators annotated exactly these words, and `gold` has a label that none of them chose.
    Why: most often an error in adjudication. A deliberate decision against both needs a documented reason.
    Bad: `type: mixed` in gold, `direct` and `indirect` by the annotators, without an explanation.
    Good: the label that one of them chose, or an exception with the reason.
    """
    for one in corpus.summaries:
        for pointer, record, detail in one.unchosen if corpus.asks(one.doc_id) else ():
            yield _found(unchosen_label, corpus, one, detail, pointer, file=one.gold, record=record)


def two_labels_of_words(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C610: The same words have inconsistent labels.

    What: in `gold`, the same words have two entity types, or are a name in one document and a description
    in another. One finding per rarer label, at its first mention.
    Why: some words do name two things. Others name one thing that two annotators labelled differently.
    Bad: *Harbour Board*: ORG in seven documents, and FAC in one.
    Good: one type, or a note in the guidelines that distinguishes the two.
    """
    conflicts: list[tuple[int, Name, int, Name, int]] = []
    for groups in _of_several_kinds(corpus):
        known = [(count, _find(corpus, number, key), number) for count, number, key in groups]
        found = [(count, name, number) for count, name, number in known if name is not None]
        if len(found) < 2:
            continue
        count, its, number = max(found, key=lambda one: (one[0], one[1].form, one[1].type))
        for _, name, here in found:
            if here != number and "NAM" in (name.form, its.form):
                conflicts.append((here, name, number, its, count))
    for here, name, number, its, count in sorted(conflicts, key=lambda one: (one[0], one[1].number)):
        one, other = corpus.summaries[here], corpus.summaries[number]
        if corpus.asks(one.doc_id, other.doc_id):
            documents = f"{count} document{'s' * (count != 1)}"
            detail = f"{name.words!r} is {_kind(name)} here, {_kind(its)} in {documents}"
            related = [(other, f"/mentions/{its.number}", "for example")]
            pointer = f"/mentions/{name.number}"
            yield _found(
                two_labels_of_words, corpus, one, detail, pointer, file=one.gold, record=name.record, related=related
            )


_Group = tuple[int, int, tuple[int, int]]
"""The number of documents with this label of the words, the index of the first one, and the entry in `KINDS`."""


def _of_several_kinds(corpus: Corpus) -> Iterator[list[_Group]]:
    """Yield, for words with more than one label, one of them a name, a group for each label.

    In a partial run, only for words that the selected documents mention.
    """
    entries = np.frombuffer(b"".join(one.kinds for one in corpus.summaries), KINDS)
    lengths = [len(one.kinds) // KINDS.itemsize for one in corpus.summaries]
    numbers = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    if corpus.about is not None:
        asked = np.array([corpus.asks(one.doc_id) for one in corpus.summaries], bool)
        keep = np.isin(entries["words"], entries["words"][asked[numbers]])
        entries, numbers = entries[keep], numbers[keep]
    for part in range(_PARTS):
        of_part = entries["words"] % _PARTS == part
        yield from _groups(entries[of_part], numbers[of_part])


def _groups(entries: npt.NDArray[np.void], numbers: npt.NDArray[np.int32]) -> Iterator[list[_Group]]:
    order = np.lexsort((numbers, entries["kind"], entries["words"]))
    entries, numbers = entries[order], numbers[order]
    begins = np.flatnonzero(np.append([True], entries[1:] != entries[:-1])[: len(entries)])
    counts = np.diff(np.append(begins, len(entries)))
    words = entries["words"][begins]
    start = 0
    for end in [*(np.flatnonzero(words[1:] != words[:-1]) + 1).tolist(), len(begins)]:
        groups = [
            (int(counts[i]), int(numbers[begins[i]]), (int(words[i]), int(entries["kind"][begins[i]])))
            for i in (range(start, end) if end - start > 1 else ())
        ]
        if any(key[1] % 2 for _, _, key in groups):
            yield groups
        start = end


def _find(corpus: Corpus, number: int, key: tuple[int, int]) -> Name | None:
    """Return the name in a document that has this entry in `KINDS`."""
    return next((name for name in corpus.names(corpus.summaries[number].doc_id) if key_of(name) == key), None)


def _kind(name: Name) -> str:
    return " ".join(filter(None, (name.form, name.type)))


def unused_label(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C611: A label is never used.

    What: the field has 300 or more values in `gold`, and none of them is this label. Checked in full runs
    in which no document failed.
    Why: a label rarer than 1% cannot be learnt, or the annotators do not know it.
    Bad: `polarity` with 900 values, and `hypothetical` never.
    Good: a label that is used, or that is deleted from `schema/`.
    """
    if not corpus.complete or corpus.about is not None:
        return
    names = label_names(schema)
    sums = np.zeros(len(names), np.int64)
    for one in corpus.summaries:
        if one.labels:
            sums += np.frombuffer(one.labels, np.uintc)
    totals = dict(zip(names, sums.tolist(), strict=True))
    values: Counter[tuple[str, str]] = Counter()
    for (layer, field, _), count in totals.items():
        values[layer, field] += count
    for layer, field, label in names:
        if not totals[layer, field, label] and values[layer, field] >= _ENOUGH:
            detail = f"{layer}.{field} {label}, among {values[layer, field]:,} values"
            doc = documentation(unused_label)
            severity = corpus.severities.get(doc.code, "info")
            yield Problem(doc.code, severity, "schema/annotation.schema.json", f"{doc.message}: {detail}")


def ids_alike(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C612: Two document ids differ only in case.

    What: two ids have the same letters, some in upper case and some in lower case.
    Why: on the file systems of Windows and macOS one document's files overwrite the other's.
    Bad: `raw/Ferry-1.json` and `raw/ferry-1.json`
    Good: `raw/ferry-1.json` and `raw/ferry-2.json`
    """
    first: dict[str, Summary] = {}
    for one in corpus.summaries:
        other = first.setdefault(one.doc_id.lower(), one)
        if other is not one and corpus.asks(one.doc_id, other.doc_id):
            related = [(other, "/doc_id", "the other document")]
            yield _found(ids_alike, corpus, one, f"{one.doc_id}, {other.doc_id}", "/doc_id", related=related)


def files_alike(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C613: Two bulk file names differ only in case.

    What: two paths have the same letters, some in upper case and some in lower case.
    Why: on the file systems of Windows and macOS one file overwrites the other.
    Bad: `raw/May.jsonl` and `raw/may.jsonl`
    Good: `raw/may-1.jsonl` and `raw/may-2.jsonl`
    """
    known: dict[str, list[str]] = {}
    wanted: set[str] = set()
    for one in corpus.summaries:
        for file in one.files:
            if ".jsonl" in file:
                paths = known.setdefault(file.lower(), [])
                if file not in paths:
                    paths.append(file)
                if corpus.asks(one.doc_id):
                    wanted.add(file.lower())
    doc = documentation(files_alike)
    severity = corpus.severities.get(doc.code, "error")
    for key in sorted(wanted):
        other, *more = sorted(known[key])
        for file in more:
            message = f"{doc.message}: {file}, {other}"
            yield Problem(doc.code, severity, file, message, related=(Place(other, message="the other file"),))


def one_origin(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C617: Two annotation files come from one annotation.

    What: the `provenance` of two files names the same tool, project, task, annotation and time of creation.
    Why: one opinion counts as two, so inter-annotator agreement is too high.
    Bad: an account was renamed in `annotators.toml`, and its annotations are in `annotations/ann-1/` and
    in `annotations/mira/`.
    Good: one file for each annotation; delete the other.
    """
    doc = documentation(one_origin)
    severity = corpus.severities.get(doc.code, "error")
    first: dict[str, tuple[Summary, str]] = {}
    for one in corpus.summaries:
        for file, origin in one.imported:
            other, path = first.setdefault(origin, (one, file))
            if (other is not one or path != file) and corpus.asks(one.doc_id, other.doc_id):
                pointer = "/provenance/annotation"
                line, column = corpus.place(one.doc_id, file, pointer)
                related = (Place(path, *corpus.place(other.doc_id, path, pointer), "the other file"),)
                yield Problem(
                    doc.code,
                    severity,
                    file,
                    f"{doc.message}: {origin}",
                    pointer,
                    line,
                    column,
                    one.doc_id,
                    suggestion="delete the file under the name that annotators.toml no longer has",
                    related=related,
                )


CORPUS_WIDE: tuple[Rule, ...] = (
    Rule(near_copies),
    Rule(story_in_two_splits),
    Rule(moved_split),
    Rule(unchosen_label, "info"),
    Rule(two_labels_of_words, "info"),
    Rule(unused_label, "info"),
    Rule(ids_alike),
    Rule(files_alike),
    Rule(bridged_splits),
    Rule(one_origin),
)


def run_corpus_wide(
    corpus: Corpus, schema: Schema, chosen: Mapping[str, Severity], suppress: Suppress
) -> Iterator[Problem]:
    """Run all corpus-wide checks and yield the findings that `suppress` leaves, with the severities in `chosen`."""
    corpus = replace(corpus, severities={rule.code: rule.severity for rule in CORPUS_WIDE} | dict(chosen))
    for rule in CORPUS_WIDE:
        for problem in rule.ask(corpus, schema):
            left = suppress(problem)
            if left:
                yield left


def _found(
    ask: CorpusCheckFunction,
    corpus: Corpus,
    one: Summary,
    detail: str,
    pointer: str,
    *,
    file: str = "",
    record: str = "",
    suggestion: str = "",
    related: Iterable[tuple[Summary, str, str]] = (),
) -> Problem:
    """Return a finding in a document's record, or in its gold `file`; `related` names places in other documents."""
    doc = documentation(ask)
    line, column = corpus.place(one.doc_id, file or one.record, pointer)
    places = []
    for other, there, message in related:
        path = other.gold if file else other.record
        places.append(Place(path, *corpus.place(other.doc_id, path, there), message))
    return Problem(
        code=doc.code,
        severity=corpus.severities.get(doc.code, "error"),
        file=file or one.record,
        message=f"{doc.message}: {detail}",
        pointer=pointer,
        line=line,
        column=column,
        doc_id=one.doc_id,
        record=record,
        suggestion=suggestion,
        related=tuple(places),
    )
