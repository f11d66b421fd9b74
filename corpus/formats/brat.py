"""brat standoff to and from annotations: a .txt and a .ann file for each document, in a directory for each annotator.

    T1  PER 0 12           Åsa Lindqvist      a mention; its type is the type of its entity
    A1  form T1 NAM                           a label of the mention
    N1  Reference T1 wikidata:Q1  Åsa L.      kb and name of the entity
    *   Coref T1 T4                           the mentions of one entity
    T2  quotes 20 34;40 44 …                  the spans of a record of the layer `quotes`, from its field `content`
    T3  quotes-cue 35 39   said               the spans of another field
    E1  quotes:T2 cue:T3 source:T4 speaker:T1 the record, with its spans and references as roles
    A2  type E1 direct                        a label of the record
    #1  note E1            …                  any other field

This is what `write` writes, with names from the schema, and what `read` reads without a map; a reference to an entity
leads to its first mention. With a map (mapping/rules.py), `read` reads the types and roles of any collection. Offsets
are code points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..core.model import GOLD, Document, Problem, Record
from ..core.schema import Layer, Schema
from .brat_ann import configuration, cut, joined, parse, serialize
from .documents import (
    NOTHING_SAID,
    Direction,
    Incoming,
    LeftOut,
    Options,
    Outgoing,
    hold_together,
    in_order,
    layers_left_out,
    pairs_of,
    renamed,
    spans_of,
)
from .importing import build_corpus, schema_of
from .mapping.add import add_annotations, duplicate
from .mapping.annotations import Annotations
from .mapping.file_names import files_by_document, named
from .mapping.rules import Map, default_map, place_of, placed_layers, read_map
from .sources import files_below, not_read, problem, read_source, text_source
from .survey import Survey
from .writing import write_file

LAYERS = ("entities", "mentions", "quotes", "nonquotes")
NO_WORDS = "brat can only annotate words"
NO_FIELD = "brat has no such field"
BREAKS = "a brat span cannot contain a line break"
JOINED = f"{BREAKS}, so the pieces are read as one span"
LEAVES_OUT = (
    ("article records", "brat stores the text and its name only"),
    ("ids", "brat numbers annotations itself"),
    ("provenance", NO_FIELD),
    ("fields_done", "brat has no such field: it is made again from the fields that the records have"),
    ("empty layers", "brat cannot record that a layer was annotated"),
    ("stances", f"{NO_WORDS}, and label, holder and target have none"),
    ("entities", "no mention: brat stores an entity through its mentions"),
    ("references in quotes.speaker", "the target was dropped"),
    ("line breaks at the edge of a span", BREAKS),
    ("spans of a record separated by line breaks only", JOINED),
    ("mentions", "only line breaks, which a brat span cannot contain"),
)
READS = Direction(
    "texts, types, roles, relations, equivalences, attributes, notes, normalizations that the map names",
    "what the map has no rule for",
    "files written by hand after brat's documentation",
)
WRITES = Direction(
    "spans, labels, references, chains, knowledge-base ids",
    "see below",
    "our own import; not with a brat server",
)


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the brat collection in the directory `source` into the new corpus `into`.

    Yields a Problem for each line and file that cannot be read, and imports the rest. Raises CorpusError when there
    is nothing to import, or the map or a record field is invalid.
    """
    schema = schema_of(options)
    of = read_map(options.map, schema, default_map(schema))
    yield from build_corpus(into, _documents(source, of, schema, options), options, of.use)


def survey(source: Path, options: Options) -> Survey:
    """Return the names of the types, roles, attributes and relations in the files."""
    found = Survey()
    root = source if source.is_dir() else source.parent
    for path in files_below(source, (".ann",), LeftOut(), (".txt",)):
        found.files.append(path.relative_to(root).as_posix())
        beside = [path.with_suffix(".txt"), root / f"{path.stem.partition('.')[0]}.txt"]
        text = next((text_source(one) for one in beside if one.is_file()), None)
        annotations = Annotations()
        for _ in parse(read_source(path, "annotation"), str(text.value or "") if text else "", annotations):
            pass
        found.add(annotations)
    return found


