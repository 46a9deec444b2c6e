"""What is kept no longer than it is of use."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import ApiToken
from classifier.models import Counter, Submission
from operations.models import GoldenCheck

KEEP_CHECKS = timedelta(days=400)


def expired(*, anonymous_days: int) -> dict[str, QuerySet]:
    """Rows whose time is over, by what they are."""
    now = timezone.now()
    return {
        "anonymous results": Submission.objects.filter(
            owner=None, created_at__lt=now - timedelta(days=anonymous_days)
        ),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "API tokens": ApiToken.objects.filter(expiry__lt=now),
        "counts of limits": Counter.objects.filter(resets_at__lt=now.timestamp()),
        "nightly checks": GoldenCheck.objects.filter(checked_at__lt=now - KEEP_CHECKS),
    }
