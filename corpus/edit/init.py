"""Start a new corpus from corpus/edit/skeleton/ and the shipped schema, atomically.

Placeholders `{{ name }}` in files of the skeleton are filled in; articles and annotations are copied unchanged.
"""

from __future__ import annotations

import json
import re
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from ..core.model import CorpusError
from ..core.regular_file import read_file, read_utf8
from ..core.schema import Schema, shipped
from ..files import new_folder
from .guidelines import GUIDELINES, own_book, with_tables

SKELETON = Path(__file__).parent / "skeleton"
SHIPPED = ("annotation.schema.json", "article.schema.json", "targets.schema.json", "README.md")
"""Files of this project's schema that a new corpus starts with, beside the guidelines. Targets are the skeleton's."""

_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_CHECKER = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@([0-9a-f]{40})")
_GITHUB = re.compile(r"(?:https://|ssh://git@)github\.com/([^/]+/[^/]+?)(?:\.git)?/?")
_AS_THEY_ARE = ("raw", "annotations")


class Checker(NamedTuple):
    """The repository (OWNER/NAME) and commit of this project that a corpus validates its submissions with."""

    repository: str
    commit: str


UNKNOWN = Checker("OWNER/on-the-record", "COMMIT")
"""Placeholder in a new corpus until its maintainer fills in the repository and the commit."""


def read_checker(written: str) -> Checker:
    """Parse OWNER/NAME@COMMIT. Raises CorpusError if it has another form."""
    match = _CHECKER.fullmatch(written)
    if not match:
        raise CorpusError(
            f"--checker must be OWNER/NAME@COMMIT with a commit of 40 hexadecimal digits, not {written!r}"
        )
    return Checker(match[1], match[2])


def installed_from() -> Checker:
    """Return the GitHub repository and commit that this package was installed from, or UNKNOWN."""
    try:
        return checker_of(distribution("on-the-record").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return UNKNOWN


def checker_of(direct_url: str) -> Checker:
    """Return the checker in a direct_url.json (PEP 610: the origin of an installed distribution), or UNKNOWN."""
    said = json.loads(direct_url)
    address = _GITHUB.fullmatch(str(said.get("url", "")))
    commit = str(said.get("vcs_info", {}).get("commit_id", ""))
    written = f"{address[1]}@{commit}" if address else ""
    return read_checker(written) if _CHECKER.fullmatch(written) else UNKNOWN


def start(folder: Path, title: str, license: str, checker: Checker) -> None:
    """Start a corpus in `folder`, which must not exist, or be empty except for `.git`.

    `license` is the SPDX identifier of the annotations' licence. Raises CorpusError, and leaves no files, if the
    folder is not empty, the title is not one line, or the licence is not an SPDX identifier.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CorpusError(f"{folder} is not a directory; choose another one")
    if folder.is_dir() and any(path.name != ".git" for path in folder.iterdir()):
        raise CorpusError(
            f"{folder} is not empty; choose another one, or delete what an interrupted `corpus init` left in it"
        )
    if not title.strip() or not title.isprintable():
        raise CorpusError(f"--title must be one line of printable text, not {title!r}")
    if not _LICENSE.fullmatch(license):
        raise CorpusError(f"--license must be an SPDX identifier such as CC-BY-4.0, not {license!r}")
    said = {
        "title": title.strip(),
        "title_quoted": json.dumps(title.strip(), ensure_ascii=False),
        "contributors_quoted": json.dumps(f"{title.strip()} contributors", ensure_ascii=False),
        "license": license,
        "license_id": license.lower(),
        "checker": checker.repository,
        "commit": checker.commit,
    }
    with new_folder(folder) as new:
        _copy(new.path, said)
        if folder.exists():
            _move_entries(new.path, folder)
        else:
            new.commit()


def _copy(made: Path, said: dict[str, str]) -> None:
    for path in sorted(SKELETON.rglob("*")):
        name = path.relative_to(SKELETON)
        if path.is_dir():
            (made / name).mkdir()
        elif name.parts[0] in _AS_THEY_ARE:
            (made / name).write_bytes(read_file(path))
        else:
            (made / name).write_bytes(filled(read_utf8(path), said).encode())
    for shared in SHIPPED:
        (made / "schema" / shared).write_bytes(read_file(shipped() / shared))
    book = own_book(read_utf8(shipped() / "GUIDELINES.md"))
    (made / GUIDELINES).write_bytes(with_tables(book, Schema.read(made)).encode())


def filled(text: str, said: dict[str, str]) -> str:
    """Fill in each `{{ name }}` from `said`; `${{ … }}` expressions of workflows stay."""
    return re.sub(r"(?<!\$)\{\{ (\w+) \}\}", lambda match: said[match[1]], text)


def _move_entries(made: Path, folder: Path) -> None:
    """Move the new corpus entry by entry into an existing folder.

    An existing folder is not replaced, since it may be the working directory of a shell and may hold `.git`.
    """
    entries = sorted(made.iterdir())
    try:
        for entry in entries:
            entry.rename(folder / entry.name)
    except BaseException:
        for entry in entries:
            moved = folder / entry.name
            if not entry.exists() and moved.is_dir():
                shutil.rmtree(moved)
            elif not entry.exists():
                moved.unlink(missing_ok=True)
        raise
