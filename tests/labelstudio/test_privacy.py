"""No name, e-mail address, user id or server of an export reaches annotations, quarantine, messages or a build."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.corpora import Corpus
from support.exports import SCHEMA, exported, made, planted, strings
from support.studio import TICKED

from corpus.labelstudio.convert import Origin, Result, convert_tasks
from corpus.labelstudio.pseudonyms import Pseudonyms, server_id

MAIL, NAME, LOGIN, USER = "mira@example.net", "Mira Quillfeather", "mquill", 91823
SERVER = "https://labels.example.org:8443/studio"
SECRETS = ("example.net", "Quillfeather", LOGIN, str(USER), "labels.example.org", "see me after lunch", "555-0100")

PERSON = {
    "id": USER,
    "email": MAIL,
    "username": LOGIN,
    "first_name": NAME.split()[0],
    "last_name": NAME.split()[1],
    "initials": "MQ",
    "phone": "555-0100",
    "avatar": f"{SERVER}/data/avatars/{LOGIN}.png",
    "active_organization": 1,
    "last_activity": "2026-11-24T07:00:00Z",
}
OF_ANNOTATION = {
    "updated_by": PERSON,
    "created_username": f" {MAIL}, {USER}",
    "created_ago": f"3 minutes, by {NAME}",
    "unique_id": LOGIN,
    "import_id": f"{SERVER}/import/1",
    "last_created_by": USER,
    "last_action": "submitted",
    "reviews": [{"created_by": PERSON, "remarks": f"{NAME}: see me after lunch"}],
    "comments": [{"text": f"{NAME}: see me after lunch", "created_by": PERSON}],
    "history": [{"created_by": USER, "comment": MAIL}],
    "draft_created_at": f"by {NAME}",
    "prediction": {"model_version": LOGIN, "project": 3},
    "project_url": SERVER,
}
OF_TASK = {
    "updated_by": [PERSON],
    "created_by": PERSON,
    "annotators": [USER],
    "reviewers": [PERSON],
    "comment_authors": [PERSON],
    "comments": f"{NAME}: see me after lunch",
    "file_upload": f"{LOGIN}-tasks.json",
    "storage_filename": f"{SERVER}/{LOGIN}/tasks.json",
    "drafts": [{"user": MAIL, "created_username": f"{MAIL}, {USER}", "result": [{"value": {"text": NAME}}]}],
    "predictions": [{"model_version": LOGIN, "result": [], "created_by": PERSON}],
    "avg_lead_time": 1.5,
}


def crowded(**changed: Any) -> dict[str, Any]:
    """A task with people, addresses and notes wherever Label Studio puts them, and where it might."""
    annotation = made(11, PERSON, **OF_ANNOTATION, **changed)
    for item in annotation["result"]:
        if isinstance(item, dict):
            item["meta"] = {"text": [f"{NAME}: see me after lunch"], "lead": MAIL}
            item["created_by"] = PERSON
            item["origin_url"] = SERVER
    task = exported(1, "alpha", annotation, **OF_TASK)
    task["data"] |= {"image": f"{SERVER}/data/upload/1/{LOGIN}.png", "lead": PERSON}
    task["meta"] |= {"lead": PERSON, "source": SERVER}
    return task


def convert(corpus: Corpus, task: dict[str, Any]) -> Result:
    people = Pseudonyms(corpus.root / "annotators.toml")
    origin = Origin(server=people.server(SERVER))
    return convert_tasks(
        [task], corpus.root, SCHEMA, people, origin, corpus.root / "annotations", corpus.root / "quarantine"
    )


def outputs(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """Each file of a corpus but annotators.toml: its name, and its name and content as one string."""
    for path in sorted(corpus.root.rglob("*")):
        name = path.relative_to(corpus.root).as_posix()
        if path.is_dir() or name == "annotators.toml" or name.startswith("schema/"):
            continue
        if path.suffix == ".parquet":
            yield name, name + json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)
        else:
            yield name, name + path.read_bytes().decode("utf-8", "replace")


def leaks(corpus: Corpus, *said: str) -> list[tuple[str, str]]:
    """What is secret, and where it stands."""
    places = [*outputs(corpus), *(("a message", text) for text in said)]
    return [(secret, name) for name, text in places for secret in SECRETS if secret in text]


def test_a_person_in_every_field_reaches_no_output(corpus: Corpus) -> None:
    export = corpus.root.parent / "export.json"
    export.write_text(json.dumps([crowded()]))
    came = corpus.run("label-studio", "convert", str(export), "--server", SERVER)
    assert (came.code, came.err) == (0, "1 written, 0 unchanged, 0 quarantined\n")
    assert "L109" in came.out, "notes are counted"
    built = corpus.run("build")
    assert built.code == 0, built.out
    checked = corpus.run("validate", "--format", "json")
    assert leaks(corpus, came.out, came.err, built.out, built.err, checked.out) == []
    value = corpus.read("annotations/ann-1/alpha.json")
    assert (value["annotator"], value["provenance"]["server"]) == ("ann-1", server_id(SERVER))
    assert str(USER) in (corpus.root / "annotators.toml").read_text(), "the one place for it"


@pytest.mark.parametrize("fault", ["region", "no list", "no article"])
def test_quarantine_keeps_no_person(corpus: Corpus, fault: str) -> None:
    task = crowded()
    if fault == "region":
        task["annotations"][0]["result"][0]["value"]["end"] = 10**6
    elif fault == "no list":
        task["annotations"][0]["result"] = {"created_by": PERSON}
    else:
        task["data"]["doc_id"] = task["meta"]["doc_id"] = "nowhere"
    result = convert(corpus, task)
    assert len(result.quarantined) == 1
    assert leaks(corpus, repr(result.problems)) == []
    if fault == "region":
        held = corpus.read(result.quarantined[0])
        assert held["annotation"]["result"][0]["value"]["end"] == 10**6


def about(path: tuple[Any, ...]) -> bool:
    """True for what Label Studio says about a task or an annotation, not for what people annotated or were shown."""
    return path[0] not in ("data", "meta") and "result" not in path


@pytest.mark.parametrize("secret", [f"{MAIL} {SERVER}", NAME])
def test_a_secret_in_any_field_reaches_no_output(corpus: Corpus, secret: str) -> None:
    older = made(10, updated_at="2026-11-23T07:00:00Z", result=TICKED)
    one = exported(1, "alpha", made(11), older)
    for path in strings(one):
        # A name that someone typed into a field of the form is an annotation.
        if about(path) or secret != NAME:
            result = convert(corpus, planted(one, path, secret))
            assert leaks(corpus, repr(result)) == [], path


@pytest.mark.parametrize("host", ["labels.example.org:8443", "http://localhost:8080/x", "see 127.0.0.1:8080"])
def test_an_annotation_with_the_address_of_a_server_is_quarantined(corpus: Corpus, host: str) -> None:
    corpus.write("annotators.toml", '[servers]\n"http://127.0.0.1:8080" = "desk"\n')
    one = exported(1, "alpha", made(11))
    (name,) = [item for item in one["annotations"][0]["result"] if item.get("from_name") == "entities.name"]
    name["value"]["text"] = [host]
    result = convert(corpus, one)
    assert [problem.code for problem in result.problems] == ["L306"]
    name["value"]["text"] = ["https://www.wikidata.org/wiki/Q42"]
    assert convert(corpus, one).problems == [], "any other address may be a name"
