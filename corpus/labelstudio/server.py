"""The requests to a Label Studio server: a thin layer over label-studio-sdk 2.x.

The token comes from the environment or from a file, and is sent only to the server. The SDK's own messages
print headers and cookies, so no error of this module repeats them, nor the address of the server. Requests that read
are retried when the server is busy; requests that write are sent once, because a lost answer does not mean that nothing
was written.
"""

from __future__ import annotations

import hashlib
import json
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
from ..core.regular_file import open_file
from ..files.writer import open_partial
from .address import is_loopback
from .errors import ServerError
from .pages import read_pages
from .pseudonyms import without_addresses

TIMEOUT = 60.0
"""Seconds to wait for an answer."""
PATIENCE = 10
"""The factor on the timeout for a snapshot or an import."""
ATTEMPTS = 4
PROJECTS = 100
"""Projects per request."""

_ONLY_IDS = {name: {"only_id": True} for name in ("annotations__completed_by", "drafts", "predictions")}
"""What a snapshot gives as ids only: users, whose e-mail addresses it would hold, drafts and predictions."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the server: its labelling config, and its numbers of tasks and annotations."""

    id: int
    title: str
    config: str
    tasks: int
    annotations: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An export that the server stores as a file: the `md5` of its bytes, and its number of tasks (-1: unknown)."""

    id: int
    title: str
    status: str
    md5: str
    tasks: int
    created: str


class Server:
    """A server, and the user whose token is sent with each request."""

    def __init__(self, origin: str, token: str, timeout: float = TIMEOUT):
        try:
            import httpx
            import label_studio_sdk
        except ImportError:
            raise CorpusError('Label Studio needs its SDK: pip install "on-the-record[label-studio]"') from None

        self.origin, self.timeout, self._token = origin, timeout, token
        """The address is for requests alone: it must not be printed or stored (see `Pseudonyms.server`)."""
        self._long: Any = {"timeout_in_seconds": int(timeout * PATIENCE) or 1}
        here = is_loopback(urlsplit(origin).hostname or "")
        http = httpx.Client(
            # Never through a proxy that the environment names: it would see requests meant for this machine.
            trust_env=not here,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 15.0)),
        )
        with self._asking("the server was not asked"):
            self._sdk: Any = label_studio_sdk.LabelStudio(
                base_url=origin, api_key=token, max_retries=0, httpx_client=http
            )
        self.sdk_version = _sdk_version()
        self.version = str(getattr(self._read("its version", self._sdk.versions.get), "release", None))
        if not re.fullmatch(r"\d[\w.+-]{0,40}", self.version):
            raise ServerError("this is not a Label Studio server: it reports no version")

    def find_project(self, title: str) -> Project | None:
        """Return the project of this title, None if none exists. Raises CorpusError if there are two."""

        def titled() -> list[int]:
            found = self._sdk.projects.list(title=title, page_size=PROJECTS)
            return [project.id for project in found if project.title == title]

        ids = self._read("its projects", titled)
        if len(ids) > 1:
            numbers = ", ".join(map(str, sorted(ids)))
            raise CorpusError(f"the server has {len(ids)} projects named {title!r} ({numbers}); rename one of them")
        return self._project(ids[0]) if ids else None

    def create_project(self, title: str, config: str) -> Project:
        """Create a project with this labelling config."""
        with self._asking(f"the project {title!r} was not created", detailed=True):
            project = self._sdk.projects.create(title=title, label_config=config)
        return self._project(project.id)

    def _project(self, id_: int) -> Project:
        found = self._read("the project", lambda: self._sdk.projects.get(id_))
        # The server strips the last newline, with which the config's checksum is computed.
        config = str(found.label_config or "").strip() + "\n"
        return Project(id_, str(found.title), config, found.task_number or 0, found.total_annotations_number or 0)

    def check_config(self, project: Project, config: str) -> None:
        """Raise CorpusError if the server rejects the config, or if existing annotations do not fit it."""
        what = f"the project {project.title!r} rejects the labelling config of this schema"
        with self._asking(what, detailed=True):
            self._sdk.projects.validate_label_config(project.id, label_config=config)

    def set_config(self, project: Project, config: str) -> None:
        """Replace the labelling config of the project."""
        with self._asking(f"the labelling config of {project.title!r} was not changed", detailed=True):
            self._sdk.projects.update(project.id, label_config=config)

    def tasks(
        self,
        project: Project,
        include: str = "id,meta",
        since: datetime | None = None,
        ids: Sequence[int] = (),
        unreadable: Callable[[int], object] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the tasks in order of id: all, those changed after `since`, or those in `ids`.

        `include` names the fields of each; "" means all, text and annotations too. `unreadable` is called with the id
        of each task that the server cannot send; without it, one such task raises ServerError.
        """
        query: dict[str, Any] = {"ordering": ["tasks:id"]}
        if since:
            when = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            item = {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": when}
            query["filters"] = {"conjunction": "and", "items": [item]}
        if ids:
            query["selectedItems"] = {"all": False, "included": list(ids)}

        def page(number: int, size: int, include: str = include) -> list[dict[str, Any]]:
            fields: Any = {"fields": "task_only", "include": include} if include else {"fields": "all"}

            def ask() -> list[dict[str, Any]]:
                found = self._sdk.tasks.list(
                    project=project.id,
                    page=number,
                    page_size=size,
                    query=json.dumps(query),
                    resolve_uri=False,
                    **fields,
                )
                return [task.model_dump(mode="json", exclude_unset=True) for task in found.items or ()]

            # A page that fails is halved at once; only a single task is asked for again.
            return self._read("its tasks", ask, final=500 if unreadable and size > 1 else None)

        def leave_out(number: int) -> None:
            for task in page(number, 1, "id"):
                seen.add(task["id"])
                if unreadable:
                    unreadable(task["id"])

        seen: set[int] = set()
        for task in read_pages(page, leave_out if unreadable else None):
            if task["id"] not in seen:
                seen.add(task["id"])
                yield task

    def has_task(self, id_: int) -> bool:
        """True if the server has this task."""
        try:
            self._read("a task", lambda: self._sdk.tasks.get(str(id_)))
        except ServerError as error:
            if error.status != 404:
                raise
            return False
        return True

    def import_tasks(self, project: Project, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Create tasks, all or none; return how many."""
        with self._asking("the tasks were not imported"):
            made = self._sdk.projects.import_tasks(project.id, request=tasks, request_options=self._long)
        return int(made.task_count or 0)

    def create_snapshot(self, project: Project, title: str) -> Snapshot:
        """Request a snapshot of all tasks. Never retried: each request makes the server build another one."""
        with self._asking("no snapshot was made"):
            made = self._sdk.projects.exports.create(
                project.id, title=title, serialization_options=_ONLY_IDS, request_options=self._long
            )
        return _snapshot(made)

    def find_snapshot(self, project: Project, title: str) -> Snapshot | None:
        """Return the snapshot of this title, None if the server has none."""
        made = self._read("its snapshots", lambda: self._sdk.projects.exports.list(project.id))
        return next((_snapshot(one) for one in made if one.title == title), None)

    def download(self, project: Project, snapshot: Snapshot, file: Path) -> Iterator[int]:
        """Download the snapshot to `file`, resuming an earlier attempt; yield the number of bytes of each chunk.

        Raises ServerError if the checksum differs from the server's.
        """
        for attempt in range(ATTEMPTS):
            try:
                yield from self._part(project, snapshot, file)
                break
            except ServerError as error:
                if error.status == 416:
                    break  # no bytes are left: the file is complete
                if attempt + 1 == ATTEMPTS or not _passing(error):
                    raise
                _wait(attempt)
        with open_file(file) as done:
            found = hashlib.file_digest(done, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if found != snapshot.md5:
            file.unlink()
            raise ServerError(
                f"the snapshot arrived with the MD5 {found}, the server says {snapshot.md5}: the download was cut "
                "off or changed, and nothing was pulled; pull again"
            )

    def _part(self, project: Project, snapshot: Snapshot, file: Path) -> Iterator[int]:
        have = file.stat().st_size if file.exists() else 0
        options: Any = {"chunk_size": 2**16}
        if have:
            options["additional_headers"] = {"Range": f"bytes={have}-"}
        with (
            self._asking("the download of the snapshot was interrupted"),
            self._sdk.projects.exports.with_raw_response.download(
                project.id, snapshot.id, export_type="JSON", request_options=options
            ) as answer,
        ):
            headers = answer.headers
            goes_on = have > 0 and str(headers.get("content-range", "")).startswith(f"bytes {have}-")
            expected = int(headers.get("content-length") or 0)
            if goes_on:
                yield have
            with open_partial(file, goes_on) as out:
                for chunk in answer.data:
                    out.write(chunk)
                    expected -= len(chunk)
                    yield len(chunk)
        if expected > 0:
            raise ServerError("the download of the snapshot was interrupted", lost=True)

    def delete_snapshot(self, project: Project, snapshot: Snapshot) -> None:
        """Delete the snapshot from the server's disk."""
        with self._asking(f"the snapshot {snapshot.id} was not deleted from the server"):
            self._sdk.projects.exports.delete(project.id, snapshot.id)

    def _read(self, what: str, ask: Callable[[], _T], final: int | None = None) -> _T:
        """Return the result of `ask`, retried while the failure is temporary, and does not have the status `final`."""
        for attempt in range(ATTEMPTS):
            try:
                with self._asking(f"the server did not give {what}"):
                    return ask()
            except ServerError as error:
                if attempt + 1 == ATTEMPTS or not _passing(error) or error.status == final:
                    raise
            _wait(attempt)
        raise AssertionError

    def _redacted(self, said: str) -> str:
        """Return what the server or a library said, without the token, addresses and the name of the server."""
        parts = urlsplit(self.origin)
        for secret in (self._token, parts.netloc, parts.hostname or parts.netloc):
            said = said.replace(secret, "…")
        return without_addresses(said)

    @contextmanager
    def _asking(self, what: str, detailed: bool = False) -> Iterator[None]:
        """Raise every failure of the SDK as a ServerError with our message; `detailed` adds the errors of a config."""
        import httpx
        import pydantic
        from label_studio_sdk.core.api_error import ApiError

        try:
            yield
        except ApiError as error:
            status = error.status_code or 0
            said = self._redacted(_said(status, error.body, detailed))
            raise ServerError(f"{what}: {said}", status, status >= 500) from None
        except httpx.TimeoutException as error:
            late = "no connection" if isinstance(error, httpx.ConnectTimeout) else "no answer"
            raise ServerError(f"{what}: {late} in time; raise --timeout", lost=late == "no answer") from None
        except httpx.ConnectError as error:
            raise ServerError(f"{what}: no connection ({self._redacted(str(error))})") from None
        except httpx.HTTPError as error:
            raise ServerError(f"{what}: the connection was interrupted ({type(error).__name__})", lost=True) from None
        except (pydantic.ValidationError, json.JSONDecodeError, TypeError, AttributeError):
            raise ServerError(f"{what}: the answer is not from Label Studio", 400, lost=True) from None


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
        return f"it answered {status}, which leads to another address; pass that one as --server"
    detail = body.get("detail") if isinstance(body, dict) else None
    said = f"it answered {status}" + (f": {detail}" if isinstance(detail, str) else "")
    if detailed and isinstance(body, dict) and isinstance(body.get("validation_errors"), dict):
        reasons = [str(reason) for reasons in body["validation_errors"].values() for reason in reasons]
        said += f" ({'; '.join(reasons)})"
    if status == 401:
        said += "; check that the token is right and that the server accepts tokens of its kind"
    return said


def _sdk_version() -> str:
    from importlib.metadata import version

    return version("label-studio-sdk")
