"""manage.py check_media: files without a row, rows without their file."""

from __future__ import annotations

import os
import time
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from classifier.models import Original, Prediction, Submission
from operations.media_check import GRACE
from tests.images import encode, plain

pytestmark = pytest.mark.django_db


def check_media(*arguments: str) -> str:
    out = StringIO()
    call_command("check_media", *arguments, stdout=out)
    return out.getvalue()


def stray(age_seconds: float) -> str:
    name = default_storage.save("previews/stray.webp", ContentFile(b"x"))
    then = time.time() - age_seconds
    os.utime(default_storage.path(name), (then, then))
    return name


@pytest.fixture
def submission(user_client: Client) -> Submission:
    upload = SimpleUploadedFile("red.png", encode(plain("red")))
    assert user_client.post("/predict", {"file": upload}).status_code == 200
    return Submission.objects.get()


def test_files_and_rows_that_agree_are_left_alone(submission: Submission) -> None:
    assert "agree" in check_media("--mend")
    assert default_storage.exists(submission.preview.name)


def test_an_empty_site_has_no_strays() -> None:
    assert "agree" in check_media()


def test_a_stray_file_is_told_and_kept(submission: Submission) -> None:
    name = stray(GRACE.total_seconds() + 60)

    with pytest.raises(CommandError, match="1 files and 0 rows"):
        check_media()

    assert default_storage.exists(name)


def test_a_stray_file_is_removed_on_request(submission: Submission) -> None:
    name = stray(GRACE.total_seconds() + 60)

    check_media("--mend")

    assert not default_storage.exists(name)
    assert default_storage.exists(submission.preview.name)


def test_a_young_file_may_still_get_its_row() -> None:
    name = stray(1)

    check_media("--mend")

    assert default_storage.exists(name)


def test_a_row_whose_file_is_gone_says_that_it_has_none(
    submission: Submission, user_client: Client
) -> None:
    default_storage.delete(submission.preview.name)
    default_storage.delete(Prediction.objects.get().heatmap.name)

    with pytest.raises(CommandError, match="0 files and 2 rows"):
        check_media()
    check_media("--mend")

    submission.refresh_from_db()
    assert not submission.preview
    assert user_client.get(submission.get_absolute_url()).status_code == 200
    assert "agree" in check_media()


def test_an_original_is_no_stray_and_its_row_goes_with_its_file(
    submission: Submission,
) -> None:
    original = Original(submission=submission, byte_size=7)
    name = default_storage.save("originals/a", ContentFile(b"picture"))
    original.file = name
    original.save()
    then = time.time() - GRACE.total_seconds() - 1
    os.utime(default_storage.path(name), (then, then))

    check_media("--mend")
    assert default_storage.exists(name)

    default_storage.delete(name)
    with pytest.raises(CommandError):
        check_media()
    check_media("--mend")
    assert not Original.objects.exists()
