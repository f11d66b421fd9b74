"""Broken schemas, target registries and settings: each is one line on stderr and exit code 2."""

from __future__ import annotations

import pytest
from support.corpora import Corpus
from support.hostile import (
    with_zulu,
)


@pytest.fixture
def corpus(corpus: Corpus) -> Corpus:
    """Two valid articles, and `zulu`."""
    return with_zulu(corpus)


BROKEN_SCHEMAS: dict[str, tuple[str, str | bytes]] = {
    "no JSON": ("annotation.schema.json", "{"),
    "empty": ("annotation.schema.json", ""),
    "no UTF-8": ("article.schema.json", b'{"title": "\xff\xfe"}'),
    "a list": ("annotation.schema.json", "[]"),
    "no properties": ("annotation.schema.json", "{}"),
    "properties that are a list": ("annotation.schema.json", '{"properties": []}'),
    "no version": ("annotation.schema.json", '{"properties": {}}'),
    "no valid JSON Schema": (
        "annotation.schema.json",
        '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "thing"}',
    ),
    "no valid JSON Schema, undeclared": (
        "article.schema.json",
        '{"properties": {"doc_id": {"type": "thing"}}}',
    ),
    "a pattern that is none": ("article.schema.json", '{"properties": {"doc_id": {"type": "string", "pattern": "("}}}'),
    "$ref to nothing": ("article.schema.json", '{"properties": {"doc_id": {"$ref": "#/$defs/none"}}}'),
    "$ref to itself": (
        "article.schema.json",
        '{"properties": {"doc_id": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}}',
    ),
    "$ref in a circle": (
        "article.schema.json",
        '{"properties": {"a": {"$ref": "#/$defs/a"}}, '
        '"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}',
    ),
    "$ref to another host": ("article.schema.json", '{"properties": {"doc_id": {"$ref": "http://localhost:9/x"}}}'),
    "nested deeply": ("article.schema.json", "[" * 100_000),
    "a field of no kind": ("article.schema.json", '{"properties": {"doc_id": {"type": "object"}}}'),
    "labels without names": ("article.schema.json", '{"properties": {"split": {"oneOf": [{"title": "x"}]}}}'),
    "escapes in a name": ("article.schema.json", '{"properties": {"\\u001b[31m": {"type": "object"}}}'),
    "registry without targets": ("targets.json", "{}"),
    "registry that is a list": ("targets.json", "[]"),
    "registry of wrong types": ("targets.json", '{"version": "1.0", "targets": [1]}'),
}


@pytest.mark.parametrize("name", BROKEN_SCHEMAS)
def test_broken_schema(corpus: Corpus, name: str) -> None:
    file, content = BROKEN_SCHEMAS[name]
    corpus.write(f"schema/{file}", content)
    for verb in ("validate", "build", "fmt"):
        ran = corpus.run(verb)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        assert ran.err[:-1].isprintable()
        assert "schema" in ran.err


@pytest.mark.parametrize("file", ["annotation.schema.json", "article.schema.json", "targets.json"])
def test_missing_schema(corpus: Corpus, file: str) -> None:
    (corpus.root / "schema" / file).unlink()
    ran = corpus.run("validate")
    assert ran.code == 2
    assert f"{file} is missing" in ran.err


def test_a_target_that_is_there_twice(corpus: Corpus) -> None:
    registry = corpus.read("schema/targets.json")
    registry["targets"].append(registry["targets"][0])
    corpus.write("schema/targets.json", registry)
    ran = corpus.run("validate")
    assert ran.code == 2
    assert "is there twice" in ran.err


@pytest.mark.parametrize(
    "content",
    [
        b"[tool.corpus",
        b"[tool.corpus]\nversion = 1\n",
        b'[tool.corpus]\nversion = "1.0"\n',
        b'[tool.corpus]\nversions = "1.0.0"\n',
        b'[tool.corpus]\n"\\u001b[31m" = 1\n',
        b"[tool]\ncorpus = 3\n",
        b"[tool.corpus]\nseverity = 3\n",
        b'[tool.corpus.severity]\nX999 = "error"\n',
        b'[tool.corpus.severity]\nP310 = "fatal"\n',
        b"[tool.corpus.severity]\nP310 = [1]\n",
        b'[tool.corpus.severity]\nF101 = "info"\n',
        b'[tool.corpus]\nname = "\xff"\n',
        b"a = " + b"[" * 5000,
    ],
)
def test_unreadable_settings(corpus: Corpus, content: bytes) -> None:
    corpus.write("pyproject.toml", content)
    for verb in ("validate", "build"):
        ran = corpus.run(verb)
        assert (ran.code, ran.out) == (2, "")
        assert "pyproject.toml" in ran.err
        assert ran.err.count("\n") == 1
        assert ran.err[:-1].isprintable()
