"""`Columns`: articles, annotations, texts and layers of some documents that satisfy the schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..core.languages import primary_subtag
from ..core.model import GOLD
from ..core.schema import Layer, Schema
from .file_types import annotation_types, record_node, unused_keys
from .keys import Mask
from .mixed import with_alternatives, without_alternatives
from .parse import Numbers
from .records import Records, link
from .structure import sound_rows
from .texts import CONTROL, SPACE, Texts
from .types import NotColumnarError

_BOM = "\ufeff"
_NUMBER = re.compile(rb'"(?:project|task|annotation)":\s*-?\d')
"""Where an annotation says by a number which one of a tool's it is: others say it by a string."""


class Parts(NamedTuple):
    """The bytes of the parts of one document, each of which could be read.

    `text` are those of a file of its own; without one, the text is in the record if `in_record`.
    """

    doc_id: str
    record: bytes
    in_record: bool
    text: bytes | None
    attached: bool
    annotations: tuple[tuple[str, bytes], ...]
    """The name of each annotator, and the annotation."""
    record_file: str = ""
    text_files: tuple[str, ...] = ()
    annotation_files: tuple[str, ...] = ()
    """The files of these parts, relative to the corpus."""


class Columns:
    """Some documents in columns. All of them satisfy the checks of levels 1 and 2."""

    def __init__(
        self,
        schema: Schema,
        today: date | None,
        parts: Sequence[Parts],
        numbers: Numbers,
        texts: Sequence[str | None],
        articles: pa.Table,
        annotations: pa.Table,
        document: Numbers,
    ) -> None:
        self.schema = schema
        self.today = today
        """The day of the run, after which a date is in the future."""
        self.parts = parts
        self.numbers = numbers
        """The index of each document in what `read` was given."""
        self.articles, self.annotations = articles, annotations
        self.document = document
        """The document of each annotation."""
        self._texts = texts

    @classmethod
    def read(cls, parts: Sequence[Parts], schema: Schema, today: date | None = None, by: str = "") -> Columns:
        """Return the documents that can be read into columns and satisfy the schema.

        They are in the order of `parts`, or sorted by a field of the articles, `by`, and then in that order.
        """
        try:
            articles, numbers, texts = _articles(parts, schema)
            if by in articles.column_names:
                order = pc.sort_indices(articles[by]).to_numpy()
                articles, numbers, texts = articles.take(order), numbers[order], [texts[i] for i in order.tolist()]
            own = [parts[i] for i in numbers.tolist()]
            annotations, document = _annotations(own, schema)
        except NotColumnarError:
            none = np.zeros(0, np.int64)
            return cls(schema, today, [], none, [], pa.table({}), pa.table({}), none)
        # A document needs its article and all of its annotations.
        wanted = np.array([len(one.annotations) for one in own], np.int64)
        keep = np.bincount(document, minlength=len(own)) == wanted
        return cls(schema, today, own, numbers, texts, articles, annotations, document).select(keep)._readable()

    def __len__(self) -> int:
        return len(self.numbers)

    def select(self, keep: Mask) -> Columns:
        """Return the columns of some of the documents."""
        if keep.all():
            return self
        place = np.cumsum(keep) - 1
        kept = keep[self.document]
        return Columns(
            self.schema,
            self.today,
            [one for one, is_kept in zip(self.parts, keep.tolist(), strict=True) if is_kept],
            self.numbers[keep],
            [one for one, is_kept in zip(self._texts, keep.tolist(), strict=True) if is_kept],
            self.articles.filter(pa.array(keep)).combine_chunks(),
            self.annotations.filter(pa.array(kept)).combine_chunks(),
            place[self.document[kept]],
        )

    def take(self, order: Numbers) -> Columns:
        """Return the documents in another order."""
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        document = place[self.document]
        own = np.argsort(document, kind="stable")
        return Columns(
            self.schema,
            self.today,
            [self.parts[i] for i in order.tolist()],
            self.numbers[order],
            [self._texts[i] for i in order.tolist()],
            self.articles.take(order).combine_chunks(),
            self.annotations.take(own).combine_chunks(),
            document[own],
        )

    def renumbered(self, numbers: Numbers) -> Columns:
        """Return the documents with the number that `numbers` has for each."""
        self.numbers = numbers[self.numbers]
        return self

    def without_texts(self, withheld: Mask) -> Columns:
        """Return the documents with the texts of some of them taken away."""
        if not (withheld & self.texts.known).any():
            return self
        texts = [
            None if is_withheld else text for text, is_withheld in zip(self._texts, withheld.tolist(), strict=True)
        ]
        own = self.parts, self.numbers, texts, self.articles, self.annotations, self.document
        return Columns(self.schema, self.today, *own)

    def with_tables(self, articles: pa.Table, annotations: pa.Table) -> Columns:
        """Return the documents with other fields of their records and annotations."""
        own = self.parts, self.numbers, self._texts, articles, annotations, self.document
        made = Columns(self.schema, self.today, *own)
        made.texts = self.texts
        return made

    def emptied(self, documents: Mask) -> Columns:
        """Return the documents with no record in any layer of some of them."""
        table = self.annotations
        if not documents.any() or not len(table):
            return self
        kept = ~documents[self.document]
        begins = np.flatnonzero(np.append(True, kept[1:] != kept[:-1]))
        runs = [*zip(begins.tolist(), np.diff(begins, append=len(table)).tolist(), strict=True)]
        for name in self.schema.layers:
            column = _chunk(table, name)
            # To join slices copies whole buffers; a filter would copy each span by itself.
            pieces = [column.slice(at, size) if kept[at] else pa.nulls(size, column.type) for at, size in runs]
            table = table.set_column(table.schema.get_field_index(name), name, pa.concat_arrays(pieces))
        return self.with_tables(self.articles, table)

    def joined(self, other: Columns) -> Columns:
        """Return these documents and others that have the same fields."""
        return Columns(
            self.schema,
            self.today,
            [*self.parts, *other.parts],
            np.concatenate((self.numbers, other.numbers)),
            [*self._texts, *other._texts],
            pa.concat_tables([self.articles, other.articles]).combine_chunks(),
            pa.concat_tables([self.annotations, other.annotations]).combine_chunks(),
            np.concatenate((self.document, other.document + len(self))),
        )

    def _readable(self) -> Columns:
        """Return the documents whose text is one, or may be missing."""
        texts = self.texts
        space = (texts.classes & SPACE) != 0
        # A line end is after each text, so that none is empty here.
        filled = ~np.logical_and.reduceat(space, texts.begins[:-1]) if len(self) else np.zeros(0, np.bool_)
        faulty = texts.known & ~filled | ~texts.known & self.redistributable
        faulty[texts.document(np.flatnonzero((texts.classes & CONTROL) != 0))] = True
        faulty |= np.array([text.startswith(_BOM) for text in texts.listed], np.bool_)
        return self.select(~faulty)

    @cached_property
    def texts(self) -> Texts:
        """The texts."""
        return Texts(self._texts)

    @cached_property
    def layers(self) -> dict[str, Records]:
        """The records of each layer, with their references resolved."""
        return self._linked[0]

    @property
    def unlinked(self) -> Mask:
        """The documents with a repeated id, or with a reference to nothing."""
        return self._linked[1]

    @cached_property
    def _linked(self) -> tuple[dict[str, Records], Mask]:
        layers = {
            name: Records(name, layer, _chunk(self.annotations, name), self.document)
            for name, layer in self.schema.layers.items()
        }
        wrong = link(layers, list(self.schema.targets))
        flags = np.zeros(len(self), np.bool_)
        flags[self.document[: len(wrong)][wrong]] = True
        return layers, flags

    def layer(self, name: str) -> Records:
        """Return the records of a layer, none if the schema does not have it."""
        found = self.layers.get(name)
        return Records(name, None, None, self.document) if found is None else found

    def record(self, field: str) -> pa.Array:
        """Return the values of a field of the articles' records, nulls if there is no such field."""
        if field not in self.articles.column_names:
            return pa.nulls(len(self), pa.string())
        return _chunk(self.articles, field)

    def about(self, field: str) -> pa.Array:
        """Return the values of a field of the annotations, outside of the layers; nulls if there is no such field."""
        if field not in self.annotations.column_names:
            return pa.nulls(len(self.document), pa.struct([]))
        return _chunk(self.annotations, field)

    @cached_property
    def redistributable(self) -> Mask:
        """The documents whose text may be redistributed."""
        return equal(self.record("redistribution"), "full")

    @cached_property
    def reach(self) -> Numbers:
        """The length of the text of each document: as the record says if it is withheld."""
        return np.where(self.texts.known, self.texts.lengths, self.said_length)

    @cached_property
    def said_length(self) -> Numbers:
        """The length of each text that its record says, -1 if it says none."""
        said = self.record("length")
        if not pa.types.is_integer(said.type):
            return np.full(len(self), -1)
        lengths: Numbers = pc.fill_null(said, -1).to_numpy()
        return lengths

    @cached_property
    def languages(self) -> list[str]:
        """The primary language of each document."""
        return [primary_subtag(tag or "") for tag in self.record("language").to_pylist()]

    def in_language(self, *languages: str) -> Mask:
        """Return which documents are in one of some languages."""
        return np.array([one in languages for one in self.languages], np.bool_)

    @cached_property
    def gold(self) -> Mask:
        """The annotations that are adjudicated."""
        return equal(self.about("annotator"), GOLD)

    def done(self, layer: str) -> Mask:
        """Return which annotations annotated a layer, so that an empty one means "none found"."""
        document, names = self._layers_done
        found = np.zeros(len(self.document), np.bool_)
        found[document[equal(names, layer)]] = True
        return found

    @cached_property
    def _layers_done(self) -> tuple[Numbers, pa.StringArray]:
        listed = self.about("layers_done")
        return pc.list_parent_indices(listed).to_numpy(), listed.flatten()

    def field_done(self, layer: Layer, name: str) -> Mask:
        """Return which annotations annotated a field of a layer, so that an empty one means "none"."""
        found = self.done(layer.name)
        if not self.schema.has_fields_done or any(one.always for one in layer.fields if one.name == name):
            return found
        if self.about("fields_done").null_count == len(found):
            return found
        listed = pc.struct_field(self.about("fields_done"), layer.name)
        named = np.zeros(len(found), np.bool_)
        named[pc.list_parent_indices(listed).to_numpy()[equal(listed.flatten(), name)]] = True
        unlisted: Mask = listed.is_null().to_numpy(zero_copy_only=False)
        return found & (named | unlisted)

    def flag(self, documents: Numbers) -> Mask:
        """Return a mask of documents that is true for some."""
        mask = np.zeros(len(self), np.bool_)
        mask[documents] = True
        return mask


