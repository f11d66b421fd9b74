"""Report what a change does to releases: base commit, working tree → findings C615 and C616."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..checks.release_changes import release_changed, wrong_release
from ..checks.suppress.suppressions import Suppressions
from ..core.model import CorpusError, Problem
from ..core.schema import Schema
from ..core.settings import Settings
from ..files.base_releases import ReleaseChanges
from ..files.releases import parts
from ..files.storage import Storage
from ..pipeline.check import Policy
from ..pipeline.open_run import Resources, local_corpus, open_run
from ..pipeline.shard import Compilation
from .build import build_folder
from .verify import read_manifest, verify


def release_problems(
    root: Path,
    changes: ReleaseChanges,
    schema: Schema,
    settings: Settings,
    suppressions: Suppressions,
    workers: int = 1,
) -> Iterator[Problem]:
    """Yield the findings about removed, changed and added releases. Compile the corpus if one was added."""
    yield from release_changed(changes.faults)
    wrong = {version: fault for version in changes.added if (fault := _fault(root, version, changes.last))}
    if len(wrong) < len(changes.added):
        content = _content(root, schema, settings, suppressions, workers)
        for version in changes.added:
            if version not in wrong and (fault := _other(root, version, content)):
                wrong[version] = fault
    yield from wrong_release((f"releases/{version}", wrong[version]) for version in changes.added if version in wrong)


def _fault(root: Path, version: str, last: str) -> str:
    """Return what is wrong with an added release by itself, "" if nothing is."""
    folder = root / "releases" / version
    if last and parts(version) <= parts(last):
        return f"{version} is not above the last release, {last}"
    # Links are refused before anything is read: they could lead out of the corpus.
    for path in (folder.parent, folder):
        if path.is_symlink() or not path.is_dir():
            return f"{path.relative_to(root).as_posix()} is not a directory"
    if link := next((path for path in sorted(folder.rglob("*")) if path.is_symlink()), None):
        return f"{link.relative_to(folder).as_posix()} is a symbolic link"
    try:
        return next(verify(folder), "")
    except (CorpusError, OSError) as error:
        return str(error).replace(f"{folder}/", "").replace(str(folder), version)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # The manifest is the submission's own, so it may have any shape.
        return f"manifest.json is damaged: {error!r}"


def _other(root: Path, version: str, content: str) -> str:
    """Return how a release that verifies differs from the content hash that this commit compiles to, or ""."""
    if not content:
        return "the corpus does not compile: fix the other errors first"
    released = read_manifest(root / "releases" / version)["content_sha256"]
    return "" if released == content else f"content hash is {released}, this commit compiles to {content}"


def _content(root: Path, schema: Schema, settings: Settings, suppressions: Suppressions, workers: int) -> str:
    """Return the content hash of the corpus as `corpus release` would compile it, "" if it has errors."""
    task = Compilation(Policy(settings.severity, suppressions))
    with (
        tempfile.TemporaryDirectory(prefix="corpus-") as folder,
        open_run(local_corpus(root), task, schema, Resources(workers)) as run,
    ):
        built = build_folder(
            run,
            task,
            schema,
            settings.version,
            Storage(Path(folder) / "build"),
            on_problem=lambda problem: None,
            progress=lambda shards, total: shards,
        )
    return built.content if built else ""
