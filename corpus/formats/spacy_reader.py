"""spaCy's DocBin to documents.

What `corpus export spacy` wrote has the whole annotation in `doc.user_data`, and it is read from there. Of other files,
`doc.ents` become names, `ent_id_` the id of the entity and `kb_id_` its knowledge-base id, and the tokens and sentences
are kept. Everything else is counted as dropped, by name.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import GOLD, CorpusError, Problem, Record, Source
from ..core.schema import Layer, Schema
from .documents import NOTHING_SAID, Incoming, LeftOut, Options, renamed, spans_of
from .importing import build_corpus
from .known import drop
from .mapping.rules import COMMON, unknown_keys
from .mapping.use import MapUse
from .source_sentences import schema_with_sentences, sentence_records
from .sources import Together, files_below, not_read, problem, read_source, text_problem

if TYPE_CHECKING:
    from spacy.tokens import Doc

MOST_BYTES = 2**28
"""Bytes of a file, and of what it holds unpacked: spaCy reads all of it into memory."""
NO_FIELD = "the schema has no such field"
_NUMBER = re.compile(r"-[0-9]+$")
_OWN = frozenset(("doc_id", "annotator", "record", "annotation"))
_ATTRIBUTES = {"TAG": "tags", "POS": "parts of speech", "LEMMA": "lemmas", "DEP": "dependencies", "MORPH": "morphology"}


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the `.spacy` file `source`, or the files below it, into the new corpus `into`.

    In `<annotator>/<split>.spacy` the directory names the annotator and the file the split. Yields a Problem for each
    file and document that cannot be read. Raises CorpusError when spaCy is not installed, there is nothing to import,
    or the map or a record field is invalid.
    """
    known = {"types", *COMMON}
    if unknown := options.map.keys() - known:
        raise CorpusError(unknown_keys(unknown, known))
    schema = schema_with_sentences(options)
    labels = [label.name for label in schema.labels("entities", "type")]
    types = options.map.get("types", {label: label for label in labels})
    if not isinstance(types, dict) or not all(value in labels for value in types.values()):
        raise CorpusError(f"map: [types] must have values of {', '.join(labels)}")
    use = MapUse()
    use.wrote("types", options.map.get("types", ()))
    yield from build_corpus(into, _documents(source, options, schema, types, use), options, use, schema=schema)


def _documents(
    source: Path, options: Options, schema: Schema, types: Mapping[str, str], use: MapUse
) -> Iterator[Incoming | Problem]:
    root = source if source.is_dir() else source.parent
    together = Together()
    for path in files_below(source, (".spacy",), options.left_out):
        file = read_source(path, "annotation", MOST_BYTES)
        folder = path.relative_to(root).parent.as_posix()
        annotator = GOLD if folder == "." else options.annotators(folder)
        stem = _NUMBER.sub("", path.stem)
        yield from not_read(file)
        for number, doc in enumerate(() if file.faults else _docs(file), 1):
            if isinstance(doc, Problem):
                yield doc
                continue
            own = doc.user_data if all(key in doc.user_data for key in _OWN) else {}
            name = own.get("doc_id") or f"{path.stem}-{number}"
            one = Incoming(options.doc_ids(str(name)), file.path, doc.text)
            wrong = text_problem(doc.text, file.path, str(name)) or together(one, annotator, str(name))
            if wrong is not None:
                yield wrong
                continue
            if stem in schema.splits:
                one.record["split"] = stem
            try:
                if own:
                    _fill_own(one, annotator, own, schema, options.left_out)
                else:
                    _Reader(one, annotator, doc, schema, options).fill(types, use)
            except DAMAGED as error:
                one.set_aside(annotator, [_not_a_docbin(file, error)])
            yield one


def _docs(file: Source) -> Iterator[Doc | Problem]:
    """Yield the documents of a file, and a Problem if the rest of it is damaged."""
    try:
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    except ImportError:
        raise CorpusError("spaCy is not installed: pip install 'on-the-record[formats]'") from None
    try:
        unpacker = zlib.decompressobj()
        size = len(unpacker.decompress(file.data, MOST_BYTES + 1))
        if size > MOST_BYTES:
            yield problem("IMP1", file, f"too-large, more than {MOST_BYTES // 2**20} MiB unpacked", place=(1, 1))
            return
        yield from DocBin().from_bytes(file.data).get_docs(Vocab())
    except DAMAGED as error:
        yield _not_a_docbin(file, error)


DAMAGED = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, TypeError, ValueError, zlib.error)
"""What spaCy raises for a damaged file, which it trusts."""


def _not_a_docbin(file: Source, error: BaseException) -> Problem:
    return problem("IMP1", file, f"it is not a DocBin of spaCy ({type(error).__name__})", place=(1, 1))


