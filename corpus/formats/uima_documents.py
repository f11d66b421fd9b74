"""The documents of a UIMA or WebAnno source, with the annotations of all annotators, and the names for a map.

INCEpTION exports a project as an archive. `annotation/DOCUMENT/` has a file or an archive for each annotator,
`curation/DOCUMENT/` that of the curator; other directories repeat them or hold the sources.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from ..core.model import GOLD, Problem, Source
from ..core.schema import Schema
from ..files.read import parse_text
from .archives import Entry, Tree
from .documents import Incoming, LeftOut, Options
from .mapping.add import add_annotations, duplicate
from .mapping.file_names import Patterns, files_by_document, matched, pattern
from .mapping.rules import Map
from .sources import not_read, problem
from .survey import Survey
from .uima_common import PROJECT, Found, merged_relations, neutral

CURATED, INITIAL = "CURATION_USER", "INITIAL_CAS"
"""Names that INCEpTION gives to curated annotations, which become gold, and to documents before their annotation."""
_OF_PROJECT = re.compile(r"exportedproject\d*\.json")
_INITIAL_WHY = "INITIAL_CAS is the document before its annotation, not an annotator"
_NOT_DECLARED = "the type system lacks {}: its values are read as strings"
_MERGED = "chains link mentions by {}: all are read as coreference; `chains = [{}]` in the map selects"
_VALUES = 20
"""Different values up to which a feature is probably a label, for a suggested map."""

Parse = Callable[[Entry, Source, Tree, str, LeftOut], Iterator[Problem | Found]]
"""Yields the Problems of a file and, if its text is complete, its content. The string is the name of a view."""
_Part = tuple[str, str, Entry]


def documents(
    source: Path, ending: str, parse: Parse, of: Map, schema: Schema, options: Options, beside: tuple[str, ...] = ()
) -> Iterator[Incoming | Problem]:
    """Yield each document with the annotations of all annotators: find files, parse, check the text, map, add."""
    tree = Tree(source)
    parts = _find_files(tree, ending, of, options, beside)
    yield from tree.problems
    for doc, of_doc in sorted(parts.items()):
        one: Incoming | None = None
        for annotator, split, entry in _without_initial(sorted(of_doc), options.left_out):
            file = entry.read()
            yield from not_read(file)
            faults: list[Problem] = []
            for found in parse(entry, file, tree, of.view, options.left_out) if not file.faults else ():
                if isinstance(found, Problem):
                    faults.append(found)
                    continue
                # Each annotator's file repeats the text. Offsets are only comparable if all copies are the same.
                wrong = _text_problem(found.text, file, one)
                if wrong is not None:
                    yield wrong
                    continue
                if one is None:
                    one = Incoming(options.doc_ids(doc), file.path, found.text, {"split": split} if split else {})
                if annotator == INITIAL:
                    continue
                name = _annotator(annotator, of, options)
                wrong = duplicate(one, name, file)
                if wrong is not None:
                    yield wrong
                    continue
                one.set_aside(name, faults)
                faults = []
                _add(found, one, name, file, of, schema, options)
            yield from faults
        if one is not None:
            yield one


def survey_files(source: Path, ending: str, parse: Parse, of: Map, options: Options, beside: tuple[str, ...]) -> Survey:
    """Return the names that the files of a source have, for a map to edit."""
    found = Survey()
    tree = Tree(source)
    contents: list[Found] = []
    for of_doc in _find_files(tree, ending, of, options, beside).values():
        for _, _, entry in of_doc:
            found.files.append(entry.name)
            file = entry.read()
            parsed = parse(entry, file, tree, of.view, options.left_out) if not file.faults else ()
            contents += [one for one in parsed if isinstance(one, Found)]
    labels = _label_features(contents)
    for one in contents:
        _count(one, labels, found)
    return found


def _find_files(tree: Tree, ending: str, of: Map, options: Options, beside: tuple[str, ...]) -> dict[str, list[_Part]]:
    """Return (annotator, split, file) of each file by document; count the other files."""
    entries = tree.files(ending, beside, options.left_out)
    patterns = of.files
    project = tuple(pattern(f"{one}{ending}") for one in PROJECT)
    if "files" not in options.map and any(one.fullmatch(entry.name) for one in project for entry in entries):
        patterns = project
        entries = [one for one in entries if not _OF_PROJECT.fullmatch(one.name)]
    return files_by_document(_matched(entries, patterns, options.left_out))


def _matched(entries: list[Entry], patterns: Patterns, left: LeftOut) -> Iterator[tuple[Entry, dict[str, str]]]:
    return matched(((one, one.name) for one in entries), patterns, left)


def _without_initial(parts: list[_Part], left: LeftOut) -> Iterator[_Part]:
    """Yield the files of annotators. The document before its annotation gives a text if no annotator has a file."""
    of_annotators = [one for one in parts if one[0] != INITIAL]
    if initial := len(parts) - len(of_annotators):
        left["files", _INITIAL_WHY] += initial
    yield from of_annotators or parts


def _annotator(name: str, of: Map, options: Options) -> str:
    is_gold = not name or name == (of.gold or CURATED)
    return GOLD if is_gold else options.annotators(name)


def _text_problem(text: str, file: Source, one: Incoming | None) -> Problem | None:
    """Return a Problem if a text is invalid, or differs from that of the document so far; else None."""
    if not text:
        return problem("IMP1", file, "it has no text")
    for fault in parse_text(text.encode("utf-8", "surrogatepass"))[1]:
        if fault.name != "control-character":
            return problem("IMP1", file, f"its text: {fault.name}")
    if one is not None and one.text != text:
        return problem("IMP3", file, f"its text differs from that of {one.path}")
    return None


def _add(found: Found, one: Incoming, name: str, file: Source, of: Map, schema: Schema, options: Options) -> None:
    """Map the annotations of a file, and note what was read in another way than it may be meant."""
    for what, count in found.undeclared.items():
        options.notes[_NOT_DECLARED.format(what)] += count
    merged = sorted(merged_relations(found, of))
    if len(merged) > 1:
        shown = ", ".join(f'"{one}"' for one in merged[:5])
        options.notes[_MERGED.format(shown, f'"{merged[0]}"')] += 1
    if found.note:
        one.note(name, found.note)
    add_annotations(one, name, neutral(found, of, options.left_out), file, of, schema, options.left_out)


def _label_features(contents: list[Found]) -> dict[str, str]:
    """Return, by type, the feature that probably holds its label: `value`, or else the one with the fewest values."""
    values: dict[str, dict[str, set[str]]] = {}
    for marked in (one for found in contents for one in found.marked):
        for name, said in marked.features.items():
            known = values.setdefault(marked.type, {}).setdefault(name, set())
            if len(known) <= _VALUES:
                known.update(said)
    found: dict[str, str] = {}
    for kind, features in values.items():
        few = [name for name, known in features.items() if 1 < len(known) <= _VALUES or (name == "value" and known)]
        if few:
            found[kind] = min(few, key=lambda name: (name != "value", len(features[name]), name))
    return found


def _count(found: Found, labels: dict[str, str], survey: Survey) -> None:
    """Count the names in a file as a map writes them: short types, and `TYPE.FEATURE=VALUE` for labels."""
    links = {name for _, names, _ in found.chains for name in names}
    for one in found.marked:
        short = one.type.rpartition(".")[2]
        label = labels.get(one.type, "") if one.id not in links else ""
        kinds = [f"{short}.{label}={value}" for value in one.features.get(label, ())] or [short]
        survey.types.update(kinds)
        for kind in kinds:
            for name, values in one.features.items():
                if name != label:
                    survey.attributes.setdefault(kind, {}).setdefault(name, Counter()).update(values)
            for name, role, _ in one.leads:
                survey.roles.setdefault(kind, Counter())[role or name] += 1
    survey.chains.update(kind.rpartition(".")[2] for kind, _, _ in found.chains)
    for relation in found.relations:
        survey.relations.setdefault(relation.type.rpartition(".")[2], Counter()).update(end for end, _ in relation.ends)
