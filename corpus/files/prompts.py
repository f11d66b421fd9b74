"""The instructions of each annotation pass: Markdown files in annotations/prompts/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..core.regular_file import read_utf8

PROMPTS = "annotations/prompts"
_TITLE = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A file of instructions: its name in annotations/prompts/, its first heading ("" for none), and its text."""

    name: str
    title: str
    text: str


def read_prompts(root: Path) -> list[Prompt]:
    """Return the instructions of all passes by file name. Raises CorpusError for one that is a link or not UTF-8."""
    found = []
    for path in sorted(one for one in (root / PROMPTS).glob("*.md") if not one.name.startswith(".")):
        text = read_utf8(path, root)
        title = _TITLE.search(text)
        found.append(Prompt(path.name, title[1] if title else "", text))
    return found
