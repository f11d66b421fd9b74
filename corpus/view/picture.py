"""An annotated article as an SVG picture, for a paper: text elements, no script, no other file.

It shows what the page of the article shows, in the same shapes: blocks as backgrounds with edges and numbers, members
as underlines with the letter of their chain, and beside the text a line for each block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import escape

from ..core.model import Document, Record
from ..core.schema import Schema
from .cards import Card, Cards
from .inline import levels
from .lines import Badge, Piece, lines
from .load import shown_text
from .metrics import width
from .names import Names
from .roles import Role, roles_of

_SIZE, _SMALL = 16.0, 11.0
_TEXT, _NOTES, _GAP, _MARGIN = 560.0, 250.0, 24.0, 16.0
"""The widths of the text, of the notes beside it, of the gap between both, and of the margin, in pixels."""
_COLOURS = ("#0067b0", "#b34700", "#007358", "#9b2f86", "#7a6200", "#b3202c", "#5a45b5", "#00707c", "#646a71")
_DASHES = ("", "5 3", "2 2.5", "8 2 2 2")
"""The dashes of underlines, by the label of the member, as on the page."""
_STYLE = (
    "text{font-family:'Times New Roman','Liberation Serif',Times,serif;fill:#1b1d20;white-space:pre}"
    ".b{font-weight:700}.n{font-family:Helvetica,'Liberation Sans',Arial,sans-serif;font-weight:700}"
    ".s{font-family:Helvetica,'Liberation Sans',Arial,sans-serif}.w{fill:#fff}.d{fill:#5b6068}"
)


@dataclass(slots=True)
class _Shape:
    """A mark: its edges, what it is drawn as, and its colour. `first` and `last`: no piece is before, after it."""

    start: int
    end: int
    kind: str
    colour: str
    level: int = 0
    dash: str = ""
    first: bool = True
    last: bool = True
    key: str = ""
    """What tells the room at its edges from that of others."""


@dataclass(slots=True)
class _Drawing:
    """The shapes of an article, and the numbers and letters in its text."""

    shapes: list[_Shape] = field(default_factory=list)
    badges: dict[int, list[Badge]] = field(default_factory=dict)
    bold: dict[int, int] = field(default_factory=dict)

    def badge(self, at: int, label: str, css: str, *, after: bool = False) -> None:
        """Add a number or a letter."""
        self.badges.setdefault(at, []).append(Badge(label, css, after))


def picture(document: Document, schema: Schema, *, with_attached: bool = False) -> str:
    """Return the SVG of an article with one annotation. A withheld text is not drawn: its notes have offsets."""
    text = shown_text(document.article, with_attached)
    names = Names(document, schema, roles_of(schema), text)
    drawing = _drawing(names)
    notes = [(at, card) for at, card in Cards(names).top()]
    parts: list[str] = []
    y = _MARGIN
    for start, end in _paragraphs(text or ""):
        of_row = [card for at, card in notes if at is not None and start <= at < end + 1]
        top = y
        y = _draw_paragraph(parts, text or "", start, end, drawing, y)
        y = max(y, _draw_notes(parts, of_row, top)) + 8
    y = _draw_notes(parts, [card for at, card in notes if at is None or not text], y)
    title = _xml(str(document.article.record.get("title") or document.doc_id))
    wide = 2 * _MARGIN + _TEXT + _GAP + _NOTES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_f(wide)} {_f(y + _MARGIN)}" width="{_f(wide)}" '
        f'height="{_f(y + _MARGIN)}" role="img"><title>{title}</title><style>{_STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{"".join(parts)}</svg>\n'
    )


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for line in text.split("\n"):
        if line.strip():
            yield at, at + len(line)
        at += len(line) + 1


def _drawing(names: Names) -> _Drawing:
    drawing = _Drawing()
    members: list[_Shape] = []
    for name, role in names.roles.items():
        for record in names.in_text_order(name):
            colour = _COLOURS[int(names.colour(name, record)[1:])]
            if role.kind == "member":
                members += _member(drawing, names, role, record, colour)
            else:
                _record(drawing, names, role, record, colour)
    for one, level in zip(members, levels([(one.start, one.end) for one in members]), strict=True):
        one.level = level
    drawing.shapes += members
    return drawing


def _member(drawing: _Drawing, names: Names, role: Role, record: Record, colour: str) -> Iterator[_Shape]:
    labels = [one.name for one in role.label.labels] if role.label else []
    value = record.get(role.label.name) if role.label else None
    form = labels.index(value) if value in labels else 0
    pieces = names.pieces(role.layer.name, record)
    owner = names.owner_of(role.layer.name, record)
    if owner is not None and pieces:
        chain = names.chains[owner[0]][owner[1]]
        if owner[0] in names.order and len(chain) > 1 and chain[0][1] is record:
            drawing.badge(pieces[0][1], names.letter(*owner), colour, after=True)
    for start, end in pieces:
        yield _Shape(start, end, "member", colour, dash=_DASHES[min(form, len(_DASHES) - 1)])


def _record(drawing: _Drawing, names: Names, role: Role, record: Record, colour: str) -> None:
    number = names.numbers.get((role.layer.name, str(record["id"])), "")
    pieces = names.pieces(role.layer.name, record)
    kind = "plain" if role.kind == "plain" else "block"
    for count, (start, end) in enumerate(pieces):
        key = f"{record['id']}/{count}"
        last = count + 1 == len(pieces)
        drawing.shapes.append(_Shape(start, end, kind, colour, first=not count, last=last, key=key))
        if number and not count:
            drawing.badge(start, number, colour)
        if kind == "block":
            drawing.badge(start, "", key)
            drawing.badge(end, "", key, after=True)
    for one in role.extra:
        for span in record.get(one.name) or ():
            if pieces:
                drawing.bold[span["start"]] = max(span["end"], drawing.bold.get(span["start"], 0))
                drawing.badge(span["end"], number, colour, after=True)
            else:
                drawing.shapes.append(_Shape(span["start"], span["end"], "above", colour))


def _draw_paragraph(parts: list[str], text: str, start: int, end: int, drawing: _Drawing, y: float) -> float:
    here = [one for one in drawing.shapes if one.start < end and one.end > start]
    cuts = {at for one in here for at in (one.start, one.end)}
    deepest = max((one.level + 1 for one in here if one.kind == "member"), default=0)
    height = _SIZE * 1.45 + 4.5 * deepest
    for line in lines(text, start, end, cuts, drawing.bold, drawing.badges, _SIZE, _TEXT):
        base = y + _SIZE
        for one in sorted(here, key=lambda one: (one.kind != "block", one.start - one.end)):
            parts += _draw_shape(one, line, base)
        parts += _draw_pieces(line, base)
        y += height
    return y


def _extents(shape: _Shape, line: list[Piece]) -> list[tuple[float, float]]:
    """Return from where to where a mark goes in a line: one stretch, or more where directions alternate."""
    found: list[tuple[float, float]] = []
    for one in line:
        if one.label:
            inside = shape.start < one.start < shape.end
        elif one.start == one.end:  # room at the edge of a block, which only the block itself has
            inside = shape.start < one.start < shape.end or (shape.kind == "block" and one.css == shape.key)
        else:
            inside = shape.start <= one.start < shape.end
        if not inside:
            continue
        left, right = _MARGIN + one.x, _MARGIN + one.x + one.width
        if found and abs(found[-1][1] - left) < 0.01:
            found[-1] = found[-1][0], right
        else:
            found.append((left, right))
    return found


def _draw_shape(shape: _Shape, line: list[Piece], base: float) -> Iterator[str]:
    stretches = _extents(shape, line)
    held = [one for one in line if one.start < one.end]
    begins = any(one.start == shape.start for one in held)
    ends = any(one.end == shape.end for one in held)
    for number, (left, right) in enumerate(stretches):
        if shape.kind == "block":
            top = base - _SIZE * 0.86
            yield (
                f'<rect x="{_f(left)}" y="{_f(top)}" width="{_f(right - left)}" height="{_f(_SIZE * 1.12)}" '
                f'fill="{shape.colour}" fill-opacity=".13"/>'
            )
            for at, there, whole in ((left, begins and not number, shape.first), (right, ends, shape.last)):
                if there and (at == left or number + 1 == len(stretches)):
                    dash = "" if whole else ' stroke-dasharray="2 2"'
                    yield _line(at, top, at, top + _SIZE * 1.12, shape.colour, 2.2, dash)
        elif shape.kind == "plain":
            yield _wave(left, right, base + 3, shape.colour)
        elif shape.kind == "above":
            yield _line(left, base - _SIZE * 0.92, right, base - _SIZE * 0.92, shape.colour, 1.5)
        else:
            at = base + 3.5 + 4.5 * shape.level
            dash = f' stroke-dasharray="{shape.dash}"' if shape.dash else ""
            yield _line(left, at, right, at, shape.colour, 2, dash)


def _draw_pieces(line: list[Piece], base: float) -> Iterator[str]:
    """Yield the text of a line; neighbours that go from left to right in one style are one element."""
    run: list[Piece] = []
    for one in [*line, None]:
        joins = (
            run and one is not None and one.start < one.end and run[-1].end == one.start and run[-1].bold == one.bold
        )
        if run and not joins:
            yield _text(run, base)
            run = []
        if one is not None and one.label:
            yield from _draw_badge(one, base)
        elif one is not None and one.start < one.end:
            run.append(one)


def _text(run: list[Piece], base: float) -> str:
    words = "".join(one.text for one in run)
    wide = sum(one.width for one in run)
    if not words.strip() or not wide:
        return ""
    style = ' class="b"' if run[0].bold else ""
    return (
        f'<text{style} x="{_f(_MARGIN + run[0].x)}" y="{_f(base)}" font-size="{_f(_SIZE)}" textLength="{_f(wide)}" '
        f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{_xml(words)}</text>\n'
    )


def _draw_badge(one: Piece, base: float) -> Iterator[str]:
    x = _MARGIN + one.x
    if one.after:
        yield _label("n", x + 1, base - 6, _SIZE * 0.55, one.label, f' style="fill:{one.css}"')
        return
    yield (
        f'<rect x="{_f(x + 1)}" y="{_f(base - 12)}" width="{_f(one.width - 4)}" height="13" rx="6.5" fill="{one.css}"/>'
    )
    yield _label("n w", x + (one.width - 2) / 2, base - 2, _SIZE * 0.62, one.label, ' text-anchor="middle"')


def _label(css: str, x: float, y: float, size: float, words: str, more: str = "") -> str:
    return f'<text class="{css}" x="{_f(x)}" y="{_f(y)}" font-size="{_f(size)}"{more}>{_xml(words)}</text>\n'


def _draw_notes(parts: list[str], cards: list[Card], y: float) -> float:
    """Draw a line for each card: its number and name, then its labels; return where the last one ends."""
    x = _MARGIN + _TEXT + _GAP
    waiting = [(card, 0) for card in reversed(cards)]
    while waiting:
        card, depth = waiting.pop()
        waiting += [(one, depth + 1) for one in reversed([*card.inside, *card.about])]
        indent = x + 10 * min(depth, 6)
        room = _NOTES - 10 * min(depth, 6) - 8
        colour = _COLOURS[int(card.css.rpartition("c")[2])]
        head = f"{card.number} {card.name}".strip()
        y += 14
        top = y - 10
        parts.append(_label("n", indent + 7, y, _SMALL, _cut(head, room)))
        if labels := " · ".join(card.chips):
            y += 12.5
            parts.append(_label("s d", indent + 7, y, _SMALL, _cut(labels, room)))
        parts.append(_line(indent, top, indent, y + 3, colour, 3))
        y += 5
    return y


def _cut(words: str, room: float) -> str:
    """Return words that fit into a line of the notes; a sans serif is wider than the face that is measured."""
    if width(words, _SMALL, True) * 1.12 <= room:
        return words
    while words and width(f"{words}…", _SMALL, True) * 1.12 > room:
        words = words[:-1]
    return f"{words}…"


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, wide: float, more: str = "") -> str:
    return (
        f'<line x1="{_f(x)}" y1="{_f(y)}" x2="{_f(to_x)}" y2="{_f(to_y)}" stroke="{colour}" '
        f'stroke-width="{_f(wide)}"{more}/>\n'
    )


def _wave(left: float, right: float, y: float, colour: str) -> str:
    steps = max(1, round((right - left) / 4))
    step = (right - left) / steps
    path = f"M{_f(left)} {_f(y)}" + "".join(
        f"q{_f(step / 2)} {-2.5 if number % 2 else 2.5} {_f(step)} 0" for number in range(steps)
    )
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.3"/>\n'


def _f(value: float) -> str:
    """Return a number with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _xml(text: str) -> str:
    """Return text for XML, without the control characters that it cannot have."""
    return str(escape("".join(char for char in text if char in "\t\n" or (char >= " " and char not in "\ufffe\uffff"))))
