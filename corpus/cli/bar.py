"""Progress: a bar on a terminal, which is otherwise not even imported, and now and then a line in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

EVERY = 30.0
"""Seconds from one line of progress to the next."""


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


class LoggedBar(HiddenBar):
    """Progress in lines, such as `400 of 1,200 docs after 30 s`, for a log; none for work that ends within `EVERY`."""

    def __init__(
        self,
        iterable: Iterable[Any] | None,
        write: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
        *,
        total: float | None = None,
        desc: str = "",
        unit: str = "doc",
        unit_scale: bool = False,
    ) -> None:
        """Begin to count. `write` takes each line; the other arguments are tqdm's. `unit_scale` counts millions."""
        super().__init__(iterable)
        self.total = total
        self._write, self._clock, self._began = write, clock, clock()
        self._next = self._began + EVERY
        self._name, self._unit, self._scaled = desc, unit, unit_scale

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            yield item
            self.update()

    def update(self, amount: float = 1) -> None:
        """Count further items, and write a line if it is time for one."""
        super().update(amount)
        now = self._clock()
        if now >= self._next:
            self._next = now + EVERY
            of = f" of {self._shown(self.total)}" if self.total else ""
            unit = f"M{self._unit}" if self._scaled else f"{self._unit}s"
            name = f"{self._name}: " if self._name else ""
            self._write(f"{name}{self._shown(self.n)}{of} {unit} after {now - self._began:,.0f} s")

    def _shown(self, count: float) -> str:
        return f"{count / 1e6:,.1f}" if self._scaled else f"{count:,.0f}"


def progress_bar(iterable: Iterable[Any] | None, **settings: Any) -> HiddenBar:
    """Return a progress bar on stderr, which is a terminal."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # With its thread, this process could not be forked.
    bar: HiddenBar = tqdm(iterable, leave=False, **settings)  # type: ignore[assignment]
    return bar
