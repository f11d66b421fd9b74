"""Label Studio: exports of any project to annotations, by a map; annotations to tasks that a project can import.

    corpus import label-studio export.json --map map.toml

`label_studio_tasks` reads the tasks and chooses among their annotations, `label_studio_text` finds the text and
verifies offsets, `label_studio_regions` decodes the results; `mapping/` turns them into records. Tasks that `write`
wrote, or `corpus label-studio push`, hold records already: `labelstudio.decode` decodes them without a map.

`write` writes `config.xml`, the labelling config of the schema, and `tasks-1.json`, …: a task for each document, with
the annotations of each annotator as predictions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count, groupby, islice
from pathlib import Path
from typing import Any

from ..core.model import Annotation, Article, CorpusError, Document, Problem, Record, Source
from ..core.schema import Schema
from ..core.source_tokens import layers_to_carry
from ..labelstudio.config import labelling_config
from ..labelstudio.decode import decode
from ..labelstudio.faults import AnnotationFault
from ..labelstudio.submissions import fields_fit
from ..labelstudio.tasks import encode
from ..labelstudio.tasks import task as task_of
from .documents import NOTHING_SAID, Direction, Incoming, LeftOut, Options, Outgoing, in_order
from .fitting import fields_done
from .importing import build_corpus, schema_of
from .label_studio_regions import Results
from .label_studio_survey import survey_tasks
from .label_studio_tasks import Submitted, Wanted, read_tasks, submitted
from .label_studio_text import TaskText, task_text
from .mapping.add import add_annotations
from .mapping.annotations import Annotations
from .mapping.document_fields import DocumentFields
from .mapping.rules import Map, default_map, read_map
from .sources import Together, problem, text_problem
from .survey import Survey
from .writing import write_file

LAYERS = ("entities", "mentions", "quotes", "nonquotes", "stances")
LEAVES_OUT = (
    ("article records", "a task holds the text, the title and the name only"),
    ("provenance", "a prediction has no such field"),
    ("sentences and tokens of the source", "no annotator would change them"),
    ("annotations", "Label Studio cannot hold one of their references, or a control character in a field"),
)
READS = Direction(
    "labels, relations, choices and texts that the map names, several annotators, gold; Text, HyperText, Paragraphs",
    "predictions, cancelled and older annotations, drafts, regions on images and sound; other keys by name",
    "exports of a server of Label Studio 1.23.2 in all its formats, test data of its converter",
)
WRITES = Direction(
    "everything but provenance and the tokens of a source, as predictions that annotators correct",
    "see below",
    "a server of Label Studio 1.23.2: 60 of 60 annotations were equal after import there and export",
)
MOST_TASKS = 1000
"""Tasks of one file, so that a server imports it in one request."""
_OWN_KEYS = frozenset(
    [
        "text",
        "doc",
        "paragraph",
        "to_name",
        "html",
        "annotators",
        "cancelled",
        "predictions",
        "ground_truth",
        "fields",
    ],
)
_CODES = {
    **dict.fromkeys(("L204", "L205", "L206", "L207", "L208", "L211"), "IMP3"),
    **dict.fromkeys(("L209", "L408"), "IMP4"),
    **dict.fromkeys(("L401", "L405"), "IMP5"),
}
"""The codes of an import for faults of `labelstudio`; others are IMP2."""
_MARKS = ("doc_id", "text_sha256", "schema_version")
"""What `data` of a task of this program holds besides its text."""


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the .json or .json.gz file `source`, or every such file below it, into the new corpus `into`.

    Yields a Problem for each part that cannot be read, and imports the rest. Raises CorpusError when there is nothing
    to import, when the map or a record field is invalid, and for an export that is not JSON.
    """
    schema = schema_of(options)
    reader = _Reader.of(options, schema, into)
    yield from build_corpus(into, reader.documents(source), options, reader.map.use)
    reader.wanted.people.save()


