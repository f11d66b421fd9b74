"""Write the folder of a build.

    <out>/<config>/<split>-00000-of-0000N.parquet     README.md     schema/     manifest.json

On this machine it is written to a temporary folder next to `out`, and renamed when it is complete. In object storage
the manifest is deleted first and written last: a directory without one is not a build.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..core.card_text import Prose
from ..core.model import CorpusError, Problem
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import new_folder
from ..files.storage import Storage
from ..files.table_hash import file_hash
from ..pipeline.executors import Engine
from ..pipeline.run import CorpusRun
from ..pipeline.shard import Compilation, Shard
from ..pipeline.tables import TWINS_CONFIG, WITHHELD, configs
from ..pipeline.tables.parquet import TWINS, TablesWriter, Written
from .card import card
from .known_build import MANIFEST, TOOLS, KnownBuild
from .tables import Split, TableSource, content_hash, place_tables


@dataclass(slots=True)
class Built:
    """A build: its tables, `splits[config][split]`, and the hash of all content."""

    version: str
    documents: int = 0
    suppressed: int = 0
    """How many findings an exception or the baseline suppressed."""
    splits: dict[str, dict[str, Split]] = field(default_factory=dict)
    content: str = ""

    @property
    def left_out(self) -> int:
        """The number of documents that are in no table."""
        tabled = (
            split.counts
            for name in ("documents", TWINS_CONFIG, WITHHELD)
            for split in self.splits.get(name, {}).values()
        )
        return self.documents - sum(counts["doc_id",] + counts[TWINS] for counts in tabled)

    def place(
        self, sources: list[TableSource], schema: Schema, to: Storage, engine: Engine, kept: Storage | None = None
    ) -> None:
        """Copy the tables of the sources to the build, and hash them; `kept` is that of `place_tables`."""
        self.splits = place_tables(sources, schema, to, engine, kept)
        digests = {name: {split: made.sha256 for split, made in of.items()} for name, of in self.splits.items()}
        self.content = content_hash(digests)


def build_folder(
    run: CorpusRun,
    task: Compilation,
    schema: Schema,
    version: str,
    out: Storage,
    *,
    on_problem: Callable[[Problem], None],
    progress: Callable[[Iterator[Shard], int], Iterator[Shard]],
    finish: Callable[[Path, Built], dict[str, Any]] | None = None,
    on_commit: Callable[[], None] | None = None,
    replace: bool = True,
) -> Built | None:
    """Validate a corpus and write it to `out`. Return None, and write nothing, if a finding is an error.

    `out` must be new, empty or an earlier build; without `replace` it must be new. `finish` may add files
    to the folder before its manifest is written, and returns further keys of the manifest. `on_commit` is called before
    the manifest is. `on_problem`
    receives every finding that is not suppressed; `progress` wraps the shards, and receives the number of
    documents. Raises CorpusError if `out` may not be replaced or there is no document.
    """
    check_out(out, schema, replace)
    built = Built(version)
    known = KnownBuild(run, schema, version, out) if replace and finish is None else None
    if known and (before := known.find()):
        suppressed = report_findings(progress(run.shards(task, schema), run.documents), on_problem)
        return Built(version, before.documents, suppressed, before.splits, before.content)
    with _folder_for(out, replace) as (folder, scratch, commit):
        written = write_tables(progress(run.shards(task, schema), run.documents), schema, scratch, built, on_problem)
        if written is None:
            return None
        sources = [TableSource(Storage(scratch), "", written), *(TableSource(*one) for one in run.tables())]
        if not any(source.tables for source in sources):
            raise CorpusError(f"{run.root}: there is no document to build")
        to = Storage(folder) if out.is_local else out
        if not out.is_local:
            out.delete(MANIFEST)
        built.place(sources, schema, to, run.engine, run.kept)
        (folder / "README.md").write_text(card(run.root, schema, built.version, built.splits, built.content), "utf-8")
        copy_schema(run.root, folder)
        more = finish(folder, built) if finish else {}
        if on_commit:
            on_commit()
        (folder / MANIFEST).write_text(manifest_of(folder, schema, built, more), "utf-8")
        commit()
    if known:
        known.remember()
    return built


def report_findings(shards: Iterator[Shard], on_problem: Callable[[Problem], None]) -> int:
    """Report the findings of all shards, and return how many were suppressed."""
    suppressed = 0
    for shard in shards:
        for problem in shard.problems:
            on_problem(problem)
        shard.problems.close()
        suppressed += shard.used.total()
    return suppressed


@contextmanager
def _folder_for(out: Storage, replace: bool) -> Iterator[tuple[Path, Path, Callable[[], None]]]:
    """Yield a folder to fill, one for tables that are not yet in order, and what makes the first one a build."""
    if out.is_local:
        with new_folder(out.path, replace=replace) as new:
            yield new.path, new.beside, new.commit
        return
    with tempfile.TemporaryDirectory(prefix="corpus-") as temporary:
        folder = Path(temporary, "build")
        folder.mkdir()
        yield folder, Path(temporary, "tables"), lambda: _upload(folder, out)


def _upload(folder: Path, out: Storage) -> None:
    """Write the files besides the tables, delete those of an earlier build, and write the manifest last."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    manifest = json.loads((folder / MANIFEST).read_bytes())
    for name in out.walk():
        if name not in manifest["files"] and name != MANIFEST:
            out.delete(name)
    for name in sorted(names, key=lambda name: (name == MANIFEST, name)):
        out.put(folder / name, name)


