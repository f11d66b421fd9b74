"""What a submission says → what may stand in a report: shown, and never obeyed.

Control and format characters come out as `<U+001B>`. What is then still alive in some place is put
out of action there:

    a log of GitHub, Azure or TeamCity   ::error::  ##[group]  ##vso[…]  ##teamcity[…]
    Markdown and HTML                    <script>  |  `  *  [a](b)  @team  #1  https://…
    a SARIF message                      [a](b)
"""

from __future__ import annotations

import json
import re

from ..core.text import cells, visible

_BRACKET = "<U+005B>"
_COMMAND = re.compile(r"(##\w*)\[")
"""A command to a log wherever it stands in a line; `::` is one at the beginning only."""
_MARKUP = re.compile(r"[^\w ./,;='%+()?\-\u0080-\U0010ffff]|_|(?<=www)\.", re.IGNORECASE)
_XML = re.compile(r"[&<>\"'\[\]]|:(?=:)")
_BIDI_OF_SNIPPETS = str.maketrans("", "", "\N{LEFT-TO-RIGHT OVERRIDE}\N{POP DIRECTIONAL FORMATTING}")


def plain(text: str, limit: int | None = None) -> str:
    """The text on one line that may stand in a log, behind something else; cut after `limit` code points."""
    cut = text if limit is None or len(text) <= limit else text[:limit] + "…"
    return _COMMAND.sub(rf"\1{_BRACKET}", visible(cut))


def first(text: str) -> str:
    """What begins a line of a log, such as the path of a file, on one line: no command either."""
    shown = plain(text)
    return f"./{shown}" if shown.lstrip().startswith(":") else shown


def snippet_lines(snippet: str) -> list[str]:
    """The lines of a snippet for a log, with the underline still below its span; [] for none."""
    lines = snippet.split("\n") if snippet else []
    if len(lines) == 2:
        shown, underline = lines
        for match in reversed(list(_COMMAND.finditer(shown))):
            at = match.end() - 1
            cell = cells(shown[:at])
            shown = shown[:at] + _BRACKET + shown[at + 1 :]
            mark = underline[cell : cell + 1]
            underline = underline[:cell] + mark * len(_BRACKET) + underline[cell + 1 :]
        lines = [shown, underline]
    if any(line.lstrip().startswith("::") for line in lines):
        lines = [f"| {line}" for line in lines]
    return lines


def snippet_text(snippet: str, limit: int = 1000) -> str:
    """A snippet where no terminal shows it: without the directional override that lays it out there."""
    return "\n".join(plain(line, limit) for line in snippet.translate(_BIDI_OF_SNIPPETS).split("\n"))


def dumps(value: object) -> str:
    """JSON on one line, in ASCII, in which a log finds no command."""
    return _COMMAND.sub(r"\1\\u005b", json.dumps(value))


def entities(text: str) -> str:
    """The text for Markdown: each character that means something in it or in HTML as a reference."""
    return _MARKUP.sub(_reference, text)


def xml(text: str) -> str:
    """The text for XML, in an element or an attribute."""
    return _XML.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def code(text: str, limit: int) -> str:
    """The text as code in Markdown: nothing is markup, a link, a mention or a reference to an issue.

    The tag keeps sites from linking `@team` and `#1`; the references keep Markdown from seeing
    `https://` and `www.` in it.
    """
    return f"<code>{entities(visible(text if len(text) <= limit else text[:limit] + '…'))}</code>"


def message(text: str, limit: int) -> str:
    """The text for a SARIF message, which may hold links `[text](target)`: none is left."""
    return plain(text, limit).replace("](", "] (")


def data(text: str) -> str:
    """The text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def prop(text: str) -> str:
    """The text as a property of a workflow command."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
