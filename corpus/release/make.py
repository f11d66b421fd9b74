"""Make an immutable release, releases/<version>/, from the working tree; it is written atomically.

    build → compare with the last release → check the version → CHANGES.md, CITATION.cff, … → rename into place

The comparison needs the new tables, so the version is checked after the build and before the rename: a version
that is too small leaves nothing on disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.card_text import Prose
from ..core.model import CorpusError, Problem
from ..core.regular_file import read_utf8
from ..core.schema import Schema
from ..core.settings import VERSION
from ..core.yaml_file import dump_yaml
from ..files.git import Git
from ..files.prompts import read_prompts
from ..files.releases import parts, versions
from ..files.storage import Storage
from ..pipeline.run import CorpusRun
from ..pipeline.shard import Compilation, Shard
from .build import Built, build_folder, stale_baselines
from .citation import read_citation
from .croissant import croissant
from .diff import ORDER, Comparison, bumped, compare, number
from .render_diff import as_markdown, one_level_below


def make_release(
    run: CorpusRun,
    task: Compilation,
    schema: Schema,
    version: str,
    *,
    notes: Path | None = None,
    allow_dirty: bool = False,
    on_problem: Callable[[Problem], None],
    progress: Callable[[Iterator[Shard], int], Iterator[Shard]],
) -> tuple[Built, Comparison | None] | None:
    """Write `releases/<version>/`. Return the build and its comparison with the last release, or None on errors.

    `notes` is a Markdown file that CHANGES.md of the release begins with.
    Returns None, and writes nothing, if a finding is an error; `on_problem` receives every finding. Raises
    CorpusError, and writes nothing, if the version is not X.Y.Z, exists, is not above the last one, is smaller than
    the changes require, if nothing changed, or if the card's baselines are of other content; also, unless
    `allow_dirty`, if git has uncommitted changes in the inputs of a release; or if `notes` cannot be read.
    """
    root = run.root
    known = versions(root)
    _may_come(version, known)
    said = read_utf8(notes) if notes else ""
    commit, day = _commit(root, allow_dirty, notes)
    out = root / "releases" / version
    found: list[Comparison] = []

    def finish(folder: Path, built: Built) -> dict[str, Any]:
        if known:
            found.append(_large_enough(root / "releases" / known[-1], folder, known[-1], version))
        _baselines_of(root, built)
        _describe(root, folder, schema, built, found[0] if found else None, said, day)
        return {"commit": commit, "previous": known[-1] if known else None}

    built = build_folder(
        run,
        task,
        schema,
        version,
        Storage(out),
        on_problem=on_problem,
        progress=progress,
        finish=finish,
        replace=False,
    )
    return None if built is None else (built, found[0] if found else None)


def _describe(
    root: Path,
    folder: Path,
    schema: Schema,
    built: Built,
    comparison: Comparison | None,
    notes: str,
    day: str | None,
) -> None:
    """Write what describes a release: CHANGES.md, CITATION.cff, .zenodo.json, croissant.json, prompts/."""
    first = f"# {built.version}\n\nThe first release: {number(built.documents, 'document')}.\n"
    first += f"\n{one_level_below(notes).strip()}\n" if notes else ""
    (folder / "CHANGES.md").write_text(as_markdown(comparison, notes) if comparison else first, "utf-8", newline="")
    cited = read_citation(root)
    for name, text in _citation(cited, built.version, day).items() if cited else ():
        (folder / name).write_text(text, "utf-8")
    for prompt in read_prompts(root):
        (folder / "prompts").mkdir(exist_ok=True)
        (folder / "prompts" / prompt.name).write_text(prompt.text, "utf-8", newline="")
    prose = Prose.read(root / "DATASET_CARD.md")
    (folder / "croissant.json").write_text(croissant(schema, built.splits, prose, cited, built.version, day), "utf-8")


def _baselines_of(root: Path, built: Built) -> None:
    """Raise CorpusError if the card has a table of baselines that was measured on other content."""
    if measured := stale_baselines(root, built):
        raise CorpusError(
            f"the table of baselines in DATASET_CARD.md is of content {measured}, and the release has "
            f"{built.content[:12]}: run `corpus build` and `corpus score --baselines`, and commit the card"
        )


def check_version(version: str) -> None:
    """Raise CorpusError if `version` is not X.Y.Z, without leading zeros."""
    if not VERSION.fullmatch(version) or version != ".".join(map(str, parts(version))):
        raise CorpusError(f"a version is X.Y.Z, such as 1.0.0, not {version[:40]}")


def _may_come(version: str, known: list[str]) -> None:
    check_version(version)
    if version in known:
        raise CorpusError(f"{version} exists already, and releases are immutable; choose a version above {known[-1]}")
    if known and parts(version) < parts(known[-1]):
        raise CorpusError(f"{version} is below the last release, {known[-1]}; choose a version above it")


def _large_enough(last: Path, folder: Path, old: str, version: str) -> Comparison:
    found = compare(last, folder, (old, version))
    if found.bump == "none":
        raise CorpusError(f"nothing changed since {old}: there is nothing to release")
    least = bumped(old, found.bump)
    if parts(version) < parts(least):
        why = "; ".join(why for bump, why in found.reasons if ORDER.index(bump) == ORDER.index(found.bump))
        raise CorpusError(
            f"{version} is too small: changes since {old} are {found.bump} ({why}); release {least} or above"
        )
    return found


def _commit(root: Path, allow_dirty: bool, notes: Path | None) -> tuple[str | None, str | None]:
    """Return the released commit and its day (YYYY-MM-DD, UTC), or None for both without git or with changes."""
    git = Git(root)
    if git.ask("rev-parse", "--is-inside-work-tree") is None:
        return None, None
    asked = ("raw", "annotations", "schema", "pyproject.toml", "DATASET_CARD.md", "CITATION.cff")
    inputs = [name for name in asked if (root / name).exists()]
    changed = [line[3:] for line in (git.ask("status", "--porcelain", "--", *inputs) or "").splitlines()]
    if notes:
        path = str(notes.absolute())
        known = git.ask("ls-files", "--error-unmatch", "--", path) is not None
        if not known or git.ask("status", "--porcelain", "--", path):
            changed.append(str(notes))
    if changed:
        if allow_dirty:
            return None, None
        raise CorpusError(f"{changed[0]} is not committed; commit it, or pass --allow-dirty")
    said = git.ask("log", "-1", "--format=%H %ct")
    if not said:
        return None, None
    commit, seconds = said.split()
    return commit, datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def _citation(cited: dict[str, Any], version: str, day: str | None) -> dict[str, str]:
    """Return CITATION.cff with this version and day, and .zenodo.json derived from it, by file name."""
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
        "CITATION.cff": dump_yaml(cited),
        ".zenodo.json": json.dumps({name: one for name, one in zenodo.items() if one}, indent=2) + "\n",
    }


def _creator(author: dict[str, Any]) -> dict[str, str]:
    """Return an author in Zenodo's form: family name first, ORCID without its URL prefix."""
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
    """Return a value, or the first of several: Zenodo takes one licence."""
    return str((value[0] if isinstance(value, list) and value else value) or "")
