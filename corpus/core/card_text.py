"""Read DATASET_CARD.md: its front matter, title and sections, for the card and for Croissant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .model import CorpusError
from .regular_file import read_utf8
from .yaml_file import load_yaml

_HEADING = re.compile(r"(#{1,6}) +(.*?) *#* *$")
_LEAD = re.compile(r"\*\*(.+?)[.:]?\*\*[.:]? *")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
BASELINES = re.compile(r"(<!-- generated:baselines -->\n)(.*?)(<!-- end -->)", re.DOTALL)
"""The table of baselines in a card, between its two marker lines."""
_MEASURED_ON = re.compile(r"of content `([0-9a-f]{12})`")


@dataclass(frozen=True, slots=True)
class Prose:
    """A dataset card: its front matter and the Markdown below it."""

    front: dict[str, Any]
    text: str

    @classmethod
    def read(cls, path: Path) -> Prose:
        """Read a card. Without a file, return a title only.

        Raises CorpusError if the file is a link, is not UTF-8, or has front matter that is invalid.
        """
        try:
            text = read_utf8(path, path.parent).replace("\r\n", "\n")
        except FileNotFoundError:
            return cls({}, "# A corpus\n")
        match = re.match(r"---\n(.*?\n)---\n(.*)", text, re.DOTALL)
        if not match:
            return cls({}, text)
        front = load_yaml(match[1], path)
        if not isinstance(front, dict):
            raise CorpusError(f"{path}: the front matter must be a mapping")
        return cls(front, match[2])

    @property
    def title(self) -> str:
        """Return `pretty_name` of the front matter, or else the first heading."""
        headings = (match[2] for line in self.text.splitlines() if (match := _HEADING.match(line)))
        return str(self.front.get("pretty_name") or next(headings, "A corpus"))

    @property
    def begin(self) -> str:
        """Return the first paragraph below the title, or the title if there is none."""
        for block in _blocks(_COMMENT.sub("", self.text)):
            if not _HEADING.match(block):
                return block
        return self.title

    @property
    def baselines_content(self) -> str:
        """Return the first 12 digits of the content hash that the table of baselines names, "" without a table."""
        table = BASELINES.search(self.text)
        named = _MEASURED_ON.search(table[2]) if table else None
        return named[1] if named else ""

    def section(self, heading: str, lead: str = "") -> list[str]:
        """Return the paragraphs of a section; a list is part of the paragraph that introduces it.

        For a section that consists of one list, return its items. With `lead`, return only the paragraphs from
        the one that begins with these words in bold up to the next that begins with bold words. Return [] if
        there is no such section.
        """
        found: list[str] = []
        level, taken = 0, not lead
        for block in _blocks(_COMMENT.sub("", self.text)):
            if match := _HEADING.match(block):
                if level and len(match[1]) <= level:
                    break
                if not level and match[2] == heading:
                    level = len(match[1])
                continue
            if not level:
                continue
            if lead and (match := _LEAD.match(block)):
                taken = match[1] == lead
                block = block[match.end() :] if taken else block
            if taken:
                found.append(block)
        if len(found) == 1 and found[0].startswith("- "):
            return [item.removeprefix("- ") for item in found[0].split("\n")]
        return _joined(found)


def _joined(blocks: list[str]) -> list[str]:
    """Append each list to the paragraph before it."""
    found: list[str] = []
    for block in blocks:
        if block.startswith("- ") and found:
            found[-1] += "\n" + block
        else:
            found.append(block)
    return found


def _blocks(text: str) -> list[str]:
    """Split text at empty lines; unwrap each block except before list items, and drop fenced code."""
    found = []
    for block in re.split(r"\n\s*\n", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)):
        lines: list[str] = []
        for line in filter(None, map(str.strip, block.split("\n"))):
            if not lines or line.startswith("- "):
                lines.append(line)
            elif _HEADING.match(lines[-1]):
                found.append(lines.pop())
                lines.append(line)
            else:
                lines[-1] += f" {line}"
        if lines:
            found.append("\n".join(lines))
    return found
