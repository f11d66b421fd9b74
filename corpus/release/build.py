"""Write the folder of a build, atomically.

    <out>/<config>/<split>-00000-of-0000N.parquet     README.md     schema/     manifest.json

It is written to a temporary folder next to `out`, and renamed when it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..checks.suppress.suppressions import Suppressions
from ..core.model import CorpusError, Problem
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..core.settings import Settings
from ..files import Index, new_folder
from ..pipeline.check import Policy
from ..pipeline.run import run_corpus
from ..pipeline.shard import Compilation, Shard
from ..pipeline.tables import configs
from .card import card
from .hashes import file_hash
from .parquet import Split, Writer


@dataclass(slots=True)
class Built:
    """A build: its tables, `splits[config][split]`, and the hash of all content."""

    version: str
    documents: int = 0
    splits: dict[str, dict[str, Split]] = field(default_factory=dict)
    content: str = ""


def build_folder(
    index: Index,
    schema: Schema,
    settings: Settings,
    suppressions: Suppressions,
    out: Path,
    *,
    workers: int = 1,
    with_attached: bool = False,
    on_problem: Callable[[Problem], None],
    progress: Callable[[Iterator[Shard], int], Iterator[Shard]],
    finish: Callable[[Path, Built], dict[str, Any]] | None = None,
    replace: bool = True,
) -> Built | None:
    """Validate the corpus of `index` and write it to `out`. Return None, and write nothing, if a finding is an error.

    `out` must be new, empty or an earlier build; without `replace` it must be new. `finish` may add files
    to the folder before its manifest is written, and returns further keys of the manifest. `on_problem`
    receives every finding that is not suppressed; `progress` wraps the shards, and receives the number of
    documents. Raises CorpusError if `out` may not be replaced or there is no document.
    """
    if replace:
        _may_replace(out)
    elif out.exists():
        raise CorpusError(f"{out} exists already")
    task = Compilation(Policy(settings.severity, suppressions), with_attached)
    built = Built(settings.version)
    with new_folder(out, replace=replace) as new:
        folder = new.path
        if write_tables(
            progress(run_corpus(index, task, schema, workers), len(index)), schema, folder, built, on_problem
        ):
            return None
        if not built.splits:
            raise CorpusError(f"{index.root}: there is no document to build")
        (folder / "README.md").write_text(card(index.root, schema, built.version, built.splits, built.content), "utf-8")
        copy_schema(index.root, folder)
        more = finish(folder, built) if finish else {}
        (folder / "manifest.json").write_text(manifest_of(folder, schema, built, more), "utf-8")
        new.commit()
    return built


def write_tables(
    shards: Iterator[Shard], schema: Schema, folder: Path, built: Built, on_problem: Callable[[Problem], None]
) -> int:
    """Write the tables of all shards, up to the first error. Return the number of errors."""
    errors = 0
    writers: dict[tuple[str, str], Writer] = {}
    tables = {config.name: config for config in configs(schema)}
    for shard in shards:
        # After an error the run goes on, to report all findings, but nothing more is written.
        for problem in shard.problems:
            on_problem(problem)
        shard.problems.close()
        errors += shard.errors
        built.documents += shard.documents
        for split, batches in shard.batches.items() if not errors else ():
            for name, batch in batches.items():
                if (name, split) not in writers:
                    writers[name, split] = Writer(folder / name, tables[name], split)
                writers[name, split].add(batch)
    if errors:
        return errors
    order = {split: i for i, split in enumerate(schema.splits)}
    for name in tables:
        splits = sorted((s for n, s in writers if n == name), key=lambda s: order.get(s, len(order)))
        if splits:
            built.splits[name] = {split: writers[name, split].close() for split in splits}
    built.content = content_hash(
        {name: {s: made.sha256 for s, made in of.items()} for name, of in built.splits.items()}
    )
    return 0


def content_hash(splits: Mapping[str, Mapping[str, str]]) -> str:
    """Return one hash of the content hashes of all tables, `splits[config][split]`."""
    lines = [
        f"{name} {split} {digest}\n" for name, of in sorted(splits.items()) for split, digest in sorted(of.items())
    ]
    return sha256("".join(lines).encode()).hexdigest()


def copy_schema(root: Path, folder: Path) -> None:
    """Copy the schema into the build, which thereby documents its own fields and labels."""
    (folder / "schema").mkdir()
    for path in sorted((root / "schema").glob("*.json")):
        (folder / "schema" / path.name).write_bytes(read_file(path, root))


def manifest_of(folder: Path, schema: Schema, built: Built, more: Mapping[str, Any]) -> str:
    """Return manifest.json: versions, rows and hashes of all tables and files, and `more`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
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
        "files": {path.relative_to(folder).as_posix(): file_hash(path) for path in files},
        "tools": {name: version(name) for name in ("on-the-record", "pyarrow", "sentencex", "regex")},
    }
    return json.dumps(manifest, indent=2) + "\n"


def _may_replace(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CorpusError(f"{out} is not a directory; choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise CorpusError(f"{out} is not empty and not an earlier build; choose another --out")
