"""The `result` of a Label Studio annotation → the layers of an annotation, or the faults that forbid it.

    result → regions, values, relations → regions on their words → values in regions → ids of records
           → relations joined → the rest joined in order → references by their words → values of labels
           → records → blank fields derived

`decode_regions` has the steps up to the ids, `decode_links` those up to the values of labels, `decode_records` and
`decode_derived` the rest. The next step is taken only if there is no fault yet: a region with a wrong offset would
otherwise be reported again for each of its values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..core.model import Record
from ..core.schema import Schema
from .decode_links import join_in_order, join_relations, point, spread_labels
from .decode_records import build_records
from .decode_regions import Regions
from .faults import AnnotationFault


@dataclass(slots=True)
class Decoded:
    """A decoded annotation: its `layers` by name, and `done`, the layers that the annotator ticked (None when the
    tick list was not touched). Or `faults`, and then nothing else. `note` names a conversion of the offsets; `derived`
    has by layer and field the ids of the records in which a blank field was derived.
    """

    layers: dict[str, list[Record]] = field(default_factory=dict)
    done: list[str] | None = None
    note: str = ""
    faults: list[AnnotationFault] = field(default_factory=list)
    derived: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def decode(
    result: Any,
    text: str,
    schema: Schema,
    quoted: bool = True,
    fields_done: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Decoded:
    """Return the layers that the `result` of an annotation of `text` holds; with `quoted`, spans repeat their words.

    Of a layer in `fields_done`, records have the fields that it names, and the other fields must be empty.
    One fault is enough, and nothing of the annotation is taken: half an annotation would look like a whole one.
    """
    if not isinstance(result, list):
        return Decoded(faults=[AnnotationFault("L106")])
    regions = Regions(text, schema, fields_done)
    layers: dict[str, list[Record]] = {}
    steps: tuple[Callable[[], None], ...] = (
        lambda: regions.sort(result),
        regions.place,
        regions.fill,
        regions.name_records,
        lambda: join_relations(regions),
        lambda: join_in_order(regions),
        lambda: point(regions),
        lambda: spread_labels(regions),
        lambda: layers.update(build_records(regions, quoted)),
    )
    for step in steps:
        step()
        if regions.faults:
            return Decoded(faults=regions.faults)
    return Decoded(layers, regions.done, regions.note, derived=regions.derived)
