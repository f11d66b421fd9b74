"""Options that several verbs of `corpus label-studio` have."""

from __future__ import annotations

import os
from pathlib import Path

import click

from .options import PATH_TYPE, NameList

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
