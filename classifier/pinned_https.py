"""https to a host that a stranger named: to the public internet alone, and in time.

The name is resolved once, each of its addresses must be public, and the connection goes
to one that was looked at, so that a name cannot change its mind in between. The
certificate must be valid for the name. No redirect is followed, no proxy is used,
nothing is decompressed, and one deadline bounds everything.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Literal

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url

from classifier.public_hosts import IPAddress, is_public, resolve

HTTPS_PORT = 443
CONNECT_SECONDS = 4.0
# An address that leads nowhere (often IPv6) should not hide one that works.
MAX_CONNECTION_TRIES = 3

Resolve = Callable[[str, int, float], list[IPAddress]]
IsPublic = Callable[[IPAddress], bool]
Reason = Literal["unknown", "not_public", "untrusted", "late", "failed"]


class NoAnswer(Exception):  # noqa: N818 - an outcome of the network, not a fault
    """The host cannot be asked, may not be, or did not answer; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


@dataclass(frozen=True, kw_only=True)
class Access:
    """Whom to trust, and where to connect; tests have servers of their own."""

    tls: ssl.SSLContext
    resolve: Resolve = resolve
    is_public: IsPublic = is_public


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Checks certificates and names; its sockets know a deadline.

    Trusts the authorities of the file, or without one those of the system.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.sslsocket_class = _SocketWithDeadline
    return context


def public_addresses(
    url: Url,
    *,
    seconds: float,
    resolve: Resolve = resolve,
    is_public: IsPublic = is_public,
) -> list[IPAddress]:
    """All addresses of the host. Raises `NoAnswer` where any is not public."""
    try:
        found = resolve(_host(url), _port(url), seconds)
    except (OSError, UnicodeError):
        raise NoAnswer("unknown") from None
    # One private address among public ones is no mistake that a public site makes.
    if not found or not all(map(is_public, found)):
        raise NoAnswer("not_public")
    return found


@contextmanager
def answer(
    method: str,
    url: Url,
    *,
    headers: Mapping[str, str],
    access: Access,
    deadline: float,
    body: bytes | None = None,
) -> Iterator[BaseHTTPResponse]:
    """The answer to one request, its body unread; reading it is bounded all the same.

    `deadline` is a time of `time.monotonic()`. Raises `NoAnswer`.
    """
    try:
        connection = _connect(url, access, deadline)
        try:
            connection.request(
                method,
                url.request_uri,
                body=body,
                headers={
                    "Host": url.netloc,
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                    **headers,
                },
                preload_content=False,
                decode_content=False,
            )
            yield connection.getresponse()
        finally:
            connection.close()
    except ssl.SSLCertVerificationError:
        raise NoAnswer("untrusted") from None
    except (OSError, HTTPError, HTTPException) as error:
        is_late = isinstance(error, (TimeoutError, HTTPTimeoutError))
        is_late = is_late or time.monotonic() >= deadline
        raise NoAnswer("late" if is_late else "failed") from None


def _connect(url: Url, access: Access, deadline: float) -> HTTPSConnection:
    """Connect to an address of the host that was checked, and to none else."""
    found = public_addresses(
        url,
        seconds=_left(deadline),
        resolve=access.resolve,
        is_public=access.is_public,
    )
    for address in found[:MAX_CONNECTION_TRIES]:
        connection = HTTPSConnection(
            str(address),
            _port(url),
            server_hostname=_host(url),
            ssl_context=access.tls,
            timeout=min(CONNECT_SECONDS, _left(deadline)),
        )
        try:
            connection.connect()
        except ssl.SSLCertVerificationError:
            connection.close()
            raise
        except (OSError, HTTPError, ValueError):
            connection.close()
            continue
        connection.sock.deadline = deadline  # type: ignore[union-attr]
        return connection
    _left(deadline)
    raise NoAnswer("failed")


class _SocketWithDeadline(ssl.SSLSocket):
    """A time-out bounds one step; this bounds all of them, however slow they drip."""

    deadline: float | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._bound()
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._bound()
        return super().send(*args, **kwargs)

    def _bound(self) -> None:
        if self.deadline is not None:
            self.settimeout(_left(self.deadline))


def _host(url: Url) -> str:
    return (url.host or "").strip("[]").rstrip(".")


def _port(url: Url) -> int:
    return url.port or HTTPS_PORT


def _left(deadline: float) -> float:
    """Seconds until then. Raises `TimeoutError` once it is past."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
