"""The reviewers' queue is blind until the label is stored."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from classifier.models import Dispute, Evidence, Submission
from tests.classifier.appeals import decided, file, kept_submission, make_dispute
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

QUEUE = "/admin/classifier/dispute/"


@pytest.fixture
def reviewer(db: None) -> User:
    """Staff with no other permission than to review."""
    person = UserFactory.create(is_staff=True)
    names = ["view_dispute", "change_dispute"]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return person


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    client = Client()
    client.force_login(reviewer)
    return client


@pytest.fixture
def dispute(user: User) -> Dispute:
    submission = kept_submission(user)
    return make_dispute(submission, reason="My claim", evidence=file())


def page(client: Client, dispute: Dispute) -> str:
    return client.get(f"{QUEUE}{dispute.pk}/change/").content.decode()


def test_before_the_label_neither_verdict_nor_claim_is_shown(
    reviewer_client: Client, dispute: Dispute
) -> None:
    text = page(reviewer_client, dispute)

    assert "Store my label" in text
    assert "photo.nef" in text
    for hidden in ("My claim", "AI probability", "0.900", "People made it"):
        assert hidden not in text
    assert str(dispute.submission_id) not in text


def test_the_list_shows_neither_verdict_nor_claim(
    reviewer_client: Client, dispute: Dispute
) -> None:
    text = reviewer_client.get(QUEUE).content.decode()

    assert str(dispute) in text
    assert "AI-generated" not in text
    assert "People made it" not in text


def test_the_label_opens_the_verdict_and_the_decision_ends_it(
    reviewer_client: Client, reviewer: User, dispute: Dispute
) -> None:
    address = f"{QUEUE}{dispute.pk}/change/"

    after_label = reviewer_client.post(address, {"label": "human"}, follow=True)
    text = after_label.content.decode()
    assert "My claim" in text
    assert "AI-generated, AI probability 0.900" in text

    decision = {"outcome": "corrected", "note": "Seen in the RAW."}
    reviewer_client.post(address, decision)
    dispute.refresh_from_db()
    assert (dispute.status, dispute.reviewer) == ("corrected", reviewer)
    assert Submission.objects.get().correction == dispute


def test_deciding_first_is_no_way_round_the_label(
    reviewer_client: Client, dispute: Dispute
) -> None:
    address = f"{QUEUE}{dispute.pk}/change/"

    reviewer_client.post(address, {"outcome": "upheld", "note": "No."})

    dispute.refresh_from_db()
    assert dispute.status == "open"


def test_a_label_that_agrees_leaves_no_choice(
    reviewer_client: Client, dispute: Dispute
) -> None:
    address = f"{QUEUE}{dispute.pk}/change/"

    step = reviewer_client.post(address, {"label": "ai"}, follow=True)
    reviewer_client.post(address, {"outcome": "corrected", "note": "No."})

    assert "it can only stand" in step.content.decode()
    assert 'value="corrected"' not in step.content.decode()
    dispute.refresh_from_db()
    assert dispute.status == "reviewed"


def test_a_refused_step_is_explained(admin_client: Client, admin_user: User) -> None:
    own = make_dispute(kept_submission(admin_user))

    answer = admin_client.post(
        f"{QUEUE}{own.pk}/change/", {"label": "human"}, follow=True
    )

    assert "Somebody else must review it" in answer.content.decode()


def test_the_queue_holds_what_waits(
    reviewer_client: Client, dispute: Dispute, user: User, stranger: User
) -> None:
    decided(kept_submission(user), stranger, label="ai", outcome="upheld")

    assert reviewer_client.get(QUEUE).context["cl"].result_count == 1
    everything = reviewer_client.get(QUEUE, {"state": "all"})
    assert everything.context["cl"].result_count == 2
    upheld = reviewer_client.get(QUEUE, {"state": "upheld"})
    assert upheld.context["cl"].result_count == 1


def test_reviewers_get_picture_and_evidence_and_nothing_else(
    reviewer_client: Client, dispute: Dispute
) -> None:
    evidence = f"{QUEUE}{dispute.pk}/evidence/{Evidence.objects.get().pk}/"

    assert reviewer_client.get(f"{QUEUE}{dispute.pk}/picture/").status_code == 200
    saved = reviewer_client.get(evidence)
    assert saved["Content-Disposition"].startswith("attachment;")
    assert saved["X-Content-Type-Options"] == "nosniff"
    submissions = "/admin/classifier/submission/"
    assert reviewer_client.get(submissions).status_code == 403
    assert reviewer_client.get(f"{QUEUE}{dispute.pk}/evidence/0/").status_code == 404


def test_staff_without_the_permission_and_everybody_else_stay_outside(
    dispute: Dispute, user_client: Client, client: Client
) -> None:
    staff = Client()
    staff.force_login(UserFactory.create(is_staff=True))
    evidence = Evidence.objects.get().pk
    addresses = [
        f"{QUEUE}{dispute.pk}/{rest}"
        for rest in ("change/", "picture/", f"evidence/{evidence}/")
    ]

    for address in addresses:
        assert staff.get(address).status_code == 403
        assert user_client.get(address).status_code == 302
        assert client.get(address).status_code == 302


def test_nobody_adds_or_deletes_an_appeal(
    admin_client: Client, dispute: Dispute
) -> None:
    assert admin_client.get(f"{QUEUE}add/").status_code == 403
    assert admin_client.post(f"{QUEUE}{dispute.pk}/delete/").status_code == 403
