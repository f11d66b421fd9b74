r"""CoNLL columns to and from named entities: a token on each line, a file for each split.

    # global.columns = FORM MISC ENTITY NER
    # doc_id = bridge-report
    # sent_id = bridge-report-1
    Åsa        _               e1   B-PER
    Lindqvist  _               e1   I-PER
    spoke      SpaceAfter=No   _    O
    .          _               _    O

Tabs separate columns, and the first line names them as in CoNLL-U Plus; the token is the first column and the tag
the last, where readers of CoNLL-2003 look. Tokens, sentences and tags are those of the config `entities`: the
longest of overlapping names, in IOB2. Two tokens are separated by one blank and two sentences by one line break,
unless MISC says otherwise, as in UDPipe: `SpaceAfter=No`, `SpacesAfter=\s\n`, and `SpacesBefore=…` for white space
at the start of the text. So the text is restored exactly.

A file of another project usually has no MISC; its text is built with blanks between tokens and line breaks between
sentences. A document begins with `# doc_id = …`, `# newdoc id = …` or `-DOCSTART-`, or with the file. A document
with a line that cannot be read is dropped, since its text would be incomplete.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..core.model import GOLD, Annotation, Article, CorpusError, Document, Problem, Record, Source
from ..core.regular_file import open_file
from ..core.schema import Schema
from ..core.tokens import sentences, tokenize
from ..files import replace_file
from ..files.index import MAX_BYTES
from ..pipeline.tables.entities import tag_names, tags_of
from ..pipeline.tables.rows import Row, looked
from .documents import (
    NOTHING_SAID,
    Incoming,
    LeftOut,
    Options,
    Outgoing,
    in_order,
    layers_left_out,
    renamed,
    spans_of,
)
from .importing import build_corpus, schema_of
from .mapping.conll_columns import SCHEMES, Layout, named_columns
from .sources import Together, files_below, problem, text_problem

LAYERS = ("entities", "mentions")
COLUMNS = ("FORM", "MISC", "ENTITY", "NER")
NO_COLUMN = "CoNLL has no such column"
LEAVES_OUT = (
    ("article records", "CoNLL stores the text and its name only; the split is the name of the file"),
    ("ids", "renumbered on import"),
    ("provenance", "CoNLL has no such column"),
    ("annotations", "entities or mentions were not annotated, so O tags would be meaningless"),
    *((name, NO_COLUMN) for name in ("quotes", "nonquotes", "stances")),
    ("nominal and pronominal mentions", "only names are tagged"),
    ("nested names", "only the longest of overlapping names is tagged"),
    ("pieces of discontinuous names", "a tag covers consecutive tokens: each piece becomes a mention"),
    ("names that begin or end within a token", "the whole token is tagged"),
    ("entities", "no name in the text: only names are tagged"),
    ("names of entities", "the name becomes the first tagged name in the text"),
    ("entities.kb", NO_COLUMN),
    ("entities.kb_date", NO_COLUMN),
)
_WHY = dict(LEAVES_OUT)
_ENDS = (".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".tsv", ".txt")
_ESCAPES = {" ": r"\s", "\t": r"\t", "\n": r"\n", "\r": r"\r", "|": r"\p", "\\": r"\\"}
_ESCAPED = {escape: char for char, escape in _ESCAPES.items()}
_DOCUMENT = re.compile(r"#\s*(?:doc_id|newdoc id)\s*=\s*(.*?)\s*")
_NAMED = re.compile(r"#\s*global\.columns\s*=\s*(.*?)\s*")
_COMMENT = re.compile(r"#\s*[\w.]+(?:\s\w+)?\s*=.*")
_TAG = re.compile(r"([BIESLU])-(.+)")


def carry(document: Document, schema: Schema, left: LeftOut) -> Record | None:
    """Return the names that tags can hold, and their entities; count what is dropped in `left`."""
    assert document.annotation is not None
    if not {"entities", "mentions"} <= schema.layers.keys():
        raise CorpusError("CoNLL stores entities and mentions only, and the schema lacks one of them")
    if not all(looked(document.annotation, layer) for layer in LAYERS):
        left["annotations", _WHY["annotations"]] += 1
        return None
    layers = in_order(document.value, schema)
    layers_left_out(layers, set(LAYERS), left, _WHY, NO_COLUMN)
    tagged = _Tagged(document.text or "", document.article, document.annotation, schema)
    kept = Counter((first, last) for first, last, _ in tagged.found)
    for mention in layers["mentions"]:
        if mention.get("form") != "NAM" or not mention.get("entity"):
            left["nominal and pronominal mentions", _WHY["nominal and pronominal mentions"]] += 1
            continue
        left["pieces of discontinuous names", _WHY["pieces of discontinuous names"]] += len(mention["spans"]) - 1
        for span in mention["spans"]:
            first, last = tagged.tokens_of(span["start"], span["end"])
            if not kept[first, last]:
                left["nested names", _WHY["nested names"]] += 1
                continue
            kept[first, last] -= 1
            inside = tagged.starts[first] != span["start"] or tagged.ends[last - 1] != span["end"]
            left["names that begin or end within a token", _WHY["names that begin or end within a token"]] += inside
    known = {one["id"]: one for one in layers["entities"]}
    mentions = [
        {"id": f"m{i}", "spans": tagged.spans(first, last), "form": "NAM", "entity": entity}
        for i, (first, last, entity) in enumerate(tagged.found)
    ]
    first_names: dict[str, str] = {}
    for mention in mentions:
        first_names.setdefault(mention["entity"], _words(mention))
    entities = []
    for name, first_name in first_names.items():
        left["names of entities", _WHY["names of entities"]] += known[name].get("name") != first_name
        entities.append({"id": name, "type": known[name]["type"], "name": first_name})
        for key, value in known[name].items():
            if key not in ("id", "type", "name") and value is not None:
                left[f"entities.{key}", NO_COLUMN] += 1
    left["entities", _WHY["entities"]] += len(known) - len(entities)
    left["ids", _WHY["ids"]] += len(entities) + len(mentions)
    return renamed({"entities": entities, "mentions": mentions}, schema)


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write the documents in order to `<annotator>/<split>.conll`, or to `all.conll` without a split."""
    opened: dict[Path, IO[bytes]] = {}
    with ExitStack() as stack:
        for one in documents:
            path = out / one.annotator / f"{one.record.get('split') or 'all'}.conll"
            if path not in opened:
                opened[path] = stack.enter_context(replace_file(path))
                opened[path].write(f"# global.columns = {' '.join(COLUMNS)}\n".encode())
            opened[path].write("".join(f"{line}\n" for line in _lines(one, schema)).encode())


