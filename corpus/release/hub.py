"""A release ↔ a dataset repository of the Hugging Face hub, in which its version is the tag `vX.Y.Z`.

no such tag yet? → the repository is made → what differs is sent → held against the folder → tagged

A run that was killed is run again: what the hub has is not sent again, and the tag comes last.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.model import CorpusError

TOKEN = "HF_TOKEN"
"""The environment variable with the hub's token; it is taken from nowhere else."""
_OWN = ".gitattributes"
"""The file that the hub itself puts into a repository."""


def publish(folder: Path, version: str, repo: str, *, private: bool = False) -> str:
    """Push a release to the dataset `repo`, OWNER/NAME, as the tag `v<version>`; the address of the tag.

    The repository is made when it is not there, `private` or as its owner's settings say. At the tag it
    holds the files of `folder` and none else. Nothing is changed when the tag is there. Raises
    CorpusError, which never holds the token, when the hub refuses or cannot be reached.
    """
    token = _token()
    if not token:
        raise CorpusError(f"the environment variable {TOKEN} must hold a token of the hub that may write to {repo}")
    tag = f"v{version}"
    with _in_one_line(repo):
        from huggingface_hub import HfApi

        api = HfApi(token=token)
        if tag in _tags(api, repo):
            raise CorpusError(f"{repo} has {tag} already, and what is published is never changed")
        api.create_repo(repo, repo_type="dataset", private=private or None, exist_ok=True)
        if private and not api.repo_info(repo, repo_type="dataset").private:
            raise CorpusError(
                f"{repo} is there and is public; nothing was pushed. Make it private, or leave --private out"
            )
        pushed = api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            delete_patterns="*",
            commit_message=f"Version {version}",
        )
        if wrong := _differences(api, repo, pushed.oid, folder):
            raise CorpusError(f"{repo} was pushed and is not tagged: {wrong[0]} is not there as it is in {folder}")
        api.create_tag(repo, tag=tag, revision=pushed.oid, repo_type="dataset")
        return f"{api.endpoint}/datasets/{repo}/tree/{tag}"


def fetch(repo: str, version: str) -> Path:
    """The folder of a published release, downloaded to the cache of the hub's library when it is not there.

    Raises CorpusError when the repository has no such version, or the hub refuses or cannot be reached.
    """
    _token()
    with _in_one_line(repo):
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import RevisionNotFoundError

        try:
            return Path(snapshot_download(repo, repo_type="dataset", revision=f"v{version}"))
        except RevisionNotFoundError:
            raise CorpusError(f"{repo} has no version {version}: there is no tag v{version}") from None


def _token() -> str:
    """The token of the environment, "" for none. One with other letters could not be blotted out of every message."""
    token = os.environ.get(TOKEN, "").strip()
    if not re.fullmatch(r"[A-Za-z0-9_.=+/-]*", token):
        raise CorpusError(f"{TOKEN} holds no token of the hub: it has letters that no token has")
    return token


def _tags(api: Any, repo: str) -> set[str]:
    """The tags of a repository; none when it is not there."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return {tag.name for tag in api.list_repo_refs(repo, repo_type="dataset").tags}
    except RepositoryNotFoundError as error:
        if error.response.status_code == 401:  # the hub says "not found" of what a bad token may not see
            raise
        return set()


def _differences(api: Any, repo: str, commit: str, folder: Path) -> list[str]:
    """The files that a commit and the folder do not have alike, by the hashes that the hub tells."""
    here = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    tree = api.list_repo_tree(repo, recursive=True, revision=commit, repo_type="dataset")
    there = {file.path: file for file in tree if hasattr(file, "blob_id") and file.path != _OWN}
    return sorted(here.keys() ^ there.keys()) + [
        name for name in sorted(here.keys() & there.keys()) if not _is_same(here[name], there[name])
    ]


def _is_same(path: Path, file: Any) -> bool:
    with path.open("rb") as opened:
        if file.lfs is not None:
            return bool(hashlib.file_digest(opened, "sha256").hexdigest() == file.lfs.sha256)
        blob = hashlib.sha1(b"blob %d\0" % path.stat().st_size)
        while piece := opened.read(2**20):
            blob.update(piece)
    return bool(blob.hexdigest() == file.blob_id)


@contextmanager
def _in_one_line(repo: str) -> Iterator[None]:
    """Turn what the hub's library raises into a CorpusError of one line, in which the token is blotted out.

    The library documents no common error: those of HTTP, of its own checks and of its uploads have none.
    """
    try:
        yield
    except CorpusError:
        raise
    except Exception as error:
        told = [error, *filter(None, (error.__cause__,))]
        text = ": ".join(" ".join(str(one).split()) or type(one).__name__ for one in told)
        if token := _token():
            text = text.replace(token, f"${TOKEN}")
        raise CorpusError(f"{repo}: {text[:1000]}") from None
