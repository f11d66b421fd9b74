"""The page of an article: its text in rows with marks and cards, its chains, and where annotators differ.

Document, Schema → `Page` → templates/article.html
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from ..core.done import layer_done
from ..core.model import Document, Problem, Record
from ..core.schema import Schema
from ..core.text import visible
from .cards import Card, Cards
from .chains import Chain, chains
from .differences import RANK as LANES
from .differences import Comparison, Difference, compared
from .findings import Finding, finding_marks, placed
from .inline import MOST, CrowdedError, Inline, escaped, marked
from .layer_marks import layer_marks
from .load import shown_text, twin_fact
from .names import Names, anchor, short
from .roles import Role, roles_of

_LINE, _LEVEL = 1.62, 0.22
"""The height of a line of text, and what each level of underlines adds to it."""
_LANE = 0.75
"""What differences above the text add to the height of a line, whether they are shown or not."""
_HEAD = ("source", "published", "split")
"""The fields of the record in the head of the page."""


@dataclass(slots=True)
class Row:
    """A paragraph: its text with marks, and the cards of what begins in it. `offset` is in code points."""

    offset: int
    text: Markup
    is_title: bool
    height: str
    differences: list[tuple[Comparison, Difference]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """A record in a list below the text, and whether the text has it too, under its id."""

    card: Card
    has_mark: bool


@dataclass(slots=True)
class LayerCount:
    """A layer with its number of records; `done` is false if it was not annotated."""

    role: Role
    count: int
    done: bool


@dataclass(slots=True)
class Page:
    """Everything that the page of an article shows."""

    doc_id: str
    annotator: str
    title: str
    language: str
    facts: list[str]
    layers: list[LayerCount]
    rows: list[Row] = field(default_factory=list)
    loose: Row = field(default_factory=lambda: Row(0, Markup(), False, ""))
    """What is about the whole article, or has no place in a text that is shown."""
    chains: list[Chain] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    listed: list[tuple[Role, list[Listed]]] = field(default_factory=list)
    """Records that have no mark, because the text is withheld, or whose mark cannot show all fields."""
    about: list[tuple[str, str]] = field(default_factory=list)
    withheld: bool = False
    others: list[tuple[str, str]] = field(default_factory=list)
    """The other pages of the article: the annotator, and the address from the top of the site."""
    crowded: int = 0
    """Paragraphs whose marks are not drawn, because too many cross."""
    refused: bool = False
    """True if the annotation has errors that keep it from being shown."""


def article_page(
    document: Document,
    schema: Schema,
    *,
    pairs: Sequence[tuple[Document, Document]] = (),
    problems: Sequence[Problem] = (),
    with_attached: bool = False,
    refused: bool = False,
) -> Page:
    """Return the page of an article with one annotation, or without one.

    `pairs` are the annotations to compare, `problems` what validation finds. A text that must not be redistributed is
    left out, an attached one too unless `with_attached`. Of an annotation that is `refused`, because of errors, the
    page shows no record.
    """
    text = shown_text(document.article, with_attached)
    roles = roles_of(schema)
    page = _head(document, roles, refused)
    page.withheld = text is None
    names = Names(
        Document(document.doc_id, document.article, None if refused else document.annotation), schema, roles, text
    )
    for name, role in roles.items():
        page.about += [(f"as good, another {role.one}", short(one, 200)) for one in names.as_good.get((name, ""), ())]
    page.findings = placed(problems, names)
    page.comparisons = [compared(i, schema, roles, *pair, names) for i, pair in enumerate(pairs, 1)]
    page.chains = chains(names)
    marks = list(_marks(page, names, text)) if text is not None else []
    cards = Cards(names)
    _add_rows(page, text or "", names, cards, marks)
    page.listed = list(_listed(names, cards, {one.record for one in marks}))
    return page


def _head(document: Document, roles: Mapping[str, Role], refused: bool) -> Page:
    record = document.article.record
    value: Record = document.annotation.value if document.annotation else {}
    facts = (document.doc_id, *(str(record.get(name) or "") for name in _HEAD), twin_fact(record))
    counts = [
        LayerCount(role, len(value.get(name) or ()), layer_done(value, name))
        for name, role in roles.items()
        if document.annotation and not refused
    ]
    return Page(
        document.doc_id,
        document.annotation.annotator if document.annotation else "",
        visible(str(record.get("title") or document.doc_id)),
        str(record.get("language") or "und"),
        [visible(one) for one in facts if one],
        counts,
        about=list(_about(document)),
        refused=refused,
    )


def _about(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what the article's record and the provenance of the annotation say, apart from the head of the page."""
    provenance = document.annotation.value.get("provenance") if document.annotation else None
    for value in (document.article.record, provenance if isinstance(provenance, dict) else {}):
        for name, of in value.items():
            if name in ("doc_id", "title", *_HEAD) or of is None:
                continue
            if isinstance(of, (str, int, float)):
                yield name, visible(str(of))
            elif isinstance(of, list) and of and not isinstance(of[0], dict):
                yield name, visible(", ".join(map(str, of)))


