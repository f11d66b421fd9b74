"""Level 6: releases that cannot be read, and what a change does to those of its base commit: `RELEASE_RULES`.

Their findings are always errors, and cannot be suppressed: both the severities and the exceptions are files that the
same change could edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..core.model import Problem
from .rule import Rule, documentation

Faults = Iterable[tuple[str, str]]
"""The faulty files or directories, relative to the corpus, each with the reason."""


def release_changed(faults: Faults) -> Iterator[Problem]:
    """C615: A release was removed or changed.

    What: a file of a release in the base commit is missing now, has other bytes, or has a new file next to
    it. Checked with `--base` or `--since`. It cannot be suppressed, and its severity cannot be changed.
    Why: releases are immutable. Without the last release, moved splits would go unnoticed.
    Bad: a pull request that deletes `releases/1.0.0/`, or renames it to `releases/1.0.1/`.
    Good: `git restore --source=origin/main -- releases`; then publish the change as a new release.
    """
    hint = "restore it, for example: git restore --source=origin/main -- releases"
    for path, detail in faults:
        yield _found(release_changed, path, detail, hint)


def wrong_release(faults: Faults) -> Iterator[Problem]:
    """C616: An added release is not what this commit builds.

    What: `releases/` has a version that the base commit lacks, and its version is not above the last one,
    its checksums do not match, or the corpus at this commit compiles to another content hash. Checked with
    `--base` or `--since`. It cannot be suppressed, and its severity cannot be changed.
    Why: no one reviews Parquet files line by line. A release that the corpus does not compile to could hold
    anything.
    Bad: release 1.1.0 was made, and then an annotation was corrected in the same pull request.
    Good: delete the version, and run `corpus release` as the last step.
    """
    for path, detail in faults:
        yield _found(wrong_release, path, detail, "delete it and run corpus release again")


def unreadable_release(faults: Faults) -> Iterator[Problem]:
    """C618: The last release cannot be read.

    What: a table of documents of the last release is damaged, is a link, or would take far more memory than its size
    allows for. Moved splits cannot be found without it. It cannot be suppressed, and its severity cannot be changed.
    Why: a few hundred bytes of Parquet can unpack to gigabytes, and no reader should find out by trying.
    Bad: `releases/1.0.0/documents/train-00000-of-00001.parquet` was cut off by a failed download.
    Good: `git restore -- releases`, or the release from where it was published.
    """
    for path, detail in faults:
        yield _found(unreadable_release, path, detail, "restore it, for example: git restore -- releases")


RELEASE_RULES = (Rule(release_changed), Rule(wrong_release), Rule(unreadable_release))


def _found(ask: Callable[[Faults], Iterator[Problem]], path: str, detail: str, suggestion: str) -> Problem:
    doc = documentation(ask)
    return Problem(doc.code, "error", path, f"{doc.message}: {detail}", suggestion=suggestion)
