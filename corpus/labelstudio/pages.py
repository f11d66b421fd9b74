"""Read the tasks of a project page by page, gently, and halve a page that the server cannot send.

    64 tasks after task 0, after task 71, …      a task that is deleted meanwhile shifts no page
    64 tasks, answer 500  →  32, 32  →  …  →     1 task, answer 500: it is left out and named

Between two pages it sleeps as long as the server took to answer, and a page that took over a second is followed by a
smaller one: people annotate on the same server meanwhile.

The server stores any JSON, a lone surrogate too, and then fails to write it: one annotation blocks its page.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from .errors import ServerError

SIZE = 64
"""Tasks of a request at most."""
LEAST = 4
"""Tasks of a request at least, if only the time of the answer counts."""
SLOW, QUICK = 1.0, 0.3
"""Seconds of an answer after which the next page is smaller, and before which it is larger."""
PAUSE = 10.0
"""Seconds between two requests at most."""
MOST = 100
"""Tasks left out after which the server is at fault, not a task."""

Task = dict[str, Any]
Ask = Callable[[int, int], list[Task]]
"""Return a page: the tasks of a greater id than the first argument, in order of id, as many as the second."""


def read_pages(ask: Ask, leave_out: Callable[[int], int | None] | None = None, after: int = 0) -> Iterator[list[Task]]:
    """Yield the tasks whose id is greater than `after`, a page at a time.

    `leave_out` is called with an id after which the server cannot send the next task; it returns the id of that task,
    None if there is none. Without it, one such task raises ServerError, as any other failure does, and as more than
    `MOST` do.
    """
    full, size, left_out, sound = SIZE, SIZE, 0, 0
    while True:
        began = time.monotonic()
        try:
            page = ask(after, size)
        except ServerError as error:
            if error.status != 500 or leave_out is None:
                raise
            if size > 1:
                size, sound = size // 2, 0
                continue
            left_out += 1
            if left_out > MOST:
                raise
            id_ = leave_out(after)
            if id_ is None:
                return
            after, size, sound = id_, full, 0
            continue
        seconds = time.monotonic() - began
        if page:
            yield page
            after = max(after, *(one["id"] for one in page))
        if len(page) < size:
            return
        sound += 1
        if size == full:
            full = size = _next_size(full, seconds)
        elif sound > 1:  # what failed is sent now
            size = full
        time.sleep(min(seconds, PAUSE))


def _next_size(size: int, seconds: float) -> int:
    if seconds > SLOW:
        return max(LEAST, size // 2)
    return min(SIZE, size * 2) if seconds < QUICK else size