def _documents(source: Path, of: Map, schema: Schema, options: Options) -> Iterator[Incoming | Problem]:
    """Yield each document with the annotations of all annotators: find files, read the text, parse, map, add."""
    ids, names, left = options.doc_ids, options.annotators, options.left_out
    for doc, files in _find_files(source, of, left):
        one: Incoming | None = None
        for annotator, split, path, text_path in files:
            text = text_source(text_path)
            yield from not_read(text)
            if text.value is None or text.faults:
                continue
            # Annotators may each have a copy of the text. Offsets are only comparable if all copies are the same.
            if one is None:
                one = Incoming(ids(doc), text.path, text.value, {"split": split} if split else {})
            elif one.text != text.value:
                yield problem("IMP3", str(path), f"its text differs from that of {one.path}")
                continue
            if path.suffix != ".ann":
                continue
            name = names(annotator) if annotator else GOLD
            file = read_source(path, "annotation")
            yield from not_read(file)
            if file.faults:
                continue
            wrong = duplicate(one, name, file)
            if wrong is not None:
                yield wrong
                continue
            annotations = Annotations()
            one.set_aside(name, parse(file, one.text, annotations))
            add_annotations(one, name, annotations, file, of, schema, left)
        if one is not None:
            yield one


def _find_files(source: Path, of: Map, left: LeftOut) -> Iterator[tuple[str, list[tuple[str, str, Path, Path]]]]:
    """Yield each document name with its (annotator, split, file, text file), sorted.

    `file` is an .ann file, or the .txt file of a document without annotations. The text of an .ann file lies beside
    it, or else at the top of the collection.
    """
    root = source if source.is_dir() else source.parent
    found = files_below(source, (".ann", ".txt"), left, (".conf",))
    annotated = (path for path in found if path.suffix == ".ann")
    parts = files_by_document(named(annotated, source, of.files, left))
    with_annotations = set(parts)
    for path in found:
        if path.suffix == ".txt" and path.stem not in with_annotations:
            parts.setdefault(path.stem, []).append(("", "", path))
    for doc, files in sorted(parts.items()):
        beside = [path.with_name(f"{doc}.txt") for _, _, path in sorted(files)]
        texts = [path if path.exists() or path.is_symlink() else root / f"{doc}.txt" for path in beside]
        yield doc, [(*file, text) for file, text in zip(sorted(files), texts, strict=True)]


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return the layers of an annotation that brat can hold; count what it drops in `left`."""
    assert document.text is not None
    why = dict(LEAVES_OUT)
    layers = in_order(document.value, schema)
    placed = {layer.name: layer for layer in placed_layers(schema)}
    has_entities = "mentions" in placed and "entities" in schema.layers
    kept = placed.keys() | ({"entities"} if has_entities else set())
    layers_left_out(layers, set(kept), left, why, NO_WORDS)
    held: dict[str, list[Record]] = {name: [] for name in layers if name in kept}
    for name in held:
        place = place_of(schema.layers[name])
        for record in layers[name]:
            one = {
                key: _cut(document.text, value, left) if _is_spans(schema.layers[name], key) else value
                for key, value in record.items()
            }
            if place and not one[place]:
                left[name, why["mentions"]] += 1
            else:
                held[name].append(one)
        if place:
            held[name].sort(key=lambda one: (one[place][0]["start"], -one[place][0]["end"]))
    held = hold_together(held, schema, left, why["references in quotes.speaker"])
    if has_entities and "entities" in held:
        first: dict[str, int] = {}
        for i, mention in enumerate(held.get("mentions", ())):
            first.setdefault(mention.get("entity") or "", i)
        without = [one for one in held["entities"] if one["id"] not in first]
        left["entities", why["entities"]] += len(without)
        held["entities"] = sorted((e for e in held["entities"] if e["id"] in first), key=lambda e: first[e["id"]])
        held = hold_together(held, schema, left, why["references in quotes.speaker"])
    left["ids", why["ids"]] += sum(map(len, held.values()))
    return renamed({name: records for name, records in held.items() if records}, schema)


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write a .txt and a .ann file for each document, in a directory for each annotator, and annotation.conf."""
    default_map(schema)  # raises before the first file is written if brat cannot hold a name of the schema
    for one in documents:
        write_file(out / one.annotator / f"{one.doc_id}.txt", one.text.encode())
        write_file(out / one.annotator / f"{one.doc_id}.ann", serialize(one, schema))
    write_file(out / "annotation.conf", configuration(schema).encode())


def _cut(text: str, spans: list[Record], left: LeftOut) -> list[Record]:
    """Return the spans as `read` would return them: cut at line breaks and joined again."""
    pairs = pairs_of(spans)
    bare = [pair for one in pairs for pair in joined(text, cut(text, [one]))]
    made = joined(text, cut(text, pairs))
    left["line breaks at the edge of a span", BREAKS] += sum(e - s for s, e in pairs) - sum(e - s for s, e in bare)
    left["spans of a record separated by line breaks only", JOINED] += len(bare) - len(made)
    return spans_of(text, made)


def _is_spans(layer: Layer, name: str) -> bool:
    return any(one.name == name for one in layer.of_kind("spans"))
