"""Count how often things occur that decide how hard news is: `FREQUENCIES`, beside figures of real English news.

    rows of the config `documents` → Tally for each group → Frequency for each line of the list

A row has the record's fields, `text` and a list of records for each layer. Rows without a text, or without quotes that
were annotated, and twins are not counted. To add a figure, count what it needs in `Tally.add` and add a line to the
list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..core.model import Record
from ..core.tokens import sentences

ALL = "all"
"""The name of the group of all rows."""
_NEWS = "English news"
_GERMAN = "German news"
SOURCES = {
    _NEWS: "English articles with annotated quotes, measured for this project; that corpus is not published",
    _GERMAN: "German News Quotation Attribution (Petersen-Frey and Biemann 2024)",
}
"""Where the reference figures come from."""
_WORD = re.compile(r"\S+")
_DASH = re.compile(r"[–—]|(?<=\s)-(?=\s)")
_ELLIPSIS = re.compile(r"…|\.\.\.")
_URL = re.compile(r"https?://\S+|\bwww\.\S+")
_LONG_QUOTE, _LONG_SENTENCE = 40, 30
"""Words that a long direct quote and a long sentence have more of."""


@dataclass(slots=True)
class Tally:
    """The counts of a group of rows: of documents, words, quotes and so on, and the distinct heads of cues."""

    counts: Counter[str] = field(default_factory=Counter)
    heads: set[str] = field(default_factory=set)

    def add(self, row: Record) -> None:
        """Count a row that has a text and quotes."""
        text, counts = row["text"], self.counts
        counts["documents"] += 1
        counts["words"] += _words(text)
        for name, pattern in (("dashes", _DASH), ("ellipses", _ELLIPSIS), ("urls", _URL)):
            counts[name] += len(pattern.findall(text))
        for start, end in sentences(text, str(row.get("language") or "en")):
            length = _words(text[start:end])
            counts["sentences"] += 1
            counts["sentence words"] += length
            counts["long sentences"] += length > _LONG_SENTENCE
        mentions = {one["id"]: one for one in row.get("mentions") or ()}
        counts["nonquotes"] += len(row.get("nonquotes") or ())
        for quote in row["quotes"]:
            self._add_quote(quote, text, mentions)

    def _add_quote(self, quote: Record, text: str, mentions: Mapping[str, Record]) -> None:
        counts, content = self.counts, quote["content"]
        counts["quotes"] += 1
        counts[f"type {quote.get('type')}"] += 1
        counts["discontinuous"] += len(content) > 1
        counts["nested"] += quote.get("parent") is not None
        counts["anonymous"] += quote.get("speaker_kind") == "anonymous"
        if quote.get("type") == "direct":
            length = sum(_words(text[span["start"] : span["end"]]) for span in content)
            counts["direct words"] += length
            counts["long direct"] += length > _LONG_QUOTE
        if quote.get("cue"):
            first = quote["cue"][0]
            self.heads.update(text[first["start"] : first["end"]].casefold().split()[:1])
        source = next((mentions[one] for one in quote.get("source") or () if one in mentions), None)
        if source is None:
            return
        counts["sourced"] += 1
        counts["pronouns"] += source.get("form") == "PRO"
        start = source["spans"][0]["start"]
        place = "after" if start >= content[-1]["end"] else "middle" if start > content[0]["start"] else "first"
        counts[f"source {place}"] += 1

    def share(self, name: str, of: str, times: float = 100) -> float | None:
        """Return `times` × the count of `name` divided by that of `of`; None if it divides by nothing."""
        return times * self.counts[name] / self.counts[of] if self.counts[of] else None


def _words(text: str) -> int:
    return len(_WORD.findall(text))


@dataclass(frozen=True, slots=True)
class Measure:
    """A line of the table: its title, how it is counted, and the figure and source for real news, if one is known."""

    title: str
    value: Callable[[Tally], float | None]
    digits: int = 0
    reference: str = ""
    source: str = ""


def _count(name: str) -> Callable[[Tally], float | None]:
    return lambda tally: tally.counts[name]


def _share(name: str, of: str, times: float = 100) -> Callable[[Tally], float | None]:
    return lambda tally: tally.share(name, of, times)


def _retold(tally: Tally) -> float | None:
    shares = [tally.share(f"type {name}", "quotes") for name in ("indirect", "reported", "free_indirect")]
    return None if shares[0] is None else sum(one or 0 for one in shares)


FREQUENCIES: tuple[Measure, ...] = (
    Measure("articles", _count("documents")),
    Measure("words", _count("words")),
    Measure("quotes", _count("quotes")),
    Measure("quotes per 100 words", _share("quotes", "words"), 1, "3.2", _NEWS),
    Measure("direct, % of quotes", _share("type direct", "quotes"), 0, "18", _NEWS),
    Measure("mixed, %", _share("type mixed", "quotes"), 0, "12", _NEWS),
    Measure("indirect, reported and free indirect, %", _retold, 0, "70", _NEWS),
    Measure("words of a direct quote, mean", _share("direct words", "type direct", 1), 0, "28", _NEWS),
    Measure("direct quotes of over 40 words, %", _share("long direct", "type direct"), 0, "6", _NEWS),
    Measure("nested in a quote, %", _share("nested", "quotes"), 0, "5–10", _NEWS),
    Measure("content in pieces, %", _share("discontinuous", "quotes"), 0, "13 (8.6)", f"{_NEWS} ({_GERMAN})"),
    Measure("speaker anonymous, %", _share("anonymous", "quotes"), 0, "5", _NEWS),
    Measure("with a source, %", _share("sourced", "quotes"), 0),
    Measure("source a pronoun, % of sources", _share("pronouns", "sourced"), 0, "20", _NEWS),
    Measure("source before the content, %", _share("source first", "sourced"), 0, "66", _NEWS),
    Measure("source after the content, %", _share("source after", "sourced"), 0, "17", _NEWS),
    Measure("source within the content, %", _share("source middle", "sourced"), 0, "10", _NEWS),
    Measure("distinct first words of cues", lambda tally: len(tally.heads), 0, "300", _NEWS),
    Measure("words in marks that are not a quote", _count("nonquotes")),
    Measure("words of a sentence, mean", _share("sentence words", "sentences", 1), 0, "18", _NEWS),
    Measure("sentences of over 30 words, %", _share("long sentences", "sentences"), 0, "17", _NEWS),
    Measure("dashes per 1,000 words", _share("dashes", "words", 1000), 1),
    Measure("ellipses per 1,000 words", _share("ellipses", "words", 1000), 1),
    Measure("URLs per 1,000 words", _share("urls", "words", 1000), 1),
)


@dataclass(frozen=True, slots=True)
class Frequency:
    """A figure of each group, None where it divides by nothing, beside that of real news ("" if none is known)."""

    title: str
    values: Mapping[str, float | None]
    digits: int
    reference: str
    source: str

    def shown(self, group: str) -> str:
        """Return the figure of a group as it is shown."""
        value = self.values[group]
        return "–" if value is None else f"{value:,.{self.digits}f}"


def frequencies(rows: Iterable[Record], by: str = "set", names: Sequence[str] = ()) -> list[Frequency]:
    """Return the figures of all rows and of each group, in the order of `FREQUENCIES`.

    `by` is the field of the record that groups them; `names` gives the order of groups. Rows without it are only in
    the group `ALL`.
    """
    tallies: dict[str, Tally] = {ALL: Tally()}
    for row in rows:
        if row.get("text") is None or row.get("quotes") is None or row.get("twin_of") is not None:
            continue
        tallies[ALL].add(row)
        if row.get(by):
            tallies.setdefault(str(row[by]), Tally()).add(row)
    order = {name: i for i, name in enumerate((ALL, *names))}
    groups = sorted(tallies, key=lambda name: (order.get(name, len(order)), name))
    return [
        Frequency(one.title, {name: one.value(tallies[name]) for name in groups}, one.digits, one.reference, one.source)
        for one in FREQUENCIES
    ]


def table(found: Sequence[Frequency]) -> list[list[str]]:
    """Return the headings and the rows of a table, for `report.tables`."""
    groups = list(found[0].values)
    head = ["", *groups, "real news", "source"]
    return [head, *([one.title, *map(one.shown, groups), one.reference, one.source] for one in found)]


def notes(found: Sequence[Frequency]) -> list[str]:
    """Return a line for each source of reference figures in the table."""
    return [f"{name}: {about}." for name, about in SOURCES.items() if any(name in one.source for one in found)]
