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
for _ in range(2):
    upload = SimpleUploadedFile("blue.png", encode(plain("blue")))
    stranger = Client(SERVER_NAME="detector.example.org")
    answer = stranger.post("/predict", {"file": upload}, secure=True).json()
    print("stranger", "cached", answer["cached"])
"""

APPEAL = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.core.management import call_command
from django.db import connection

from classifier.copies import copies_of
from classifier.disputes import DisputeRefused, dispute_review
from classifier.services import submission_create
from tests.classifier.appeals import make_dispute
from tests.factories import UserFactory
from tests.images import encode, picture

call_command("migrate", verbosity=0)
owner = UserFactory.create(username="owner")
judges = [UserFactory.create(username=f"judge{number}") for number in range(2)]
for quality in (60, 90):
    submission = submission_create(
        owner=owner,
        data=encode(picture(), "JPEG", quality=quality),
        name=f"{quality}.jpg",
        source="page",
    ).submission
print("copies", [str(copy) for copy in copies_of(submission=submission).others])

verdict = submission.latest_prediction.verdict
dispute = make_dispute(submission, truth="ai" if verdict != "ai" else "human")
together = Barrier(len(judges))

def review(judge):
    together.wait()
    try:
        dispute_review(dispute=dispute, reviewer=judge, label="human")
    except DisputeRefused as error:
        return error.code
    finally:
        connection.close()
    return "stored"

with ThreadPoolExecutor(len(judges)) as pool:
    print("labels", sorted(pool.map(review, judges)))
submission.delete()
print("left", type(dispute).objects.count())
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
    assert tried.stdout.splitlines()[-5:] == [
        "postgresql ai cached False",
        "postgresql ai cached True",
        "history ['red.png']",
        "stranger cached False",
        "stranger cached True",
    ]


def test_of_two_labels_at_once_one_is_stored(database_url: str, tmp_path: Path) -> None:
    environment = {
        "DATABASE_URL": database_url,
        "DETECTOR_BUNDLE": str(tiny_bundle(tmp_path / "bundle")),
        "MEDIA_ROOT": str(tmp_path / "media"),
    }

    tried = run_python("manage.py", "shell", "-c", APPEAL, **environment)

    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.splitlines()[-3:] == [
        "copies ['60.jpg']",
        "labels ['stored', 'wrong_state']",
        "left 0",
    ]
