"""Score predicted distributions over labels against the labels of all annotators.

    annotators' labels  → items with a distribution ┐ by doc_id, item, field
    rows with soft_label, or an annotator's labels  ┘→ sums of each story → figures with intervals

Items and their keys are those of the config `disagreement`, so a system is given them and nothing is matched.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.model import GOLD, CorpusError, Record
from ..core.schema import Field, Schema
from ..files import Index, Reader, by_document
from ..matching import items, label_fields
from .count import Key
from .figures import SOFT
from .gold import checked
from .predictions import Item, Predictions
from .release import Release, released_rows
from .soft_metrics import Shares, cross_entropy, entropy, jensen_shannon, manhattan
from .sums import Sums

ItemKey = tuple[str, str, str]
"""(doc_id, item, field)."""
_SHOWN = 3
_TOLERANCE = 1e-3
"""How far the sum of predicted probabilities may be from 1: rounded to three decimals, several labels are a bit off."""


@dataclass(frozen=True, slots=True)
class SoftItem:
    """An item: its place, the annotators' distribution (`target`), and the label of each annotator and of gold."""

    doc_id: str
    split: str
    story: str
    layer: str
    item: str
    field: str
    target: Shares
    given: Mapping[str, str | None]
    twin: bool = False
    """Whether the document is a changed copy of another one, which no figure counts."""

    @property
    def key(self) -> ItemKey:
        """Return what predictions name the item by."""
        return self.doc_id, self.item, self.field


def corpus_items(root: Path, schema: Schema) -> Iterator[SoftItem]:
    """Yield the items of the corpus at `root`. Raises CorpusError for an annotation that `corpus validate` rejects."""
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for group in (group for shard in index.shards(256) for group in by_document(shard)):
            found = [one for document in reader.documents(group) if (one := checked(document, schema))]
            for said in items(schema, {document.value["annotator"]: document.value for document in found}):
                given = {**dict(zip(said.annotators, said.annotations, strict=True)), GOLD: said.hard_label}
                at = {"layer": said.layer, "item": said.item, "field": said.field}
                yield _item(found[0].article.record, at, said.soft_label, given)


def released_items(release: Release, schema: Schema) -> Iterator[SoftItem]:
    """Yield the items of a release or build, from its config `disagreement`."""
    named = ("doc_id", "split", "story", "twin_of")
    columns = [one.name for one in schema.article_fields if one.name in named]
    records = {row["doc_id"]: row for row in released_rows(release, ["documents"], columns)}
    for row in released_rows(release, ["disagreement"]):
        shares = {one["label"]: one["share"] for one in row["soft_label"]}
        given = {**dict(zip(row["annotators"], row["annotations"], strict=True)), GOLD: row["hard_label"]}
        yield _item(records[row["doc_id"]], row, shares, given)


def _item(record: Record, at: Record, target: Shares, given: Mapping[str, str | None]) -> SoftItem:
    doc_id = record["doc_id"]
    story = f"story {record['story']}" if record.get("story") else doc_id
    split, twin = str(record.get("split") or ""), bool(record.get("twin_of"))
    return SoftItem(doc_id, split, story, at["layer"], at["item"], at["field"], target, given, twin)


def soft_sums(
    schema: Schema, asked: Sequence[SoftItem], known: Collection[ItemKey], predicted: Mapping[ItemKey, Shares]
) -> Sums:
    """Return the sums of the distances between `predicted` and the distributions of the `asked` items.

    Fields of which nothing is predicted are not scored. Raises CorpusError if an item of a predicted field is missing,
    and for predictions that are of none of the `known` items.
    """
    if unknown := sorted(predicted.keys() - known):
        are = "is not an item" if len(unknown) == 1 else "are not items"
        raise CorpusError(f"{_listed(unknown)} {are} here; predict on the release that you score against")
    fields = {(one.layer, one.field) for one in asked if one.key in predicted}
    wanted = [one for one in asked if (one.layer, one.field) in fields]
    if not wanted:
        raise CorpusError("no item of the split that is scored has a prediction")
    if missing := sorted(one.key for one in wanted if one.key not in predicted):
        have = "has" if len(missing) == 1 else "have"
        raise CorpusError(f"{_listed(missing)} {have} no prediction, of {len(wanted):,} items of the predicted fields")
    sums = Sums()
    sums.documents = sorted({one.doc_id for one in wanted})
    order = {(name, field.name): i for i, (name, field) in enumerate(_fields(schema))}
    for one in sorted(wanted, key=lambda one: (order.get((one.layer, one.field), len(order)), one.key)):
        sums.stories.add(one.story)
        p = predicted[one.key]
        values = cross_entropy(one.target, p), jensen_shannon(one.target, p), manhattan(one.target, p)
        sums.add(one.story, Key(one.layer, f"{one.field} soft", SOFT), (*values, entropy(one.target), 1))
    return sums


