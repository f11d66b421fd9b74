"""The text that the regions of a Label Studio task lie in, and where a region lies in it.

| object tag | text of the document | place of a region |
|---|---|---|
| Text | the value of `data` | `start`, `end` |
| HyperText | the value if it has no tags, else the text content of the HTML | `globalOffsets` |
| Paragraphs | the paragraphs, a line each, without the names of their speakers | paragraph and offset in it |

The editor counts in code points, and before October 2021 in UTF-16 units. A region quotes its words, white space
aside, so each way to count is tried on all regions of an annotation, and one must fit them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate
from typing import Any

from ..checks.offset_shifts import OffsetTable, explain, offset_tables
from ..core.model import Span
from ..labelstudio.decode_regions import matches, utf16_offsets
from .offset_readings import AS_IT_IS, OffsetReadings

_ADDRESS = re.compile(r"(?:https?|s3|gs|azure-blob)://\S+|/(?:data|storage|upload)/\S+")
_MARKUP = re.compile(r"<[A-Za-z!/]|&#?\w+;")
_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript"})


Table = OffsetTable | Mapping[int, int]
"""Offsets in some units, and the code points that they are."""


@dataclass(frozen=True, slots=True)
class Place:
    """A region: its id, its offsets in the text as they were counted, and the words it quotes, None if it has none."""

    name: str
    start: int
    end: int
    words: str | None


@dataclass(frozen=True, slots=True)
class TaskText:
    """The text of a task. `starts` are those of its paragraphs; `html` says that it comes from HTML.

    `speakers` is the number of paragraphs with a speaker, whom the text leaves out.
    """

    text: str
    starts: tuple[int, ...] = ()
    html: bool = False
    speakers: int = 0

    def place(self, name: str, value: Mapping[str, Any]) -> Place | str:
        """Return where a region lies by its `value`, or what is wrong with it."""
        start, end = value.get("start"), value.get("end")
        if self.starts:
            start, end = (self._in_paragraph(value, key) for key in ("start", "end"))
        elif isinstance(value.get("globalOffsets"), dict):
            start, end = (value["globalOffsets"].get(key) for key in ("start", "end"))
        elif isinstance(start, str) and start.startswith("/"):
            return "it lies in HTML and has no globalOffsets, so its place in the text is unknown"
        start, end = _integer(start), _integer(end)
        if start is None or end is None:
            return "its start and end must be integers"
        words = value.get("text")
        return Place(name, start, end, words if isinstance(words, str) and words.strip() else None)

    def _in_paragraph(self, value: Mapping[str, Any], key: str) -> int | None:
        number, offset = _integer(value.get(key)), _integer(value.get(f"{key}Offset"))
        if number is None or offset is None or not 0 <= number < len(self.starts):
            return None
        return self.starts[number] + offset

    def fits(self, one: Place, start: int, end: int) -> bool:
        """Return whether the words at these offsets are those that the region quotes; without words, it is unknown."""
        if one.words is None or matches(self.text, start, end, one.words):
            return 0 <= start < end <= len(self.text)
        # A selection in HTML or over paragraphs has a line break where a block ends, and the text may have none.
        loose = self.html or bool(self.starts)
        return loose and 0 <= start < end <= len(self.text) and _bare(self.text[start:end]) == _bare(one.words)


@dataclass(slots=True)
class Located:
    """Regions with offsets in code points, by id; why others have none; and how the offsets were converted, if so."""

    found: dict[str, tuple[int, int]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    note: str = ""


def locate(of: TaskText, places: list[Place]) -> Located:
    """Find the way to count that fits the words of all regions of an annotation; report regions that none fits.

    Regions without words are read as the others; if these do not decide it, by the edges of words.
    """
    made = Located()
    silent = [one for one in places if one.words is None]
    if not silent and _all_fit(of, places, None):
        made.found = {one.name: (one.start, one.end) for one in places}
        return made
    tables: dict[str, Table | None] = {"": None, **_tables(of)}
    spoken = [one for one in places if one.words is not None]
    fitting = {how: table for how, table in tables.items() if _all_fit(of, spoken, table)}
    chosen = next(iter(fitting), None)
    if any(_moved(one, table) != _moved(one, fitting[chosen or ""]) for one in silent for table in fitting.values()):
        chosen = _by_edges(of.text, places)
    if chosen in fitting and _all_fit(of, places, fitting[chosen]):
        made.found = {one.name: _moved(one, fitting[chosen]) for one in places}
        made.note = chosen
        return made
    fits = {one.name: one.words is not None and of.fits(one, one.start, one.end) for one in places}
    made.found = {one.name: (one.start, one.end) for one in places if fits[one.name]}
    wrong = [one for one in places if not fits[one.name]]
    right = [Span(one.start, one.end, one.words) for one in places if fits[one.name]]
    reasons = explain(of.text, [Span(one.start, one.end, one.words) for one in wrong if one.words is not None], right)
    for one in wrong:
        made.wrong[one.name] = _why(of.text, one, "" if one.words is None else next(reasons)[0])
    return made


def _by_edges(text: str, places: list[Place]) -> str | None:
    """Return the way to count in which the regions begin and end at the edges of words, None if that is unclear."""
    readings = OffsetReadings()
    readings.add(text, [(one.start, one.end) for one in places])
    reading = readings.decide()
    return None if reading.unclear else "" if reading.reason == AS_IT_IS else reading.reason


def _moved(one: Place, table: Table | None) -> tuple[int, int]:
    if table is None:
        return one.start, one.end
    start, end = table.get(one.start), table.get(one.end)
    return -1 if start is None else start, -1 if end is None else end


def _all_fit(of: TaskText, places: Iterable[Place], table: Table | None) -> bool:
    return all(of.fits(one, *_moved(one, table)) for one in places)


def _tables(of: TaskText) -> Mapping[str, Table]:
    """Return each way to count other than in code points, and its table to code points."""
    return {"the offsets count UTF-16 units": _by_paragraph(of)} if of.starts else offset_tables(of.text)


def _by_paragraph(of: TaskText) -> dict[int, int]:
    """Return the table of UTF-16 units that start at 0 in each paragraph."""
    table: dict[int, int] = {}
    for start, end in zip(of.starts, (*of.starts[1:], len(of.text) + 1), strict=True):
        table |= {start + unit: start + at for unit, at in utf16_offsets(of.text[start : end - 1]).items()}
    return table


def _why(text: str, one: Place, reason: str) -> str:
    where = f"{one.start} to {one.end}"
    if one.words is None:
        return f"{where}: it quotes no words, and what its offsets count is unclear"
    if not 0 <= one.start < one.end <= len(text):
        return f"{where} is not a span of a text of length {len(text)}; {reason}"
    here, words = text[one.start : one.end], one.words
    return f"{where}: the text has {here[:60]!r} there, not {words[:60]!r}; {reason}"


def task_text(written: Any, values: list[Mapping[str, Any]], key: str, html: bool = False) -> TaskText | str:
    """Return the text of a task from its value in `data`, or why there is none.

    `values` are those of all regions of the task; `key` is that of the text of a paragraph. A task without regions does
    not say whether its text is HTML: `html` says it.
    """
    if written is None:
        return "the task has no such key"
    if isinstance(written, list):
        return _paragraphs(written, key)
    if not isinstance(written, str) or not written:
        return "it is not a text"
    if _ADDRESS.fullmatch(written.strip()):
        return "it is the address of a file, which the export does not hold"
    in_html = (
        html
        if not values
        else any("globalOffsets" in value or str(value.get("start")).startswith("/") for value in values)
    )
    if not in_html or not _MARKUP.search(written):
        return TaskText(written)
    for source in (written, _body(written)):
        made = TaskText(text_content(source), html=True)
        places = [place for i, value in enumerate(values) if isinstance(place := made.place(str(i), value), Place)]
        if made.text.strip() and not locate(made, places).wrong:
            return made
    return "it is HTML, and the regions do not quote the words at their globalOffsets in its text content"


def _paragraphs(written: list[Any], key: str) -> TaskText | str:
    held = [one.get(key) if isinstance(one, dict) else one for one in written]
    texts = [one for one in held if isinstance(one, str)]
    if not texts or len(texts) < len(held):
        return f"it is a list, but not one of paragraphs with {key}"
    starts = tuple(accumulate((len(one) + 1 for one in texts[:-1]), initial=0))
    speakers = sum(isinstance(one, dict) and any(one[name] for name in one.keys() - {key}) for one in written)
    return TaskText("\n".join(texts), starts, speakers=speakers)


class _TextContent(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def text_content(html: str) -> str:
    """Return the text of HTML without its tags, head and scripts, as the editor counts in it; `<br>` is a line end."""
    parser = _TextContent()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


def _body(html: str) -> str:
    """Return what is in the body of an HTML document."""
    found = re.search(r"<body[^>]*>(.*?)(?:</body>|\Z)", html, re.DOTALL | re.IGNORECASE)
    return found[1] if found else html


def _bare(words: str) -> str:
    return "".join(words.replace("\\n", " ").split())


def _integer(value: Any) -> int | None:
    if type(value) is int:
        return value
    # The editor writes the numbers of paragraphs as strings.
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else None
