"""`corpus.load`: a config of a corpus in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.model import CorpusError
from ..core.settings import REPO, VERSION, find_root, read_settings


def load(
    config: str = "documents",
    *,
    split: str | None = None,
    version: str | None = None,
    repo: str | None = None,
    root: str | Path | None = None,
    **options: Any,
) -> Any:
    """A config of the corpus in `root` (default: the corpus around the working folder, or this repository).

    Without `version`, of the last build. With it, X.Y.Z, of that release, each of whose files is first held
    against its manifest: of the one in releases/, else of the one that the hub has in the repository named
    as `hub` in `[tool.corpus]`; with `repo`, OWNER/NAME, of the one in that repository. Returns a
    `datasets.DatasetDict`, or with `split` a `datasets.Dataset`; `options` go to `datasets.load_dataset`
    (streaming=True, …). Raises CorpusError when nothing was built yet, when there is no such release or
    config, when the hub refuses, or when a file is not as it was released.
    """
    from .verify import read_manifest

    if version is None and repo is not None:
        raise CorpusError("a repository of the hub holds releases: give a version too")
    folder = _folder(version, repo, root)
    manifest = read_manifest(folder)
    if version is not None and manifest.get("version") != version:
        raise CorpusError(f"{folder} is not the release {version}: its manifest says {manifest.get('version')!r}")
    if config not in manifest["configs"]:
        raise CorpusError(
            f"there is no config {config!r} in {folder}; there are {', '.join(sorted(manifest['configs']))}"
        )
    if version is not None:
        _hold(folder, config, manifest["files"])
    import datasets

    return datasets.load_dataset(str(folder), config, split=split, **options)


def _folder(version: str | None, repo: str | None, root: str | Path | None) -> Path:
    """The folder to load from, which is downloaded when it is the hub that has it."""
    from .hub import fetch

    if version is not None and not VERSION.fullmatch(version):
        raise CorpusError(f"a version is X.Y.Z, such as 1.0.0, and not {version}")
    if repo is not None:
        if not REPO.fullmatch(repo):
            raise CorpusError(f"a repository of the hub is OWNER/NAME, and not {repo}")
        return fetch(repo, str(version))
    corpus = _root(root)
    folder = corpus / ("build" if version is None else f"releases/{version}")
    if (folder / "manifest.json").is_file():
        return folder
    if version is None:
        raise CorpusError(f"{folder} holds no build; run `corpus build` first")
    from ..checks.suppress.suppressions import all_severities

    if hub := read_settings(corpus, all_severities()).hub:
        return fetch(hub, version)
    raise CorpusError(
        f"there is no release {version} in {folder.parent}, and no repository of the hub to look in: "
        f"set hub in [tool.corpus] of {corpus / 'pyproject.toml'}, or give repo"
    )


def _hold(folder: Path, config: str, files: Mapping[str, str]) -> None:
    """Raise CorpusError when a file of a release is gone or is not as its manifest says, or a table has one more."""
    from .hashes import file_hash

    for name, digest in files.items():
        if not (folder / name).is_file() or file_hash(folder / name) != digest:
            raise CorpusError(f"{folder / name} is not as it was released; `corpus verify` says more")
    for path in sorted((folder / config).iterdir()):
        if f"{config}/{path.name}" not in files:
            raise CorpusError(f"{path} is not of the release")


def _root(root: str | Path | None) -> Path:
    if root is not None:
        return Path(root).resolve()
    try:
        return find_root(Path.cwd())
    except CorpusError:
        return find_root(Path(__file__).resolve().parent)
