"""A text that is a link to a file outside of the corpus; not every file system has links."""

from pathlib import Path


def make(bad: Path, good: Path) -> None:
    text = bad / "raw" / "night-bus.txt"
    outside = bad.parent / "night-bus-outside.txt"
    outside.write_bytes(text.read_bytes())
    text.unlink()
    text.symlink_to(outside)