def equal(column: pa.Array, value: str) -> Mask:
    """Return which values are equal to one."""
    mask: Mask = pc.fill_null(pc.equal(column, value), False).to_numpy(zero_copy_only=False)
    return mask


def _in_order(found: Sequence[tuple[pa.Table, Numbers]]) -> tuple[pa.Table, Numbers]:
    """Return the rows of several tables in the order of their numbers."""
    filled = [one for one in found if len(one[1])] or found[:1]
    if len(filled) == 1:
        return filled[0]
    rows = np.concatenate([numbers for _, numbers in filled])
    order = np.argsort(rows)
    return pa.concat_tables([table for table, _ in filled]).take(pa.array(order)), rows[order]


def _articles(parts: Sequence[Parts], schema: Schema) -> tuple[pa.Table, Numbers, list[str | None]]:
    """Return the records of articles, the index of each, and the texts."""
    found: list[tuple[pa.Table, Numbers]] = []
    texts: list[str | None] = [None] * len(parts)
    for in_record in (True, False):
        numbers = np.array([i for i, one in enumerate(parts) if one.in_record == in_record], np.int64)
        node, types = record_node(schema, in_record)
        table, rows = sound_rows([parts[i].record for i in numbers.tolist()], types, node, schema, False)
        numbers = numbers[rows]
        ids = [parts[i].doc_id for i in numbers.tolist()]
        own = table["text"].to_pylist() if in_record else [_decoded(parts[i].text) for i in numbers.tolist()]
        # A file that is not UTF-8 gives no text, and neither does one that is missing.
        lost = [text is None and (parts[i].text is not None) for i, text in zip(numbers.tolist(), own, strict=True)]
        keep = _same(_chunk(table, "doc_id"), ids) & ~np.array(lost, np.bool_)
        for i, text in zip(numbers.tolist(), own, strict=True):
            texts[i] = text
        found.append((_kept(table.select(record_node(schema, False)[1].names), keep), numbers[keep]))
    articles, numbers = _in_order(found)
    return articles, numbers, [texts[i] for i in numbers.tolist()]