def _marks(page: Page, names: Names, text: str) -> Iterator[Inline]:
    """Yield all marks, each without the line ends at its edges, which no paragraph has."""
    differences = (mark for one in page.comparisons for mark in one.marks())
    for one in (*layer_marks(names), *finding_marks(page.findings), *differences):
        while one.start < one.end and text[one.start] == "\n":
            one.start += 1
        while one.start < one.end and text[one.end - 1] == "\n":
            one.end -= 1
        if one.start < one.end:
            yield one


def _add_rows(page: Page, text: str, names: Names, cards: Cards, marks: list[Inline]) -> None:
    """Add a row for each paragraph, and put each card beside the paragraph in which its record begins."""
    title = str(names.document.article.record.get("title") or "").strip()
    starts: list[int] = []
    lines: list[str] = []
    at = 0
    for line in text.split("\n"):
        if line:
            starts.append(at)
            lines.append(line)
        at += len(line) + 1
    of_row: list[list[Inline]] = [[] for _ in starts]
    for mark in marks:
        first = max(0, bisect_right(starts, mark.start) - 1)
        for number in range(first, bisect_right(starts, mark.end - 1)):
            of_row[number].append(mark)
    left = MOST
    for number, (start, line) in enumerate(zip(starts, lines, strict=True)):
        try:
            words, count = marked(text, start, start + len(line), of_row[number], left)
            left -= count
        except CrowdedError:
            words = Markup(escaped(line))
            _undraw(page, of_row[number])
        is_title = bool(title) and not number and line.strip() == title
        page.rows.append(Row(start, words, is_title, _height(of_row[number])))

    def row(at: int | None) -> Row:
        return page.loose if at is None or not starts else page.rows[max(0, bisect_right(starts, at) - 1)]

    for at_card, card in cards.top():
        row(at_card).cards.append(card)
    for comparison in page.comparisons:
        for difference in comparison.differences:
            row(difference.at).differences.append((comparison, difference))
    for finding in page.findings:
        row(finding.at).findings.append(finding)


def _undraw(page: Page, marks: list[Inline]) -> None:
    """Note that marks are not drawn: nothing may lead to them, and their records are in the lists."""
    page.crowded += 1
    gone = {one.record for one in marks}
    for mark in marks:
        mark.record = ""
    for finding in page.findings:
        finding.pieces = [] if finding.mark in gone else finding.pieces
    for comparison in page.comparisons:
        for difference in comparison.differences:
            difference.mark = "" if difference.mark in gone else difference.mark


def _height(marks: list[Inline]) -> str:
    """Return the height of the lines of a paragraph: room for all of its underlines and differences."""
    deepest = max((one.level + 1 for one in marks if one.rank == 3), default=0)
    return f"{_LINE + _LEVEL * deepest + _LANE * any(one.rank >= LANES for one in marks):.3g}"


def _listed(names: Names, cards: Cards, marked_ids: set[str]) -> Iterator[tuple[Role, list[Listed]]]:
    """Yield the members without a mark, or with fields that no mark shows."""
    for name, role in names.roles.items():
        if role.kind != "member":
            continue
        drawn = ("id", *(one.name for one in (*role.place, role.owner, role.label) if one is not None))
        rows = []
        for record in names.in_text_order(name):
            has_mark = anchor(record["id"]) in marked_ids
            if (
                not has_mark
                or (name, str(record["id"])) in names.as_good
                or any(of not in (None, []) for field, of in record.items() if field not in drawn)
            ):
                rows.append(Listed(cards.card(name, role, record), has_mark))
        if rows:
            yield role, rows
