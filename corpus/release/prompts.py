"""The instructions of each annotation pass, as a section of the card."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..core.model import CorpusError, Record
from ..files.prompts import PROMPTS, Prompt, read_prompts


def told(root: Path, rows: Iterable[Record]) -> tuple[list[list[str]], list[str]]:
    """Return the rows of a table, and the full texts of the instructions, folded.

    The table has each file of annotations/prompts/, its title, and how many annotations of each annotator name it.
    `rows` have `doc_id`, `annotator` and `provenance`. Raises CorpusError if one names a file that does not exist.
    """
    prompts = {one.name: one for one in read_prompts(root)}
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        name = (row["provenance"] or {}).get("prompt")
        if name is not None:
            if name not in prompts:
                raise CorpusError(
                    f"annotations/{row['annotator']}/{row['doc_id']}.json: provenance.prompt names {PROMPTS}/{name}, "
                    "which does not exist; write the file, or correct the name"
                )
            counts[name, row["annotator"]] += 1
    return [_row(one, counts) for one in prompts.values()], [_whole(one) for one in prompts.values()]


def _row(prompt: Prompt, counts: Counter[tuple[str, str]]) -> list[str]:
    used = sorted((annotator, count) for (name, annotator), count in counts.items() if name == prompt.name)
    return [f"`{prompt.name}`", prompt.title, ", ".join(f"{count:,} of {who}" for who, count in used) or "–"]


def _whole(prompt: Prompt) -> str:
    """Return the text of a prompt, folded, in a fence that none of its own lines closes."""
    longest = max((len(one) for one in re.findall(r"`+", prompt.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return (
        f"\n<details><summary>{prompt.name}</summary>\n\n{fence}markdown\n{prompt.text.rstrip()}\n{fence}\n\n</details>"
    )
