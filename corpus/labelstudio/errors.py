"""The error of a request to a Label Studio server."""

from __future__ import annotations

from ..core.model import CorpusError


class ServerError(CorpusError):
    """The server was unreachable, or refused a request.

    `status` is the HTTP status, 0 if no answer came. `lost` is true if it is unknown whether the server did what
    was requested: the answer was lost, or came from a proxy. `lasting` is true if no later attempt can succeed: the
    certificate of the server is not trusted.
    """

    def __init__(self, message: str, status: int = 0, lost: bool = False, lasting: bool = False):
        super().__init__(message)
        self.status, self.lost, self.lasting = status, lost, lasting
