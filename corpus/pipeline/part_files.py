"""Read parts: the Shard of one, and which parts a directory has that no run needs any more."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection
from pathlib import Path

from ..files.index import DOC_ID
from ..files.storage import Storage
from ..files.writer import sweep_target, sweep_tree
from .findings import read_findings
from .part import Part
from .shard import Shard
from .summaries import read_summaries

_NAME = re.compile(rf"(build|validate)-{DOC_ID.pattern}-[0-9a-f]{{32}}")


def part_shard(parts: Storage, part: Part) -> Shard:
    """Return the Shard of a part: its counts, findings and summaries. Its tables stay where they are."""
    shard = part.shard()
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        findings = Path(folder, "findings")
        parts.fetch(f"{part.name}/findings.jsonl.zst", findings)
        for problem in read_findings(findings):
            shard.problems.add(problem)
    with parts.open_input(f"{part.name}/summaries.parquet") as file:
        shard.summaries = read_summaries(file)
    return shard


def delete_others(storage: Storage, parts: Collection[Part]) -> None:
    """Delete the parts of earlier runs of the same kind as `parts`, and what killed workers left of these."""
    for part in parts if storage.is_local else ():
        sweep_target(storage.path / f"{part.name}.json")
        sweep_tree(storage.path / part.name)
    names = {part.name for part in parts}
    kinds = {name.partition("-")[0] for name in names}
    for item in storage.list():
        name = item.name if item.is_folder else item.name.removesuffix(".json")
        if name not in names and (found := _NAME.fullmatch(name)) and found[1] in kinds:
            if item.is_folder:
                storage.delete_folder(item.name)
            else:
                storage.delete(item.name)
