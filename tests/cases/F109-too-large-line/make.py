"""A bulk file with a line of more than 16 MiB between its two, most of it a hole that takes no room on the disk."""

from pathlib import Path


def make(bad: Path, good: Path) -> None:
    path = bad / "raw" / "ponds.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    with path.open("wb") as file:
        file.write(first)
        file.truncate(len(first) + 16 * 2**20 + 1)
        file.seek(0, 2)
        file.write(b"\n" + second)
