"""The guide's programs, run as they stand on the page, against a real server."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.snippets import PLACEHOLDER
from tests.accounts.submissions import make_submission
from tests.images import encode, plain

# What runs a program, by the ending of its key.
RUNNERS = {"sh": ["sh"], "py": [sys.executable], "mjs": ["node"]}
FORM = {"name": "guide", "scopes": ["predict", "history"]}


def exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


OPERATIONS = ["predict", "history"]
if exists("/predict/batch"):
    OPERATIONS.append("batch")


def programs(page: str) -> dict[str, str]:
    """The programs of a page, by their keys."""
    found = re.findall(r'<code id="([\w-]+)">(.*?)</code>', page, re.DOTALL)
    return {key: html.unescape(code) for key, code in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the reader's pictures lie."""
    (tmp_path / "photo.jpg").write_bytes(encode(plain("red"), "JPEG"))
    (tmp_path / "drawing.png").write_bytes(encode(plain("red")))
    return tmp_path


def run(code: str, ending: str, folder: Path) -> str:
    """Its output; it must end well."""
    program = folder / f"program.{ending}"
    program.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [*RUNNERS[ending], program.name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", RUNNERS)
def test_the_programs_beside_a_new_token_work(
    ending: str, live_server: LiveServer, folder: Path, user: User, user_client: Client
) -> None:
    if not shutil.which(RUNNERS[ending][0]):
        pytest.skip(f"{RUNNERS[ending][0]} is not installed: deploy/test-packages.sh")
    host = live_server.url.removeprefix("http://")
    page = user_client.post("/accounts/tokens/", FORM, headers={"host": host})
    found = programs(page.content.decode())
    make_submission(owner=user, name="earlier.jpg")

    for operation in OPERATIONS:
        printed = run(found[f"{operation}-{ending}"], ending, folder)
        expected = "earlier.jpg" if operation == "history" else r"\bai\b"
        assert re.search(expected, printed), (operation, printed)


@pytest.mark.django_db(transaction=True)
def test_without_a_token_they_say_what_is_wrong(
    live_server: LiveServer, folder: Path, client: Client
) -> None:
    host = live_server.url.removeprefix("http://")
    page = client.get("/docs/api/", headers={"host": host}).content.decode()

    printed = run(programs(page)["predict-py"], "py", folder)

    assert printed.startswith("invalid_token The token is not valid.")


@pytest.mark.django_db
def test_the_guide_holds_a_placeholder_and_the_way_to_a_token(client: Client) -> None:
    page = client.get("/docs/api/").content.decode()

    assert page.count(f"Bearer {PLACEHOLDER}") == 9
    assert 'href="/accounts/tokens/"' in page


@pytest.mark.django_db
def test_the_guide_leads_to_the_documents(client: Client) -> None:
    page = client.get("/docs/api/").content.decode()

    for path in filter(exists, ("/api/openapi.json", "/api/v1/openapi.json")):
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200
