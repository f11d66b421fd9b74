"""UIMA CAS XMI to and from annotations: an .xmi file for each document and annotator, with its TypeSystem.xml.

    <type:NamedEntity xmi:id="2" sofa="1" begin="0" end="8" value="PER"/>     a structure, named by its type
    <custom:Quote xmi:id="6" sofa="1" begin="17" end="40" roles="8 9"/>       the type system says what "8 9" is
    <cas:Sofa xmi:id="1" sofaID="_InitialView" sofaString="Ada Kuhn said …"/> the text of a view
    <cas:View sofa="1" members="2 6"/>                                        the structures that are indexed in it

A file with a document type declaration is refused, so no entity of XML is ever expanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ..core.model import Document, Problem, Record, Source
from ..core.schema import Schema
from .archives import Entry, Tree
from .documents import NOTHING_SAID, Direction, LeftOut, Options, Outgoing
from .importing import build_corpus, schema_of
from .sources import not_read, problem
from .survey import Survey
from .uima_cas import FS_ARRAY, FS_LIST, SOFA, STRING, STRING_ARRAY, Cas, Feature, RefusedError, Structure, Types, View
from .uima_common import Found, uima_map
from .uima_decode import LEAVES_OUT_OF_CAS, decode
from .uima_documents import documents, survey_files
from .uima_encode import LEAVES_OUT_OF_EXPORT, LINK, carry_placed, encode, type_system
from .writing import write_file

LAYERS = ("entities", "mentions", "quotes", "nonquotes")
CONTROL = "XML cannot hold a control character"
LEAVES_OUT = (*LEAVES_OUT_OF_CAS, *LEAVES_OUT_OF_EXPORT, ("documents", CONTROL))
READS = Direction(
    "spans, features, slots, chains and relations that the map names; archives of projects",
    "what the map has no rule for, other views, annotations without words",
    "files by dkpro-cassis 0.12",
)
WRITES = Direction(
    "spans, labels, references, entities with their mentions, sentences and tokens",
    "see below",
    "dkpro-cassis 0.12 reads the files and writes them again",
)
TYPES = ("TypeSystem.xml", "typesystem.xml")
_XMI, _ROOT = "http://www.omg.org/XMI ", "http://www.omg.org/XMI XMI"
_NO_NAMESPACE = "uima.noNamespace"
_NUMBER = re.compile(r"\d{1,9}")
_XML_1_1 = re.compile(rb"""\A(\s*<\?xml\s[^>]*?version\s*=\s*["'])1\.1(["'])""")
_UNHELD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file, directory or zip archive `source` into the new corpus `into`.

    Yields a Problem for each annotation and file that cannot be read. Raises CorpusError when there is nothing to
    import, or the map or a record field is invalid.
    """
    schema = schema_of(options)
    of = uima_map(options, schema, ".xmi")
    reader = _Reader()
    made = documents(source, ".xmi", reader.parse, of, schema, options, beside=(".xml",))
    yield from build_corpus(into, made, options, of.use)


def survey(source: Path, options: Options) -> Survey:
    """Return the names that the files have, for a map to edit."""
    of = uima_map(options, schema_of(options), ".xmi")
    return survey_files(source, ".xmi", _Reader().parse, of, options, (".xml",))


def carry(document: Document, schema: Schema, left: LeftOut) -> Record | None:
    """Return the layers of an annotation that a CAS can hold, None for a text that XML cannot; count what it drops."""
    assert document.text is not None
    if _UNHELD.search(document.text):
        left["documents", CONTROL] += 1
        return None
    return carry_placed(document, schema, left)


def write(made: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write an .xmi file for each document, in a directory for each annotator, and TypeSystem.xml."""
    types = type_system(schema)
    for one in made:
        write_file(out / one.annotator / f"{one.doc_id}.xmi", serialize(encode(one, schema, types)))
    write_file(out / TYPES[0], serialize_types(types))


class _Reader:
    """Parses files, each with the type system beside or above it."""

    def __init__(self) -> None:
        self._known: dict[str, Types | None] = {}

    def parse(self, entry: Entry, file: Source, tree: Tree, view: str, left: LeftOut) -> Iterator[Problem | Found]:
        """Yield the content of a file, and a Problem for each annotation that cannot be read."""
        beside = tree.beside(entry, TYPES)
        if beside is None:
            yield problem("IMP1", file, f"found no {TYPES[0]} beside or above it")
            return
        if beside.shown not in self._known:
            self._known[beside.shown] = None
            yield from self._type_system(beside)
        types = self._known[beside.shown]
        if types is None:
            yield problem("IMP1", file, f"its {beside.shown.rpartition('/')[2]} could not be read")
            return
        try:
            cas = parse_cas(file.data, types)
        except RefusedError as error:
            yield problem("IMP2", file, str(error), place=(error.line, 1))
        else:
            yield from decode(cas, file, view, left)

    def _type_system(self, entry: Entry) -> Iterator[Problem]:
        file = entry.read()
        yield from not_read(file)
        if file.faults:
            return
        try:
            self._known[entry.shown] = parse_types(file.data)
        except RefusedError as error:
            yield problem("IMP2", file, str(error), place=(error.line, 1))


def parse_types(data: bytes) -> Types:
    """Return the type system of a TypeSystem.xml. Raises RefusedError if it is not valid XML."""
    types = Types()
    path: list[str] = []
    said: dict[str, str] = {}
    of_type: dict[str, Feature] = {}
    text: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name.rpartition(" ")[2])
        text.clear()

    def end(_: str) -> None:
        nonlocal of_type
        name, above = path.pop(), path[-1] if path else ""
        value = "".join(text).strip()
        text.clear()
        if above == "featureDescription":
            said[name] = value
        elif name == "featureDescription":
            shared = said.get("multipleReferencesAllowed") == "true"
            of_type[said.get("name", "")] = Feature(said.get("name", ""), said.get("rangeTypeName", STRING), shared)
            said.clear()
        elif above == "typeDescription" and name in ("name", "supertypeName"):
            of_type[f" {name}"] = Feature(value, "")
        elif name == "typeDescription":
            kind, upper = (of_type.pop(f" {key}", Feature("", "")).name for key in ("name", "supertypeName"))
            types.supers[kind], types.features[kind] = upper, of_type
            of_type = {}

    _parse(data, start, end, text.append)
    return types


def parse_cas(data: bytes, types: Types) -> Cas:
    """Return the CAS of an XMI file. Raises RefusedError if it is not valid XML or an id is there twice."""
    return _CasParser(types).parse(data)


class _CasParser:
    """Collects the elements below the root of an XMI file, with the elements within each: its lists of values."""

    def __init__(self, types: Types) -> None:
        self._cas = Cas(types)
        self._depth = 0
        self._open: Structure | None = None
        self._text: list[str] = []

    def parse(self, data: bytes) -> Cas:
        self._parser = _parse(data, self._start, self._end, self._text.append, self._keep)
        return self._cas

    def _keep(self, parser: expat.XMLParserType) -> None:
        self._parser = parser

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._text.clear()
        line = self._parser.CurrentLineNumber
        if self._depth == 1 and name != _ROOT:
            raise RefusedError("expected the element xmi:XMI", line)
        if self._depth == 2:
            kind = type_name(name)
            if kind == "uima.cas.View":
                self._view(attributes)
            elif kind != "uima.cas.NULL":
                self._structure(kind, attributes, line)

    def _end(self, name: str) -> None:
        if self._depth == 3 and self._open is not None:
            feature = name.rpartition(" ")[2]
            self._fill(self._open, feature, "".join(self._text), whole=True)
        if self._depth == 2:
            self._open = None
        self._depth -= 1

    def _view(self, attributes: dict[str, str]) -> None:
        view = self._cas.views.setdefault(attributes.get("sofa", ""), View("", attributes.get("sofa", ""), None))
        view.members.update(attributes.get("members", "").split())

    def _structure(self, kind: str, attributes: dict[str, str], line: int) -> None:
        name = attributes.get(f"{_XMI}id", "")
        if not _NUMBER.fullmatch(name):
            raise RefusedError(f"a {kind} must have a number as its xmi:id, not {name[:40]!r}", line)
        if name in self._cas.structures:
            raise RefusedError(f"duplicate id {name}", line)
        self._open = one = Structure(name, kind, line, sofa=attributes.get("sofa", ""))
        self._cas.structures[name] = one
        if kind == SOFA:
            view = self._cas.views.setdefault(name, View("", name, None))
            view.name, view.text = attributes.get("sofaID", ""), attributes.get("sofaString")
            return
        begin, end = attributes.get("begin", ""), attributes.get("end", "")
        if _NUMBER.fullmatch(begin) and _NUMBER.fullmatch(end):
            one.offsets = int(begin), int(end)
        for key, value in attributes.items():
            if key not in ("sofa", "begin", "end") and not key.startswith(_XMI):
                self._fill(one, key, value)

    def _fill(self, one: Structure, name: str, written: str, whole: bool = False) -> None:
        """Add a feature as it is written: an attribute, or with `whole` an element, which holds one value of a list."""
        types = self._cas.types
        feature = types.feature(one.type, name)
        if feature is None:
            # The elements of an array have no declaration. All else is read as it is written, and named.
            if name == "elements" and one.type == FS_ARRAY:
                one.targets.setdefault(name, []).extend(written.split())
            elif name == "elements" and one.type.startswith("uima.cas."):
                one.values.setdefault(name, []).extend([written] if whole else written.split())
            elif name in ("head", "tail") and types.is_a(one.type, FS_LIST):
                one.targets[name] = [written]
            else:
                one.unknown.append(name)
                one.values.setdefault(name, []).append(written)
        elif types.is_a(feature.range, STRING) or feature.range in _VALUES:
            one.values.setdefault(name, []).append(written)
        elif feature.range not in (FS_ARRAY, FS_LIST) and not feature.shared and _is_list(feature.range):
            one.values.setdefault(name, []).extend([written] if whole else written.split())
        else:
            one.targets.setdefault(name, []).extend(one for one in written.split() if one != "0")


def _is_list(kind: str) -> bool:
    return kind.startswith("uima.cas.") and kind.endswith(("Array", "List"))


_VALUES = {f"uima.cas.{name}" for name in ("Boolean", "Byte", "Short", "Integer", "Long", "Float", "Double")}


def type_name(element: str) -> str:
    """Return the name of the type of an element: its namespace is that of the type, as the address of a file."""
    namespace, _, name = element.rpartition(" ")
    package = namespace.removeprefix("http:///").removesuffix(".ecore").replace("/", ".")
    return name if package in ("", _NO_NAMESPACE) else f"{package}.{name}"


def _parse(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], object],
    keep: Callable[[expat.XMLParserType], None] = lambda _: None,
) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise RefusedError("a document type declaration is not allowed", parser.CurrentLineNumber)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    keep(parser)
    try:
        # The parser knows no XML 1.1, which differs in the control characters that it allows: they are a fault then.
        parser.Parse(_XML_1_1.sub(rb"\g<1>1.0\2", data), True)
    except expat.ExpatError as error:
        raise RefusedError(expat.ErrorString(error.code), error.lineno) from None
    except (ValueError, LookupError) as error:
        raise RefusedError(str(error)[:100], 1) from None
    return parser


