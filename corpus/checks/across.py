"""Level 6, across documents: what one document alone cannot tell. `ACROSS` is the list.

A rule takes the Corpus, which holds summaries, and the Schema, and yields Problems. It is asked once,
when all documents were read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import orjson

from ..model import Place, Problem, Severity
from ..near import Near
from ..schema import Schema
from .check import Rule, Settle
from .summary import Corpus, Name, Summary, label_names

_ENOUGH = 300
"""Values of a field among which a label that has one in a hundred is missing by chance once in twenty times."""

Ask = Callable[[Corpus, Schema], Iterator[Problem]]


def near_copies(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C606: Nearly the same text is in two splits.

    What: at least half of the runs of twelve letters that stand in one of two texts stand in both (as
    MinHash estimates it), or the letters are the same, or, where a text is withheld, its hash. Each
    document that has such a copy is in one finding at least, with the first of its copies.
    Why: what a model learnt by heart in training it gives back in the test.
    Bad: an agency's report in `train`, and the paper that printed it with another headline in `test`.
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
            detail = f"{one.split} here, {other.split} in {other.doc_id}"
            yield _found(near_copies, corpus, one, detail, "/split", related=[(other, "/split", "the other one")])


def story_in_two_splits(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C607: A story is in two splits.

    What: the records of two documents name the same `story` and different splits.
    Why: reports of one event share names, facts and whole sentences; what is learnt from one helps to
    guess the other.
    Bad: `"story": "ferry-strike"` once in `train` and once in `test`.
    Good: all articles of a story in one split.
    """
    first: dict[str, Summary] = {}
    for one in corpus.summaries:
        if one.story and one.split:
            other = first.setdefault(one.story, one)
            if other.split != one.split and corpus.asks(one.doc_id, other.doc_id):
                detail = f"{one.story!r}, {one.split} here, {other.split} in {other.doc_id}"
                related = [(other, "/split", "the other one")]
                yield _found(story_in_two_splits, corpus, one, detail, "/split", related=related)


