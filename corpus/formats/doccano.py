"""doccano's JSONL to annotations.

    {"id": 7, "text": "Ada said so.", "label": [[0, 3, "PER"], …]}
    {"id": 7, "text": "Ada said so.",
     "entities": [{"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3}, …],
     "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "CUE"}]}

The arguments of a relation are `from` and `to`. Offsets are code points, half-open (doccano/backend/data_export).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..core.model import Problem
from .documents import NOTHING_SAID, Direction, LeftOut, Options
from .json_lines import Line, Wrong, not_lists, objects, read_lines, survey_lines
from .mapping.annotations import Annotations, Relation
from .survey import Survey

LAYERS = ("entities", "mentions", "quotes", "nonquotes")
LEAVES_OUT: tuple[tuple[str, str], ...] = ()
READS = Direction(
    "spans and relations that the map names",
    "other keys",
    "files written by hand after doccano's source",
)


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the .jsonl file `source`, or every .jsonl file below it, into the new corpus `into`.

    Yields a Problem for each line and span that cannot be read, and imports the rest. Raises CorpusError when
    there is nothing to import, or the map or a record field is invalid.
    """
    yield from read_lines(source, into, options, _decode)


def survey(source: Path, options: Options) -> Survey:
    """Return the names of the labels and relations in the files."""
    return survey_lines(source, options, _decode)


def _decode(line: Line, annotations: Annotations, left: LeftOut) -> Iterator[Wrong]:
    value = line.value
    for key in ("label", "labels"):
        for i, label in enumerate(value[key] if isinstance(value.get(key), list) else ()):
            if isinstance(label, str):
                left["labels of whole documents", "the schema has no such field"] += 1
            elif not isinstance(label, list) or len(label) != 3:
                yield "IMP2", f"{key}/{i} must be [start, end, label]"
            elif wrong := line.add_span(dict(enumerate(label)), (0, 1, 2), f"{key}/{i}", annotations):
                yield wrong
    for i, entity in enumerate(objects(value, "entities")):
        name = str(entity["id"]) if type(entity.get("id")) in (int, str) else f"entities/{i}"
        if name in annotations.spans or name in annotations.broken:
            yield "IMP4", f"entities/{i} has the id {name} of another entity"
        elif wrong := line.add_span(entity, ("start_offset", "end_offset", "label"), name, annotations):
            yield wrong
    for i, relation in enumerate(objects(value, "relations")):
        ends = [relation.get("from_id"), relation.get("to_id")]
        if not isinstance(relation.get("type"), str) or not all(type(end) in (int, str) for end in ends):
            yield "IMP2", f"relations/{i} must be an object with type, from_id and to_id"
        else:
            arguments = [("from", str(ends[0])), ("to", str(ends[1]))]
            annotations.relations.append(Relation(relation["type"], arguments, line.number))
    if comments := value.get("Comments"):
        left["comments", "the schema has no such field"] += len(comments) if isinstance(comments, list) else 1
    yield from not_lists(value, "label", "labels", "entities", "relations")
