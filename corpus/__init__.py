"""On the Record: news corpora annotated with entities, coreference, quotes and stance."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .core.old_paths import OldPaths

if TYPE_CHECKING:
    from .edit.annotator import Annotator
    from .release.load import load
    from .view.notebook import show

    __version__: str
    """The version of this package, X.Y.Z, from its metadata."""

__all__ = ["Annotator", "load", "show"]

# The one thing that happens at import: without it, `import corpus.model` could not be answered.
sys.meta_path += [OldPaths()]


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__", *(name for name in globals() if name.startswith("__"))})


def __getattr__(name: str) -> object:
    """Import a name when it is first used: it brings pyarrow, which `corpus --help` must not wait for."""
    if name == "Annotator":
        from .edit.annotator import Annotator

        return Annotator
    if name == "load":
        from .release.load import load

        return load
    if name == "show":
        from .view.notebook import show

        return show
    if name == "__version__":
        from importlib.metadata import version

        return version("on-the-record")
    raise AttributeError(f"module 'corpus' has no attribute {name!r}")
