"""The working tree → releases/<version>/, all of it or nothing, and never changed after.

build → compare with the last release → version large enough? → CHANGES.md, CITATION.cff, … → rename
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from ..checks.suppress.suppressions import Suppressions
from ..core.model import CorpusError, Problem
from ..core.schema import Schema
from ..core.settings import VERSION, Settings
from ..files import Index
from ..files.git import Git
from ..files.releases import parts, versions
from ..pipeline.shard import Shard
from .build import Built, build_folder
from .card_text import Prose
from .croissant import croissant
from .diff import ORDER, Comparison, bumped, compare
from .render_diff import as_markdown


def make_release(
    index: Index,
    schema: Schema,
    settings: Settings,
    suppressions: Suppressions,
    version: str,
    *,
    workers: int = 1,
    allow_dirty: bool = False,
    on_problem: Callable[[Problem], None],
    progress: Callable[[Iterator[Shard], int], Iterator[Shard]],
) -> tuple[Built, Comparison | None] | None:
    """Write `releases/<version>/`; what was built and how it differs from the last; None when a finding is an error.

    Raises CorpusError, and writes nothing, when the version is no X.Y.Z, exists, is not above the last, is
    smaller than what changed asks for, or when nothing changed; and when what git has and what lies in
    the folder differ, unless `allow_dirty`.
    """
    root = index.root
    known = versions(root)
    _may_come(version, known)
    commit, day = _commit(root, allow_dirty)
    out = root / "releases" / version
    found: list[Comparison] = []

    def finish(folder: Path, built: Built) -> dict[str, Any]:
        if known:
            found.append(_large_enough(root / "releases" / known[-1], folder, known[-1], version))
            changes = as_markdown(found[0])
        else:
            changes = f"# {version}\n\nThe first release: {built.documents:,} documents.\n"
        (folder / "CHANGES.md").write_text(changes, "utf-8")
        cited = _cited(root)
        for name, text in _citation(cited, version, day).items() if cited else ():
            (folder / name).write_text(text, "utf-8")
        prose = Prose.read(root / "DATASET_CARD.md")
        (folder / "croissant.json").write_text(
            croissant(folder, schema, built.splits, prose, cited, version, day), "utf-8"
        )
        return {"commit": commit, "previous": known[-1] if known else None}

    built = build_folder(
        index,
        schema,
        Settings(version, settings.severity),
        suppressions,
        out,
        workers=workers,
        on_problem=on_problem,
        progress=progress,
        finish=finish,
        replace=False,
    )
    return None if built is None else (built, found[0] if found else None)


def _may_come(version: str, known: list[str]) -> None:
    if not VERSION.fullmatch(version) or version != ".".join(map(str, parts(version))):
        raise CorpusError(f"a version is X.Y.Z, such as 1.0.0, and not {version}")
    if version in known:
        raise CorpusError(f"{version} is released already, and a release is never changed")
    if known and parts(version) < parts(known[-1]):
        raise CorpusError(f"{version} is below the last release, {known[-1]}")


def _large_enough(last: Path, folder: Path, old: str, version: str) -> Comparison:
    found = compare(last, folder, (old, version))
    if found.bump == "none":
        raise CorpusError(f"nothing differs from {old}; there is nothing to release")
    least = bumped(old, found.bump)
    if parts(version) < parts(least):
        why = "; ".join(why for bump, why in found.reasons if ORDER.index(bump) == ORDER.index(found.bump))
        raise CorpusError(f"{version} is too small: what changed since {old} is {found.bump} ({why}), at least {least}")
    return found


def _commit(root: Path, allow_dirty: bool) -> tuple[str | None, str | None]:
    """The commit that is released and its day in UTC; None for both without git or with changes."""
    git = Git(root)
    if git.ask("rev-parse", "--is-inside-work-tree") is None:
        return None, None
    asked = ("raw", "annotations", "schema", "pyproject.toml", "DATASET_CARD.md", "CITATION.cff")
    if changed := git.ask("status", "--porcelain", "--", *(name for name in asked if (root / name).exists())):
        if allow_dirty:
            return None, None
        first = changed.splitlines()[0][3:]
        raise CorpusError(f"{first} is not committed; commit what is to be released, or say --allow-dirty")
    said = git.ask("log", "-1", "--format=%H %ct")
    if not said:
        return None, None
    commit, seconds = said.split()
    return commit, datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def _cited(root: Path) -> dict[str, Any]:
    """What CITATION.cff says; {} without one."""
    path = root / "CITATION.cff"
    if not path.is_file():
        return {}
    try:
        cited: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        _ = str(cited["title"]), [author.keys() for author in cited["authors"]]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path} is no CITATION.cff with title and authors: {error}") from None
    return cited


def _citation(cited: dict[str, Any], version: str, day: str | None) -> dict[str, str]:
    """CITATION.cff with this version and day, and .zenodo.json made of it."""
    cited = {name: value for name, value in cited.items() if name != "date-released"} | {"version": version}
    if day:
        cited["date-released"] = day
    zenodo = {
        "title": str(cited["title"]),
        "upload_type": "dataset",
        "version": version,
        "publication_date": day,
        "description": str(cited.get("abstract", cited["title"])),
        "creators": [_creator(author) for author in cited["authors"]],
        "license": _first(cited.get("license")).lower(),
        "keywords": cited.get("keywords"),
    }
    return {
        "CITATION.cff": yaml.safe_dump(cited, sort_keys=False, allow_unicode=True, width=1000),
        ".zenodo.json": json.dumps({name: one for name, one in zenodo.items() if one}, indent=2) + "\n",
    }


def _creator(author: dict[str, Any]) -> dict[str, str]:
    """An author as Zenodo has one: family name first, the ORCID without its address."""
    family = " ".join(
        str(author[name]) for name in ("name-particle", "family-names", "name-suffix") if author.get(name)
    )
    names = (family, author.get("given-names")) if family or "given-names" in author else (author.get("name"),)
    found = {
        "name": ", ".join(str(name) for name in names if name),
        "affiliation": str(author.get("affiliation") or ""),
        "orcid": str(author.get("orcid") or "").rpartition("/")[2],
    }
    return {name: value for name, value in found.items() if value}


def _first(value: Any) -> str:
    """A value, or the first of several: Zenodo takes one licence."""
    return str((value[0] if isinstance(value, list) and value else value) or "")