def _fields(schema: Schema) -> list[tuple[str, Field]]:
    return [(layer.name, field) for layer in schema.layers.values() for field in label_fields(layer)]


def labels_of(name: str, asked: Sequence[SoftItem]) -> dict[ItemKey, Shares]:
    """Return the labels of an annotator, or of gold, as distributions that are sure; of the items that have one."""
    return {one.key: {label: 1.0} for one in asked if (label := one.given.get(name)) is not None}


def distributions(schema: Schema, given: Predictions) -> dict[ItemKey, Shares]:
    """Return the distribution that each row predicts. Raises CorpusError for a row without a valid one."""
    fields: dict[str, list[Field]] = {}
    for _, field in _fields(schema):
        fields.setdefault(field.name, []).append(field)
    found: dict[ItemKey, Shares] = {}
    for item in (item for of_document in given.by_document.values() for item in of_document):
        row = item.value
        name, field_name = row.get("item"), row.get("field")
        if not isinstance(name, str) or not isinstance(field_name, str):
            raise CorpusError(f"{item.where}: a soft prediction names a doc_id, item and field of disagreement")
        if field_name not in fields:
            raise CorpusError(f"{item.where}: no layer has a field {field_name!r} with labels")
        key = str(row["doc_id"]), name, field_name
        if key in found:
            raise CorpusError(f"{item.where}: {_listed([key])} is predicted twice")
        found[key] = _distribution(item, fields[field_name])
    return found


def _distribution(item: Item, fields: Sequence[Field]) -> Shares:
    said = item.value.get("soft_label")
    if isinstance(said, list) and all(isinstance(one, dict) and one.keys() == {"label", "share"} for one in said):
        pairs = [(one["label"], one["share"]) for one in said]
    elif isinstance(said, dict):
        # A table of Parquet has a column for each label that any row has: null is none.
        pairs = [(label, share) for label, share in said.items() if share is not None]
    else:
        raise CorpusError(f"{item.where}: soft_label is an object of labels, or a list of label and share")
    shares: dict[str, float] = {}
    for label, share in pairs:
        if not isinstance(label, str) or not any(_is_label(label, field) for field in fields):
            raise CorpusError(f"{item.where}: {label!r} is not a label of {item.value['field']}")
        if label in shares or type(share) not in (int, float) or not 0 <= share <= 1:
            raise CorpusError(f"{item.where}: {label} has one probability from 0 to 1, not {share!r}")
        shares[label] = float(share)
    total = math.fsum(shares.values())
    if abs(total - 1) > _TOLERANCE:
        raise CorpusError(f"{item.where}: the probabilities of soft_label add up to {total:.4f}, not to 1")
    return {label: share / total for label, share in shares.items()}


def _is_label(label: str, field: Field) -> bool:
    if field.labels:
        names = {one.name for one in field.labels}
        return label in names or (field.many and set(label.split("+")) <= names)
    return label in ("true", "false") if field.json_type == "boolean" else label.lstrip("-").isdecimal()


def _listed(keys: Sequence[tuple[Any, ...]]) -> str:
    shown = "; ".join(" ".join(map(str, key)) for key in keys[:_SHOWN])
    return f"{shown} and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else shown
