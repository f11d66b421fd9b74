"""A stand-in for a Label Studio server, without a process of its own: see stand_in_api.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corpus.labelstudio.config import labelling_config
from support.exports import SCHEMA
from support.stand_in_api import FOLDER_VARIABLE, install

TITLE = "bridge"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
URL = "https://labels.example.net"


@dataclass(frozen=True)
class StandIn:
    """A server in a folder."""

    folder: Path

    def holds(self, *tasks: dict[str, Any], unreadable: tuple[int, ...] = (), down: str = "") -> None:
        """Give the server its one project, with these tasks."""
        (self.folder / "snapshots").mkdir(parents=True, exist_ok=True)
        about = {"id": 3, "title": TITLE, "config": labelling_config(SCHEMA), "unreadable": list(unreadable)}
        about |= {"down": down}
        (self.folder / "project.json").write_text(json.dumps({**about, "tasks": list(tasks)}))

    def changes(self, number: int, **changed: Any) -> None:
        """Change a task."""
        state = json.loads((self.folder / "project.json").read_bytes())
        for one in state["tasks"]:
            one.update(changed if one["id"] == number else {})
        (self.folder / "project.json").write_text(json.dumps(state))

    @property
    def state(self) -> dict[str, Any]:
        """What the server holds."""
        held: dict[str, Any] = json.loads((self.folder / "project.json").read_bytes())
        return held

    def task(self, doc_id: str) -> dict[str, Any]:
        """The task of a document."""
        return next(one for one in self.state["tasks"] if one["data"]["doc_id"] == doc_id)

    def submit(self, doc_id: str, annotation: dict[str, Any], **more: Any) -> None:
        """Give the task of a document an annotation in place of the one of the same id, and other things."""
        state = self.state
        for one in state["tasks"]:
            if one["data"]["doc_id"] == doc_id:
                kept = [held for held in one["annotations"] if held["id"] != annotation["id"]]
                one.update(annotations=[*kept, annotation], **more)
        (self.folder / "project.json").write_text(json.dumps(state))

    @property
    def snapshots(self) -> list[str]:
        """The snapshots that the server keeps."""
        return sorted(path.name for path in (self.folder / "snapshots").iterdir())

    @property
    def requested(self) -> int:
        """How many snapshots were requested."""
        return len((self.folder / "requested").read_text().splitlines())

    def environment(self, url: str = URL) -> dict[str, str]:
        """What a command needs to find the server."""
        return {FOLDER_VARIABLE: str(self.folder), "LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": TOKEN}


@contextmanager
def stand_in(folder: Path, url: str = URL) -> Iterator[StandIn]:
    """Put the stand-in in the place of all servers, in this process."""
    one = StandIn(folder)
    with pytest.MonkeyPatch.context() as patch:
        install(patch.setattr)
        for name, value in one.environment(url).items():
            patch.setenv(name, value)
        patch.delenv("LABEL_STUDIO_API_KEY_FILE", raising=False)
        yield one
