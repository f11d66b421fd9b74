"""Ends a worker, or the process that started it, at a moment: the first, or every, change of a file of some name.

`CORPUS_TEST_AT` has an audit event, a pattern of the path, what to do (`kill`, `terminate` or `wait`) and a file that
is made the first time, with the id of the process, after which nothing happens; "" for every time. A directory of
`PYTHONPATH` that only has this module makes each new Python import it.
"""

from __future__ import annotations

import fnmatch
import os
import signal
import sys
import time


def install(event: str, pattern: str, action: str, once: str) -> None:
    """Watch this process, if it turns out to be a worker."""

    def hook(seen: str, arguments: tuple[object, ...]) -> None:
        if seen != event or not any(fnmatch.fnmatch(str(one), pattern) for one in arguments[:2]):
            return
        process = sys.modules.get("multiprocessing.process")
        if process is None or process.parent_process() is None:
            return
        if once:
            try:
                handle = os.open(once, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                return
            os.write(handle, str(os.getpid()).encode())
            os.close(handle)
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if action == "terminate":
            os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(600)  # as a partition of a million documents would take

    sys.addaudithook(hook)


if os.environ.get("CORPUS_TEST_AT"):
    install(*os.environ["CORPUS_TEST_AT"].split("|"))
