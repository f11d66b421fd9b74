"""Which documents a change touches: the files of the corpus now, against where the branch left REF.

    REF, HEAD → merge base → git diff, git ls-files --others → changed files → Changes
                    └ what bulk files held then ┘                     └ rules among them: all is asked

Git is asked, as it is when a person types `git diff REF...`: what is committed, staged, neither, or not
yet added. A rename is one file less and one more. What git ignores is in no change.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

from ..core.model import CorpusError
from . import DOC_ID, Index, Reader, is_bulk

_ASKED = ("raw", "annotations", "schema", "releases", "pyproject.toml")
"""What findings depend on, in the folder of a corpus."""
_PART = re.compile(rf"(?:raw|annotations/[^/]+)/({DOC_ID.pattern})\.(?:json|txt)")
_IN_FOLDER = re.compile(r"(?:raw|annotations/[^/]+)/[^/]+")
_RULES = re.compile(r"schema/.*\.json|annotations/[^/]+\.toml|releases/.*")
_SAFE = ("-c", "core.fsmonitor=false", "-c", "diff.autoRefreshIndex=true", "-c", "core.trustctime=true")
"""Settings of the repository that would start a program, or make git overlook an edit."""
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks, of a repository that need not be the one of the corpus."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change touches.

    `doc_ids` are the documents of which a part was added, changed or taken away, whether or not one is
    left; `files` are the changed files, relative to the corpus, which may hold what belongs to no
    document. `rules` names a changed file that all findings depend on, "" for none.
    """

    doc_ids: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    rules: str = ""


def changes(index: Index, ref: str) -> Changes:
    """What differs between the corpus and the merge base of `ref` and HEAD.

    A bulk file is compared line by line, so that one changed line touches one document. Raises
    CorpusError when git cannot tell.
    """
    git = _Git(index.root)
    base = _base(git, ref)
    found = set(git.names("diff", "--name-only", "-z", *_PLAIN, base, "--", *_ASKED))
    found.update(git.names("ls-files", "--others", "--exclude-standard", "-z", "--", *_ASKED))
    rules = next((path for path in sorted(found) if _is_rule(git, base, path)), "")
    if rules:
        return Changes(rules=rules)
    bulk = sorted(path for path in found if is_bulk(path) and _IN_FOLDER.fullmatch(path))
    of_one = {match[1] for path in found if (match := _PART.fullmatch(path))}
    doc_ids = of_one | _in_bulk(git, base, index, bulk) if bulk else of_one
    return Changes(frozenset(doc_ids), frozenset(found))


_PLAIN = ("--no-renames", "--relative", "--no-ext-diff", "--no-textconv", "--no-color")


class _Git:
    """Runs git in the folder of the corpus, without a shell."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._start = ("git", *_SAFE, "-C", str(root))
        self._env = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
        self._env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}

    def run(self, *argv: str, out: IO[bytes] | int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
        """What git did. Raises CorpusError when there is no git."""
        try:
            return subprocess.run(
                [*self._start, *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=self._env
            )
        except FileNotFoundError:
            raise CorpusError("--since needs git, which is not installed") from None

    def read(self, *argv: str) -> bytes:
        """What git printed. Raises CorpusError with what it said when it failed."""
        done = self.run(*argv)
        if done.returncode:
            raise CorpusError(f"--since: git {argv[0]}: {_first_line(done.stderr)}")
        return done.stdout

    def names(self, *argv: str) -> Iterator[str]:
        """The paths that git printed, as the index of the corpus shows them."""
        for name in self.read(*argv).split(b"\0"):
            if name:
                yield name.decode("utf-8", "replace").rstrip("/")


def _base(git: _Git, ref: str) -> str:
    """The commit that the change began at."""
    inside = git.run("rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        raise CorpusError(f"--since needs a corpus in a git repository: {_first_line(inside.stderr)}")
    shallow = git.read("rev-parse", "--is-shallow-repository").strip() == b"true"
    deeper = "; this clone is shallow: git fetch --unshallow, or `fetch-depth: 0` in a workflow" if shallow else ""
    for name in (ref, "HEAD"):
        if name.startswith("-") or git.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").returncode:
            raise CorpusError(f"--since: {name} is no commit of this repository{deeper or '; git fetch may bring it'}")
    done = git.run("merge-base", ref, "HEAD")
    if done.returncode:
        raise CorpusError(f"--since: {ref} and HEAD have no commit in common{deeper}")
    if ignored := git.run("check-ignore", "--", "raw", "annotations").stdout.split():
        raise CorpusError(f"--since: git ignores {ignored[0].decode()}/, so it cannot tell what changed there")
    return done.stdout.decode().strip()


def _first_line(said: bytes) -> str:
    return next(iter(said.decode("utf-8", "replace").splitlines()), "it failed")


def _is_rule(git: _Git, base: str, path: str) -> bool:
    """Whether all findings depend on a changed file. Of pyproject.toml they depend on [tool.corpus] alone."""
    if path != "pyproject.toml":
        a_folder = path in _ASKED  # of which git tells no more, such as a submodule
        return a_folder or _RULES.fullmatch(path) is not None
    try:
        now = (git.root / path).read_bytes()
    except OSError:
        now = b""
    return bool(_settings(git.run("cat-file", "blob", f"{base}:./{path}").stdout) != _settings(now))


def _settings(written: bytes) -> Any:
    """What [tool.corpus] says; the bytes themselves when they are no TOML."""
    try:
        tool = tomllib.loads(written.decode()).get("tool", {})
        return tool.get("corpus") if isinstance(tool, dict) else tool
    except (ValueError, RecursionError):
        return written


def _in_bulk(git: _Git, base: str, index: Index, paths: Iterable[str]) -> set[str]:
    """The documents with a line in these bulk files that was not there at `base`, or no longer is."""
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
    """The doc_id and a hash of each line of a bulk file."""
    for entry in index.in_file(path):
        if entry.line:
            yield entry.doc_id, b"" if entry.fault else blake2b(reader.read(entry), digest_size=16).digest()
