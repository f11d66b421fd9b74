"""A real Label Studio server for the tests: its own environment, made once, and a process on loopback."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

TRIED = "1.23.2"
"""The release that the documentation names."""
VERSION_VARIABLE = "ON_THE_RECORD_LABEL_STUDIO_VERSION"
VERSION = os.environ.get(VERSION_VARIABLE) or TRIED
HOME_VARIABLE = "ON_THE_RECORD_LABEL_STUDIO"
STARTS_WITHIN = 400.0
"""Seconds: the first start makes the database, which took 66 to 96 s on two cores."""

# Without these a start can hang for minutes on a machine with no way to the internet.
QUIET = {
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_FEATURE_FLAGS_OFFLINE": "true",
}


TICKED: list[dict[str, Any]] = [
    {
        "value": {"choices": ["quotes"]},
        "id": "JJY",
        "from_name": "layers_done",
        "to_name": "text",
        "type": "choices",
    }
]
"""The result of someone who looked for quotes and found none."""


@dataclass
class User:
    """An account of the server."""

    email: str
    password: str = field(default_factory=lambda: secrets.token_hex(12))
    token: str = field(default_factory=lambda: secrets.token_hex(20))
    id: int = 0


@dataclass
class Studio:
    """A running server: where it answers, where it keeps its data, and its first user."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    lead: User

    def http(self, user: User | None = None) -> httpx.Client:
        """A client of the bare API, for what the tests do beside the SDK."""
        import httpx

        headers = {"Authorization": f"Token {(user or self.lead).token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120, trust_env=False)

    def api(self, method: str, path: str, user: User | None = None, **body: Any) -> Any:
        """The JSON of an answer of the API; raises when the server says no."""
        with self.http(user) as client:
            answer = client.request(method, path, **body)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    def project(self, title: str) -> Any:
        """The project of this name, of which there is one."""
        found = self.api("GET", "/api/projects/", params={"title": title, "page_size": 1000})["results"]
        (one,) = [item for item in found if item["title"] == title]
        return self.api("GET", f"/api/projects/{one['id']}/")

    def tasks(self, title: str) -> dict[str, Any]:
        """The tasks of a project with all that is in them, by the document they are about."""
        query = {"project": self.project(title)["id"], "fields": "all", "page_size": 1000, "resolve_uri": "false"}
        return {task["data"]["doc_id"]: task for task in self.api("GET", "/api/tasks/", params=query)["tasks"]}

    def annotate(self, task: int, result: Any, user: User | None = None, **more: Any) -> Any:
        """Submit an annotation, as the editor does."""
        body = {"result": result, "lead_time": 12.5, **more}
        return self.api("POST", f"/api/tasks/{task}/annotations/", user, json=body)

    def submit_predictions(self, title: str, user: User) -> int:
        """Submit each task's prediction unchanged, as an annotator does who agrees with all of it; how many."""
        submitted = 0
        for task in self.tasks(title).values():
            for prediction in task["predictions"]:
                self.annotate(task["id"], prediction["result"], user, parent_prediction=prediction["id"])
                submitted += 1
        return submitted

    def snapshots(self, title: str) -> Any:
        """The snapshots that the server keeps of a project."""
        return self.api("GET", f"/api/projects/{self.project(title)['id']}/exports/")

    def stop(self) -> None:
        """End this server, and no other process."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def invite(self, email: str) -> User:
        """A further user, who follows the invitation link and signs up as people do."""
        import httpx

        user = User(email)
        link = self.api("GET", "/api/invite")["invite_url"]
        with httpx.Client(base_url=self.url, timeout=120, trust_env=False, follow_redirects=True) as browser:
            form = browser.get(link).text
            secret = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
            assert secret, "the server shows no form to sign up"
            answer = browser.post(
                link,
                data={"csrfmiddlewaretoken": secret[1], "email": email, "password": user.password},
                headers={"Referer": self.url + link},
            )
            answer.raise_for_status()
            me = browser.get("/api/current-user/whoami")
            me.raise_for_status()
            user.id = me.json()["id"]
            user.token = browser.get("/api/current-user/token").json()["token"]
        return user


def start(folder: Path, lead: User, port: int = 0) -> Studio:
    """Start a server whose data lie in `folder`; `port` 0 takes a free one."""
    command = program()
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        **QUIET,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_USERNAME": lead.email,
        "LABEL_STUDIO_PASSWORD": lead.password,
        "LABEL_STUDIO_USER_TOKEN": lead.token,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    }
    log = folder / f"server-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                command,
                *["start", "--no-browser", "--enable-legacy-api-token", "--internal-host", "127.0.0.1"],
                f"--port={port}",
            ],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    studio = Studio(f"http://127.0.0.1:{port}", folder, process, lead)
    try:
        _wait(studio, log)
    except BaseException:
        studio.stop()
        raise
    return studio


def _wait(studio: Studio, log: Path) -> None:
    import httpx

    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end:
        if studio.process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            studio.lead.id = studio.api("GET", "/api/current-user/whoami")["id"]
            return
        time.sleep(0.5)
    raise RuntimeError("Label Studio did not start:\n" + log.read_text("utf-8", "replace")[-3000:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def home() -> Path:
    """Where the server's environment lies: it pins another pyarrow than this project, so it has its own."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path.home() / ".cache" / "on-the-record" / f"label-studio-{VERSION}"


def program() -> Path:
    """The server's program; its environment is made when it is not there (3 minutes, 1 GB)."""
    folder = home()
    command = folder / "bin" / "label-studio"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not command.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            # pip writes the program of a package after all that the package needs: no program, not complete.
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, f"label-studio=={VERSION}"], check=True, stdout=sys.stderr)
    return command


if __name__ == "__main__":
    print(program())
