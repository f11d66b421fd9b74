"""The predictions of a model, pushed to tasks that exist and to new ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.corpora import TEXT, Corpus, Ran, annotation
from support.exports import SCHEMA, made
from support.stand_in_server import TITLE, StandIn, stand_in

from corpus.labelstudio.tasks import encode


@pytest.fixture
def there(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path / "server") as one:
        one.holds()
        yield one


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The directory of a model that annotated both articles."""
    folder = tmp_path / "model"
    folder.mkdir()
    write(folder, annotation("alpha", annotator="model-1"))
    write(folder, annotation("beta", TEXT.replace("safe", "not safe"), "model-1"))
    return folder


def write(folder: Path, value: dict[str, Any]) -> None:
    (folder / f"{value['doc_id']}.json").write_text(json.dumps(value))


def push(corpus: Corpus, model: Path, *more: str) -> Ran:
    return corpus.run("label-studio", "push", "--project", TITLE, "--predictions", str(model), *more)


def versions(there: StandIn, doc_id: str) -> list[str]:
    return [one["model_version"] for one in there.task(doc_id)["predictions"]]


def test_tasks_that_exist_get_them_and_new_ones_are_made(corpus: Corpus, there: StandIn, model: Path) -> None:
    corpus.run("label-studio", "push", "--project", TITLE, "alpha")
    there.submit("alpha", made(11, 7))
    ran = push(corpus, model)
    assert ran.code == 0, ran.err
    assert "predictions of model-1: 1 added, 0 replaced, 0 unchanged; 1 document sent" in ran.err
    assert versions(there, "alpha") == versions(there, "beta") == ["model-1"]
    (held,) = there.task("alpha")["predictions"]
    assert held["result"] == encode(annotation("alpha"), TEXT, SCHEMA)
    assert len(there.task("alpha")["annotations"]) == 1
    assert there.state["settings"]["model_version"] == "model-1"


def test_the_same_ones_again_change_nothing(corpus: Corpus, there: StandIn, model: Path) -> None:
    push(corpus, model)
    before = there.state
    ran = push(corpus, model)
    assert "0 added, 0 replaced, 2 unchanged; 0 documents sent" in ran.err
    assert there.state == before


def test_a_new_one_of_a_version_replaces_the_old_one_and_another_version_stands_beside_it(
    corpus: Corpus, there: StandIn, model: Path
) -> None:
    push(corpus, model)
    write(model, annotation("alpha", annotator="model-1", quotes=[]))
    assert "0 added, 1 replaced, 1 unchanged" in push(corpus, model).err
    (held,) = there.task("alpha")["predictions"]
    assert not [item for item in held["result"] if item.get("id") == "q1"]
    assert "2 added, 0 replaced, 0 unchanged" in push(corpus, model, "--model-version", "model-2").err
    assert versions(there, "alpha") == ["model-1", "model-2"]


def test_only_the_named_documents_are_sent(corpus: Corpus, there: StandIn, model: Path) -> None:
    assert push(corpus, model, "beta").code == 0
    assert [one["data"]["doc_id"] for one in there.state["tasks"]] == ["beta"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"text_sha256": "0" * 64}, "does not fit its article"),
        ({"quotes": [{"id": "q1"}]}, "does not fit its article"),
        ({"doc_id": "beta"}, "not an annotation of alpha"),
        ({"annotator": "model-2"}, "predictions of model-1, model-2; name them with --model-version"),
        ([], "not an annotation of alpha"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(
    corpus: Corpus, there: StandIn, model: Path, value: Any, message: str
) -> None:
    bad = annotation("alpha", annotator="model-1") | value if isinstance(value, dict) else value
    (model / "alpha.json").write_text(json.dumps(bad))
    ran = push(corpus, model)
    assert (ran.code, message in ran.err, there.state["tasks"]) == (2, True, []), ran.err


def test_spans_without_words_must_lie_in_the_text(corpus: Corpus, there: StandIn, model: Path) -> None:
    bad = annotation("alpha", annotator="model-1")
    bad["quotes"][0]["content"] = [{"start": 5, "end": 5000}]
    write(model, bad)
    assert push(corpus, model).code == 2


@pytest.mark.parametrize("argv", [("gamma",), ("--model-version", " "), ("--model-version", "a\nb")])
def test_names_that_mean_nothing_are_refused(
    corpus: Corpus, there: StandIn, model: Path, argv: tuple[str, ...]
) -> None:
    assert (push(corpus, model, *argv).code, there.state["tasks"]) == (2, [])


def test_a_directory_that_is_not_there_is_named(corpus: Corpus, there: StandIn, model: Path) -> None:
    assert "is not a directory" in push(corpus, model / "none").err
    (model / "empty").mkdir()
    assert "has no file <doc_id>.json" in push(corpus, model / "empty").err


def test_a_prediction_that_the_server_loses_is_sent_again(corpus: Corpus, there: StandIn) -> None:
    """An annotator would see an empty page. Seen on the real server while other requests kept its database busy."""
    path = there.folder / "project.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"loses_predictions": True}))
    corpus.write("annotations/ann-1/alpha.json", annotation("alpha", annotator="ann-1"))
    ran = corpus.run("label-studio", "push", "--project", TITLE, "--annotator", "ann-1", "alpha")
    assert ran.code == 0, ran.err
    (held,) = there.task("alpha")["predictions"]
    assert held["result"] == encode(annotation("alpha"), TEXT, SCHEMA)
    assert json.loads(path.read_bytes())["settings"]["model_version"] == "ann-1"


def test_a_twin_gets_a_task_only_if_it_is_named(corpus: Corpus, model: Path, there: StandIn) -> None:
    corpus.write("raw/beta.json", corpus.read("raw/beta.json") | {"twin_of": "alpha", "twin_kind": "noisy"})
    ran = push(corpus, model)
    assert (ran.code, "skipped, not named: 1 twin" in ran.err) == (0, True), ran.err
    assert [one["data"]["doc_id"] for one in there.state["tasks"]] == ["alpha"]
    assert push(corpus, model, "beta").code == 0
    assert [one["data"]["doc_id"] for one in there.state["tasks"]] == ["alpha", "beta"]


def test_articles_are_sent_without_twins_that_are_not_named(corpus: Corpus, there: StandIn) -> None:
    corpus.write("raw/beta.json", corpus.read("raw/beta.json") | {"twin_of": "alpha", "twin_kind": "noisy"})
    ran = corpus.run("label-studio", "push", "--project", TITLE)
    assert (ran.code, "skipped, not named: 1 twin" in ran.err) == (0, True), ran.err
    assert [one["data"]["doc_id"] for one in there.state["tasks"]] == ["alpha"]
    assert corpus.run("label-studio", "push", "--project", TITLE, "beta").code == 0
    assert [one["data"]["doc_id"] for one in there.state["tasks"]] == ["alpha", "beta"]