def moved_split(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C608: A document moved to another split.

    What: its `split` is not the one that it had in the last release, the highest version in releases/.
    Why: a model that was trained on the last release has seen it.
    Bad: `train` in release 1.2.0, `"split": "test"` now.
    Good: the split that it had.
    """
    for one in corpus.summaries:
        before = corpus.released.get(one.doc_id, one.split)
        if one.split and before != one.split and corpus.asks(one.doc_id):
            detail = f"{one.split}, {before} in release {corpus.version}"
            hint = f"put it back to {before}"
            yield _found(moved_split, corpus, one, detail, "/split", suggestion=hint)


def unchosen_label(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C609: A gold label was chosen by no annotator.

    What: two annotators at least annotated these very words, and `gold` has a label that neither gave them.
    Why: mostly a slip of whoever adjudicated; who decided against both has a reason that others want to know.
    Bad: `type: mixed` in gold, `direct` and `indirect` by the annotators, and no word about it.
    Good: the label that one of them chose, or an exception that says why.
    """
    for one in corpus.summaries:
        for pointer, record, detail in one.unchosen if corpus.asks(one.doc_id) else ():
            yield _found(unchosen_label, corpus, one, detail, pointer, file=one.gold, record=record)


def two_labels_of_words(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C610: The same words are labelled in two ways.

    What: in `gold`, a name is a mention of things of two types, or once a name and once a description,
    in two documents. The finding is at the first mention of the rarer kind; one for each.
    Why: some words do name two things. Others are one thing that two people labelled by two habits.
    Bad: *Harbour Board*: ORG in seven documents, and FAC in one.
    Good: one type, or a note in the guidelines that tells the two apart.
    """
    kinds: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    summaries = list(_with_words_asked_about(corpus))
    for one in summaries:
        for name in one.names:
            kinds[name.words][name.form, name.type] += 1
    open_ = {
        words: (max(of, key=lambda kind: (of[kind], kind)), dict(of))
        for words, of in kinds.items()
        if len(of) > 1 and any(form == "NAM" for form, _ in of)
    }
    del kinds
    first: dict[tuple[str, str, str], tuple[Summary, Name]] = {}
    for one in summaries if open_ else ():
        for name in one.names:
            if name.words in open_:
                first.setdefault((name.words, name.form, name.type), (one, name))
    for (words, *kind), (one, name) in first.items():
        common, counts = open_[words]
        other, its = first[words, *common]
        if other is not one and "NAM" in (kind[0], common[0]) and corpus.asks(one.doc_id, other.doc_id):
            documents = counts[common]
            detail = f"{words!r} is {_kind(kind)} here, {_kind(common)} in {documents} document{'s' * (documents != 1)}"
            related = [(other, f"/mentions/{its.number}", "for example")]
            pointer = f"/mentions/{name.number}"
            yield _found(
                two_labels_of_words, corpus, one, detail, pointer, file=one.gold, record=name.record, related=related
            )


def _with_words_asked_about(corpus: Corpus) -> Iterable[Summary]:
    """The summaries that name something which a document asked about names; all when all are asked about."""
    if corpus.about is None:
        return corpus.summaries
    words = {orjson.dumps(name.words) for one in corpus.summaries if corpus.asks(one.doc_id) for name in one.names}
    return (one for one in corpus.summaries if any(word in one.packed_names for word in words))


def _kind(kind: Iterable[str]) -> str:
    return " ".join(filter(None, kind))


def unused_label(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C611: A label is never used.

    What: the field has 300 values or more in `gold`, and the label is none of them. This is asked when
    the whole corpus is validated and no document is left out.
    Why: a label that is rarer than one in a hundred cannot be learnt; or the annotators do not know it.
    Bad: `polarity` with 900 values, and `hypothetical` never.
    Good: a label that is found, or one less in `schema/`.
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
            rule = Rule(unused_label)
            yield Problem(rule.code, rule.severity, "schema/annotation.schema.json", f"{rule.message}: {detail}")


def ids_alike(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C612: The ids of two documents differ by case only.

    What: the same letters, here a capital and there a small one.
    Why: on the file systems of Windows and macOS the files of one take the place of the other's.
    Bad: `raw/Ferry-1.json` and `raw/ferry-1.json`
    Good: `raw/ferry-1.json` and `raw/ferry-2.json`
    """
    first: dict[str, Summary] = {}
    for one in corpus.summaries:
        other = first.setdefault(one.doc_id.lower(), one)
        if other is not one and corpus.asks(one.doc_id, other.doc_id):
            related = [(other, "/doc_id", "the other one")]
            yield _found(ids_alike, corpus, one, f"{one.doc_id}, {other.doc_id}", "/doc_id", related=related)


def files_alike(corpus: Corpus, schema: Schema) -> Iterator[Problem]:
    """C613: The names of two bulk files differ by case only.

    What: the same letters, here a capital and there a small one, in one folder.
    Why: on the file systems of Windows and macOS one takes the place of the other.
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
    rule = Rule(files_alike)
    for key in sorted(wanted):
        other, *more = sorted(known[key])
        for file in more:
            message = f"{rule.message}: {file}, {other}"
            yield Problem(rule.code, rule.severity, file, message, related=(Place(other, message="the other one"),))


ACROSS: tuple[Rule, ...] = (
    Rule(near_copies),
    Rule(story_in_two_splits),
    Rule(moved_split),
    Rule(unchosen_label, "info"),
    Rule(two_labels_of_words, "info"),
    Rule(unused_label, "info"),
    Rule(ids_alike),
    Rule(files_alike),
)


def run(corpus: Corpus, schema: Schema, chosen: Mapping[str, Severity], settle: Settle) -> Iterator[Problem]:
    """Ask all rules; `chosen` gives the severity of each code, and `settle` says what is left of a finding."""
    for rule in ACROSS:
        for problem in rule.ask(corpus, schema):
            left = settle(replace(problem, severity=chosen.get(problem.code, rule.severity)))
            if left:
                yield left


def _found(
    ask: Ask,
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
    """The finding of a rule in a document's record, or in its gold `file`; `related` points into those of others."""
    rule = Rule(ask)
    line, column = corpus.place(one.doc_id, file or one.record, pointer)
    places = []
    for other, there, message in related:
        path = other.gold if file else other.record
        places.append(Place(path, *corpus.place(other.doc_id, path, there), message))
    return Problem(
        code=rule.code,
        severity=rule.severity,
        file=file or one.record,
        message=f"{rule.message}: {detail}",
        pointer=pointer,
        line=line,
        column=column,
        doc_id=one.doc_id,
        record=record,
        suggestion=suggestion,
        related=tuple(places),
    )
