"""HTTP requests to a Label Studio server, with a token.

Plain requests, not label-studio-sdk: importing that takes 3 s of CPU, and it holds numpy back. The token comes from the
environment or from a file, and is sent only to the server. No error repeats it, nor the address of the server.
Requests that read are retried when the server is busy; requests that write are sent once, because a lost answer does
not mean that nothing was written.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ..core.model import CorpusError
from .address import is_loopback
from .errors import ServerError
from .pseudonyms import without_addresses

if TYPE_CHECKING:
    import httpx2

TIMEOUT = 60.0
"""Seconds to wait for an answer."""
PATIENCE = 10
"""The factor on the timeout for a snapshot or an import."""
ATTEMPTS = 4
_EARLY = 30
"""Seconds before its end at which an access token is renewed."""
_NO_ANSWER = (LookupError, TypeError, AttributeError, ValueError, RecursionError)
"""What reading an answer raises that is not from Label Studio."""
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""The name of the error in the message of the TLS library."""
_T = TypeVar("_T")


class Connection:
    """A server at an address, and the user whose token is sent with each request."""

    def __init__(self, origin: str, token: str, timeout: float = TIMEOUT, ca_file: Path | None = None):
        """Open nothing yet. Raises CorpusError if the file of certificates cannot be used."""
        import httpx2

        self.origin, self.timeout, self._token = origin, timeout, token
        """The address is for requests alone: it must not be printed or stored (see `Pseudonyms.server`)."""
        self._access, self._until = "", 0.0
        self._http = httpx2.Client(
            # Never through a proxy that the environment names: it would see requests meant for this machine.
            trust_env=not is_loopback(urlsplit(origin).hostname or ""),
            verify=_trusted(ca_file),
            follow_redirects=False,
            timeout=self._limit(),
        )

    def get(
        self,
        what: str,
        path: str,
        read: Callable[[Any], _T] = lambda answer: answer,
        final: int | None = None,
        **params: Any,
    ) -> _T:
        """Return what `read` makes of the JSON of an answer. Raises ServerError: "the server did not give {what}".

        It is asked again while the failure is temporary, and does not have the status `final`.
        """
        for attempt in range(ATTEMPTS):
            try:
                with self.asking(f"the server did not give {what}"):
                    return read(_json(self._request("GET", path, params=_query(params))))
            except ServerError as error:
                if attempt + 1 == ATTEMPTS or not is_passing(error) or error.status == final:
                    raise
            wait(attempt)
        raise AssertionError

    def send(
        self,
        what: str,
        method: str,
        path: str,
        body: Any = None,
        read: Callable[[Any], _T] = lambda answer: answer,
        *,
        detailed: bool = False,
        long: bool = False,
        **params: Any,
    ) -> _T:
        """Send a request that writes, once; return what `read` makes of the JSON of its answer.

        Raises ServerError with the message `what`; `detailed` adds the errors of a config. `long` waits longer.
        """
        with self.asking(what, detailed):
            limit = self._limit(PATIENCE if long else 1)
            answer = self._request(method, path, params=_query(params), content=_bytes(body), timeout=limit)
            return read(_json(answer))

    @contextmanager
    def stream(self, what: str, path: str, headers: Mapping[str, str], **params: Any) -> Iterator[httpx2.Response]:
        """Open an answer that is not read yet. Raises ServerError, while it is read, too."""
        with self.asking(what):
            own = {**self._headers(), **headers}
            with self._http.stream("GET", self.origin + path, params=_query(params), headers=own) as answer:
                if not answer.is_success:
                    answer.read()
                yield _checked(answer)

    def _request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {**self._headers(), "content-type": "application/json"}
        return _checked(self._http.request(method, self.origin + path, headers=headers, **options))

    def _headers(self) -> dict[str, str]:
        """Return the headers with the token. A personal access token is exchanged for one that lives some minutes."""
        payload = _payload(self._token)
        if not payload:
            return {"authorization": f"Token {self._token}"}
        if payload.get("token_type") == "access":
            return {"authorization": f"Bearer {self._token}"}
        if time.monotonic() >= self._until:
            body = _bytes({"refresh": self._token})
            headers = {"content-type": "application/json"}
            answer = _checked(self._http.post(f"{self.origin}api/token/refresh/", content=body, headers=headers))
            self._access = str(_json(answer)["access"])
            fresh = _payload(self._access)
            self._until = time.monotonic() + fresh["exp"] - fresh["iat"] - _EARLY
        return {"authorization": f"Bearer {self._access}"}

    def _limit(self, factor: float = 1) -> httpx2.Timeout:
        import httpx2

        return httpx2.Timeout(self.timeout * factor, connect=min(self.timeout, 15.0))

    def redacted(self, said: str) -> str:
        """Return what the server or a library said, without the token, addresses and the name of the server."""
        parts = urlsplit(self.origin)
        for secret in (self._token, self._access or self._token, parts.netloc, parts.hostname or parts.netloc):
            said = said.replace(secret, "…")
        return without_addresses(said)

    @contextmanager
    def asking(self, what: str, detailed: bool = False) -> Iterator[None]:
        """Raise every failure of a request as a ServerError with our message, `detailed` with errors of a config."""
        import httpx2

        try:
            yield
        except _RefusedError as error:
            said = self.redacted(_said(error.status, error.body, detailed))
            raise ServerError(f"{what}: {said}", error.status, error.status >= 500) from None
        except httpx2.TimeoutException as error:
            late = "no connection" if isinstance(error, httpx2.ConnectTimeout) else "no answer"
            raise ServerError(f"{what}: {late} in time; raise --timeout", lost=late == "no answer") from None
        except httpx2.ConnectError as error:
            said = str(error)
            message = f"{what}: {_unconnected(self.redacted(said))}"
            raise ServerError(message, lasting=_UNTRUSTED in said) from None
        except httpx2.HTTPError as error:
            raise ServerError(f"{what}: the connection was interrupted ({type(error).__name__})", lost=True) from None
        except _NO_ANSWER:
            raise ServerError(f"{what}: the answer is not from Label Studio", 400, lost=True) from None


