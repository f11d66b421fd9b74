"""The whole cycle against a real server: config, push, annotate, pull, validate, build, load."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from support import studio
from support.desk import DOCUMENTS, WITHHELD, Desk
from support.hard_text import HARD, add_document, hard_annotation, layers
from support.studio import TICKED, Studio, User

pytestmark = pytest.mark.label_studio


def test_the_server_takes_the_config(server: Studio, desk: Desk) -> None:
    config = desk.run("label-studio", "config")
    assert config.code == 0, config.err
    made = server.api("POST", "/api/projects/", json={"title": "only a config", "label_config": config.out})
    kept = server.api("GET", f"/api/projects/{made['id']}/")
    assert kept["label_config"] == config.out.rstrip("\n")
    assert kept["config_has_control_tags"]


def test_the_whole_cycle(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str, tmp_path: Path
) -> None:
    first, second = annotators
    desk.name(first=first, second=second)

    pushed = desk.push(project, "--annotator", "gold")
    assert pushed.code == 0, pushed.err
    assert f"{len(DOCUMENTS)} documents sent, {len(DOCUMENTS)} with the annotation by gold" in pushed.err
    assert f"skipped, the text is not available: {', '.join(WITHHELD)}" in pushed.err
    tasks = server.tasks(project)
    assert sorted(tasks) == DOCUMENTS
    for doc_id, task in tasks.items():
        record = json.loads((desk.root / "raw" / f"{doc_id}.json").read_bytes())
        sent = json.loads((desk.root / "annotations" / "gold" / f"{doc_id}.json").read_bytes())
        for part in (task["data"], task["meta"]):
            assert (part["doc_id"], part["text_sha256"]) == (doc_id, record["text_sha256"])
            assert part["schema_version"] == sent["schema_version"]
        assert task["data"]["text"].encode() == (desk.root / "raw" / f"{doc_id}.txt").read_bytes()

    assert server.submit_predictions(project, first) == len(DOCUMENTS)
    one = tasks["storm-ketterick-brief"]
    done = {"choices": ["nonquotes"]}
    looked = {"value": done, "id": "x", "from_name": "layers_done", "to_name": "text", "type": "choices"}
    server.annotate(one["id"], [looked], second, parent_prediction=one["predictions"][0]["id"])

    pulled = desk.pull(project)
    assert pulled.code == 0, pulled.err + pulled.out
    assert f"{len(DOCUMENTS) + 1} written, 0 unchanged, 0 quarantined" in pulled.err
    for doc_id in DOCUMENTS:
        gold = (desk.root / "annotations" / "gold" / f"{doc_id}.json").read_bytes()
        mine = (desk.root / "annotations" / "first" / f"{doc_id}.json").read_bytes()
        assert layers(mine) == layers(gold)
    none = json.loads((desk.root / "annotations" / "second" / "storm-ketterick-brief.json").read_bytes())
    assert none["layers_done"] == ["nonquotes"]
    assert none["nonquotes"] == []
    assert "quotes" not in none
    provenance = json.loads(mine)["provenance"]
    assert provenance["tool"] == "label-studio"
    assert provenance["tool_version"] == studio.VERSION
    config = desk.run("label-studio", "config").out
    assert provenance["config_sha256"] == hashlib.sha256(config.encode()).hexdigest()
    assert provenance["project"] == server.project(project)["id"]
    assert provenance["lead_time"] == 12.5
    assert provenance["from_prediction"] is True
    assert none["provenance"]["from_prediction"] is True
    assert server.snapshots(project) == []

    validated = desk.run("validate")
    assert validated.code in (0, 1)
    assert " error " not in validated.out, validated.out
    built = desk.run("build", "--out", str(tmp_path / "build"))
    assert built.code == 0, built.err + built.out
    from datasets import load_dataset

    rows = [
        row
        for split in load_dataset(
            str(tmp_path / "build"), "annotations", cache_dir=str(tmp_path / "cache"), download_mode="force_redownload"
        ).values()
        for row in split
    ]
    by = {(row["annotator"], row["doc_id"]) for row in rows}
    assert {("first", doc_id) for doc_id in DOCUMENTS} <= by
    assert ("second", "storm-ketterick-brief") in by


def test_every_document_comes_back_as_it_went(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    desk.name(again=annotators[0])
    add_document(desk, "hard-text", HARD, hard_annotation())
    assert desk.run("validate", str(desk.root / "raw" / "hard-text.json")).out.count(" error ") == 0
    went = {path: data for path, data in desk.files().items() if path.startswith("annotations/gold/")}
    assert desk.push(project, "--annotator", "gold").code == 0
    assert server.submit_predictions(project, annotators[0]) == len(DOCUMENTS) + 1
    pulled = desk.pull(project)
    assert pulled.code == 0, pulled.err + pulled.out
    for path, data in went.items():
        if not path.endswith(tuple(f"/{doc_id}.json" for doc_id in WITHHELD)):
            back = (desk.root / path.replace("/gold/", "/again/")).read_bytes()
            assert layers(back) == layers(data), path
    assert desk.files().items() >= went.items()


def test_a_pull_of_unchanged_work_changes_no_byte(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    desk.name(first=annotators[0])
    assert desk.push(project, "--annotator", "ann-a").code == 0
    server.submit_predictions(project, annotators[0])
    assert desk.pull(project).code == 0
    files = desk.files()
    times = {path: (desk.root / path).stat().st_mtime_ns for path in files}
    for since in ((), ("--since", "last"), ("--since", "2020-01-01"), ("--since", "2020-01-01T00:00:00+02:00")):
        again = desk.pull(project, *since)
        assert again.code == 0, again.err
        assert again.err.startswith("0 written, "), again.err
        assert desk.files() == files
        assert {path: (desk.root / path).stat().st_mtime_ns for path in files} == times
    assert f"0 written, {len(DOCUMENTS)} unchanged" in again.err


def test_an_incremental_pull_brings_what_changed(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    first, second = annotators
    desk.name(first=first, second=second)
    assert desk.pull(project, "--since", "last").code == 2
    assert desk.push(project, "--annotator", "gold").code == 0
    early = desk.pull(project, "--since", "last")
    assert early.code == 2
    assert "pull without --since first" in early.err
    tasks = server.tasks(project)
    assert desk.pull(project).code == 0
    one, other = tasks[DOCUMENTS[0]], tasks[DOCUMENTS[1]]
    result = one["predictions"][0]["result"]
    made = server.annotate(one["id"], result, first)
    assert "1 written" in desk.pull(project, "--since", "last").err
    before = desk.files()
    server.api("PATCH", f"/api/annotations/{made['id']}/", first, json={"result": result[:-1] if result else []})
    server.annotate(other["id"], other["predictions"][0]["result"], second)
    server.annotate(one["id"], result, second)
    # What was quarantined or gone changes the code; whatever it is, both ways of pulling end in the same bytes.
    desk.pull(project, "--since", "last")
    increment = desk.files()
    assert increment.keys() - before.keys() == {
        f"annotations/second/{DOCUMENTS[0]}.json",
        f"annotations/second/{DOCUMENTS[1]}.json",
    }
    from_scratch = json.loads(increment[f"annotations/second/{DOCUMENTS[1]}.json"])
    assert from_scratch["provenance"]["from_prediction"] is False
    desk.pull(project)
    assert desk.files() == increment
    wrong = desk.pull(project, "--since", "yesterday")
    assert wrong.code == 2
    assert "is not a time" in wrong.err


def test_what_is_gone_from_the_server_is_named_and_only_pruned_on_demand(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    first, second = annotators
    desk.name(first=first, second=second)
    assert desk.push(project, "--annotator", "gold").code == 0
    server.submit_predictions(project, first)
    tasks = server.tasks(project)
    started = {"parent_prediction": tasks[DOCUMENTS[1]]["predictions"][0]["id"]}
    withdrawn = server.annotate(tasks[DOCUMENTS[1]]["id"], TICKED, second, **started)
    assert desk.pull(project).code == 0
    files = desk.files()

    server.api("DELETE", f"/api/tasks/{tasks[DOCUMENTS[0]]['id']}/")
    server.api("DELETE", f"/api/annotations/{withdrawn['id']}/", second)
    lost = {f"annotations/first/{DOCUMENTS[0]}.json", f"annotations/second/{DOCUMENTS[1]}.json"}
    for since in (("--since", "last"), ()):
        pulled = desk.pull(project, *since)
        assert pulled.code == 1
        named = {line.split()[1].rstrip(":") for line in pulled.out.splitlines() if line.startswith("gone ")}
        assert named == lost, pulled.out
        assert desk.files() == files
    assert "kept (--prune removes it)" in pulled.out

    # A file of the same project that another copy of the corpus pulled is named, and never removed.
    (desk.root / ".label-studio").rename(desk.root / "elsewhere")
    assert desk.pull(project, "--prune").code == 1
    assert desk.files() == files
    for state in (desk.root / ".label-studio").iterdir():
        (state / "last.json").write_bytes((desk.root / "elsewhere" / state.name / "last.json").read_bytes())
    assert "removed" in desk.pull(project, "--prune").out
    assert desk.files().keys() == files.keys() - lost
    assert desk.pull(project).code == 0


def test_skipped_annotations_drafts_and_predictions_are_not_taken(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    first, second = annotators
    desk.name(first=first, second=second)
    assert desk.push(project, "--annotator", "gold", *DOCUMENTS[:3]).code == 0
    tasks = server.tasks(project)
    result = tasks[DOCUMENTS[0]]["predictions"][0]["result"]
    server.annotate(tasks[DOCUMENTS[0]]["id"], result, first, was_cancelled=True)
    draft = {"result": result, "lead_time": 1}
    server.api("POST", f"/api/tasks/{tasks[DOCUMENTS[0]]['id']}/drafts", second, json=draft)
    started = {"parent_prediction": tasks[DOCUMENTS[1]]["predictions"][0]["id"]}
    server.annotate(tasks[DOCUMENTS[1]]["id"], TICKED, first, **started)
    server.annotate(tasks[DOCUMENTS[2]]["id"], TICKED, first)
    before = desk.files()
    missed = desk.pull(project)
    assert missed.code == 1, "an empty annotation that did not start from the prediction"
    assert f"{DOCUMENTS[2]}" in missed.out
    assert "error L118 " in missed.out
    (wrong,) = server.tasks(project)[DOCUMENTS[2]]["annotations"]
    server.api("DELETE", f"/api/annotations/{wrong['id']}/", first)
    pulled = desk.pull(project)
    assert pulled.code == 0, pulled.out + pulled.err
    new = desk.files().keys() - before.keys()
    assert new == {f"annotations/first/{DOCUMENTS[1]}.json"}
    empty = json.loads((desk.root / new.pop()).read_bytes())
    assert all(empty[layer] == [] for layer in empty["layers_done"])
    assert empty["layers_done"]


def test_more_tasks_than_the_server_gives_at_once(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    desk.name(first=annotators[0])
    for path in (desk.root / "raw").glob("*.txt"):
        path.unlink()
    record = json.loads((desk.root / "raw" / f"{DOCUMENTS[0]}.json").read_bytes())
    for name in ("raw", "annotations"):
        for path in (desk.root / name).rglob("*.json"):
            path.unlink()
    ids = [f"doc-{number:03}" for number in range(230)]
    lines = []
    for doc_id in ids:
        text = f"This is {doc_id} 😀.\n"
        digest = hashlib.sha256(text.encode()).hexdigest()
        lines.append({**record, "doc_id": doc_id, "text_sha256": digest, "length": len(text), "text": text})
    (desk.root / "raw" / "many.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    pushed = desk.push(project)
    assert pushed.code == 0, pushed.err
    assert "230 documents sent" in pushed.err
    assert "230 of the documents are in the project" in desk.push(project).err
    tasks = server.tasks(project)
    assert sorted(tasks) == ids
    for doc_id in (ids[0], ids[-1]):
        server.annotate(tasks[doc_id]["id"], TICKED, annotators[0])
    pulled = desk.pull(project)
    assert pulled.code == 0, pulled.err
    assert "2 written" in pulled.err
    assert "230 tasks" in pulled.err
    server.api("DELETE", f"/api/tasks/{tasks[ids[-1]]['id']}/")
    everything = desk.pull(project, "--since", "2020-01-01")
    assert everything.code == 1
    assert "0 written, 1 unchanged" in everything.err
    assert "229 tasks" in everything.err
    assert f"gone annotations/first/{ids[-1]}.json" in everything.out


def test_a_withheld_text_goes_only_when_attached_and_comes_back_without_words(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str, tmp_path: Path
) -> None:
    desk.name(first=annotators[0])
    add_document(
        desk, "kept-back", HARD, hard_annotation(quoted=False), redistribution="offsets_only", license="LicenseRef-none"
    )
    refused = desk.push(project, "kept-back")
    assert refused.code == 2
    assert "`corpus attach`" in refused.err
    copy = tmp_path / "copy.txt"
    copy.write_bytes(HARD.encode())
    assert desk.run("attach", "kept-back", "--text", str(copy)).code == 0
    pushed = desk.push(project, "kept-back", "--annotator", "gold")
    assert pushed.code == 0, pushed.err
    server.submit_predictions(project, annotators[0])
    assert desk.pull(project).code == 0
    gold, mine = (desk.root / "annotations" / who / "kept-back.json" for who in ("gold", "first"))
    assert layers(mine.read_bytes()) == layers(gold.read_bytes())
    assert "twins" not in mine.read_text().replace('"name": "the twins"', "")


def test_a_personal_access_token_does_as_well(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str, tmp_path: Path
) -> None:
    token = server.api("POST", "/api/token/")["token"]
    file = tmp_path / "token"
    file.write_text(token + "\n")
    environment = {"LABEL_STUDIO_API_KEY": "", "LABEL_STUDIO_API_KEY_FILE": str(file)}
    assert desk.push(project, DOCUMENTS[0], **environment).code == 0
    server.annotate(server.tasks(project)[DOCUMENTS[0]]["id"], TICKED, annotators[0])
    pulled = desk.pull(project, **environment)
    assert pulled.code == 0, pulled.err
    assert "1 written" in pulled.err
    assert not desk.leaks(token)


def test_git_ignores_what_a_pull_keeps_for_itself(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    assert desk.push(project, DOCUMENTS[0]).code == 0
    server.annotate(server.tasks(project)[DOCUMENTS[0]]["id"], [{"nonsense": 1}], annotators[0])
    server.annotate(server.tasks(project)[DOCUMENTS[0]]["id"], TICKED, annotators[1])
    git = ["git", "-C", str(desk.root)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    assert desk.pull(project).code == 1
    status = subprocess.run([*git, "status", "--porcelain", "--untracked-files=all"], check=True, capture_output=True)
    new = [line.decode()[3:] for line in status.stdout.splitlines() if line.startswith(b"?? ")]
    assert len(new) == 1, new
    assert new[0].startswith("annotations/ann-")
    for name in ("annotators.toml", "quarantine", ".label-studio"):
        assert (desk.root / name).exists()
    assert not desk.leaks(annotators[0].email, annotators[1].email)
