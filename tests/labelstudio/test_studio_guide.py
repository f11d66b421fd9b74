"""The commands of docs/label-studio.md, one after another, as a lead gives them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support import studio
from support.corpora import REPOSITORY
from support.desk import DOCUMENTS, Desk
from support.studio import Studio, User
from support.studio_team import MORE, clear, decide, stream, work

GUIDE = REPOSITORY / "docs" / "label-studio.md"
PROJECT = "Press corpus"
INSTALLED = (
    "python3 -m venv label-studio",
    f"label-studio/bin/pip install label-studio=={studio.TRIED}",
    "pip install 'on-the-record[agreement]'",
)
"""What the test does not run each time: `studio.program` and the project's own set-up do the same."""


def sections() -> dict[str, list[str]]:
    """The commands of the guide, by the heading they stand under."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", GUIDE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```console\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
        lines = [line for block in blocks for line in block.splitlines()]
        assert all(line.startswith("$ ") for line in lines)
        found[part.partition("\n")[0]] = [line[2:] for line in lines]
    return found


def test_the_guide_names_every_verb_and_the_server_that_is_tested() -> None:
    commands = [line for lines in sections().values() for line in lines]
    assert set(INSTALLED) <= set(commands)
    for verb in ("config", "push", "status", "pull", "convert", "migrate"):
        assert any(line.startswith(f"corpus label-studio {verb} ") for line in commands)


class Shell:
    """A lead's shell: what is exported stays."""

    def __init__(self, desk: Desk, home: Path) -> None:
        self.desk = desk
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        who = {f"GIT_{part}_{what}": f"lead{at}" for part in ("AUTHOR", "COMMITTER") for what, at in WHO.items()}
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        self.environment = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", **studio.QUIET, **who, **kept}

    def run(self, line: str) -> None:
        """Run a command; it must end well."""
        script = f'{line}\ncode=$?\nenv -0 > "$HOME/environment"\nexit $code'
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.desk.root, env=self.environment, capture_output=True, encoding="utf-8"
        )
        self.desk.outputs += [done.stdout, done.stderr]
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        kept = (Path(self.environment["HOME"]) / "environment").read_text("utf-8").split("\0")
        self.environment = dict(item.split("=", 1) for item in kept if "=" in item)


WHO = {"NAME": "", "EMAIL": "@example.org"}


