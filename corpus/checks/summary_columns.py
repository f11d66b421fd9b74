"""The summaries of the documents of a shard, made from its columns: `summaries_of`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..columns.documents import Columns, Parts
from ..columns.texts import UNUSUAL
from ..core.arrays import binary, strings
from ..core.model import GOLD
from ..splits.sketches import sketches
from .document_summary import CHARACTERS, characters_of, origin
from .label_counts import label_counts_of
from .names import kinds_of
from .repeated import passage_rows_of
from .summaries import Summaries, encoded


def summaries_of(columns: Columns) -> Summaries:
    """Return the summary of each document, of those with two annotators without the comparison of annotations.

    They are those of `summarise`. Raises what pyarrow raises, TypeError or AttributeError, if the schema gives a field
    another type than is expected.
    """
    texts, parts = columns.texts, columns.parts
    words = [
        [one.record_file for one in parts],
        ["\n".join(sorted({one.record_file, *one.text_files, *one.annotation_files})) for one in parts],
        [_file_of(one, GOLD) for one in parts],
        ["\n".join(name for name, _ in one.annotations if name != GOLD) for one in parts],
    ]
    fields = ("split", "story", "twin_of", "twin_kind", "published", "license", "text_sha256")
    *said, checksums = (pc.fill_null(columns.record(name), "") for name in fields)
    begins = texts.begins[:-1]
    of_text = sketches(checksums.to_pylist(), texts.codes, begins, begins + texts.lengths)
    data = [kinds_of(columns), label_counts_of(columns), passage_rows_of(columns), _imported(columns)]
    return Summaries.of_arrays(
        [
            strings(one.doc_id for one in parts),
            *map(strings, words),
            *said,
            strings(_characters(columns)),
            *(of_text.text, of_text.letters, of_text.minima, of_text.sample),
            *map(binary, data),
        ]
    )


def _characters(columns: Columns) -> list[str]:
    texts = columns.texts
    unusual = columns.flag(texts.document(np.flatnonzero((texts.classes & UNUSUAL) != 0)))
    usual = "0" * len(CHARACTERS)
    return [
        characters_of(text) if is_unusual else text and usual
        for text, is_unusual in zip(texts.listed, unusual.tolist(), strict=True)
    ]


def _file_of(parts: Parts, annotator: str) -> str:
    names = [name for name, _ in parts.annotations]
    return parts.annotation_files[names.index(annotator)] if annotator in names else ""


def _imported(columns: Columns) -> list[bytes]:
    """Return the origins of imported annotations of each document, as the column `differences` has them."""
    provenance = columns.about("provenance")
    chosen = np.flatnonzero(_has_origin(provenance)).tolist()
    if not chosen:
        return [b""] * len(columns)
    found: list[list[tuple[str, str]]] = [[] for _ in range(len(columns))]
    for i, said in zip(chosen, provenance.take(pa.array(chosen, pa.int64())).to_pylist(), strict=True):
        document = int(columns.document[i])
        number = i - int(np.searchsorted(columns.document, document))
        found[document].append((columns.parts[document].annotation_files[number], origin(said)))
    return [encoded((), (), tuple(one)) for one in found]


def _has_origin(provenance: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    names = {provenance.type.field(i).name for i in range(provenance.type.num_fields)}
    if not {"project", "task", "annotation"} <= names:
        return np.zeros(len(provenance), np.bool_)
    has = provenance.is_valid()
    for name in ("project", "task", "annotation"):
        has = pc.and_(has, provenance.field(name).is_valid())
    mask: np.ndarray[tuple[int], np.dtype[np.bool_]] = has.to_numpy(zero_copy_only=False)
    return mask
