"""Look things up in single documents of a corpus with partitions, for the findings that need more than one document.

    rule asks → Request, and an empty answer → fetch: the requests of each partition go where it can be read → ask again

A partition is opened once for all that is asked of it, on any machine, instead of once for each finding. What was found
in a partition is remembered while its part is the same, so that a finding that stays opens nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..checks.document_summary import LayerHashes
from ..checks.names import Name
from ..checks.repeated import Passage
from ..core.model import CorpusError
from ..core.twin_source import TwinSource
from ..files import Index, Reader
from ..files.marked import read_marked, write_marked
from ..files.storage import Storage
from .executors import Engine, Lost, run_all
from .part import PartTask, files_of, schema_of
from .partitions import Partition, partition_of
from .reduce import IndexLookUp

ANSWERS = "answers-"
"""How the name of a record begins; the name of its partition follows."""


class Request(NamedTuple):
    """What is asked about a document; only a place has a file and a JSON pointer."""

    doc_id: str
    what: Literal["place", "names", "passages", "layer_hashes", "twin_source"]
    file: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class LookUpTask:
    """What is asked about the documents of one partition."""

    part: PartTask
    requests: list[Request]


class PartitionedLookUp:
    """Gives an empty answer to a new question, and the true one after `fetch`."""

    def __init__(
        self,
        partitions: Sequence[Partition],
        common: PartTask,
        engine: Engine,
        kept: Storage | None = None,
        parts: Mapping[str, str] | None = None,
    ) -> None:
        """Take where answers are kept from run to run, None for nowhere, and the name of the part of each partition."""
        self._partitions, self._common, self._engine = partitions, common, engine
        self._kept, self._parts = kept, parts or {}
        self._answers: dict[Request, Any] = {}
        self._wanted: set[Request] = set()
        self._known: dict[str, dict[Request, Any]] = {}
        """What was remembered of the partitions that were asked about."""
        self._asked: dict[str, list[Request]] = {}

    def place(self, doc_id: str, file: str, pointer: str) -> tuple[int, int]:
        """Return the line and column of a JSON pointer, from 1."""
        found: tuple[int, int] = self._answer(Request(doc_id, "place", file, pointer), (1, 1))
        return found

    def names(self, doc_id: str) -> Sequence[Name]:
        """Return the names of the adjudicated annotation."""
        found: Sequence[Name] = self._answer(Request(doc_id, "names"), ())
        return found

    def passages(self, doc_id: str) -> Sequence[Passage]:
        """Return the sentences of the text with what the adjudicated annotation says in them."""
        found: Sequence[Passage] = self._answer(Request(doc_id, "passages"), ())
        return found

    def layer_hashes(self, doc_id: str) -> LayerHashes:
        """Return a hash of what the adjudicated annotation says in each layer."""
        found: LayerHashes = self._answer(Request(doc_id, "layer_hashes"), {})
        return found

    def twin_source(self, doc_id: str) -> TwinSource:
        """Return the checksum of the adjudicated annotation, and the one that it names."""
        found: TwinSource = self._answer(Request(doc_id, "twin_source"), TwinSource())
        return found

    def fetch(self) -> bool:
        """Find the answers to all new questions. Return False if there was none. Raises CorpusError."""
        of_partition: dict[str, list[Request]] = {}
        for request in sorted(self._wanted):
            partition = partition_of(self._partitions, request.doc_id)
            assert partition is not None
            of_partition.setdefault(partition.name, []).append(request)
        self._wanted.clear()
        tasks = []
        for partition in self._partitions:
            requests = of_partition.get(partition.name, [])
            self._asked.setdefault(partition.name, []).extend(requests)
            known = self._remembered(partition.name) if requests else {}
            self._answers.update((one, known[one]) for one in requests if one in known)
            if unknown := [one for one in requests if one not in known]:
                tasks.append(LookUpTask(replace(self._common, partition=partition), unknown))
        for task, answers in zip(tasks, run_all(self._engine, look_up, tasks), strict=True):
            if isinstance(answers, Lost):
                raise CorpusError(f"the worker that read {task.part.partition.files[0]} again was killed each time")
            self._answers.update(zip(task.requests, answers, strict=True))
        return bool(of_partition)

    def save(self) -> None:
        """Remember the answers to what was asked, and to nothing else."""
        for name, requests in self._asked.items():
            if self._kept is not None and requests and self._known[name].keys() != set(requests):
                answers = [(request, _as_json(request, self._answers[request])) for request in requests]
                write_marked(self._kept, ANSWERS + name, self._parts[name], answers)

    def _remembered(self, name: str) -> dict[Request, Any]:
        if name not in self._known:
            record = read_marked(self._kept, ANSWERS + name, self._parts.get(name, "")) or []
            requests = [(Request(*request), answer) for request, answer in record]
            self._known[name] = {request: _answer_in(request, answer) for request, answer in requests}
        return self._known[name]

    def _answer(self, request: Request, empty: Any) -> Any:
        if request not in self._answers:
            self._wanted.add(request)
        return self._answers.get(request, empty)


def look_up(task: LookUpTask) -> list[Any]:
    """Return the answer to each request about the documents of one partition."""
    part = task.part
    with tempfile.TemporaryDirectory(prefix="corpus-", dir=part.scratch) as temporary:
        root = files_of(part, Path(temporary))
        with Index(root, bulk=part.partition.files) as index, Reader(root, index.unpacked) as reader:
            look = IndexLookUp(index, reader, schema_of(part.schema))
            ask: dict[str, Callable[[Request], Any]] = {
                "place": lambda one: look.place(one.doc_id, one.file, one.pointer),
                "names": lambda one: look.names(one.doc_id),
                "passages": lambda one: look.passages(one.doc_id),
                "layer_hashes": lambda one: look.layer_hashes(one.doc_id),
                "twin_source": lambda one: look.twin_source(one.doc_id),
            }
            return [ask[one.what](one) for one in task.requests]


def _as_json(request: Request, answer: Any) -> Any:
    """Return an answer in a form that JSON has: it has neither tuples as keys nor objects other than dictionaries."""
    return [(*key, value) for key, value in answer.items()] if request.what == "layer_hashes" else answer


def _answer_in(request: Request, value: Any) -> Any:
    """Return an answer that was written as JSON."""
    if request.what == "place":
        return tuple(value)
    if request.what == "names":
        return list(map(Name._make, value))
    if request.what == "passages":
        return [
            Passage._make([*one[:-1], {layer: (pointer, record) for layer, (pointer, record) in one[-1].items()}])
            for one in value
        ]
    if request.what == "twin_source":
        return TwinSource._make(value)
    return {(layer, tuple(absent)): said for layer, absent, said in value}
