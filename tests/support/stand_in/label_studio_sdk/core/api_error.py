"""The error of the SDK."""

from typing import Any


class ApiError(Exception):
    """An answer that is not 2xx."""

    def __init__(self, *, headers: Any = None, status_code: int | None = None, body: Any = None) -> None:
        super().__init__()
        self.headers, self.status_code, self.body = headers, status_code, body
