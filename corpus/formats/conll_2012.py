"""CoNLL-2012 (OntoNotes) columns: names in brackets, and the coreference chains that scorers read.

    #begin document (bridge-report); part 000
    bridge-report  0  0  Åsa        -  *  -  -  -  -  (PER*  (1
    bridge-report  0  1  Lindqvist  -  *  -  -  -  -  *)     1)
    bridge-report  0  2  spoke      -  *  -  -  -  -  *      -

    #end document

The columns are the document, the part, the number of the token, the token, its part of speech, the parse, the lemma,
the frameset, the sense, the speaker, the name and the chains. The format has no white space: a reader puts a blank
between tokens and a line break between sentences. Entities with one mention are chains too.

`conll_reader` reads these files as the format `conll`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from ..core.done import layer_done
from ..core.model import Annotation, CorpusError, Document, Record, Source
from ..core.schema import Schema
from ..core.source_tokens import SENTENCES
from ..files import replace_file
from .conll import sentences_of
from .conllu import Placer, carried_entities
from .documents import Direction, LeftOut, Outgoing, in_order, layers_left_out, pairs_of, renamed, spans_of
from .source_sentences import Words

LAYERS = ("entities", "mentions")
NO_COLUMN = "CoNLL-2012 has no such column"
LEAVES_OUT = (
    ("article records", "CoNLL-2012 stores tokens and a name only; the split is the name of the file"),
    ("texts", "CoNLL-2012 has tokens and no white space"),
    ("ids", "chains are numbered"),
    ("provenance", NO_COLUMN),
    ("fields_done", "it is made again from the fields that the records have"),
    ("annotations", "entities or mentions were not annotated"),
    *((name, NO_COLUMN) for name in ("quotes", "nonquotes", "stances")),
    ("tokens with white space", "columns are separated by white space, so `_` replaces it"),
    ("mentions that begin or end within a token", "a mention covers whole tokens"),
    ("discontinuous mentions", "a mention is one piece"),
    ("mentions without a token", "a mention covers whole tokens"),
    ("mentions without an entity", "a mention has the number of its chain"),
    ("mentions across sentences", "a mention is in one sentence"),
    ("mentions that cross another one of the same entity", "brackets of one entity are closed in order"),
    ("forms of mentions", "only names have a column"),
    ("types of nested names", "only the longest of overlapping names is in the column"),
    ("entities", "no mention in the text"),
    ("names of entities", "the name becomes the first name in the text"),
    ("entities.kb", NO_COLUMN),
    ("entities.kb_date", NO_COLUMN),
)
WRITES = Direction("names, chains, tokens and sentences", "see below", "our own import, and a test of the columns")
_WHY = dict(LEAVES_OUT)


def carry(document: Document, schema: Schema, left: LeftOut) -> Record | None:
    """Return the mentions that brackets can hold, and their entities; count the dropped ones in `left`."""
    assert document.annotation is not None
    if not {"entities", "mentions"} <= schema.layers.keys():
        raise CorpusError("CoNLL-2012 stores entities and mentions only, and the schema lacks one of them")

    def drop(what: str, number: int = 1) -> None:
        left[what, _WHY[what]] += number

    if not all(layer_done(document.value, layer) for layer in LAYERS):
        drop("annotations")
        return None
    text = document.text or ""
    layers = in_order(document.value, schema)
    words = Words(text, document.annotation, schema, str(document.article.record["language"]))
    sentences = {SENTENCES: layers[SENTENCES]} if words.of_source else {}
    layers_left_out(layers, {*LAYERS, *sentences}, left, _WHY, NO_COLUMN)
    drop("texts")
    drop("tokens with white space", sum(any(map(str.isspace, text[start:end])) for start, end in words.pairs))
    kept: list[tuple[tuple[int, int], Record]] = []
    placer = Placer(words)
    for mention in layers["mentions"]:
        pieces, why = placer.place(mention)
        if len(pieces) > 1:
            why = why or "discontinuous mentions"
        if not mention.get("entity"):
            why = why or "mentions without an entity"
        if why:
            drop(why)
            continue
        ((first, last),) = pieces
        pair = words.pairs[first][0], words.pairs[last - 1][1]
        drop("mentions that begin or end within a token", [pair] != pairs_of(mention["spans"]))
        drop("forms of mentions", mention.get("form") not in (None, "NAM"))
        kept.append(((first, last), {**mention, "spans": spans_of(text, [pair])}))
    types = {one["id"]: one.get("type") or "" for one in layers["entities"]}
    names = [place for place, one in kept if one.get("form") == "NAM" and types[one["entity"]]]
    drop("types of nested names", len(names) - len(_outermost(names, len(words.pairs))))
    kept.sort(key=lambda item: (item[0][0], -item[0][1]))
    fields = {"id", "spans", "form", "entity"}
    mentions = [{key: value for key, value in one.items() if key in fields} for _, one in kept]
    entities = carried_entities(layers["entities"], mentions, left, _WHY)
    drop("ids", len(entities) + len(mentions))
    return renamed({"entities": entities, "mentions": mentions, **sentences}, schema)


def _outermost(names: list[tuple[int, int]], size: int) -> set[tuple[int, int]]:
    """Return the names that a column can hold: the longest of those that overlap, then the first."""
    taken = bytearray(size)
    chosen: set[tuple[int, int]] = set()
    for first, last in sorted(names, key=lambda name: (name[0] - name[1], name[0])):
        # The longer ones come first, so one that is free at both ends is free in between.
        if not taken[first] and not taken[last - 1]:
            taken[first:last] = b"\1" * (last - first)
            chosen.add((first, last))
    return chosen


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write the documents in order to `<annotator>/<split>.conll`, or to `all.conll` without a split."""
    opened: dict[Path, IO[bytes]] = {}
    with ExitStack() as stack:
        for one in documents:
            path = out / one.annotator / f"{one.record.get('split') or 'all'}.conll"
            if path not in opened:
                opened[path] = stack.enter_context(replace_file(path))
            opened[path].write("".join(f"{line}\n" for line in _lines(one, schema)).encode())


