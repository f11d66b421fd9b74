"""A release in the base commit; in bad, one of its files is deleted and one has another byte."""

import subprocess
from pathlib import Path


def make(bad: Path, good: Path) -> None:
    for side in (bad, good):
        folder = side / "releases" / "1.0.0"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}\n", "utf-8")
        (folder / "README.md").write_text("The first release.\n", "utf-8")
        for argv in (
            ["init", "-q"],
            ["add", "--all"],
            ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "base"],
        ):
            subprocess.run(["git", "-C", side, *argv], check=True, capture_output=True)
    (bad / "releases" / "1.0.0" / "manifest.json").unlink()
    (bad / "releases" / "1.0.0" / "README.md").write_text("The first release!\n", "utf-8")
