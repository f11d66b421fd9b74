"""Articles of the corpus → tasks of a project of a Label Studio server."""

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
from .server import Project, Server, ServerError
from .tasks import task

BATCH = 50
"""Tasks that go to the server in one request, and are made all or none."""

Progress = Callable[[int, int], object]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did. `config` is "new", "changed" or "same"."""

    project: Project
    config: str
    tasks: int
    predictions: int
    withheld: tuple[str, ...]
    """Documents that were left out because their text is not here."""
    present: tuple[str, ...]
    """Documents that were left out because they are in the project already."""


def push(
    server: Server,
    root: Path,
    schema: Schema,
    name: str,
    doc_ids: Sequence[str] = (),
    annotator: str = "",
    only_new: bool = False,
    progress: Progress = lambda done, total: None,
) -> Pushed:
    """Import articles into the project `name`, which is made when it is not there.

    All articles whose text is here, or those of `doc_ids`. With `annotator`, that annotator's annotations
    go along as predictions, from which an annotation can be started. Nothing is imported when one of the
    articles is in the project already (with `only_new`, those are left out), is damaged, or when the
    project's annotations do not fit the labelling config of this schema. Raises CorpusError.
    """
    with Index(root) as index, Reader(root, index.unpacked) as reader:
        chosen = _chosen(index, doc_ids)
        pairs, withheld = _ready(index, reader, schema, chosen, annotator, named=bool(doc_ids))
        if not pairs:
            raise CorpusError("there is no article here whose text could be pushed")
        config = labelling_config(schema)
        project = server.find_project(name)
        how = "new"
        present: set[str] = set()
        if project:
            present = _present(server, project) & set(pairs)
            if present and not only_new:
                raise CorpusError(
                    f"{len(present)} of the documents are in the project {name!r} already: {_names(present)}; nothing "
                    "was imported, for a second task would split their annotations. --new pushes the others"
                )
            how = _configure(server, project, config)
        else:
            project = server.create_project(name, config)
        wanted = [doc_id for doc_id in pairs if doc_id not in present]
        made = predictions = 0
        tasks = (_task(index, reader, schema, doc_id, annotator) for doc_id in wanted)
        progress(0, len(wanted))
        while batch := list(islice(tasks, BATCH)):
            made += _import(server, project, batch, made)
            predictions += sum(bool(one.get("predictions")) for one in batch)
            progress(made, len(wanted))
    return Pushed(project, how, made, predictions, tuple(withheld), tuple(sorted(present)))


def _chosen(index: Index, doc_ids: Sequence[str]) -> Iterator[str]:
    """The documents asked for, in the order of the index; all of them when none is named."""
    for doc_id, times in Counter(doc_ids).items():
        if not DOC_ID.fullmatch(doc_id) or not index.entries(doc_id):
            raise CorpusError(f"there is no document {doc_id!r} in {index.root / 'raw'}")
        if times > 1:
            raise CorpusError(f"the document {doc_id} is named twice")
    if doc_ids:
        yield from sorted(doc_ids)
        return
    for shard in index.shards(1):
        if shard[0].doc_id:
            yield shard[0].doc_id


def _ready(
    index: Index, reader: Reader, schema: Schema, chosen: Iterator[str], annotator: str, named: bool
) -> tuple[list[str], list[str]]:
    """The documents that can be pushed, and those whose text is not here. Raises CorpusError for a damaged one."""
    ready: list[str] = []
    withheld: list[str] = []
    annotated = 0
    for doc_id in chosen:
        article, annotation = _read(index, reader, doc_id, annotator)
        sound = article.sources and not any(source.faults for source in article.sources)
        if not sound or not schema.is_valid("record", article.record):
            raise CorpusError(f"the article {doc_id} is damaged: `corpus validate` says how; nothing was pushed")
        if article.text is None:
            withheld.append(doc_id)
            continue
        if hashlib.sha256(article.text.encode()).hexdigest() != article.record["text_sha256"]:
            raise CorpusError(
                f"the text of {doc_id} is not the recorded one: see `corpus validate`; nothing was pushed"
            )
        if annotation:
            _check_annotation(article, annotation, schema)
            annotated += 1
        ready.append(doc_id)
    if named and withheld:
        raise CorpusError(
            f"the text of {_names(set(withheld))} is not here; `corpus attach` puts your own copy in place"
        )
    if annotator and not annotated:
        raise CorpusError(f"none of these documents has an annotation by {annotator!r}")
    return ready, withheld


def _read(index: Index, reader: Reader, doc_id: str, annotator: str) -> tuple[Article, Annotation | None]:
    entries = [e for e in index.entries(doc_id) if e.kind != ANNOTATION or e.annotator == annotator]
    documents: list[Document] = reader.documents(entries) if entries else []
    if not documents:
        raise CorpusError(f"the annotation of {doc_id} has no article: see `corpus validate`")
    annotation = next((document.annotation for document in documents if document.annotation), None)
    return documents[0].article, annotation


def _check_annotation(article: Article, annotation: Annotation, schema: Schema) -> None:
    value, text = annotation.value, article.text or ""
    right = (
        not annotation.source.faults
        and schema.is_valid("annotation", value)
        and value["text_sha256"] == article.record["text_sha256"]
        and all(
            text[span["start"] : span["end"]] == span.get("text", text[span["start"] : span["end"]])
            for layer in schema.layers.values()
            for record in annotation.layer(layer.name)
            for field in layer.of_kind("spans")
            for span in record.get(field.name) or ()
        )
    )
    if not right:
        raise CorpusError(
            f"{annotation.source.path} does not fit its article: see `corpus validate`; nothing was pushed"
        )


def _present(server: Server, project: Project) -> set[str]:
    """The documents that the project has tasks of."""
    return {doc_id for one in server.tasks(project) if (doc_id := task_doc_id(one))}


def task_doc_id(one: dict[str, Any]) -> str:
    """The document that a task is about, "" when it does not say."""
    for part in (one.get("meta"), one.get("data")):
        if isinstance(part, dict) and isinstance(part.get("doc_id"), str):
            return str(part["doc_id"])
    return ""


def _configure(server: Server, project: Project, config: str) -> str:
    if config_sha256(project.config) == config_sha256(config):
        return "same"
    if project.tasks:
        # The server refuses a config that lacks a control or a label of an annotation that is there.
        server.check_config(project, config)
    server.set_config(project, config)
    return "changed"


def _import(server: Server, project: Project, batch: list[dict[str, Any]], before: int) -> int:
    try:
        made = server.import_tasks(project, batch)
    except ServerError as error:
        there = f"; {before} documents were imported before it" if before else ""
        unsure = " The last of them may be there all the same." if error.lost else ""
        raise CorpusError(f"{error}{there}. `--new` pushes those that are not there yet.{unsure}") from None
    if made != len(batch):
        raise CorpusError(
            f"the server made {made} tasks of {len(batch)} documents; look at the project before you go on"
        )
    return made


def _names(doc_ids: set[str]) -> str:
    return ", ".join(sorted(doc_ids))


def _task(index: Index, reader: Reader, schema: Schema, doc_id: str, annotator: str) -> dict[str, Any]:
    article, annotation = _read(index, reader, doc_id, annotator)
    return task(article, schema, [annotation] if annotation else [])
