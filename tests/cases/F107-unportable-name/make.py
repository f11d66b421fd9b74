"""Names that cannot be checked out on every file system: a colon, quotation marks, an umlaut, a device of Windows."""

from pathlib import Path


def make(bad: Path, good: Path) -> None:
    (bad / "raw" / "wahl-nein.json").rename(bad / "raw" / "Wahl: „Nein“.json")
    (bad / "raw" / "wahl-nein.txt").unlink()
    (bad / "annotations" / "Jörg").mkdir(parents=True)
    (bad / "annotations" / "nul").mkdir()
    (bad / "raw" / "CON.json").write_text("{}")
    (bad / "raw" / "lpt1.notes.txt").write_text("Notes.")
    (bad / "raw" / "end..txt").write_text("Notes.")
