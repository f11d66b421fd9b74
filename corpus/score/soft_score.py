"""Score predicted distributions over labels: read both sides, then sums of each story, then figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core.model import CorpusError
from ..core.schema import Schema
from .measure import Score, Source, corpus_around, read_source
from .release import open_release
from .soft import SoftItem, corpus_items, distributions, labels_of, released_items, soft_sums


def soft_score(
    predictions: Source,
    root: str | Path | None = None,
    *,
    release: str | Path | None = None,
    split: str | None = None,
    layers: Sequence[str] = (),
    system: str | None = None,
) -> Score:
    """Score predicted distributions over labels against those of the annotators.

    `predictions` is a JSONL or Parquet file, a `datasets.Dataset` or a list of dicts, with the `doc_id`, `item` and
    `field` of a row of the config `disagreement`, and `soft_label`: an object of label and probability. A row for each
    item of a field is needed that an annotator gave a label; fields without a prediction are not scored. Or it is the
    name of an annotator of the corpus, or gold: then the items that it has a label for are scored, and the label is
    taken to be sure.

    `root`, `release`, `split`, `layers` and `system` are those of `score`. Raises CorpusError for predictions that
    cannot be scored.
    """
    corpus = corpus_around(root, release)
    if release is None:
        assert corpus is not None
        schema, against = Schema.read(corpus), "annotators"
        everything = list(corpus_items(corpus, schema))
    else:
        opened = open_release(release, corpus)
        schema, against = Schema.read(opened.folder), f"annotators of {opened}"
        everything = list(released_items(opened, schema))
    if unknown := sorted(set(layers) - schema.layers.keys()):
        raise CorpusError(f"the schema has no layer {unknown[0]}; it has {', '.join(schema.layers)}")
    if split is not None and split not in schema.splits:
        raise CorpusError(f"unknown split {split}; the splits are {', '.join(schema.splits)}")
    asked = [one for one in everything if one.target and not one.twin and _is_asked(one, split, layers)]
    notes = ["lower is better; no prediction has a lower cross-entropy than the entropy of the annotators"]
    annotator = _annotator(predictions, everything)
    if annotator:
        name, predicted = annotator, labels_of(annotator, asked)
        wanted = [one for one in asked if one.key in predicted]
        if len(wanted) < len(asked):
            notes.append(f"{name} has no label for {len(asked) - len(wanted):,} of {len(asked):,} items, not scored")
        asked = wanted
    else:
        given = read_source(predictions, corpus)
        name, predicted = given.name, distributions(schema, given)
        if split is None:
            splits = {one.split for one in asked if one.doc_id in given.by_document}
            asked = [one for one in asked if one.split in splits]
    sums = soft_sums(schema, asked, {one.key for one in everything}, predicted)
    named = split or "+".join(one for one in schema.splits if any(item.split == one for item in asked)) or "all"
    figures = tuple(sums.figures(named))
    return Score(
        system or name, against, named, len(sums.documents), len(sums.stories), (), figures, tuple(notes), sums
    )


def _is_asked(one: SoftItem, split: str | None, layers: Sequence[str]) -> bool:
    return (split is None or one.split == split) and (not layers or one.layer in layers)


def _annotator(predictions: Source, everything: Sequence[SoftItem]) -> str:
    """Return the annotator that `predictions` names, "" for anything else."""
    if not isinstance(predictions, str | Path) or Path(predictions).exists():
        return ""
    return next((name for one in everything for name in one.given if name == str(predictions)), "")
