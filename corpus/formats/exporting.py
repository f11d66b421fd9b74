"""Export a corpus to another format: select documents and layers, and let the format write them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..checks import inherited, run, severities
from ..core.model import GOLD, CorpusError, Document, Severity
from ..core.schema import Schema
from ..core.settings import read_settings
from ..files import Index, Reader, by_document, new_folder
from . import Format
from .documents import LeftOut, Outgoing, dropped_lines

WITHHELD = "the text must not be redistributed, or is not attached"
INVALID = "`corpus validate` reports errors"
TWINS = ("twins", "they are changed copies of other articles; --twins includes them")
"""What is dropped, and why, without `twins`."""


def export(
    root: Path,
    of: Format,
    out: Path,
    *,
    layers: Collection[str] = (),
    split: str | None = None,
    annotators: Collection[str] = (),
    twins: bool = False,
) -> tuple[int, LeftOut]:
    """Write the annotations of a corpus in a format to the new directory `out`, atomically.

    Selects `annotators` (default: gold), `layers` with the layers that they refer to (default: all) and `split`
    (default: all). Returns the number of annotations written, and what was dropped: what the format cannot hold,
    documents whose text must not be redistributed, unless the format has no text, annotations with an error
    of levels 1 to 4, and, without `twins`, the documents that are twins (`TWINS`). Raises CorpusError if `out` is not
    empty, a name is unknown, or nothing is left to write.
    """
    if not of.writes:
        raise CorpusError("this format can only be imported")
    schema = Schema.read(root)
    chosen = _with_referred(layers, schema) if layers else set(schema.layers)
    if split is not None and split not in schema.splits:
        raise CorpusError(f"unknown split {split}; the schema has {', '.join(schema.splits)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CorpusError(f"{out} is not an empty directory; choose another one")
    left: LeftOut = LeftOut()
    written = [0]
    with new_folder(out) as new:
        going = _outgoing(root, of, schema, chosen, split, set(annotators) or {GOLD}, twins, left, written)
        of.write(going, schema, new.path)
        if not written[0]:
            dropped = "; ".join(dropped_lines(left))
            raise CorpusError(f"nothing to export: {dropped or 'no annotation was selected'}")
        new.commit()
    return written[0], +left


def _with_referred(layers: Collection[str], schema: Schema) -> set[str]:
    """Return the layers and those that their records refer to, directly or indirectly."""
    found: set[str] = set()
    todo = list(layers)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        if name not in schema.layers:
            raise CorpusError(f"unknown layer {name}; the schema has {', '.join(schema.layers)}")
        found.add(name)
        todo += [one.refers_to for one in schema.layers[name].of_kind("reference") if one.refers_to in schema.layers]
    return found


def _outgoing(
    root: Path,
    of: Format,
    schema: Schema,
    layers: set[str],
    split: str | None,
    annotators: set[str],
    twins: bool,
    left: LeftOut,
    written: list[int],
) -> Iterator[Outgoing]:
    severity = read_settings(root, severities()).severity
    why = dict(of.leaves_out)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        for shard in index.shards(64):
            for group in by_document(shard):
                if annotators.isdisjoint(entry.annotator for entry in group):
                    continue
                article, *documents = reader.documents(group)
                if article.annotation is not None:
                    documents.insert(0, article)
                record = article.article.record
                if split is not None and record.get("split") != split:
                    continue
                if record.get("twin_of") and not twins:
                    left[TWINS] += 1
                    continue
                if of.has_text and (article.text is None or not article.article.redistributable):
                    left["documents", WITHHELD] += 1
                    continue
                failed = _failed(article, schema, set(), severity) if article.annotation is None else {1}
                some = False
                for document in documents:
                    if document.annotation is None or document.annotation.annotator not in annotators:
                        continue
                    if failed or _failed(document, schema, inherited(failed), severity):
                        left["annotations", INVALID] += 1
                        continue
                    going = _carried(document, of, schema, layers, left)
                    if going is None:
                        continue
                    some = True
                    yield going
                    written[0] += 1
                if some and "article records" in why:
                    left["article records", why["article records"]] += 1


def _carried(document: Document, of: Format, schema: Schema, layers: set[str], left: LeftOut) -> Outgoing | None:
    """Return an annotation as the format can hold it, with the chosen layers only; None if it is dropped."""
    assert document.annotation is not None
    dropped = set(schema.layers) - layers
    value = {name: one for name, one in document.value.items() if name not in dropped}
    value["layers_done"] = [name for name in value["layers_done"] if name in layers]
    if "fields_done" in value:
        value["fields_done"] = {name: fields for name, fields in value["fields_done"].items() if name in layers}
    chosen = replace(document, annotation=replace(document.annotation, value=value))
    carried = of.carry(chosen, schema, left)
    if carried is None:
        return None
    why = dict(of.leaves_out)
    for name in ("provenance", "fields_done"):
        if value.get(name) and name in why:
            left[name, why[name]] += 1
    empty = [name for name in value["layers_done"] if not value.get(name)]
    if "empty layers" in why:
        left["empty layers", why["empty layers"]] += len(empty)
    text = document.text if document.article.redistributable else None
    return Outgoing(document.doc_id, document.annotation.annotator, text or "", document.article.record, carried)


def _failed(document: Document, schema: Schema, failed: set[int], severity: Mapping[str, Severity]) -> set[int]:
    """Return the levels from 1 to 4 on which the document has errors."""
    for found in run(document, schema, failed, severity):
        if found.code[1] in "56":
            break
    return failed & {1, 2, 3, 4}
