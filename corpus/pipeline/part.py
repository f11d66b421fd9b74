"""Build one partition: a pure function of its files, the settings and this program → a part.

    PARTS/build-X-KEY/findings.jsonl.zst     its findings, in their order
    PARTS/build-X-KEY/summaries.parquet      what the corpus-wide rules need of its documents
    PARTS/build-X-KEY/streams.json           hashes of the columns of its tables
    PARTS/build-X-KEY/<config>/<split>-NNNNN.parquet
    PARTS/build-X-KEY.json                   counts, and the name, size and SHA-256 of each table; written last

KEY is a hash of everything that the part depends on. So a part that exists is not made again, whoever made it, and two
workers that make the same one write the same bytes.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..checks.files import unreadable
from ..checks.records import future_date
from ..checks.rule import documentation
from ..checks.suppress.suppressions import Suppressions, Used
from ..core.fingerprint import Fingerprint
from ..core.model import CorpusError
from ..core.schema import Schema
from ..files import Index
from ..files.known_hashes import KnownHashes
from ..files.storage import Storage
from ..files.table_hash import Hashed, file_hash
from ..files.writer import replace_file
from .findings import FindingsWriter
from .partitions import Partition, PartitionError
from .shard import DOCUMENTS, Shard, Task, Validation, compile_shard
from .summaries import SummaryWriter
from .tables.parquet import Piece, TablesWriter, Written
from .versions import difference, versions

PART = "{}-{}-{}"
"""The name of a part: `kind_of` its task, its partition, its key."""
INPUTS = "inputs-"
"""How the name of the record with the hashes of input files begins; the name of their partition follows."""
_UNREADABLE = documentation(unreadable).code
_Times = tuple[int, int, int]
FINDINGS, SUMMARIES, STREAMS = "findings.jsonl.zst", "summaries.parquet", "streams.json"
"""The names of these files of a part."""


@dataclass(frozen=True, slots=True)
class PartTask:
    """Everything that `build_partition` needs; it is sent to other processes and machines."""

    partition: Partition
    root: Storage
    parts: Storage
    task: Task
    schema: str
    """The schema of annotations, of articles, and the registry of targets, as JSON."""
    versions: dict[str, str]
    """The versions on the machine that sends it."""
    scratch: str | None = None
    """A directory for temporary files, None for the one of the system."""
    make: bool = True
    """False if a part that does not exist is not made."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of a part besides its files: the content of its JSON file."""

    name: str
    """The name of its files in the storage of parts."""
    documents: int
    summaries: int
    """How many documents have a summary."""
    findings: int
    """How many there are in its file of findings."""
    errors: int
    skipped_checks: int
    skipped_documents: int
    used: list[tuple[bool, list[str], int]] = field(default_factory=list)
    """The suppressions that were used, whether each is an entry of the baseline, and how often."""
    skipped_levels: list[tuple[str, str, list[int]]] = field(default_factory=list)
    """Document, annotator and levels, of documents with suppressions."""
    tables: list[Written] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    """The smallest and the largest doc_id."""
    findings_sha256: str = ""
    summaries_sha256: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    """A hash of each column of the summaries."""
    streams_sha256: str = ""
    """The SHA-256 of the file with the hashes of the columns of each table."""
    today: str = ""
    """The day of the run that made it, if it has a date in the future."""

    def shard(self) -> Shard:
        """Return the counts as those of a Shard, which has neither findings nor summaries."""
        used: Used = Counter()
        for of_baseline, values, count in self.used:
            used[Fingerprint(*values) if of_baseline else _exception_key(values)] = count
        return Shard(
            documents=self.documents,
            errors=self.errors,
            used=used,
            skipped_levels={(one[0], one[1]): frozenset(one[2]) for one in self.skipped_levels},
            skipped_checks=self.skipped_checks,
            skipped_documents=self.skipped_documents,
        )


def part_task(root: Storage, parts: Storage, task: Task, schema: Schema, scratch: Path | None) -> PartTask:
    """Return what all partitions have in common. `scratch` is a directory of this machine for temporary files."""
    shown = json.dumps([schema.annotation, schema.article, schema.registry])
    none = Partition("", (), "")
    return PartTask(none, root, parts, task, shown, versions(), None if scratch is None else str(scratch))