class _Tagged:
    """Holds a text with its tokens, the tag of each and the id of its entity."""

    def __init__(self, text: str, article: Article, annotation: Annotation, schema: Schema) -> None:
        self.text = text
        tokens = tokenize([text])
        names = tag_names(schema)
        tags, owners, ids = tags_of([Row(article, text, annotation, [])], tokens, names)
        self.starts, self.ends = tokens.starts.tolist(), tokens.ends.tolist()
        self.tags = [names[tag] for tag in tags.tolist()]
        self.entities = [ids[owner] for owner in owners.tolist()]
        begins = [i for i, tag in enumerate(self.tags) if tag.startswith("B-")]
        lasts = [
            next((j for j in range(i + 1, len(self.tags)) if self.tags[j][0] != "I"), len(self.tags)) for i in begins
        ]
        self.found = [(i, j, self.entities[i]) for i, j in zip(begins, lasts, strict=True)]
        """(first token, end token, id of the entity) of each mention; the end is exclusive."""

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the first token that a span touches, and the end, exclusive."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)

    def spans(self, first: int, last: int) -> list[Record]:
        """Return the span of tokens."""
        return spans_of(self.text, [(self.starts[first], self.ends[last - 1])])


def _lines(one: Outgoing, schema: Schema) -> Iterator[str]:
    article = Article(one.doc_id, one.record, one.text, ())
    annotation = Annotation(one.annotator, one.annotation, Source("", "annotation"))
    tagged = _Tagged(one.text, article, annotation, schema)
    begins = [start for start, _ in sentences(one.text, str(one.record["language"])[:2])]
    sentence_of = [max(1, bisect_right(begins, start)) for start in tagged.starts]
    yield f"# doc_id = {one.doc_id}"
    number = 0
    for i, (start, end) in enumerate(zip(tagged.starts, tagged.ends, strict=True)):
        if sentence_of[i] != number:
            if number:
                yield ""
            number = sentence_of[i]
            yield f"# sent_id = {one.doc_id}-{number}"
        is_last = i + 1 == len(tagged.starts)
        after = one.text[end:] if is_last else one.text[end : tagged.starts[i + 1]]
        usual = "" if is_last else " " if sentence_of[i + 1] == number else "\n"
        misc = [f"SpacesBefore={_escape(one.text[:start])}"] if i == 0 and start else []
        if after != usual:
            misc.append(f"SpacesAfter={_escape(after)}" if after else "SpaceAfter=No")
        yield "\t".join((one.text[start:end], "|".join(misc) or "_", tagged.entities[i] or "_", tagged.tags[i]))
    yield ""


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in text)


