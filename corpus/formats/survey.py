"""A map to edit: the types, roles, attributes and relations that files have, as TOML with comments.

A reader's `survey` adds the `Annotations` of each file; what is not sure is written as a comment, so that the map can
be used as it is: what it has no rule for is dropped and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..core.schema import Label, Schema
from .mapping.annotations import Annotations
from .mapping.rules import is_attribute, is_role, place_of, placed_layers, table

_MOST = 200
"""Names of one kind that are written."""
_VALUES = 12
"""Values of one attribute that are written."""
_RECORD = ('language = "en"', 'license = "CC-BY-4.0"', 'redistribution = "full"', 'split = "train"')


@dataclass(slots=True)
class Survey:
    """The names that the files of a format have, and how often.

    `files` are file names, `head` lines of TOML that come first. `roles` and `attributes` are those of a type.
    """

    files: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    roles: dict[str, Counter[str]] = field(default_factory=dict)
    attributes: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    notes: dict[str, Counter[str]] = field(default_factory=dict)
    relations: dict[str, Counter[str]] = field(default_factory=dict)
    chains: Counter[str] = field(default_factory=Counter)

    def add(self, annotations: Annotations) -> None:
        """Count the names in the annotations of one document."""
        types = annotations.types()
        triggers = {one.trigger for one in annotations.events.values()}
        self.types.update(kind for name, kind in types.items() if name not in triggers)
        for event in annotations.events.values():
            self.roles.setdefault(event.type, Counter()).update(role.rstrip("0123456789") for role, _ in event.roles)
        for one in annotations.attributes:
            values = self.attributes.setdefault(types.get(one.target, "?"), {}).setdefault(one.type, Counter())
            if len(values) < _MOST:
                values[one.value or "true"] += 1
        for one in annotations.notes:
            self.notes.setdefault(types.get(one.target, "?"), Counter())[one.type] += 1
        for kind, arguments, _ in annotations.relations:
            self.relations.setdefault(kind, Counter()).update(name for name, _ in arguments)
        self.chains.update(kind for kind, _, _ in annotations.chains)

    def toml(self, schema: Schema) -> str:
        """Return the map."""
        lines = ["# Edit this map: docs/formats.md explains its keys. Lines with # are not read.", ""]
        lines += self.head
        if self.files:
            lines += [f"# files: {_quoted(name)}" for name in self.files[:_VALUES]]
            lines += [f"# files = {_quoted(_pattern(self.files[0]))}   # if a name says who, or which split", ""]
        if self.chains:
            lines += [f"chains = [{', '.join(_quoted(one) for one, _ in self.chains.most_common(_MOST))}]", ""]
        lines += ["[record]                         # what the record of each article says"]
        lines += [f"# {one}" for one in _RECORD] + [""]
        for kind, count in self.types.most_common(_MOST):
            lines += [*self._type(kind, count, schema), ""]
        for kind, ends in list(self.relations.items())[:_MOST]:
            of = ends.most_common(1)[0][0] if ends else "Arg1"
            lines += [f"# {table('relations', kind)}", f"# of = {_quoted(of)}   # the argument whose field is filled"]
            lines += [
                '# field = "source"   # or, for a relation between mentions of one entity, name it in `chains`',
                "",
            ]
        return "\n".join(lines).rstrip() + "\n"

    def _type(self, kind: str, count: int, schema: Schema) -> Iterator[str]:
        """Yield the lines of a type: a rule if a label or layer of the schema has a similar name, else a comment."""
        layer, entity = _guess(kind, schema)
        off = "" if layer else "# "
        layers = [one.name for one in placed_layers(schema)]
        events = [name for name in layers if name != "mentions"] if self.roles.get(kind) else []
        likely = layer or [*events, *layers][0]
        labels = [label.name for label in schema.labels("entities", "type")]
        yield f"{off}{table('types', kind)}   # {count:,} found"
        yield f"{off}layer = {_quoted(likely)}   # {', '.join(layers)}"
        if labels and likely == "mentions" and (entity or not layer):
            yield f"{off}entity = {_quoted(entity or labels[0])}   # {', '.join(labels)}"
        if likely == "mentions" and "NAM" in {label.name for label in schema.labels("mentions", "form")}:
            yield '# set = { form = "NAM" }   # if all of these are names: the build then has ner_tags'
        of = schema.layers[likely]
        fields = [one for one in of.fields if one.name not in ("id", place_of(of))]
        roles = [one.name for one in fields if is_role(one)]
        for name in list(self.roles.get(kind, ()))[:_MOST]:
            own = next((one for one in [*roles, place_of(of)] if one.lower() == name.lower()), "")
            yield f"{off or ('' if own else '# ')}roles.{_key(name)} = {_quoted(own or '…')}   # {', '.join(roles)}"
        labelled = ", ".join(one.name for one in fields if is_attribute(one))
        for name, values in list(self.attributes.get(kind, {}).items())[:_MOST]:
            shown = ", ".join(f"{_quoted(value)} = {_quoted('…')}" for value, _ in values.most_common(_VALUES))
            yield f"# attributes.{_key(name)} = {{ field = {_quoted('…')}, values = {{ {shown} }} }}   # {labelled}"
        for name, times in self.notes.get(kind, Counter()).most_common(_VALUES):
            yield f"# notes.{_key(name)} = {_quoted('…')}   # {times:,} found"


def _pattern(name: str) -> str:
    """Return a pattern for file names like this one."""
    stem, dot, ending = name.rpartition(".")
    if "/" in name:
        return f"{{annotator}}/{{doc}}{dot}{ending}"
    return f"{{doc}}.{{annotator}}{dot}{ending}" if "." in stem else f"{{annotator}}{dot}{ending}"


def _guess(kind: str, schema: Schema) -> tuple[str, str]:
    """Return the layer and entity type that a type probably is, "" for what is unknown."""
    name = kind.rpartition("=")[2] or kind
    plain = "".join(char for char in name.upper() if char.isalnum())
    for label in schema.labels("entities", "type"):
        if "mentions" in schema.layers and plain and _same(plain, label):
            return "mentions", label.name
    layers = {one.name.upper().rstrip("S"): one.name for one in placed_layers(schema)}
    return layers.get(plain.rstrip("S"), ""), ""


def _same(name: str, label: Label) -> bool:
    title = label.title.upper().split(",")[0].split(" ")[0].replace("ISATION", "IZATION")
    return name in (label.name, title) or name.replace("ISATION", "IZATION") == title


def _key(name: str) -> str:
    return table(name)[1:-1]


def _quoted(name: str) -> str:
    """Return a TOML string."""
    return json.dumps(name[:200], ensure_ascii=not name.isprintable())
