"""How worker processes start: as forks of this process if it has one thread, else as new processes.

A fork starts in milliseconds and shares the memory of everything that was imported. It copies each lock, held or not,
but not the thread that holds it, so only a process with one thread is forked. Linux alone says how many threads a
process has. `one_thread` keeps libraries from starting threads that no command needs.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from typing import Any

_LIBRARIES = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""What keeps numpy and pyarrow from starting a thread when they are imported."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Spawning(SpawnContext):
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


def starting() -> _Spawning | _Forking:
    """Return what starts workers now: forks, if this process has no other thread."""
    return _Forking() if sys.platform == "linux" and _threads() == 1 else _Spawning()


def _threads() -> int:
    """Return the number of threads of this process, those of libraries too; 0 if the system does not say."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


if sys.platform != "win32":
    from multiprocessing.context import ForkContext, ForkProcess

    class _Forked(ForkProcess):
        """A fork that ends when it is told to, and leaves Ctrl-C to its parent."""

        def start(self) -> None:
            # The child must not answer a signal as its parent would: by deleting what the parent has made so far.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            try:
                super().start()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

        def run(self) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            gc.freeze()  # A collection would write to the memory of all objects, and so copy it.
            super().run()

    class _Forking(ForkContext):
        """Starts forks of this process."""

        def __init__(self) -> None:
            super().__init__()
            self.started: list[BaseProcess] = []

        def Process(self, *args: Any, **options: Any) -> ForkProcess:  # type: ignore[override]  # noqa: N802
            process = _Forked(*args, **options)
            self.started.append(process)
            return process
