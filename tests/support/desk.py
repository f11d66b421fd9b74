"""A lead's copy of the corpus, and the command run on it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from support.studio import User

DOCUMENTS = [
    *("barrage-cost-analysis", "barrage-hearing-delay", "bell-loan-courier", "cup-final-goal-line"),
    *("merger-hospital-packet", "night-ferry-strike-live", "skarrow-lowe-interview", "storm-ketterick-brief"),
    *("storm-little-cray-packet", "vellish-signs-opinion"),
]
"""The documents on the desk, which two annotators and gold have: all kinds of marks, decomposed letters, emoji."""
WITHHELD = ["000_1a148ceac667d117"]
"""The document on the desk whose text is not here."""


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str


@dataclass
class Desk:
    """A lead's copy of a corpus, and the command run on it as a process of its own."""

    root: Path
    url: str
    token: str
    outputs: list[str] = field(default_factory=list)

    def environment(self, **extra: str) -> dict[str, str]:
        """What the command sees: the server and the token, and nothing of the tester's own."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PYTHONPATH", "LANG")}
        return {**kept, "LABEL_STUDIO_URL": self.url, "LABEL_STUDIO_API_KEY": self.token, **extra}

    def run(self, *argv: str, **extra: str) -> Ran:
        """Run `corpus --root ROOT ARGV…`."""
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "ignore", "-m", "corpus", "--root", str(self.root), *argv],
            env=self.environment(**extra),
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        self.outputs += [done.stdout, done.stderr]
        return Ran(done.returncode, done.stdout, done.stderr)

    def push(self, project: str, *argv: str, **extra: str) -> Ran:
        """Run `corpus label-studio push`."""
        return self.run("label-studio", "push", "--project", project, *argv, **extra)

    def pull(self, project: str, *argv: str, **extra: str) -> Ran:
        """Run `corpus label-studio pull`."""
        return self.run("label-studio", "pull", "--project", project, *argv, **extra)

    def name(self, **people: User) -> None:
        """Say under which pseudonym each user annotates."""
        lines = "".join(f'"{user.id}" = "{name}"\n' for name, user in people.items())
        (self.root / "annotators.toml").write_text(f"[people]\n{lines}")

    def files(self) -> dict[str, bytes]:
        """Every annotation file, by path."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted((self.root / "annotations").rglob("*.json"))
        }

    def leaks(self, *secrets: str) -> list[str]:
        """Where a secret stands: in an output, or in any file of the desk."""
        found = [f"output: {text[:200]}" for text in self.outputs if any(secret in text for secret in secrets)]
        for path in self.root.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                found += [str(path) for secret in secrets if secret.encode() in data]
        return found
