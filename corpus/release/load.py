"""`corpus.load`: load a config of a corpus in one line."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.extras import missing_extra
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
    """Load a config of the corpus in `root` (default: the corpus around the working directory, or this repository).

    Outside any corpus, the build of this repository is loaded with a warning that names the directory.

    Without `version`, load the last build. With `version` (X.Y.Z), load that release and first compare its files
    with its manifest. The release is looked up in releases/, then on the hub in the repository that `hub` in
    `[tool.corpus]` names; with `repo` (OWNER/NAME), in that repository only.

    Returns a `datasets.DatasetDict`, or a `datasets.Dataset` if `split` is given. `options` are passed to
    `datasets.load_dataset` (streaming=True, …). Raises CorpusError if there is no build, release or config of
    that name, if the hub refuses, or if a file fails its checksum.
    """
    from .verify import read_manifest

    if version is None and repo is not None:
        raise CorpusError("a repository of the hub holds releases; give `version` with `repo`")
    folder, downloaded = _folder(version, repo, root)
    manifest = read_manifest(folder, links=downloaded)
    if version is not None and manifest.get("version") != version:
        raise CorpusError(f"{folder} is not release {version}: its manifest has version {manifest.get('version')!r}")
    if config not in manifest["configs"]:
        raise CorpusError(f"{folder} has no config {config!r}; {_instead(config, manifest['configs'])}")
    if version is not None:
        _check_files(folder, config, manifest["files"])
    try:
        import datasets
    except ModuleNotFoundError as error:
        raise (missing_extra(error) or error) from None
    return datasets.load_dataset(str(folder), config, split=split, **options)


def _instead(config: str, there: Mapping[str, Any]) -> str:
    """Return what a reader can load in place of a config that is not there."""
    if config == "withheld":
        return "it withholds no text, or is older than this config and has null as text in its other configs"
    if config == "twins":
        return "it has no twins, or is older than this config"
    return f"it has {', '.join(sorted(there))}"


def _fetch(repo: str, version: str) -> Path:
    from .hub import fetch

    try:
        return fetch(repo, version)
    except ModuleNotFoundError as error:
        raise (missing_extra(error) or error) from None


def _folder(version: str | None, repo: str | None, root: str | Path | None) -> tuple[Path, bool]:
    """Return the folder to load from, and True if it was downloaded because only the hub has it."""
    if version is not None and not VERSION.fullmatch(version):
        raise CorpusError(f"a version is X.Y.Z, such as 1.0.0, not {version}")
    if repo is not None:
        if not REPO.fullmatch(repo):
            raise CorpusError(f"a repository of the hub is OWNER/NAME, not {repo}")
        return _fetch(repo, str(version)), True
    corpus = _root(root)
    folder = corpus / ("build" if version is None else f"releases/{version}")
    if (folder / "manifest.json").is_file():
        return folder, False
    if version is None:
        raise CorpusError(f"{folder} has no build; run `corpus build` first")
    from ..checks.suppress.suppressions import all_severities

    if hub := read_settings(corpus, all_severities()).hub:
        return _fetch(hub, version), True
    raise CorpusError(
        f"{folder.parent} has no release {version}, and no repository of the hub is configured: "
        f"set hub in [tool.corpus] of {corpus / 'pyproject.toml'}, or pass `repo`"
    )


def _check_files(folder: Path, config: str, files: Mapping[str, str]) -> None:
    """Compare a release's files with its manifest. Raises CorpusError for a missing, changed or additional file."""
    from ..files.table_hash import file_hash

    for name, digest in files.items():
        if not (folder / name).is_file() or file_hash(folder / name) != digest:
            raise CorpusError(f"{folder / name} differs from the released file; `corpus verify` lists all mismatches")
    for path in sorted((folder / config).iterdir()):
        if f"{config}/{path.name}" not in files:
            raise CorpusError(f"{path} is not in the manifest of the release; `corpus verify` lists all mismatches")


def _root(root: str | Path | None) -> Path:
    if root is not None:
        return Path(root).resolve()
    try:
        return find_root(Path.cwd())
    except CorpusError:
        own = find_root(Path(__file__).resolve().parent)
    warnings.warn(
        f"{Path.cwd()} is not inside a corpus; loading from {own}; pass `root` to choose another", stacklevel=4
    )
    return own
