"""Schemas other than this repository's: one without the layers that the program knows by name is as good as any, and
one that the program cannot follow is refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from support.copies import build, change, copy_repository, findings, read, write

from corpus.checks import CHECKS
from corpus.cli.main import main
from corpus.core.labelling import keep_rules

DOCUMENT = "barrage-hearing-delay"
Capture = pytest.CaptureFixture[str]
SPANS = {"$ref": "#/$defs/spans"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of one article with gold."""
    return copy_repository(tmp_path / "corpus", (DOCUMENT,), ("gold",))


def load(root: Path, config: str = "documents") -> datasets.Dataset:
    return datasets.load_dataset(str(root / "build"), config, split="train", cache_dir=str(root.parent / "cache"))


def change_schema(root: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    change(root / "schema" / "annotation.schema.json", edit)


def without_layers(root: Path, *names: str) -> None:
    """Take layers out of the schema and the annotations, with all that refers to one of them."""

    def gone(written: dict[str, Any]) -> bool:
        return written.get("refersTo") in names or written.get("items", {}).get("refersTo") in names

    schema = read(root / "schema" / "annotation.schema.json")
    dropped: dict[str, set[str]] = {}
    for layer, written in list(schema["properties"].items()):
        if layer in names:
            del schema["properties"][layer]
        elif written.get("type") == "array" and "properties" in written["items"]:
            properties = written["items"]["properties"]
            dropped[layer] = {name for name, of in properties.items() if gone(of)}
            written["items"]["properties"] = {k: v for k, v in properties.items() if k not in dropped[layer]}
            for needed in "required", "requiredIfDone":
                written["items"][needed] = [k for k in written["items"][needed] if k not in dropped[layer]]
            conditions = written["items"].pop("conditions", [])
            written["items"]["conditions"] = [
                one for one in conditions if dropped[layer].isdisjoint({*one["if"], *one["then"]})
            ]
            keep_rules(written["items"]["properties"])
    write(root / "schema" / "annotation.schema.json", schema)
    for path in (root / "annotations").glob("*/*.json"):
        annotation = {key: value for key, value in read(path).items() if key not in names}
        annotation["layers_done"] = [layer for layer in annotation["layers_done"] if layer not in names]
        for layer, fields in dropped.items():
            annotation[layer] = [{k: v for k, v in r.items() if k not in fields} for r in annotation.get(layer, [])]
        annotation.get("provenance", {}).pop("alternatives", None)
        write(path, annotation)


LESS = {
    ("stances",): ["documents", "entities", "quotes"],
    ("quotes",): ["documents", "entities", "stances"],
    ("nonquotes",): ["documents", "entities", "quotes", "stances"],
    ("mentions",): ["documents", "quotes", "stances"],
    ("entities",): ["documents", "quotes", "stances"],
    ("entities", "mentions"): ["documents", "quotes", "stances"],
    ("quotes", "stances"): ["documents", "entities"],
    ("entities", "mentions", "quotes", "nonquotes", "stances"): ["documents"],
}
"""Layers that are not there → the configs that are."""


@pytest.mark.parametrize("names", LESS, ids="+".join)
def test_a_schema_without_a_layer_builds_without_its_config(
    root: Path, names: tuple[str, ...], capsys: Capture
) -> None:
    without_layers(root, *names)
    severity = "\n".join(f'{check.code} = "info"' for check in CHECKS if check.level == 5)
    (root / "pyproject.toml").write_text(f"[tool.corpus.severity]\n{severity}\n", "utf-8")
    build(root)
    front = yaml.safe_load((root / "build" / "README.md").read_text("utf-8").split("---\n")[1])
    assert [entry["config_name"] for entry in front["configs"]] == LESS[names]
    for config in LESS[names]:
        assert load(root, config).num_rows > 0
    assert not set(names) & load(root).features.keys()


@pytest.mark.parametrize("names", LESS, ids="+".join)
def test_nothing_is_asked_about_fields_that_the_schema_does_not_have(
    root: Path, names: tuple[str, ...], capsys: Capture
) -> None:
    """Without mentions no quote has a source, and an explicit attribution is no fault; only evidence may be gone."""
    without_layers(root, *names)
    assert {code for code, _ in findings(root, capsys)} <= {"T505"}


def test_a_schema_of_new_layers_only_builds(root: Path) -> None:
    without_layers(root, "entities", "mentions", "quotes", "nonquotes", "stances")
    claims = {"type": "array", "items": record(spans=SPANS, check={"oneOf": [{"const": "true"}, {"const": "open"}]})}
    change_schema(root, lambda schema: schema["properties"].update(claims=claims))
    claim = {"id": "c1", "spans": [{"start": 0, "end": 7, "text": "Barrage"}], "check": "open"}
    path = root / "annotations" / "gold" / f"{DOCUMENT}.json"
    change(path, lambda annotation: annotation.update(claims=[claim], layers_done=["claims"]))
    build(root)
    assert load(root)[0]["claims"] == [claim | {"check": 1}]


Edit = Callable[[dict[str, Any]], object]


def in_quotes(written: Any, name: str = "odd") -> Edit:
    return lambda schema: schema["properties"]["quotes"]["items"]["properties"].update({name: written})


def as_layer(name: str, items: Any) -> Edit:
    return lambda schema: schema["properties"].update({name: {"type": "array", "items": items}})


def record(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"id": {"$ref": "#/$defs/id"}, **fields}, "required": ["id"]}


