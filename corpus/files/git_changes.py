"""Which documents a change touches: the files of the corpus now, and those where the branch left REF.

    REF, HEAD → merge base → git diff, git ls-files --others → changed files → Changes
                    └ bulk files as they were ┘                  └ rules among them: check everything

The comparison is that of `git diff REF...`, and includes staged, unstaged and untracked files. A
rename is one deleted and one added file. Files that git ignores are in no change.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from ..core.model import CorpusError
from .git import Git, GitError, first_line
from .index import DOC_ID, Index, is_bulk
from .read import Reader
from .rule_files import RULE_FOLDERS, SETTINGS, changed_files, is_rule

_INPUTS = ("raw", "annotations", *RULE_FOLDERS, SETTINGS)
"""Files and folders of a corpus that findings depend on."""
_PART = re.compile(rf"(?:raw(?:/attached)?|annotations/[^/]+)/({DOC_ID.pattern})\.(?:json|txt)")
_IN_FOLDER = re.compile(r"(?:raw|annotations/[^/]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class Changes:
    """The documents and files that a change touches.

    `doc_ids` are the documents with a part that was added, changed or deleted, even if none is left.
    `files` are the changed files, relative to the corpus. `rules` is a changed file that all findings
    depend on, "" if there is none. `base` is the commit of the comparison.
    """

    doc_ids: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    rules: str = ""
    base: str = ""


def changes(index: Index, ref: str) -> Changes:
    """Compare the corpus with the merge base of `ref` and HEAD.

    A bulk file is compared line by line, so one changed line touches one document. Raises CorpusError
    if git is not installed or cannot compare.
    """
    try:
        return _changes(Git(index.root), index, ref)
    except GitError as error:
        raise CorpusError(f"--since: {error}") from None


def changed_since(root: Path, ref: str) -> set[str]:
    """Return the changed files of articles and annotations, also those that are deleted. Raises CorpusError."""
    git = Git(root)
    try:
        return changed_files(git, _base(git, ref), "raw", "annotations")
    except GitError as error:
        raise CorpusError(f"--since: {error}") from None


def _changes(git: Git, index: Index, ref: str) -> Changes:
    base = _base(git, ref)
    found = changed_files(git, base, *_INPUTS)
    rules = next((path for path in sorted(found) if is_rule(git, base, path)), "")
    if rules:
        return Changes(rules=rules, base=base)
    bulk = sorted(path for path in found if is_bulk(path) and _IN_FOLDER.fullmatch(path))
    of_one = {match[1] for path in found if (match := _PART.fullmatch(path))}
    doc_ids = of_one | _in_bulk(git, base, index, bulk) if bulk else of_one
    return Changes(frozenset(doc_ids), frozenset(found), base=base)


def _base(git: Git, ref: str) -> str:
    """Return the merge base of `ref` and HEAD, from which the change is counted."""
    # Each step of git that can fail is asked for first, so that the message names the cause.
    inside = git.run("rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        raise CorpusError(f"--since needs a corpus in a git repository: {first_line(inside.stderr)}")
    shallow = git.read("rev-parse", "--is-shallow-repository").strip() == b"true"
    deeper = "; this clone is shallow: git fetch --unshallow, or `fetch-depth: 0` in a workflow" if shallow else ""
    for name in (ref, "HEAD"):
        if name.startswith("-") or git.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").returncode:
            raise CorpusError(f"--since: {name} is not a commit of this repository{deeper or '; try git fetch'}")
    done = git.run("merge-base", ref, "HEAD")
    if done.returncode:
        raise CorpusError(f"--since: {ref} and HEAD have no commit in common{deeper}")
    if ignored := git.run("check-ignore", "--", "raw", "annotations").stdout.split():
        raise CorpusError(f"--since: git ignores {ignored[0].decode()}/, so changes in it cannot be found")
    return done.stdout.decode().strip()


def _in_bulk(git: Git, base: str, index: Index, paths: Iterable[str]) -> set[str]:
    """Return the documents with a line in these bulk files that was added or deleted since `base`."""
    found: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        then = Path(folder)
        (then / "raw").mkdir()
        for path in paths:
            (then / path).parent.mkdir(parents=True, exist_ok=True)
            with (then / path).open("wb") as out:
                git.run("cat-file", "blob", f"{base}:./{path}", out=out)
        with Index(then) as before, Reader(then, before.unpacked) as old, Reader(index.root, index.unpacked) as new:
            for path in paths:
                lines = Counter(_lines(before, old, path))
                lines.subtract(_lines(index, new, path))
                found.update(doc_id for (doc_id, _), count in lines.items() if count and doc_id)
    return found


def _lines(index: Index, reader: Reader, path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the doc_id and a hash of each line of a bulk file."""
    for entry in index.in_file(path):
        if entry.line:
            yield entry.doc_id, b"" if entry.fault else blake2b(reader.read(entry), digest_size=16).digest()
