"""`/api/v1/history/{id}/feedback/` and `/receipt/`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services import token_create
from classifier.models import Dispute, Submission
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import decided, file
from tests.images import encode, plain

pytestmark = pytest.mark.django_db

BODY = {"truth": "human", "reason": "I took it."}


@pytest.fixture
def submission(user: User) -> Submission:
    return make_submission(owner=user, verdict="ai")


@pytest.fixture
def program(user: User) -> Client:
    """A program with a token of the user."""
    return bearer(user)


def bearer(user: User) -> Client:
    _, token = token_create(user=user, name="test", lifetime=None)
    return Client(headers={"Authorization": f"Bearer {token}"})


def url(submission: Submission, what: str = "feedback") -> str:
    return f"/api/v1/history/{submission.pk}/{what}/"


def test_json_makes_an_appeal_and_get_lists_it(
    program: Client, submission: Submission
) -> None:
    body = {**BODY, "training_consent": True, "link": "https://example.org/raw"}
    made = program.post(url(submission), body, content_type="application/json")

    assert made.status_code == 201
    answer = made.json()
    assert answer["status"] == "open"
    assert answer["training_consent"] is True
    assert answer["disputed"] == {
        "label": "ai",
        "model": {"name": "tiny", "version": "1"},
    }
    assert program.get(url(submission)).json() == [answer]


def test_multipart_carries_evidence(program: Client, submission: Submission) -> None:
    made = program.post(url(submission), {**BODY, "evidence": file(b"raw", "a.nef")})

    (evidence,) = made.json()["evidence"]
    assert (evidence["name"], evidence["byte_size"]) == ("a.nef", 3)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"truth": "cat"}, 400, "bad_feedback"),
        ({"reason": ""}, 400, "bad_feedback"),
        ({"link": "nowhere"}, 400, "bad_feedback"),
        ({"truth": "ai"}, 400, "same_verdict"),
    ],
)
def test_bad_feedback_is_explained(
    program: Client,
    submission: Submission,
    change: dict[str, str],
    status: int,
    code: str,
) -> None:
    response = program.post(
        url(submission), {**BODY, **change}, content_type="application/json"
    )

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert isinstance(response.json()["detail"], str)
    assert not Dispute.objects.exists()


def test_a_list_instead_of_an_object_is_bad_feedback(
    program: Client, submission: Submission
) -> None:
    response = program.post(url(submission), [], content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (400, "bad_feedback")


def test_a_second_appeal_is_a_409(program: Client, submission: Submission) -> None:
    program.post(url(submission), BODY)

    response = program.post(url(submission), BODY)

    assert response.status_code == 409
    assert response.json()["code"] == "already_pending"


def test_the_blind_label_stays_hidden_until_the_decision(
    program: Client, submission: Submission, stranger: User
) -> None:
    dispute = decided(submission, stranger, label="human", outcome="corrected")

    (answer,) = program.get(url(submission)).json()
    assert answer["correction"] == "human"
    assert answer["decision_note"] == dispute.decision_note
    assert "reviewer" not in answer


def test_the_history_names_the_correction(
    program: Client, submission: Submission, stranger: User
) -> None:
    assert program.get(f"/api/v1/history/{submission.pk}/").json()["correction"] is None

    decided(submission, stranger, label="human", outcome="corrected")

    row = program.get(f"/api/v1/history/{submission.pk}/").json()
    assert row["label"] == "ai"
    assert row["correction"]["label"] == "human"
    assert row["correction"]["note"] == "The RAW file shows it."


def test_predict_names_the_correction_of_a_picture_that_is_sent_again(
    program: Client, stranger: User
) -> None:
    def predict() -> dict[str, Any]:
        return program.post("/predict", {"file": file(encode(plain("red")))}).json()

    assert predict()["correction"] is None
    decided(Submission.objects.get(), stranger, label="human", outcome="corrected")

    again = predict()
    assert again["label"] == "ai"
    assert again["correction"]["label"] == "human"


def test_the_receipt_is_the_signed_one(program: Client, submission: Submission) -> None:
    answer = program.get(url(submission, "receipt")).json()

    assert answer["image"]["sha256"] == submission.sha256
    assert answer["signature"]


def test_without_a_key_the_receipt_is_a_404_that_says_so(
    program: Client, submission: Submission, settings: Settings
) -> None:
    settings.RECEIPT_SIGNING_KEY = None

    response = program.get(url(submission, "receipt"))

    assert (response.status_code, response.json()["code"]) == (404, "receipts_off")


@pytest.mark.parametrize("what", ["feedback", "receipt"])
def test_strangers_and_unknown_ids_find_nothing(
    submission: Submission, stranger: User, what: str
) -> None:
    other = bearer(stranger)

    assert other.get(url(submission, what)).status_code == 404
    assert other.get(f"/api/v1/history/{uuid4()}/{what}/").status_code == 404
    assert Client().get(url(submission, what)).status_code == 401


def test_a_stranger_makes_no_appeal(submission: Submission, stranger: User) -> None:
    assert bearer(stranger).post(url(submission), BODY).status_code == 404
    assert Client().post(url(submission), BODY).status_code == 401
    assert not Dispute.objects.exists()


def test_a_session_needs_its_csrf_token(user: User, submission: Submission) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.post(url(submission), BODY).status_code == 403
