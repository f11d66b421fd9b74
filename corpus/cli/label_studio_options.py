"""Options that several verbs of `corpus label-studio` have, and a progress bar for their steps."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import PATH_TYPE, Common, NameList, Number, warn

if TYPE_CHECKING:
    from ..labelstudio.server import Server

_DAY = 86_400.0
"""Seconds; no answer takes longer."""


def project_options(verb: Callable[..., int]) -> Callable[..., int]:
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


OVERWRITE = click.option(
    "--overwrite",
    type=PATH_TYPE,
    multiple=True,
    metavar="FILE",
    help="Replace this file although it was edited, or not imported; git must have it committed. Repeatable.",
)


LAYERS = click.option(
    "--layers",
    type=NameList(),
    default=(),
    metavar="L,…",
    help="Only these layers are annotated; the others are shown.",
)


def absolute(files: tuple[Path, ...], root: Path) -> list[Path]:
    """Return the paths as absolute ones; findings name files relative to the corpus, so that spelling is taken too."""
    return [Path(os.path.abspath(file if file.exists() else root / file)) for file in files]


class StepBar:
    """A progress bar for one step after another: the bytes of a download, then tasks."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._bar: Any = None
        self._of = ""

    def __enter__(self) -> StepBar:
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
