"""What a push refuses, and how the labelling config of a project grows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.desk import DOCUMENTS, WITHHELD, Desk
from support.studio import Studio, User

pytestmark = pytest.mark.label_studio


def test_a_document_that_is_there_is_refused_and_all_are_named(server: Studio, desk: Desk, project: str) -> None:
    assert desk.push(project, *DOCUMENTS[:2]).code == 0
    again = desk.push(project)
    assert again.code == 2
    assert f"2 of the documents are in the project {project!r} already: {', '.join(DOCUMENTS[:2])}" in again.err
    assert len(server.tasks(project)) == 2
    rest = desk.push(project, "--new")
    assert rest.code == 0
    assert f"skipped, already in the project: {', '.join(DOCUMENTS[:2])}" in rest.err
    assert sorted(server.tasks(project)) == DOCUMENTS
    assert server.project(project)["task_number"] == len(DOCUMENTS)


def test_what_cannot_be_pushed_is_said_before_anything_is(server: Studio, desk: Desk, project: str) -> None:
    cases = [
        ((DOCUMENTS[0], DOCUMENTS[0]), "named twice"),
        (("no-such-document",), "has no document"),
        (("../raw",), "has no document"),
        ((*WITHHELD[:1], DOCUMENTS[0]), "is withheld: run `corpus attach`"),
        (("--annotator", "nobody"), "none of these documents has an annotation by 'nobody'"),
    ]
    for argv, message in cases:
        ran = desk.push(project, *argv)
        assert (ran.code, message in ran.err) == (2, True), ran.err
    text = desk.root / "raw" / f"{DOCUMENTS[0]}.txt"
    text.write_bytes(text.read_bytes() + b" ")
    assert "does not match its record" in desk.push(project).err
    assert server.api("GET", "/api/projects/", params={"title": project})["count"] == 0


def test_two_projects_of_one_name_are_an_error(server: Studio, desk: Desk, project: str) -> None:
    for _ in range(2):
        server.api("POST", "/api/projects/", json={"title": project})
    for ran in (desk.push(project), desk.pull(project)):
        assert ran.code == 2
        assert f"2 projects named {project!r}" in ran.err
    assert "has no project" in desk.pull(project + " other").err


def test_the_config_grows_with_the_schema_and_never_shrinks_under_annotations(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    assert desk.push(project, "--annotator", "gold", *DOCUMENTS[:2]).code == 0
    server.submit_predictions(project, annotators[0])
    path = desk.root / "schema" / "annotation.schema.json"
    written = path.read_text()
    schema = json.loads(written)
    of_types = next(one for one in _objects(schema) if one.get("const") == "GPE")
    path.write_text(written.replace(json.dumps(of_types["title"]), '"Place that acts"'))
    grown = desk.push(project, DOCUMENTS[2])
    assert grown.code == 0, grown.err
    assert "labelling config updated" in grown.err
    config = server.project(project)["label_config"]
    assert 'value="Place that acts"' in config

    del schema["properties"]["mentions"], schema["properties"]["quotes"]["items"]["properties"]["source"]
    path.write_text(json.dumps(schema))
    shrunk = desk.push(project, DOCUMENTS[3])
    assert shrunk.code == 2
    assert server.project(project)["label_config"] == config
    assert len(server.tasks(project)) == 3


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in _objects(item)]
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in _objects(item))]
    return []
