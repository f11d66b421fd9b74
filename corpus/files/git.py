"""Run git in the folder of a corpus, without a shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..core.model import CorpusError

_SETTINGS = (
    *("core.fsmonitor=false", "core.untrackedCache=false", "diff.autoRefreshIndex=true"),
    *("core.checkStat=default", "core.trustctime=true"),
)
_SAFE = tuple(part for setting in _SETTINGS for part in ("-c", setting))
"""Override settings of the repository that would start a program, or make git overlook an edit."""
_OF_ANOTHER = (
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
"""Variables that git sets for its hooks. They name a repository that need not be the corpus's."""


class GitError(CorpusError):
    """git is not installed, or it failed."""


class Git:
    """The repository that holds the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._start = ("git", *_SAFE, "-C", str(root))
        self._env = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
        # Read without taking a lock, so that a commit may go on meanwhile; never wait for a password.
        self._env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}

    def run(self, *argv: str, out: IO[bytes] | int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
        """Run git to its end, whatever its exit code. Raises GitError if git is not installed."""
        try:
            return subprocess.run(
                [*self._start, *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=self._env
            )
        except FileNotFoundError:
            raise GitError("git is not installed") from None

    def read(self, *argv: str) -> bytes:
        """Return the output of git. Raises GitError, with git's first line of errors, if it fails."""
        done = self.run(*argv)
        if done.returncode:
            raise GitError(f"git {argv[0]}: {first_line(done.stderr)}")
        return done.stdout

    def ask(self, *argv: str) -> str | None:
        """Return the output of git without the line end, None if git is not installed or fails."""
        try:
            return self.read(*argv).decode("utf-8", "replace").strip("\n")
        except GitError:
            return None

    def names(self, *argv: str) -> Iterator[str]:
        """Yield the NUL-terminated paths that git prints, spelled as the index of the corpus has them."""
        for name in self.read(*argv).split(b"\0"):
            if name:
                yield name.decode("utf-8", "replace").rstrip("/")


def first_line(said: bytes) -> str:
    """Return the first line of an error message of git."""
    return next(iter(said.decode("utf-8", "replace").splitlines()), "no message")
