"""Work on a Dask cluster that exists: `dask://host:8786`, or `dask:scheduler.json`, a file that the scheduler wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..core.model import CorpusError
from .executors import Engine
from .versions import difference, versions

if TYPE_CHECKING:
    from distributed import Client

_PATIENCE = 30
"""Seconds to wait for the scheduler, and for its first worker."""


@contextmanager
def dask_engine(address: str) -> Iterator[Engine]:
    """Yield an Engine of the workers of a cluster.

    Raises CorpusError if `address` has another form, there is no cluster or no worker, or a worker has other versions
    than this machine or runs several calls at once.
    """
    from distributed import Client, KilledWorker

    where: dict[str, str] = {}
    if address.startswith("dask://") and address != "dask://":
        where["address"] = f"tcp://{address.removeprefix('dask://')}"
    elif address.startswith("dask:") and os.path.isfile(address.removeprefix("dask:")):
        where["scheduler_file"] = address.removeprefix("dask:")
    else:
        raise CorpusError(f"--executor is dask://HOST:PORT or dask:FILE with a file of the scheduler, not {address}")
    try:
        client = Client(**where, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise CorpusError(f"{address} does not answer: {error}") from None
    with client:
        _check(client, address)
        executor = client.get_executor(pure=False)
        try:
            # A lost worker is replaced; a future is cancelled only if the scheduler is lost.
            yield Engine(executor, killed=(KilledWorker, MemoryError), is_local=False)
        except CancelledError:
            raise CorpusError(f"the scheduler of {address} was lost; the parts that are done are kept") from None
        finally:
            executor.shutdown(wait=False)


def _check(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise CorpusError(f"{address} has no worker: start some with `dask worker {address} --nthreads 1`") from None
    for worker, threads in sorted(client.nthreads().items()):
        if threads != 1:
            raise CorpusError(f"the worker {worker} has {threads} threads: start it with --nthreads 1")
    try:
        theirs = client.run(versions)
    except ImportError as error:
        raise CorpusError(f"a worker cannot import this package ({error}): install the same version there") from None
    for worker, of in sorted(theirs.items()):
        if other := difference(versions(), of):
            raise CorpusError(f"the worker {worker} has other versions than this machine: {other}")
