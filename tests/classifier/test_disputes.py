"""An appeal goes from open to reviewed to upheld or corrected, and no other way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from accounts.models import User
from classifier.disputes import (
    MAX_EVIDENCE,
    TRANSITIONS,
    DisputeRefused,
    can_dispute,
    confirmed_label,
    dispute_attach,
    dispute_decide,
    dispute_open,
    dispute_review,
)
from classifier.models import Dispute, Evidence, Prediction, Submission
from classifier.selectors import submissions_of
from classifier.services import submission_delete
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import PAGE, decided, file, make_dispute

pytestmark = pytest.mark.django_db

Commit = Callable[..., object]


@pytest.fixture
def submission(user: User) -> Submission:
    return make_submission(owner=user, verdict="ai")


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(DisputeRefused) as refusal:
        call()
    return refusal.value.code


def decide(dispute: Dispute, reviewer: User, outcome: str) -> Dispute:
    return dispute_decide(
        dispute=dispute, reviewer=reviewer, outcome=outcome, note="", page_url=PAGE
    )


def stored_files(settings: Settings) -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()]


def test_an_appeal_is_about_the_newest_prediction(submission: Submission) -> None:
    dispute = make_dispute(submission, link="https://example.org/")

    assert dispute.status == "open"
    assert dispute.prediction == submission.latest_prediction
    assert not dispute.training_consent


def test_a_reviewer_labels_and_then_corrects(
    submission: Submission, stranger: User
) -> None:
    dispute = make_dispute(submission)

    reviewed = dispute_review(dispute=dispute, reviewer=stranger, label="human")
    assert (reviewed.status, reviewed.reviewer_label) == ("reviewed", "human")

    corrected = decide(dispute, stranger, "corrected")
    submission.refresh_from_db()
    assert corrected.status == "corrected"
    assert submission.correction == corrected


def test_a_verdict_that_stands_supersedes_nothing(
    submission: Submission, stranger: User
) -> None:
    decided(submission, stranger, label="ai", outcome="upheld")

    submission.refresh_from_db()
    assert submission.correction is None


@pytest.mark.parametrize("outcome", ["upheld", "corrected"])
def test_nothing_is_decided_before_the_blind_label(
    submission: Submission, stranger: User, outcome: str
) -> None:
    dispute = make_dispute(submission)

    assert code_of(lambda: decide(dispute, stranger, outcome)) == "wrong_state"
    dispute.refresh_from_db()
    assert dispute.status == "open"


def test_the_blind_label_is_given_once(submission: Submission, stranger: User) -> None:
    dispute = make_dispute(submission)
    dispute_review(dispute=dispute, reviewer=stranger, label="ai")

    again = code_of(
        lambda: dispute_review(dispute=dispute, reviewer=stranger, label="human")
    )

    assert again == "wrong_state"
    dispute.refresh_from_db()
    assert dispute.reviewer_label == "ai"


@pytest.mark.parametrize("outcome", ["upheld", "corrected"])
def test_a_decision_is_final(
    submission: Submission, stranger: User, outcome: str
) -> None:
    dispute = decided(submission, stranger, label="human", outcome=outcome)

    assert code_of(lambda: decide(dispute, stranger, "upheld")) == "wrong_state"
    assert code_of(lambda: decide(dispute, stranger, "corrected")) == "wrong_state"


def test_the_two_ends_lead_nowhere() -> None:
    assert not TRANSITIONS["upheld"]
    assert not TRANSITIONS["corrected"]


def test_a_label_that_agrees_with_the_verdict_corrects_nothing(
    submission: Submission, stranger: User
) -> None:
    dispute = make_dispute(submission)
    dispute_review(dispute=dispute, reviewer=stranger, label="ai")

    refused = code_of(lambda: decide(dispute, stranger, "corrected"))

    assert refused == "nothing_to_correct"


def test_nobody_reviews_their_own_appeal(submission: Submission, user: User) -> None:
    dispute = make_dispute(submission)

    refused = code_of(
        lambda: dispute_review(dispute=dispute, reviewer=user, label="human")
    )

    assert refused == "own_dispute"


def test_whoever_labelled_decides(
    submission: Submission, stranger: User, admin_user: User
) -> None:
    dispute = make_dispute(submission)
    dispute_review(dispute=dispute, reviewer=stranger, label="human")

    refused = code_of(lambda: decide(dispute, admin_user, "corrected"))

    assert refused == "other_reviewer"


def test_an_appeal_says_something_else_than_the_verdict(submission: Submission) -> None:
    refused = code_of(
        lambda: dispute_open(submission=submission, truth="ai", reason="No.")
    )

    assert refused == "same_verdict"


def test_there_is_one_pending_appeal(submission: Submission) -> None:
    make_dispute(submission)

    assert code_of(lambda: make_dispute(submission)) == "already_pending"
    assert not can_dispute(submission=submission)


def test_after_a_decision_only_a_new_answer_can_be_disputed(
    submission: Submission, stranger: User
) -> None:
    decided(submission, stranger, label="ai", outcome="upheld")
    assert code_of(lambda: make_dispute(submission)) == "already_decided"

    newer = Prediction(**submission.latest_prediction.answer())
    newer.submission, newer.model_version = submission, "2"
    newer.save()

    assert make_dispute(submission).prediction == newer


def test_a_corrected_verdict_is_not_disputed_again(
    submission: Submission, stranger: User
) -> None:
    decided(submission, stranger, label="human", outcome="corrected")
    submission.refresh_from_db()

    assert code_of(lambda: make_dispute(submission)) == "already_corrected"


def test_a_correction_outlives_a_new_model(
    user: User, submission: Submission, stranger: User
) -> None:
    decided(submission, stranger, label="human", outcome="corrected")
    newer = Prediction(**submission.latest_prediction.answer())
    newer.submission, newer.model_version = submission, "2"
    newer.save()

    assert submissions_of(user=user).get().final_verdict == "human"


def test_evidence_is_kept_byte_for_byte_under_a_name_that_says_nothing(
    submission: Submission, settings: Settings
) -> None:
    make_dispute(submission, evidence=file(b"\x00raw", "my secret.nef"))

    stored = Evidence.objects.get()
    (path,) = stored_files(settings)
    assert path.read_bytes() == b"\x00raw"
    assert (stored.name, stored.byte_size) == ("my secret.nef", 4)
    assert "secret" not in path.name
    assert path.suffix == ""


def test_evidence_is_added_until_the_limit(submission: Submission) -> None:
    dispute = make_dispute(submission)
    for _ in range(MAX_EVIDENCE):
        dispute_attach(dispute=dispute, evidence=file())

    refused = code_of(lambda: dispute_attach(dispute=dispute, evidence=file()))

    assert refused == "too_many_files"


def test_nothing_is_added_after_the_decision(
    submission: Submission, stranger: User, settings: Settings
) -> None:
    dispute = decided(submission, stranger, label="ai", outcome="upheld")

    assert (
        code_of(lambda: dispute_attach(dispute=dispute, evidence=file())) == "decided"
    )
    assert stored_files(settings) == []


def test_appeal_and_evidence_go_with_the_picture(
    submission: Submission,
    stranger: User,
    settings: Settings,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    decided(submission, stranger, label="human", outcome="corrected", evidence=file())
    submission.refresh_from_db()

    with django_capture_on_commit_callbacks(execute=True):
        submission_delete(submission=submission)

    assert not Dispute.objects.exists()
    assert not Evidence.objects.exists()
    assert stored_files(settings) == []


@pytest.mark.parametrize(
    ("label", "outcome", "words"),
    [
        ("human", "corrected", "It is: Human-made"),
        ("ai", "upheld", "The verdict stands: AI-generated"),
    ],
)
def test_the_owner_gets_an_e_mail(
    submission: Submission,
    stranger: User,
    django_capture_on_commit_callbacks: Commit,
    label: str,
    outcome: str,
    words: str,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        decided(submission, stranger, label=label, outcome=outcome)

    (letter,) = mail.outbox
    assert letter.to == [submission.owner.email]
    assert words in letter.body
    assert "The RAW file shows it." in letter.body
    assert PAGE in letter.body


def test_a_mail_server_that_fails_undoes_no_decision(
    submission: Submission,
    stranger: User,
    settings: Settings,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    with django_capture_on_commit_callbacks(execute=True):
        decided(submission, stranger, label="human", outcome="corrected")

    assert Dispute.objects.get().status == "corrected"


@pytest.mark.parametrize(
    ("label", "outcome", "truth"),
    [
        ("human", "corrected", "human"),
        ("ai", "upheld", "ai"),
        ("human", "upheld", None),
        ("uncertain", "corrected", None),
        ("uncertain", "upheld", None),
    ],
)
def test_what_a_decision_confirms(
    submission: Submission, stranger: User, label: str, outcome: str, truth: str | None
) -> None:
    dispute = decided(submission, stranger, label=label, outcome=outcome)

    assert confirmed_label(dispute=dispute) == truth
