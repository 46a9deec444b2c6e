"""manage.py purge: what has expired goes."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from classifier.models import Counter, Submission
from tests.accounts.submissions import make_submission

pytestmark = pytest.mark.django_db


def purge(*arguments: str) -> str:
    out = StringIO()
    call_command("purge", *arguments, stdout=out)
    return out.getvalue()


def aged(owner: User | None, days: int) -> Submission:
    submission = make_submission(owner=owner)
    then = timezone.now() - timedelta(days=days)
    Submission.objects.filter(pk=submission.pk).update(created_at=then)
    return submission


def test_old_anonymous_results_go_and_others_stay(user: User) -> None:
    aged(None, 91)
    young, mine = aged(None, 89), aged(user, 1000)

    purge()

    assert set(Submission.objects.all()) == {young, mine}


def test_a_dry_run_only_counts() -> None:
    aged(None, 31)

    told = purge("--dry-run", "--anonymous-days", "30")

    assert "anonymous results: 1 would go" in told
    assert Submission.objects.count() == 1


def test_expired_sessions_go(client: Client, user: User) -> None:
    client.force_login(user)
    client.session.set_expiry(-1)
    session = client.session
    session.set_expiry(-1)
    session.save()

    assert "sessions: 1 deleted" in purge()


def test_counts_of_limits_that_are_over_go() -> None:
    now = int(timezone.now().timestamp())
    Counter.objects.create(name="a:b:over", used=1, most=2, resets_at=now - 60)
    runs = Counter.objects.create(name="a:b:runs", used=1, most=2, resets_at=now + 600)

    purge()

    assert set(Counter.objects.all()) == {runs}
