"""`corpus.load`: a config of a corpus in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .model import CorpusError
from .settings import find_root


def load(config: str = "documents", *, split: str | None = None, root: str | Path | None = None, **options: Any) -> Any:
    """The config of the corpus built in `root` (default: the corpus around the working folder, or this repository).

    Returns a `datasets.DatasetDict`, or with `split` a `datasets.Dataset`; `options` go to
    `datasets.load_dataset` (streaming=True, …). Raises CorpusError when nothing was built yet, or
    when there is no such config.
    """
    folder = _root(root) / "build"
    if not (folder / "manifest.json").is_file():
        raise CorpusError(f"{folder} holds no build; run `corpus build` first")
    known = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if config not in known:
        raise CorpusError(f"there is no config {config!r} in {folder}; there are {', '.join(known)}")
    import datasets

    return datasets.load_dataset(str(folder), config, split=split, **options)


def _root(root: str | Path | None) -> Path:
    if root is not None:
        return Path(root).resolve()
    try:
        return find_root(Path.cwd())
    except CorpusError:
        return find_root(Path(__file__).resolve().parent)
