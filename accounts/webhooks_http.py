"""One POST to an address that a stranger chose: never to the inside of the network.

The name is resolved once, each of its addresses must be public, and the connection
goes to the one that was looked at, so that a name cannot change its mind in between.
Redirects are not followed. The certificate must be valid for the name.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

from classifier.public_hosts import IPAddress, is_public, resolve

LOOKUP_SECONDS = 5.0
# What is read of the answer, so that the other side is not cut off in its sentence.
ANSWER_BYTES = 16 * 1024


class Undeliverable(Exception):  # noqa: N818 - an outcome of the network, not a fault
    """There was no answer; the text says why in a few words."""


@dataclass(frozen=True)
class Target:
    """Where an https URL leads; `path` includes the query."""

    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """The parts of an https URL; raises `Undeliverable` for any other."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Undeliverable(gettext("not a valid address")) from error
    if parts.scheme != "https" or not host:
        raise Undeliverable(gettext("not an https address"))
    if parts.username or parts.password:
        raise Undeliverable(gettext("an address with a name or password"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or 443, path)


def public_addresses(target: Target) -> list[str]:
    """The addresses of the target. Raises `Undeliverable` where any is not public."""
    try:
        found = resolve(target.host, target.port, LOOKUP_SECONDS)
    except (OSError, UnicodeError) as error:
        raise Undeliverable(gettext("its name leads nowhere")) from error
    if not found or not all(map(_may_be_reached, found)):
        raise Undeliverable(gettext("it is not on the public internet"))
    return [str(address) for address in found]


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
    """The status of the answer. Raises `Undeliverable` where there is none in time."""
    target = target_of(url)
    connection = _PinnedConnection(target, public_addresses(target), seconds)
    try:
        with _cut_off(connection, seconds):
            connection.request("POST", target.path, body, dict(headers))
            response = connection.getresponse()
            response.read(ANSWER_BYTES)
            return response.status
    except ssl.SSLCertVerificationError as error:
        raise Undeliverable(
            gettext("its certificate is not valid for its name")
        ) from error
    except TimeoutError as error:
        raise Undeliverable(
            gettext("no answer within %(seconds)s s") % {"seconds": f"{seconds:g}"}
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Undeliverable(gettext("the connection failed")) from error
    finally:
        connection.close()


class _PinnedConnection(http.client.HTTPSConnection):
    """Speaks to one of `addresses`, and checks the certificate against the name."""

    def __init__(self, target: Target, addresses: list[str], seconds: float) -> None:
        self._addresses, self._tls = addresses, ssl.create_default_context()
        super().__init__(target.host, target.port, timeout=seconds, context=self._tls)

    def connect(self) -> None:
        """Connect to what was looked at, whatever the name says by now."""
        self.sock = self._open()
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)

    def _open(self) -> socket.socket:
        *others, last = self._addresses
        for address in others:
            with suppress(OSError):
                return socket.create_connection((address, self.port), self.timeout)
        return socket.create_connection((last, self.port), self.timeout)


@contextmanager
def _cut_off(connection: _PinnedConnection, seconds: float) -> Iterator[None]:
    """End the connection after `seconds`, however slowly its bytes trickle in."""
    expired = threading.Event()

    def end() -> None:
        expired.set()
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if expired.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()


def _may_be_reached(address: IPAddress) -> bool:
    allowed = any(address in network for network in _allowed_networks())
    return allowed or is_public(address)


def _allowed_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(n) for n in settings.WEBHOOK_ALLOWED_NETWORKS]
