"""A file that goes away between the listing of the corpus and the reading of the file.

Mode 000 would not do: root, as which containers run, reads such a file.
"""

from pathlib import Path


def make(bad: Path, good: Path) -> None:
    """Nothing: all files are there when the run begins."""


def meanwhile(bad: Path) -> None:
    """What happens after `bad` was listed and before it is read."""
    (bad / "raw" / "vanishing-lake.txt").unlink()
