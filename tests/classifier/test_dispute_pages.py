"""The owner's pages of an appeal, and its evidence."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from classifier.models import Dispute, Evidence, Submission
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import decided, file, make_dispute

pytestmark = pytest.mark.django_db

FORM = {"truth": "human", "reason": "I took it."}


@pytest.fixture
def submission(user: User) -> Submission:
    return make_submission(owner=user, verdict="ai")


def test_the_owner_sends_an_appeal_with_evidence(
    user_client: Client, submission: Submission
) -> None:
    values = {**FORM, "link": "example.org/x", "training_consent": "on"}

    response = user_client.post(
        f"/submissions/{submission.pk}/dispute/",
        {**values, "evidence": file(name="photo.nef")},
        follow=True,
    )

    dispute = Dispute.objects.get()
    assert response.redirect_chain == [(submission.get_absolute_url(), 302)]
    assert dispute.link == "https://example.org/x"
    assert dispute.training_consent
    page = response.content.decode()
    assert "Waiting for a reviewer" in page
    assert "photo.nef" in page
    assert "This is wrong" not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"truth": ""}, "Say who made the picture."),
        ({"reason": " "}, "Say how you know"),
        ({"truth": "ai"}, "The verdict says so already"),
        ({"link": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"link": "ftp://example.org/"}, "Enter a valid URL"),
    ],
)
def test_a_bad_form_says_what_is_missing(
    user_client: Client, submission: Submission, change: dict[str, str], words: str
) -> None:
    response = user_client.post(
        f"/submissions/{submission.pk}/dispute/", {**FORM, **change}
    )

    assert response.status_code == 400
    assert words in response.content.decode()
    assert not Dispute.objects.exists()


def test_evidence_over_the_limit_is_explained(
    user_client: Client, submission: Submission, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000

    response = user_client.post(
        f"/submissions/{submission.pk}/dispute/",
        {**FORM, "evidence": file(b"x" * 100_000)},
        headers={"Accept": "text/html,*/*"},
    )

    assert response.status_code == 413
    assert "Evidence may also be a link" in response.content.decode()


def test_appeals_count_towards_the_limit(
    user_client: Client, submission: Submission, settings: Settings
) -> None:
    settings.THROTTLE_USER = "1/min"
    address = f"/submissions/{submission.pk}/dispute/"
    user_client.post(address, {**FORM, "truth": "ai"})

    response = user_client.post(address, FORM)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


def test_more_evidence_can_be_added(
    user_client: Client, submission: Submission
) -> None:
    dispute = make_dispute(submission)
    address = f"/submissions/{submission.pk}/dispute/{dispute.pk}/evidence/"

    assert "Choose a file" in user_client.post(address, follow=True).content.decode()
    page = user_client.post(address, {"evidence": file()}, follow=True)

    assert "The file is attached." in page.content.decode()
    assert dispute.evidence.count() == 1


def test_consent_is_taken_back_and_given(
    user_client: Client, submission: Submission
) -> None:
    dispute = make_dispute(submission, training_consent=True)
    address = f"/submissions/{submission.pk}/dispute/{dispute.pk}/consent/"

    user_client.post(address)
    dispute.refresh_from_db()
    assert not dispute.training_consent

    user_client.post(address, {"training_consent": "on"})
    dispute.refresh_from_db()
    assert dispute.training_consent


def test_evidence_is_only_ever_saved(
    user_client: Client, submission: Submission
) -> None:
    hostile = b"<script>alert(1)</script>"
    make_dispute(submission, evidence=file(hostile, 'a";x=.html'))

    response = user_client.get(Evidence.objects.get().get_absolute_url())

    assert response.getvalue() == hostile
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"].startswith("private")


def test_the_web_server_in_front_may_send_evidence(
    user_client: Client, submission: Submission, settings: Settings
) -> None:
    settings.MEDIA_ACCEL_PREFIX = "/protected/"
    make_dispute(submission, evidence=file())
    stored = Evidence.objects.get()

    response = user_client.get(stored.get_absolute_url())

    assert response["X-Accel-Redirect"] == f"/protected/{stored.file.name}"
    assert response["Content-Disposition"].startswith("attachment;")


def test_a_stranger_finds_nothing(
    stranger_client: Client, client: Client, submission: Submission
) -> None:
    dispute = make_dispute(submission, evidence=file())
    base = f"/submissions/{submission.pk}"

    for other in (stranger_client, client):
        for address in ("/dispute/", f"/evidence/{Evidence.objects.get().pk}"):
            assert other.get(base + address).status_code == 404
        for step in ("evidence", "consent"):
            address = f"{base}/dispute/{dispute.pk}/{step}/"
            assert other.post(address, {"evidence": file()}).status_code == 404
        assert other.post(f"{base}/dispute/", FORM).status_code == 404
    assert Dispute.objects.count() == Evidence.objects.count() == 1


def test_ids_of_another_submission_or_of_nothing_are_not_found(
    user: User, user_client: Client, submission: Submission
) -> None:
    other = make_dispute(make_submission(owner=user), evidence=file())
    base = f"/submissions/{submission.pk}"

    assert (
        user_client.get(f"{base}/evidence/{other.evidence.get().pk}").status_code == 404
    )
    assert user_client.post(f"{base}/dispute/{other.pk}/consent/").status_code == 404
    assert user_client.post(f"{base}/dispute/{uuid4()}/consent/").status_code == 404
    assert user_client.get(f"/submissions/{uuid4()}/dispute/").status_code == 404


def test_a_link_changes_nothing(user_client: Client, submission: Submission) -> None:
    dispute = make_dispute(submission)
    base = f"/submissions/{submission.pk}/dispute/{dispute.pk}"

    assert user_client.get(f"{base}/evidence/").status_code == 405
    assert user_client.get(f"{base}/consent/").status_code == 405


def test_a_correction_shows_on_the_page_and_in_the_history(
    user_client: Client, submission: Submission, stranger: User
) -> None:
    decided(submission, stranger, label="human", outcome="corrected")

    page = user_client.get(submission.get_absolute_url()).content.decode()
    assert "Corrected after review: Human-made" in page
    assert "The RAW file shows it." in page

    history = user_client.get("/accounts/history/?label=human").content.decode()
    assert "badge--human" in history
    assert "Corrected after review" in history
    assert "badge--ai" not in user_client.get("/accounts/history/").content.decode()


def test_what_people_write_is_only_text(
    user_client: Client, submission: Submission
) -> None:
    make_dispute(submission, reason="<script>alert(1)</script>")

    page = user_client.get(submission.get_absolute_url()).content.decode()

    assert "<script>alert" not in page


def test_an_anonymous_result_cannot_be_disputed(client: Client) -> None:
    submission = make_submission(owner=None)
    session = client.session
    session["anonymous_submissions"] = [str(submission.pk)]
    session.save()

    page = client.get(submission.get_absolute_url())

    assert "This is wrong" not in page.content.decode()
    assert client.get(f"/submissions/{submission.pk}/dispute/").status_code == 404
