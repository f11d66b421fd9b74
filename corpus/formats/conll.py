r"""CoNLL columns to and from named entities: a token on each line, a file for each split.

    # global.columns = FORM MISC ENTITY NER
    # doc_id = bridge-report
    # sent_id = bridge-report-1
    Åsa        _               e1   B-PER
    Lindqvist  _               e1   I-PER
    spoke      SpaceAfter=No   _    O
    .          _               _    O

Tabs separate columns, and the first line names them as in CoNLL-U Plus; the token is the first column and the tag
the last, where readers of CoNLL-2003 look. Tokens and sentences are those of the source if the annotation has them,
else, as the tags, those of the config `entities`: the longest of overlapping names, in IOB2. Two tokens are separated
by one blank and two sentences by one line break, unless MISC says otherwise, as in UDPipe: `SpaceAfter=No`,
`SpacesAfter=\s\n`, and `SpacesBefore=…` for white space at the start of the text. So the text is restored exactly.

`conll_reader` reads these files and those of other projects.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from ..core.model import Annotation, Article, CorpusError, Document, Record, Source
from ..core.schema import Schema
from ..core.source_tokens import SENTENCES
from ..files import replace_file
from ..pipeline.tables.entities import knows_names, tags_of
from .conll_reader import read as read
from .conll_rows import escape
from .conll_survey import survey as survey
from .documents import Direction, LeftOut, Outgoing, in_order, layers_left_out, renamed, spans_of
from .source_sentences import Words

LAYERS = ("entities", "mentions")
COLUMNS = ("FORM", "MISC", "ENTITY", "NER")
NO_COLUMN = "CoNLL has no such column"
LEAVES_OUT = (
    ("article records", "CoNLL stores the text and its name only; the split is the name of the file"),
    ("ids", "renumbered on import"),
    ("provenance", "CoNLL has no such column"),
    ("fields_done", "CoNLL has no such column; entities get a name on import"),
    ("annotations", "entities, their types, mentions or their forms were not annotated: O tags would be meaningless"),
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
READS = Direction(
    "tokens, sentences, tags in IOB2, IOB1 or BIOES, names and chains in brackets, ids of entities",
    "other columns, comments",
    "files written by hand after CoNLL-2003 and CoNLL-2012, and GUM's news in CoNLL-U",
)
WRITES = Direction("names with their entity, tokens and sentences", "see below", "our own import")
_WHY = dict(LEAVES_OUT)


def carry(document: Document, schema: Schema, left: LeftOut) -> Record | None:
    """Return the names that tags can hold, and their entities; count the dropped ones in `left`."""
    assert document.annotation is not None
    if not {"entities", "mentions"} <= schema.layers.keys():
        raise CorpusError("CoNLL stores entities and mentions only, and the schema lacks one of them")
    if not knows_names(document.annotation, schema):
        left["annotations", _WHY["annotations"]] += 1
        return None
    layers = in_order(document.value, schema)
    tagged = Tagged(document.text or "", document.article, document.annotation, schema)
    kept_sentences = {SENTENCES: layers[SENTENCES]} if tagged.words.of_source else {}
    layers_left_out(layers, {*LAYERS, *kept_sentences}, left, _WHY, NO_COLUMN)
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
    mentions: list[Record] = [
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
    return renamed({"entities": entities, "mentions": mentions, **kept_sentences}, schema)


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


class Tagged:
    """Holds a text with its tokens, the tag of each and the id of its entity."""

    def __init__(self, text: str, article: Article, annotation: Annotation, schema: Schema) -> None:
        self.text = text
        self.words = Words(text, annotation, schema, str(article.record["language"]))
        self.starts, self.ends = [start for start, _ in self.words.pairs], [end for _, end in self.words.pairs]
        self.tags, self.entities = tags_of(annotation, self.words.columns(), schema)
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
    tagged = Tagged(one.text, article, annotation, schema)
    yield f"# doc_id = {one.doc_id}"
    for words in sentences_of(tagged.words, one.text, one.doc_id):
        yield f"# sent_id = {words.id}"
        for i, misc in zip(words.tokens, words.misc, strict=True):
            start, end = tagged.words.pairs[i]
            yield "\t".join((one.text[start:end], "|".join(misc) or "_", tagged.entities[i] or "_", tagged.tags[i]))
        yield ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to write: its id, its tokens, and the white space of each as MISC has it."""

    id: str
    tokens: range
    misc: list[list[str]]


def sentences_of(words: Words, text: str, doc_id: str) -> Iterator[Sentence]:
    """Yield the sentences of a text, with the white space that is not the usual one."""
    bounds = [*words.begins, len(words.pairs)] if words.pairs else []
    for number, (first, last) in enumerate(pairwise(bounds), 1):
        misc: list[list[str]] = []
        for i in range(first, last):
            start, end = words.pairs[i]
            is_last = i + 1 == len(words.pairs)
            after = text[end:] if is_last else text[end : words.pairs[i + 1][0]]
            usual = "" if is_last else "\n" if i + 1 == last else " "
            said = [f"SpacesBefore={escape(text[:start])}"] if i == 0 and start else []
            if after != usual:
                said.append(f"SpacesAfter={escape(after)}" if after else "SpaceAfter=No")
            misc.append(said)
        source_id = words.ids[number - 1] if words.ids else ""
        yield Sentence(source_id or f"{doc_id}-{number}", range(first, last), misc)


def _words(mention: Record) -> str:
    return " ".join(mention["spans"][0]["text"].split())