UNFIT: dict[str, tuple[Edit, str]] = {
    "an object": (in_quotes({"type": "object"}), "quotes.odd"),
    "a list of lists": (in_quotes({"type": "array", "items": {"type": "array"}}), "quotes.odd"),
    "a list of objects": (in_quotes({"type": "array", "items": {"type": "object"}}), "quotes.odd"),
    "a list of spans": (in_quotes({"type": "array", "items": SPANS}), "quotes.odd"),
    "a tuple": (in_quotes({"type": "array", "prefixItems": [{"type": "string"}], "items": False}), "quotes.odd"),
    "two types": (in_quotes({"type": ["string", "integer"]}), "quotes.odd"),
    "null only": (in_quotes({"type": "null"}), "quotes.odd"),
    "no type": (in_quotes({"title": "Odd"}), "quotes.odd"),
    "no schema but true": (in_quotes(True), "quotes.odd"),
    "an enum without a type": (in_quotes({"enum": ["a", "b"]}), "quotes.odd"),
    "a label that is a number": (in_quotes({"oneOf": [{"const": 1, "title": "One"}]}), "quotes.odd"),
    "a label without a const": (in_quotes({"oneOf": [{"const": "a"}, {"type": "null"}]}), "quotes.odd"),
    "no label": (in_quotes({"oneOf": []}), "schema"),
    "the same label twice": (in_quotes({"oneOf": [{"const": "a"}, {"const": "a"}]}), "quotes.odd"),
    "a ref to nothing": (in_quotes({"$ref": "#/$defs/nothing"}), "$defs/nothing"),
    "a ref to another file": (in_quotes({"$ref": "other.json#/x"}), "other.json"),
    "a ref to itself": (
        lambda schema: (schema["$defs"].update(a={"$ref": "#/$defs/a"}), in_quotes({"$ref": "#/$defs/a"})(schema)),
        "$defs/a",
    ),
    "a reference to no layer": (in_quotes({"type": "string", "refersTo": "quote"}), "quotes.odd"),
    "a reference that is a number": (in_quotes({"type": "integer", "refersTo": "quotes"}), "quotes.odd"),
    "a layer without ids": (as_layer("claims", {"type": "object", "properties": {"x": {"type": "string"}}}), "claims"),
    "a layer whose ids may be left out": (as_layer("claims", record() | {"required": []}), "claims"),
    "a layer whose ids are numbers": (as_layer("claims", record(id={"type": "integer"})), "claims"),
    "a layer without fields": (as_layer("claims", {"type": "object"}), "claims"),
    "a layer named as a field of the article": (as_layer("title", record()), "title"),
    "a layer named as the text": (as_layer("text", record()), "text"),
    "a field with a dot in its name": (in_quotes({"type": "string"}, "a.b"), "a.b"),
    "no version": (lambda schema: schema["properties"].pop("schema_version"), "schema_version"),
    "a version that is no const": (
        lambda schema: schema["properties"]["schema_version"].pop("enum"),
        "schema_version",
    ),
    "an empty list of versions": (
        lambda schema: schema["properties"].update(schema_version={"enum": []}),
        "schema_version",
    ),
    "versions that are numbers": (
        lambda schema: schema["properties"].update(schema_version={"enum": [1.0, 1.1]}),
        "schema_version",
    ),
    "requiredIfDone names no field": (
        lambda schema: schema["properties"]["quotes"]["items"].update(requiredIfDone=["sources"]),
        "requiredIfDone of quotes",
    ),
    "requiredIfDone is no list": (
        lambda schema: schema["properties"]["quotes"]["items"].update(requiredIfDone={"source": 1}),
        "requiredIfDone of quotes",
    ),
    "no properties": (lambda schema: schema.pop("properties"), "properties"),
    "no JSON Schema": (lambda schema: schema.update(type="objekt"), "objekt"),
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_a_schema_that_cannot_be_followed_is_refused(root: Path, unfit: str, capsys: Capture) -> None:
    edit, named = UNFIT[unfit]
    change_schema(root, edit)
    for verb in ("validate", "build"):
        assert main(["--root", str(root), verb]) == 2
        err = capsys.readouterr().err
        assert err.startswith("corpus: ")
        assert named in err
        assert "Traceback" not in err


@pytest.mark.parametrize(
    "name", ["annotation.schema.json", "article.schema.json", "targets.json", "targets.schema.json"]
)
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b'{"a": 1, "a": 2}', b"{}", None])
def test_a_schema_file_that_cannot_be_read_is_said(root: Path, name: str, data: bytes | None, capsys: Capture) -> None:
    path = root / "schema" / name
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    code = main(["--root", str(root), "validate"])
    err = capsys.readouterr().err
    assert "Traceback" not in err
    if (name, data) not in (("targets.schema.json", b"{}"), ("targets.schema.json", b'{"a": 1, "a": 2}')):
        assert code == 2
        assert err.startswith("corpus: ")
