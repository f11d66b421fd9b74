"""Where work is done: in this process, in several, or on a Dask cluster. All are `concurrent.futures.Executor`.

    InProcess    each call at once, in this process
    Processes    new processes of this machine
    on_dask      the workers of a cluster that exists

`run_all` is the same for all. Work whose worker was killed is tried again, alone, so that what kills its worker each
time is known by name and the rest is done.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.process import BaseProcess
from operator import itemgetter
from typing import Any, TypeVar

import pyarrow as pa

from .processes import starting

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_AGAIN = 2
"""How often work is tried again alone after a worker was killed."""


class InProcess(Executor):
    """Runs each call at once, in this process."""

    def submit(self, function: Callable[..., _Result], /, *args: Any, **named: Any) -> Future[_Result]:
        """Call the function and return a Future that is done."""
        future: Future[_Result] = Future()
        try:
            future.set_result(function(*args, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class Processes(Executor):
    """Runs calls in processes that start with the first call, each of which first calls `start`.

    One that was killed is replaced.
    """

    def __init__(self, workers: int, start: Callable[..., None] | None = None, *args: Any) -> None:
        self._workers, self._start, self._args = workers, start, args
        self._started: Sequence[BaseProcess] = ()
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, function: Callable[..., _Result], /, *args: Any, **named: Any) -> Future[_Result]:
        """Start a call, in new processes if one of the others was killed."""
        if self._pool is not None:
            try:
                return self._pool.submit(function, *args, **named)
            except BrokenProcessPool:
                self._end()
        self._pool = self._new()
        return self._pool.submit(function, *args, **named)

    def __exit__(self, kind: object, *_: object) -> None:
        # An error, or a request to end, does not wait for what is under way.
        if kind is not None:
            self._end()
        elif self._pool is not None:
            self._pool.shutdown(wait=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; what they are doing is lost."""
        self._end()

    def _new(self) -> ProcessPoolExecutor:
        context = starting()
        self._started = context.started
        return ProcessPoolExecutor(
            self._workers, context, initializer=_start_worker, initargs=(self._start, self._args)
        )

    def _end(self) -> None:
        # The pool's own thread may overlook a worker that was just being started, and then waits for it for ever.
        for process in self._started:
            if process.pid is not None:
                process.terminate()
        self._started = ()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(start: Callable[..., None] | None, args: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pa.set_cpu_count(1)  # the workers share the processors already
    if start:
        start(*args)


def _end_with_parent() -> None:
    """Exit when the parent ends: after a SIGKILL of the parent, a worker would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@dataclass(frozen=True, slots=True)
class Engine:
    """An Executor with what `run_all` must know of it."""

    executor: Executor
    width: int | None = None
    """The most calls that are under way at once, None if the executor finds out itself which call killed a worker."""
    killed: tuple[type[BaseException], ...] = (BrokenProcessPool, MemoryError)
    """What is raised if the worker of a call was killed."""
    is_local: bool = True
    """True if the work is done on this machine."""


@contextmanager
def local_engine(workers: int) -> Iterator[Engine]:
    """Yield an Engine of this machine, with as many processes."""
    with InProcess() if workers == 1 else Processes(workers) as executor:
        yield Engine(executor, workers)


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for a result of work that killed its worker each time."""


def run_all(
    engine: Engine,
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    done: Callable[[_Result], object] = lambda result: None,
) -> list[_Result | Lost]:
    """Return the result for each item, in order. `done` gets each when it is there.

    An item is taken when it is its turn. Raises what the function raised, and what it had not yet begun is not done.
    """
    results: dict[int, _Result | Lost] = {}
    suspects: dict[int, _Item] = {}
    left, flying = enumerate(items), dict[Future[_Result], tuple[int, _Item]]()
    try:
        while True:
            for number, item in islice(left, None if engine.width is None else engine.width - len(flying)):
                flying[engine.executor.submit(function, item)] = number, item
            if not flying:
                break
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                number, item = flying.pop(future)
                try:
                    results[number] = result = future.result()
                except engine.killed:
                    suspects[number] = item
                else:
                    done(result)
    except BaseException:
        for future in flying:
            future.cancel()
        raise
    # Whatever was under way when a worker was killed is suspected, so each of these is tried alone.
    for number, item in sorted(suspects.items(), key=itemgetter(0)):
        results[number] = again = _alone(engine, function, item)
        if not isinstance(again, Lost):
            done(again)
    return [results[number] for number in sorted(results)]


def _alone(engine: Engine, function: Callable[[_Item], _Result], item: _Item) -> _Result | Lost:
    for _ in range(_AGAIN):
        with suppress(*engine.killed):
            return engine.executor.submit(function, item).result()
    return Lost()
