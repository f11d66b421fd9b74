"""A Label Studio server, as far as this program asks it: a thin layer over label-studio-sdk 2.x.

The token comes from the environment or from a file, and goes to the server alone: no error that
leaves this module holds a header, a cookie or a word of the SDK's own messages, which print both.
What only reads is asked again when the server is busy; what writes is asked once.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..core.model import CorpusError

URL_VARIABLE = "LABEL_STUDIO_URL"
TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"
TOKEN_FILE_VARIABLE = "LABEL_STUDIO_API_KEY_FILE"
TIMEOUT = 60.0
"""Seconds that the server may take for an answer."""
PATIENCE = 10
"""How many times as long it may take for a snapshot or an import."""
ATTEMPTS = 4
PAGE = 100

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,4096}")
_ONLY_IDS = {name: {"only_id": True} for name in ("annotations__completed_by", "drafts", "predictions")}
"""What a snapshot leaves out: the e-mail addresses of users, and what is no annotation."""
_T = TypeVar("_T")


class ServerError(CorpusError):
    """The server could not be reached, or did not do what it was asked.

    `status` is the HTTP status, 0 when there was no answer. `lost` is true when nobody knows whether
    the server did it: the answer did not arrive, or came from something in between.
    """

    def __init__(self, message: str, status: int = 0, lost: bool = False):
        super().__init__(message)
        self.status, self.lost = status, lost


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the server: its labelling config, and how many tasks and annotations it holds."""

    id: int
    title: str
    config: str
    tasks: int
    annotations: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An export that the server keeps as a file: `md5` of its bytes, and the number of tasks in it."""

    id: int
    title: str
    status: str
    md5: str
    tasks: int
    created: str


def server_origin(url: str | None) -> str:
    """The address of the server, from the option or the environment, ending in `/`; CorpusError when it will not do.

    A token must not cross a network in clear, so `http` is for this very machine only.
    """
    url = url or os.environ.get(URL_VARIABLE, "")
    if not url:
        raise CorpusError(f"which server? Give --server URL, or set {URL_VARIABLE}")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise CorpusError("the server's address is not a URL; write it as https://HOST") from None
    if "@" in parts.netloc:
        raise CorpusError(f"the server's address holds no user name or password: a token goes in {TOKEN_VARIABLE}")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or not url.isprintable():
        raise CorpusError("the server's address must be like https://HOST[:PORT][/PATH], with nothing behind it")
    if parts.scheme == "http" and not _is_loopback(host):
        raise CorpusError(f"http://{host} would send the token in clear; use https (http is for loopback only)")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"


def read_token() -> str:
    """The token, from LABEL_STUDIO_API_KEY or the file that LABEL_STUDIO_API_KEY_FILE names. Raises CorpusError."""
    token, where = os.environ.get(TOKEN_VARIABLE, ""), TOKEN_VARIABLE
    file = os.environ.get(TOKEN_FILE_VARIABLE)
    if not token and file:
        where = f"the file that {TOKEN_FILE_VARIABLE} names"
        try:
            token = Path(file).read_text("utf-8")
        except (OSError, ValueError) as error:
            raise CorpusError(f"{where} cannot be read ({type(error).__name__})") from None
    token = token.strip()
    if not token:
        raise CorpusError(
            f"no token: set {TOKEN_VARIABLE}, or {TOKEN_FILE_VARIABLE} to a file that holds it; "
            "Label Studio shows it under Account & Settings"
        )
    if not _TOKEN.fullmatch(token):
        raise CorpusError(f"what {where} holds is not a token of Label Studio")
    return token


class Server:
    """A server and the user whose token it is asked with."""

    def __init__(self, origin: str, token: str, timeout: float = TIMEOUT):
        try:
            import httpx
            import label_studio_sdk
        except ImportError:
            raise CorpusError('Label Studio needs its SDK: pip install "on-the-record[label-studio]"') from None

        self.origin, self.timeout, self._token = origin, timeout, token
        self._long: Any = {"timeout_in_seconds": int(timeout * PATIENCE) or 1}
        here = _is_loopback(urlsplit(origin).hostname or "")
        http = httpx.Client(
            # A proxy named in the environment would see what is meant for this machine.
            trust_env=not here,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 15.0)),
        )
        with self._asking(f"{origin} was not asked"):
            self._sdk: Any = label_studio_sdk.LabelStudio(
                base_url=origin, api_key=token, max_retries=0, httpx_client=http
            )
        self.sdk_version = _sdk_version()
        self.version = str(getattr(self._read("its version", self._sdk.versions.get), "release", None))
        if not re.fullmatch(r"\d[\w.+-]{0,40}", self.version):
            raise ServerError(f"{origin} is not a Label Studio server: it does not give its version")

    def find_project(self, title: str) -> Project | None:
        """The project of this name, None when there is none. Raises CorpusError when there are two."""

        def titled() -> list[int]:
            found = self._sdk.projects.list(title=title, page_size=PAGE)
            return [project.id for project in found if project.title == title]

        ids = self._read("its projects", titled)
        if len(ids) > 1:
            numbers = ", ".join(map(str, sorted(ids)))
            raise CorpusError(f"{self.origin} has {len(ids)} projects named {title!r} ({numbers}); rename one of them")
        return self._project(ids[0]) if ids else None

    def create_project(self, title: str, config: str) -> Project:
        """A new project with this labelling config."""
        with self._asking(f"the project {title!r} was not created", detailed=True):
            project = self._sdk.projects.create(title=title, label_config=config)
        return self._project(project.id)

    def _project(self, id_: int) -> Project:
        found = self._read("the project", lambda: self._sdk.projects.get(id_))
        # The server cuts off the last line's end.
        config = str(found.label_config or "").strip() + "\n"
        return Project(id_, str(found.title), config, found.task_number or 0, found.total_annotations_number or 0)

    def check_config(self, project: Project, config: str) -> None:
        """Raise CorpusError when the server finds the config wrong, or too narrow for annotations that are there."""
        what = f"the project {project.title!r} does not take the labelling config of this schema"
        with self._asking(what, detailed=True):
            self._sdk.projects.validate_label_config(project.id, label_config=config)

    def set_config(self, project: Project, config: str) -> None:
        """Give the project another labelling config."""
        with self._asking(f"the labelling config of {project.title!r} was not changed", detailed=True):
            self._sdk.projects.update(project.id, label_config=config)

    def tasks(
        self, project: Project, include: str = "id,meta", since: datetime | None = None, ids: Sequence[int] = ()
    ) -> Iterator[dict[str, Any]]:
        """The tasks by id, each with the fields named; with `since` those changed after it, with `ids` those named.

        `include` "" is everything: text and annotations too.
        """
        query: dict[str, Any] = {"ordering": ["tasks:id"]}
        if since:
            when = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            item = {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": when}
            query["filters"] = {"conjunction": "and", "items": [item]}
        if ids:
            query["selectedItems"] = {"all": False, "included": list(ids)}
        fields: Any = {"fields": "task_only", "include": include} if include else {"fields": "all"}
        fields["resolve_uri"] = False
        number, seen = 1, set()
        while True:

            def page(number: int = number) -> list[dict[str, Any]]:
                found = self._sdk.tasks.list(
                    project=project.id, page=number, page_size=PAGE, query=json.dumps(query), **fields
                )
                return [task.model_dump(mode="json", exclude_unset=True) for task in found.items or ()]

            try:
                tasks = self._read("its tasks", page)
            except ServerError as error:
                if error.status != 404 or number == 1:
                    raise
                return  # how the server ends its pages
            for task in tasks:
                if task["id"] not in seen:
                    seen.add(task["id"])
                    yield task
            if len(tasks) < PAGE:
                return
            number += 1

    def has_task(self, id_: int) -> bool:
        """Whether the server has this task."""
        try:
            self._read("a task", lambda: self._sdk.tasks.get(str(id_)))
        except ServerError as error:
            if error.status != 404:
                raise
            return False
        return True

    def import_tasks(self, project: Project, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Make new tasks, all of them or none; the number made."""
        with self._asking("the tasks were not imported"):
            made = self._sdk.projects.import_tasks(project.id, request=tasks, request_options=self._long)
        return int(made.task_count or 0)

    def create_snapshot(self, project: Project, title: str) -> Snapshot:
        """Ask for a snapshot of all tasks, once: the server does the whole work for every time it is asked."""
        with self._asking("no snapshot was made"):
            made = self._sdk.projects.exports.create(
                project.id, title=title, serialization_options=_ONLY_IDS, request_options=self._long
            )
        return _snapshot(made)

    def find_snapshot(self, project: Project, title: str) -> Snapshot | None:
        """The snapshot of this title, None when the server has none."""
        made = self._read("its snapshots", lambda: self._sdk.projects.exports.list(project.id))
        return next((_snapshot(one) for one in made if one.title == title), None)

    def download(self, project: Project, snapshot: Snapshot, file: Path) -> Iterator[int]:
        """Write the snapshot to `file`, going on where an earlier try broke off; yields the bytes as they come.

        Raises ServerError when the bytes are not those that the server hashed.
        """
        for attempt in range(ATTEMPTS):
            try:
                yield from self._part(project, snapshot, file)
                break
            except ServerError as error:
                if error.status == 416:
                    break  # there is nothing behind what is here already
                if attempt + 1 == ATTEMPTS or not _passing(error):
                    raise
                _wait(attempt)
        with file.open("rb") as done:
            found = hashlib.file_digest(done, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if found != snapshot.md5:
            file.unlink()
            raise ServerError(
                f"the snapshot arrived with the MD5 {found}, the server made it with {snapshot.md5}: it was cut off "
                "or changed on its way, and nothing was taken from it; pull again"
            )

    def _part(self, project: Project, snapshot: Snapshot, file: Path) -> Iterator[int]:
        have = file.stat().st_size if file.exists() else 0
        options: Any = {"chunk_size": 2**16}
        if have:
            options["additional_headers"] = {"Range": f"bytes={have}-"}
        with (
            self._asking("the download of the snapshot broke off"),
            self._sdk.projects.exports.with_raw_response.download(
                project.id, snapshot.id, export_type="JSON", request_options=options
            ) as answer,
        ):
            headers = answer.headers
            goes_on = have > 0 and str(headers.get("content-range", "")).startswith(f"bytes {have}-")
            expected = int(headers.get("content-length") or 0)
            if goes_on:
                yield have
            with file.open("ab" if goes_on else "wb") as out:
                for chunk in answer.data:
                    out.write(chunk)
                    expected -= len(chunk)
                    yield len(chunk)
        if expected > 0:
            raise ServerError("the download of the snapshot broke off", lost=True)

    def delete_snapshot(self, project: Project, snapshot: Snapshot) -> None:
        """Delete the snapshot from the server's disk."""
        with self._asking(f"the snapshot {snapshot.id} was not deleted from the server"):
            self._sdk.projects.exports.delete(project.id, snapshot.id)

    def _read(self, what: str, ask: Callable[[], _T]) -> _T:
        """What `ask` brings; asked again when the failure is a passing one."""
        for attempt in range(ATTEMPTS):
            try:
                with self._asking(f"{self.origin} did not give {what}"):
                    return ask()
            except ServerError as error:
                if attempt + 1 == ATTEMPTS or not _passing(error):
                    raise
            _wait(attempt)
        raise AssertionError

    @contextmanager
    def _asking(self, what: str, detailed: bool = False) -> Iterator[None]:
        """Make every failure of the SDK a ServerError in our words; `detailed` adds what is wrong with a config."""
        import httpx
        import pydantic
        from label_studio_sdk.core.api_error import ApiError

        try:
            yield
        except ApiError as error:
            status = error.status_code or 0
            said = _said(status, error.body, detailed).replace(self._token, "…")
            raise ServerError(f"{what}: {said}", status, status >= 500) from None
        except httpx.TimeoutException as error:
            late = "no connection" if isinstance(error, httpx.ConnectTimeout) else "no answer"
            raise ServerError(f"{what}: {late} in time; --timeout gives it longer", lost=late == "no answer") from None
        except httpx.ConnectError as error:
            raise ServerError(f"{what}: no connection ({error})") from None
        except httpx.HTTPError as error:
            raise ServerError(f"{what}: the connection broke off ({type(error).__name__})", lost=True) from None
        except (pydantic.ValidationError, json.JSONDecodeError, TypeError, AttributeError):
            raise ServerError(f"{what}: the answer is not one of Label Studio", 400, lost=True) from None


def _passing(error: ServerError) -> bool:
    return error.status in (0, 408, 429) or error.status >= 500


def _wait(attempt: int) -> None:
    time.sleep(0.5 * 2**attempt)


def _snapshot(made: Any) -> Snapshot:
    counters = made.counters if isinstance(made.counters, dict) else {}
    return Snapshot(
        int(made.id),
        str(made.title),
        str(made.status),
        str(made.md5 or ""),
        int(counters.get("task_number", -1)),
        made.created_at.isoformat() if made.created_at else "",
    )


def _said(status: int, body: Any, detailed: bool) -> str:
    if 300 <= status < 400:
        return f"it answers with {status}, which leads to another address; give that one as --server"
    detail = body.get("detail") if isinstance(body, dict) else None
    said = f"it answers with {status}" + (f": {detail}" if isinstance(detail, str) else "")
    if detailed and isinstance(body, dict) and isinstance(body.get("validation_errors"), dict):
        reasons = [str(reason) for reasons in body["validation_errors"].values() for reason in reasons]
        said += f" ({'; '.join(reasons)})"
    if status == 401:
        said += "; is the token right, and does the server take tokens of its kind?"
    return said


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sdk_version() -> str:
    from importlib.metadata import version

    return version("label-studio-sdk")
