"""A schema that comes with a submission: what it must not do is refused, in one line that says why."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from support.copies import build, copy_few, read, write
from support.corpora import REPOSITORY, run

from corpus.core.model import CorpusError
from corpus.core.schema import Schema

Written = dict[str, Any]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the repository's schema, and nothing else."""
    (tmp_path / "schema").mkdir()
    for path in (REPOSITORY / "schema").glob("*.json"):
        (tmp_path / "schema" / path.name).write_bytes(path.read_bytes())
    return tmp_path


def change(root: Path, name: str, edit: Callable[[Written], None]) -> None:
    path = root / "schema" / f"{name}.json"
    value = read(path)
    edit(value)
    write(path, value)


def refused(root: Path) -> str:
    """The message with which the schema is refused; it is one line."""
    with pytest.raises(CorpusError) as caught:
        Schema.read(root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def asked() -> Any:
    """The paths that a server on loopback is asked for, and its address."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield paths, f"http://127.0.0.1:{server.server_port}/it"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["annotation.schema", "article.schema", "targets.schema"])
@pytest.mark.parametrize("draft", ["{server}", "file:///nowhere", "http://json-schema.org/draft-07/schema#", 7, None])
def test_only_one_draft_is_accepted_and_nothing_is_fetched(
    root: Path, asked: tuple[list[str], str], name: str, draft: Any
) -> None:
    paths, server = asked
    wanted = server if draft == "{server}" else draft
    change(root, name, lambda schema: schema.update({"$schema": wanted}))
    assert "$schema must be" in refused(root)
    assert paths == []


@pytest.mark.parametrize("scheme", ["{server}", "file://{secret}"])
@pytest.mark.parametrize("name", ["annotation.schema", "article.schema", "targets.schema"])
def test_a_reference_to_elsewhere_is_not_followed(
    root: Path, asked: tuple[list[str], str], tmp_path: Path, name: str, scheme: str
) -> None:
    paths, server = asked
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    reference = scheme.format(server=server, secret=secret) if "secret" in scheme else server
    change(root, name, lambda schema: schema.setdefault("allOf", []).append({"$ref": reference}))
    assert "refers only to itself" in refused(root)
    assert paths == []


def test_the_schema_of_targets_may_be_named_in_any_way(root: Path, asked: tuple[list[str], str]) -> None:
    """An editor reads it; the checker does not."""
    paths, server = asked
    change(root, "targets", lambda registry: registry.update({"$schema": server}))
    Schema.read(root)
    assert paths == []


def rename_split(name: str) -> Callable[[Written], None]:
    def edit(schema: Written) -> None:
        schema["properties"]["split"]["oneOf"][0]["const"] = name

    return edit


def rename_layer(name: str) -> Callable[[Written], None]:
    def edit(schema: Written) -> None:
        schema["properties"][name] = schema["properties"].pop("nonquotes")

    return edit


NAMES = ["../../x", "a/b", "a b", "", "1st", "é", "x" * 101, "CON", "nul", "Com1", "a.b", "-x", "a\n"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_splits_and_layers_are_plain(root: Path, name: str) -> None:
    change(root, "article.schema", rename_split(name))
    refused(root)
    for path in (REPOSITORY / "schema").glob("*.json"):
        (root / "schema" / path.name).write_bytes(path.read_bytes())
    change(root, "annotation.schema", rename_layer(name))
    refused(root)


def test_names_differ_in_more_than_their_case(root: Path) -> None:
    change(root, "annotation.schema", rename_layer("Quotes"))
    assert "in its case alone" in refused(root)


def label(name: Any) -> Callable[[Written], None]:
    def edit(schema: Written) -> None:
        items = schema["properties"]["quotes"]["items"]
        field = items.get("properties", schema["$defs"].get("quote", {}).get("properties"))["type"]
        field["oneOf"].append({"const": name, "title": "Further", "description": "A further one."})

    return edit


@pytest.mark.parametrize("name", ["", "a" * 101, "e\u0301", "a\nb", "a\x00b", "a\u202eb", " a", "a "])
def test_labels_can_be_shown_as_they_are(root: Path, name: str) -> None:
    change(root, "annotation.schema", label(name))
    refused(root)


HARD = ["yes", "null", "1.0", "a|b", "a: b", "# a", "<b>&", '"', "`", "- a", "{a}", "日本 語", "a" * 100]


def test_a_label_of_any_other_form_is_the_same_everywhere(tmp_path: Path) -> None:
    root = copy_few(tmp_path / "corpus")
    for name in HARD:
        change(root, "annotation.schema", label(name))
    build(root)
    card = (root / "build" / "README.md").read_text("utf-8")
    front = yaml.safe_load(card.split("---\n")[1])
    features = {config["config_name"]: config for config in front["dataset_info"]}["quotes"]["features"]
    names = next(one for one in features if one["name"] == "type")["dtype"]["class_label"]["names"]
    assert list(names.values())[-len(HARD) :] == HARD
    for line in card.splitlines():
        if "A further one." in line:
            assert len(line.replace("\\|", "").split("|")) == 6, line


@pytest.mark.parametrize("escape", ["\\ud83d", "\\udc00", "x\\ud800y"])
@pytest.mark.parametrize("name", ["annotation.schema", "article.schema", "targets"])
def test_half_of_a_surrogate_pair_is_refused(root: Path, name: str, escape: str) -> None:
    path = root / "schema" / f"{name}.json"
    value = path.read_text("utf-8")
    first = json.dumps(json.loads(value).get("title", "1.1"))
    assert first in value
    path.write_text(value.replace(first, f'"{escape}"', 1), "utf-8")
    assert "surrogate" in refused(root)


@pytest.mark.parametrize("name", ["schema/annotation.schema.json", "schema/targets.json", "pyproject.toml"])
def test_a_link_or_a_pipe_is_not_read(tmp_path: Path, name: str) -> None:
    root = copy_few(tmp_path / "corpus")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes((root / name).read_bytes())
    (root / name).unlink()
    (root / name).symlink_to(elsewhere)
    ran = run("--root", str(root), "validate")
    assert ran.code == 2
    assert "is a symbolic link" in ran.err
    (root / name).unlink()
    os.mkfifo(root / name)
    ran = run("--root", str(root), "validate")
    assert ran.code == 2
    assert "is not a regular file" in ran.err


def test_a_folder_that_is_a_link_is_not_read_through(tmp_path: Path) -> None:
    root = copy_few(tmp_path / "corpus")
    (root / "schema").rename(tmp_path / "elsewhere")
    (root / "schema").symlink_to(tmp_path / "elsewhere")
    ran = run("--root", str(root), "validate")
    assert ran.code == 2
    assert "is a symbolic link" in ran.err


@pytest.mark.parametrize("name", ["annotation.schema", "article.schema", "targets.schema", "targets"])
def test_a_repeated_key_is_refused(root: Path, name: str) -> None:
    """A reviewer reads the first value, and Python takes the last."""
    path = root / "schema" / f"{name}.json"
    path.write_text(path.read_text("utf-8").rstrip().removesuffix("}") + ', "type": 1, "type": 2}', "utf-8")
    assert f"{name}.json is not valid JSON: the key 'type' is repeated in one object" in refused(root)


QUOTE_RULES = [
    ("carriedBy", "type", "pieces", "quotes has no spans 'pieces'"),
    ("carriedBy", "medium", "content", "name the same spans"),
    ("carriedBy", "speaker", "cue", "only a field with one label"),
    ("carriedBy", "type", 1, "must name a field of spans"),
    ("ownLabel", "speaker", "yes", "must be true or false"),
    ("ownLabel", "type", True, "only a reference to a layer"),
    ("ifBlank", "type", {}, "must be a list of rules"),
    ("ifBlank", "source", [{"value": "m1"}], "only one label, reference or true/false"),
    ("ifBlank", "polarity", [{"when": {}}], 'must have "from" or "value"'),
    ("ifBlank", "polarity", [{"value": "asserted", "else": 1}], 'must have "from" or "value"'),
    ("ifBlank", "polarity", [{"value": 1}], "`value` must be a string, true or false"),
    ("ifBlank", "polarity", [{"value": "sure"}], "'sure' is not one of its labels"),
    ("ifBlank", "polarity", [{"when": [], "value": "asserted"}], "`when` must be an object"),
    ("ifBlank", "polarity", [{"when": {"parent": None}, "value": "asserted"}], "precedes polarity"),
    ("ifBlank", "polarity", [{"when": {"content": None}, "value": "asserted"}], "write content.text"),
    ("ifBlank", "polarity", [{"when": {"type.form": "NAM"}, "value": "asserted"}], "does not refer to a layer"),
    ("ifBlank", "polarity", [{"when": {"cue.text": {"like": "not"}}, "value": "negated"}], '{"contains": "…"}'),
    (
        "ifBlank",
        "polarity",
        [{"when": {"type": 1}, "value": "negated"}],
        "must be a string, true, false, null or a list",
    ),
    ("ifBlank", "speaker", [{"from": "source.form"}], "source.form does not lead to such a value"),
    ("ifBlank", "speaker", [{"value": "e1"}], "copied with `from`"),
]


@pytest.mark.parametrize(("keyword", "field", "written", "message"), QUOTE_RULES)
def test_a_keyword_of_labelling_that_cannot_work_is_refused(
    root: Path, keyword: str, field: str, written: Any, message: str
) -> None:
    def edit(schema: Written) -> None:
        schema["properties"]["quotes"]["items"]["properties"][field][keyword] = written

    change(root, "annotation.schema", edit)
    assert message in refused(root)


@pytest.mark.parametrize("char", ["\x1b", "\u202e", "\u2066", "\x00", "\x85"])
@pytest.mark.parametrize("place", ["layer", "field", "label"])
def test_titles_and_descriptions_have_no_control_characters(root: Path, place: str, char: str) -> None:
    """They are shown in terminals, pages and the config of Label Studio."""

    def edit(schema: Written) -> None:
        layer = schema["properties"]["quotes"]
        field = layer["items"]["properties"]["type"]
        at = {"layer": layer, "field": field, "label": field["oneOf"][0]}[place]
        at["description"] = f"One {char}::error::"

    change(root, "annotation.schema", edit)
    assert f"has the control character U+{ord(char):04X}" in refused(root)


def test_a_description_may_have_line_breaks_and_marks_of_direction(root: Path) -> None:
    change(root, "annotation.schema", lambda schema: schema["properties"]["quotes"].update(description="a\n\tb\u200f"))
    assert Schema.read(root).layers["quotes"].description == "a\n\tb\u200f"


def test_a_refusal_does_not_repeat_the_whole_schema(root: Path) -> None:
    change(root, "annotation.schema", lambda schema: schema.update(required=schema["properties"]))
    assert len(refused(root)) < 1000


@pytest.mark.parametrize("name", ["annotations", "disagreement", "documents", "twins", "withheld"])
def test_a_layer_with_the_name_of_another_config(root: Path, name: str) -> None:
    def add(schema: Written) -> None:
        schema["properties"][name] = schema["properties"]["nonquotes"]

    change(root, "annotation.schema", add)
    assert f"layer {name} has the name of another column or config" in refused(root)


def test_a_field_of_an_article_with_the_name_of_another_column(root: Path) -> None:
    change(root, "article.schema", lambda schema: schema["properties"].update(annotator={"type": "string"}))
    assert "field annotator of an article has the name of another column" in refused(root)
