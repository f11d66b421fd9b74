"""UIMA CAS JSON 0.4 to and from annotations: a .json file for each document and annotator, with its own type system.

    {"%TYPES": {"custom.Quote": {"%SUPER_TYPE": "uima.tcas.Annotation", "manner": {"%RANGE": "uima.cas.String"}}},
     "%FEATURE_STRUCTURES": [
       {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": "Ada Kuhn said …"},
       {"%ID": 6, "%TYPE": "custom.Quote", "@sofa": 1, "begin": 17, "end": 40, "manner": "indirect", "@roles": 8}],
     "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": [6]}}}

`%` begins a key of the format, `@` a feature that refers to another structure, `#` a number that JSON cannot write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..core.json_positions import join_pointer, position
from ..core.model import Document, Problem, Record, Source
from ..core.schema import Schema
from ..files import parse_json
from .archives import Entry, Tree
from .documents import NOTHING_SAID, Direction, LeftOut, Options, Outgoing
from .importing import build_corpus, schema_of
from .sources import problem
from .survey import Survey
from .uima_cas import FS_ARRAY, SOFA, STRING, STRING_ARRAY, Cas, Feature, RefusedError, Structure, Types, View
from .uima_common import Found, uima_map
from .uima_decode import LEAVES_OUT_OF_CAS, decode
from .uima_documents import documents, survey_files
from .uima_encode import BOOLEAN, LEAVES_OUT_OF_EXPORT, LINK, carry_placed, encode, type_system
from .writing import write_file

LAYERS = ("entities", "mentions", "quotes", "nonquotes")
LEAVES_OUT = (*LEAVES_OUT_OF_CAS, *LEAVES_OUT_OF_EXPORT)
READS = Direction(
    "spans, features, slots, chains and relations that the map names; archives of projects",
    "what the map has no rule for, other views, annotations without words",
    "files by Apache UIMA, as dkpro-cassis tests with them, and by dkpro-cassis 0.12",
)
WRITES = Direction(
    "spans, labels, references, entities with their mentions, sentences and tokens",
    "see below",
    "dkpro-cassis 0.12 reads the files and writes them again",
)
_TYPES, _STRUCTURES, _VIEWS = "%TYPES", "%FEATURE_STRUCTURES", "%VIEWS"
_OLDER = ("_context", "_views", "_referenced_fss")
"""Keys of the JSON that UIMA wrote before version 0.4 of this format."""


def read(source: Path, into: Path, options: Options = NOTHING_SAID) -> Iterator[Problem]:
    """Import the file, directory or zip archive `source` into the new corpus `into`.

    Yields a Problem for each annotation and file that cannot be read. Raises CorpusError when there is nothing to
    import, or the map or a record field is invalid.
    """
    schema = schema_of(options)
    of = uima_map(options, schema, ".json")
    made = documents(source, ".json", _parse, of, schema, options, beside=(".xml",))
    yield from build_corpus(into, made, options, of.use)


def survey(source: Path, options: Options) -> Survey:
    """Return the names that the files have, for a map to edit."""
    return survey_files(source, ".json", _parse, uima_map(options, schema_of(options), ".json"), options, (".xml",))


def carry(document: Document, schema: Schema, left: LeftOut) -> Record:
    """Return the layers of an annotation that a CAS can hold; count what it drops in `left`."""
    return carry_placed(document, schema, left)


def write(made: Iterable[Outgoing], schema: Schema, out: Path) -> None:
    """Write a .json file for each document, in a directory for each annotator."""
    types = type_system(schema)
    for one in made:
        write_file(out / one.annotator / f"{one.doc_id}.json", serialize(encode(one, schema, types)))


def _parse(_: Entry, file: Source, tree: Tree, view: str, left: LeftOut) -> Iterator[Problem | Found]:
    """Yield the content of a file, and a Problem for each annotation that cannot be read."""
    value, faults = parse_json(file.data)
    for fault in faults:
        detail = f"{fault.name}, {fault.detail}" if fault.detail else fault.name
        yield problem("IMP1", file, detail, place=(fault.line, fault.column))
    if faults:
        return
    try:
        cas = parse_cas(value, file)
    except RefusedError as error:
        yield problem("IMP2", file, str(error), place=(error.line, 1))
    else:
        yield from decode(cas, file, view, left)


def parse_cas(value: Any, file: Source) -> Cas:
    """Return the CAS that a JSON value holds. Raises RefusedError if it is not a CAS of version 0.4."""
    if isinstance(value, dict) and not value.keys().isdisjoint(_OLDER):
        raise RefusedError("this is the older JSON of UIMA; export the documents as UIMA CAS JSON 0.4.0", 1)
    if not isinstance(value, dict) or not isinstance(value.get(_VIEWS), dict):
        raise RefusedError(f"expected an object with {_TYPES}, {_STRUCTURES} and {_VIEWS}", 1)
    cas = Cas(_types(value.get(_TYPES)))
    written = value.get(_STRUCTURES, [])
    items = written.items() if isinstance(written, dict) else enumerate(written) if isinstance(written, list) else ()
    for key, one in items:
        line = position(file, join_pointer(_STRUCTURES, key))[0]
        name = str(key) if isinstance(written, dict) else str(one.get("%ID")) if isinstance(one, dict) else ""
        if not isinstance(one, dict) or not isinstance(one.get("%TYPE"), str) or not name.isdecimal():
            raise RefusedError("a feature structure must be an object with %ID and %TYPE", line)
        if name in cas.structures:
            raise RefusedError(f"duplicate id {name}", line)
        cas.structures[name] = _structure(name, one, line)
        if one["%TYPE"] == SOFA:
            text, view = one.get("sofaString"), str(one.get("sofaID", ""))
            cas.views[name] = View(view, name, text if isinstance(text, str) else None)
    for view, said in value[_VIEWS].items():
        if isinstance(said, dict) and isinstance(said.get("%MEMBERS", []), list):
            sofa = str(said.get("%SOFA", ""))
            cas.views.setdefault(sofa, View(view, sofa, None)).members.update(map(str, said.get("%MEMBERS", [])))
    return cas


def _types(written: Any) -> Types:
    types = Types()
    for name, said in written.items() if isinstance(written, dict) else ():
        if isinstance(said, dict):
            types.supers[name] = str(said.get("%SUPER_TYPE", ""))
            features = ((key, one) for key, one in said.items() if isinstance(one, dict) and not key.startswith("%"))
            types.features[name] = {key: Feature(key, str(one.get("%RANGE", STRING))) for key, one in features}
    return types


def _structure(name: str, written: Mapping[str, Any], line: int) -> Structure:
    one = Structure(name, written["%TYPE"], line, sofa=str(written.get("@sofa", "")))
    begin, end = written.get("begin"), written.get("end")
    if type(begin) is int and type(end) is int:
        one.offsets = begin, end
    for key, value in written.items():
        if key == "%ELEMENTS" and isinstance(value, list):
            refers = one.type == FS_ARRAY or (one.type.endswith("[]") and not one.type.startswith("uima.cas."))
            (one.targets if refers else one.values)["elements"] = [_said(each) for each in value if each is not None]
        elif key.startswith("@") and key != "@sofa" and value is not None:
            one.targets[key[1:]] = [str(value)]
        elif not key.startswith(("%", "@")) and key not in ("begin", "end") and value is not None:
            one.values[key.removeprefix("#").removeprefix("^")] = [_said(value)]
    return one


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def serialize(cas: Cas) -> bytes:
    """Return the bytes of a JSON file with a CAS."""
    types = {
        kind: {"%NAME": kind, "%SUPER_TYPE": cas.types.supers[kind]}
        | {name: {"%NAME": name, "%RANGE": _RANGES.get(one.range, one.range)} for name, one in features.items()}
        for kind, features in sorted(cas.types.features.items())
    }
    views = {
        view.name: {"%SOFA": int(view.sofa), "%MEMBERS": sorted(map(int, view.members))} for view in cas.views.values()
    }
    value = {_TYPES: types, _STRUCTURES: list(_written(cas)), _VIEWS: views}
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _written(cas: Cas) -> Iterator[dict[str, Any]]:
    """Yield the structures; a list is a structure of its own, which comes after the one that refers to it."""
    number = len(cas.structures)
    for one in cas.structures.values():
        made: dict[str, Any] = {"%ID": int(one.id), "%TYPE": one.type}
        arrays: list[dict[str, Any]] = []
        if one.type == SOFA:
            view = cas.views[one.id]
            made |= {"sofaNum": 1, "sofaID": view.name, "mimeType": "text/plain", "sofaString": view.text}
        if one.offsets is not None:
            made |= {"@sofa": int(one.sofa), "begin": one.offsets[0], "end": one.offsets[1]}
        for name, values in (*one.values.items(), *one.targets.items()):
            feature = cas.types.feature(one.type, name)
            kind = feature.range if feature is not None else STRING
            if kind in _RANGES:
                number += 1
                elements = [int(value) for value in values] if kind == FS_ARRAY else values
                arrays.append({"%ID": number, "%TYPE": kind, "%ELEMENTS": elements})
                made[f"@{name}"] = number
            elif name in one.targets:
                made[f"@{name}"] = int(values[0])
            else:
                made[name] = values[0] == "true" if kind == BOOLEAN else values[0]
        yield made
        yield from arrays


_RANGES = {FS_ARRAY: f"{LINK}[]", STRING_ARRAY: f"{STRING}[]"}
"""How the type system names a list: by the type of its elements."""