class _RefusedError(Exception):
    """An answer that is not 2xx: its status, and its JSON, None if it has none."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__()
        self.status, self.body = status, body


def is_passing(error: ServerError) -> bool:
    """True if the same request may succeed a moment later."""
    return not error.lasting and (error.status in (0, 408, 429) or error.status >= 500)


def wait(attempt: int) -> None:
    """Sleep before another attempt, twice as long after each."""
    time.sleep(0.5 * 2**attempt)


def _checked(answer: httpx2.Response) -> httpx2.Response:
    if answer.is_success:
        return answer
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    raise _RefusedError(answer.status_code, body)


def _json(answer: httpx2.Response) -> Any:
    return json.loads(answer.content) if answer.content else None


def _bytes(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


def _query(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if isinstance(value, dict) else value for name, value in params.items()}


def _payload(token: str) -> dict[str, Any]:
    """Return what a JSON web token says, {} if it is not one: a legacy token is a plain word."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _trusted(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Return which certificates are trusted: those of the file, of the environment, or of the system."""
    file, folder = str(ca_file or os.environ.get("SSL_CERT_FILE", "")), os.environ.get("SSL_CERT_DIR")
    if not file and not folder:
        return True
    named = f"--ca-file {ca_file}" if ca_file else "SSL_CERT_FILE"
    try:
        return ssl.create_default_context(cafile=file or None, capath=None if ca_file else folder)
    except (OSError, ValueError):
        raise CorpusError(f"{named} is not a file of certificates in PEM form") from None


def _unconnected(said: str) -> str:
    if _UNTRUSTED not in said:
        return f"no connection ({said})"
    reason = said.rpartition("failed: ")[2].partition(" (_ssl")[0]
    return (
        f"the server's certificate is not trusted ({reason}); if an authority of your own issued it, name its "
        "certificate with --ca-file FILE or SSL_CERT_FILE"
    )


def _said(status: int, body: Any, detailed: bool) -> str:
    if 300 <= status < 400:
        return f"it answered {status}, which leads to another address; pass that one as --server"
    detail = body.get("detail") if isinstance(body, dict) else None
    said = f"it answered {status}" + (f": {detail}" if isinstance(detail, str) else "")
    if detailed and isinstance(body, dict) and isinstance(body.get("validation_errors"), dict):
        reasons = [str(reason) for reasons in body["validation_errors"].values() for reason in reasons]
        said += f" ({'; '.join(reasons)})"
    if status == 401:
        said += "; check that the token is right and that the server accepts tokens of its kind"
    return said