@pytest.mark.label_studio
def test_the_guide_from_an_empty_server_to_a_commit(
    server: Studio, team: dict[str, User], desk: Desk, tmp_path: Path
) -> None:
    commands = sections()
    kept = clear(desk, MORE)
    documents = sorted([*DOCUMENTS, *MORE])
    desk.name(lead=server.lead, **team)
    home = tmp_path / "home"
    home.mkdir()
    shell = Shell(desk, home)
    (home / ".label-studio-token").write_text(server.lead.token)
    (tmp_path / "bin").mkdir()
    port = studio.free_port()
    # The installed server, with the data of the one that runs: a first start would take minutes.
    (desk.root / "label-studio").symlink_to(studio.home())
    (desk.root / "label-studio-data").symlink_to(server.folder)
    (desk.root / "lead-password").write_text(server.lead.password)
    shell.run("git init --quiet && printf '%s\\n' label-studio label-studio-data lead-password >> .gitignore")
    shell.run("git add --all && git commit --quiet --message start")

    running: subprocess.Popen[bytes] | None = None
    try:
        for line in commands.pop("Start a server"):
            if " start " in line:
                words = line.replace("--port 8080", f"--port {port}").split()
                with (tmp_path / "server.log").open("wb") as log:
                    running = subprocess.Popen(
                        words, cwd=desk.root, env=shell.environment, stdout=log, stderr=subprocess.STDOUT
                    )
                _answers(f"http://127.0.0.1:{port}", server, running)
            elif line not in INSTALLED:
                shell.run(line.replace(":8080", f":{port}"))
        (desk.root / "lead-password").unlink()

        for line in commands.pop("Push: each document twice, blind"):
            shell.run(line)
        assert sorted(server.tasks(PROJECT)) == documents
        assert len(work(server, PROJECT, team, kept)) == 2 * len(documents)

        for line in commands.pop("See what is done"):
            shell.run(line)
        totals = json.loads((desk.root / "status.json").read_bytes())["totals"]
        assert (totals["done"], totals["left"]) == (2 * len(documents), 0)

        for line in commands.pop("Pull"):
            shell.run(line)
        pulled = list(desk.files())
        assert len(pulled) == 2 * len(documents)

        for line in commands.pop("Adjudicate"):
            if "--adjudicated" in line:
                assert decide(server, f"{PROJECT}: conflicts", server.lead)
            shell.run(line)
        gold = sorted({*desk.files()} - {*pulled})
        assert gold == [f"annotations/gold/{doc_id}.json" for doc_id in documents]

        for line in commands.pop("Check and commit"):
            shell.run(line)
        tracked = subprocess.run(
            ["git", "ls-files", "-z"], cwd=desk.root, check=True, capture_output=True, encoding="utf-8"
        ).stdout.split("\0")
        assert {*pulled, *gold} <= set(tracked)
        assert "annotators.toml" not in tracked

        (desk.root / "model").mkdir()
        for doc_id in DOCUMENTS[:2]:
            shutil.copy(kept / "ann-b" / f"{doc_id}.json", desk.root / "model")
        for line in commands.pop("Start from annotations"):
            shell.run(line)
        second = server.tasks("Second look")
        versions = [[one["model_version"] for one in second[doc_id]["predictions"]] for doc_id in DOCUMENTS[:2]]
        assert all("model-1" in several for several in versions)

        (desk.root / "export.json").write_text(json.dumps(_export(server)))
        before = desk.files()
        for line in commands.pop("Later rounds"):
            shell.run(line)
        assert desk.files().keys() == before.keys()

        before = desk.files()
        draft = _draft(server, team["ann-c"], b"mixed")
        for line in commands.pop("After a change of the schema"):
            shell.run(line)
            if line.endswith("--dry-run"):
                assert b"mixed" in json.dumps(server.tasks(PROJECT)).encode()
        assert {name: _said(data) for name, data in desk.files().items()} == {
            name: _said(data.replace(b'"mixed"', b'"partly_direct"')) for name, data in before.items()
        }
        assert any(b'"partly_direct"' in data for name, data in desk.files().items() if "/gold/" not in name)
        assert "quotes:mixed" not in json.dumps(_export(server))
        assert "quotes:partly_direct" in json.dumps(server.api("GET", f"/api/drafts/{draft}/")["result"])
        assert server.api("GET", f"/api/drafts/{draft}/")["user"] == team["ann-c"].email
        migrated = {path: path.read_bytes() for path in _work(desk)}
        shell.run(f'corpus label-studio pull --project "{PROJECT}"')
        shell.run("corpus adjudicate --from ann-a,ann-b")
        assert {path: path.read_bytes() for path in _work(desk)} == migrated
        assert stream(server, PROJECT, "ann-a", team["ann-a"]) is None
        assert not any(commands.values()), "a section of the guide was not run"
    finally:
        if running and running.poll() is None:
            running.terminate()
            running.wait(20)


def _draft(server: Studio, user: User, words: bytes) -> int:
    """Let someone begin to change the first annotation of theirs that has these words; return the id of the draft."""
    for task in server.tasks(PROJECT).values():
        for one in task["annotations"]:
            if one["completed_by"] == user.id and words in json.dumps(one["result"]).encode():
                path = f"/api/tasks/{task['id']}/annotations/{one['id']}/drafts"
                made = server.api("POST", path, user, json={"result": one["result"], "lead_time": 1})
                return int(made["id"])
    raise AssertionError(f"{user.email} has no annotation with {words!r}")


def _said(data: bytes) -> Any:
    """An annotation without what a server or a clock says of it."""
    value = json.loads(data)
    del value["provenance"]
    return value


def _work(desk: Desk) -> list[Path]:
    return sorted(path for name in ("annotations", "adjudication") for path in (desk.root / name).rglob("*.json"))


def _answers(url: str, server: Studio, running: subprocess.Popen[bytes]) -> None:
    other = Studio(url, server.folder, running, server.lead)
    for _ in range(240):
        assert running.poll() is None, "the server of the guide ended"
        try:
            other.api("GET", "/api/version/")
            return
        except Exception:  # it does not listen yet
            time.sleep(0.5)
    raise AssertionError("the server of the guide did not answer")


def _export(server: Studio) -> Any:
    project = server.project(PROJECT)["id"]
    return server.api("GET", f"/api/projects/{project}/export", params={"exportType": "JSON"})
