"""UIMA CAS XMI, as INCEpTION and DKPro write it, to annotations, with `dkpro-cassis`.

An `.xmi` file has the annotations of one annotator; the `TypeSystem.xml` beside or above it defines their types. The
text is that of the first view. A type with the features `Governor` and `Dependent` is a relation; one with `first`,
whose links have `next`, is a chain; a feature that leads to annotations, directly or through links with `role` and
`target`, is a slot. Offsets are UTF-16 code units. They are parsed here, because `dkpro-cassis` passes on an offset
within a character as if it counted code points.

Files are untrusted. A document type declaration is refused, so no XML entity is ever expanded. A type system with a
name that is not a plain identifier is refused too, because `dkpro-cassis` makes Python classes of the names.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ..core.model import CorpusError, Problem, Source
from . import uima_common
from .documents import NOTHING_SAID, Direction, LeftOut, Options
from .importing import build_corpus, schema_of
from .mapping.annotations import Chain, Defect, Relation
from .mapping.rules import read_map
from .sources import not_read, outside, problem, read_source
from .uima_common import NO_FEATURES, NO_WORDS, Found, Marked, Offsets, dkpro_map, documents

ONE_VALUE = "a field holds one value"
NO_ANNOTATION = "the target is not an annotation"
LAYERS: tuple[str, ...] = ()
LEAVES_OUT = (
    *uima_common.LEAVES_OUT,
    ("lists in features", ONE_VALUE),
    ("values of features", NO_ANNOTATION),
    ("views after the first", "an article has one text"),
)
READS = Direction(
    "spans, chains, relations and slots that the map names",
    "what the map has no rule for, other views",
    "files written by hand in the form of dkpro-cassis",
)
TYPES = ("TypeSystem.xml", "typesystem.xml")
_ID = "http://www.omg.org/XMI id"
_TYPE = re.compile(r"[^\W\d]\w*(\.\w+)*(\[\])?")
_NUMBER = re.compile(r"\d{1,9}")
_ENDS = ("Governor", "Dependent")
_OWN = {"sofa", "begin", "end"}


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file `source`, or the .xmi files below it, into the new corpus `into`.

    Yields a Problem for each annotation and file that cannot be read. Raises CorpusError when there is nothing to
    import, the map or a record field is invalid, or dkpro-cassis is not installed.
    """
    try:
        import cassis  # noqa: F401
    except ImportError:
        raise CorpusError("dkpro-cassis is not installed: pip install 'on-the-record[formats]'") from None
    schema = schema_of(options)
    of = read_map(options.map, schema, dkpro_map(schema, ".xmi"))
    reader = _Reader(source if source.is_dir() else source.parent)
    yield from build_corpus(into, documents(source, ".xmi", reader.parse, of, schema, options), options, of.use)


class _RefusedError(Exception):
    """Stops reading a file, with the reason and its line."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


class _Reader:
    """Parses the files below a directory, each with the type system beside or above it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[Path, Any] = {}

    def parse(self, path: Path, file: Source, left: LeftOut) -> Iterator[Problem | Found]:
        """Yield the content of a file, and a Problem for each annotation that cannot be read."""
        from cassis import load_cas_from_xmi

        there = (folder / name for folder in (path.parent, *path.parent.parents) for name in TYPES)
        types = next((one for one in there if one.is_relative_to(self._root) and one.is_file()), None)
        if types is None:
            yield problem("IMP1", file, f"found no {TYPES[0]} beside or above it")
            return
        if types not in self._known:
            self._known[types] = None
            yield from self._type_system(types)
        if self._known[types] is None:
            yield problem("IMP1", file, f"its {types.name} could not be read")
            return
        try:
            scan = _Scan(file.data)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cas = load_cas_from_xmi(io.BytesIO(file.data), typesystem=self._known[types])
            annotations = _Annotations(cas, scan, left)
        except _RefusedError as error:
            yield problem("IMP2", file, str(error), place=(error.line, 1))
        except Exception as error:  # dkpro-cassis does not document what an invalid file raises
            yield problem("IMP2", file, _said(error))
        else:
            for code, line, detail in annotations.defects:
                yield problem(code, file, detail, place=(line, 1))
            yield annotations.found

    def _type_system(self, path: Path) -> Iterator[Problem]:
        from cassis import load_typesystem

        file = read_source(path, "annotation")
        yield from not_read(file)
        if file.faults:
            return
        try:
            _check_names(file.data)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._known[path] = load_typesystem(io.BytesIO(file.data))
        except _RefusedError as error:
            yield problem("IMP2", file, str(error), place=(error.line, 1))
        except Exception as error:
            yield problem("IMP2", file, _said(error))


