"""Where the regions of records lie: on their words, or on words that annotators need for nothing else.

quotes    q1   content 90–269              →   90–269
entities  e8   mentioned at 40–52, 97–99   →   40–52, its first mention that is not all of a quote
stances   s1   without words of its own    →   0–3, the first free word
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.model import Record
from ..core.schema import TARGETS
from .config_controls import Controls

Range = tuple[int, int]
"""Start and end, in code points."""


def anchors(value: Record, text: str, table: Controls) -> dict[str, Range]:
    """Return where to place the region of each record.

    That is its first span if its layer requires one. Else it says nothing, and must only be easy to click: the words of
    the first record that has to refer to it, such as a mention of an entity, unless these are the words of another
    record, too; else a word of the text where no other region lies.
    """
    found: dict[str, Range] = {}
    for layer in table.layers.values():
        if place := table.places[layer.name]:
            for record in value.get(layer.name) or ():
                span = record[place.name][0]
                found[record["id"]] = span["start"], span["end"]
    named = _named(value, table, found)
    taken = [*found.values(), *_spans(value, table)]
    found.update(named)
    words = _free_words(text, sorted(taken))
    for layer in table.layers.values():
        for record in value.get(layer.name) or ():
            if record["id"] not in found:
                found[record["id"]] = next(words, _first_word(text))
    return found


def _named(value: Record, table: Controls, found: dict[str, Range]) -> dict[str, Range]:
    """Return the words of the first record that has to refer to each record without words of its own."""
    by_layer: dict[str, list[Range]] = {
        name: [found[record["id"]] for record in value.get(name) or () if record["id"] in found]
        for name in table.layers
    }
    named: dict[str, Range] = {}
    for layer in table.layers.values():
        others = {at for name, places in by_layer.items() if name != layer.name for at in places}
        fields = [
            one for one in layer.of_kind("reference") if _must_refer(one.refers_to, one.required, one.nullable, table)
        ]
        for field in fields if table.places[layer.name] else ():
            for record in value.get(layer.name) or ():
                at = found[record["id"]]
                for id_ in _referred(record.get(field.name)):
                    if at not in others:
                        named[id_] = min(at, named.get(id_, at))
    return named


def _must_refer(refers_to: str, required: bool, nullable: bool, table: Controls) -> bool:
    return (
        refers_to != TARGETS and refers_to in table.layers and not table.places[refers_to] and required and not nullable
    )


def _referred(value: object) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [str(value)]


def _spans(value: Record, table: Controls) -> Iterator[Range]:
    """Yield the spans of all records."""
    for layer in table.layers.values():
        for record in value.get(layer.name) or ():
            for field in layer.of_kind("spans"):
                yield from ((span["start"], span["end"]) for span in record.get(field.name) or ())


def _free_words(text: str, taken: list[Range]) -> Iterator[Range]:
    """Yield the words of a text that no span touches, in order."""
    end, number = 0, 0
    for word in re.finditer(r"\S+", text):
        while number < len(taken) and taken[number][0] < word.end():
            end = max(end, taken[number][1])
            number += 1
        if end <= word.start():
            yield word.span()


def _first_word(text: str) -> Range:
    word = re.search(r"\S+", text)
    return word.span() if word else (0, len(text))
