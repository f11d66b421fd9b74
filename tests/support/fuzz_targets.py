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
    "json": (300, 100, Json),
    "toml": (150, 1, Toml),
    "card and citation": (30, 1, CardAndCitation),
    "archives": (80, 1, Archive),
    "releases": (80, 1, Release),
    "schema": (20, 1, Schemas),
    "exports": (80, 1, Exports),
    "conversions": (40, 25, Conversions),
    "documents": (60, 40, Documents),
    "corpora": (3, 1, Corpora),
    "maps": (17, 1, Maps),
    **{
        f"import {name}": (*((8, 1) if name == "uima-xmi" else (15, 25)), partial(Import, name=name))
        for name, one in FORMATS.items()
        if one.reads
    },
}
"""The share of all inputs, the number of inputs tried together, and what makes the target."""
