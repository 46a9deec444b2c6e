"""Which hosts the site may connect to for a stranger: those on the public internet."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv6Address,
    ip_address,
    ip_network,
)

IPAddress = IPv4Address | IPv6Address

# What `is_global` lets through, or did in older releases of Python: protocol
# assignments and the anycast addresses of 6to4 relays.
SPECIAL_IPV4 = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"))
# Only this block is handed out to hosts. The other IPv6 space holds loopback, local
# and multicast addresses, IPv4 in disguise (::/96, ::ffff:0:0/96), and blocks to come.
UNICAST_IPV6 = ip_network("2000::/3")
# Protocol assignments with Teredo, documentation, 6to4, documentation again.
SPECIAL_IPV6 = tuple(
    ip_network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# Where IPv6 alone is spoken, this carries the IPv4 address in its last 32 bits.
NAT64 = ip_network("64:ff9b::/96")

MAX_LOOKUPS = 4


def is_public(address: IPAddress) -> bool:
    """Whether packets to the address leave for the public internet.

    After the registries of special-purpose addresses (RFC 6890) and RFC 6052 for NAT64.
    """
    if isinstance(address, IPv6Address) and address in NAT64:
        address = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in SPECIAL_IPV4)
    return address in UNICAST_IPV6 and not any(
        address in block for block in SPECIAL_IPV6
    )


def resolve(host: str, port: int, seconds: float) -> list[IPAddress]:
    """The addresses of a name, the system's preferred one first.

    Raises `OSError` (also `TimeoutError` after `seconds`) or `UnicodeError` where there
    are none. The system's resolver knows no deadline, so it runs in a thread.
    """
    lookup = _lookups().submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = lookup.result(timeout=seconds)
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


@cache
def _lookups() -> ThreadPoolExecutor:
    """Made in the process that looks up: threads don't survive a fork."""
    return ThreadPoolExecutor(MAX_LOOKUPS, thread_name_prefix="lookup")
