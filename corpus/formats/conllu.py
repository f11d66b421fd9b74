r"""CoNLL-U with entities and coreference in MISC, as CorefUD writes them; a file for each split.

    # newdoc id = bridge-report
    # global.Entity = eid-etype-head-form-type
    # sent_id = bridge-report-1
    # text = Åsa Lindqvist spoke.
    1   Åsa         _  _  _  _  _  _  _  Entity=(e1-person-1-NAM-PER
    2   Lindqvist   _  _  _  _  _  _  _  Entity=e1)
    3   spoke       _  _  _  _  _  _  _  SpaceAfter=No
    4   .           _  _  _  _  _  _  _  _

Nested and discontinuous mentions, descriptions and pronouns are kept; `(e1[1/2]-…` is the first of two pieces. CorefUD
has a list of entity types, so `etype` is the nearest of them, and `type` is ours. CorefUD requires the index of the
head of a mention, which no annotation here says: it is always 1. White space is as in the format `conll`.

`conll_reader` reads these files and those of other projects.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import IO

from ..core.done import layer_done
from ..core.model import Annotation, CorpusError, Document, Record, Source
from ..core.schema import Schema
from ..core.source_tokens import SENTENCES
from ..files import replace_file
from .conll import sentences_of
from .conll_reader import read as read
from .conll_survey import survey as survey
from .documents import Direction, LeftOut, Outgoing, in_order, layers_left_out, pairs_of, renamed, spans_of
from .source_sentences import Words

LAYERS = ("entities", "mentions")
NO_FIELD = "CoNLL-U has no such field"
LEAVES_OUT = (
    ("article records", "CoNLL-U stores the text and its name only; the split is the name of the file"),
    ("ids", "renumbered on import"),
    ("provenance", NO_FIELD),
    ("fields_done", "it is made again from the fields that the records have"),
    ("annotations", "entities or mentions were not annotated"),
    *((name, NO_FIELD) for name in ("quotes", "nonquotes", "stances")),
    ("mentions that begin or end within a token", "a mention covers whole tokens"),
    ("pieces of discontinuous mentions", "only white space separates them, so they are one piece"),
    ("mentions without a token", "a mention covers whole tokens"),
    ("mentions without an entity", "a mention has the id of its entity"),
    ("mentions across sentences", "a mention is in one sentence"),
    ("mentions that cross another one of the same entity", "brackets of one entity are closed in order"),
    ("entities", "no mention in the text"),
    ("names of entities", "the name becomes the first name in the text"),
    ("entities.kb", NO_FIELD),
    ("entities.kb_date", NO_FIELD),
)
READS = Direction(
    "tokens, sentences, paragraphs, entities and chains of `Entity=`, tags of a column or a key of MISC",
    "other columns, other keys of MISC, empty nodes",
    "GUM's news as UD has them, and the library conllu",
)
WRITES = Direction(
    "entities, mentions and chains, tokens and sentences",
    "see below",
    "udtools (level 1 and coreference) and Udapi, which read the files in our tests",
)
_WHY = dict(LEAVES_OUT)
_HEADER = "# global.Entity = eid-etype-head-form-type"
_TYPES = {
    "PER": "person",
    "ORG": "organization",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "EVENT": "event",
    "PRODUCT": "object",
    "OTHER": "other",
}
"""The entity type of CorefUD that is nearest to one of ours."""

Pieces = tuple[tuple[int, int], ...]
"""(first token, end token) of each piece of a mention; the end is exclusive."""


def carry(document: Document, schema: Schema, left: LeftOut) -> Record | None:
    """Return the mentions that brackets can hold, and their entities; count the dropped ones in `left`."""
    assert document.annotation is not None
    if not {"entities", "mentions"} <= schema.layers.keys():
        raise CorpusError("CoNLL-U stores entities and mentions only, and the schema lacks one of them")
    if not all(layer_done(document.value, layer) for layer in LAYERS):
        left["annotations", _WHY["annotations"]] += 1
        return None
    layers = in_order(document.value, schema)
    words = Words(document.text or "", document.annotation, schema, str(document.article.record["language"]))
    sentences = {SENTENCES: layers[SENTENCES]} if words.of_source else {}
    layers_left_out(layers, {*LAYERS, *sentences}, left, _WHY, NO_FIELD)
    kept: list[tuple[Pieces, Record]] = []
    placer = Placer(words)
    for mention in layers["mentions"]:
        pieces, why = placer.place(mention)
        _count_changes(pieces, mention, words, left)
        if why or not mention.get("entity"):
            why = why or "mentions without an entity"
            left[why, _WHY[why]] += 1
        else:
            kept.append((pieces, mention))
    kept.sort(key=lambda item: (item[0][0][0], -item[0][0][1]))
    text = document.text or ""
    mentions = [
        {**mention, "spans": spans_of(text, [(words.pairs[a][0], words.pairs[b - 1][1]) for a, b in pieces])}
        for pieces, mention in kept
    ]
    entities = carried_entities(layers["entities"], mentions, left, _WHY)
    left["ids", _WHY["ids"]] += len(entities) + len(mentions)
    known = {"id", "spans", "form", "entity"}
    mentions = [{key: value for key, value in one.items() if key in known} for one in mentions]
    return renamed({"entities": entities, "mentions": mentions, **sentences}, schema)


def _count_changes(pieces: Pieces, mention: Record, words: Words, left: LeftOut) -> None:
    if not pieces:
        return
    joined = "pieces of discontinuous mentions"
    left[joined, _WHY[joined]] += len(mention["spans"]) - len(pieces)
    inside = "mentions that begin or end within a token"
    edges = {edge for first, last in pieces for edge in (words.pairs[first][0], words.pairs[last - 1][1])}
    own = {edge for pair in (pairs_of(mention["spans"])) for edge in pair}
    left[inside, _WHY[inside]] += not edges <= own


def carried_entities(
    entities: list[Record], mentions: list[Record], left: LeftOut, reasons: Mapping[str, str]
) -> list[Record]:
    """Return the entities with mentions, in the order of the text; count in `left` what they lose."""
    known = {one["id"]: one for one in entities}
    made: dict[str, Record] = {}
    for mention in mentions:
        one = made.setdefault(mention["entity"], {"id": mention["entity"]})
        of = known[mention["entity"]]
        if of.get("type"):
            one["type"] = of["type"]
        if mention.get("form") == "NAM" and "name" not in one:
            one["name"] = " ".join(mention["spans"][0]["text"].split())
    for name, one in made.items():
        left["names of entities", reasons["names of entities"]] += (known[name].get("name") or None) != one.get("name")
        for key, value in known[name].items():
            if key not in ("id", "type", "name") and value is not None:
                left[f"entities.{key}", reasons["entities.kb"]] += 1
    left["entities", reasons["entities"]] += len(known) - len(made)
    return list(made.values())


class Placer:
    """Finds the tokens of mentions, and the mentions that brackets cannot hold together with those before them."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._starts, self._ends = [start for start, _ in words.pairs], [end for _, end in words.pairs]
        self._pieces: dict[str, list[tuple[int, int]]] = {}
        self._hulls: dict[str, list[tuple[int, int]]] = {}

    def place(self, mention: Record) -> tuple[Pieces, str]:
        """Return the pieces of a mention, and the reason why it is dropped, "" if it is kept."""
        found: list[tuple[int, int]] = []
        for start, end in pairs_of(mention["spans"]):
            first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
            if found and first <= found[-1][1] and first < last:
                found[-1] = found[-1][0], max(last, found[-1][1])
            elif first < last:
                found.append((first, last))
        if not found:
            return (), "mentions without a token"
        begins = self._words.begins
        if bisect_right(begins, found[0][0]) != bisect_right(begins, found[-1][1] - 1):
            return tuple(found), "mentions across sentences"
        entity = mention.get("entity") or ""
        hull = found[0][0], found[-1][1]
        others = self._pieces.get(entity, [])
        crosses = any(_cross(one, other) for one in found for other in others)
        if len(found) > 1:
            crosses = crosses or any(max(hull[0], one[0]) < min(hull[1], one[1]) for one in self._hulls.get(entity, ()))
        if crosses:
            return tuple(found), "mentions that cross another one of the same entity"
        self._pieces.setdefault(entity, []).extend(found)
        if len(found) > 1:
            self._hulls.setdefault(entity, []).append(hull)
        return tuple(found), ""


