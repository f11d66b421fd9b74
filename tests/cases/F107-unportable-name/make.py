"""Names that cannot be checked out on every file system: a colon, quotation marks, an umlaut."""

from pathlib import Path


def make(bad: Path, good: Path) -> None:
    (bad / "raw" / "wahl-nein.json").rename(bad / "raw" / "Wahl: „Nein“.json")
    (bad / "raw" / "wahl-nein.txt").unlink()
    (bad / "annotations" / "Jörg").mkdir(parents=True)
