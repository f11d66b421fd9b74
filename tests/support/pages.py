"""Read a page of `corpus view` as a browser does: the text of its paragraphs, its marks, ids and links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "input", "br", "path", "hr"}


@dataclass
class Element:
    """An element that is open: its tag, its attributes, and the offset in the paragraph at which it began."""

    tag: str
    attributes: dict[str, str]
    begun: int = 0


@dataclass
class Paragraph:
    """A paragraph of the article: its offset, its text, and the pieces of each record: (start, end, classes)."""

    offset: int
    text: str = ""
    pieces: dict[str, list[tuple[int, int, list[str]]]] = field(default_factory=dict)


class PageText(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[Paragraph] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        """The words outside of scripts and styles."""
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self._paragraph: Paragraph | None = None
        self.feed(html)
        self.close()
        assert [one.tag for one in self._open] in ([], ["html", "body"]), [one.tag for one in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        if tag == "p" and "data-o" in attributes:
            self._paragraph = Paragraph(int(attributes["data-o"]))
            self.paragraphs.append(self._paragraph)
        if tag not in VOID:
            self._open.append(Element(tag, attributes, len(self._paragraph.text) if self._paragraph else 0))

    def handle_endtag(self, tag: str) -> None:
        one = self._open.pop()
        assert one.tag == tag, f"</{tag}> closes <{one.tag}>"
        if tag == "p":
            self._paragraph = None
        if self._paragraph is not None and "data-a" in one.attributes:
            place = one.begun, len(self._paragraph.text), one.attributes.get("class", "").split()
            for record in dict.fromkeys([one.attributes.get("id", ""), *one.attributes["data-a"].split()]):
                self._paragraph.pieces.setdefault(record, []).append(place)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self._paragraph is not None:
            self._paragraph.text += data
        if not self._open or self._open[-1].tag not in ("script", "style"):
            self.words.append(data)

    @property
    def shown(self) -> str:
        """All words of the page."""
        return " ".join(self.words)

    def places(self, record: str, shape: str) -> set[int]:
        """The offsets in the article of all characters that a record marks with a shape, such as `q`."""
        return {
            paragraph.offset + at
            for paragraph in self.paragraphs
            for start, end, css in paragraph.pieces.get(record, ())
            if shape in css
            for at in range(start, end)
        }


def read_page(path: Path) -> PageText:
    """Parse a page of a site."""
    return PageText(path.read_text("utf-8"))