@lru_cache(maxsize=2)
def schema_of(shown: str) -> Schema:
    """Return the schema of a PartTask. A process makes it once: its validators take a while."""
    return Schema(*json.loads(shown))


def build_partition(work: PartTask) -> Part | None:
    """Return the part of a partition, and make it if it does not exist. None if it may not be made.

    Raises CorpusError if this machine has other versions than the one that sent the task or a file changed meanwhile,
    PartitionError if a document belongs to another partition, and OSError.
    """
    if other := difference(work.versions, versions()):
        raise CorpusError(f"a worker has other versions than this machine: {other}; install the same ones")
    with tempfile.TemporaryDirectory(prefix="corpus-", dir=work.scratch) as temporary:
        root = files_of(work, Path(temporary, "corpus"))
        before = _times(work.partition, root)
        name = PART.format(kind_of(work.task), work.partition.name, _key(work, root))
        part = read_part(work.parts, name, work.task.policy.suppressions.today)
        if part is None and work.make:
            return _make(work, root, before, Path(temporary, "part"), name)
        if part is not None:
            # Where the next partition begins is not in the name: this part may be older than that partition.
            _check_ids(part.ends, work.partition)
        return part


def read_part(parts: Storage, name: str, today: date | None) -> Part | None:
    """Return a part that exists, None if there is none that holds on this day."""
    try:
        value = json.loads(parts.read(f"{name}.json"))
    except (FileNotFoundError, ValueError):  # a record that is damaged is made again
        return None
    # A date in the future may be past when the run goes on.
    if value["today"] and value["today"] != str(today):
        return None
    tables = [
        Written(
            config,
            split,
            [Piece(*piece) for piece in pieces],
            Hashed(*hashed),
            Counter({tuple(path): count for path, count in counts}),
        )
        for config, split, pieces, hashed, counts in value.pop("tables")
    ]
    return Part(**value, tables=tables)


def kind_of(task: Task) -> str:
    """Return how the names of the parts of a task begin."""
    return "validate" if isinstance(task, Validation) else "build"


def _exception_key(values: list[str]) -> tuple[str, str, str, str, str]:
    code, file, doc_id, annotator, record = values
    return code, file, doc_id, annotator, record


def files_of(work: PartTask, to: Path) -> Path:
    """Return the directory with the files of a partition, which are copied to `to` from object storage."""
    if work.root.is_local:
        return work.root.path
    for path in work.partition.files:
        work.root.fetch(path, to / path)
    return to


def _key(work: PartTask, root: Path) -> str:
    """Return a hash of everything that the part depends on but the day."""
    suppressions: Suppressions = work.task.policy.suppressions
    # The line of an exception changes when one for another partition is added above.
    held = sorted((key, replace(one, line=0)) for key, one in suppressions.held.items())
    hashed = blake2b(settings_of(work).encode(), digest_size=16)
    hashed.update(repr(held).encode())
    storage = Storage(root)
    known = KnownHashes(work.parts if work.root.is_local else None, INPUTS + work.partition.name)
    for path in work.partition.files:
        hashed.update(f"\n{path} {known.sha256(storage, path)}".encode())
    known.save()
    return hashed.hexdigest()


def settings_of(work: PartTask) -> str:
    """Return in words what a result depends on besides the files of the corpus, its exceptions and the day."""
    policy = work.task.policy
    baseline = policy.suppressions.baseline
    settings = [
        *(kind_of(work.task), work.versions, sorted(policy.severities.items()), policy.show_suppressed),
        baseline if baseline is None else sorted(baseline.items()),
        None if isinstance(work.task, Validation) else work.task.with_attached,
    ]
    return f"{work.schema}\n{settings!r}"


