"""Push articles of the corpus to a project of a Label Studio server, as tasks.

    choose documents → check them → find the project → refuse those it has → configure or create it → import in batches

`push` calls these steps in this order. Every document is checked before the first request that changes the server.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..core.model import Annotation, Article, CorpusError, Document
from ..core.schema import Schema
from ..files import Index, Reader
from ..files.index import ANNOTATION, DOC_ID
from .config import config_sha256, labelling_config
from .config_purpose import Purpose, blank_fields, purpose, purpose_of
from .download import task_doc_id
from .errors import ServerError
from .server import Project, Server
from .shown import check_predictions, lacking_predictions, show_predictions
from .submissions import refuse_adjudication
from .tasks import task
from .team import Team, assign, assignments, deal, set_overlap, set_tabs

BATCH = 50
"""Tasks per request. The server creates all tasks of a request or none."""

_ANYONE = Team()
Progress = Callable[[int, int], object]
"""Called with the number of tasks imported and the total."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did. `config` is "new", "changed" or "same"; `tasks` and `predictions` count those imported."""

    project: Project
    config: str
    tasks: int
    predictions: int
    withheld: tuple[str, ...]
    """Documents that were skipped because their text is withheld."""
    present: tuple[str, ...]
    """Documents that were skipped because the project has them."""
    twins: int
    """Number of twins that were skipped because they were not named."""


def push(
    server: Server,
    root: Path,
    schema: Schema,
    name: str,
    doc_ids: Sequence[str] = (),
    annotator: str = "",
    only_new: bool = False,
    progress: Progress = lambda done, total: None,
    team: Team = _ANYONE,
    layers: Sequence[str] = (),
) -> Pushed:
    """Import articles into the project `name`, which is created if it does not exist.

    Imports `doc_ids`, or all articles that have a text and are not twins. With `annotator`, that annotator's
    annotations are sent as predictions to start from. Raises CorpusError and imports nothing if an article is invalid
    or is in the project already (`only_new` skips those), or if the project's annotations do not fit the labelling
    config of this schema.
    `team` says how many annotators each document needs, and who they are. `layers` are annotated; without them those
    of the project, or all of a new project.
    """
    team = team.checked()
    asked = purpose(schema, layers)
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        chosen = choose(index, doc_ids)
        ready, withheld, twins = ready_to_push(index, reader, schema, chosen, annotator, named=bool(doc_ids))
        project = server.find_project(name)
        there = list(server.tasks(project)) if project else []
        present = _present(project, there, ready, only_new)
        team.refuse_fewer(assignments(there))
        wanted = [doc_id for doc_id in ready if doc_id not in present]
        of = _purpose(asked, project.config if project else "", index, reader, schema, wanted, annotator)
        project, how = configured(server, project, name, labelling_config(schema, of))
        if team.overlap:
            set_overlap(server, project, team.overlap)
        dealt = deal(wanted, team, assignments(there))
        set_tabs(server, project, team.names)
        sent: dict[str, int] = {}

        def tasks() -> Iterator[dict[str, Any]]:
            for doc_id in wanted:
                made = _task(index, reader, schema, doc_id, annotator, of)
                for one in made["predictions"]:
                    sent[doc_id] = len(one["result"])
                yield assign(made, dealt[doc_id])

        made = imported(server, project, tasks(), lambda done: progress(done, len(wanted)))
        if sent:
            for doc_id, task_id in lacking_predictions(server, project, sent).items():
                # The server may import tasks without their predictions when other requests keep its database busy.
                again = _task(index, reader, schema, doc_id, annotator, of)["predictions"][0]
                what = f"the prediction of {doc_id} was not added"
                server.send(what, "POST", "api/predictions/", {"task": task_id, **again})
            check_predictions(server, project, sent)
            show_predictions(server, project, annotator)
    return Pushed(project, how, *made, tuple(withheld), tuple(sorted(present)), twins)


def choose(index: Index, doc_ids: Sequence[str]) -> Iterator[str]:
    """Yield the ids of the documents to push, in the order of the index; all of them if none is named."""
    for doc_id, times in Counter(doc_ids).items():
        if not DOC_ID.fullmatch(doc_id) or not index.entries(doc_id):
            raise CorpusError(f"{index.root / 'raw'} has no document {doc_id!r}")
        if times > 1:
            raise CorpusError(f"the document {doc_id} is named twice")
    if doc_ids:
        yield from sorted(doc_ids)
        return
    for shard in index.shards(1):
        if shard[0].doc_id:
            yield shard[0].doc_id


def ready_to_push(
    index: Index, reader: Reader, schema: Schema, chosen: Iterator[str], annotator: str, named: bool
) -> tuple[list[str], list[str], int]:
    """Return the documents to push, those whose text is withheld, and the number of twins, skipped unless `named`.

    Raises CorpusError for an invalid document, and if there is nothing to push.
    """
    ready: list[str] = []
    withheld: list[str] = []
    annotated = twins = 0
    for doc_id in chosen:
        article, annotation = read_pushed(index, reader, doc_id, annotator)
        sound = article.sources and not any(source.faults for source in article.sources)
        if not sound or not schema.is_valid("record", article.record):
            raise CorpusError(f"the article {doc_id} is invalid; nothing was pushed. See `corpus validate`")
        if article.record.get("twin_of") and not named:
            twins += 1
            continue
        if article.text is None:
            withheld.append(doc_id)
            continue
        if hashlib.sha256(article.text.encode()).hexdigest() != article.record["text_sha256"]:
            raise CorpusError(
                f"the text of {doc_id} does not match its record; nothing was pushed. Run `corpus validate` for details"
            )
        if annotation:
            check_annotation(article, annotation, schema)
            annotated += 1
        ready.append(doc_id)
    if named and withheld:
        raise CorpusError(
            f"the text of {_names(set(withheld))} is withheld: run `corpus attach` to supply your own copy"
        )
    if annotator and not annotated:
        raise CorpusError(f"none of these documents has an annotation by {annotator!r}")
    if not ready and twins and not withheld:
        raise CorpusError("nothing to push: all articles are twins; name those to push")
    if not ready:
        raise CorpusError("nothing to push: no article has a text; run `corpus attach` to supply withheld texts")
    return ready, withheld, twins


