"""The site behind gunicorn with two workers and SQLite, as `make run` serves it."""

from __future__ import annotations

import json
import re
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest

from tests.bundles import tiny_bundle
from tests.detector_site.processes import run_python
from tests.detector_site.servers import gunicorn
from tests.factories import PASSWORD
from tests.images import encode, plain

MAKE_ADA = f"""
from accounts.models import User
User.objects.create_user("ada", "ada@example.org", {PASSWORD!r})
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    environment = {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
        "DETECTOR_BUNDLE": str(tiny_bundle(folder / "bundle")),
        "EMAIL_VERIFICATION": "none",
        "WEB_CONCURRENCY": "2",
    }
    prepare = (["migrate"], ["collectstatic", "--noinput"], ["shell", "-c", MAKE_ADA])
    for command in prepare:
        done = run_python("manage.py", *command, **environment)
        assert done.returncode == 0, done.stderr
    with gunicorn(folder / "log", **environment) as address:
        yield address


def log_in(address: str, password: str) -> bool:
    """Try it in a new browser; say whether the account page opens afterwards."""
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(CookieJar())
    )
    page = browser.open(f"{address}/accounts/login/").read().decode()
    (token, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    form = {"csrfmiddlewaretoken": token, "login": "ada", "password": password}
    browser.open(f"{address}/accounts/login/", urlencode(form).encode())
    opened = browser.open(f"{address}/accounts/settings/").geturl()
    return opened == f"{address}/accounts/settings/"


def predict(address: str, data: bytes) -> str:
    boundary = uuid.uuid4().hex
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={boundary}"
    request = urllib.request.Request(
        f"{address}/predict", body, {"Content-Type": content_type}
    )
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)["label"]


def test_simultaneous_uploads_to_both_workers_all_get_their_verdict(
    address: str,
) -> None:
    pictures = [encode(plain("red", width=64 + n)) for n in range(12)]

    with ThreadPoolExecutor(6) as pool:
        labels = list(pool.map(lambda data: predict(address, data), pictures))

    assert labels == ["ai"] * 12


def test_static_files_are_hashed_compressed_and_cached_for_ever(address: str) -> None:
    page = urllib.request.urlopen(f"{address}/accounts/login/").read().decode()
    (path,) = re.findall(r'href="(/static/css/site\.\w+\.css)"', page)
    request = urllib.request.Request(address + path, headers={"Accept-Encoding": "br"})

    with urllib.request.urlopen(request) as response:
        assert response.headers["Content-Encoding"] == "br"
        assert "immutable" in response.headers["Cache-Control"]


def test_failed_log_ins_count_across_the_workers(address: str) -> None:
    assert log_in(address, PASSWORD)
    for attempt in range(5):
        assert not log_in(address, f"wrong {attempt}")

    assert not log_in(address, PASSWORD)
