"""Read parts: the Shard of one, and which parts a directory has that no run needs any more."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa

from ..core.model import CorpusError
from ..core.regular_file import open_file
from ..files.index import DOC_ID
from ..files.storage import Storage
from ..files.table_hash import file_hash
from ..files.writer import sweep_target, sweep_tree
from .findings import read_findings
from .part import FINDINGS, SUMMARIES, Part
from .shard import Shard
from .summaries import read_summaries

_NAME = re.compile(rf"(build|validate)-{DOC_ID.pattern}-[0-9a-f]{{32}}")


def part_shard(parts: Storage, part: Part) -> Shard:
    """Return the Shard of a part: its counts, findings and summaries. Its tables stay where they are.

    Raises CorpusError if a file does not have the bytes that were written.
    """
    shard = part.shard()
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        findings, summaries = Path(folder, FINDINGS), Path(folder, SUMMARIES)
        for path, digest in ((findings, part.findings_sha256), (summaries, part.summaries_sha256)):
            parts.fetch(f"{part.name}/{path.name}", path)
            if file_hash(path) != digest:
                raise CorpusError(
                    f"{parts}/{part.name}/{path.name} is damaged: delete {parts} and run the command again"
                )
        for problem in read_findings(findings):
            shard.problems.add(problem)
        with open_file(summaries) as file:
            shard.summaries = read_summaries(pa.PythonFile(file, "r"))
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
