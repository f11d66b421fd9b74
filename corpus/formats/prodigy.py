"""Prodigy's JSONL, as `prodigy db-out` writes it, to annotations and back.

    {"text": "Ada said so.", "answer": "accept", "meta": {"id": "a-1"}, "_input_hash": 11, "_task_hash": 1,
     "_annotator_id": "news-kim", "_view_id": "relations",
     "spans": [{"start": 0, "end": 3, "label": "PER"}, …],
     "relations": [{"head": 0, "child": 1, "label": "CUE", "head_span": {…}, "child_span": {…}}]}

The arguments of a relation are `head` and `child`. Offsets are code points, half-open (prodi.gy/docs/api-interfaces).

- Lines with the same `_input_hash` are one document. Those of one annotator with different `_task_hash` are one
  annotation.
- Only lines that the annotator accepted are read.
- In binary interfaces, an annotator answers one question about a text. The answers do not become an annotation.
- `accept`, the choice of an annotator, and `label` are values of the whole document.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex

from ..core.model import CorpusError, Document, Problem, Record
from ..core.schema import Schema
from ..core.tokens import PATTERN
from .documents import NOTHING_SAID, Direction, LeftOut, Options, Outgoing
from .importing import schema_of
from .json_lines import Fields, Line, Wrong, not_lists, objects
from .known import Known, drop
from .line_documents import Dialect, read_documents, survey_documents
from .mapping.annotations import Annotations, Relation
from .mapping.document_fields import DocumentFields
from .spans_and_relations import CARRIED, encode, leaves_out, line_map, marks, write_lines
from .spans_and_relations import carry as carry_spans
from .survey import Survey

LAYERS = CARRIED
LEAVES_OUT = (*leaves_out("Prodigy"), ("records", "another record has the same words and the same label"))
READS = Direction(
    "spans and relations that the map names, choices as fields of articles, several annotators of a text",
    "answers other than accept, binary answers, tokens, options; other keys by name",
    "files written by hand after Prodigy's documentation",
)
WRITES = Direction("spans, relations, chains, tokens", "see below", "our own import; not with Prodigy itself")
KEYS = Known(
    "values of",
    [
        "text",
        "spans",
        "relations",
        "tokens",
        "answer",
        "meta",
        "label",
        "accept",
        "options",
        "config",
        "priority",
        "_input_hash",
        "_task_hash",
        "_is_binary",
        "_view_id",
        "_annotator_id",
        "_session_id",
        "_timestamp",
        "_session",
    ],
    "the reader of Prodigy does not know this key",
)
_BINARY_VIEWS = ("ner", "spans", "pos", "dep")
"""Interfaces that ask for one answer a line; lines of before Prodigy 1.11 do not say so themselves."""


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the .jsonl file `source`, or every .jsonl file below it, into the new corpus `into`.

    Yields a Problem for each line and span that cannot be read, and imports the rest. Raises CorpusError when
    there is nothing to import, or the map or a record field is invalid.
    """
    yield from read_documents(source, into, options, _dialect(options), line_map(schema_of(options), "head"))


def survey(source: Path, options: Options) -> Survey:
    """Return the names of the labels and relations in the files."""
    return survey_documents(source, options, _dialect(options))


def _dialect(options: Options) -> Dialect:
    binary = options.map.get("binary", False)
    if not isinstance(binary, bool):
        raise CorpusError("map: binary must be true or false")
    fields = DocumentFields.of(options.map, schema_of(options))
    return Dialect(
        _decode,
        KEYS,
        _is_accepted,
        group=lambda value: str(value["_input_hash"]) if type(value.get("_input_hash")) is int else "",
        stamp=lambda value: str(value["_task_hash"]) if type(value.get("_task_hash")) is int else "",
        parts=lambda value: [(value.get("_annotator_id") or value.get("_session_id"), value)],
        said=partial(_said, is_mapped="accept" in fields.rules),
        is_partial=lambda value: not binary and _is_binary(value),
        map_keys=frozenset({"binary"}),
    )


def _is_accepted(value: Fields, left: LeftOut) -> bool:
    answer = value.get("answer")
    if answer != "accept":
        said = answer if answer in ("reject", "ignore") else "none"
        left["binary answers" if _is_binary(value) else "documents", f"the answer is {said}, not accept"] += 1
    return bool(answer == "accept")


