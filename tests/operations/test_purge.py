"""manage.py purge: what has expired goes."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import ApiToken, User
from classifier.deletion import delete_in_batches
from classifier.models import Counter, Dispute, Evidence, Original, Submission
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import decided, make_dispute
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def purge(*arguments: str) -> dict[str, int]:
    """Run the command; the numbers of its table by what they count."""
    out = StringIO()
    call_command("purge", *arguments, stdout=out)
    rows = out.getvalue().splitlines()[1:]
    return {row[:28].strip(): int(re.search(r"\d+$", row)[0]) for row in rows}


def ago(days: int) -> object:
    return timezone.now() - timedelta(days=days)


def aged(owner: User | None, days: int) -> Submission:
    submission = make_submission(owner=owner)
    Submission.objects.filter(pk=submission.pk).update(created_at=ago(days))
    return submission


def with_original(owner: User, days: int) -> Original:
    original = Original(submission=make_submission(owner=owner), byte_size=7)
    original.file.save("originals/a", ContentFile(b"picture"))
    Original.objects.filter(pk=original.pk).update(created_at=ago(days))
    return original


def with_evidence(owner: User, days: int, *, consent: bool = False) -> Evidence:
    dispute = decided(
        make_submission(owner=owner),
        UserFactory.create(is_staff=True),
        label="human",
        outcome="corrected",
        training_consent=consent,
    )
    Dispute.objects.filter(pk=dispute.pk).update(decided_at=ago(days))
    return evidence_of(dispute)


def evidence_of(dispute: Dispute) -> Evidence:
    evidence = Evidence(dispute=dispute, name="a.raw", byte_size=3, sha256="0" * 64)
    evidence.file.save("evidence/a", ContentFile(b"raw"))
    return evidence


def test_old_anonymous_results_go_and_others_stay(user: User) -> None:
    aged(None, 91)
    young, mine = aged(None, 89), aged(user, 1000)

    assert purge()["anonymous results"] == 1

    assert set(Submission.objects.all()) == {young, mine}


def test_results_of_accounts_go_where_the_owner_of_the_site_says_so(
    user: User, settings: Settings
) -> None:
    settings.RETENTION_RESULTS_DAYS = 30
    aged(user, 31)
    young = aged(user, 29)

    purge()

    assert list(Submission.objects.all()) == [young]


def test_nothing_goes_by_age_where_the_settings_are_zero(
    user: User, settings: Settings
) -> None:
    for name in ("ANONYMOUS", "RESULTS", "ORIGINALS", "EVIDENCE"):
        setattr(settings, f"RETENTION_{name}_DAYS", 0)
    aged(None, 10_000)
    with_original(user, 10_000)
    with_evidence(user, 10_000)

    purge()

    assert Submission.objects.count() == 3
    assert Original.objects.exists()
    assert Evidence.objects.exists()


def test_old_originals_go_with_their_files_and_the_results_stay(
    user: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old, young = with_original(user, 91), with_original(user, 89)

    with django_capture_on_commit_callbacks(execute=True):
        purge()

    assert list(Original.objects.all()) == [young]
    assert Submission.objects.count() == 2
    assert not old.file.storage.exists(old.file.name)
    assert young.file.storage.exists(young.file.name)


def test_files_stay_until_the_deletion_is_committed(
    user: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old = with_original(user, 91)

    with django_capture_on_commit_callbacks(execute=False):
        purge()

    assert old.file.storage.exists(old.file.name)


def test_evidence_goes_a_year_after_the_decision(user: User) -> None:
    with_evidence(user, 366)
    young = with_evidence(user, 364)
    pending = evidence_of(make_dispute(make_submission(owner=user)))

    purge()

    assert set(Evidence.objects.all()) == {young, pending}


def test_evidence_that_may_be_learnt_from_stays(user: User) -> None:
    kept = with_evidence(user, 1000, consent=True)

    purge()

    assert list(Evidence.objects.all()) == [kept]


def test_a_dry_run_only_counts() -> None:
    aged(None, 31)

    told = purge("--dry-run", "--anonymous-days", "30")

    assert told["anonymous results"] == 1
    assert Submission.objects.count() == 1


def test_a_second_run_finds_nothing(user: User) -> None:
    aged(None, 91)
    with_original(user, 91)
    purge()

    assert set(purge().values()) == {0}


def test_expired_sessions_go_and_the_log_ins_they_belonged_to(user: User) -> None:
    ended, alive = Client(), Client()
    for client in (ended, alive):
        form = {"login": user.username, "password": PASSWORD}
        client.post("/accounts/login/", form)
    session = ended.session
    session.set_expiry(-1)
    session.save()

    told = purge()

    assert told["sessions"] == 1
    assert told["ended log-ins"] == 1
    assert UserSession.objects.get().session_key == alive.session.session_key


def test_expired_tokens_go(user: User) -> None:
    ApiToken.objects.create(user=user, name="old", expiry=-timedelta(days=1))
    ApiToken.objects.create(user=user, name="new", expiry=timedelta(days=1))

    purge()

    assert ApiToken.objects.get().name == "new"


def test_more_than_a_batch_goes_too(user: User) -> None:
    for _ in range(5):
        make_submission(owner=user)

    assert delete_in_batches(Submission.objects.all(), batch=2) == 5

    assert not Submission.objects.exists()


def test_counts_of_limits_that_are_over_go() -> None:
    now = int(timezone.now().timestamp())
    Counter.objects.create(name="a:b:over", used=1, most=2, resets_at=now - 60)
    runs = Counter.objects.create(name="a:b:runs", used=1, most=2, resets_at=now + 600)

    purge()

    assert set(Counter.objects.all()) == {runs}