def read_pushed(index: Index, reader: Reader, doc_id: str, annotator: str) -> tuple[Article, Annotation | None]:
    """Return an article and the annotation of an annotator, None if there is none."""
    entries = [e for e in index.entries(doc_id) if e.kind != ANNOTATION or e.annotator == annotator]
    documents: list[Document] = reader.documents(entries) if entries else []
    if not documents:
        raise CorpusError(f"the annotation of {doc_id} has no article; run `corpus validate` for details")
    annotation = next((document.annotation for document in documents if document.annotation), None)
    return documents[0].article, annotation


def check_annotation(article: Article, annotation: Annotation, schema: Schema) -> None:
    """Raise CorpusError if an annotation violates the schema, or has a span that the text does not."""
    value, text = annotation.value, article.text or ""
    valid = (
        not annotation.source.faults
        and schema.is_valid("annotation", value)
        and value["text_sha256"] == article.record["text_sha256"]
        and all(
            0 <= span["start"] < span["end"] <= len(text)
            and span.get("text") in (None, text[span["start"] : span["end"]])
            for layer in schema.layers.values()
            for record in annotation.layer(layer.name)
            for field in layer.of_kind("spans")
            for span in record.get(field.name) or ()
        )
    )
    if not valid:
        raise CorpusError(
            f"{annotation.source.path} does not fit its article; nothing was pushed. See `corpus validate`"
        )


def _present(
    project: Project | None, tasks: Sequence[dict[str, Any]], ready: Sequence[str], only_new: bool
) -> set[str]:
    """Return the documents that the project has tasks for. Raises CorpusError if there are any, unless `only_new`."""
    if not project:
        return set()
    for one in tasks:
        refuse_adjudication(one, project.title, "name another for annotators")
    found = {task_doc_id(one) for one in tasks} & set(ready)
    if found and not only_new:
        raise CorpusError(
            f"{len(found)} of the documents are in the project {project.title!r} already: {_names(found)}; nothing was "
            "imported, because a second task would split their annotations. --new pushes only the others"
        )
    return found


def configured(server: Server, project: Project | None, name: str, config: str) -> tuple[Project, str]:
    """Return the project with this labelling config, created if needed, and whether the config is new or changed."""
    if not project:
        return server.create_project(name, config), "new"
    if config_sha256(project.config) == config_sha256(config):
        return project, "same"
    if project.tasks:
        # The server refuses a config without a control or label that an existing annotation uses.
        server.check_config(project, config)
    server.set_config(project, config)
    return project, "changed"


def imported(
    server: Server, project: Project, tasks: Iterator[dict[str, Any]], progress: Callable[[int], object]
) -> tuple[int, int]:
    """Import the tasks in batches; return how many tasks and predictions."""
    made = predictions = 0
    progress(0)
    while batch := list(islice(tasks, BATCH)):
        made += _import(server, project, batch, made)
        predictions += sum(bool(one.get("predictions")) for one in batch)
        progress(made)
    return made, predictions


def _import(server: Server, project: Project, batch: list[dict[str, Any]], before: int) -> int:
    try:
        made = server.import_tasks(project, batch)
    except ServerError as error:
        there = f"; {before} documents were imported before that" if before else ""
        unsure = " The server may have imported the last batch too." if error.lost else ""
        raise CorpusError(f"{error}{there}. Run again with `--new` to push the rest.{unsure}") from None
    if made != len(batch):
        raise CorpusError(
            f"the server created {made} tasks for {len(batch)} documents; check the project before you continue"
        )
    return made


def _names(doc_ids: set[str]) -> str:
    return ", ".join(sorted(doc_ids))


def _task(index: Index, reader: Reader, schema: Schema, doc_id: str, annotator: str, of: Purpose) -> dict[str, Any]:
    article, annotation = read_pushed(index, reader, doc_id, annotator)
    return task(article, schema, [annotation] if annotation else [], of)


def _purpose(
    asked: Purpose, config: str, index: Index, reader: Reader, schema: Schema, wanted: Sequence[str], annotator: str
) -> Purpose:
    """Return what the config is for: the layers asked for or of the project, and the fields that tasks leave blank."""
    there = purpose_of(config)
    of = Purpose(asked.layers or there.layers, there.may_be_blank)
    if not annotator or not schema.has_fields_done:
        return of
    blank: set[str] = set()
    for doc_id in wanted:
        _, annotation = read_pushed(index, reader, doc_id, annotator)
        if annotation:
            blank.update(blank_fields(annotation.value.get("fields_done") or {}, schema))
    return of.with_blank(blank)
