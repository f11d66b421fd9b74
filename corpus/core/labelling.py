"""How annotators fill in a field, as the schema says it: `carriedBy`, `ownLabel` and `ifBlank`.

    "type":     "carriedBy": "content"      the label of a region of `content` says the type
    "medium":   "carriedBy": "cue"          the label of a region of `cue` says the medium
    "source":   "ownLabel": true            a region of its own, on the exact words of the record that it names
    "speaker":  "ifBlank": [{"from": "source.entity"}]
    "polarity": "ifBlank": [{"value": "asserted"}]

A rule of `ifBlank` copies a value (`from`) or states one (`value`), if all conditions of its `when` hold. The first
rule that gives a value counts. A path leads from a field of the record through references: `source.entity` is the
entity of each mention in `source`. `content.text` is the text from the first span of `content` to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .model import CorpusError, Record

if TYPE_CHECKING:
    from .layers import Field, Layer

CARRIED, OWN_LABEL, IF_BLANK = "carriedBy", "ownLabel", "ifBlank"
TEXT = "text"
"""The last part of a path that leads to the words of spans."""
TARGETS = "targets"

Path = tuple[str, ...]
Find = Callable[[str, str], Record | None]
"""Return the record of a layer that has an id, None if there is none."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What the values at a path must be: one of `values`, none at all if `empty`, or one that has `contains` in it."""

    path: Path
    values: tuple[str | bool, ...] = ()
    empty: bool = False
    contains: str = ""

    def holds(self, found: list[Any]) -> bool:
        """True if the values at the path satisfy the condition."""
        if not found:
            return self.empty
        if self.contains:
            return any(isinstance(one, str) and self.contains in one for one in found)
        return any(one in self.values for one in found)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of `ifBlank`: the value to copy from `source`, or `value`, if all of `when` hold."""

    when: tuple[Condition, ...] = ()
    source: Path = ()
    value: str | bool | None = None


@dataclass(frozen=True, slots=True)
class Labelling:
    """How annotators fill in a field; by default in a control of its own."""

    carried_by: str = ""
    own_label: bool = False
    if_blank: tuple[Rule, ...] = field(default=())


PLAIN = Labelling()


def read_labelling(owner: str, written: Mapping[str, Any]) -> Labelling:
    """Return what the schema of a field says. Raises CorpusError if it is not written as it should be."""
    carried, own, rules = written.get(CARRIED, ""), written.get(OWN_LABEL, False), written.get(IF_BLANK, [])
    if not isinstance(carried, str):
        raise CorpusError(f"the schema's {CARRIED} of {owner} must name a field of spans")
    if not isinstance(own, bool):
        raise CorpusError(f"the schema's {OWN_LABEL} of {owner} must be true or false")
    if not isinstance(rules, list):
        raise CorpusError(f"the schema's {IF_BLANK} of {owner} must be a list of rules")
    return Labelling(carried, own, tuple(_rule(owner, one) for one in rules))


def keep_rules(properties: Mapping[str, Any]) -> None:
    """Remove `ifBlank` from the fields of a record, as the schema has them, whose rules read a field that is not there.

    All rules of the field go: without one of them, a later one could give another value.
    """
    for written in properties.values():
        rules = written.get(IF_BLANK, []) if isinstance(written, dict) else []
        paths = [path for rule in rules for path in (rule.get("from"), *rule.get("when", {})) if path]
        if not {path.split(".")[0] for path in paths} <= properties.keys():
            del written[IF_BLANK]


def _rule(owner: str, written: Any) -> Rule:
    if (
        not isinstance(written, dict)
        or len(written.keys() & {"from", "value"}) != 1
        or written.keys()
        - {
            "when",
            "from",
            "value",
        }
    ):
        raise CorpusError(
            f'a rule of the schema\'s {IF_BLANK} of {owner} must have "from" or "value", and may have "when"'
        )
    when, value = written.get("when", {}), written.get("value")
    if not isinstance(when, dict) or not isinstance(written.get("from", ""), str):
        raise CorpusError(f"{IF_BLANK} of {owner}: `when` must be an object and `from` a path such as source.entity")
    if "value" in written and not isinstance(value, (str, bool)):
        raise CorpusError(f"{IF_BLANK} of {owner}: `value` must be a string, true or false")
    source = tuple(written["from"].split(".")) if "from" in written else ()
    return Rule(tuple(_condition(owner, path, wanted) for path, wanted in when.items()), source, value)


def _condition(owner: str, path: str, wanted: Any) -> Condition:
    parts = tuple(path.split("."))
    if isinstance(wanted, dict):
        words = wanted.get("contains")
        if not isinstance(words, str) or not words or len(wanted) != 1:
            raise CorpusError(f'{IF_BLANK} of {owner}: the condition of {path} must be {{"contains": "…"}}')
        return Condition(parts, contains=words)
    listed = wanted if isinstance(wanted, list) else [wanted]
    if not all(one is None or isinstance(one, (str, bool)) for one in listed):
        raise CorpusError(
            f"{IF_BLANK} of {owner}: the condition of {path} must be a string, true, false, null or a list"
        )
    return Condition(parts, tuple(one for one in listed if one is not None), None in listed)


def check_labelling(layers: Mapping[str, Layer]) -> None:
    """Raise CorpusError where a keyword names a field that does not exist, or one that it cannot work with."""
    for layer in layers.values():
        carriers: dict[str, str] = {}
        for number, one in enumerate(layer.fields):
            said, owner = one.labelling, f"{layer.name}.{one.name}"
            if said.carried_by:
                _check_carried(layer, one, owner)
                if carriers.setdefault(said.carried_by, owner) != owner:
                    raise CorpusError(f"{CARRIED}: {carriers[said.carried_by]} and {owner} name the same spans")
            if said.own_label and (one.kind != "reference" or one.refers_to == TARGETS):
                raise CorpusError(f"{OWN_LABEL} of {owner}: only a reference to a layer has a label of its own")
            if said.if_blank:
                _check_rules(layers, layer, one, number)


def _check_carried(layer: Layer, one: Field, owner: str) -> None:
    if one.kind != "label" or one.many:
        raise CorpusError(f"{CARRIED} of {owner}: only a field with one label can be carried")
    if one.labelling.carried_by not in [spans.name for spans in layer.of_kind("spans")]:
        raise CorpusError(f"{CARRIED} of {owner}: {layer.name} has no spans {one.labelling.carried_by!r}")


def _check_rules(layers: Mapping[str, Layer], layer: Layer, one: Field, number: int) -> None:
    """A rule reads fields that precede its own, so that no two rules wait for each other."""
    owner = f"{layer.name}.{one.name}"
    plain = one.kind == "label" or (one.json_type == "boolean" and not one.nullable)
    if one.many or not (plain or (one.kind == "reference" and one.refers_to != TARGETS)):
        raise CorpusError(f"{IF_BLANK} of {owner}: only one label, reference or true/false can be derived")
    earlier = {before.name: before for before in layer.fields[:number]}
    for rule in one.labelling.if_blank:
        for path in (*(condition.path for condition in rule.when), *([rule.source] if rule.source else ())):
            end = _end(layers, earlier, path, owner)
            if path == rule.source and (end is None or (end.kind, end.refers_to) != (one.kind, one.refers_to)):
                raise CorpusError(f"{IF_BLANK} of {owner}: {'.'.join(path)} does not lead to such a value")
        if one.kind == "label" and not rule.source and rule.value not in [label.name for label in one.labels]:
            raise CorpusError(f"{IF_BLANK} of {owner}: {rule.value!r} is not one of its labels")
        if one.kind == "reference" and not rule.source:
            raise CorpusError(f"{IF_BLANK} of {owner}: a reference is copied with `from`")


def _end(layers: Mapping[str, Layer], fields: Mapping[str, Field], path: Path, owner: str) -> Field | None:
    """Return the field that a path ends at, None for the words of spans."""
    name = ".".join(path)
    for i, part in enumerate(path):
        here = fields.get(part)
        if here is None:
            raise CorpusError(
                f"{IF_BLANK} of {owner}: {name} must begin with a field that precedes {owner.split('.')[1]}"
            )
        if i == len(path) - 1:
            if here.kind == "spans":
                raise CorpusError(f"{IF_BLANK} of {owner}: write {name}.{TEXT} for the words of {name}")
            return here
        if here.kind == "spans" and path[i + 1 :] == (TEXT,):
            return None
        if here.kind != "reference" or here.refers_to not in layers:
            raise CorpusError(f"{IF_BLANK} of {owner}: {part} in {name} does not refer to a layer")
        fields = {one.name: one for one in layers[here.refers_to].fields}
    raise CorpusError(f"{IF_BLANK} of {owner}: a path is empty")


def is_derivable(
    layers: Mapping[str, Layer], layer: Layer, one: Field, done: Container[str], absent: Container[tuple[str, str]]
) -> bool:
    """True if a field has rules, and all that they read was annotated: else "none" could mean "not annotated".

    `done` are the annotated layers, `absent` the fields of these, as layer and name, that were not annotated.
    """
    paths = [path for rule in one.labelling.if_blank for path in (rule.source, *(c.path for c in rule.when)) if path]
    return bool(one.labelling.if_blank) and all(_is_annotated(layers, layer, path, done, absent) for path in paths)


def _is_annotated(
    layers: Mapping[str, Layer], layer: Layer, path: Path, done: Container[str], absent: Container[tuple[str, str]]
) -> bool:
    for part in path:
        here = next((one for one in layer.fields if one.name == part), None)
        if here is None:
            break
        if layer.name not in done or (layer.name, part) in absent:
            return False
        if here.kind == "reference" and here.refers_to in layers:
            layer = layers[here.refers_to]
            if layer.name not in done:
                return False
    return True


def derive(layers: Mapping[str, Layer], layer: Layer, one: Field, record: Record, find: Find, text: str) -> Any:
    """Return the value that the rules of a field give to a record, None if none does.

    A path that leads to several different values gives none: it would be a guess.
    """
    for rule in one.labelling.if_blank:
        if all(c.holds(_values(layers, layer, record, c.path, find, text)) for c in rule.when):
            if not rule.source:
                return rule.value
            found = _values(layers, layer, record, rule.source, find, text)
            if len(set(found)) == 1:
                return found[0]
    return None


def _values(layers: Mapping[str, Layer], layer: Layer, record: Record, path: Path, find: Find, text: str) -> list[Any]:
    """Return the values at the end of a path: [] if there are none."""
    here = [(layer, record)]
    for i, part in enumerate(path):
        values = [(of, one) for of, each in here for one in _listed(each.get(part))]
        if i == len(path) - 1:
            return [one for _, one in values]
        field_ = next((f for f in here[0][0].fields if f.name == part), None) if here else None
        if field_ is None or not values:
            return []
        if field_.kind == "spans":
            spans = [one for _, one in values]
            return [text[min(s["start"] for s in spans) : max(s["end"] for s in spans)]]
        target = layers[field_.refers_to]
        here = [(target, known) for _, id_ in values if (known := find(target.name, id_)) is not None]
    return []


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
