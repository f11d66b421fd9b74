"""The names in a Label Studio export, for a map to edit: labels, controls, relations, keys of tasks, annotators."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from ..core.model import Problem, Record
from .documents import LeftOut, Options
from .label_studio_regions import Results
from .label_studio_tasks import read_tasks
from .label_studio_text import task_text
from .mapping.annotations import Annotations
from .mapping.document_fields import field_lines
from .survey import Survey

_MOST = 12
"""People and keys of `data` that are written."""


def survey_tasks(source: Path, options: Options) -> Survey:
    """Return the names in the tasks at `source`, of all their annotations and predictions."""
    found, said, keys, people, objects = Survey(), dict[str, Counter[str]](), Counter[str](), set[str](), set[str]()
    for _, number, task in read_tasks(source, LeftOut()):
        if isinstance(task, Problem):
            continue
        keys.update(name for name, value in task["data"].items() if value not in (None, "", [], {}))
        for one in _annotations(task):
            person = one.get("completed_by")
            person = person.get("id") if isinstance(person, dict) else person
            if type(person) is int and len(people) < _MOST:
                people.add(str(person))
            results = Results(one["result"], str(options.map.get("to_name", "")), LeftOut())
            _add(found, results, task["data"].get(options.map.get("text", "text")), number)
            for name, value in results.document:
                said.setdefault(name, Counter())[value] += 1
            objects |= {str(item["to_name"]) for item in results.regions.values() if item.get("to_name")}
    found.head += [*field_lines(said), *_head(keys, people, objects, options)]
    return found


def _annotations(task: Record) -> list[Record]:
    lists = [task.get(key) for key in ("annotations", "completions", "predictions")]
    return [
        one
        for several in lists
        if isinstance(several, list)
        for one in several
        if isinstance(one, dict) and isinstance(one.get("result"), list)
    ]


def _add(found: Survey, results: Results, written: Any, number: int) -> None:
    of = task_text(written, results.values, "text")
    annotations = Annotations()
    if not isinstance(of, str):
        for _ in results.decode(of, annotations):
            pass
    found.add(annotations)


def _head(keys: Counter[str], people: set[str], objects: set[str], options: Options) -> list[str]:
    """Return the first lines of the map: the keys of tasks, the objects of regions, the people."""
    named = ", ".join(name for name, _ in keys.most_common(_MOST))
    lines = [f"# keys of the data of tasks: {named}"]
    key = options.map.get("text", "text")
    lines.append(f'{"" if key in keys else "# "}text = "{key}"   # the key of the text; doc = "…" names that of ids')
    if len(objects) > 1:
        lines.append(f'# to_name = "…"   # regions lie on {", ".join(sorted(objects)[:_MOST])}: choose one')
    lines += [f'# annotators.{person} = "ann-{person}"' for person in sorted(people)]
    lines.append("# predictions = true   # read predictions too; and so: cancelled = true, ground_truth = false")
    return [*lines, ""]