def _annotations(parts: Sequence[Parts], schema: Schema) -> tuple[pa.Table, Numbers]:
    """Return the annotations of documents, and the index of the document of each."""
    every = [(i, name, data) for i, one in enumerate(parts) for name, data in one.annotations]
    bare, good = without_alternatives([data for _, _, data in every], schema)
    with_origin = [b'"provenance"' in data for data in bare]
    numbered = [has and _NUMBER.search(data) is not None for has, data in zip(with_origin, bare, strict=True)]
    unused = unused_keys(schema, [data for has, data in zip(with_origin, bare, strict=True) if has])
    node, found = schema.annotation, []
    for numbers in (False, True):
        chosen = np.flatnonzero(np.array(numbered, np.bool_) == numbers)
        types = annotation_types(schema, numbers, unused)
        table, rows = sound_rows([bare[k] for k in chosen.tolist()], types, node, schema, True)
        chosen = chosen[rows]
        ids, names = [every[k][0] for k in chosen.tolist()], [every[k][1] for k in chosen.tolist()]
        keep = _same(_chunk(table, "doc_id"), [parts[i].doc_id for i in ids])
        keep &= _same(_chunk(table, "annotator"), names)
        if numbers:
            table = table.cast(annotation_types(schema, False, unused))
        if good:
            table, is_placed = with_alternatives(table, chosen, good)
            keep &= is_placed
        found.append((_kept(table, keep), chosen[keep]))
    table, rows = _in_order(found)
    return table, np.array([every[k][0] for k in rows.tolist()], np.int64)


def _kept(table: pa.Table, keep: Mask) -> pa.Table:
    return table if keep.all() else table.filter(pa.array(keep))


def _decoded(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _same(column: pa.Array, values: Sequence[str]) -> Mask:
    mask: Mask = pc.fill_null(pc.equal(column, pa.array(values, pa.string())), False).to_numpy(zero_copy_only=False)
    return mask


def _chunk(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
