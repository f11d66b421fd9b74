"""Read the tasks of a project page by page, and halve a page that the server cannot send.

    128 tasks, answer 500  →  64 + 64  →  …  →  1 task, answer 500: it is left out and named

The server stores any JSON, a lone surrogate too, and then fails to write it: one annotation blocks its page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .errors import ServerError

SIZE = 128
"""Tasks per request: a power of two, so that halves are pages too."""
MOST = 100
"""Tasks left out after which the server is at fault, not a task."""

Task = dict[str, Any]
Ask = Callable[[int, int], list[Task]]
"""Return a page: its number from 1, its size. Raises ServerError, with status 404 after the last page."""


def read_pages(ask: Ask, leave_out: Callable[[int], object] | None = None) -> Iterator[Task]:
    """Yield all tasks.

    `leave_out` is called with the number, from 1, of each task that the server cannot send. Without it, one such task
    raises ServerError, as any other failure does, and as more than `MOST` do.
    """
    left_out: list[int] = []

    def page(number: int, size: int) -> Iterator[Task]:
        try:
            yield from ask(number, size)
        except ServerError as error:
            if error.status == 404 and number > 1:
                return  # the server answers 404 after its last page
            if error.status != 500 or leave_out is None:
                raise
            if size > 1:
                yield from page(2 * number - 1, size // 2)
                yield from page(2 * number, size // 2)
                return
            left_out.append(number)
            if len(left_out) > MOST:
                raise
            leave_out(number)

    number = came = 0
    while came + len(left_out) == number * SIZE:
        number += 1
        for task in page(number, SIZE):
            came += 1
            yield task
