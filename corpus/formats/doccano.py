"""doccano's JSONL and JSON, as any version exports them, to annotations and back.

    {"id": 7, "text": "Ada said so.", "label": [[0, 3, "PER"], …]}           also `labels`, and `entities`
    {"id": 7, "text": "Ada said so.",
     "entities": [{"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3}, …],
     "relations": [{"id": 1, "from_id": 1, "to_id": 2, "type": "CUE"}]}
    {"id": 7, "text": "Ada said so.", "annotations": [{"label": 1, "start_offset": 0, "end_offset": 3, "user": 2}]}

The arguments of a relation are `from` and `to`. Offsets are code points, half-open (doccano/backend/data_export).

- A label that is a number needs a name: `labels = { 1 = "PER" }` in the map.
- Each `user` of `annotations` is an annotator. The `annotation_approver` is none.
- `cats`, and a `label` without offsets, are values of the whole document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..core.model import CorpusError, Document, Problem, Record
from ..core.schema import Schema
from .documents import NOTHING_SAID, Direction, LeftOut, Options, Outgoing
from .importing import schema_of
from .json_lines import Fields, Line, Wrong, not_lists, objects
from .known import Known
from .line_documents import Dialect, read_documents, survey_documents
from .mapping.annotations import Annotations, Relation
from .spans_and_relations import CARRIED, encode, leaves_out, line_map, marks, write_lines
from .spans_and_relations import carry as carry_spans
from .survey import Survey

LAYERS = CARRIED
LEAVES_OUT = leaves_out("doccano")
READS = Direction(
    "spans and relations that the map names, categories as fields of articles, several users of a text",
    "comments, approvers; other keys by name",
    "all examples of export in doccano's repository",
)
WRITES = Direction("spans, relations, chains", "see below", "our own import; not with a doccano server")
KEYS = Known(
    "values of",
    [
        "id",
        "text",
        "data",
        "meta",
        "metadata",
        "label",
        "labels",
        "entities",
        "relations",
        "annotations",
        "cats",
        "doc_id",
        "username",
    ],
    "the reader of doccano does not know this key",
)
_COMMENTS = ("Comments", "comments")
Names = Mapping[str, str]


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the .jsonl or .json file `source`, or every such file below it, into the new corpus `into`.

    Yields a Problem for each line and span that cannot be read, and imports the rest. Raises CorpusError when
    there is nothing to import, or the map or a record field is invalid.
    """
    yield from read_documents(source, into, options, _dialect(options), line_map(schema_of(options), "from"))


def survey(source: Path, options: Options) -> Survey:
    """Return the names of the labels and relations in the files."""
    return survey_documents(source, options, _dialect(options))


def _dialect(options: Options) -> Dialect:
    names = options.map.get("labels", {})
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise CorpusError('map: labels must be a table that names numbers, such as labels = { 1 = "PER" }')
    key = options.map.get("label", "")
    if not isinstance(key, str):
        raise CorpusError("map: label must be the name of the key that holds the labels of a line")
    known = {**{str(name): str(name) for name in options.map.get("types", ())}, **names}
    lists = (key,) if key else ("label", "labels")
    return Dialect(
        partial(_decode, names=known, lists=lists),
        Known(KEYS.what, {*KEYS.names, *lists, *_COMMENTS}, KEYS.why),
        texts=("text", "data"),
        parts=_parts,
        said=partial(_said, names=known, lists=lists),
        unnamed=partial(_unnamed, names=known),
        map_keys=frozenset({"labels", "label"}),
    )


def _parts(value: Fields) -> list[tuple[Any, Fields]]:
    """Return what each user annotated; the user who is named for the whole line, if none is named for an annotation."""
    by_user: dict[Any, list[Fields]] = {}
    for one in objects(value, "annotations"):
        user = one.get("user")
        by_user.setdefault(user if type(user) in (int, str) else None, []).append(one)
    if len(by_user) < 2:
        return [(next(iter(by_user), None) or value.get("username"), value)]
    return [(user or value.get("username"), {**value, "annotations": own}) for user, own in by_user.items()]


def _named(label: Any, names: Names) -> str:
    """Return the name of a label, "" for a number without a name."""
    if type(label) is int or (isinstance(label, str) and label.isdecimal()):
        return names.get(str(label), "")
    return label if isinstance(label, str) else ""


