"""Describe a release in `croissant.json`, for programs that read Croissant 1.1 and its RAI vocabulary.

    tables' columns, Schema     →  record sets, fields and their descriptions
    Parquet files               →  distribution, with the SHA-256 of each
    CITATION.cff                →  name, creators, licence, version
    sections of the card        →  collection, annotation, limits and uses of the data
    provenance of annotations   →  the tools of machine and human annotators

Nothing is declared twice: a field that is added to `schema/` appears in the next release's file,
and the prose on uses and limits comes from the card.

There is one record set for each config, split and file, with `split` as a constant. mlcroissant 1.1 compares a
file with its SHA-256 only if a record set names that file; of a FileSet of several files it checks none.

Fields nest. A column of records has no source of its own: each of its fields reads the whole column and
extracts its value from every record by a JSON path:

    quotes: [{id, content: [{start, …}]}]     quotes/id             column quotes, path id
                                              quotes/content/start  column quotes, paths content and [*].start

The file is plain JSON-LD and is written without mlcroissant: the package would add rdflib, networkx and scipy
to every installation, for one file of a release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.card_text import Prose
from ..core.schema import Schema
from ..pipeline.tables import TWINS_CONFIG, WITHHELD, Config, configs
from .citation import author_name, bibtex
from .table_hashes import TableFile
from .tables import Split

Node = dict[str, Any]

_VERSION = "http://mlcommons.org/croissant/1.1"
_RAI = "http://mlcommons.org/croissant/RAI/1.0"
_LANGUAGES = {"@container": "@language"}
_CONTEXT: Node = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{name: f"cr:{name}" for name in ("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty")},
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": _LANGUAGES,
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in ("extract", "field", "fileObject", "fileProperty", "fileSet", "format")},
    **{name: f"cr:{name}" for name in ("includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5")},
    "name": _LANGUAGES,
    **{name: f"cr:{name}" for name in ("parentField", "path", "recordSet", "references", "regex", "repeated")},
    "rai": "http://mlcommons.org/croissant/RAI/",
    **{name: f"cr:{name}" for name in ("replace", "samplingRate", "separator", "source", "subField", "transform")},
    "sc": "https://schema.org/",
}
_TYPES = {"string": "sc:Text", "int64": "cr:Int64", "double": "cr:Float64", "bool": "sc:Boolean"}
_SPLITS = {
    "train": "cr:TrainingSplit",
    "dev": "cr:ValidationSplit",
    "validation": "cr:ValidationSplit",
    "test": "cr:TestSplit",
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MANY = {"isArray": True, "arrayShape": "-1"}
_FIRST = "Of a list in a record of a list, such as the spans of a mention, mlcroissant 1.1 loads the first item only."
_RAI_FIELDS: dict[str, tuple[str, str]] = {
    "rai:dataCollection": ("How it was made", "Articles"),
    "rai:dataCollectionType": ("How it was made", "Collection type"),
    "rai:dataAnnotationProtocol": ("How it was made", "Annotations"),
    "rai:annotatorDemographics": ("How it was made", "Who the annotators are"),
    "rai:dataAnnotationAnalysis": ("Agreement", ""),
    "rai:dataUseCases": ("Uses", ""),
    "rai:dataLimitations": ("Limits and biases", ""),
    "rai:dataBiases": ("Limits and biases", ""),
    "rai:personalSensitiveInformation": ("Personal and sensitive information", ""),
    "rai:dataSocialImpact": ("Social impact", ""),
    "rai:dataReleaseMaintenancePlan": ("Contact and maintenance", ""),
}
"""Property → the heading of a section of the card, and the bold lead of its paragraphs ("": all paragraphs)."""


def croissant(
    schema: Schema,
    splits: dict[str, dict[str, Split]],
    prose: Prose,
    cited: dict[str, Any],
    version: str,
    day: str | None,
) -> str:
    """Return the text of croissant.json, with a final newline.

    `cited` is the content of CITATION.cff ({} without one), `day` is the day of the
    release (YYYY-MM-DD). Properties without a value are omitted.
    """
    built = [config for config in configs(schema) if config.name in splits]
    found: Node = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": str(cited.get("title") or prose.title),
        "description": str(cited.get("abstract") or prose.begin),
        "conformsTo": [_VERSION, _RAI],
        "version": version,
        "datePublished": day,
        "license": [f"https://spdx.org/licenses/{name}" for name in _list(cited.get("license"))],
        "creator": [_creator(author) for author in cited.get("authors", ())],
        "keywords": _list(cited.get("keywords")),
        "inLanguage": _list(prose.front.get("language")),
        "url": cited.get("url") or cited.get("repository-code"),
        "citeAs": bibtex(cited, version, day) if cited else None,
    }
    found |= {name: prose.section(*where) for name, where in _RAI_FIELDS.items()}
    found["rai:annotationsPerItem"] = " ".join(prose.section("How it was made", "Annotations per item"))
    # The name is that of mlcroissant 1.1, which reads dates; the vocabulary writes Timeframe.
    found["rai:dataCollectionTimeFrame"] = _DAY.findall(" ".join(prose.section("How it was made", "Timeframe")))
    found["rai:machineAnnotationTools"], found["rai:dataAnnotationPlatform"] = _tools(splits)
    found["distribution"] = [_file(file) for of in splits.values() for split in of.values() for file in split.files]
    found["recordSet"] = [_split_set(schema, splits)]
    found["recordSet"] += [
        _record_set(config, schema, split, file.name, f"{config.name}/{split}{part}")
        for config in built
        for split, made in splits[config.name].items()
        for file, part in zip(made.files, _parts(len(made.files)), strict=True)
    ]
    return json.dumps({name: value for name, value in found.items() if value}, ensure_ascii=False, indent=1) + "\n"


def _parts(files: int) -> Iterable[str]:
    return [""] if files == 1 else (f"/{i:05}" for i in range(files))


def _list(value: Any) -> list[str]:
    return [] if value is None else list(map(str, value)) if isinstance(value, list) else [str(value)]


def _creator(author: dict[str, Any]) -> Node:
    kind = "sc:Organization" if "name" in author else "sc:Person"
    found = {"@type": kind, "name": author_name(author)}
    return found | ({"url": author["orcid"]} if "orcid" in author else {})


def _tools(splits: dict[str, dict[str, Split]]) -> tuple[list[str], list[str]]:
    """Return the tools in the provenance of annotations, with versions: those of machines, and those of people."""
    tools: dict[bool, set[str]] = {True: set(), False: set()}
    files = [
        file
        for name in ("documents", "annotations", TWINS_CONFIG, WITHHELD)
        for of in splits.get(name, {}).values()
        for file in of.files
    ]
    for file in files:
        for batch in pq.ParquetFile(file.open_input()).iter_batches(1024, columns=["provenance"]):
            for made in filter(None, batch["provenance"].to_pylist()):
                if made["tool"]:
                    tools[bool(made["machine"])].add(" ".join(filter(None, (made["tool"], made["tool_version"]))))
    return sorted(tools[True]), sorted(tools[False])


def _file(file: TableFile) -> Node:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": f"{file.size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file.sha256,
    }


def _split_set(schema: Schema, splits: dict[str, dict[str, Split]]) -> Node:
    """Return the enumeration of splits, each with its description in the schema and its Croissant class."""
    labels = {label.name: label for one in schema.article_fields if one.name == "split" for label in one.labels}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": ["sc:Enumeration", "cr:Split"],
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
            {"@type": "cr:Field", "@id": "splits/description", "name": "description", "dataType": "sc:Text"},
        ],
        "data": [
            {
                "splits/name": name,
                "splits/url": _SPLITS.get(name, "cr:Split"),
                "splits/description": labels[name].description if name in labels else "",
            }
            for name in schema.splits
            if any(name in of for of in splits.values())
        ],
    }


def _record_set(config: Config, schema: Schema, split: str, file: str, name: str) -> Node:
    fields = _Fields(config, schema, name, file)
    there = [fields.field(field, (), ()) for field in config.columns if field.name != "split"]
    constant = {
        "@type": "cr:Field",
        "@id": f"{name}/split",
        "name": "split",
        "dataType": "sc:Text",
        "value": split,
        "references": {"field": {"@id": "splits/name"}},
    }
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": config.description + (f" {_FIRST}" if any(map(_is_deep, config.columns)) else ""),
        "field": [*there, constant],
    }


def _is_deep(column: pa.Field) -> bool:
    """Return whether a column is a list of records that have lists of records."""
    records = [kind.value_type for kind in (column.type,) if pa.types.is_list(kind)]
    inner = [field.type for kind in records if pa.types.is_struct(kind) for field in kind]
    return any(pa.types.is_list(kind) and pa.types.is_struct(kind.value_type) for kind in inner)


class _Fields:
    """Makes the fields of a record set that reads one file.

    The JSON path of a nested field is cut before each list: a reader continues from null with the next path, but
    fails on null within a path.
    """

    def __init__(self, config: Config, schema: Schema, name: str, file: str) -> None:
        self._config, self._schema, self._name, self._file = config, schema, name, file

    def field(self, column: pa.Field, before: tuple[str, ...], steps: tuple[str, ...]) -> Node:
        """Return a column, or a field within one: `before` are the names above it, `steps` the JSON paths to them."""
        path = (*before, column.name)
        many = pa.types.is_list(column.type)
        kind = column.type.value_type if many else column.type
        found: Node = {"@type": "cr:Field", "@id": "/".join((self._name, *path)), "name": column.name}
        if words := self._description(path):
            found["description"] = words
        if many:
            found |= _MANY
        if pa.types.is_struct(kind):
            found["subField"] = [
                self.field(field, path, _further(steps, column.name, many) if before else ()) for field in kind
            ]
            return found
        found["dataType"] = _TYPES[str(kind)]
        source: Node = {"fileObject": {"@id": self._file}, "extract": {"column": path[0]}}
        if before:
            source["transform"] = [{"jsonPath": step} for step in _further(steps, column.name, False)]
        found["source"] = source
        return found

    def _description(self, path: tuple[str, ...]) -> str:
        """Return the description of a column: of a field in the schema, of another one in its config."""
        if len(path) == 1 and path[0] in self._config.about:
            labels = self._config.labels.get(path[0], ())
            return " ".join([self._config.about[path[0]], *([f"One of: {', '.join(labels)}."] if labels else [])])
        config, annotation, article = self._config.name, self._schema.annotation, self._schema.article
        places: list[tuple[Node, tuple[str, ...]]] = [(annotation, path), (article, path)]
        if config in ("documents", TWINS_CONFIG, WITHHELD):
            places.reverse()
        elif config != "annotations":
            places = [(annotation, (config, *path)), (article, path)]
        words = next((found for root, at in places if (found := _said(root, at))), "")
        labels = self._config.labels.get(".".join(path), ())
        return " ".join(filter(None, (words, f"One of: {', '.join(labels)}." if labels else "")))


def _further(steps: tuple[str, ...], name: str, many: bool) -> tuple[str, ...]:
    """Extend the last JSON path by a name; if the name holds `many`, begin a new path within each item."""
    *before, last = steps or ("",)
    return (*before, f"{last}.{name}" if last else name, *(("[*]",) if many else ()))


def _said(root: Node, path: tuple[str, ...]) -> str:
    """Return the description of a property in a JSON Schema, "" if there is none."""
    node: Node = root
    words = ""
    for name in path:
        node = _items(root, node).get("properties", {}).get(name)
        if node is None:
            return ""
        words = next((str(one["description"]) for one in _resolved(root, node) if "description" in one), "")
    return words


def _resolved(root: Node, node: Node) -> Iterator[Node]:
    """Yield a schema and then what its `$ref` points to, at most ten levels deep: a schema may refer to itself."""
    seen = 0
    while isinstance(node, dict) and seen < 10:
        yield node
        reference = node.get("$ref", "")
        if not reference.startswith("#/"):
            return
        node, seen = root, seen + 1
        for part in reference[2:].split("/"):
            node = node.get(part, {})


def _items(root: Node, node: Node) -> Node:
    """Return the schema of an object, or of the items of a list."""
    *_, node = _resolved(root, node)
    if "items" in node:
        *_, node = _resolved(root, node["items"])
    return node