def write_tables(
    shards: Iterator[Shard], schema: Schema, folder: Path, built: Built, on_problem: Callable[[Problem], None]
) -> list[Written] | None:
    """Write the tables of all shards into a folder, and return them; None if a finding is an error."""
    errors = 0
    tables = TablesWriter(folder, schema)
    for shard in shards:
        # After an error the run goes on, to report all findings, but nothing more is written.
        for problem in shard.problems:
            on_problem(problem)
        shard.problems.close()
        errors += shard.errors
        built.documents += shard.documents
        built.suppressed += shard.used.total()
        if not errors:
            tables.add(shard.batches)
    return None if errors else tables.close()


def stale_baselines(root: Path, built: Built) -> str:
    """Return the first digits of the content that the card's baselines were measured on, "" if it is the built one.

    Without baselines, return "".
    """
    measured = Prose.read(root / "DATASET_CARD.md").baselines_content
    return "" if built.content.startswith(measured) else measured


def copy_schema(root: Path, folder: Path) -> None:
    """Copy the schema into the build, which thereby documents its own fields and labels."""
    (folder / "schema").mkdir()
    for path in sorted((root / "schema").glob("*.json")):
        (folder / "schema" / path.name).write_bytes(read_file(path, root))


def manifest_of(folder: Path, schema: Schema, built: Built, more: Mapping[str, Any]) -> str:
    """Return manifest.json: versions, rows and hashes of all tables and files, and `more`.

    `folder` has all files that are not tables.
    """
    tables = {one.name: one.sha256 for of in built.splits.values() for made in of.values() for one in made.files}
    others = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    files = tables | {name: file_hash(folder / name) for name in others if name not in tables}
    manifest: dict[str, Any] = {
        "version": built.version,
        **more,
        "schema_version": schema.version,
        "content_sha256": built.content,
        "documents": built.documents,
        "configs": {
            name: {split: {"rows": made.rows, "sha256": made.sha256} for split, made in splits.items()}
            for name, splits in built.splits.items()
        },
        "files": {name: files[name] for name in sorted(files, key=lambda name: Path(name))},
        "tools": {name: version(name) for name in TOOLS},
    }
    return json.dumps(manifest, indent=2) + "\n"


def check_out(out: Storage, schema: Schema, replace: bool = True) -> None:
    """Raise CorpusError if a build may not be written to `out`, as `build_folder` does."""
    if not replace:
        if out.path.exists():
            raise CorpusError(f"{out} exists already")
        return
    if out.is_local:
        if out.path.is_symlink() or (out.path.exists() and not out.path.is_dir()):
            raise CorpusError(f"{out} is not a directory; choose another --out")
        if out.path.is_dir() and any(out.path.iterdir()) and not (out.path / MANIFEST).is_file():
            raise CorpusError(f"{out} is not empty and not an earlier build; choose another --out")
        return
    own = {MANIFEST, "README.md", "schema", *(config.name for config in configs(schema))}
    # A build that was interrupted has no manifest.
    if other := next((item.name for item in out.list() if item.name not in own), ""):
        raise CorpusError(f"{out} has {other}, which is not of a build; choose another --out")
