"""The site on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundles import tiny_bundle
from tests.detector_site.processes import run_python
from tests.detector_site.servers import postgres, postgres_programs

pytestmark = pytest.mark.postgres

ROUND_TRIP = """
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from tests.factories import UserFactory
from tests.images import encode, plain

client = Client(SERVER_NAME="detector.example.org")
client.force_login(UserFactory.create(username="ada"))
for _ in range(2):
    upload = SimpleUploadedFile("red.png", encode(plain("red")))
    answer = client.post("/predict", {"file": upload}, secure=True).json()
    print(connection.vendor, answer["label"], "cached", answer["cached"])
history = client.get("/api/v1/history/?label=ai", secure=True).json()["results"]
print("history", [row["name"] for row in history])
"""


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres(programs) as url:
        yield url


def test_migrations_and_an_upload_work_on_postgres(
    database_url: str, tmp_path: Path
) -> None:
    environment = {
        "DATABASE_URL": database_url,
        "DETECTOR_BUNDLE": str(tiny_bundle(tmp_path / "bundle")),
        "MEDIA_ROOT": str(tmp_path / "media"),
    }

    migrated = run_python("manage.py", "migrate", **environment)
    tried = run_python("manage.py", "shell", "-c", ROUND_TRIP, **environment)

    assert migrated.returncode == 0, migrated.stderr
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.splitlines()[-3:] == [
        "postgresql ai cached False",
        "postgresql ai cached True",
        "history ['red.png']",
    ]