def _make(work: PartTask, root: Path, before: list[_Times], folder: Path, name: str) -> Part:
    folder.mkdir()
    schema = schema_of(work.schema)
    named = work.task.policy.suppressions.doc_ids
    total = Shard()
    found, summarised, dated = 0, 0, False
    tables = TablesWriter(folder, schema)
    with (
        Index(root, bulk=work.partition.files) as index,
        FindingsWriter(folder / FINDINGS) as findings,
        SummaryWriter(folder / SUMMARIES, is_divided=True) as summaries,
    ):
        ends = index.ends()
        _check_ids(ends, work.partition)
        for entries in index.shards(DOCUMENTS):
            shard = compile_shard(entries, root, index.unpacked, schema, work.task)
            # The bytes were read for the name of the part: this is a fault of this machine, which must not be kept.
            if unread := next((one.file for one in shard.problems if one.code == _UNREADABLE), ""):
                raise CorpusError(f"{unread} cannot be read any more; run the command again")
            found += findings.add(shard.problems)
            dated = dated or _is_dated(shard)
            shard.problems.close()
            summaries.add(shard.summaries)
            summarised += len(shard.summaries)
            _count(shard, total, named)
            if not total.errors:
                tables.add(shard.batches)
    written = [] if total.errors else tables.close()
    if _times(work.partition, root) != before:
        raise CorpusError(f"a file of {work.partition.name} changed while it was read; run the command again")
    with replace_file(folder / STREAMS) as file:
        file.write(json.dumps([(one.config, one.split, one.streams) for one in written]).encode())
    part = Part(
        name,
        total.documents,
        summarised,
        found,
        total.errors,
        total.skipped_checks,
        total.skipped_documents,
        used_of(total),
        [(*of, sorted(levels)) for of, levels in sorted(total.skipped_levels.items())],
        [replace(one, streams=None) for one in written],
        ends,
        file_hash(folder / FINDINGS),
        file_hash(folder / SUMMARIES),
        summaries.digests,
        file_hash(folder / STREAMS),
        str(work.task.policy.suppressions.today) if dated else "",
    )
    write_part(work.parts, part, folder)
    return part


def write_part(parts: Storage, part: Part, folder: Path) -> None:
    """Copy the files of a part from a directory of this machine, and then write its record."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts.put(path, f"{part.name}/{path.relative_to(folder).as_posix()}")
    parts.write(f"{part.name}.json", json.dumps(_as_json(part), indent=1).encode())


def used_of(shard: Shard) -> list[tuple[bool, list[str], int]]:
    """Return the suppressions that the findings of a shard used, as a Part has them."""
    return [(isinstance(key, Fingerprint), list(key), count) for key, count in sorted(shard.used.items())]


def _as_json(part: Part) -> dict[str, Any]:
    tables = [[one.config, one.split, one.pieces, one.hashed, sorted(one.counts.items())] for one in part.tables]
    return asdict(part) | {"tables": tables}


def _check_ids(ends: Sequence[str], partition: Partition) -> None:
    """Raise PartitionError if a doc_id is not between the first ones of this partition and of the next."""
    for doc_id in ends:
        if not partition.first <= doc_id or not partition.is_below_next(doc_id):
            why = f"{doc_id} is not from {partition.first}" + (f" to {partition.before}" if partition.before else "")
            raise PartitionError(f"{partition.files[0]}: {why}")


def _times(partition: Partition, root: Path) -> list[_Times]:
    return [
        ((status := (root / path).stat()).st_size, status.st_mtime_ns, status.st_ctime_ns) for path in partition.files
    ]


def _is_dated(shard: Shard) -> bool:
    """Return True if a finding is about a date after the day of the run, suppressed or not."""
    code = documentation(future_date).code
    codes = (one.code for one in shard.problems)
    used = (one.code if isinstance(one, Fingerprint) else one[0] for one in shard.used)
    return any(one == code for source in (codes, used) for one in source)


def _count(shard: Shard, total: Shard, named: frozenset[str]) -> None:
    total.documents += shard.documents
    total.errors += shard.errors
    total.used.update(shard.used)
    total.skipped_checks += shard.skipped_checks
    total.skipped_documents += shard.skipped_documents
    total.skipped_levels.update((key, levels) for key, levels in shard.skipped_levels.items() if key[0] in named)
