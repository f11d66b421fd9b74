"""Plain English in everything that people read: idioms of the old prose, each with the wording to use instead.

Held over all docstrings, comments and messages of `corpus/` (so over `--help` and the rule pages, which are made from
them), the skeleton of a new corpus, README.md, CONTRIBUTING.md and docs/*.md. Exempt are code blocks, `code`, and
quotations in “ ”: they show other people's text or names in the code. A literal without a space is data.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

IDIOMS: dict[str, str] = {
    # pattern, in which a blank is any white space → what to write instead
    r"mend(s|ed|ing)?": "fix",
    r"(some|any|every|no)body('s)?": "someone, anyone, everyone, no one",
    r"(?<!there )(is|are|was|were) no (?!(longer|more|less|such|different|better|earlier|later)\b)\w+": "is not a …",
    r"behind(?! (a |the )?(proxy|login|firewall))": "after",
    r"what (stands|stood|lies|lay)": "name the thing: the words at …, the contents of …",
    r"(which|that|who|what) (is|are) none": "name the thing that is missing",
    r"what (is|was) (not )?there": "name the thing that exists",
    r"as (it|they) stands?": "unchanged; correct",
    r"stands? (in(?! for)|at|there|where|before|outside|within)": "is in, occurs at",
    r"words? stands?": "the words occur at",
    r"(who|nobody) looked": "annotators who annotated …",
    r"looked at": "annotated, checked, read",
    r"(is|are) let": "is suppressed, may",
    r"let(s|ting)? (\w+ ){0,3}pass": "suppress",
    r"waiv(e[sd]?|ers?|ing)": "suppress, suppression",
    r"(tell|tells|told|telling) of": "report",
    r"say(s|ing)? of": "report for, say about",
    r"(is|are|was|were) told": "receives; is computed from",
    r"anew": "again; rewrite, recompute, regenerate",
    r"all (of it )?or nothing": "atomically",
    r"whole or not at all": "atomically",
    r"never (to be )?changed": "immutable",
    r"errors come first": "fix the errors first",
    r"(hold|holds|held|holding) (\w+ ){0,4}against": "compare with",
    r"set aside": "quarantined",
    r"near-cop(y|ies)": "near-duplicate",
    r"another hash": "checksum mismatch: expected …, found …",
    r"a (row|line|file|folder|table) an? (article|annotator|document|layer|mention|quote|split)": "a … for each …",
    r"is there already": "exists already",
    r"none else": "no others",
    r"to be had": "available, readable",
    r"by way of": "through",
    r"(all|everything) went well": "succeeded",
    r"(take|takes|taken) (their|its) places?": "written atomically; replace",
    r"what belongs together": "near-duplicates; the documents of a story",
    r"(whence|wherein|whereof|thereof|hither|thither)": "use plain words",
}

EXEMPT = {
    ("corpus/core/hard_cases.py", "behind"): "in the dataset card, whose text is part of a build",
    ("docs/rules.md", "near-copies"): "the name of rule C606",
}
"""(file, idiom in lower case) → why it stays. Released cards keep their words; the next version may change them."""


class Text(NamedTuple):
    """A piece of prose and the line of its file on which it begins."""

    prose: str
    line: int


class Hit(NamedTuple):
    """An idiom that was found."""

    path: str
    line: int
    found: str
    better: str


def _pattern(idiom: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{idiom})\b", re.IGNORECASE)


_PATTERNS = [(_pattern(idiom), better) for idiom, better in IDIOMS.items()]
_QUOTED = re.compile(r"``[^`]*``|`[^`\n]*(?:\n[^`\n]+)?`|“[^”]*”|<!--.*?-->", re.DOTALL)
_FENCED = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.DOTALL | re.MULTILINE)


def _blanked(match: re.Match[str]) -> str:
    """Replace a match by a word that is in no idiom; its line breaks stay, since lines are counted."""
    return "§" + "\n" * match[0].count("\n")


def hits(text: Text, path: str) -> Iterator[Hit]:
    """Yield the idioms in a piece of prose."""
    prose = _QUOTED.sub(_blanked, text.prose)
    # idioms run across line ends, so white space is one blank here; `lines` remembers the line of each character
    flat: list[str] = []
    lines: list[int] = []
    line = text.line
    for char in prose:
        if not char.isspace() or (flat and flat[-1] != " "):
            flat.append(" " if char.isspace() else char)
            lines.append(line)
        line += char == "\n"
    joined = "".join(flat)
    for pattern, better in _PATTERNS:
        for match in pattern.finditer(joined):
            if (path, match[0].lower()) not in EXEMPT:
                yield Hit(path, lines[match.start()], match[0], better)


def python_prose(source: str) -> Iterator[Text]:
    """Yield the docstrings, comments and literals with more than one word of a module."""
    comments: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if comments and comments[-1][0] + comments[-1][1].count("\n") == token.start[0] - 1:
                comments[-1] = (comments[-1][0], f"{comments[-1][1]}\n{token.string.lstrip('# ')}")
            else:
                comments.append((token.start[0], token.string.lstrip("# ")))
    yield from (Text(comment, line) for line, comment in comments)
    inner: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            # a value in an f-string is one word of the sentence
            parts = [part.value if isinstance(part, ast.Constant) else "§" for part in node.values]
            inner.update(id(part) for part in node.values)
            yield Text("".join(map(str, parts)), node.lineno)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if id(node) not in inner and " " in text.strip():
                yield Text(text, node.lineno)


def markdown_prose(source: str) -> Iterator[Text]:
    """Yield the prose of a Markdown file: everything outside of code blocks."""
    yield Text(_FENCED.sub(_blanked, source), 1)


def pieces() -> Iterator[tuple[str, Text]]:
    """Yield each piece of prose with the path of its file."""
    skeleton = ROOT / "corpus" / "edit" / "skeleton"
    for path in sorted((ROOT / "corpus").rglob("*.py")):
        yield from ((path.relative_to(ROOT).as_posix(), text) for text in python_prose(path.read_text("utf-8")))
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    files += [path for path in sorted(skeleton.rglob("*")) if path.suffix in (".md", ".yml", ".yaml", ".toml")]
    files += [skeleton / name for name in ("LICENSE", ".gitignore", ".gitattributes")]
    for path in files:
        yield from ((path.relative_to(ROOT).as_posix(), text) for text in markdown_prose(path.read_text("utf-8")))


def test_prose_is_plain_english() -> None:
    found = sorted({hit for path, text in pieces() for hit in hits(text, path)})
    assert not found, f"{len(found)} idioms:\n" + "\n".join(
        f"{hit.path}:{hit.line}: {hit.found!r}: write {hit.better}" for hit in found
    )


def test_an_exemption_that_nothing_needs_is_removed() -> None:
    for path, idiom in EXEMPT:
        assert idiom in (ROOT / path).read_text("utf-8").lower(), (path, idiom)


@pytest.mark.parametrize(
    "prose",
    [
        "{out} is no folder",
        "These are\nno quotes.",
        "say of every fault where it is",
        "is it possible that somebody said it so?",
        "the bytes, or why they are not to be had",
        "What stands in quotation marks",
        "a CSV has a row a mention",
        "Make every hash of a release anew",
        "Let a finding pass",
        "a release is never changed",
        "the item behind the paragraph",
        "held first of all against its manifest",
    ],
)
def test_an_idiom_is_found(prose: str) -> None:
    assert list(hits(Text(prose, 1), "README.md"))


@pytest.mark.parametrize(
    "prose",
    [
        "{out} is not a directory",
        "There is no document of this name, and there\nare no others.",
        "The field is no longer used.",
        "Run it behind a proxy.",
        "The cue `somebody said` and “nobody knows”.",
        "a recommendation, an amendment",
        "None stands for a missing value.",
        "Compare the file with its checksum.",
    ],
)
def test_plain_english_passes(prose: str) -> None:
    assert not list(hits(Text(prose, 1), "README.md"))


def test_lines_and_pieces_of_a_module() -> None:
    source = '"""One.\n\nThis is\nno folder."""\n# two: mend\n# it\nx = f"a {x} is no file"\ny = "somebody"\n'
    found = [(hit.line, hit.found) for text in python_prose(source) for hit in hits(text, "m.py")]
    assert sorted(found) == [(3, "is no folder"), (5, "mend"), (7, "is no file")]