def _lines(one: Outgoing, schema: Schema) -> Iterator[str]:
    annotation = Annotation(one.annotator, one.annotation, Source("", "annotation"))
    words = Words(one.text, annotation, schema, str(one.record["language"]))
    names, chains = _columns(one.annotation, words)
    yield f"#begin document ({one.doc_id}); part 000"
    for sentence in sentences_of(words, one.text, one.doc_id):
        for number, i in enumerate(sentence.tokens):
            token = "_".join(one.text[slice(*words.pairs[i])].split())
            cells = (one.doc_id, "0", str(number), token, *"-*----", names.get(i, "*"), chains.get(i, "-"))
            yield "\t".join(cells)
        yield ""
    yield "#end document"


def _columns(annotation: Record, words: Words) -> tuple[dict[int, str], dict[int, str]]:
    """Return the cells of the names and of the chains, by token."""
    types = {one["id"]: one.get("type") or "" for one in annotation["entities"]}
    numbers = {one["id"]: i for i, one in enumerate(annotation["entities"])}
    placer = Placer(words)
    placed = [(placer.place(mention)[0][0], mention) for mention in annotation["mentions"]]
    kinds = {
        place: _TYPE.sub("_", types[one["entity"]])
        for place, one in placed
        if one.get("form") == "NAM" and types[one["entity"]]
    }
    names: dict[int, str] = {}
    for first, last in _outermost(list(kinds), len(words.pairs)):
        names[first] = f"({kinds[first, last]}" + ("*" if last - first > 1 else ")")
        if last - first > 1:
            names[last - 1] = "*)"
    opening: dict[int, list[tuple[int, str]]] = {}
    closing: dict[int, list[tuple[int, str]]] = {}
    for (first, last), mention in placed:
        number = numbers[mention["entity"]]
        alone = last - first == 1
        opening.setdefault(first, []).append((-last, f"({number})" if alone else f"({number}"))
        if not alone:
            closing.setdefault(last - 1, []).append((-first, f"{number})"))
    chains: dict[int, str] = {}
    for i in {*opening, *closing}:
        ends = [label for _, label in sorted(closing.get(i, ()), key=lambda item: item[0])]
        starts = [label for _, label in sorted(opening.get(i, ()), key=lambda item: item[0])]
        chains[i] = "|".join([*ends, *starts])
    return names, chains


_TYPE = re.compile(r"[()*|\s]")
"""What a type must not have in a column of brackets."""
