"""The first steps of decoding: results → regions with checked offsets → their values → the ids of their records.

`decode` calls the steps of `Regions` in the order in which they stand here. Offsets are code points.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from typing import Any

from ..checks.offset_shifts import explain
from ..core.model import Record, Span
from ..core.schema import TARGETS, Field, Schema
from .config_controls import DONE, KEPT, LABEL, TEXT, Control, Mark, controls
from .faults import AnnotationFault

ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_SHOWN = 60


class Region:
    """A region of the text, and what the steps have decoded of it.

    `start` and `end` are code points, `given` the offsets as Label Studio sent them. `record` is the id of the
    record that the region anchors, "" for a further span. `values` holds by field the values of its controls
    ("" for the list of omitted fields), its further spans, and the ids that its relations lead to. `by_hand` is false
    for a region that a prediction brought.
    """

    __slots__ = ("by_hand", "end", "given", "id", "index", "mark", "record", "start", "values", "words")

    def __init__(self, id_: str, index: int, mark: Mark, start: int, end: int, words: str) -> None:
        self.id, self.index, self.mark, self.words = id_, index, mark, words
        self.start, self.end, self.given = start, end, (start, end)
        self.record = ""
        self.by_hand = True
        self.values: dict[str, Any] = {}

    @property
    def named(self) -> str:
        """The label and the id of the region, for messages."""
        return f"{self.mark.name if self.mark.field else self.mark.layer.name} {self.record or self.id!r}"

    def fault(self, code: str, detail: str = "", suggestion: str = "") -> AnnotationFault:
        """Return a fault located at this region."""
        return AnnotationFault(code, detail, self.index, self.id, suggestion, self.start, self.end)


class Regions:
    """The regions of one `result`, as the steps fill them in. The first step to find a fault is the last one taken."""

    def __init__(self, text: str, schema: Schema, fields_done: Mapping[str, Collection[str]]) -> None:
        self.text, self.schema, self.table = text, schema, controls(schema)
        self.absent = {
            (layer, one.name)
            for layer, names in fields_done.items()
            for one in schema.layers[layer].fields
            if not one.always and one.name not in names
        }
        """The layer and name of each field that was not to be annotated."""
        self.faults: list[AnnotationFault] = []
        self.found: dict[str, Region] = {}
        self.anchors: list[Region] = []
        """The regions that anchor a record, in the order in which they were drawn."""
        self.pieces: list[Region] = []
        """The further spans, in the order in which they were drawn."""
        self.relations: list[tuple[int, Record]] = []
        self.known: dict[str, dict[str, str]] = {name: {} for name in self.table.layers}
        """For each layer the ids of its records, by themselves and by the ids of their regions; and the targets."""
        self.known[TARGETS] = _targets(schema)
        self.done: list[str] | None = None
        self.note = ""
        self.derives = keeps_derived(schema)
        """True if the provenance of an annotation can say which values were derived."""
        self.derived: dict[str, dict[str, list[str]]] = {}
        self._ticked: set[str] = set()
        self._labelled: list[tuple[int, Record]] = []
        self._valued: list[tuple[int, Record, Control]] = []

    def fault(self, code: str, detail: str, index: int, suggestion: str = "") -> None:
        """Add a fault of a result that is not a region."""
        self.faults.append(AnnotationFault(code, detail, index, "", suggestion))

    def sort(self, result: list[Any]) -> None:
        """Sort the results into regions, values, relations and the choice of layers."""
        known = self.table.controls
        for index, item in enumerate(result):
            name = item.get("from_name") if type(item) is dict else None
            if name == LABEL:
                self._labelled.append((index, item))
            elif type(name) is str and (control := known.get(name)):
                self._valued.append((index, item, control))
            else:
                self._sort_other(index, item, name)

    def _sort_other(self, index: int, item: Any, name: Any) -> None:
        if not isinstance(item, dict):
            self.fault("L201", _shown(item), index)
        elif item.get("type") == "relation":
            self.relations.append((index, item))
        elif name not in (DONE, KEPT):
            hint = _near(name, self.table.controls)
            self.faults.append(AnnotationFault("L202", _shown(name), index, str(item.get("id", "")), hint))
        elif self._is_of(index, item, "choices"):
            chosen = item["value"].get("choices")
            if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
                self.fault("L201", f"{name}: {_shown(chosen)}", index)
            elif name in self._ticked:
                self.fault("L213", name, index)
            else:
                self._ticked.add(name)
                self.done = [*(self.done or ()), *chosen]
                for one in chosen:
                    if one not in self.table.layers:
                        self.fault("L301", f"{name}: {one!r}", index, _near(one, self.table.layers))

    def _is_of(self, index: int, item: Record, type_: str) -> bool:
        """True if a result has an id, a value, and the type and text of its control; if not, add a fault."""
        if type(item.get("value")) is not dict or type(item.get("id")) is not str:
            self.fault("L201", "the result has no value or no id", index)
        elif item.get("type") != type_ or item.get("to_name") != TEXT:
            detail = f"{item['from_name']} of type {_shown(item.get('type'))} on {_shown(item.get('to_name'))}"
            self.faults.append(AnnotationFault("L202", detail, index, item["id"]))
        else:
            return True
        return False

    def place(self) -> None:
        """Check the label and offsets of each region, and that the text there is what the region quotes."""
        text, marks, found = self.text, self.table.marks, self.found
        wrong: list[Region] = []
        for index, item in self._labelled:
            value, id_ = item.get("value"), item.get("id")
            if (
                type(value) is not dict
                or type(id_) is not str
                or item.get("type") != "labels"
                or item.get("to_name") != TEXT
            ):
                self._is_of(index, item, "labels")
                continue
            labels, start, end, words = value.get("labels"), value.get("start"), value.get("end"), value.get("text")
            one = labels[0] if type(labels) is list and len(labels) == 1 else None
            mark = marks.get(one) if type(one) is str else None
            if mark is None:
                self.faults.append(AnnotationFault("L203", _shown(labels), index, id_))
            elif type(start) is not int or type(end) is not int:
                self.faults.append(AnnotationFault("L204", f"{_shown(start)} to {_shown(end)}", index, id_))
            elif type(words) is not str:
                self.faults.append(AnnotationFault("L201", "the region quotes no text", index, id_))
            elif id_ in found:
                self.faults.append(AnnotationFault("L209", repr(id_), index, id_))
            else:
                found[id_] = region = Region(id_, index, mark, start, end, words)
                origin = item.get("origin")
                region.by_hand = not (type(origin) is str and origin.startswith("prediction"))
                if mark.field is not None:
                    self.pieces.append(region)
                else:
                    self.anchors.append(region)
                    if mark.carries and (mark.layer.name, mark.carries) not in self.absent:
                        region.values[mark.carries] = mark.value
                if (text[start:end] != words or not 0 <= start < end) and not matches(text, start, end, words):
                    wrong.append(region)
        if wrong and not self.faults:
            self._move(wrong)

    def _move(self, wrong: list[Region]) -> None:
        """Convert the offsets from UTF-16 units if that makes every region match its words; if not, report faults.

        Servers until about 2021 counted as JavaScript does, where an emoji has length 2. All regions must agree:
        a single one can match its words by chance, and a result that is half converted would be silently wrong.
        """
        text, regions = self.text, self.found.values()
        units = utf16_offsets(text)
        moved = [(units.get(region.start, -1), units.get(region.end, -1)) for region in regions]
        if all(matches(text, *at, region.words) for region, at in zip(regions, moved, strict=True)):
            for region, (start, end) in zip(regions, moved, strict=True):
                region.start, region.end = start, end
            self.note = "offsets were in UTF-16 units, which every span confirms; they were converted to code points"
            return
        spans = [Span(region.start, region.end, region.words) for region in wrong]
        right = [Span(one.start, one.end, one.words) for one in regions if matches(text, one.start, one.end, one.words)]
        for region, (reason, *_) in zip(wrong, explain(text, spans, right), strict=True):
            self.faults.append(_misplaced(region, text, reason))

    def fill(self) -> None:
        """Give each value to its region.

        Most values are one plain string; they take a short path that makes no further calls.
        """
        found = self.found
        for index, item, control in self._valued:
            try:
                value = item["value"]
                region, got = found[item["id"]], value[control.key]
                values = region.values
                if (
                    control.plain
                    and type(got) is list
                    and len(got) == 1
                    and type(one := got[0]) is str
                    and (one in control.allowed if control.allowed else one.isprintable() and one.strip())
                    and region.mark.layer is control.layer
                    and region.mark.field is None
                    and region.given == (value["start"], value["end"])
                    and control.holds not in values
                    and item["type"] == control.type
                    and item["to_name"] == TEXT
                ):
                    values[control.holds] = one
                    continue
            except (KeyError, TypeError):
                pass
            self._fill(index, item, control)

    def _fill(self, index: int, item: Record, control: Control) -> None:
        # A config that names the records of a task has a choice in place of a text field.
        chosen = control.type == "textarea" and _is_single(control.field) and item.get("type") == "choices"
        if not self._is_of(index, item, "choices" if chosen else control.type):
            return
        value, region, hint = item["value"], self.found.get(item["id"]), ""
        if region is None:
            self.faults.append(AnnotationFault("L210", control.name, index, item["id"]))
            return
        given = value.get("start"), value.get("end")
        if region.mark.field is not None or region.mark.layer is not control.layer:
            code, detail = "L212", f"{control.name} on {region.mark.name}"
        elif given != region.given:
            where = f"{_shown(given[0])} to {_shown(given[1])}"
            code, detail = "L211", f"{control.name} at {where}, its region at {region.given[0]} to {region.given[1]}"
        elif control.holds in region.values:
            said = region.mark.carries == control.holds
            if said and value.get(control.key) == [region.mark.value]:
                return
            code, detail = "L214" if said else "L213", control.name
        else:
            code, detail = _take(region, control, value.get("choices" if chosen else control.key))
        if code == "L301":
            hint = _near(detail, control.allowed)
            detail = f"{control.name}: {detail!r}"
        if code:
            self.faults.append(AnnotationFault(code, detail, index, item["id"], hint, region.start, region.end))

    def name_records(self) -> None:
        """Give each record its id: the one the annotator typed, or that of its region, or one derived from it.

        The editor's region ids may start with a digit or a dash, which an id of the corpus may not. Deriving the
        id from the region's keeps it the same in the next pull; a number would depend on the order of regions.
        """
        made: list[Region] = []
        taken: set[str] = set()
        for region in self.anchors:
            typed = region.values.pop("id", "").strip()
            region.record = record = typed or region.id
            if not _is_id(record):
                if typed:
                    self.faults.append(region.fault("L303", f"{typed!r} is not a valid id"))
                made.append(region)
            elif record in taken:
                self.faults.append(region.fault("L408", repr(record)))
            taken.add(record)
        for region in made:
            plain, hashed = f"r{region.id}", f"r-{sha256(region.id.encode('utf-8', 'replace')).hexdigest()[:16]}"
            region.record = plain if _is_id(plain) and plain not in taken else hashed
            taken.add(region.record)
        # The id of a region names a record only if no record has it as its own.
        for region in self.anchors:
            self.known[region.mark.layer.name][region.id] = region.record
        for region in self.anchors:
            self.known[region.mark.layer.name][region.record] = region.record


def keeps_derived(schema: Schema) -> bool:
    """True if an annotation can say which of its values were derived."""
    return "derived" in schema.annotation["properties"].get("provenance", {}).get("properties", {})


def _is_single(field: Field | None) -> bool:
    return field is not None and field.kind == "reference" and not field.many


def _near(name: object, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1) if isinstance(name, str) else ()
    return f"did you mean {near[0]!r}?" if near else ""


def _take(region: Region, control: Control, got: Any) -> tuple[str, str]:
    """Store the value of a control in its region. Return the code and detail of a fault, or two empty strings."""
    if control.type == "number":
        region.values[control.holds] = got
        return ("", "") if type(got) is int else ("L303", f"{control.name}: {_shown(got)}")
    got = [got] if isinstance(got, str) else got
    if not isinstance(got, list) or not all(isinstance(one, str) for one in got):
        return "L201", f"{control.name}: {_shown(got)}"
    if (control.type == "choices" or control.field is None) and not control.allowed.issuperset(got):
        return "L301", next(one for one in got if one not in control.allowed)
    if control.type == "textarea" and control.field:
        for one in got:
            if code := _unreadable(one, control.field):
                return code, f"{region.named}, {control.holds}: {_shown(one)}"
    if not control.many and len(got) > 1:
        return "L302", f"{control.name}: {_shown(got)}"
    of = control.field
    if of and of.kind == "scalar" and of.json_type != "string":
        typed = [_parsed(one, of.json_type) for one in got]
        if None in typed:
            return "L303", f"{control.name}: {_shown(got)} is not of type {of.json_type}"
        got = typed
    elif of and of.kind == "reference":
        got = [name for one in got for name in re.split(r"[,\s]+", one) if name]
    if got:
        region.values[control.holds] = got if control.many else got[0]
    return "", ""


def _unreadable(typed: str, field: Field) -> str:
    """Return the code of a fault in what was typed into a field, "" if there is none.

    A field that no one touched has no value at all, so blanks were typed. To read them as "left empty" would turn
    a slip of the keyboard into the statement that there is no speaker.
    """
    if not typed.strip() and (typed or field.kind == "reference"):
        return "L304" if field.required else "L307"
    # References are split at white space, and an id that holds another control character is not found.
    control = field.kind == "scalar" and any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in typed)
    return "L307" if control else ""


@lru_cache(maxsize=8)
def _targets(schema: Schema) -> dict[str, str]:
    return {id_: id_ for id_ in schema.targets}


@lru_cache(maxsize=65536)
def _is_id(name: str) -> bool:
    return ID.fullmatch(name) is not None


def _parsed(word: str, json_type: str) -> Any:
    """Parse a word as a JSON value of the type; None if it is of another type."""
    try:
        value = json.loads(word.lower() if json_type == "boolean" else word)
    except (ValueError, RecursionError):
        return None
    types = {"boolean": (bool,), "integer": (int,), "number": (int, float)}[json_type]
    return value if type(value) in types and value == value and abs(value) != float("inf") else None


def matches(text: str, start: int, end: int, words: str) -> bool:
    """True if the text there is `words`, white space aside.

    The editor sends a line end inside a span as a literal backslash and n, and several spaces as one.
    """
    if not 0 <= start < end <= len(text):
        return False
    here = text[start:end]
    return here == words or _plain(here) == _plain(words)


def _plain(words: str) -> list[str]:
    return words.replace("\\n", " ").split()


def utf16_offsets(text: str) -> dict[int, int]:
    """Map offsets in UTF-16 units to code points. An offset between the halves of a surrogate pair maps to nothing."""
    widths = (2 if ord(char) > 0xFFFF else 1 for char in text)
    return {offset: index for index, offset in enumerate(accumulate(widths, initial=0))}


def _misplaced(region: Region, text: str, reason: str) -> AnnotationFault:
    start, end, where = region.start, region.end, f"{region.start} to {region.end}"
    if start < 0 or max(start, end) > len(text):
        return AnnotationFault("L205", f"{where}, but the text ends at {len(text)}; {reason}", region.index, region.id)
    if start >= end:
        return region.fault("L206" if start == end else "L207", where)
    return region.fault(
        "L208", f"the text there is {_shown(text[start:end])}, the region quotes {_shown(region.words)}; {reason}"
    )


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
