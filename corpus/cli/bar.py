"""Progress bars: shown on a terminal, and otherwise not even imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self


class HiddenBar:
    """A progress bar that is not shown but counts. A bar of tqdm has these methods, too."""

    def __init__(self, iterable: Iterable[Any] | None = None) -> None:
        self._iterable = iterable
        self.n: float = 0
        self.total: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._iterable or ())

    def update(self, amount: float = 1) -> None:
        """Count further items."""
        self.n += amount

    def clear(self) -> None:
        """Do nothing."""

    def refresh(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def progress_bar(iterable: Iterable[Any] | None, shown: bool, **settings: Any) -> HiddenBar:
    """Return a progress bar on stderr, or one that is not shown."""
    if not shown:
        return HiddenBar(iterable)
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # With its thread, this process could not be forked.
    bar: HiddenBar = tqdm(iterable, leave=False, **settings)  # type: ignore[assignment]
    return bar
