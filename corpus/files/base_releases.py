"""The releases of a base commit, and how the working tree differs from them.

A submission is checked against the releases of the branch that it wants to enter, not against its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..core.model import CorpusError
from ..core.settings import VERSION
from .git import Git, first_line
from .releases import TABLES_OF_DOCUMENTS, parts
from .rule_files import PLAIN, changed_files


@dataclass(frozen=True, slots=True)
class ReleaseChanges:
    """What differs from the base commit in releases/.

    `last` is the highest version of the base, "" if it has none. `faults` are the files of its releases
    that are missing, changed or new, each with what is wrong. `added` are the names of new versions.
    """

    last: str = ""
    faults: tuple[tuple[str, str], ...] = ()
    added: tuple[str, ...] = ()


def commit_of(git: Git, ref: str) -> str:
    """Return the full hash of a commit. Raises CorpusError."""
    done = git.run("rev-parse", "--is-inside-work-tree")
    if done.returncode:
        raise CorpusError(f"--base needs a corpus in a git repository: {first_line(done.stderr)}")
    found = None if ref.startswith("-") else git.ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if not found:
        raise CorpusError(f"--base: {ref} is not a commit of this repository; try git fetch, or a larger `fetch-depth`")
    return found


def release_changes(git: Git, base: str) -> ReleaseChanges:
    """Compare releases/ with the commit `base`, uncommitted changes included."""
    known = _files(git, base)
    versions = sorted({version for path in known if (version := _version(path))}, key=parts)
    now = changed_files(git, base, "releases")
    gone = set(git.names("diff", "--name-only", "--diff-filter=D", "-z", *PLAIN, base, "--", "releases"))
    faults = []
    for path in sorted(now):
        if path == "releases":
            faults.append((path, "it is not a directory"))
        elif _version(path) in versions:
            what = "is missing" if path in gone else "was changed" if path in known else "is new"
            faults.append((path, f"it {what}, compared with commit {base[:12]}"))
    added = {version for path in now - gone if (version := _version(path)) and version not in versions}
    return ReleaseChanges(versions[-1] if versions else "", tuple(faults), tuple(sorted(added, key=parts)))


@contextmanager
def last_release(git: Git, base: str, version: str) -> Iterator[Path]:
    """Yield a temporary directory with the tables of documents of release `version` in the commit `base`.

    `files.releases.read_last_release` reads it. Without a version it is empty. It is deleted at the end.
    """
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        root = Path(folder)
        folders = [f"releases/{version}/{name}" for name in TABLES_OF_DOCUMENTS if version]
        for name in folders:
            (root / name).mkdir(parents=True)
        for path, blob in _files(git, base).items():
            if path.rpartition("/")[0] in folders and path.endswith(".parquet"):
                with (root / path).open("wb") as out:
                    if git.run("cat-file", "blob", blob, out=out).returncode:
                        raise CorpusError(f"--base: git cannot read {path} of {base[:12]}; try git fetch")
        yield root


def _files(git: Git, base: str) -> dict[str, str]:
    """Return the regular files in releases/ of the commit `base`, and the name of each one's blob."""
    found = {}
    for line in git.names("ls-tree", "-r", "-z", base, "--", "releases/"):
        what, _, path = line.partition("\t")
        mode, _, blob = what.split(" ")
        if mode.startswith("100"):
            found[path] = blob
    return found


def _version(path: str) -> str:
    """Return the version that a path in releases/ belongs to, or ""."""
    name = path.partition("/")[2].partition("/")[0]
    return name if VERSION.fullmatch(name) else ""
