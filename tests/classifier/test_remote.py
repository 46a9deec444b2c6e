"""Fetching a picture by its address: what is fetched, and what never is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address

import certifi
import pytest

from classifier.capacity import Overloaded
from classifier.inference.errors import ImageRejected
from classifier.pinned_https import tls_context
from classifier.public_hosts import resolve
from classifier.remote import AddressRefused, _gate, fetch, fetch_picture
from tests.detector_site.servers import free_port
from tests.remote_sites import HOME, TlsSite, drips_its_body, leads_to, sends, tls_site

PICTURE = b"the bytes of a picture"
LIMIT = 1024 * 1024


def endless(request: BaseHTTPRequestHandler) -> None:
    """A body without a length that stops only when the reader hangs up."""
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b"x" * 65536)


def dripping_headers(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.flush_headers()
    for number in range(10_000):
        request.wfile.write(b"X-Drip: %d\r\n" % number if number % 20 == 0 else b"")
        request.wfile.flush()
        time.sleep(0.02)


def chunked(request: BaseHTTPRequestHandler) -> None:
    request.protocol_version = "HTTP/1.1"
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    for part in (PICTURE[:5], PICTURE[5:], b""):
        request.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))


ANSWERS = {
    "/photo.jpg": sends(PICTURE),
    "/a%20fox.png?size=large": sends(PICTURE),
    "/chunked": chunked,
    "/limit": sends(b"x" * LIMIT),
    "/large": sends(b"x" * (LIMIT + 1)),
    "/endless": endless,
    "/cut": sends(b"half", headers={"Content-Length": "8"}),
    "/dripping-headers": dripping_headers,
    "/dripping-body": drips_its_body,
    "/one": leads_to("/photo.jpg"),
    "/two": leads_to("one"),
    "/three": leads_to("/two"),
    "/four": leads_to("/three"),
    "/round": leads_to("/round"),
    "/plain": leads_to("http://pictures.test/photo.jpg"),
    "/file": leads_to("file:///etc/passwd"),
    "/private": leads_to("https://10.0.0.1/photo.jpg"),
    "/metadata": leads_to("https://169.254.169.254/latest/meta-data/"),
    "/mapped": leads_to("https://[::ffff:127.0.0.1]/"),
    "/nowhere": leads_to("https://[/"),
}


@pytest.fixture(scope="module")
def shared_site() -> Iterator[TlsSite]:
    with tls_site(ANSWERS) as site:
        yield site


@pytest.fixture
def site(shared_site: TlsSite) -> TlsSite:
    shared_site.asked.clear()
    shared_site.looked_up.clear()
    return shared_site


def refusal(address: str, site: TlsSite, **policy: object) -> str:
    """The code with which the address is refused."""
    with pytest.raises(AddressRefused) as refused:
        fetch(address, policy=site.policy(**policy))
    assert refused.value.detail.endswith(".")
    return refused.value.code


@pytest.mark.parametrize("path", ["/photo.jpg", "/chunked", "/one", "/three"])
def test_a_picture_is_fetched_as_it_is(site: TlsSite, path: str) -> None:
    assert fetch(site.address(path), policy=site.policy()).data == PICTURE


def test_the_last_part_of_the_address_is_its_name(site: TlsSite) -> None:
    address = f" {site.address('/a%20fox.png?size=large')}#part "

    assert fetch(address, policy=site.policy()).name == "a fox.png"


def test_a_host_may_be_named_in_any_script() -> None:
    with tls_site(ANSWERS, certified="xn--bcher-kva.test") as site:
        address = site.address("/photo.jpg", "bücher.test")

        assert fetch(address, policy=site.policy()).data == PICTURE
        assert site.looked_up == ["xn--bcher-kva.test"]


def test_nothing_of_the_visitor_or_the_environment_goes_along(
    site: TlsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    fetch(site.address("/photo.jpg"), policy=site.policy())

    [request] = site.asked
    assert set(request.headers) == {
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Connection",
    }
    assert request.headers["Host"] == f"pictures.test:{site.port}"
    assert request.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "pictures.test/photo.jpg",
        "http://pictures.test/photo.jpg",
        "ftp://pictures.test/photo.jpg",
        "file:///etc/passwd",
        "https://",
        "https:///photo.jpg",
        "https://pictures.test:22/",
        "https://pictures.test:99999/",
        "https://user@pictures.test/",
        "https://user:word@pictures.test/",
        "https://[::1/",
        "https://pictures.test/" + "x" * 3000,
    ],
)
def test_no_address_of_another_form_is_even_looked_up(
    site: TlsSite, address: str
) -> None:
    assert refusal(address, site) == "bad_address"
    assert site.looked_up == []


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "127.0.0.2", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_a_private_host_is_not_asked(site: TlsSite, host: str) -> None:
    assert refusal(site.address("/photo.jpg", host), site) == "address_unreachable"
    assert site.asked == []


def test_what_is_private_absent_or_closed_sounds_alike(site: TlsSite) -> None:
    def nothing(host: str, port: int, seconds: float) -> list[object]:
        raise OSError

    closed_port = free_port()
    closed = f"https://pictures.test:{closed_port}/"
    codes = {
        "private": refusal("https://10.0.0.1/", site),
        "absent": refusal("https://absent.test/", site, resolve=nothing),
        "impossible": refusal("https://a..b/", site, resolve=resolve),
        "closed": refusal(closed, site, ports=frozenset({closed_port})),
    }

    assert set(codes.values()) == {"address_unreachable"}


def test_one_private_address_spoils_a_name(site: TlsSite) -> None:
    mixed = [HOME, ip_address("192.168.0.1")]

    code = refusal(site.address("/photo.jpg"), site, resolve=lambda *_: mixed)

    assert code == "address_unreachable"
    assert site.asked == []


def test_an_address_that_leads_nowhere_does_not_hide_one_that_works(
    site: TlsSite,
) -> None:
    dead = ip_address("127.0.0.9")
    policy = site.policy(
        resolve=lambda *_: [dead, HOME], is_public=lambda ip: ip in (dead, HOME)
    )

    assert fetch(site.address("/photo.jpg"), policy=policy).data == PICTURE


class Rebinding:
    """A name server whose first answer is harmless, and no later one."""

    def __init__(self) -> None:
        self.answers = [[HOME], [ip_address("127.0.0.2")], [ip_address("10.0.0.1")]]

    def __call__(self, host: str, port: int, seconds: float) -> list[object]:
        return self.answers.pop(0)


def test_a_name_is_resolved_once_and_the_connection_goes_there(site: TlsSite) -> None:
    names = Rebinding()

    picture = fetch(site.address("/photo.jpg"), policy=site.policy(resolve=names))

    assert picture.data == PICTURE
    assert len(names.answers) == 2


def test_a_redirect_to_the_same_name_is_checked_anew(site: TlsSite) -> None:
    names = Rebinding()

    code = refusal(site.address("/one"), site, resolve=names)

    assert code == "address_unreachable"
    assert [request.path for request in site.asked] == ["/one"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/private", "address_unreachable"),
        ("/metadata", "address_unreachable"),
        ("/mapped", "address_unreachable"),
        ("/plain", "address_no_picture"),
        ("/file", "address_no_picture"),
        ("/nowhere", "address_no_picture"),
        ("/four", "address_no_picture"),
        ("/round", "address_no_picture"),
        ("/missing", "address_no_picture"),
        ("/cut", "address_unreachable"),
    ],
)
def test_a_site_that_leads_astray(site: TlsSite, path: str, code: str) -> None:
    assert refusal(site.address(path), site) == code
    assert len(site.asked) <= 4


def test_a_certificate_for_another_name_is_refused() -> None:
    with tls_site(ANSWERS, certified="other.test") as site:
        address = site.address("/photo.jpg")

        assert refusal(address, site) == "address_untrusted"
        assert site.asked == []


def test_a_certificate_of_an_unknown_authority_is_refused(site: TlsSite) -> None:
    code = refusal(site.address("/photo.jpg"), site, tls=tls_context(certifi.where()))

    assert code == "address_untrusted"


def test_a_body_just_at_the_limit(site: TlsSite) -> None:
    assert len(fetch(site.address("/limit"), policy=site.policy()).data) == LIMIT


@pytest.mark.parametrize("path", ["/large", "/endless"])
def test_a_body_over_the_limit_is_left_off(site: TlsSite, path: str) -> None:
    with pytest.raises(ImageRejected) as rejected:
        fetch(site.address(path), policy=site.policy())

    assert rejected.value.code == "file_too_large"


@pytest.mark.parametrize("path", ["/dripping-headers", "/dripping-body"])
def test_a_site_that_drips_is_given_up_at_the_deadline(
    site: TlsSite, path: str
) -> None:
    assert refusal(site.address(path), site, seconds=1.5) == "address_timeout"


def test_only_so_many_are_fetched_at_once() -> None:
    gates = [_gate().slot() for _ in range(4)]
    for gate in gates:
        gate.__enter__()
    try:
        with pytest.raises(Overloaded):
            fetch_picture("https://10.0.0.1/")
    finally:
        for gate in gates:
            gate.__exit__(None, None, None)
