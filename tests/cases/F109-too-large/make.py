"""A text of 16 MiB and one byte, most of it a hole that takes no room on the disk."""

from pathlib import Path


def make(bad: Path, good: Path) -> None:
    with (bad / "raw" / "long-minutes.txt").open("r+b") as file:
        file.truncate(16 * 2**20 + 1)
