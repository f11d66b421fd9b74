"""The labels of a schema under consecutive numbers: an index names a label by its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.layers import Field
from ..core.model import Record
from ..core.schema import Schema
from ..core.source_tokens import layers_to_annotate

_BOOLEAN = (("true", "yes"), ("false", "no"))


@dataclass(frozen=True, slots=True)
class LabelField:
    """A field with labels: where it is, its title, the value and the title of each label, and the first number."""

    layer: str
    field: str
    title: str
    values: tuple[str, ...]
    titles: tuple[str, ...]
    first: int

    @property
    def numbers(self) -> range:
        """Return the numbers of the labels."""
        return range(self.first, self.first + len(self.values))


class Labels:
    """All labels of the layers that annotators fill in. `fields` has the label fields, and the boolean ones."""

    def __init__(self, schema: Schema) -> None:
        self.layers = tuple(layers_to_annotate(schema))
        self.fields: list[LabelField] = []
        self._numbers: dict[str, list[tuple[str, dict[str, int]]]] = {name: [] for name in self.layers}
        self.count = 0
        for name in self.layers:
            for field in schema.layers[name].fields:
                if values := _labels(field):
                    self._add(name, field, values)

    def _add(self, layer: str, field: Field, values: list[tuple[str, str]]) -> None:
        names, titles = zip(*values, strict=True)
        self.fields.append(LabelField(layer, field.name, field.title, names, titles, self.count))
        self._numbers[layer].append((field.name, {one: self.count + i for i, one in enumerate(names)}))
        self.count += len(values)

    def of(self, layer: str, record: Record) -> Iterator[int]:
        """Yield the number of each label of a record."""
        for field, numbers in self._numbers[layer]:
            value = record.get(field)
            for one in value if isinstance(value, list) else (value,):
                number = numbers.get(str(one).lower() if isinstance(one, bool) else one) if one is not None else None
                if number is not None:
                    yield number


def _labels(field: Field) -> list[tuple[str, str]]:
    if field.kind == "label":
        return [(label.name, label.title) for label in field.labels]
    return list(_BOOLEAN) if (field.kind, field.json_type) == ("scalar", "boolean") else []
