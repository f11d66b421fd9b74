"""Read what a system predicted → an annotation for each document, and the layers to score.

    annotations     a JSON object for each document, in files or lines      nested, as under annotations/
    rows            a JSON object or row of Parquet for each record         flat, as in the configs quotes and stances

Predictions are checked before anything is scored: the text they belong to, their offsets, their labels, and that they
are of the documents that are asked. A refusal names the first documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.done import done_fields
from ..core.model import CorpusError, Record
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import parse_json
from .gold import GoldDocument
from .submission import KEY, Submission, parse_submission

MAX_BYTES = 2**30
"""The largest file of predictions that is read, in bytes."""
LEAVE_OUT = "leave-out"
"""The value of `missing` that scores only documents with a prediction."""
_SHOWN = 5
_ENDINGS = (".json", ".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class Item:
    """One JSON object or row of the predictions, and where it stands."""

    value: Record
    where: str


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a system predicted.

    `by_document` holds items by doc_id; `rows` is true for flat rows, which have `columns`. `submission` is what the
    first line of a submission file says, None for other predictions.
    """

    name: str
    by_document: Mapping[str, list[Item]]
    rows: bool
    columns: frozenset[str]
    submission: Submission | None = None


def read_predictions(source: Path, root: Path | None) -> Predictions:
    """Read the predictions of a directory or file, or of an annotator of the corpus at `root`.

    Raises CorpusError if there are none, for a file that cannot be read, and if annotations and rows are mixed.
    """
    folder = root / "annotations" / source if root else None
    if not source.exists() and len(source.parts) == 1 and folder and folder.is_dir():
        source = folder
    return collect(source.stem if source.is_file() else source.name, _items(source))


def collect(name: str, items: Iterable[Item]) -> Predictions:
    """Group items by document. Raises CorpusError as `read_predictions` does."""
    by_document: dict[str, list[Item]] = {}
    kinds: dict[bool, Item] = {}
    columns: set[str] = set()
    head: Item | None = None
    for item in items:
        if KEY in item.value and head is None and not by_document:
            head = item
            continue
        doc_id = item.value.get("doc_id")
        if not isinstance(doc_id, str):
            raise CorpusError(f"{item.where}: a prediction names its document in doc_id, as a string")
        kinds.setdefault("layers_done" not in item.value, item)
        columns.update(item.value)
        by_document.setdefault(doc_id, []).append(item)
    if not by_document:
        raise CorpusError(f"{name} holds no predictions")
    if len(kinds) == 2:
        one, other = kinds[False], kinds[True]
        raise CorpusError(
            f"{one.where} is an annotation with layers_done, and {other.where} is a flat row; score one kind"
        )
    submission = None
    if head is not None:
        submission = parse_submission(head.value, sum(map(len, by_document.values())), head.where)
        name = submission.system
    return Predictions(name, by_document, True in kinds, frozenset(columns), submission)


def _items(source: Path) -> Iterator[Item]:
    if source.is_dir():
        paths = sorted(path for path in source.rglob("*") if path.suffix in _ENDINGS and path.is_file())
        if not paths:
            raise CorpusError(f"{source} holds no predictions: no file that ends in {', '.join(_ENDINGS)}")
        for path in paths:
            yield from _items(path)
    elif source.suffix == ".parquet":
        yield from _of_parquet(source)
    elif source.suffix in _ENDINGS:
        yield from _of_json(source)
    else:
        endings = ", ".join(_ENDINGS)
        raise CorpusError(f"{source}: predictions are a directory, a file that ends in {endings}, or an annotator")


def _of_json(path: Path) -> Iterator[Item]:
    data = read_file(path, limit=MAX_BYTES)
    lines = data.split(b"\n") if path.suffix == ".jsonl" else [data]
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value, faults = parse_json(line)
        where = f"{path}:{number}"
        if faults or not isinstance(value, dict):
            raise CorpusError(f"{where}: {faults[0].detail or faults[0].name if faults else 'not a JSON object'}")
        yield Item(value, where)


def _of_parquet(path: Path) -> Iterator[Item]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"{path} cannot be read: {error}") from None
    for number, row in enumerate(table.to_pylist(), 1):
        yield Item(row, f"{path}, row {number}")