def _fill_own(one: Incoming, annotator: str, own: Mapping[str, Any], schema: Schema, left: LeftOut) -> None:
    """Fill a document from the annotation that an export of this package put into `user_data`."""
    record, annotation = _plain(own["record"]), _plain(own["annotation"])
    fields = {field.name for field in schema.article_fields} - {"doc_id", "text_sha256", "length"}
    for key, value in record.items() if isinstance(record, dict) else ():
        if key in fields:
            one.record[key] = value
        elif key not in ("doc_id", "text_sha256", "length"):
            drop(left, "values of", str(key), NO_FIELD)
    layers = one.layers.setdefault(annotator, {})
    one.fields_done[annotator] = {}
    for name, records in annotation.items() if isinstance(annotation, dict) else ():
        if name in schema.layers and _are_records(records, schema.layers[name]):
            layers[name] = records
        elif name == "provenance" and isinstance(records, dict):
            one.provenance[annotator] = records
        elif name == "fields_done" and _are_names(records):
            one.fields_done[annotator] = records
        elif name in schema.layers:
            one.set_aside(annotator, [problem("IMP2", one.path, f"{one.doc_id}: {name} is not a list of records")])
        elif name not in ("layers_done", "fields_done", "provenance"):
            drop(left, "layers", str(name), "the schema has no such layer")


def _are_names(value: Any) -> bool:
    """Return True for lists of the names of fields, by layer."""
    return isinstance(value, dict) and all(isinstance(one, list) for one in value.values())


def _are_records(value: Any, layer: Layer) -> bool:
    """Return True for a list of objects that have what every record of the layer needs to be told apart."""
    needed = {"id", *(one.name for one in layer.of_kind("spans") if one.least)}
    return isinstance(value, list) and all(
        isinstance(one, dict) and needed <= one.keys() and isinstance(one["id"], str) for one in value
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: msgpack gives tuples for lists."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if isinstance(key, str)}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


class _Reader:
    """Reads a document that another tool wrote."""

    def __init__(self, one: Incoming, annotator: str, doc: Doc, schema: Schema, options: Options) -> None:
        self._one, self._annotator, self._doc, self._schema = one, annotator, doc, schema
        self._left = options.left_out
        self._options = options

    def fill(self, types: Mapping[str, str], use: MapUse) -> None:
        """Fill the tokens, the sentences and the entities; count the rest as dropped."""
        doc, layers = self._doc, self._one.layers.setdefault(self._annotator, {})
        tokens = [(token.idx, token.idx + len(token)) for token in doc]
        starts = {token.i: "" for token in doc if token.is_sent_start or token.i == 0}
        if not doc.has_annotation("SENT_START"):
            self._one.note(self._annotator, "the source has tokens and no sentences")
            starts = {0: ""}
        layers.update(renamed(sentence_records(doc.text, tokens, starts, self._schema, self._left), self._schema))
        self._count()
        if {"entities", "mentions"} <= self._schema.layers.keys() and doc.has_annotation("ENT_IOB"):
            self._entities(types, use)

    def _entities(self, types: Mapping[str, str], use: MapUse) -> None:
        """Fill entities and mentions, unless a type without a rule would make its names look like no names."""
        kinds = [ent.label_ for ent in self._doc.ents]
        for kind in kinds:
            use.saw("types", kind)
        missing = sorted({kind for kind in kinds if kind not in types})
        if missing and "types" not in self._options.map:
            detail = f"the schema has no entity type {', '.join(missing[:20])}"
            rules = ", ".join(f'{kind} = "…"' for kind in missing[:20])
            found = problem("IMP2", self._one.path, detail, suggestion=f"add to the map: types = {{ {rules} }}")
            self._one.set_aside(self._annotator, [found])
            return
        entities: dict[str, Record] = {}
        mentions: list[Record] = []
        for i, ent in enumerate(self._doc.ents):
            if ent.label_ not in types:
                drop(self._left, "mentions of type", ent.label_, "the map has no such rule")
                continue
            key = f"={ent.ent_id_}" if ent.ent_id_ else f"-{i}"
            name = " ".join(ent.text.split())
            entity = entities.setdefault(key, {"id": key, "type": types[ent.label_], "name": name})
            if ent.kb_id_:
                entity.setdefault("kb", ent.kb_id_)
            spans = spans_of(self._doc.text, [(ent.start_char, ent.end_char)])
            mentions.append({"id": f"m{i}", "spans": spans, "form": "NAM", "entity": key})
        made = renamed({"entities": list(entities.values()), "mentions": mentions}, self._schema)
        self._one.layers[self._annotator].update(made)

    def _count(self) -> None:
        """Count what the schema has no field for."""
        doc, why = self._doc, NO_FIELD
        for attribute, what in _ATTRIBUTES.items():
            if doc.has_annotation(attribute):
                drop(self._left, "tokens with", what, why, len(doc))
        for name, group in doc.spans.items():
            drop(self._left, "spans of", f"doc.spans[{name!r}]", why, len(group))
        for name in doc.cats:
            drop(self._left, "values of", f"doc.cats[{str(name)!r}]", why)
        for key in doc.user_data:
            drop(self._left, "values of", f"doc.user_data[{str(key)!r}]", why)