def _unnamed(value: Fields, names: Names) -> Iterator[str]:
    """Yield the numbers among the labels that no name is known for."""
    for one in objects(value, "annotations"):
        if type(label := one.get("label")) in (int, str) and str(label).isdecimal() and not _named(label, names):
            yield str(label)


def _said(value: Fields, names: Names, lists: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the values of the whole document: categories, and texts that annotators wrote."""
    for key in (*lists, "cats"):
        held = value.get(key)
        for one in held if isinstance(held, list) else [held] if isinstance(held, str) else []:
            if isinstance(one, str):
                yield key, one
    for one in objects(value, "annotations"):
        if "start_offset" not in one and (name := _named(one.get("label"), names)):
            yield "annotations", name
        elif isinstance(one.get("text"), str):
            yield "annotations", one["text"]


def _decode(
    line: Line, annotations: Annotations, left: LeftOut, names: Names, lists: tuple[str, ...]
) -> Iterator[Wrong]:
    value = line.value
    for key in (*lists, "entities"):
        for i, span in enumerate(value[key] if isinstance(value.get(key), list) else ()):
            name = f"{key}/{i}"
            if isinstance(span, list) and len(span) == 3:
                wrong = line.add_span(dict(enumerate(span)), (0, 1, 2), name, annotations)
            elif isinstance(span, str) and key != "entities":
                wrong = None
            elif isinstance(span, dict):
                wrong = _add_object(line, span, name, annotations, names)
            else:
                wrong = "IMP2", f"{name} must be [start, end, label]"
            if wrong:
                yield wrong
    for i, one in enumerate(objects(value, "annotations")):
        if "start_offset" not in one:
            continue
        if wrong := _add_object(line, one, f"annotations/{i}", annotations, names):
            yield wrong
    yield from _add_relations(line, annotations)
    for key in _COMMENTS:
        if comments := value.get(key):
            left["comments", "the schema has no such field"] += len(comments) if isinstance(comments, list) else 1
    yield from not_lists(value, "labels", "entities", "relations", "annotations")


def _add_object(line: Line, span: Fields, name: str, annotations: Annotations, names: Names) -> Wrong | None:
    """Add a span that is an object with an id. Return the code and message of an error, or None."""
    id_ = str(span["id"]) if type(span.get("id")) in (int, str) else name
    if id_ in annotations.spans or id_ in annotations.broken:
        return "IMP4", f"{name} has the id {id_} of another entity"
    label = span.get("label")
    span = {**span, "label": _named(label, names)} if type(label) is int else span
    if not span.get("label") and type(label) is int:
        annotations.broken.add(id_)
        return None  # the Problem of the file names the numbers
    return line.add_span(span, ("start_offset", "end_offset", "label"), id_, annotations)


def _add_relations(line: Line, annotations: Annotations) -> Iterator[Wrong]:
    for i, relation in enumerate(objects(line.value, "relations")):
        ends = [relation.get("from_id"), relation.get("to_id")]
        if not isinstance(relation.get("type"), str) or not all(type(end) in (int, str) for end in ends):
            yield "IMP2", f"relations/{i} must be an object with type, from_id and to_id"
        else:
            arguments = [("from", str(ends[0])), ("to", str(ends[1]))]
            annotations.relations.append(Relation(relation["type"], arguments, line.number))


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return the layers of an annotation that spans and relations can hold; count what is dropped in `left`."""
    return carry_spans(document, schema, left, LEAVES_OUT)


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write `documents.jsonl`, a line for each annotation, for a project of sequence labelling with relations."""
    write_lines(out / "documents.jsonl", (_line(one, schema) for one in documents))


def _line(one: Outgoing, schema: Schema) -> Record:
    encoded = encode(one, schema)
    return {
        **marks(one),
        "text": one.text,
        "entities": [
            {"id": i, "label": label, "start_offset": start, "end_offset": end}
            for i, (label, start, end) in enumerate(encoded.spans)
        ],
        "relations": [
            {"id": i, "from_id": head, "to_id": to, "type": label}
            for i, (label, head, to) in enumerate(encoded.relations)
        ],
    }