def check_documents(
    predictions: Predictions, asked: Mapping[str, GoldDocument], known: Set[str], missing: str
) -> list[str]:
    """Return the ids of the asked documents without a prediction, sorted.

    `known` are the documents that have gold in any split: predictions of another split than the scored one are ignored.
    `missing` says what becomes of them: "refuse", "empty" or "leave-out". Raises CorpusError for other documents, for
    two annotations of one document, and, with "refuse", for missing documents. In flat rows, a document without a
    record has no row, so none is refused, and none can be left out.
    """
    if unknown := sorted(predictions.by_document.keys() - known):
        raise CorpusError(
            f"{_listed(unknown)} {_have(unknown)} no gold annotation here; score against the release you predicted on"
        )
    if not predictions.rows:
        twice = sorted(doc_id for doc_id in asked if len(predictions.by_document.get(doc_id, ())) > 1)
        if twice:
            raise CorpusError(f"{_listed(twice)} {_have(twice)} two annotations; predictions have one of each document")
    if predictions.rows and missing == LEAVE_OUT:
        raise CorpusError(
            f"rows do not tell a skipped document from one without records: `--missing {LEAVE_OUT}` needs annotations"
        )
    absent = sorted(asked.keys() - predictions.by_document.keys())
    if absent and not predictions.rows and missing == "refuse":
        noun = "twin" if all(one.twin_of for one in asked.values()) else "document"
        of = f"{len(asked):,} {noun}{'s' * (len(asked) != 1)}"
        is_, them = ("is", "it") if len(absent) == 1 else ("are", "them")
        ways = f"`--missing empty` scores {them} as empty"
        if noun == "document":
            ways += f", `--missing {LEAVE_OUT}` only those that are there"
        raise CorpusError(f"{_listed(absent)} {is_} missing, of {of}; {ways}")
    return absent


def check_annotation(schema: Schema, item: Item, gold: GoldDocument) -> Record:
    """Return a predicted annotation. Raises CorpusError if it does not fit the schema or the text."""
    value = item.value
    if not schema.is_valid("annotation", value):
        first = next(schema.violations("annotation", value))
        place = "/".join(map(str, first.parts)) or "the annotation"
        raise CorpusError(f"{item.where}: {place}: {first.message}")
    if value["text_sha256"] != gold.value["text_sha256"]:
        raise CorpusError(
            f"{item.where}: belongs to another text of {gold.doc_id} (text_sha256 differs from gold's); "
            "predict on the release that you score against"
        )
    check_spans(schema, value, gold.length, item.where)
    check_references(schema, value, item.where)
    return value


def check_spans(schema: Schema, value: Record, length: int, where: str) -> None:
    """Raise CorpusError for a span outside of the text."""
    for layer in schema.layers.values():
        for record in value.get(layer.name) or ():
            for field in layer.of_kind("spans"):
                for span in record.get(field.name) or ():
                    if not 0 <= span["start"] < span["end"] <= length:
                        raise CorpusError(
                            f"{where}: {layer.name} {record.get('id', '')}: {field.name} "
                            f"[{span['start']}, {span['end']}) is not a span of a text of {length:,} code points"
                        )


def check_references(schema: Schema, value: Record, where: str) -> None:
    """Raise CorpusError for an id that occurs twice, and for a reference to a record that is not there."""
    ids = {name: [record.get("id") for record in value.get(name) or ()] for name in schema.layers}
    for name, layer in schema.layers.items():
        if len(set(ids[name])) < len(ids[name]):
            raise CorpusError(f"{where}: two records of {name} have one id")
        for field in layer.of_kind("reference"):
            known = schema.targets if field.refers_to == "targets" else set(ids[field.refers_to])
            for record in value.get(name) or ():
                given = record.get(field.name)
                for one in given if isinstance(given, list) else [given] if given is not None else []:
                    if one not in known:
                        raise CorpusError(
                            f"{where}: {name} {record.get('id', '')}: {field.name} {one!r} is not in {field.refers_to}"
                        )


def check_same_layers(found: Mapping[str, Record], where: Mapping[str, str]) -> None:
    """Raise CorpusError if one document has other layers or fields done than the first one: means would mix them."""
    first: tuple[str, Any] | None = None
    for doc_id, value in found.items():
        done = (
            sorted(value["layers_done"]),
            {layer: sorted(done_fields(value, layer) or ()) for layer in value["layers_done"]},
        )
        if first is None:
            first = doc_id, done
        elif first[1] != done:
            raise CorpusError(
                f"{where[doc_id]}: layers_done or fields_done differ from those of {first[0]}; "
                "predictions of a system have the same layers and fields in each document"
            )


def _have(doc_ids: list[str]) -> str:
    return "has" if len(doc_ids) == 1 else "have"


def _listed(doc_ids: list[str]) -> str:
    more = f" and {len(doc_ids) - _SHOWN:,} more" if len(doc_ids) > _SHOWN else ""
    return f"{', '.join(doc_ids[:_SHOWN])}{more}"
