"""Workers as forks of this process, which must have one thread."""

from __future__ import annotations

import gc
import signal
from multiprocessing.context import ForkContext, ForkProcess
from multiprocessing.process import BaseProcess
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Forking(ForkContext):
    """Starts forks and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[BaseProcess] = []

    def Process(self, *args: Any, **options: Any) -> ForkProcess:  # type: ignore[override]  # noqa: N802
        process = _Fork(*args, **options)
        self.started.append(process)
        return process


class _Fork(ForkProcess):
    """A fork that SIGTERM ends at once, and that leaves Ctrl-C to its parent."""

    def start(self) -> None:
        # A child that answered a signal as its parent does would delete what the parent has written so far.
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
