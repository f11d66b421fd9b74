"""A project of a server after its schema changed: old annotations are accepted again, and none is lost."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.corpora import REPOSITORY, TEXT, Corpus, Ran, annotation
from support.exports import exported, made
from support.stand_in_server import TITLE, StandIn, stand_in

from corpus.core.model import CorpusError
from corpus.core.schema import Schema
from corpus.labelstudio.config import labelling_config
from corpus.labelstudio.renames import Renames
from corpus.labelstudio.tasks import encode

RENAME = ("--rename", "quotes.type.direct=verbatim")


@pytest.fixture
def there(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path / "server") as one:
        yield one


@pytest.fixture
def before(corpus: Corpus) -> Path:
    """A directory with the schema as it was."""
    old = corpus.root.parent / "before"
    shutil.copytree(corpus.root / "schema", old / "schema")
    return old


def migrate(corpus: Corpus, *more: str) -> Ran:
    from_ = str(corpus.root.parent / "before")
    return corpus.run("label-studio", "migrate", "--project", TITLE, "--from", from_, *more)


def pull(corpus: Corpus, *more: str) -> Ran:
    return corpus.run("label-studio", "pull", "--project", TITLE, *more)


def change(corpus: Corpus, edit: Any) -> None:
    """Change the schema of the corpus by a function that gets it as JSON."""
    value = corpus.read("schema/annotation.schema.json")
    edit(value)
    corpus.write("schema/annotation.schema.json", value)


def record_of(schema: Any, layer: str) -> Any:
    return schema["properties"][layer]["items"]


def renamed_label(schema: Any) -> None:
    for one in record_of(schema, "quotes")["properties"]["type"]["oneOf"]:
        one["const"] = "verbatim" if one["const"] == "direct" else one["const"]


def renamed_with_a_word_in_the_schema(schema: Any) -> None:
    for one in record_of(schema, "quotes")["properties"]["type"]["oneOf"]:
        if one["const"] == "direct":
            one |= {"const": "verbatim", "formerly": ["direct"]}


def renamed_field(schema: Any) -> None:
    record = record_of(schema, "quotes")
    record["properties"] = {"claim" if key == "polarity" else key: v for key, v in record["properties"].items()}
    for key in ("required", "requiredIfDone"):
        record[key] = ["claim" if name == "polarity" else name for name in record[key]]


def removed_field(schema: Any) -> None:
    record = record_of(schema, "quotes")
    del record["properties"]["polarity"]
    record["requiredIfDone"].remove("polarity")


def new_field(schema: Any) -> None:
    record = record_of(schema, "quotes")
    tone = {"title": "Tone", "description": "How it is said.", "type": "string"}
    tone |= {"oneOf": [{"const": one, "title": one, "description": one} for one in ("calm", "angry")]}
    record["properties"]["tone"] = tone
    record["requiredIfDone"].append("tone")


def only_a_new_version(schema: Any) -> None:
    schema["properties"]["schema_version"]["enum"] = ["1.1"]


def quotes(corpus: Corpus, doc_id: str = "alpha") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = corpus.read(f"annotations/ann-1/{doc_id}.json")["quotes"]
    return found


@pytest.mark.parametrize(
    ("edit", "options", "shown", "expected"),
    [
        (renamed_label, RENAME, "results renamed", {"type": "verbatim"}),
        (renamed_with_a_word_in_the_schema, (), "results renamed", {"type": "verbatim"}),
        (renamed_field, ("--rename", "quotes.polarity=quotes.claim"), "renamed", {"claim": "asserted"}),
        (removed_field, ("--drop", "quotes.polarity"), "1 dropped", {"type": "direct"}),
        (new_field, (), "fields_done quotes: content, cue", {"type": "direct"}),
        (only_a_new_version, (), "schema_version 1.1", {"type": "direct"}),
    ],
    ids=["label", "label said by the schema", "field", "removed field", "new field", "version"],
)
def test_an_old_annotation_is_accepted_again(
    corpus: Corpus, there: StandIn, before: Path, edit: Any, options: tuple[str, ...], shown: str, expected: Any
) -> None:
    there.holds(exported(1, "alpha", made(11)))
    assert pull(corpus).code == 0
    old = quotes(corpus)
    change(corpus, edit)
    assert pull(corpus).code == 1
    assert corpus.read("annotations/ann-1/alpha.json")["quotes"] == old, "what was pulled before stays"

    state = (there.folder / "project.json").read_bytes()
    tried = migrate(corpus, *options, "--dry-run")
    assert (tried.code, "nothing was changed (--dry-run)" in tried.err) == (0, True), tried
    assert (there.folder / "project.json").read_bytes() == state
    ran = migrate(corpus, *options)
    assert (ran.code, ran.out) == (0, tried.out), ran.err
    assert "task 1 (alpha): " in ran.out
    assert shown in ran.out or shown.replace("results", "result") in ran.out
    assert pull(corpus, "--since", "last").code == 0
    pulled = corpus.read("annotations/ann-1/alpha.json")
    ((one,), (was,)) = pulled["quotes"], old
    assert {key: one[key] for key in expected} == expected
    assert [one["id"], one["content"], one["speaker"]] == [was["id"], was["content"], was["speaker"]]
    assert Schema.read(corpus.root).is_valid("annotation", pulled)
    assert "tone" not in one

    again = migrate(corpus, *options)
    assert (again.code, again.out, "0 of 1 tasks, labelling config same" in again.err) == (0, "", True), again
    files = corpus.files()
    assert (pull(corpus).code, corpus.files()) == (0, files)


def test_what_cannot_be_mapped_is_refused_and_nothing_is_changed(corpus: Corpus, there: StandIn, before: Path) -> None:
    corpus.add("gamma", annotators=())
    other = annotation("alpha")
    other["quotes"][0]["type"] = "indirect"
    mine = [{**item, "origin": "manual"} for item in encode(other, TEXT, Schema.read(corpus.root))]
    there.holds(exported(1, "alpha", made(11)), exported(2, "gamma", made(12, result=mine), made(13, 8, result=[7])))
    change(corpus, renamed_label)
    state = (there.folder / "project.json").read_bytes()
    ran = migrate(corpus)
    assert ran.code == 1
    assert "refused task 1 (alpha): annotation 11 cannot be mapped: L" in ran.out
    assert "task 2 (gamma): annotation 13 left alone: it does not fit the old schema either: L201" in ran.out
    assert "nothing was changed; add --rename" in ran.err
    assert (there.folder / "project.json").read_bytes() == state
    ran = migrate(corpus, *RENAME)
    assert (ran.code, "annotation 11: " in ran.out) == (1, True), ran


def test_what_was_replaced_is_kept(corpus: Corpus, there: StandIn, before: Path) -> None:
    there.holds(exported(1, "alpha", made(11)))
    change(corpus, renamed_label)
    assert migrate(corpus, *RENAME).code == 0
    (file,) = corpus.root.glob(".label-studio/*/before-migration/annotations-1-11-*.json")
    assert json.loads(file.read_bytes()) == made(11)["result"]


def test_drafts_are_renamed_and_what_cannot_be_is_counted(corpus: Corpus, there: StandIn, before: Path) -> None:
    """A draft of a new annotation, a change to a submitted one that was not saved yet, and one with a lost label."""
    result = made(11)["result"]
    odd = {**result[0], "id": "Q1", "value": {**result[0]["value"], "labels": ["sayings"]}}
    drafts = [
        {"id": 5, "annotation": None, "user": "mira@example.org", "result": result},
        {"id": 6, "annotation": 11, "user": "mira@example.org", "result": result[:1]},
        {"id": 7, "annotation": None, "user": "mira@example.org", "result": [odd]},
    ]
    there.holds(exported(1, "alpha", made(11), drafts=drafts))
    change(corpus, renamed_label)
    state = there.state
    tried = migrate(corpus, *RENAME, "--dry-run")
    assert there.state == state
    ran = migrate(corpus, *RENAME)
    assert (ran.code, ran.out) == (1, tried.out), ran.err
    assert "task 1 (alpha): draft 5: " in ran.out
    shown = "task 1 (alpha): draft 7: 1 result with a name that the schema does not have; its annotator corrects it"
    assert shown in ran.out
    assert "mira" not in ran.out + ran.err
    task = there.task("alpha")
    assert task["drafts"][0]["result"] == task["annotations"][0]["result"] != result
    assert [one["annotation"] for one in task["drafts"]] == [None, 11, None]
    assert task["drafts"][1]["result"] == task["annotations"][0]["result"][:1]
    assert task["drafts"][2] == drafts[2]
    (file,) = corpus.root.glob(".label-studio/*/before-migration/drafts-1-5-*.json")
    assert json.loads(file.read_bytes()) == result
    again = migrate(corpus, *RENAME)
    assert (again.code, again.out) == (1, f"{shown}\n")


@pytest.mark.parametrize(("counted", "code"), [("wrongly", 0), ("truly", 2)])
def test_a_label_that_no_one_uses_any_more_does_not_block_the_config(
    corpus: Corpus, there: StandIn, before: Path, counted: str, code: int
) -> None:
    there.holds(exported(1, "alpha", made(11)))
    (there.folder / "project.json").write_text(json.dumps(there.state | {"miscounted": counted}))
    change(corpus, renamed_label)
    ran = migrate(corpus, *RENAME)
    assert (ran.code, "rejects the labelling config" in ran.err) == (code, code == 2), ran.err
    assert ("quotes:verbatim" in there.state["config"]) == (code == 0)


def test_annotations_made_after_the_migration_have_the_new_field(corpus: Corpus, there: StandIn, before: Path) -> None:
    corpus.add("gamma", annotators=())
    one, other = exported(1, "alpha", made(11)), exported(2, "gamma")
    there.holds(one, other)
    change(corpus, new_field)
    ran = migrate(corpus)
    assert (ran.code, "task 1 (alpha): " in ran.out, "task 2 (gamma): " in ran.out) == (0, True, False)
    value = annotation("alpha")
    value["quotes"][0]["tone"] = "calm"
    late = "2026-11-25T07:00:00Z"
    fresh = made(12, result=encode(value, TEXT, Schema.read(corpus.root)), created_at=late, updated_at=late)
    there.changes(2, annotations=[fresh])
    assert migrate(corpus).out == ""
    assert pull(corpus).code == 0
    assert [("tone" in quotes(corpus, name)[0]) for name in ("alpha", "gamma")] == [False, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rename", "quotes.type.loud=verbatim"), "the old schema has no quotes.type.loud"),
        (("--rename", "quotes.type.direct=loud"), "the schema has no quotes.type.loud"),
        (("--rename", "quotes.type.indirect=verbatim"), "the schema still has quotes.type.indirect"),
        (("--rename", "direct"), "write OLD=NEW"),
        (("--drop", "quotes.type"), "name a layer or field that only the old schema has"),
        (("--from", "nowhere"), "neither a directory nor a commit"),
    ],
)
def test_a_rename_that_cannot_be(
    corpus: Corpus, there: StandIn, before: Path, options: tuple[str, ...], message: str
) -> None:
    there.holds(exported(1, "alpha", made(11)))
    change(corpus, renamed_label)
    ran = migrate(corpus, *options)
    assert (ran.code, message in ran.err) == (2, True), ran.err


def test_a_removed_layer_takes_its_regions_along() -> None:
    old = Schema.read(REPOSITORY)
    written = copy.deepcopy(old.annotation)
    del written["properties"]["stances"]
    new = Schema(written, old.article, old.registry)
    value = annotation("alpha") | {"stances": []}
    value["layers_done"] = [*value["layers_done"], "stances"]
    result = encode(value, TEXT, old)
    made = Renames(old, new, dropped=["stances"]).result(result)
    assert [one for one in made if "stances" in json.dumps(one)] == []
    assert len(made) == len(result), "there was no stance, and one tick of several is gone"
    assert "stances" in labelling_config(old)
    with pytest.raises(CorpusError):
        Renames(old, new, dropped=["quotes"])
