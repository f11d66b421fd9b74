"""A corpus → files of another format: which documents go out, and what of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..checks import inherited, run, severities
from ..core.model import GOLD, CorpusError, Document, Severity
from ..core.schema import Schema
from ..core.settings import read_settings
from ..files import Index, Reader, by_document
from . import Format
from .documents import LeftOut, Outgoing

WITHHELD = "their text may not be passed on, or is not here"
INVALID = "`corpus validate` finds errors in them"


def export(
    root: Path,
    of: Format,
    out: Path,
    *,
    layers: Collection[str] = (),
    split: str | None = None,
    annotators: Collection[str] = (),
) -> tuple[int, LeftOut]:
    """Write the annotations of a corpus in a format to the new folder `out`, whole or not at all.

    Of `annotators`, gold by default; `layers` and what they refer to, all by default; `split`, all by default.
    Returns the number of annotations written, and what was left out. A text that may not be passed on stays
    here, with its annotations unless the format has no text, and so does an annotation with an error of levels
    1 to 4. Raises CorpusError.
    """
    if of.write is None:
        raise CorpusError("this format is read only")
    schema = Schema.read(root)
    chosen = _with_referred(layers, schema) if layers else set(schema.layers)
    if split is not None and split not in schema.splits:
        raise CorpusError(f"there is no split {split}; there are {', '.join(schema.splits)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CorpusError(f"{out} is there and not empty; choose another folder")
    left: LeftOut = LeftOut()
    written = [0]
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        of.write(_outgoing(root, of, schema, chosen, split, set(annotators) or {GOLD}, left, written), schema, folder)
        if not written[0]:
            raise CorpusError("there is nothing to export: no such annotation, or each is left out")
        folder.chmod(0o755)
        folder.replace(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return written[0], +left


def _with_referred(layers: Collection[str], schema: Schema) -> set[str]:
    """The layers, and those that their records refer to."""
    found: set[str] = set()
    todo = list(layers)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        if name not in schema.layers:
            raise CorpusError(f"there is no layer {name}; there are {', '.join(schema.layers)}")
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
    left: LeftOut,
    written: list[int],
) -> Iterator[Outgoing]:
    severity = read_settings(root, severities()).severity
    assert of.carry is not None
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
                if some and "the record of an article" in why:
                    left["the record of an article", why["the record of an article"]] += 1


def _carried(document: Document, of: Format, schema: Schema, layers: set[str], left: LeftOut) -> Outgoing | None:
    """An annotation on its way out, without the layers that were not asked for; None when it is left out."""
    assert document.annotation is not None
    assert of.carry is not None
    dropped = set(schema.layers) - layers
    value = {name: one for name, one in document.value.items() if name not in dropped}
    value["layers_done"] = [name for name in value["layers_done"] if name in layers]
    chosen = replace(document, annotation=replace(document.annotation, value=value))
    carried = of.carry(chosen, schema, left)
    if carried is None:
        return None
    why = dict(of.leaves_out)
    if "provenance" in value and "provenance" in why:
        left["provenance", why["provenance"]] += 1
    empty = [name for name in value["layers_done"] if not value.get(name)]
    if "layers in which nothing was found" in why:
        left["layers in which nothing was found", why["layers in which nothing was found"]] += len(empty)
    text = document.text if document.article.redistributable else None
    return Outgoing(document.doc_id, document.annotation.annotator, text or "", document.article.record, carried)


def _failed(document: Document, schema: Schema, failed: set[int], severity: Mapping[str, Severity]) -> set[int]:
    """Which of the levels 1 to 4 the document does not pass."""
    for found in run(document, schema, failed, severity):
        if found.code[1] in "56":
            break
    return failed & {1, 2, 3, 4}
