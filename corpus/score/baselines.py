"""Run the examples of a corpus, and write what they score into its card.

    examples/*.py BUILD COUNTS  → counts of each document for each system, the baseline first
    documents of BUILD          → the story of each
                                → figures with intervals over stories, differences to the baseline → a table

A script runs in a process of its own, as a reader would run it: it is code of the corpus, not of this package.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core.card_text import BASELINES
from ..core.model import CorpusError
from ..core.regular_file import read_file, read_utf8
from ..files import parse_json
from ..files.releases import TABLES_OF_DOCUMENTS
from ..files.writer import replace_file
from ..report import tables
from .count import Key
from .figures import MATCHED, SHARE, Kind, label_kind
from .release import Release, open_release, released_rows
from .render import p_value
from .sums import Sums, compare

CARD = "DATASET_CARD.md"
_FIGURES = {"matched": ("F1",), "share": ("accuracy",), "labels": ("macro F1", "accuracy")}
"""Kind of counts → the figures of the table."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Threads that share a sum add in another order each time."""

Counts = Mapping[str, Sequence[int]]
"""doc_id → the counts of a document."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an example counted: for each system, the baseline first, the counts of each document."""

    name: str
    kind: Kind
    figures: tuple[str, ...]
    systems: Mapping[str, Counts]


def baselines(root: Path, release: str | Path) -> str:
    """Run every script in `examples/` on a build, and return a table of what they score in Markdown.

    Raises CorpusError if there is no script or build, or a script fails.
    """
    scripts = sorted((root / "examples").glob("*.py"))
    if not scripts:
        raise CorpusError(f"{root / 'examples'} has no script to run")
    opened = open_release(release, root)
    documents = list(released_rows(opened, TABLES_OF_DOCUMENTS))
    stories = {row["doc_id"]: row.get("story") or row["doc_id"] for row in documents}
    twins = {row["doc_id"] for row in documents if row.get("twin_of")}
    rows: list[list[str]] = []
    asked: set[str] = set()
    for script in scripts:
        task = _run(script, root, opened.folder)
        task = replace(task, systems={name: _without(twins, of) for name, of in task.systems.items()})
        if unknown := sorted({doc_id for of in task.systems.values() for doc_id in of} - stories.keys()):
            raise CorpusError(f"{script} counts {unknown[0]}, which is not a document of {opened}")
        asked |= {stories[doc_id] for of in task.systems.values() for doc_id in of}
        rows += _rows(task, stories)
    head = ["task", "figure", "system", "value", "95% interval", "difference", "95% interval", "p", "smallest"]
    return "\n".join([*tables.markdown([head, *rows], 3), "", _note(opened, len(asked))]) + "\n"


def write_baselines(root: Path, table: str) -> None:
    """Write a table into the card. Raises CorpusError if the card has no place for it."""
    path = root / CARD
    try:
        text = read_utf8(path, root)
    except FileNotFoundError:
        raise CorpusError(f"{path} is missing: the table of the baselines goes there") from None
    if not BASELINES.search(text):
        raise CorpusError(
            f"{path} has no lines `<!-- generated:baselines -->` and `<!-- end -->`: add them where the table goes"
        )
    with replace_file(path) as file:
        file.write(BASELINES.sub(lambda match: f"{match[1]}\n{table}\n{match[3]}", text, count=1).encode())


def _without(twins: Collection[str], counts: Counts) -> Counts:
    return {doc_id: of for doc_id, of in counts.items() if doc_id not in twins}


def _run(script: Path, root: Path, folder: Path) -> Task:
    with tempfile.TemporaryDirectory(prefix="corpus-") as made:
        out = Path(made) / "counts.json"
        one_thread = dict.fromkeys(_ONE_THREAD, "1")
        ran = subprocess.run(
            [sys.executable, str(script.resolve()), str(folder.resolve()), str(out)],
            cwd=root,
            env=os.environ | one_thread | {"PYTHONHASHSEED": "0", "HF_DATASETS_CACHE": made, "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            errors="replace",
        )
        if ran.returncode or not out.is_file():
            said = ran.stderr.strip().splitlines()[-1:] if ran.returncode else ["it wrote no counts"]
            raise CorpusError(f"{script} failed: {''.join(said)[:300]}")
        value, faults = parse_json(read_file(out))
    try:
        return _task(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = faults[0].name if faults else str(error)
        raise CorpusError(f"{script} wrote counts that cannot be read: {why[:300]}") from None


def _task(value: Any) -> Task:
    """Return what a script wrote. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
    name, systems = value["kind"], value["systems"]
    kind = (
        label_kind(tuple(map(str, value["labels"]))) if name == "labels" else {"matched": MATCHED, "share": SHARE}[name]
    )
    width = {"matched": 3, "share": 2}.get(name, 3 * len(kind.labels))
    documents = [sorted(of) for of in systems.values()]
    if len(documents) < 2 or not documents[0] or any(one != documents[0] for one in documents):
        raise ValueError("a baseline and a model count the same documents")
    for counts in (row for of in systems.values() for row in of.values()):
        if len(counts) != width or not all(type(number) is int and number >= 0 for number in counts):
            raise ValueError(f"a document has {width} counts of kind {name}")
    return Task(str(value["task"]), kind, _FIGURES[name], systems)


def _rows(task: Task, stories: Mapping[str, str]) -> Iterator[list[str]]:
    sums = {name: _sums(task, counts, stories) for name, counts in task.systems.items()}
    first, *others = sums
    figures = {name: _by_name(of.figures("test")) for name, of in sums.items()}
    differences = {name: _by_name(compare(sums[first], sums[name], "test")) for name in others}
    for figure in task.figures:
        for name in sums:
            one, beside = figures[name][figure], ["", "", "", ""]
            if name in differences:
                other = differences[name][figure]
                interval = _interval(other.low, other.high, "+")
                beside = [f"{other.difference:+.3f}", interval, p_value(other.p), f"{other.smallest:.2f}"]
            yield [task.name, figure, name, f"{one.value:.3f}", _interval(one.low, one.high), *beside]


def _by_name(found: Any) -> dict[str, Any]:
    return {one.metric.strip(): one for one in found}


def _sums(task: Task, counts: Counts, stories: Mapping[str, str]) -> Sums:
    sums = Sums(documents=sorted(counts))
    for doc_id in sums.documents:
        sums.stories.add(stories[doc_id])
        sums.add(stories[doc_id], Key(task.name, "", task.kind), counts[doc_id])
    return sums


def _interval(low: float, high: float, sign: str = "") -> str:
    return f"{low:{sign}.3f} to {high:{sign}.3f}" if low == low else "–"


def _note(release: Release, stories: int) -> str:
    least = 2 / 2**stories
    few = f"With {stories} stories, p is {least:.3g} at least: no difference here is significant at 5%."
    lines = (
        f"Tuned on `dev` and scored once on `test`: {stories} stories of content `{release.content_sha256[:12]}`.",
        "Intervals are over stories. `difference` is to the first system of the task, `p` of a randomisation over",
        "stories, `smallest` the difference that this many stories would show in 80% of samples (2.8 standard errors;",
        "rough for few stories).",
        *([few] if least > 0.05 else []),
    )
    return "\n".join(lines)
