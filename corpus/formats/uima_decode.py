"""The annotations, chains and relations in a CAS: what a layer of INCEpTION or DKPro becomes before a map reads it.

a structure with `first`, whose targets lead on by `next`     a chain, its links in order
a structure with `Governor` and `Dependent`                   a relation
any other annotation with words                               an annotation with features and targets
a structure with `target`, to which a feature leads           the role that the target has in the annotation
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..core.model import Problem, Source
from .documents import LeftOut
from .known import drop
from .mapping.annotations import Chain
from .sources import outside, problem
from .uima_cas import ANNOTATION, DOCUMENT_ANNOTATION, FIRST_VIEW, SOFA, Cas, Structure, View
from .uima_common import NO_WORDS, Found, Linked, Marked, Offsets

NO_ANNOTATION = "the target is not an annotation"
NOT_INDEXED = "no view lists them: UIMA keeps them only because another annotation refers to them"
ONE_TEXT = "an article has one text; `view` of the map selects another view"
NOT_DECLARED = "the type system lacks it, so its values are read as strings"
OF_DOCUMENT = "they annotate no words"
SEGMENTS = "this package cuts texts into sentences and tokens itself"
LEAVES_OUT_OF_CAS = (
    ("types, features, roles and relations", "the map has no such rule"),
    ("features of relations", "a relation becomes a field, which has no features"),
    ("annotations of empty spans", NO_WORDS),
    ("values of features", NO_ANNOTATION),
    ("views", ONE_TEXT),
    ("annotations outside of the index", NOT_INDEXED),
    ("annotations of documents", OF_DOCUMENT),
    ("sentences and tokens", SEGMENTS),
)
_ENDS = ("Governor", "Dependent")
ARRAY, LIST = "uima.cas.ArrayBase", "uima.cas.ListBase"
_SEGMENTATION = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type."
_SEGMENT_TYPES = {f"{_SEGMENTATION}{name}" for name in ("Sentence", "Token")}


def decode(cas: Cas, file: Source, view: str, left: LeftOut) -> Iterator[Problem | Found]:
    """Yield what a view of a CAS holds, and a Problem for each annotation that cannot be read.

    `view` is the name of a view, "" for the only one with a text or the first.
    """
    chosen = _view(cas, view)
    if chosen is None or not chosen.text:
        names = ", ".join(sorted(one.name for one in cas.views.values() if one.text)[:5])
        yield problem("IMP1", file, f"it has no text{f' in the view {view}; it has {names}' if view and names else ''}")
        return
    found = Found(chosen.text)
    for code, line, detail in _Decoder(cas, chosen, found, left).defects():
        yield problem(code, file, detail, place=(line, 1))
    yield found


def _view(cas: Cas, name: str) -> View | None:
    """Return the view of a name; without a name, the first view, or another one if it alone has a text."""
    views = list(cas.views.values())
    if name:
        return next((one for one in views if one.name == name), None)
    with_text = [one for one in views if one.text]
    return next((one for one in views if one.name == FIRST_VIEW and one.text), with_text[0] if with_text else None)


class _Decoder:
    """Adds the annotations of a view to `found`. Chains come first: they use up the `next` of their links."""

    def __init__(self, cas: Cas, view: View, found: Found, left: LeftOut) -> None:
        assert view.text is not None
        self._cas, self._view, self._found, self._left = cas, view, found, left
        self._offsets = Offsets(view.text)
        self._is_indexed = any(one.members for one in cas.views.values())
        self._links: set[str] = set()
        self._reached: set[str] = set()
        """Structures without words to which an annotation leads: the roles of its slots."""

    def defects(self) -> Iterator[tuple[str, int, str]]:
        """Add everything to `found`; yield the code, line and description of each defect."""
        here = list(self._here())
        for one in here:
            yield from self._chain(one)
        for one in here:
            if self._is_relation(one):
                yield from self._relation(one)
            elif one.offsets is not None or self._is(one, ANNOTATION):
                yield from self._annotation(one)
        self._count_the_rest(here)

    def _here(self) -> Iterator[Structure]:
        """Yield the structures that belong to the view; count the annotations of other views."""
        others = {
            member: one.name for one in self._cas.views.values() if one is not self._view for member in one.members
        }
        of_sofa = {one.sofa: one.name for one in self._cas.views.values() if one is not self._view}
        for one in self._cas.structures.values():
            kind = one.type
            if kind == SOFA or self._cas.types.is_a(kind, DOCUMENT_ANNOTATION):
                continue
            other = others.get(one.id) if one.id not in self._view.members else None
            other = of_sofa.get(one.sofa, other) if one.id not in self._view.members else None
            if other is not None:
                drop(self._left, "annotations of view", other, ONE_TEXT)
            else:
                yield one

    def _is(self, one: Structure, kind: str) -> bool:
        return self._cas.types.is_a(one.type, kind)

    def _is_relation(self, one: Structure) -> bool:
        types = self._cas.types
        return all(name in one.targets or types.feature(one.type, name) is not None for name in _ENDS)

    def _chain(self, one: Structure) -> Iterator[tuple[str, int, str]]:
        """Add the links of a chain, up to the first that is in another chain; ignore a structure without links."""
        names = self._cas.targets(one, "first") if not self._is(one, ANNOTATION) else []
        links: list[Structure] = []
        while names and (link := self._cas.structures.get(names[0])) and link.id not in self._links:
            links.append(link)
            self._links.add(link.id)
            names = link.targets.get("next", [])
        if names and names[0] not in self._cas.structures:
            yield "IMP5", one.line, names[0]
        if links:
            self._reached.add(one.id)
            self._found.chains.append(Chain(links[0].type, [link.id for link in links], one.line))

    def _relation(self, one: Structure) -> Iterator[tuple[str, int, str]]:
        ends = [(name, target) for name in _ENDS for target in one.targets.get(name, ())[:1]]
        if len(ends) < len(_ENDS):
            yield "IMP2", one.line, f"a {one.type} must have {' and '.join(_ENDS)}"
            return
        features = {name: self._cas.values(one, name) for name in {*one.values, *one.targets} - set(_ENDS)}
        self._found.relations.append(Linked(one.type, ends, one.line, {k: v for k, v in features.items() if v}))

    def _annotation(self, one: Structure) -> Iterator[tuple[str, int, str]]:
        if self._is_indexed and one.id not in self._view.members and one.id not in self._links:
            self._found.broken.add(one.id)
            drop(self._left, "annotations of type", one.type, NOT_INDEXED)
            return
        start, end = (self._offsets(unit) for unit in one.offsets) if one.offsets else (None, None)
        if start is None or end is None or start > end:
            said = outside(*one.offsets, self._offsets.length) if one.offsets else "it has no offsets"
            self._found.broken.add(one.id)
            yield "IMP3", one.line, f"{one.type}: {said}"
        elif start == end:
            self._found.broken.add(one.id)
            self._left["annotations of empty spans", NO_WORDS] += 1
        elif one.type in _SEGMENT_TYPES:
            # A feature or relation may lead to a token, such as a dependency, so it is kept apart and not forgotten.
            self._found.segments[one.id] = start, end
            drop(self._left, "annotations of type", one.type, SEGMENTS)
        else:
            self._marked(one, start, end)

    def _marked(self, one: Structure, start: int, end: int) -> None:
        marked = Marked(one.id, one.type, start, end, one.line)
        if not self._cas.types.has(one.type):
            self._found.undeclared[f"type {one.type}"] += 1
        for name in one.unknown if self._cas.types.has(one.type) else ():
            self._found.undeclared[f"feature {name} of {one.type}"] += 1
        for name in dict.fromkeys([*one.values, *one.targets]):
            if name == "next" and one.id in self._links:
                continue
            if values := self._cas.values(one, name):
                marked.features[name] = values
            for target in self._cas.targets(one, name):
                self._lead(marked, name, target)
        self._found.marked.append(marked)

    def _lead(self, marked: Marked, name: str, target: str) -> None:
        """Record that a feature leads to an annotation, directly or through a link with a role."""
        one = self._cas.structures.get(target)
        if one is None or one.offsets is not None or self._is(one, ANNOTATION):
            marked.leads.append((name, "", target))
            return
        self._reached.add(target)
        ends = one.targets.get("target", ())
        role = next(iter(one.values.get("role", ())), "")
        for end in ends:
            marked.leads.append((name, role, end))
        if not ends:
            drop(self._left, f"values of {name} of", marked.type, NO_ANNOTATION)

    def _count_the_rest(self, here: list[Structure]) -> None:
        """Count structures without words to which nothing leads, such as the metadata layers of INCEpTION."""
        rest: Counter[str] = Counter()
        for one in here:
            holds_parts = self._is(one, ARRAY) or self._is(one, LIST) or one.type.endswith("[]")
            has_words = one.offsets is not None or self._is(one, ANNOTATION)
            if not holds_parts and not has_words and one.id not in self._reached and not self._is_relation(one):
                rest[one.type] += 1
        for kind, count in rest.items():
            drop(self._left, "annotations of type", kind, OF_DOCUMENT, count)