def serialize(cas: Cas) -> bytes:
    """Return the bytes of an .xmi file with a CAS."""
    packages = sorted({one.type.rpartition(".")[0] for one in cas.structures.values()} - {"uima.cas"})
    prefixes = {"uima.cas": "cas"} | {package: f"p{i}" for i, package in enumerate(packages)}
    spaces = {prefix: f"http:///{package.replace('.', '/')}.ecore" for package, prefix in prefixes.items()}
    names = "".join(f" xmlns:{prefix}={quoteattr(space)}" for prefix, space in spaces.items())
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<xmi:XMI xmlns:xmi="http://www.omg.org/XMI"{names} xmi:version="2.0">',
        '<cas:NULL xmi:id="0"/>',
    ]
    for one in cas.structures.values():
        package, _, name = one.type.rpartition(".")
        lines.append(_element(f"{prefixes[package]}:{name}", *_content(one, cas)))
    for view in cas.views.values():
        members = " ".join(map(str, sorted(map(int, view.members))))
        lines.append(_element("cas:View", {"sofa": view.sofa, "members": members}))
    return "\n".join([*lines, "</xmi:XMI>", ""]).encode()


def _content(one: Structure, cas: Cas) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the attributes and the child elements of a structure: a list of values has an element for each."""
    attributes = {"xmi:id": one.id}
    if one.type == SOFA:
        view = cas.views[one.id]
        attributes |= {"sofaNum": "1", "sofaID": view.name, "mimeType": "text/plain", "sofaString": view.text or ""}
    if one.offsets is not None:
        attributes |= {"sofa": one.sofa, "begin": str(one.offsets[0]), "end": str(one.offsets[1])}
    attributes |= {name: " ".join(targets) for name, targets in one.targets.items()}
    children: dict[str, list[str]] = {}
    for name, values in one.values.items():
        feature = cas.types.feature(one.type, name)
        if feature is not None and feature.range == STRING_ARRAY:
            children[name] = values
        else:
            attributes[name] = values[0]
    return attributes, children


def _element(name: str, attributes: dict[str, str], children: dict[str, list[str]] | None = None) -> str:
    written = "".join(f" {key}={quoteattr(value, _WHITE)}" for key, value in attributes.items())
    inside = [f"<{key}>{escape(value, _WHITE)}</{key}>" for key, values in (children or {}).items() for value in values]
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


_WHITE = {char: f"&#{ord(char)};" for char in "\t\n\r\x85\u2028"}
"""White space that a parser of XML would change, unless it is escaped."""


def serialize_types(types: Types) -> bytes:
    """Return the bytes of a TypeSystem.xml."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier">',
        "<types>",
    ]
    for kind, features in sorted(types.features.items()):
        lines += [
            "<typeDescription>",
            f"<name>{kind}</name>",
            "<description/>",
            f"<supertypeName>{types.supers[kind]}</supertypeName>",
            "<features>",
            *map(_feature, features.values()),
            "</features>",
            "</typeDescription>",
        ]
    return "\n".join([*lines, "</types>", "</typeSystemDescription>", ""]).encode()


def _feature(one: Feature) -> str:
    of_elements = f"<elementType>{LINK}</elementType>" if one.range == FS_ARRAY else ""
    return (
        f"<featureDescription><name>{one.name}</name><description/>"
        f"<rangeTypeName>{one.range}</rangeTypeName>{of_elements}</featureDescription>"
    )
