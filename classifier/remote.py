"""A picture by its `https` address: fetched from the public internet, within bounds."""

from __future__ import annotations

import posixpath
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Literal
from urllib.parse import unquote, urljoin

import certifi
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy
from urllib3.exceptions import LocationParseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from classifier import pinned_https
from classifier.capacity import Gate
from classifier.inference.images import too_large
from classifier.pinned_https import (
    HTTPS_PORT,
    Access,
    NoAnswer,
    Reason,
    tls_context,
)

# For everything: names, redirects, and a body that trickles.
TOTAL_SECONDS = 15.0
MAX_ADDRESS_LENGTH = 2048
MAX_REDIRECTS = 3
# Each holds a thread of the site for as long as the other site likes.
MAX_AT_ONCE = 4
CHUNK_BYTES = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Code = Literal[
    "bad_address",
    "address_off",
    "address_unreachable",
    "address_untrusted",
    "address_timeout",
    "address_no_picture",
]
# A name that does not exist, a private address and a closed port sound alike: the
# answers must not draw a map of the network behind the site.
DETAILS = {
    "bad_address": gettext_lazy(
        "Give the https address of a picture, such as https://example.org/photo.jpg, "
        "without a port, a user name or a password in it."
    ),
    "address_off": gettext_lazy(
        "This site fetches nothing by address. Save the picture and send the file."
    ),
    "address_unreachable": gettext_lazy(
        "No public site can be reached at this address. Check the address, or save "
        "the picture and send the file."
    ),
    "address_untrusted": gettext_lazy(
        "The site at this address has no valid certificate. Save the picture and send "
        "the file."
    ),
    "address_timeout": gettext_lazy(
        "The site at this address takes too long. Try again later, or save the picture "
        "and send the file."
    ),
    "address_no_picture": gettext_lazy(
        "The site at this address does not hand out the picture: it may be gone or "
        "need a log-in. Save the picture and send the file."
    ),
}
# What the connection says, as the visitor hears it.
CODES: dict[Reason, Code] = {
    "unknown": "address_unreachable",
    "not_public": "address_unreachable",
    "failed": "address_unreachable",
    "untrusted": "address_untrusted",
    "late": "address_timeout",
}


class AddressRefused(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """Nothing can be fetched from the address; `detail` says what to do."""

    def __init__(self, code: Code) -> None:
        self.code: str = code
        self.detail = gettext(DETAILS[code])
        super().__init__(self.detail)


@dataclass(frozen=True)
class RemotePicture:
    """The bytes at an address, and a name for them."""

    data: bytes = field(repr=False)
    name: str


@dataclass(frozen=True, kw_only=True)
class FetchPolicy(Access):
    """Where to connect, and how much to take; tests have servers of their own."""

    max_bytes: int
    seconds: float = TOTAL_SECONDS
    ports: frozenset[int] = frozenset({HTTPS_PORT})


def fetch_picture(address: str) -> RemotePicture:
    """Fetch what lies at an address that a visitor gave.

    Raises `AddressRefused`, `ImageRejected` for too many bytes, and `Overloaded` when
    this process fetches MAX_AT_ONCE already.
    """
    if not settings.FETCH_BY_ADDRESS:
        raise AddressRefused("address_off")
    with _gate().slot():
        return fetch(address, policy=site_policy())


def site_policy() -> FetchPolicy:
    """What holds on a running site; the seam that tests replace."""
    return FetchPolicy(tls=_trusting(), max_bytes=settings.MAX_UPLOAD_BYTES)


def fetch(address: str, *, policy: FetchPolicy) -> RemotePicture:
    """Fetch without a cookie, a proxy or a decompression; redirects are checked anew.

    Raises as `fetch_picture` does, `Overloaded` aside.
    """
    deadline = time.monotonic() + policy.seconds
    url = read_address(address, ports=policy.ports)
    for _ in range(1 + MAX_REDIRECTS):
        with _answer(url, policy, deadline) as response:
            target = response.headers.get("Location")
            if response.status in REDIRECTS and target:
                url = _redirected(url, target, policy)
                continue
            if response.status != 200:
                break
            return RemotePicture(_body(response, policy.max_bytes), _name(url))
    raise AddressRefused("address_no_picture")


def read_address(address: str, *, ports: frozenset[int]) -> Url:
    """The parts of an https address. Raises `AddressRefused` for any other.

    Everything that follows uses these parts, so no second parser can disagree.
    """
    if len(address) > MAX_ADDRESS_LENGTH:
        raise AddressRefused("bad_address")
    try:
        url = parse_url(address.strip())
    except LocationParseError:
        raise AddressRefused("bad_address") from None
    if (
        url.scheme != "https"
        or not url.host
        or url.auth is not None
        or (url.port or HTTPS_PORT) not in ports
    ):
        raise AddressRefused("bad_address")
    return url


@contextmanager
def _answer(
    url: Url, policy: FetchPolicy, deadline: float
) -> Iterator[BaseHTTPResponse]:
    """The answer of the host with its body unread; failures become `AddressRefused`."""
    headers = {
        "User-Agent": f"AI-Image-Detector/{settings.APP_VERSION} "
        f"(+{settings.SITE_URL})",
        "Accept": "image/*",
    }
    try:
        with pinned_https.answer(
            "GET", url, headers=headers, access=policy, deadline=deadline
        ) as response:
            yield response
    except NoAnswer as error:
        raise AddressRefused(CODES[error.reason]) from None


def _redirected(url: Url, target: str, policy: FetchPolicy) -> Url:
    try:
        return read_address(urljoin(url.url, target), ports=policy.ports)
    except (AddressRefused, ValueError):
        raise AddressRefused("address_no_picture") from None


def _body(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    """All of the body. Raises `ImageRejected` as soon as it is known to be too long."""
    length = response.headers.get("Content-Length", "")
    data = bytearray()
    while not (length.isdecimal() and int(length) > max_bytes):
        # Not `stream()`, whose lines between chunks have no limit.
        chunk = response.read(CHUNK_BYTES, decode_content=False)
        data += chunk
        if not chunk:
            return bytes(data)
        if len(data) > max_bytes:
            break
    raise too_large(max_bytes)


def _name(url: Url) -> str:
    return unquote(posixpath.basename(url.path or "")) or url.host or ""


@cache
def _trusting() -> ssl.SSLContext:
    return tls_context(certifi.where())


@cache
def _gate() -> Gate:
    return Gate(MAX_AT_ONCE, 0)
