"""Where the time of `corpus label-studio convert` goes: CPU microseconds a task, by stage.

    python benchmarks/label_studio_stages.py [--tasks 1000] [--repeat 3]

The tasks are those of label_studio.py. The run in which a stage took least counts. A stage that is inside of another is
named below it and is part of its figure. Measuring takes about half a microsecond for each call.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from label_studio import DOCUMENTS, write

from corpus.core.schema import Schema
from corpus.files.staging import Staging
from corpus.labelstudio import convert, decode, decode_regions
from corpus.labelstudio.pseudonyms import Pseudonyms

STAGES: dict[str, list[tuple[Any, str]]] = {
    "read the article": [(convert.Articles, "record")],
    "group by annotator": [(convert, "group_task")],
    "build the annotation": [(convert, "build_annotation")],
    "· decode": [(convert, "decode")],
    "· · regions": [(decode_regions.Regions, name) for name in ("sort", "place", "fill", "name_records")],
    "· · links": [(decode, name) for name in ("join_relations", "join_in_order", "point", "spread_labels")],
    "· · records": [(decode, "build_records")],
    "· check against the schema": [(Schema, "is_valid")],
    "· lay out": [(convert, "canonical_parts")],
    "· checksum": [(convert, "parts_sha256")],
    "write the file": [(Staging, "put")],
    "move the files into place": [(convert, "commit_together")],
}
READ = "parse the export"


def main() -> None:
    """Convert each kind of tasks several times, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    spent: dict[str, list[int]] = defaultdict(list)
    for stage, functions in STAGES.items():
        for holder, name in functions:
            setattr(holder, name, _timed(getattr(holder, name), spent[f"{stage}: {name}"]))
    columns = {}
    for kind in DOCUMENTS:
        with tempfile.TemporaryDirectory(prefix="corpus-bench-") as folder:
            root = Path(folder) / kind
            write(root, kind, args.tasks)
            runs = [_convert(root, spent) for _ in range(args.repeat)]
        columns[kind] = {stage: min(run[stage] for run in runs) / args.tasks / 1000 for stage in (READ, *STAGES)}
    print(f"| stage, µs a task | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for stage in (READ, *STAGES):
        print(f"| {stage} | {' | '.join(f'{of[stage]:.0f}' for of in columns.values())} |")


def _timed(function: Callable[..., Any], times: list[int]) -> Callable[..., Any]:
    def timed(*args: Any, **more: Any) -> Any:
        begin = time.thread_time_ns()
        try:
            return function(*args, **more)
        finally:
            times.append(time.thread_time_ns() - begin)

    return timed


def _convert(root: Path, spent: dict[str, list[int]]) -> dict[str, int]:
    """Convert the export; return how many nanoseconds each stage took."""
    for times in spent.values():
        times.clear()
    folders = root / "annotations", root / "quarantine"
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    people = Pseudonyms(root / "annotators.toml")
    tasks = _read(root / "export.json", spent[READ])
    convert.convert_tasks(tasks, root, Schema.read(root), people, convert.Origin(), *folders)
    return {
        stage: sum(sum(times) for key, times in spent.items() if key.partition(": ")[0] == stage)
        for stage in (READ, *STAGES)
    }


def _read(path: Path, times: list[int]) -> Iterator[dict[str, Any]]:
    tasks = convert.read_export(path)
    while task := _timed(next, times)(tasks, None):
        yield task


if __name__ == "__main__":
    main()
