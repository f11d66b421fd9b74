"""On the Record: news corpora that say who is named, who said what, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .release.load import load

__all__ = ["load"]


def __getattr__(name: str) -> object:
    if name == "load":
        from .release.load import load

        return load
    raise AttributeError(f"module 'corpus' has no attribute {name!r}")
