"""corpus/skeleton/ and the shipped schema → a new corpus of one's own, all of it or nothing.

What a file of the skeleton says in `{{ name }}` is filled in; articles and annotations are copied as they are.
"""

from __future__ import annotations

import json
import re
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from ..core.model import CorpusError
from ..core.schema import Schema, shipped
from ..files import new_folder
from .guidelines import PATH, with_labels

SKELETON = Path(__file__).parent / "skeleton"
SHIPPED = ("annotation.schema.json", "article.schema.json", "targets.schema.json", "README.md")
"""What of the project's own schema a new corpus begins with; its targets and guidelines are its own."""

_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_CHECKER = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@([0-9a-f]{40})")
_GITHUB = re.compile(r"(?:https://|ssh://git@)github\.com/([^/]+/[^/]+?)(?:\.git)?/?")
_AS_THEY_ARE = ("raw", "annotations")


class Checker(NamedTuple):
    """The repository, OWNER/NAME, and the commit of this project that checks the submissions of a corpus."""

    repository: str
    commit: str


UNKNOWN = Checker("OWNER/on-the-record", "COMMIT")
"""What stands in a new corpus until its maintainer writes the repository and the commit."""


def read_checker(written: str) -> Checker:
    """The checker of OWNER/NAME@COMMIT. Raises CorpusError when it is not written so."""
    match = _CHECKER.fullmatch(written)
    if not match:
        raise CorpusError(f"--checker is OWNER/NAME@COMMIT with the 40 digits of the commit, not {written!r}")
    return Checker(match[1], match[2])


def installed_from() -> Checker:
    """Where on GitHub this command was installed from; UNKNOWN when it came from elsewhere."""
    try:
        return checker_of(distribution("on-the-record").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return UNKNOWN


def checker_of(direct_url: str) -> Checker:
    """The checker that a direct_url.json names (PEP 610: how an installed distribution was found)."""
    said = json.loads(direct_url)
    address = _GITHUB.fullmatch(str(said.get("url", "")))
    commit = str(said.get("vcs_info", {}).get("commit_id", ""))
    written = f"{address[1]}@{commit}" if address else ""
    return read_checker(written) if _CHECKER.fullmatch(written) else UNKNOWN


def start(folder: Path, title: str, license: str, checker: Checker) -> None:
    """Make a corpus in `folder`, which must be new, or empty but for `.git`.

    `license`, an SPDX identifier, is that of the annotations. Raises CorpusError for a folder that is not
    empty, a title of more than a line, or what is no SPDX identifier; nothing is left behind then.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CorpusError(f"{folder} is no folder; choose another one")
    if folder.is_dir() and any(path.name != ".git" for path in folder.iterdir()):
        raise CorpusError(f"{folder} is not empty; choose another one")
    if not title.strip() or not title.isprintable():
        raise CorpusError(f"a title is a line of words, not {title!r}")
    if not _LICENSE.fullmatch(license):
        raise CorpusError(f"{license!r} is no SPDX identifier, such as CC-BY-4.0")
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
            (made / name).write_bytes(path.read_bytes())
        else:
            (made / name).write_bytes(_filled(path.read_text("utf-8"), said).encode())
    for shared in SHIPPED:
        (made / "schema" / shared).write_bytes((shipped() / shared).read_bytes())
    guidelines = made / PATH
    guidelines.write_bytes(with_labels(guidelines.read_text("utf-8"), Schema.read(made)).encode())


def _filled(text: str, said: dict[str, str]) -> str:
    """The text with each `{{ name }}` of `said` filled in; the expressions of a workflow stay."""
    return re.sub(r"(?<!\$)\{\{ (\w+) \}\}", lambda match: said[match[1]], text)


def _move_entries(made: Path, folder: Path) -> None:
    """Move the new corpus entry by entry into an existing folder, which may be someone's working directory."""
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