def _cross(one: tuple[int, int], other: tuple[int, int]) -> bool:
    (a, b), (c, d) = sorted((one, other))
    return a < c < b < d


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write the documents in order to `<annotator>/<split>.conllu`, or to `all.conllu` without a split."""
    opened: dict[Path, IO[bytes]] = {}
    numbers: dict[Path, Iterator[int]] = {}
    with ExitStack() as stack:
        for one in documents:
            path = out / one.annotator / f"{one.record.get('split') or 'all'}.conllu"
            if path not in opened:
                opened[path] = stack.enter_context(replace_file(path))
                numbers[path] = count(1)
            opened[path].write("".join(f"{line}\n" for line in _lines(one, schema, numbers[path])).encode())


def _lines(one: Outgoing, schema: Schema, numbers: Iterator[int]) -> Iterator[str]:
    annotation = Annotation(one.annotator, one.annotation, Source("", "annotation"))
    words = Words(one.text, annotation, schema, str(one.record["language"]))
    cells = _brackets(one.annotation, words, numbers)
    yield f"# newdoc id = {one.doc_id}"
    yield _HEADER
    for sentence in sentences_of(words, one.text, one.doc_id):
        forms = [one.text[slice(*words.pairs[i])] for i in sentence.tokens]
        yield f"# sent_id = {sentence.id}"
        spaced = ("" if "SpaceAfter=No" in misc else " " for misc in sentence.misc)
        yield "# text = " + "".join(form + space for form, space in zip(forms, spaced, strict=True)).rstrip(" ")
        for number, (i, form, misc) in enumerate(zip(sentence.tokens, forms, sentence.misc, strict=True), 1):
            said = "|".join([f"Entity={cells[i]}", *misc] if i in cells else misc) or "_"
            yield "\t".join((str(number), form, *"_______", said))
        yield ""


def _brackets(annotation: Record, words: Words, numbers: Iterator[int]) -> dict[int, str]:
    """Return the value of `Entity=` of each token that has one. CorefUD wants the ids of a file to be unique."""
    ids = {one["id"]: (f"e{next(numbers)}", one.get("type") or "") for one in annotation["entities"]}
    closing: dict[int, list[tuple[int, str]]] = {}
    opening: dict[int, list[tuple[int, str]]] = {}
    single: dict[int, list[str]] = {}
    placer = Placer(words)
    for mention in annotation["mentions"]:
        pieces, _ = placer.place(mention)
        name, kind = ids[mention["entity"]]
        values = [_TYPES.get(kind, ""), "1", mention.get("form") or "", kind]
        for number, (first, last) in enumerate(pieces, 1):
            eid = f"{name}[{number}/{len(pieces)}]" if len(pieces) > 1 else name
            label = "(" + "-".join([eid, *map(escaped, values)]).rstrip("-")
            if last - first == 1:
                single.setdefault(first, []).append(f"{label})")
            else:
                opening.setdefault(first, []).append((-last, label))
                closing.setdefault(last - 1, []).append((-first, f"{eid})"))
    cells: dict[int, str] = {}
    for i in {*closing, *opening, *single}:
        # The inner ones close first and the outer ones open first.
        closes = [label for _, label in sorted(closing.get(i, ()), key=lambda item: item[0])]
        opens = [label for _, label in sorted(opening.get(i, ()), key=lambda item: item[0])]
        alone = single.get(i, [])
        cells[i] = "".join([*closes, *opens, *alone] if opens else [*alone, *closes])
    return cells


def escaped(value: str) -> str:
    """Return a value with the characters that CorefUD escapes."""
    return "".join(f"%{ord(char):02X}" if char in "%()-+,:=| " else char for char in value)
