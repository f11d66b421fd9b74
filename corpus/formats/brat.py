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
leads to its first mention. With a map (mapping/rules.py), `read` reads the types and roles of any collection. The .a1
and .a2 files of the BioNLP shared tasks hold the annotations of a document together, like one .ann file. Offsets are
code points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.model import GOLD, CorpusError, Document, Problem, Record, Source
from ..core.schema import Schema
from .brat_ann import cut, joined, parse, serialize
from .brat_conf import configuration, visual
from .carried import carry_placed_layers
from .documents import NOTHING_SAID, Direction, Incoming, LeftOut, Options, Outgoing, pairs_of, spans_of
from .importing import build_corpus, schema_of
from .mapping.add import add_annotations, duplicate
from .mapping.annotations import Annotations
from .mapping.file_names import files_by_document, named, pattern
from .mapping.rules import Map, default_map, read_map
from .sources import files_below, not_read, problem, read_source, text_source
from .survey import Survey
from .writing import write_file

LAYERS = ("entities", "mentions", "quotes", "nonquotes")
_ENDS = (".ann", ".a1", ".a2")
"""The endings of files with annotations; .a1 and .a2 are those of the BioNLP shared tasks, two files for a document."""
_FILES = tuple(f"{name}{end}" for name in ("{annotator}/{doc}", "{doc}") for end in _ENDS)
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
    of = _map_of(options, schema)
    yield from build_corpus(into, _documents(source, of, schema, options), options, of.use)


def survey(source: Path, options: Options) -> Survey:
    """Return the names that the files have, for a map to edit."""
    schema = schema_of(options)
    of = _map_of(options, schema)
    found = Survey()
    for _, parts in _find_files(source, of, options.left_out):
        for part in parts:
            text = text_source(part.text)
            annotations, _, _ = _parse_files(part.files, text.value or "")
            found.files += [path.relative_to(_root(source)).as_posix() for path in part.files]
            found.add(annotations)
    return found


def _map_of(options: Options, schema: Schema) -> Map:
    own = replace(default_map(schema), files=tuple(map(pattern, _FILES)))
    of = read_map(options.map, schema, own, "gold", "texts")
    if of.texts and "{doc}" not in of.texts:
        raise CorpusError('map: texts must be a pattern with {doc}, such as "../texts/{doc}.txt"')
    return of


@dataclass(frozen=True, slots=True)
class _Part:
    """The files of one annotator for a document: one .ann file, or .a1 and .a2; none for a text alone."""

    annotator: str
    split: str
    files: tuple[Path, ...]
    text: Path


def _documents(source: Path, of: Map, schema: Schema, options: Options) -> Iterator[Incoming | Problem]:
    """Yield each document with the annotations of all annotators."""
    for doc, parts in _find_files(source, of, options.left_out):
        one: Incoming | None = None
        for part in parts:
            text = text_source(part.text)
            yield from not_read(text)
            if text.value is None or text.faults:
                continue
            # Annotators may each have a copy of the text. Offsets are only comparable if all copies are the same.
            if one is None:
                split = {"split": part.split} if part.split else {}
                one = Incoming(options.doc_ids(doc), text.path, text.value, split)
            elif one.text != text.value:
                yield problem("IMP3", str(part.text), f"its text differs from that of {one.path}")
                continue
            if part.files:
                yield from _annotate(one, part, of, schema, options)
        if one is not None:
            yield one


def _annotate(one: Incoming, part: _Part, of: Map, schema: Schema, options: Options) -> Iterator[Problem]:
    """Add the annotations of one annotator to a document; yield a Problem if there are none to add."""
    is_gold = not part.annotator or part.annotator == of.gold
    name = GOLD if is_gold else options.annotators(part.annotator)
    annotations, files, problems = _parse_files(part.files, one.text)
    for file, _ in files:
        yield from not_read(file)
    if any(file.faults for file, _ in files):
        return
    wrong = duplicate(one, name, files[0][0])
    if wrong is not None:
        yield wrong
        return
    one.set_aside(name, problems)
    add_annotations(one, name, annotations, files[0][0], of, schema, options.left_out, where=_finder(files))


