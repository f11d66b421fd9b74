"""How worker processes start: as forks of this process if it has one thread, else as new processes.

A fork starts in milliseconds and shares the memory of everything that was imported. It copies each lock, held or not,
but not the thread that holds it, so only a process with one thread is forked. Linux alone says how many threads a
process has. `one_thread` keeps libraries from starting threads that no command needs.
"""

from __future__ import annotations

import os
import sys
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .forks import Forking

_LIBRARIES = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""What keeps numpy and pyarrow from starting a thread when they are imported."""


class Spawning(SpawnContext):
    """Starts new processes, which import what they need."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[BaseProcess] = []

    def Process(self, *args: Any, **options: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = SpawnProcess(*args, **options)
        self.started.append(process)
        return process


def one_thread() -> None:
    """Keep libraries that are not imported yet from starting threads, for the rest of this process."""
    for name, value in _LIBRARIES.items():
        os.environ.setdefault(name, value)


def starting() -> Spawning | Forking:
    """Return what starts workers now: forks, if this process has no other thread."""
    if sys.platform != "linux" or _threads() != 1:
        return Spawning()
    from .forks import Forking

    return Forking()


def _threads() -> int:
    """Return the number of threads of this process, those of libraries too; 0 if the system does not say."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0
