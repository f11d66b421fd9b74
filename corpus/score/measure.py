"""Score predictions against gold.

predictions + gold documents → counts of each document → sums of each story → figures with intervals
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.model import GOLD, CorpusError, Record
from ..core.schema import Schema
from ..core.settings import find_root
from ..core.source_tokens import layers_to_annotate
from .count import count
from .gold import GoldDocument, gold_documents
from .groups import check_groups, groups_of, in_order
from .predictions import (
    LEAVE_OUT,
    Item,
    Predictions,
    check_annotation,
    check_documents,
    check_same_layers,
    collect,
    read_predictions,
)
from .release import Release, open_release, released_documents
from .rows import annotation_of, layer_of, relaxed
from .submission import Submission, write_submission
from .sums import Difference, Figure, Sums, compare

Source = str | Path | Any
"""A directory, a file, an annotator, or rows: a `datasets.Dataset`, or a list of dicts."""


@dataclass(frozen=True, slots=True)
class Score:
    """The scores of one system.

    `figures` in the order of the schema; `missing` are the documents without predictions, which are scored as empty;
    `left_out` those that are not scored for that reason, so that a split is scored in part. `notes` say what a reader
    must know, such as labels that gold does not have. `groups` are the groups of documents that the figures are broken
    down by, in order.
    """

    system: str
    against: str
    split: str
    documents: int
    stories: int
    missing: tuple[str, ...]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]
    sums: Sums
    groups: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def compare(self, other: Score) -> list[Difference]:
        """Compare another system with this one. Raises CorpusError if it was scored on other documents."""
        return compare(self.sums, other.sums, self.split)

    def value(self, layer: str, metric: str, group: str = "") -> float:
        """Return one figure, such as `value("quotes", "exact F1")`. Raises KeyError for one that there is not."""
        for one in self.figures:
            if (one.layer, one.metric, one.group) == (layer, metric, group):
                return one.value
        raise KeyError((layer, metric, group))


@dataclass(frozen=True, slots=True)
class _Gold:
    """What predictions are scored against."""

    name: str
    schema: Schema
    documents: Sequence[GoldDocument]
    release: Release | None


def score(
    predictions: Source,
    root: str | Path | None = None,
    *,
    release: str | Path | None = None,
    against: str = GOLD,
    split: str | None = None,
    layers: Sequence[str] = (),
    by: Sequence[str] = (),
    missing: str = "refuse",
    multi_entity: str = "refuse",
    submission: str | Path | None = None,
    system: str | None = None,
    twins: str | None = None,
    originals_of: str | None = None,
) -> Score:
    """Score predictions against the annotations of `against` in the corpus at `root`, or against a release.

    `predictions` is a directory or file of annotations (one JSON object a document, in this project's format) or of
    flat rows (JSONL or Parquet, a row for each record, as in the configs `quotes` and `stances`), the name of an
    annotator of the corpus, a `datasets.Dataset`, or a list of dicts. Layers and fields that it lacks are not scored.

    `root` is a corpus, by default the one around the working directory. `release` is the directory of a release or
    build (as `huggingface_hub.snapshot_download` gives it), or a version in the corpus's releases/; then gold is read
    from its Parquet, and no corpus is needed.

    Without `split`, the splits of the predicted documents are scored. `by` names fields of the article's record,
    "length" or "hard-case", to break the figures down. `missing="empty"` scores documents without predictions as
    empty, and `missing="leave-out"` does not score them, which the `split` of every figure says; `multi_entity="drop"`
    leaves mentions in two entities out of coreference. All of this is refused otherwise. `submission` is a file to
    write the predictions to, with `system` as the name, once they are scored against a release.

    Twins are not scored, and predictions for them are ignored. But `twins` scores those of a kind, such as "noisy",
    and nothing else, and `originals_of` scores the articles that have a twin of a kind: `compare` of these two scores
    says what the change of the texts costs.

    Intervals are 95% percentiles of 1,000 resamples of stories. Raises CorpusError for predictions that cannot be
    scored.
    """
    corpus = corpus_around(root, release)
    gold = _open_gold(corpus, release, against)
    _check_layers(gold.schema, layers)
    check_groups(gold.schema, by)
    given = read_source(predictions, corpus)
    gold, split = _as_submitted(gold, given, corpus, split)
    splits = _splits(split, gold, given)
    of_splits = [one for one in gold.documents if not splits or one.split in splits]
    asked = {one.doc_id: one for one in _chosen(of_splits, twins, originals_of)}
    if not asked:
        what = f"{twins or originals_of} twin" if twins or originals_of else "document"
        raise CorpusError(f"no {what} of {split or 'the corpus'} has an annotation by {gold.name}")
    if twins and not asked.keys() & given.by_document.keys():
        raise CorpusError(
            f"there is no prediction of a {twins} twin: predict {', '.join(sorted(asked)[:2])} … too, "
            f"{len(asked):,} in all; their texts are in raw/, and in the config `twins` of a release"
        )
    if missing == LEAVE_OUT and (twins or originals_of or submission or given.submission):
        raise CorpusError(f"`--missing {LEAVE_OUT}` does not go with twins or a submission, which are of a whole split")
    empty = check_documents(given, asked, {one.doc_id for one in gold.documents}, missing)
    left_out = empty if missing == LEAVE_OUT else []
    of = f", {len(asked) - len(left_out):,} of {len(asked):,} documents" if left_out else ""
    asked = {doc_id: one for doc_id, one in asked.items() if doc_id not in set(left_out)}
    sums, schema = Sums(), relaxed(gold.schema) if given.rows else gold.schema
    found: set[str] = set()
    for one, predicted, scored in _predicted(schema, given, asked, layers):
        sums.documents.append(one.twin_of if twins else one.doc_id)
        sums.stories.add(one.story)
        for key, counts in count(schema, one.value, predicted, scored, multi_entity == "drop"):
            sums.add(one.story, key, counts)
            for group in groups_of(one, gold.schema, by) if not key.group else ():
                sums.add(one.story, key._replace(group=group), counts)
                found.add(group)
    if not sums.by_key:
        raise CorpusError(f"{gold.name} and the predictions have no layer in common")
    groups = in_order(found, gold.schema, by)
    sums.sort(groups)
    name = system or given.name
    if submission is not None:
        _submit(Path(submission), name, gold, splits, {doc_id: given.by_document.get(doc_id, []) for doc_id in asked})
    named = ("+".join(splits) or "all") + of
    return Score(
        name,
        gold.name,
        named,
        len(sums.documents),
        len(sums.stories),
        () if left_out else tuple(empty),
        tuple(sums.figures(named)),
        tuple(sums.notes()),
        sums,
        tuple(groups),
        tuple(left_out),
    )


def _chosen(documents: Sequence[GoldDocument], twins: str | None, originals_of: str | None) -> Iterator[GoldDocument]:
    """Yield the documents to score: the articles, those that have a twin of a kind, or the twins of a kind."""
    kind = twins or originals_of
    of_kind = {one.twin_of: one for one in documents if one.twin_of and one.twin_kind == kind}
    for one in documents:
        if not one.twin_of and (kind is None or one.doc_id in of_kind):
            yield of_kind[one.doc_id] if twins else one


def corpus_around(root: str | Path | None, release: str | Path | None) -> Path | None:
    """Return `root`, else the corpus around the working directory; None if there is none but a release."""
    if root is not None:
        return Path(root).absolute()
    try:
        return find_root(Path.cwd())
    except CorpusError:
        if release is None:
            raise
        return None


def _open_gold(corpus: Path | None, release: str | Path | None, against: str) -> _Gold:
    if release is None:
        assert corpus is not None
        schema = Schema.read(corpus)
        return _Gold(against, schema, list(gold_documents(corpus, schema, against)), None)
    opened = open_release(release, corpus)
    if against != GOLD:
        raise CorpusError("a release is scored against its gold; leave out `--against` or `--release`")
    schema = Schema.read(opened.folder)
    return _Gold(f"gold of {opened}", schema, list(released_documents(opened, schema)), opened)


def _as_submitted(gold: _Gold, given: Predictions, corpus: Path | None, split: str | None) -> tuple[_Gold, str | None]:
    """Return the gold and the split that a submission file names. Raises CorpusError if others are asked for."""
    said = given.submission
    if said is None:
        return gold, split
    if gold.release is None:
        gold = _open_gold(corpus, said.version, GOLD)
    assert gold.release is not None
    if said.content_sha256 != gold.release.content_sha256:
        raise CorpusError(
            f"the submission is of version {said.version or '(a build)'}, content {said.content_sha256[:12]}…, "
            f"but {gold.release} has content {gold.release.content_sha256[:12]}…"
        )
    if split not in (None, said.split):
        raise CorpusError(f"the submission is of the split {said.split}, not of {split}")
    return gold, said.split


def _submit(path: Path, system: str, gold: _Gold, splits: Sequence[str], items: Mapping[str, Sequence[Item]]) -> None:
    if gold.release is None or len(splits) != 1:
        raise CorpusError("a submission is of one split of a release; name both with `--release` and `--split`")
    lines = sum(map(len, items.values()))
    head = Submission(system, gold.release.version, gold.release.content_sha256, splits[0], lines)
    write_submission(path, head, {doc_id: [item.value for item in of_one] for doc_id, of_one in items.items()})


def _check_layers(schema: Schema, layers: Sequence[str]) -> None:
    known = layers_to_annotate(schema)
    for layer in layers:
        if layer not in known:
            raise CorpusError(f"the schema has no layer {layer}; it has {', '.join(known)}")


def read_source(predictions: Source, root: Path | None) -> Predictions:
    """Read predictions in any form. Raises CorpusError if they cannot be read."""
    if isinstance(predictions, str | Path):
        return read_predictions(Path(predictions), root)
    return collect("predictions", _rows(predictions))


def _rows(rows: Any) -> Iterator[Item]:
    """Yield the rows of a dataset, with the names of its labels, or those of a list of dicts."""
    features = getattr(rows, "features", {})
    for number, row in enumerate(rows):
        value = dict(row)
        for name, feature in features.items():
            if hasattr(feature, "int2str") and isinstance(value.get(name), int):
                value[name] = feature.int2str(value[name])
        yield Item(value, f"row {number}")


def _splits(split: str | None, gold: _Gold, given: Predictions) -> list[str]:
    """Return the splits to score, in their order: the one named, else those of the predicted documents."""
    known = gold.schema.splits
    if split is not None:
        if split not in known:
            raise CorpusError(f"unknown split {split}; the splits are {', '.join(known)}")
        return [split]
    there = {one.split for one in gold.documents if one.doc_id in given.by_document}
    return [] if "" in there else [one for one in known if one in there]


def _predicted(
    schema: Schema, given: Predictions, asked: dict[str, GoldDocument], layers: Sequence[str]
) -> Iterator[tuple[GoldDocument, Record, Collection[str]]]:
    """Yield each document with its predicted annotation, and the layers to score."""
    wanted = layers or layers_to_annotate(schema)
    if given.rows:
        layer = layer_of(schema, given.columns, layers)
        for doc_id, gold in asked.items():
            records = given.by_document.get(doc_id, [])
            yield gold, annotation_of(schema, layer, given.columns, records, gold), (layer.name,)
        return
    items = {doc_id: given.by_document[doc_id][0] for doc_id in asked if doc_id in given.by_document}
    if not items:
        raise CorpusError("there is no prediction of a document of the split that is scored")
    found = {doc_id: check_annotation(schema, item, asked[doc_id]) for doc_id, item in items.items()}
    check_same_layers(found, {doc_id: item.where for doc_id, item in items.items()})
    done = next(iter(found.values()))
    for doc_id, gold in asked.items():
        yield gold, found.get(doc_id) or {**_frame(done), "doc_id": doc_id}, wanted


def _frame(done: Record) -> Record:
    """Return an annotation without records, with the same layers and fields done."""
    return {name: done[name] for name in ("layers_done", "fields_done") if name in done}
