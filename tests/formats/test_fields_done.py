"""An import says which fields its source has, and keeps the schema: a field that no record has was not annotated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, Corpus
from support.exchange import SAID, annotations

from corpus.formats.documents import Incoming, Options
from corpus.formats.importing import build_corpus

TEXT = "“It rings,” said Tove Arnsen."
SHIPPED = (REPOSITORY / "schema/annotation.schema.json").read_bytes()


def words(start: int, end: int) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "text": TEXT[start:end]}]


QUOTE = {"id": "q1", "content": words(1, 10), "type": "direct", "attribution": "explicit"}
MENTION = {"id": "m1", "spans": words(17, 28), "form": "NAM"}


def made(into: Path, layers: dict[str, list[dict[str, Any]]], schema: Path | None = None) -> Corpus:
    """The corpus that an import writes of one document."""
    options = Options(record=SAID, schema=schema)
    assert list(build_corpus(into, [Incoming("a", "a.txt", TEXT, {}, {"gold": layers})], options)) == []
    return Corpus(into)


def test_fields_that_no_record_has_are_not_done(tmp_path: Path) -> None:
    corpus = made(tmp_path / "new", {"mentions": [MENTION], "quotes": [QUOTE], "nonquotes": []})
    value = annotations(corpus.root)["gold/a.json"]
    assert value["fields_done"] == {"mentions": ["spans", "form"], "quotes": ["content", "type", "attribution"]}
    assert value["schema_version"] == "1.1"
    assert (corpus.root / "schema/annotation.schema.json").read_bytes() == SHIPPED
    assert corpus.run("fmt", "--check").code == 0


def test_an_import_with_all_required_fields_says_nothing(tmp_path: Path) -> None:
    corpus = made(tmp_path / "new", {"entities": [{"id": "e1", "type": "PER", "name": "Tove Arnsen"}]})
    value = annotations(corpus.root)["gold/a.json"]
    assert "fields_done" not in value
    assert value["schema_version"] == "1.0"


def test_a_field_that_only_some_records_lack_becomes_optional(tmp_path: Path) -> None:
    other = {"id": "q2", "content": words(4, 10), "type": "direct"}
    corpus = made(tmp_path / "new", {"quotes": [QUOTE, other]})
    assert annotations(corpus.root)["gold/a.json"]["fields_done"]["quotes"] == ["content", "type", "attribution"]
    items = json.loads((corpus.root / "schema/annotation.schema.json").read_bytes())["properties"]["quotes"]["items"]
    assert "attribution" not in items["requiredIfDone"]
    assert {"type", "source"} <= set(items["requiredIfDone"])


@pytest.mark.parametrize("left", ["1.0", "1.1"])
def test_a_schema_without_fields_done_becomes_optional_as_ever(tmp_path: Path, left: str) -> None:
    folder = tmp_path / "old"
    for name in ("article.schema.json", "targets.json", "targets.schema.json"):
        (folder / "schema").mkdir(parents=True, exist_ok=True)
        (folder / "schema" / name).write_bytes((REPOSITORY / "schema" / name).read_bytes())
    schema = json.loads(SHIPPED)
    del schema["properties"]["fields_done"], schema["dependentSchemas"]
    schema["properties"]["schema_version"] = {"const": left}
    for layer in ("mentions", "quotes"):
        schema["properties"][layer]["items"]["required"] += schema["properties"][layer]["items"].pop("requiredIfDone")
    (folder / "schema/annotation.schema.json").write_text(json.dumps(schema))
    corpus = made(tmp_path / "new", {"mentions": [MENTION], "quotes": [QUOTE]}, folder / "schema")
    value = annotations(corpus.root)["gold/a.json"]
    assert "fields_done" not in value
    assert value["schema_version"] == left
    items = json.loads((corpus.root / "schema/annotation.schema.json").read_bytes())["properties"]["quotes"]["items"]
    assert items["required"] == ["id", "content", "type", "attribution"]


@pytest.fixture
def partial(tmp_path: Path) -> Corpus:
    """A corpus without the forms of mentions and the sources of quotes."""
    mention, quote = MENTION | {"entity": "e1"}, QUOTE | {"cue": words(12, 16)}
    del mention["form"]
    entities = [{"id": "e1", "type": "PER", "name": "Tove Arnsen"}]
    return made(tmp_path / "new", {"entities": entities, "mentions": [mention], "quotes": [quote]})


def test_a_format_does_not_read_none_into_what_was_not_annotated(partial: Corpus, tmp_path: Path) -> None:
    """CoNLL would have O for a name, and Citron a quote without a source."""
    ran = partial.run("export", "conll", str(tmp_path / "conll"))
    assert (ran.code, "O tags would be meaningless" in ran.err) == (2, True)
    assert not (tmp_path / "conll").exists()
    ran = partial.run("export", "citron", str(tmp_path / "citron"))
    assert "dropped 1 quote whose cue or source was not annotated" in ran.err
    value = json.loads((tmp_path / "citron/gold/a.json").read_bytes())
    assert "quotes" not in value
    assert len(value["coreference_groups"]) == 1


@pytest.mark.parametrize("name", ["brat", "citron", "web-annotation"])
def test_a_format_that_cannot_say_so_reports_it(partial: Corpus, name: str, tmp_path: Path) -> None:
    ran = partial.run("export", name, str(tmp_path / "out"))
    assert (ran.code, "dropped 1 fields_done: " in ran.err) == (0, True)


def test_an_export_of_some_layers_names_the_fields_of_these(partial: Corpus, tmp_path: Path) -> None:
    ran = partial.run("export", "brat", str(tmp_path / "out"), "--layer", "entities")
    assert (ran.code, "fields_done" in ran.err) == (0, False)
