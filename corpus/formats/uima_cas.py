"""A UIMA CAS in a neutral form: a type system, views with a text each, and feature structures that refer to each other.

Readers of XMI and JSON both return a `Cas`; `uima_decode.py` finds the annotations in it. A structure may have a type,
feature or target that the type system or the file lacks: what can be read is kept, and the decoder names the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

TOP, ANNOTATION_BASE, ANNOTATION = "uima.cas.TOP", "uima.cas.AnnotationBase", "uima.tcas.Annotation"
DOCUMENT_ANNOTATION, SOFA = "uima.tcas.DocumentAnnotation", "uima.cas.Sofa"
FS_ARRAY, FS_LIST, STRING, STRING_ARRAY = (
    "uima.cas.FSArray",
    "uima.cas.FSList",
    "uima.cas.String",
    "uima.cas.StringArray",
)
FIRST_VIEW = "_InitialView"
_SIMPLE = ("Boolean", "Byte", "Short", "Integer", "Long", "Float", "Double", "String")
_SUPERS = {
    ANNOTATION_BASE: TOP,
    ANNOTATION: ANNOTATION_BASE,
    DOCUMENT_ANNOTATION: ANNOTATION,
    SOFA: TOP,
    **{f"uima.cas.{name}Array": "uima.cas.ArrayBase" for name in (*_SIMPLE, "FS")},
    "uima.cas.ArrayBase": TOP,
    **{f"uima.cas.{name}List": "uima.cas.ListBase" for name in ("FS", "String", "Integer", "Float")},
    **{
        f"uima.cas.{filled}{name}List": f"uima.cas.{name}List"
        for name in ("FS", "String", "Integer", "Float")
        for filled in ("Empty", "NonEmpty")
    },
    "uima.cas.ListBase": TOP,
}
"""The types that every CAS has, and the type above each."""
_DEEPEST = 100
"""Types above a type that are followed; a damaged type system could have a circle."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of a type: the type of its values, and whether XMI writes a list as a structure of its own."""

    name: str
    range: str
    shared: bool = False


@dataclass(slots=True)
class Types:
    """A type system: the type above each type, and the features that each type adds."""

    supers: dict[str, str] = field(default_factory=lambda: dict(_SUPERS))
    features: dict[str, dict[str, Feature]] = field(default_factory=dict)

    def above(self, kind: str) -> Iterator[str]:
        """Yield a type and the types above it."""
        for _ in range(_DEEPEST):
            yield kind
            if kind not in self.supers:
                return
            kind = self.supers[kind]

    def is_a(self, kind: str, other: str) -> bool:
        """Return whether a type is another one or below it."""
        return other in self.above(kind)

    def feature(self, kind: str, name: str) -> Feature | None:
        """Return a feature of a type, which it may inherit; None if the type system lacks it."""
        return next((self.features[one][name] for one in self.above(kind) if name in self.features.get(one, ())), None)

    def has(self, kind: str) -> bool:
        """Return whether the type system has a type."""
        return kind == TOP or kind in self.supers


@dataclass(slots=True)
class Structure:
    """A feature structure: its type, its line, and the values and targets of its features.

    `offsets` are UTF-16 code units, None if it has none. `sofa` is the id of the text that it belongs to.
    `unknown` are the features that the type system lacks.
    """

    id: str
    type: str
    line: int
    offsets: tuple[int, int] | None = None
    sofa: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


@dataclass(slots=True)
class View:
    """A view: its name, the id and the text of its sofa, and the ids of the structures that are indexed in it."""

    name: str
    sofa: str
    text: str | None
    members: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Cas:
    """A CAS: its type system, its structures by id, and its views by the ids of their sofas."""

    types: Types
    structures: dict[str, Structure] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)

    def targets(self, one: Structure, name: str) -> list[str]:
        """Return the ids of the targets of a feature; of an array or list, those of its elements."""
        found: list[str] = []
        for target in one.targets.get(name, ()):
            found += self._elements(target)
        return found

    def values(self, one: Structure, name: str) -> list[str]:
        """Return the values of a feature; of an array of values, those of its elements."""
        arrays = (self.structures.get(target) for target in one.targets.get(name, ()))
        return [
            *one.values.get(name, ()),
            *(value for array in arrays if array for value in array.values.get("elements", ())),
        ]

    def _elements(self, target: str) -> list[str]:
        one = self.structures.get(target)
        if one is None:
            return [target]
        if one.type == FS_ARRAY or one.type.endswith("[]"):
            return one.targets.get("elements", [])
        if self.types.is_a(one.type, FS_LIST):
            return list(self._listed(one))
        return [] if self.types.is_a(one.type, "uima.cas.ArrayBase") else [target]

    def _listed(self, one: Structure | None) -> Iterator[str]:
        """Yield the elements of a linked list, up to the first link that was seen before."""
        seen: set[str] = set()
        while one is not None and one.id not in seen:
            seen.add(one.id)
            yield from one.targets.get("head", ())
            one = self.structures.get(next(iter(one.targets.get("tail", ())), ""))


class RefusedError(Exception):
    """Stops reading a file, with the reason and its line."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line