def _unescape(text: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), text)


def _words(mention: Record) -> str:
    return " ".join(mention["spans"][0]["text"].split())


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the files below it, into the new corpus `into`.

    In `<annotator>/<split>.conll` the directory names the annotator and the file the split. Yields a Problem for
    each line and file that cannot be read. Raises CorpusError when there is nothing to import, or the map or a
    record field is invalid.
    """
    schema = schema_of(options)
    yield from build_corpus(into, _documents(source, Layout.of(options.map, schema), options, schema), options)


@dataclass(slots=True)
class _Rows:
    """The rows of a document: (line, form, MISC, entity, tag), and the rows that begin a sentence."""

    name: str
    line: int
    rows: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    begins: set[int] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    size: int = 0


def _documents(source: Path, layout: Layout, options: Options, schema: Schema) -> Iterator[Incoming | Problem]:
    root = source if source.is_dir() else source.parent
    ids, names = options.doc_ids, options.annotators
    together = Together()
    for path in files_below(source, _ENDS, options.left_out):
        folder = path.relative_to(root).parent.as_posix()
        annotator = GOLD if folder == "." else names(folder)
        for rows in _rows_of(path, layout):
            if isinstance(rows, Problem):
                yield rows
                continue
            yield from rows.problems
            if rows.problems:
                continue
            one = Incoming(ids(rows.name), os.fsencode(path).decode("utf-8", "replace"), "")
            problems = list(_fill(one, rows, annotator, layout, schema, options.left_out))
            wrong = together(one, annotator, rows.name, rows.line) if one.text else None
            if wrong is not None:
                problems.append(wrong)
            elif one.text:
                if path.stem in schema.splits:
                    one.record["split"] = path.stem
                yield one
            yield from problems


def _rows_of(path: Path, layout: Layout) -> Iterator[_Rows | Problem]:
    """Yield the rows of each document of a file, line by line; a document is at most as large as a file may be."""
    shown = os.fsencode(path).decode("utf-8", "replace")
    if path.is_symlink() or not path.is_file():
        yield problem("IMP1", shown, "symlink" if path.is_symlink() else "unreadable")
        return
    where, wide, tabs = dict(layout.columns), 0, True
    doc, fresh, documents = _Rows(path.stem, 1), True, 0
    with open_file(path) as file:
        number = 0
        while data := file.readline(MAX_BYTES + 1):
            number += 1
            if len(data) > MAX_BYTES:
                yield problem("IMP1", shown, "too-large, a line", place=(number, 1))
                return
            try:
                line = data.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                _wrong(doc, shown, number, f"byte {data[error.start]:#04x} is not UTF-8")
                continue
            if not line.strip():
                fresh = True
                continue
            if named := _NAMED.fullmatch(line):
                where = {**named_columns(named[1].split()), **layout.columns}
                continue
            begun, cells = _DOCUMENT.fullmatch(line), line.split("\t") if "\t" in line else line.split()
            if begun or cells[0] == "-DOCSTART-":
                if doc.rows or doc.problems:
                    yield doc
                documents += 1
                doc = _Rows(begun[1] if begun else f"{path.stem}-{documents}", number)
                fresh = True
                continue
            as_rows = len(cells) == wide and ("\t" in line) == tabs
            if line.startswith("#") and (not as_rows or (not tabs and _COMMENT.fullmatch(line))):
                continue
            if not wide:
                wide, tabs = len(cells), "\t" in line
            doc.size += len(data)
            if doc.size > MAX_BYTES and len(doc.problems) < 2:
                _wrong(doc, shown, number, f"the document is larger than {MAX_BYTES // 2**20} MiB")
                doc.rows.clear()
            elif len(cells) != wide or ("\t" in line) != tabs or wide < 2:
                _wrong(doc, shown, number, f"expected {max(wide, 2)} columns, found {len(cells)}")
            elif not doc.problems:
                if fresh:
                    doc.begins.add(len(doc.rows))
                    fresh = False
                _add_row(doc, cells, where, shown, number)
    if doc.rows or doc.problems:
        yield doc


def _wrong(doc: _Rows, path: str, line: int, detail: str) -> None:
    if len(doc.problems) < 100:
        doc.problems.append(problem("IMP2", path, detail, place=(line, 1)))


def _add_row(doc: _Rows, cells: list[str], where: Mapping[str, int], path: str, line: int) -> None:
    try:
        form, tag = cells[where.get("token", 0)], cells[where.get("tag", -1)]
        misc, entity = (cells[where[name]] if name in where else "_" for name in ("misc", "entity"))
    except IndexError:
        _wrong(doc, path, line, f"the map names a column beyond the {len(cells)} of this line")
        return
    if not form or form.isspace() or not tag:
        _wrong(doc, path, line, "the token or its tag is empty")
        return
    doc.rows.append((line, form, misc, entity, tag))


def _fill(
    one: Incoming, doc: _Rows, annotator: str, layout: Layout, schema: Schema, left: LeftOut
) -> Iterator[Problem]:
    """Rebuild the text and the mentions of one annotator from the rows of a document."""
    parts: list[str] = []
    pairs: list[tuple[int, int]] = []
    at = 0
    for i, (_, form, misc, _, _) in enumerate(doc.rows):
        said = dict(part.partition("=")[::2] for part in misc.split("|"))
        before = _unescape(said.get("SpacesBefore", "")) if i == 0 else ""
        usual = "" if i + 1 == len(doc.rows) else "\n" if i + 1 in doc.begins else " "
        after = "" if said.get("SpaceAfter") == "No" else usual
        after = _unescape(said["SpacesAfter"]) if "SpacesAfter" in said else after
        parts += [before, form, after]
        pairs.append((at + len(before), at + len(before) + len(form)))
        at += len(before) + len(form) + len(after)
    text = "".join(parts)
    wrong = text_problem(text, one.path, doc.name, doc.line)
    if wrong is not None:
        yield wrong
        return
    one.text = text
    mentions: list[Record] = []
    kinds: dict[str, str] = {}
    found: list[Problem] = []
    for first, last, kind, line in _mentions(doc, layout, one.path, found):
        if kind not in layout.types:
            left[f"mentions of type {kind}", "the map has no such rule"] += 1
            continue
        entity = doc.rows[first][3]
        entity = f"={entity}" if entity != "_" else f"-{first}"
        if kinds.setdefault(entity, layout.types[kind]) != layout.types[kind]:
            left["types of mentions", "an entity has the type of its first mention"] += 1
        spans = spans_of(text, [(pairs[first][0], pairs[last - 1][1])])
        mentions.append({"id": f"m{first}", "spans": spans, "form": "NAM", "entity": entity})
        one.places[annotator, f"m{len(mentions)}"] = (one.path, line)
    one.set_aside(annotator, found)
    names = {mention["entity"]: _words(mention) for mention in reversed(mentions)}
    entities = [{"id": entity, "type": kind, "name": names[entity]} for entity, kind in kinds.items()]
    one.layers[annotator] = renamed({"entities": entities, "mentions": mentions}, schema)


def _mentions(doc: _Rows, layout: Layout, path: str, found: list[Problem]) -> Iterator[tuple[int, int, str, int]]:
    """Yield (first row, end row, type, line) of each mention; add a Problem to `found` for each invalid tag."""
    begins, ends = SCHEMES[layout.scheme]
    first, kind = -1, ""
    for i, (line, _, _, entity, tag) in enumerate(doc.rows):
        said = _TAG.fullmatch(tag)
        goes_over = i not in doc.begins or (entity != "_" and entity == doc.rows[i - 1][3])
        goes_on = said is not None and first >= 0 and said[2] == kind and said[1] in f"I{ends}" and goes_over
        if first >= 0 and not (goes_on and said and said[1] not in "BSU"):
            yield first, i, kind, doc.rows[first][0]
            first = -1
        if tag == "O":
            continue
        if said is None or said[1] not in f"BI{begins}{ends}":
            found.append(problem("IMP2", path, f"{tag[:60]!r} is not a tag of {layout.scheme}", place=(line, 1)))
        elif first < 0 and said[1] in begins:
            first, kind = i, said[2]
        elif first < 0:
            found.append(problem("IMP2", path, f"{tag[:60]!r} continues a mention, and none is open", place=(line, 1)))
        if first >= 0 and said is not None and said[1] in ends:
            yield first, i + 1, kind, doc.rows[first][0]
            first = -1
    if first >= 0:
        yield first, len(doc.rows), kind, doc.rows[first][0]
