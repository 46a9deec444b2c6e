"""The PDF and the stamped picture."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client
from PIL import Image
from pypdf import PdfReader

from accounts.models import User
from classifier.models import Submission
from classifier.reports import report_pdf, stamped_picture
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import decided, kept_submission, with_preview
from tests.images import picture

pytestmark = pytest.mark.django_db


def text_of(pdf: bytes) -> str:
    """What a reader of PDF finds, in one line."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def report(submission: Submission) -> bytes:
    return report_pdf(
        submission=submission,
        prediction=submission.latest_prediction,
        page_url="https://detector.example.org/submissions/1/",
        key_id="key-1",
    )


def test_the_report_holds_verdict_facts_and_limits(user: User) -> None:
    submission = kept_submission(user)

    text = text_of(report(submission))

    assert "Probably AI-generated" in text
    assert "90%" in text
    assert submission.sha256 in text
    assert "tiny 1" in text
    assert "key-1" in text
    assert "wrong on some pictures" in text


def test_the_report_of_a_correction_begins_with_it(user: User, stranger: User) -> None:
    submission = kept_submission(user)
    decided(submission, stranger, label="human", outcome="corrected")
    submission.refresh_from_db()

    text = text_of(report(submission))

    assert "Corrected after review: Human-made The RAW file shows it." in text


@pytest.mark.parametrize(
    "name",
    [
        "写真.jpg",
        "<b>bold</b> & **stars**.jpg",
        "x" * 250 + ".jpg",
        "a b " + "y" * 200,
        "emoji \U0001f600 and \u202e.jpg",
    ],
    ids=["foreign", "markup", "long", "long word", "odd"],
)
def test_any_file_name_fits_into_a_report(user: User, name: str) -> None:
    assert report(make_submission(owner=user, name=name)).startswith(b"%PDF-")


def test_the_stamped_picture_is_the_preview_with_a_band_below(user: User) -> None:
    submission = with_preview(make_submission(owner=user), picture(800, 400))

    stamped = stamped_picture(
        submission=submission, prediction=submission.latest_prediction
    )

    image = Image.open(io.BytesIO(stamped))
    assert (image.format, image.width) == ("JPEG", 800)
    assert image.height > 400
    band = image.crop((0, 402, 800, 406)).resize((1, 1)).getpixel((0, 0))
    assert max(abs(a - b) for a, b in zip(band, (138, 37, 173), strict=True)) < 40


def test_a_tiny_picture_has_room_for_its_verdict(user: User) -> None:
    submission = with_preview(make_submission(owner=user), picture(32, 32))

    stamped = stamped_picture(
        submission=submission, prediction=submission.latest_prediction
    )

    assert Image.open(io.BytesIO(stamped)).width >= 480


def test_the_owner_downloads_both(user_client: Client, user: User) -> None:
    submission = kept_submission(user)
    base = f"/submissions/{submission.pk}"

    for name, kind in (
        ("report.pdf", "application/pdf"),
        ("stamped.jpg", "image/jpeg"),
    ):
        response = user_client.get(f"{base}/{name}")
        assert response.status_code == 200
        assert response["Content-Type"] == kind
        assert response["Content-Disposition"].startswith("attachment;")


def test_an_anonymous_visitor_gets_a_report_but_no_picture(client: Client) -> None:
    submission = make_submission(owner=None)
    session = client.session
    session["anonymous_submissions"] = [str(submission.pk)]
    session.save()
    base = f"/submissions/{submission.pk}"

    assert client.get(f"{base}/report.pdf").status_code == 200
    assert client.get(f"{base}/receipt.json").status_code == 200
    assert client.get(f"{base}/stamped.jpg").status_code == 404


def test_a_preview_that_is_gone_leaves_a_report_without_picture(
    user_client: Client, user: User
) -> None:
    submission = kept_submission(user)
    submission.preview.storage.delete(submission.preview.name)
    base = f"/submissions/{submission.pk}"

    assert user_client.get(f"{base}/report.pdf").status_code == 200
    assert user_client.get(f"{base}/stamped.jpg").status_code == 404
