"""Prodigy's JSONL, as `prodigy db-out` writes it, to annotations.

    {"text": "Ada said so.", "answer": "accept", "meta": {"id": "a-1"},
     "spans": [{"start": 0, "end": 3, "label": "PER"}, …],
     "relations": [{"head": 0, "child": 1, "label": "CUE", "head_span": {…}, "child_span": {…}}]}

The arguments of a relation are `head` and `child`. Offsets are code points, half-open
(prodi.gy/docs/api-interfaces). Only lines that the annotator accepted are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..core.model import Problem
from .documents import NOTHING_SAID, Direction, LeftOut, Options
from .json_lines import Fields, Line, Wrong, not_lists, objects, read_lines, survey_lines
from .mapping.annotations import Annotations, Relation
from .survey import Survey

LAYERS = ("entities", "mentions", "quotes", "nonquotes")
LEAVES_OUT: tuple[tuple[str, str], ...] = ()
READS = Direction(
    "spans and relations that the map names, of accepted lines",
    "other keys",
    "files written by hand after Prodigy's documentation",
)


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the .jsonl file `source`, or every .jsonl file below it, into the new corpus `into`.

    Yields a Problem for each line and span that cannot be read, and imports the rest. Raises CorpusError when
    there is nothing to import, or the map or a record field is invalid.
    """
    yield from read_lines(source, into, options, _decode, _is_accepted)


def survey(source: Path, options: Options) -> Survey:
    """Return the names of the labels and relations in the files."""
    return survey_lines(source, options, _decode)


def _is_accepted(value: Fields, left: LeftOut) -> bool:
    answer = value.get("answer")
    if answer != "accept":
        said = answer if answer in ("reject", "ignore") else "none"
        left["documents", f"the answer is {said}, not accept"] += 1
    return bool(answer == "accept")


def _decode(line: Line, annotations: Annotations, left: LeftOut) -> Iterator[Wrong]:
    value = line.value
    places: dict[tuple[Any, Any], str] = {}
    tokens: dict[int, str] = {}
    for i, span in enumerate(objects(value, "spans")):
        name = f"spans/{i}"
        wrong = line.add_span(span, ("start", "end", "label"), name, annotations)
        if wrong:
            yield wrong
            continue
        places.setdefault((span["start"], span["end"]), name)
        if type(span.get("token_end")) is int:
            tokens.setdefault(span["token_end"], name)
    for i, relation in enumerate(objects(value, "relations")):
        if not isinstance(relation.get("label"), str):
            yield "IMP2", f"relations/{i} must be an object with a label"
            continue
        found = []
        for part in ("head", "child"):
            at, token = relation.get(f"{part}_span"), relation.get(part)
            name = places.get((at.get("start"), at.get("end")), "") if isinstance(at, dict) and _is_flat(at) else ""
            found.append((part, name or (tokens.get(token, "") if type(token) is int else "")))
        if all(name for _, name in found):
            annotations.relations.append(Relation(relation["label"], found, line.number))
        else:
            left[f"relations {relation['label']}", "an argument is a token, not a span that was read"] += 1
    yield from not_lists(value, "spans", "relations")


def _is_flat(span: Fields) -> bool:
    return type(span.get("start")) is int and type(span.get("end")) is int
