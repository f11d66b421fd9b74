"""The options that name a project of a Label Studio server, the server itself, and the bar that shows progress."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import PATH_TYPE, Common, Number, warn

if TYPE_CHECKING:
    from ..labelstudio.server import Server

_DAY = 86_400.0
"""Seconds; no answer takes longer."""


def of_project(verb: Callable[..., int]) -> Callable[..., int]:
    """Add the options that name a project of a server."""
    for option in (
        click.option(
            "--timeout",
            type=Number(float, 0.1, _DAY),
            default=60.0,
            metavar="SECONDS",
            help="How long to wait for an answer, and ten times that for a snapshot or an import; default: 60.",
        ),
        click.option(
            "--ca-file",
            type=PATH_TYPE,
            metavar="FILE",
            help="Trust the certificates in this PEM file, such as that of an authority of your own; "
            "default: SSL_CERT_FILE, or those of the system.",
        ),
        click.option("--server", metavar="URL", help="https://HOST[/PATH]; default: LABEL_STUDIO_URL."),
        click.option(
            "--project", required=True, metavar="NAME", help="The name of the project, or its address in the browser."
        ),
    ):
        verb = option(verb)
    return verb


def open_server(server: str | None, project: str, timeout: float, ca_file: Path | None) -> Server:
    """Return the server that has the project, after it answered. Raises CorpusError."""
    from ..labelstudio.address import read_token, server_origin
    from ..labelstudio.server import Server

    found = Server(server_origin(server, project), read_token(), timeout, ca_file)
    if message := found.outside_of_range:
        warn(f"note: {message}")
    return found


class ProgressBar:
    """A progress bar for one step after another: the bytes of a download, then tasks."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._bar: Any = None
        self._of = ""

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def more(self, amount: int, what: str) -> None:
        """Show that `amount` more of `what` has arrived."""
        if what != self._of:
            self.__exit__()
            unit = {"unit": "B", "unit_scale": True} if what == "download" else {"unit": "task"}
            self._bar, self._of = self._common.bar(desc=what, **unit), what
        self._bar.update(amount)
