"""What a labelling config is for: the layers that are annotated with it. Its first line says so.

<!-- corpus: layers=quotes may-be-blank=mentions.entity -->
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..core.model import CorpusError
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate

_LINE = re.compile(r"<!-- corpus: layers=([\w,]*) may-be-blank=([\w.,]*) -->")


@dataclass(frozen=True, slots=True)
class Purpose:
    """The layers to annotate, () for all of them, and the fields (`layer.field`) that no annotator has to fill in."""

    layers: tuple[str, ...] = ()
    may_be_blank: tuple[str, ...] = ()

    def asks(self, layer: str) -> bool:
        """True if annotators annotate the layer; the others are only shown."""
        return not self.layers or layer in self.layers

    def with_blank(self, fields: Iterable[str]) -> Purpose:
        """Return the same purpose, with further fields that may be blank."""
        return Purpose(self.layers, tuple(sorted({*self.may_be_blank, *fields})))

    @property
    def line(self) -> str:
        """The first line of the config, "" if all layers are annotated and no field may be blank."""
        if self == Purpose():
            return ""
        return f"<!-- corpus: layers={','.join(self.layers)} may-be-blank={','.join(self.may_be_blank)} -->"


def purpose(schema: Schema, layers: Collection[str]) -> Purpose:
    """Return the purpose of annotating these layers. Raises CorpusError if the schema does not have one of them."""
    known = layers_to_annotate(schema)
    for name in layers:
        if name not in known:
            raise CorpusError(f"the schema has no layer {name!r} to annotate; it has {', '.join(known)}")
    return Purpose(tuple(name for name in known if name in layers))


def purpose_of(config: str) -> Purpose:
    """Return the purpose that a config states in its first line; all layers if it states none."""
    found = _LINE.match(config.lstrip())
    if not found:
        return Purpose()
    return Purpose(*(tuple(name for name in part.split(",") if name) for part in found.groups()))


def blank_fields(fields_done: dict[str, list[str]], schema: Schema) -> list[str]:
    """Return the fields, as `layer.field`, that a task with these `fields_done` leaves blank."""
    return [
        f"{layer}.{one.name}"
        for layer, names in fields_done.items()
        if layer in schema.layers
        for one in schema.layers[layer].fields
        if not one.always and one.name not in names
    ]