def _said(error: Exception) -> str:
    """Return an exception as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _parsed(data: bytes, parser: Any) -> None:
    def refuse(*_: object) -> None:
        raise _RefusedError("a document type declaration is not allowed", parser.CurrentLineNumber)

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _RefusedError(expat.ErrorString(error.code), error.lineno) from None


def _check_names(data: bytes) -> None:
    """Raise _RefusedError for an invalid name of a type or feature in a type system."""
    parser = expat.ParserCreate(namespace_separator=" ")
    stack: list[str] = []
    text: list[str] = []

    def start(name: str, _: object) -> None:
        stack.append(name.rpartition(" ")[2])
        text.clear()

    def end(_: str) -> None:
        name, said = stack.pop(), "".join(text).strip()
        text.clear()
        of_feature = name == "name" and stack[-1:] == ["featureDescription"]
        plain = said.isidentifier() and not iskeyword(said) and not said.startswith("__")
        of_type = name in ("name", "supertypeName", "rangeTypeName", "elementType")
        of_type = of_type and stack[-1:] in (["typeDescription"], ["featureDescription"])
        sound = plain if of_feature else _TYPE.fullmatch(said) or (name == "elementType" and not said)
        if of_type and not sound:
            of = "feature" if of_feature else "type"
            raise _RefusedError(f"{said[:60]!r} is not a valid name of a {of}", parser.CurrentLineNumber)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    _parsed(data, parser)


class _Scan:
    """Finds the line and the offsets, in code units, of each element of an XML file by its id."""

    def __init__(self, data: bytes) -> None:
        self.lines: dict[int, int] = {}
        self.offsets: dict[int, tuple[int, int]] = {}
        parser = expat.ParserCreate(namespace_separator=" ")

        def start(_: str, attributes: dict[str, str]) -> None:
            written = attributes.get(_ID, "")
            if not _NUMBER.fullmatch(written):
                return
            number = int(written)
            if number in self.lines:
                raise _RefusedError(f"duplicate id {number}", parser.CurrentLineNumber)
            self.lines[number] = parser.CurrentLineNumber
            begin, end = attributes.get("begin", ""), attributes.get("end", "")
            if _NUMBER.fullmatch(begin) and _NUMBER.fullmatch(end):
                self.offsets[number] = (int(begin), int(end))

        parser.StartElementHandler = start
        _parsed(data, parser)


class _Annotations:
    """Collects the annotations of the first view of a CAS in `found`, and their defects."""

    def __init__(self, cas: Any, scan: _Scan, left: LeftOut) -> None:
        self._cas, self._scan, self._left = cas, scan, left
        text = cas.sofa_string
        self.found = Found(text if isinstance(text, str) else "")
        self.defects: list[Defect] = []
        self._offsets = Offsets(self.found.text)
        every = sorted(cas.select_all_fs(), key=lambda one: one.xmiID)
        self._links: set[int] = set()
        for one in every:
            self._chain(one)
        for one in every:
            names = {feature.name for feature in one.type.all_features}
            if names.issuperset(_ENDS):
                self._relation(one, names)
            elif self._is(one, "uima.tcas.Annotation") and not self._is(one, "uima.tcas.DocumentAnnotation"):
                self._annotation(one, id(one) in self._links)

    def _line(self, one: Any) -> int:
        return self._scan.lines.get(one.xmiID, 1)

    def _is(self, one: Any, kind: str) -> bool:
        return bool(self._cas.typesystem.is_instance_of(one.type.name, kind))

    def _chain(self, one: Any) -> None:
        """Add the links of a chain, up to the first that is in another chain; ignore a structure without links."""
        at = _value(one, "first")
        links: list[Any] = []
        while _is_structure(at):
            links.append(at)
            if id(at) in self._links:
                break
            self._links.add(id(at))
            at = _value(at, "next")
        if links:
            self.found.chains.append(Chain(links[0].type.name, [str(link.xmiID) for link in links], self._line(one)))

    def _relation(self, one: Any, names: set[str]) -> None:
        ends = [(name, str(end.xmiID)) for name in _ENDS if _is_structure(end := _value(one, name))]
        said = [name for name in names - _OWN - set(_ENDS) if _value(one, name) is not None]
        self._left[f"features of {one.type.name}", NO_FEATURES] += len(said)
        if len(ends) < len(_ENDS):
            self.defects.append(Defect("IMP2", self._line(one), f"a {one.type.name} must have {' and '.join(_ENDS)}"))
        else:
            self.found.relations.append(Relation(one.type.name, ends, self._line(one)))

    def _annotation(self, one: Any, is_link: bool) -> None:
        line, name = self._line(one), str(one.xmiID)
        units = self._scan.offsets.get(one.xmiID)
        start, end = (self._offsets(unit) for unit in units) if units else (None, None)
        if start is None or end is None or start > end:
            said = outside(*units, self._offsets.length) if units else "it has no offsets"
            self.defects.append(Defect("IMP3", line, f"{one.type.name}: {said}"))
            self.found.broken.add(name)
            return
        if start == end:
            self._left["annotations of empty spans", NO_WORDS] += 1
            self.found.broken.add(name)
            return
        marked = Marked(name, one.type.name, start, end, line)
        for feature in one.type.all_features:
            if feature.name not in _OWN and not (is_link and feature.name == "next"):
                self._feature(marked, feature.name.removesuffix("_"), _value(one, feature.name))
        self.found.marked.append(marked)

    def _feature(self, marked: Marked, name: str, value: Any) -> None:
        elements = getattr(value, "elements", value)
        if value is None:
            return
        if isinstance(value, bool):
            marked.features[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            marked.features[name] = str(value)
        elif _is_structure(value) and elements is value:
            self._lead(marked, name, value)
        elif isinstance(elements, list) and all(map(_is_structure, elements)):
            for one in elements:
                self._lead(marked, name, one)
        else:
            self._left[f"lists of {marked.type}.{name}", ONE_VALUE] += 1

    def _lead(self, marked: Marked, name: str, value: Any) -> None:
        """Record that a feature leads to an annotation, directly or through a link with a role."""
        target, role = _value(value, "target"), _value(value, "role")
        if self._is(value, "uima.tcas.Annotation"):
            marked.leads.append((name, "", str(value.xmiID)))
        elif _is_structure(target):
            marked.leads.append((name, role if isinstance(role, str) else "", str(target.xmiID)))
        else:
            self._left[f"values of {marked.type}.{name}", NO_ANNOTATION] += 1


def _is_structure(value: Any) -> bool:
    return hasattr(value, "xmiID") and hasattr(value, "type")


def _value(one: Any, name: str) -> Any:
    """Return the value of a feature of a structure, or None."""
    return getattr(one, name, None)