def _is_binary(value: Fields) -> bool:
    """Return whether a line is the answer to one question, which covers a part of the text only."""
    if any("answer" in span for span in objects(value, "spans")):
        return True
    said = value.get("_is_binary")
    return said is True or (said is None and value.get("_view_id") in _BINARY_VIEWS)


def _said(value: Fields, is_mapped: bool) -> list[tuple[str, str]]:
    """Return the values of the whole document; the options too, if nothing says what was chosen among them."""
    accepted = value.get("accept")
    said = [("accept", str(one)) for one in accepted if type(one) in (int, str)] if isinstance(accepted, list) else []
    said += [("options", str(one.get("id"))) for one in objects(value, "options") if not is_mapped]
    return said + ([("label", value["label"])] if isinstance(value.get("label"), str) else [])


def _decode(line: Line, annotations: Annotations, left: LeftOut) -> Iterator[Wrong]:
    value = line.value
    places: dict[tuple[Any, ...], str] = {}
    tokens: dict[int, str] = {}
    for i, span in enumerate(objects(value, "spans")):
        if span.get("answer") in ("reject", "ignore"):
            drop(left, "spans with the answer", span["answer"], "the annotator did not accept them")
            continue
        name = f"spans/{i}"
        wrong = line.add_span(span, ("start", "end", "label"), name, annotations)
        if wrong:
            yield wrong
            continue
        places.setdefault((span["start"], span["end"], span["label"]), name)
        places.setdefault((span["start"], span["end"]), name)
        if type(span.get("token_end")) is int:
            tokens.setdefault(span["token_end"], name)
    for i, relation in enumerate(objects(value, "relations")):
        if not isinstance(relation.get("label"), str):
            yield "IMP2", f"relations/{i} must be an object with a label"
            continue
        found = [(part, _argument(relation, part, places, tokens)) for part in ("head", "child")]
        if all(name for _, name in found):
            annotations.relations.append(Relation(relation["label"], found, line.number))
        else:
            drop(left, "relations", relation["label"], "an argument is a token, not a span that was read")
    yield from not_lists(value, "spans", "relations")


def _argument(relation: Fields, part: str, places: dict[tuple[Any, ...], str], tokens: dict[int, str]) -> str:
    """Return the name of the span that is an argument of a relation, "" if it is none."""
    at, token = relation.get(f"{part}_span"), relation.get(part)
    if isinstance(at, dict) and type(at.get("start")) is int and type(at.get("end")) is int:
        pair = at["start"], at["end"]
        label = at.get("label") if isinstance(at.get("label"), str) else None
        if name := places.get((*pair, label)) or places.get(pair):
            return name
    return tokens.get(token, "") if type(token) is int else ""


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return the layers of an annotation that spans and relations can hold; count what is dropped in `left`."""
    return carry_spans(document, schema, left, LEAVES_OUT, distinct=True)


def _line(one: Outgoing, schema: Schema) -> Record:
    """Return the task of one annotation, with tokens on whose edges every span begins and ends."""
    encoded = encode(one, schema)
    edges = sorted({at for span in encoded.spans for at in (span.start, span.end)})
    tokens = _tokens(one.text, edges)
    starts, ends = [token["start"] for token in tokens], [token["end"] for token in tokens]
    spans: list[Record] = []
    for label, start, end in encoded.spans:
        first, last = bisect_left(starts, start), bisect_right(ends, end) - 1
        spans.append({"start": start, "end": end, "token_start": first, "token_end": last, "label": label})
    relations = [
        {
            "head": spans[head]["token_end"],
            "child": spans[child]["token_end"],
            "head_span": spans[head],
            "child_span": spans[child],
            "label": label,
        }
        for label, head, child in encoded.relations
    ]
    return {
        "text": one.text,
        "meta": marks(one),
        "tokens": tokens,
        "spans": spans,
        "relations": relations,
        "answer": "accept",
    }


def _tokens(text: str, edges: list[int]) -> list[Record]:
    """Return the tokens of a text, cut where a span begins or ends within one."""
    made: list[Record] = []
    for found in regex.finditer(PATTERN, text):
        start, end = found.span()
        cuts = [start, *edges[bisect_right(edges, start) : bisect_left(edges, end)], end]
        for begin, stop in pairwise(cuts):
            blank = stop < len(text) and text[stop] == " "
            made.append({"text": text[begin:stop], "start": begin, "end": stop, "id": len(made), "ws": blank})
    return made


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write `documents.jsonl`, a line for each annotation, for `prodigy db-in`."""
    write_lines(out / "documents.jsonl", (_line(one, schema) for one in documents))