def _parse_files(paths: tuple[Path, ...], text: str) -> tuple[Annotations, list[tuple[Source, int]], list[Problem]]:
    """Parse files that make one annotation: return it, each file with the number of lines before it, and Problems."""
    annotations = Annotations()
    files: list[tuple[Source, int]] = []
    problems: list[Problem] = []
    before = 0
    for path in paths:
        file = read_source(path, "annotation")
        files.append((file, before))
        problems += parse(file, text, annotations, before)
        before += file.data.count(b"\n") + 1
    return annotations, files, problems


def _finder(files: list[tuple[Source, int]]) -> Callable[[int], tuple[Source, int]]:
    """Return a function from a line of all files, counted together, to its file and its number there."""

    def where(line: int) -> tuple[Source, int]:
        return next((file, max(1, line - before)) for file, before in reversed(files) if line > before or not before)

    return where


def _root(source: Path) -> Path:
    return source if source.is_dir() else source.parent


def _find_files(source: Path, of: Map, left: LeftOut) -> Iterator[tuple[str, list[_Part]]]:
    """Yield each document name with its files, sorted. A text without annotations is a document too.

    The text of an annotation is where `texts` of the map says, or else beside it, or at the top of the collection.
    """
    root = _root(source)
    found = files_below(source, (*_ENDS, ".txt"), left, (".conf",))
    annotated = (path for path in found if path.suffix in _ENDS)
    by_document = files_by_document(named(annotated, source, of.files, left))
    parts: dict[str, list[_Part]] = {}
    for doc, files in by_document.items():
        for (annotator, split), paths in _by_annotator(sorted(files), left):
            parts.setdefault(doc, []).append(
                _Part(annotator, split, paths, _text_of(doc, annotator, split, paths[0], root, of))
            )
    texts = pattern(of.texts) if of.texts else None
    for path in found:
        if path.suffix == ".txt" and path.stem not in by_document:
            if texts is None or texts.fullmatch(path.relative_to(root).as_posix()):
                parts.setdefault(path.stem, []).append(_Part("", "", (), path))
            else:
                left["files", "`texts` of the map names other texts"] += 1
    yield from sorted(parts.items())


def _by_annotator(
    files: list[tuple[str, str, Path]], left: LeftOut
) -> Iterator[tuple[tuple[str, str], tuple[Path, ...]]]:
    """Yield the files of each annotator that make one annotation: each .ann file, or else .a1 and .a2 together."""
    groups: dict[tuple[str, str], list[Path]] = {}
    for annotator, split, path in files:
        groups.setdefault((annotator, split), []).append(path)
    for key, paths in groups.items():
        whole = [path for path in paths if path.suffix == ".ann"]
        if whole and len(whole) < len(paths):
            left["files *.a1 and *.a2", "the document has an .ann file"] += len(paths) - len(whole)
        yield from ((key, (path,)) for path in whole)
        if not whole:
            yield key, tuple(paths)


def _text_of(doc: str, annotator: str, split: str, path: Path, root: Path, of: Map) -> Path:
    if of.texts:
        return root / of.texts.replace("{doc}", doc).replace("{annotator}", annotator).replace("{split}", split)
    beside = path.with_name(f"{doc}.txt")
    return beside if beside.exists() or beside.is_symlink() else root / f"{doc}.txt"


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return the layers of an annotation that brat can hold; count what it drops in `left`."""
    return carry_placed_layers(document, schema, left, dict(LEAVES_OUT), NO_WORDS, _cut)


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write a .txt and a .ann file for each document, in a directory for each annotator, and the configuration."""
    default_map(schema)  # raises before the first file is written if brat cannot hold a name of the schema
    for one in documents:
        write_file(out / one.annotator / f"{one.doc_id}.txt", one.text.encode())
        write_file(out / one.annotator / f"{one.doc_id}.ann", serialize(one, schema))
    write_file(out / "annotation.conf", configuration(schema).encode())
    write_file(out / "visual.conf", visual(schema).encode())


def _cut(text: str, spans: list[Record], left: LeftOut) -> list[Record]:
    """Return the spans as `read` would return them: cut at line breaks and joined again."""
    pairs = pairs_of(spans)
    bare = [pair for one in pairs for pair in joined(text, cut(text, [one]))]
    made = joined(text, cut(text, pairs))
    left["line breaks at the edge of a span", BREAKS] += sum(e - s for s, e in pairs) - sum(e - s for s, e in bare)
    left["spans of a record separated by line breaks only", JOINED] += len(bare) - len(made)
    return spans_of(text, made)