def survey(source: Path, options: Options) -> Survey:
    """Return the names of labels, controls and relations in an export, and the keys of its tasks."""
    return survey_tasks(source, options)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads tasks by a map. `text`, `doc` and `to_name` are "" where the map does not name them."""

    schema: Schema
    options: Options
    wanted: Wanted
    map: Map
    fields: DocumentFields
    text: str
    doc: str
    to_name: str
    paragraph: str
    html: set[str]
    """The first document whose text is HTML: a task without regions after it is read as HTML too."""

    @classmethod
    def of(cls, options: Options, schema: Schema, into: Path) -> _Reader:
        """Return the reader that a map file describes. Raises CorpusError if a value is invalid."""
        own = {key: options.map.get(key, "") for key in ("text", "doc", "to_name")}
        own["paragraph"] = options.map.get("paragraph", "text")
        if not isinstance(html := options.map.get("html", False), bool):
            raise CorpusError("map: html must be true or false")
        for key, value in own.items():
            if not isinstance(value, str):
                raise CorpusError(f"map: {key} must be a name, not {value!r}")
        of = read_map(
            {key: one for key, one in options.map.items() if key not in _OWN_KEYS}, schema, default_map(schema)
        )
        return cls(
            schema,
            options,
            Wanted.of(options, into),
            of,
            DocumentFields.of(options.map, schema),
            **own,
            html={"map"} if html else set(),
        )

    def documents(self, source: Path) -> Iterator[Incoming | Problem]:
        """Yield the document of each task, and the Problems of tasks that have none."""
        together = Together()
        for shown, number, task in read_tasks(source, self.options.left_out):
            if isinstance(task, Problem):
                yield task
            elif "types" not in self.options.map and all(isinstance(task["data"].get(key), str) for key in _MARKS):
                yield from self._own(task, shown, together)
            else:
                yield from self._foreign(task, shown, number, together)

    def _foreign(self, task: Record, shown: str, number: int, together: Together) -> Iterator[Incoming | Problem]:
        """Yield the document of a task of any project, decoded by the map."""
        called, key, left = self._called(task, number), self._text_key(task["data"], number), self.options.left_out
        chosen: list[tuple[Submitted, Results]] = []
        for one in submitted(task, self.wanted, left):
            if isinstance(one, Submitted) and isinstance(one.result, list):
                chosen.append((one, Results(one.result, self.to_name, left)))
            else:
                wrong = one if isinstance(one, str) else f"{one.called} has no list of results"
                yield problem("IMP2", shown, f"{called}: {wrong}", place=(1, 1))
        values = [value for _, results in chosen for value in results.values]
        of = task_text(task["data"].get(key), values, self.paragraph, bool(self.html))
        if isinstance(of, str):
            yield problem("IMP2", shown, f"{called}: data.{key} is not the text: {of}", place=(1, 1))
            return
        self.html.update({called} if of.html and not self.html else ())
        made = Incoming(self.options.doc_ids(called), shown, of.text)
        left["speakers of paragraphs", "the text of the document is what they say"] += of.speakers
        self.fields.fill(made.record, self._said_in_data(task["data"], key), left)
        fault = text_problem(made.text, shown, called) or (together(made, "", called) if not chosen else None)
        if fault is not None:
            yield fault
            return
        for one, results in chosen:
            wrong_one = together(made, one.annotator, called)
            if wrong_one is not None:
                yield wrong_one
            else:
                self._add(made, one, results, of, f"{called}, {one.called}: ")
        yield made

    def _add(self, made: Incoming, one: Submitted, results: Results, of: TaskText, prefix: str) -> None:
        """Add an annotation to its document."""
        annotations, left = Annotations(), self.options.left_out
        found = [problem(code, made.path, prefix + why, place=(1, 1)) for code, why in results.decode(of, annotations)]
        made.set_aside(one.annotator, found)
        add_annotations(made, one.annotator, annotations, made.path, self.map, self.schema, left, prefix)
        if results.note:
            made.note(one.annotator, f"{results.note}, as the quoted words confirm, and were converted to code points")
            self.options.notes[f"{results.note}, as the quoted words confirm: converted to code points"] += 1
        self.fields.fill(made.record, results.document, left)

    def _called(self, task: Record, number: int) -> str:
        """Return the name of the document of a task: the key of the map or `doc_id`, or else the id of the task."""
        named = task["data"].get(self.doc or "doc_id")
        if self.doc and type(named) not in (int, str):
            raise CorpusError(f"map: doc: the data of task {task.get('id', number)} has no {self.doc}")
        return str(named) if type(named) in (int, str) and named != "" else f"task-{task.get('id', number)}"

    def _text_key(self, data: Record, number: int) -> str:
        """Return the key of the text in `data`. Raises CorpusError if the first task does not have it."""
        key = self.text or "text"
        if key not in data and not self.text:
            texts = [name for name, value in data.items() if isinstance(value, str) and " " in value.strip()]
            key = texts[0] if len(texts) == 1 else key
        if key not in data and number == 1:
            asked = "" if self.text else "; name the key of the text in the map: text = '…'"
            raise CorpusError(
                f"the data of a task has no {key}: it has {', '.join(map(str, data)) or 'nothing'}{asked}"
            )
        return key

    def _said_in_data(self, data: Record, key: str) -> list[tuple[str, Any]]:
        known = {key, self.doc or "doc_id"}
        return [(name, value) for name, value in data.items() if name not in known and value not in (None, "", [], {})]

    def _own(self, task: Record, shown: str, together: Together) -> Iterator[Incoming | Problem]:
        """Yield the document of a task that this program made: the schema's own labelling config decodes it."""
        data, schema = task["data"], self.schema
        called, text = data["doc_id"], data.get("text")
        if not isinstance(text, str) or sha256(text.encode("utf-8", "replace")).hexdigest() != data["text_sha256"]:
            yield problem("IMP3", shown, f"{called}: the text of the task has another checksum", place=(1, 1))
            return
        fields = data.get("fields_done") or {}
        if data["schema_version"] not in schema.versions or (fields and not fields_fit(fields, schema)):
            versions = f"{data['schema_version']!r}, or fields that the schema lacks"
            hint = "--schema names the schema of its corpus"
            detail = f"{called}: the task has the schema version {versions}"
            yield problem("IMP2", shown, detail, place=(1, 1), suggestion=hint)
            return
        made = Incoming(self.options.doc_ids(called), shown, text, {"title": data.get("title") or None})
        fault = text_problem(text, shown, called)
        if fault is not None:
            yield fault
            return
        # A file of tasks has predictions only; in an export of a server they are what annotators began with.
        wanted = self.wanted if "annotations" in task else replace(self.wanted, predictions=True)
        for one in submitted(task, wanted, self.options.left_out):
            if isinstance(one, str):
                yield problem("IMP2", shown, f"{called}: {one}", place=(1, 1))
            elif (wrong := together(made, one.annotator, called)) is not None:
                yield wrong
            else:
                self._decode(made, one, fields)
        yield made

    def _decode(self, made: Incoming, one: Submitted, fields: dict[str, list[str]]) -> None:
        decoded = decode(one.result, made.text, self.schema, fields_done=fields)
        prefix = f"{made.doc_id}, {one.called}: "
        made.set_aside(
            one.annotator,
            (
                problem(_CODES.get(fault.code, "IMP2"), made.path, prefix + fault.message, place=(1, 1))
                for fault in decoded.faults
            ),
        )
        if decoded.note:
            made.note(one.annotator, decoded.note)
        done = {*(decoded.done or ()), *(name for name, records in decoded.layers.items() if records)}
        made.layers[one.annotator] = {name: decoded.layers.get(name, []) for name in self.schema.layers if name in done}


