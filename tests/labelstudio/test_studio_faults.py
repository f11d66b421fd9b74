"""What networks, servers and hands do to a push and a pull: all of it is caught, and nothing is half-written."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest
from support import studio
from support.desk import DOCUMENTS, Desk, Ran
from support.proxy import Fault, Proxy, proxy
from support.studio import TICKED, Studio, User

pytestmark = pytest.mark.label_studio

SNAPSHOT = r"^POST /api/projects/\d+/exports"
DOWNLOAD = r"^GET /api/projects/\d+/exports/\d+/download"
IMPORT = r"^POST /api/projects/\d+/import"
TASKS = r"^GET /api/tasks"


def refused(ran: Ran) -> str:
    """What a command said that could not do its work: one line, no trace of the program."""
    assert ran.code == 2, (ran.code, ran.out, ran.err)
    assert "Traceback" not in ran.err
    last: str = ran.err.strip().splitlines()[-1]
    assert last.startswith("corpus: ")
    return last


def test_a_server_that_is_killed_in_the_middle_of_a_download(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str
) -> None:
    desk.name(first=annotators[0])
    assert desk.push(project, "--annotator", "gold").code == 0
    server.submit_predictions(project, annotators[0])
    before = desk.files()
    # A second server on the same data, which can be killed without the others' noticing.
    other = studio.start(server.folder, server.lead)
    port = int(other.url.rpartition(":")[2])
    try:
        with proxy(other.url) as network:
            desk.url = network.url
            network.faults = [Fault(DOWNLOAD, cut=1000, call=other.process.kill)]
            said = refused(desk.pull(project, "--snapshot"))
            assert "interrupted" in said or "502" in said
            assert desk.files() == before
            assert network.count(SNAPSHOT) == 1

            other.process.wait()
            other = studio.start(server.folder, server.lead, port)
            pulled = desk.pull(project, "--snapshot")
            assert pulled.code == 0, pulled.err
            assert f"{len(DOCUMENTS)} written" in pulled.err
            assert network.count(SNAPSHOT) == 1, "the snapshot that was there is used"
            assert server.snapshots(project) == []
    finally:
        other.stop()


def test_a_download_that_breaks_off_goes_on_where_it_was(worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, network = worked
    network.faults = [Fault(DOWNLOAD, cut=5000, times=2)]
    pulled = desk.pull(project, "--snapshot")
    assert pulled.code == 0, pulled.err
    assert f"{len(DOCUMENTS)} written" in pulled.err
    assert (network.count(SNAPSHOT), network.count(DOWNLOAD)) == (1, 3)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(DOWNLOAD, keep=5000),
        Fault(DOWNLOAD, edit=lambda data: data.replace(b'"start": ', b'"start":1', 1)),
        Fault(DOWNLOAD, edit=lambda data: b"[]"),
        Fault(DOWNLOAD, edit=lambda data: data + b" "),
    ],
    ids=["truncated", "one digit changed", "another file", "one byte more"],
)
def test_a_snapshot_that_is_not_what_the_server_hashed(
    server: Studio, worked: tuple[Desk, str, Proxy], fault: Fault
) -> None:
    desk, project, network = worked
    before = desk.files()
    network.faults = [fault]
    fault.times = 1
    assert "arrived with the MD5" in refused(desk.pull(project, "--snapshot"))
    assert desk.files() == before
    pulled = desk.pull(project, "--snapshot")
    assert pulled.code == 0, pulled.err
    assert network.count(SNAPSHOT) == 1
    assert server.snapshots(project) == []


def test_a_snapshot_with_another_number_of_tasks_than_the_server_counted(worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, network = worked
    before = desk.files()
    counted = len(DOCUMENTS)

    def one_more(data: bytes) -> bytes:
        return re.sub(rb'("task_number": ?)%d' % counted, rb"\g<1>%d" % (counted + 1), data)

    network.faults = [Fault(SNAPSHOT, edit=one_more)]
    assert f"counted {counted + 1} tasks but sent {counted}" in refused(desk.pull(project, "--snapshot"))
    assert desk.files() == before


@pytest.mark.parametrize("forward", [False, True], ids=["before the server", "behind the server"])
def test_a_bad_gateway_where_the_snapshot_is_asked_for(
    server: Studio, worked: tuple[Desk, str, Proxy], forward: bool
) -> None:
    desk, project, network = worked
    before = desk.files()
    network.faults = [Fault(SNAPSHOT, status=502, forward=forward)]
    pulled = desk.pull(project, "--snapshot")
    assert network.count(SNAPSHOT) == 1, "never asked twice"
    if forward:
        assert pulled.code == 0, pulled.err
    else:
        assert "502" in refused(pulled)
        assert desk.files() == before
        assert desk.pull(project, "--snapshot").code == 0
    assert server.snapshots(project) == []


def test_a_snapshot_whose_answer_comes_too_late(server: Studio, worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, network = worked
    network.faults = [Fault(SNAPSHOT, hang=30, forward=True)]
    pulled = desk.pull(project, "--snapshot", "--timeout", "2")
    assert pulled.code == 0, pulled.err
    assert network.count(SNAPSHOT) == 1
    assert server.snapshots(project) == []


def test_answers_that_fail_for_a_while_are_asked_for_again(worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, network = worked
    network.faults = [
        Fault(r"^GET /api/projects/\?", status=502, times=2),
        Fault(r"^GET /api/version", status=503),
        Fault(TASKS, cut=20, times=2),
        Fault(DOWNLOAD, status=504),
    ]
    pulled = desk.pull(project, "--snapshot")
    assert pulled.code == 0, pulled.err
    assert f"{len(DOCUMENTS)} written" in pulled.err


def test_a_server_that_gives_no_answer(worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, network = worked
    before = desk.files()
    for match in (r"^GET /api/version", DOWNLOAD, TASKS):
        network.faults = [Fault(match, hang=20, times=9)]
        said = refused(desk.pull(project, "--snapshot", "--timeout", "0.5" if match != DOWNLOAD else "1.5"))
        assert "no answer in time" in said
        assert desk.files() == before
    with proxy("http://127.0.0.1:9") as nothing:
        desk.url = nothing.url
    assert "no connection" in refused(desk.pull(project, "--snapshot"))


def test_an_annotation_that_no_server_can_write_out(
    server: Studio, annotators: tuple[User, User], worked: tuple[Desk, str, Proxy]
) -> None:
    desk, project, network = worked
    task = server.tasks(project)[DOCUMENTS[0]]
    with server.http(annotators[0]) as client:
        body = b'{"result": [{"id": "\\ud83d"}]}'
        headers = {"content-type": "application/json"}
        client.post(f"/api/tasks/{task['id']}/annotations/", content=body, headers=headers)
    for count, since in (
        (f"{len(DOCUMENTS) - 1} written", ()),
        ("0 written", ("--since", "2026-01-01")),
        ("0 written", ("--snapshot",)),
    ):
        pulled = desk.pull(project, *since)
        assert (pulled.code, count in pulled.err) == (1, True), pulled.err
        assert f"skipped task {task['id']} ({DOCUMENTS[0]}): the server fails to send it" in pulled.out
        assert f"annotations/first/{DOCUMENTS[0]}.json" not in desk.files()
        assert server.snapshots(project) == []

    # The answer to the request is lost, so only the state of the snapshot tells: it stays "in_progress".
    network.faults = [Fault(SNAPSHOT, status=502, forward=True)]
    pulled = desk.pull(project, "--snapshot", "--timeout", "3")
    assert (pulled.code, "0 written" in pulled.err) == (1, True), pulled.err
    assert server.snapshots(project) == []


def test_a_redirect_is_not_followed(server: Studio, worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, network = worked
    with proxy(server.url) as elsewhere:
        for match in (r"^GET /api/version", SNAPSHOT, DOWNLOAD):
            network.faults = [Fault(match, status=307, location=elsewhere.url + "/api/version")]
            assert "leads to another address" in refused(desk.pull(project, "--snapshot"))
        assert elsewhere.seen == []


def test_a_task_that_is_deleted_between_the_snapshot_and_the_sweep(
    server: Studio, worked: tuple[Desk, str, Proxy]
) -> None:
    desk, project, network = worked
    doomed = server.tasks(project)[DOCUMENTS[2]]["id"]
    network.faults = [Fault(DOWNLOAD, call=lambda: server.api("DELETE", f"/api/tasks/{doomed}/"))]
    pulled = desk.pull(project, "--snapshot")
    assert pulled.code == 0, pulled.err
    assert f"{len(DOCUMENTS) - 1} written" in pulled.err
    assert "1 task was deleted during the pull" in pulled.err
    assert f"annotations/first/{DOCUMENTS[2]}.json" not in desk.files()


def test_a_text_that_was_changed_on_the_server(server: Studio, worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, _ = worked
    task = server.tasks(project)[DOCUMENTS[1]]
    data = {**task["data"], "text": "😀" + task["data"]["text"]}
    server.api("PATCH", f"/api/tasks/{task['id']}/", json={"data": data})
    pulled = desk.pull(project)
    assert pulled.code == 1
    assert "error L103 The text of the task is not the text of the article" in pulled.out
    assert f"{len(DOCUMENTS) - 1} written, 0 unchanged, 1 quarantined" in pulled.err
    assert f"annotations/first/{DOCUMENTS[1]}.json" not in desk.files()
    server.api("PATCH", f"/api/tasks/{task['id']}/", json={"data": task["data"]})
    assert desk.pull(project, "--since", "last").code == 0
    assert not (desk.root / "quarantine" / DOCUMENTS[1]).exists()


def test_two_annotators_and_a_second_thought_on_one_task(
    server: Studio, annotators: tuple[User, User], worked: tuple[Desk, str, Proxy]
) -> None:
    desk, project, _ = worked
    first, second = annotators
    task = server.tasks(project)[DOCUMENTS[0]]
    result = task["predictions"][0]["result"]
    server.annotate(task["id"], result, second)
    newer = server.annotate(task["id"], result, first)
    pulled = desk.pull(project)
    assert pulled.code == 1
    assert "warning L107" in pulled.out
    one, other = (
        json.loads((desk.root / "annotations" / who / f"{DOCUMENTS[0]}.json").read_bytes())
        for who in ("first", "second")
    )
    assert one["provenance"]["annotation"] == newer["id"]
    assert one["quotes"] == other["quotes"]
    assert (one["annotator"], other["annotator"]) == ("first", "second")


def test_an_annotation_in_the_name_of_another_user_is_pointed_out(
    server: Studio, annotators: tuple[User, User], worked: tuple[Desk, str, Proxy]
) -> None:
    desk, project, _ = worked
    first, second = annotators
    task = server.tasks(project)[DOCUMENTS[0]]
    made = server.annotate(task["id"], task["predictions"][0]["result"], first, completed_by=second.id)
    assert made["completed_by"] == second.id, "the server believes it"
    for since in ((), ("--since", "last")):
        pulled = desk.pull(project, *since)
        assert pulled.code == 0
        assert f"another user than their annotator: annotation {made['id']} of task {task['id']}" in pulled.err


def test_a_text_that_looks_like_an_address_is_never_fetched(
    server: Studio, annotators: tuple[User, User], desk: Desk, project: str, network: Proxy
) -> None:
    desk.name(first=annotators[0])
    assert desk.push(project, DOCUMENTS[0]).code == 0
    task = server.tasks(project)[DOCUMENTS[0]]
    with proxy(server.url) as elsewhere:
        data = {**task["data"], "text": elsewhere.url + "/x.txt", "image": elsewhere.url + "/x.png", "doc_id": "../up"}
        server.api("PATCH", f"/api/tasks/{task['id']}/", json={"data": data})
        server.annotate(task["id"], TICKED, annotators[0])
        before = desk.files()
        for since in ((), ("--since", "last")):
            assert desk.pull(project, *since).code == 1
        assert elsewhere.seen == []
    assert desk.files() == before


def test_a_push_that_loses_its_answer_is_finished_by_the_next(
    server: Studio, desk: Desk, project: str, network: Proxy
) -> None:
    desk.url = network.url
    network.faults = [Fault(IMPORT, status=502, forward=True)]
    said = refused(desk.push(project))
    assert "may have imported the last batch too" in said
    assert network.count(IMPORT) == 1
    network.faults = [Fault(IMPORT, hang=30)]
    assert desk.push(project, "--new").code == 0
    assert sorted(server.tasks(project)) == DOCUMENTS
    network.faults = []
    assert server.project(project)["task_number"] == len(DOCUMENTS)


def test_a_push_that_never_arrives(server: Studio, desk: Desk, project: str, network: Proxy) -> None:
    desk.url = network.url
    network.faults = [Fault(IMPORT, hang=60)]
    assert "no answer in time" in refused(desk.push(project, "--timeout", "1"))
    assert server.tasks(project) == {}
    network.faults = []
    assert desk.push(project, "--new").code == 0
    assert sorted(server.tasks(project)) == DOCUMENTS


def test_a_pull_that_is_killed_leaves_nothing_half_written(server: Studio, worked: tuple[Desk, str, Proxy]) -> None:
    desk, project, network = worked
    before = desk.files()
    network.faults = [Fault(DOWNLOAD, hang=60)]
    command = [sys.executable, "-m", "corpus", "--root", str(desk.root), "label-studio", "pull", "--project", project]
    command.append("--snapshot")
    for ending in (signal.SIGKILL, signal.SIGINT):
        network.faults = [Fault(DOWNLOAD, hang=60)]
        seen = network.count(DOWNLOAD)
        running = subprocess.Popen(command, env=desk.environment(), stderr=subprocess.PIPE, encoding="utf-8")
        while network.count(DOWNLOAD) == seen and running.poll() is None:
            time.sleep(0.05)
        second = desk.pull(project, "--snapshot")
        assert "another pull of this project into this corpus is running" in refused(second)
        running.send_signal(ending)
        _, err = running.communicate(timeout=60)
        assert running.returncode in (-signal.SIGKILL, 130)
        assert "Traceback" not in err
        assert desk.files() == before
    network.faults = []
    pulled = desk.pull(project, "--snapshot")
    assert pulled.code == 0, pulled.err
    assert network.count(SNAPSHOT) == 1
    assert server.snapshots(project) == []


def test_the_token_stands_in_no_output_and_no_file(server: Studio, desk: Desk, project: str, network: Proxy) -> None:
    desk.url = network.url
    desk.token = wrong = "0123456789abcdef0123456789abcdef01234567"
    for ran in (desk.push(project), desk.pull(project)):
        said = refused(ran)
        assert "401" in said
        assert "check that the token is right" in said
    echo = json.dumps({"detail": f"you sent Token {wrong}"}).encode()
    network.faults = [Fault(r"^GET /api/", edit=lambda _: echo, times=99)]
    refused(desk.pull(project))
    for token in ("open sesame!", "s3cr3t?", wrong + "\r\nX: y"):
        assert "is not a Label Studio token" in refused(desk.pull(project, LABEL_STUDIO_API_KEY=token))
        assert not desk.leaks(token)
    assert "no token" in refused(desk.pull(project, LABEL_STUDIO_API_KEY=""))
    ran = desk.pull(project, LABEL_STUDIO_API_KEY="", LABEL_STUDIO_API_KEY_FILE="/nowhere/token")
    assert "cannot be read" in refused(ran)
    for verb in ("push", "pull"):
        assert "TOKEN" not in desk.run("label-studio", verb, "--help").out.replace("LABEL_STUDIO_API_KEY", "")
    assert not desk.leaks(wrong)


def test_what_is_no_label_studio_is_said_to_be_none(server: Studio, desk: Desk, project: str, network: Proxy) -> None:
    desk.url = network.url
    for body in (b"<html>Welcome</html>", b"{}", b"[]", b'{"release": null}', b""):
        network.faults = [Fault(r"^GET /api/version", edit=lambda _, body=body: body, times=9)]
        said = refused(desk.pull(project))
        assert "not a Label Studio server" in said or "not from Label Studio" in said or "200" in said, said
