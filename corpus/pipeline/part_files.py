"""Read parts: the Shard of one, and which parts a directory has that no run needs any more."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection
from pathlib import Path

from ..core.model import CorpusError
from ..files.index import DOC_ID
from ..files.known_hashes import KNOWN
from ..files.storage import Storage
from ..files.table_hash import file_hash
from ..files.writer import sweep_targets, sweep_tree
from .findings import read_findings
from .part import FINDINGS, INPUTS, Part
from .partitioned import ANSWERS
from .shard import Shard

_NAME = re.compile(rf"(build|validate)-{DOC_ID.pattern}-[0-9a-f]{{32}}")


def part_shard(parts: Storage, part: Part) -> Shard:
    """Return the Shard of a part: its counts and findings. Its tables and summaries stay where they are.

    Raises CorpusError if the file of findings does not have the bytes that were written.
    """
    shard = part.shard()
    if part.findings:
        with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
            path = Path(folder, FINDINGS)
            parts.fetch(f"{part.name}/{FINDINGS}", path)
            if file_hash(path) != part.findings_sha256:
                raise CorpusError(
                    f"{parts}/{part.name}/{FINDINGS} is damaged: delete {parts} and run the command again"
                )
            for problem in read_findings(path):
                shard.problems.add(problem)
    return shard


def delete_others(storage: Storage, parts: Collection[Part], whole: str, partitions: Collection[str]) -> None:
    """Delete the parts of earlier runs of the same kind, and what killed workers left of these.

    `whole` is the name of the part with the findings about several documents, `partitions` are the names of all
    partitions of the corpus.
    """
    if storage.is_local:
        sweep_targets(storage.path, [f"{part.name}.json" for part in parts])
        for part in parts:
            sweep_tree(storage.path / part.name)
    names = {part.name for part in parts}
    needed, kinds = {*names, whole}, {name.partition("-")[0] for name in names}
    for item in storage.list():
        name = item.name if item.is_folder else item.name.removesuffix(".json")
        if name not in needed and (found := _NAME.fullmatch(name)) and found[1] in kinds:
            if item.is_folder:
                storage.delete_folder(item.name)
            else:
                storage.delete(item.name)
    for item in storage.list(KNOWN):
        is_of_partition = item.name.startswith((INPUTS, ANSWERS))
        of = item.name.removeprefix(INPUTS).removeprefix(ANSWERS).removesuffix(".json")
        # A run that was killed leaves what its tasks had found.
        if item.name.startswith("shared-") or (is_of_partition and of not in partitions):
            storage.delete(f"{KNOWN}/{item.name}")
