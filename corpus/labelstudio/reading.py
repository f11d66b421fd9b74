"""The `result` of a Label Studio annotation → layers, or the faults that forbid it.

    result → labelled regions on their words → values of regions → relations → records
             (code points; UTF-16 units when every region proves it)

A step is taken only when the one before it found no fault, so that one fault is one finding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from itertools import accumulate
from typing import Any

from ..checks.shifts import explain
from ..model import Record, Span
from ..schema import Schema
from .controls import DONE, LABEL, TEXT, Control, Mark, controls
from .faults import Fault

ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_SHOWN = 60


@dataclass(slots=True)
class Decoded:
    """What an annotation says: `layers` by their names, and `done`, the layers that were looked at (None when
    the annotator chose none). Or `faults`, and then nothing else. `note` tells what was converted.
    """

    layers: dict[str, list[Record]] = field(default_factory=dict)
    done: list[str] | None = None
    note: str = ""
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Region:
    """A region of the text, and what the steps find out about it.

    `given` are the offsets as they came. `record` is the id of the record that the region anchors, "" for a
    further span. `values` are those of its controls, by field (those left out by ""), `pieces` its further
    spans, `references` the ids that it is joined to.
    """

    id: str
    index: int
    mark: Mark
    given: tuple[int, int]
    words: str
    start: int
    end: int
    record: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    pieces: dict[str, list[Region]] = field(default_factory=dict)
    references: dict[str, list[str]] = field(default_factory=dict)

    @property
    def named(self) -> str:
        """The region as a message names it."""
        return f"{self.mark.name} {self.record or self.id!r}"

    def fault(self, code: str, detail: str = "", suggestion: str = "") -> Fault:
        """A fault of this region."""
        return Fault(code, detail, self.index, self.id, suggestion, self.start, self.end)


class Reading:
    """The state of one reading."""

    def __init__(self, text: str, schema: Schema) -> None:
        self.text, self.schema, self.table = text, schema, controls(schema)
        self.faults: list[Fault] = []
        self.found: dict[str, Region] = {}
        self.relations: list[tuple[int, Record]] = []
        self.known: dict[str, dict[str, str]] = {name: {} for name in schema.layers}
        """For each layer, what its records are called, by their ids and by the ids of their regions."""
        self.done: list[str] | None = None
        self.note = ""
        self._labelled: list[tuple[int, Record]] = []
        self._valued: list[tuple[int, Record, Control]] = []

    def fault(self, code: str, detail: str, index: int, suggestion: str = "") -> None:
        """Note a fault of a result that is no region."""
        self.faults.append(Fault(code, detail, index, "", suggestion))

    def sort(self, result: list[Any]) -> None:
        """Tell regions, values and relations apart."""
        known = self.table.controls
        for index, item in enumerate(result):
            if not isinstance(item, dict):
                self.faults.append(Fault("L201", _shown(item), index))
                continue
            kind, name = item.get("type"), item.get("from_name")
            if kind == "relation":
                self.relations.append((index, item))
            elif not isinstance(item.get("value"), dict) or not isinstance(item.get("id"), str):
                self.faults.append(Fault("L201", "it has no value or no id", index, str(item.get("id", ""))))
            elif name == LABEL and kind == "labels" and item.get("to_name") == TEXT:
                self._labelled.append((index, item))
            elif isinstance(name, str) and name in known and kind == known[name].type and item.get("to_name") == TEXT:
                self._valued.append((index, item, known[name]))
            elif name == DONE and kind == "choices" and item.get("to_name") == TEXT:
                self._looked_at(index, item)
            else:
                detail = f"{_shown(name)} of type {_shown(kind)} on {_shown(item.get('to_name'))}"
                self.faults.append(Fault("L202", detail, index, item["id"], _near(name, known)))

    def _looked_at(self, index: int, item: Record) -> None:
        chosen = item["value"].get("choices")
        if self.done is not None:
            self.faults.append(Fault("L213", DONE, index, item["id"]))
        elif not isinstance(chosen, list):
            self.faults.append(Fault("L201", "it has no list of choices", index, item["id"]))
        else:
            unknown = [name for name in chosen if name not in self.schema.layers]
            self.faults.extend(Fault("L301", f"{DONE}: {_shown(name)}", index, item["id"]) for name in unknown)
            self.done = chosen

    def place(self) -> None:
        """Check label and offsets of each region, and that it stands on the words it quotes."""
        for index, item in self._labelled:
            value, id_ = item["value"], item["id"]
            labels, start, end, words = value.get("labels"), value.get("start"), value.get("end"), value.get("text")
            mark = None
            if isinstance(labels, list) and len(labels) == 1 and isinstance(labels[0], str):
                mark = self.table.marks.get(labels[0])
            if mark is None:
                self.faults.append(Fault("L203", _shown(labels), index, id_))
            elif type(start) is not int or type(end) is not int:
                self.faults.append(Fault("L204", f"{_shown(start)} to {_shown(end)}", index, id_))
            elif not isinstance(words, str):
                self.faults.append(Fault("L201", "it quotes no words", index, id_))
            elif id_ in self.found:
                self.faults.append(Fault("L209", repr(id_), index, id_))
            else:
                self.found[id_] = Region(id_, index, mark, (start, end), words, start, end)
        if not self.faults:
            self._check_words()

    def _check_words(self) -> None:
        text, regions = self.text, self.found.values()
        wrong = [region for region in regions if not stands(text, region.start, region.end, region.words)]
        if not wrong:
            return
        units = _utf16(text)
        moved = [(units.get(region.start, -1), units.get(region.end, -1)) for region in regions]
        if all(stands(text, *at, region.words) for region, at in zip(regions, moved, strict=True)):
            for region, (start, end) in zip(regions, moved, strict=True):
                region.start, region.end = start, end
            self.note = "the offsets counted UTF-16 units, as all of its spans prove; they were converted"
        else:
            spans = [Span(region.start, region.end, region.words) for region in wrong]
            for region, (reason, _, _) in zip(wrong, explain(text, spans), strict=True):
                self.faults.append(_misplaced(region, text, reason))

    def fill(self) -> None:
        """Give each value to its region."""
        for index, item, control in self._valued:
            value, region = item["value"], self.found.get(item["id"])
            if region is None:
                code, detail = "L210", control.name
            elif region.mark.field is not None or region.mark.layer is not control.layer:
                code, detail = "L212", f"{control.name} on {region.mark.name}"
            elif (value.get("start"), value.get("end")) != region.given:
                where = f"{_shown(value.get('start'))} to {_shown(value.get('end'))}"
                code, detail = (
                    "L211",
                    f"{control.name} at {where}, the region at {region.given[0]} to {region.given[1]}",
                )
            else:
                code, detail = _take(region, control, value)
            if code:
                near = _near(detail.rpartition(": ")[2].strip("'"), control.allowed) if code == "L301" else ""
                start, end = (region.start, region.end) if region else (None, None)
                self.faults.append(Fault(code, detail, index, item["id"], near, start, end))

    def name(self) -> None:
        """Give each record its id: the one that was typed, or that of its region, or one made from that."""
        made: list[Region] = []
        taken: set[str] = set()
        for region in self.found.values():
            if region.mark.field is None:
                typed = region.values.pop("id", "")
                region.record = typed or region.id
                if not ID.fullmatch(region.record):
                    if typed:
                        self.faults.append(region.fault("L303", f"{typed!r} is no id"))
                    made.append(region)
                elif region.record in taken:
                    self.faults.append(region.fault("L408", repr(region.record)))
                taken.add(region.record)
        for region in made:
            plain = f"r{region.id}"
            hashed = f"r-{sha256(region.id.encode()).hexdigest()[:16]}"
            region.record = plain if ID.fullmatch(plain) and plain not in taken else hashed
            taken.add(region.record)
        for name in "id", "record":
            for region in self.found.values():
                if region.mark.field is None:
                    self.known[region.mark.layer.name][getattr(region, name)] = region.record


def _near(name: object, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1) if isinstance(name, str) else ()
    return f"did you mean {near[0]!r}?" if near else ""


def _take(region: Region, control: Control, value: Record) -> tuple[str, str]:
    """Put the value of a control into its region; the code and detail of the fault if it cannot be, else two "".

    The values of a control that takes one are a list of one, as those of the others are lists.
    """
    of = control.field
    held = of.name if of else ""
    if held in region.values:
        return "L213", control.name
    if control.type == "number":
        region.values[held] = number = value.get("number")
        return ("", "") if type(number) is int else ("L303", f"{control.name}: {_shown(number)}")
    got: Any = value.get("choices" if control.type == "choices" else "text")
    got = [got] if isinstance(got, str) else got
    if not isinstance(got, list) or not all(isinstance(one, str) for one in got):
        return "L201", f"{control.name}: {_shown(got)}"
    if control.type == "choices" and not control.allowed.issuperset(got):
        return "L301", f"{control.name}: {next(one for one in got if one not in control.allowed)!r}"
    if not control.many and len(got) > 1:
        return "L302", f"{control.name}: {_shown(got)}"
    if of and of.kind == "scalar" and of.json_type != "string":
        typed = [_parsed(one, of.json_type) for one in got]
        if None in typed:
            return "L303", f"{control.name}: {_shown(got)} is not of type {of.json_type}"
        got = typed
    elif of and (of.kind == "reference" or held == "id"):
        got = [name for one in got for name in re.split(r"[,\s]+", one) if name]
    if got:
        region.values[held] = got if control.many else got[0]
    return "", ""


def _parsed(word: str, json_type: str) -> Any:
    """What a word says that is written as in JSON, None when it is not of the type."""
    try:
        value = json.loads(word.lower() if json_type == "boolean" else word)
    except (ValueError, RecursionError):
        return None
    types = {"boolean": (bool,), "integer": (int,), "number": (int, float)}[json_type]
    return value if type(value) in types and value == value and abs(value) != float("inf") else None


def stands(text: str, start: int, end: int, words: str) -> bool:
    """Whether the words stand there. The editor gives a line end as backslash and n, and runs of blanks as one."""
    if not 0 <= start < end <= len(text):
        return False
    here = text[start:end]
    return here == words or _plain(here) == _plain(words)


def _plain(words: str) -> list[str]:
    return words.replace("\\n", " ").split()


def _utf16(text: str) -> dict[int, int]:
    """From offsets in UTF-16 units to code points."""
    widths = (2 if ord(char) > 0xFFFF else 1 for char in text)
    return {offset: index for index, offset in enumerate(accumulate(widths, initial=0))}


def _misplaced(region: Region, text: str, reason: str) -> Fault:
    start, end, where = region.start, region.end, f"{region.start} to {region.end}"
    if start < 0 or max(start, end) > len(text):
        return Fault("L205", f"{where}, and the text ends at {len(text)}; {reason}", region.index, region.id)
    if start >= end:
        return region.fault("L206" if start == end else "L207", where)
    return region.fault("L208", f"{_shown(text[start:end])} is there, {_shown(region.words)} is quoted; {reason}")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
