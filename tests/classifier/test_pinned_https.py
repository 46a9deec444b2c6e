"""One request to a host that a stranger named, over real TLS on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from typing import Any

import pytest
from urllib3.util import parse_url

from classifier.pinned_https import NoAnswer, answer, tls_context
from classifier.public_hosts import IPAddress
from tests.detector_site.servers import free_port
from tests.remote_sites import HOME, TlsSite, leads_to, sends, tls_site

LARGE = b"x" * (32 * 1024 * 1024)


class SlowReader:
    """Takes a request so slowly that the sender should lose patience."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        while part := request.rfile.read1(64 * 1024):
            self.taken += len(part)
            time.sleep(0.05)


def echo(request: BaseHTTPRequestHandler) -> None:
    sends(request.rfile.read(int(request.headers["Content-Length"])))(request)


@pytest.fixture
def slow_reader() -> SlowReader:
    return SlowReader()


@pytest.fixture
def site(slow_reader: SlowReader) -> Iterator[TlsSite]:
    answers = {
        "/echo?a=1": echo,
        "/elsewhere": leads_to("/echo?a=1"),
        "/slow": slow_reader,
    }
    with tls_site(answers) as running:
        yield running


def post(
    address: str,
    site: TlsSite,
    *,
    body: bytes = b"",
    seconds: float = 60.0,
    **changes: Any,
) -> tuple[int, bytes]:
    """The status and the body of the answer."""
    with answer(
        "POST",
        parse_url(address),
        headers={"X-Of": "the caller"},
        body=body,
        access=site.policy(**changes),
        deadline=time.monotonic() + seconds,
    ) as response:
        return response.status, response.read()


def no_answer(address: str, site: TlsSite, **options: Any) -> str:
    """The reason why there is none."""
    with pytest.raises(NoAnswer) as failed:
        post(address, site, **options)
    return failed.value.reason


def test_a_request_arrives_as_it_was_given(site: TlsSite) -> None:
    assert post(site.address("/echo?a=1"), site, body=b"\x00 bytes") == (
        200,
        b"\x00 bytes",
    )

    [request] = site.asked
    assert request.headers["X-Of"] == "the caller"
    assert request.headers["Host"] == f"pictures.test:{site.port}"


def test_a_redirect_is_an_answer_like_any_other(site: TlsSite) -> None:
    status, _ = post(site.address("/elsewhere"), site)

    assert status == 302
    assert len(site.asked) == 1


def test_the_connection_goes_to_the_address_that_was_looked_at(site: TlsSite) -> None:
    answers = [[HOME], [ip_address("10.0.0.1")]]

    def changes_its_mind(host: str, port: int, seconds: float) -> list[IPAddress]:
        return answers.pop(0)

    status, _ = post(site.address("/echo?a=1"), site, resolve=changes_its_mind)

    assert status == 200
    assert len(answers) == 1


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "169.254.169.254"])
def test_one_address_that_is_not_public_is_one_too_many(
    site: TlsSite, address: str
) -> None:
    found = [HOME, ip_address(address)]

    reason = no_answer(site.address("/echo?a=1"), site, resolve=lambda *_: found)

    assert reason == "not_public"
    assert site.asked == []


@pytest.mark.parametrize("fault", [OSError, TimeoutError, UnicodeError])
def test_a_name_that_leads_nowhere(site: TlsSite, fault: type[Exception]) -> None:
    def nothing(host: str, port: int, seconds: float) -> list[IPAddress]:
        raise fault

    assert no_answer(site.address(), site, resolve=nothing) == "unknown"


def test_a_certificate_that_nobody_vouches_for(site: TlsSite) -> None:
    assert no_answer(site.address(), site, tls=tls_context()) == "untrusted"
    assert site.asked == []


def test_a_certificate_for_another_name(site: TlsSite) -> None:
    assert no_answer(site.address(host="other.test"), site) == "untrusted"
    assert site.asked == []


def test_a_closed_port(site: TlsSite) -> None:
    assert no_answer(f"https://pictures.test:{free_port()}/", site) == "failed"


def test_a_host_that_takes_a_request_slowly_is_given_up_at_the_deadline(
    site: TlsSite, slow_reader: SlowReader
) -> None:
    reason = no_answer(site.address("/slow"), site, body=LARGE, seconds=1.5)

    assert reason == "late"
    assert slow_reader.taken < len(LARGE)


def test_nothing_is_asked_after_the_deadline(site: TlsSite) -> None:
    assert no_answer(site.address("/echo?a=1"), site, seconds=0) == "late"
    assert site.looked_up == []
