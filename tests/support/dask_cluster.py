"""A Dask cluster of two hosts, which are two addresses of this machine: a scheduler and a worker on each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HOSTS = ("127.0.0.1", "127.0.0.2")


@contextmanager
def dask_cluster(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Path]:
    """Run a cluster; yield the file of its scheduler. `env` is the environment of the workers."""
    file = folder / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", HOSTS[0], "--port", "0"]
    command += ["--no-dashboard", "--scheduler-file", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as scheduler:
        started = [scheduler]
        try:
            assert scheduler.stderr is not None
            # The file is there before this line is, and workers wait for it.
            next(line for line in scheduler.stderr if b"Scheduler at" in line)
            for host in HOSTS:
                command = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
                command += ["--host", host, "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"]
                command += ["--local-directory", str(folder / host)]
                with (folder / f"{host}.log").open("wb") as log:
                    environment = {**os.environ, **(env or {})}
                    # Not in this directory, whose package would be found before that of `env`.
                    started.append(subprocess.Popen(command, stderr=log, env=environment, cwd=folder))
            yield file
        finally:
            for process in reversed(started):
                process.send_signal(signal.SIGTERM)
                process.wait(60)
            scheduler.stderr.close()
