"""Escape the words of a submission for a report, so that they are shown and never obeyed.

Control and format characters become `<U+001B>`. Each function then escapes what its destination would still
interpret:

    a log of GitHub, Azure or TeamCity   ::error::  ##[group]  ##vso[…]  ##teamcity[…]
    Markdown and HTML                    <script>  |  `  *  [a](b)  @team  #1  https://…
    a SARIF message                      [a](b)
"""

from __future__ import annotations

import json
import re

from ..core.text import cells, snippet_words, visible

_BRACKET = "<U+005B>"
_COMMAND = re.compile(r"(##\w*)\[")
"""A log command anywhere in a line; `::` is a command at the beginning of a line only."""
_MARKUP = re.compile(r"[^\w ./,;='%+()?\-\u0080-\U0010ffff]|_|(?<=(?i:www))\.")
_XML = re.compile(r"[&<>\"'\[\]]|:(?=:)")
_BIDI_OF_SNIPPETS = str.maketrans("", "", "\N{LEFT-TO-RIGHT OVERRIDE}\N{POP DIRECTIONAL FORMATTING}")


def plain(text: str, limit: int | None = None) -> str:
    """Return the text on one line, for a log and not at the start of a line; cut after `limit` code points."""
    cut = text if limit is None or len(text) <= limit else text[:limit] + "…"
    return _COMMAND.sub(rf"\1{_BRACKET}", visible(cut))


def first(text: str) -> str:
    """Return text that begins a line of a log, such as a path, so that it is not a command there."""
    shown = plain(text)
    return f"./{shown}" if shown.lstrip().startswith(":") else shown


def snippet_lines(snippet: str) -> list[str]:
    """Return the lines of a snippet for a log, the underline still below its span; [] for no snippet."""
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
    """Return a snippet for a file: without the directional override, which only a terminal needs."""
    return "\n".join(plain(line, limit) for line in snippet.translate(_BIDI_OF_SNIPPETS).split("\n"))


def dumps(value: object) -> str:
    """Return JSON on one line, in ASCII, without log commands."""
    return _COMMAND.sub(r"\1\\u005b", json.dumps(value))


def entities(text: str) -> str:
    """Return the text for Markdown: each character with a meaning in Markdown or HTML as a reference."""
    return _MARKUP.sub(_reference, text)


def xml(text: str) -> str:
    """Return the text for an element or an attribute of XML."""
    return _XML.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def code(text: str, limit: int) -> str:
    """Return the text as code for Markdown, in which nothing is markup, a link, a mention or an issue.

    The tag prevents links for `@team` and `#1`; the character references prevent links for `https://` and `www.`.
    """
    return f"<code>{entities(visible(text if len(text) <= limit else text[:limit] + '…'))}</code>"


def underlined(snippet: str, limit: int) -> str:
    """Return the article's line of a snippet as code for Markdown, its words underlined; plain if it is too long."""
    if len(snippet) > 2 * limit:
        return code(snippet.partition("\n")[0], limit)
    before, words, after = (entities(visible(part)) for part in snippet_words(snippet))
    return f"<code>{before}<ins>{words}</ins>{after}</code>"


def message(text: str, limit: int) -> str:
    """Return the text for a SARIF message, without links `[text](target)`."""
    return plain(text, limit).replace("](", "] (")


def data(text: str) -> str:
    """Return the text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def prop(text: str) -> str:
    """Return the text as a property of a workflow command."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