def carry(document: Document, schema: Schema, left: LeftOut) -> Record | None:
    """Return all layers of an annotation; None for the few that Label Studio cannot hold."""
    assert document.text is not None
    carried = [name for name in document.value if name in layers_to_carry(schema)]
    left["sentences and tokens of the source", dict(LEAVES_OUT)["sentences and tokens of the source"]] += sum(
        len(document.value[name]) for name in carried
    )
    try:
        result, fields = encode(document.value, document.text, schema), document.value.get("fields_done") or {}
        faults = decode(result, document.text, schema, fields_done=fields).faults
    except CorpusError:
        faults = [AnnotationFault("L411")]
    if faults:
        left["annotations", dict(LEAVES_OUT)["annotations"]] += 1
        return None
    return {name: records for name, records in in_order(document.value, schema).items() if name not in carried}


def write(documents: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write config.xml, and tasks with the annotations as predictions, at most `MOST_TASKS` in a file."""
    write_file(out / "config.xml", labelling_config(schema).encode())
    tasks = (json.dumps(one, ensure_ascii=False) for one in _tasks(documents, schema))
    for number in count(1):
        batch = list(islice(tasks, MOST_TASKS))
        if not batch and number > 1:
            break
        name = "tasks.json" if number == 1 else f"tasks-{number}.json"
        write_file(out / name, ("[\n" + ",\n".join(batch) + "\n]\n").encode())


def _tasks(documents: Iterable[Outgoing], schema: Schema) -> Iterator[Record]:
    """Yield the task of each document, with the annotation of each annotator as a prediction.

    A task asks for one set of fields, so annotations with different `fields_done` are in different tasks.
    """
    for _, of_one in groupby(documents, key=lambda one: one.doc_id):
        by_fields: dict[str, list[Annotation]] = {}
        for one in of_one:
            first, value = one, _value(one, schema)
            annotation = Annotation(one.annotator, value, Source("", "annotation"))
            by_fields.setdefault(json.dumps(value.get("fields_done")), []).append(annotation)
        article = Article(first.doc_id, first.record, first.text, ())
        yield from (task_of(article, schema, annotations) for annotations in by_fields.values())


def _value(one: Outgoing, schema: Schema) -> Record:
    """Return an annotation with what its layers say was done."""
    value: Record = {"layers_done": [name for name in schema.layers if name in one.annotation], **one.annotation}
    fields = fields_done(value, schema, Counter())
    value |= {"fields_done": fields} if fields else {}
    return {**value, "schema_version": schema.version_of(value)}
