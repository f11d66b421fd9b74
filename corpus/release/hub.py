"""Publish a release to a dataset repository of the Hugging Face hub as the tag `vX.Y.Z`, and fetch it again.

    check that the tag is new → create the repository → upload the differences → compare with the folder → tag

An interrupted publication can be run again: files that the hub has are not sent twice, and the tag comes last, so a
tag always names a complete release.
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
from ..core.regular_file import open_file

TOKEN = "HF_TOKEN"
"""The environment variable that holds the hub's token; no other source is read."""
_OWN = ".gitattributes"
"""The file that the hub itself adds to a repository."""


def publish(folder: Path, version: str, repo: str, *, private: bool = False) -> str:
    """Push a release to the dataset `repo` (OWNER/NAME) as the tag `v<version>`, and return the tag's URL.

    The repository is created if it does not exist, `private` or by its owner's default. At the tag it
    holds the files of `folder` and no others. If the tag exists, nothing is changed. Raises CorpusError if
    the tag exists, or if the hub refuses or is unreachable; the message never contains the token.
    """
    token = _token()
    if not token:
        raise CorpusError(f"set the environment variable {TOKEN} to a Hugging Face token with write access to {repo}")
    tag = f"v{version}"
    with _in_one_line(repo):
        from huggingface_hub import HfApi

        api = HfApi(token=token)
        if tag in _tags(api, repo):
            raise CorpusError(f"{repo} has the tag {tag} already, and published releases are immutable")
        api.create_repo(repo, repo_type="dataset", private=private or None, exist_ok=True)
        if private and not api.repo_info(repo, repo_type="dataset").private:
            raise CorpusError(f"{repo} exists and is public; nothing was pushed. Make it private, or omit --private")
        pushed = api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            delete_patterns="*",
            commit_message=f"Version {version}",
        )
        if wrong := _differences(api, repo, pushed.oid, folder):
            raise CorpusError(
                f"{repo} was pushed but not tagged: {wrong[0]} differs from {folder}; run the command again"
            )
        api.create_tag(repo, tag=tag, revision=pushed.oid, repo_type="dataset")
        return f"{api.endpoint}/datasets/{repo}/tree/{tag}"


def fetch(repo: str, version: str) -> Path:
    """Return the folder of a published release; download it unless the hub library's cache has it.

    Raises CorpusError if the repository has no such version, or if the hub refuses or is unreachable.
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
    """Return the token of the environment, "" for none.

    A token with other characters could be quoted or escaped in a message and would then escape redaction, so it is
    rejected here.
    """
    token = os.environ.get(TOKEN, "").strip()
    if not re.fullmatch(r"[A-Za-z0-9_.=+/-]*", token):
        raise CorpusError(f"{TOKEN} is not a Hugging Face token: only letters, digits and _ . = + / - may occur in it")
    return token


def _tags(api: Any, repo: str) -> set[str]:
    """Return the tags of a repository, none if it does not exist."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return {tag.name for tag in api.list_repo_refs(repo, repo_type="dataset").tags}
    except RepositoryNotFoundError as error:
        if error.response.status_code == 401:  # the hub answers "not found" for whatever an invalid token cannot see
            raise
        return set()


def _differences(api: Any, repo: str, commit: str, folder: Path) -> list[str]:
    """Return the names of files that differ between a commit and the folder, by the hashes in the hub's listing."""
    here = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    tree = api.list_repo_tree(repo, recursive=True, revision=commit, repo_type="dataset")
    there = {file.path: file for file in tree if hasattr(file, "blob_id") and file.path != _OWN}
    return sorted(here.keys() ^ there.keys()) + [
        name for name in sorted(here.keys() & there.keys()) if not _is_same(here[name], there[name])
    ]


def _is_same(path: Path, file: Any) -> bool:
    with open_file(path) as opened:
        if file.lfs is not None:
            return bool(hashlib.file_digest(opened, "sha256").hexdigest() == file.lfs.sha256)
        blob = hashlib.sha1(b"blob %d\0" % path.stat().st_size)
        while piece := opened.read(2**20):
            blob.update(piece)
    return bool(blob.hexdigest() == file.blob_id)


@contextmanager
def _in_one_line(repo: str) -> Iterator[None]:
    """Turn any error of the hub's library into a CorpusError of one line with the token redacted.

    `Exception` is caught since the library has no common base class for errors of HTTP, validation and upload.
    """
    try:
        yield
    except CorpusError:
        raise
    except ModuleNotFoundError:  # the library of the hub is an extra
        raise
    except Exception as error:
        told = [error, *filter(None, (error.__cause__,))]
        text = ": ".join(" ".join(str(one).split()) or type(one).__name__ for one in told)
        if token := _token():
            text = text.replace(token, f"${TOKEN}")
        raise CorpusError(f"{repo}: {text[:1000]}") from None
