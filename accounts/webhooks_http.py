"""One POST to an address that a stranger chose: never to the inside of the network."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from classifier import pinned_https
from classifier.pinned_https import Access, NoAnswer, Reason, tls_context
from classifier.public_hosts import IPAddress, is_public, resolve

LOOKUP_SECONDS = 5.0
# What is read of the answer, so that the other side is not cut off in its sentence.
ANSWER_BYTES = 16 * 1024

# Why there was no answer, in a few words.
WORDS: dict[Reason, str] = {
    "unknown": gettext_lazy("its name leads nowhere"),
    "not_public": gettext_lazy("it is not on the public internet"),
    "untrusted": gettext_lazy("its certificate is not valid for its name"),
    "late": gettext_lazy("no answer within %(seconds)s s"),
    "failed": gettext_lazy("the connection failed"),
}


class Undeliverable(Exception):  # noqa: N818 - an outcome of the network, not a fault
    """There was no answer; the text says why in a few words."""


def target_of(url: str) -> Url:
    """The parts of an https URL; raises `Undeliverable` for any other.

    Everything that follows uses these parts, so no second parser can disagree.
    """
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise Undeliverable(gettext("not a valid address")) from error
    if parts.scheme != "https" or not parts.host:
        raise Undeliverable(gettext("not an https address"))
    if parts.auth is not None:
        raise Undeliverable(gettext("an address with a name or password"))
    return parts


def check_reachable(url: str) -> None:
    """Raises `Undeliverable` for an address that could never be sent to."""
    try:
        pinned_https.public_addresses(
            target_of(url), seconds=LOOKUP_SECONDS, is_public=_may_be_reached
        )
    except NoAnswer as error:
        raise _undeliverable(error, LOOKUP_SECONDS) from error


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> int:
    """The status of the answer. Raises `Undeliverable` where there is none in time."""
    target = target_of(url)
    try:
        with pinned_https.answer(
            "POST",
            target,
            body=body,
            headers=headers,
            # The system's authorities: a network's own ones may be among them.
            access=Access(
                tls=tls_context(), resolve=_look_up, is_public=_may_be_reached
            ),
            deadline=time.monotonic() + seconds,
        ) as response:
            response.read(ANSWER_BYTES, decode_content=False)
            return response.status
    except NoAnswer as error:
        raise _undeliverable(error, seconds) from error


def _undeliverable(error: NoAnswer, seconds: float) -> Undeliverable:
    return Undeliverable(WORDS[error.reason] % {"seconds": f"{seconds:g}"})


def _look_up(host: str, port: int, seconds: float) -> list[IPAddress]:
    return resolve(host, port, min(seconds, LOOKUP_SECONDS))


def _may_be_reached(address: IPAddress) -> bool:
    allowed = any(address in network for network in _allowed_networks())
    return allowed or is_public(address)


def _allowed_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(n) for n in settings.WEBHOOK_ALLOWED_NETWORKS]
