"""Copy the files of a corpus in object storage that are not of articles or annotations to this machine."""

from __future__ import annotations

from pathlib import Path

from ..core.model import CorpusError
from ..core.settings import VERSION
from .prompts import PROMPTS
from .releases import TABLES_OF_DOCUMENTS, parts
from .storage import Storage
from .writer import make_folder


def fetch_settings(storage: Storage, to: Path) -> None:
    """Copy schema, settings, card, prompts, exceptions, baseline, and of the last release what splits are compared to.

    Raises CorpusError if there is no corpus.
    """
    names = settings_files(storage)
    if "schema/annotation.schema.json" not in names:
        raise CorpusError(f"{storage} is not a corpus: it has no schema/annotation.schema.json")
    versions = [item.name for item in storage.list("releases") if item.is_folder and VERSION.fullmatch(item.name)]
    if versions:
        last = f"releases/{max(versions, key=parts)}"
        folders = [f"{last}/{name}" for name in TABLES_OF_DOCUMENTS]
        names += [f"{last}/manifest.json"]
        names += [f"{folder}/{item.name}" for folder in folders for item in storage.list(folder)]
    for name in names:
        storage.fetch(name, to / name)
    make_folder(to / "raw")


def settings_files(storage: Storage) -> list[str]:
    """Return the names of the files of a corpus that belong neither to documents nor to releases."""
    names = [f"schema/{item.name}" for item in storage.list("schema") if item.name.endswith(".json")]
    names += [
        item.name for item in storage.list() if item.name.endswith((".toml", ".md", ".cff")) and not item.is_folder
    ]
    names += [f"annotations/{item.name}" for item in storage.list("annotations") if item.name.endswith(".toml")]
    return names + [f"{PROMPTS}/{item.name}" for item in storage.list(PROMPTS) if not item.is_folder]
