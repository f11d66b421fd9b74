"""`corpus.load`: a config of a corpus in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .model import CorpusError
from .settings import find_root


def load(
    config: str = "documents",
    *,
    split: str | None = None,
    version: str | None = None,
    root: str | Path | None = None,
    **options: Any,
) -> Any:
    """A config of the corpus in `root` (default: the corpus around the working folder, or this repository).

    With `version`, X.Y.Z, of that release, each of whose files is first held against its manifest; else of the
    last build. Returns a `datasets.DatasetDict`, or with `split` a `datasets.Dataset`; `options` go to
    `datasets.load_dataset` (streaming=True, …). Raises CorpusError when nothing was built yet, when there
    is no such release or config, or when a file is not as it was released.
    """
    from .release.verifying import read_manifest

    folder = _root(root) / ("build" if version is None else f"releases/{version}")
    if not (folder / "manifest.json").is_file():
        raise CorpusError(
            f"{folder} holds no build; run `corpus build` first"
            if version is None
            else f"there is no release {version} in {folder.parent}"
        )
    manifest = read_manifest(folder)
    if config not in manifest["configs"]:
        raise CorpusError(
            f"there is no config {config!r} in {folder}; there are {', '.join(sorted(manifest['configs']))}"
        )
    if version is not None:
        _hold(folder, manifest["files"])
    import datasets

    return datasets.load_dataset(str(folder), config, split=split, **options)


def _hold(folder: Path, files: Mapping[str, str]) -> None:
    """Raise CorpusError when a file of a release is gone or is not as its manifest says."""
    from .release.hashes import file_hash

    for name, digest in files.items():
        if not (folder / name).is_file() or file_hash(folder / name) != digest:
            raise CorpusError(f"{folder / name} is not as it was released; `corpus verify` says more")


def _root(root: str | Path | None) -> Path:
    if root is not None:
        return Path(root).resolve()
    try:
        return find_root(Path.cwd())
    except CorpusError:
        return find_root(Path(__file__).resolve().parent)
