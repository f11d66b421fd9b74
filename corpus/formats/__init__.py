"""Other people's formats ↔ this one: `FORMATS`, one visible list, one module a format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..model import Problem
from . import german_news

Read = Callable[[Path, Path], Iterable[Problem]]
"""Reads what lies at a path into a new corpus at another; yields what it could not read as Problems."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what it is, and how it is read."""

    description: str
    read: Read


FORMATS: dict[str, Format] = {
    "german-news": Format(
        "German News Quotation corpus (Petersen-Frey & Biemann 2024), one JSON file an article", german_news.read
    ),
}
