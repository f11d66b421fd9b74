"""The targets of `fuzz`: everything that reads a file, with a share of the inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from corpus.formats import FORMATS
from support.fuzz_corpora import Corpora, Documents, Import, Maps
from support.fuzz_files import Archive, CardAndCitation, Conversions, Exports, Json, Release, Schemas, Toml
from support.fuzz_runs import Target

TARGETS: dict[str, tuple[int, int, Callable[[Path], Target]]] = {
    "json": (444, 100, Json),
    "toml": (120, 1, Toml),
    "card and citation": (20, 1, CardAndCitation),
    "archives": (90, 1, Archive),
    "releases": (70, 1, Release),
    "schema": (8, 1, Schemas),
    "exports": (80, 1, Exports),
    "conversions": (30, 25, Conversions),
    "documents": (50, 40, Documents),
    "corpora": (1, 1, Corpora),
    "maps": (6, 1, Maps),
    **{
        f"import {name}": (*((4, 1) if name == "uima-xmi" else (11, 25)), partial(Import, name=name))
        for name, one in FORMATS.items()
        if one.reads
    },
}
"""The share of all inputs, the number of inputs tried together, and what makes the target."""
