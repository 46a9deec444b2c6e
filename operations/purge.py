"""What is kept no longer than the settings say, and how it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import ApiToken
from accounts.webhooks import expired_deliveries
from classifier.batches import expired_batches
from classifier.deletion import delete_in_batches
from classifier.idempotency import expired_keys
from classifier.models import Counter, Evidence, Original, Submission
from operations.models import GoldenCheck

CHECKS_DAYS = 400


@dataclass(frozen=True)
class Rule:
    """Rows whose time is over; None where a setting keeps them for ever."""

    what: str
    kept: str
    rows: QuerySet | None


@dataclass(frozen=True)
class Purged:
    """What a rule found, and deleted unless it was a dry run."""

    what: str
    kept: str
    number: int


def purge(*, anonymous_days: int | None = None, dry_run: bool = False) -> list[Purged]:
    """Apply every rule, in batches that each are a transaction.

    Files go after the commit of their rows (`classifier.signals`). A second run finds
    nothing, and one that was stopped is continued by the next. `anonymous_days` takes
    the place of the setting.
    """
    return [
        Purged(rule.what, rule.kept, _apply(rule, dry_run=dry_run))
        for rule in rules(anonymous_days=anonymous_days)
    ]


def rules(*, anonymous_days: int | None = None) -> Iterator[Rule]:
    """One for each kind of thing that expires."""
    now = timezone.now()
    if anonymous_days is None:
        anonymous_days = settings.RETENTION_ANONYMOUS_DAYS
    yield _by_age(
        "anonymous results",
        anonymous_days,
        Submission.objects.filter(owner=None),
        "created_at",
        now,
    )
    yield _by_age(
        "results of accounts",
        settings.RETENTION_RESULTS_DAYS,
        Submission.objects.filter(owner__isnull=False),
        "created_at",
        now,
    )
    yield _by_age(
        "originals",
        settings.RETENTION_ORIGINALS_DAYS,
        Original.objects.all(),
        "created_at",
        now,
    )
    # Whoever allowed training with evidence wants it to be used; taking that back
    # lets the clock run.
    yield _by_age(
        "evidence of decided appeals",
        settings.RETENTION_EVIDENCE_DAYS,
        Evidence.objects.filter(dispute__training_consent=False),
        "dispute__decided_at",
        now,
    )
    yield Rule(
        "sessions", "until they expire", Session.objects.filter(expire_date__lt=now)
    )
    # After the sessions: what is left without one is a log-in that ended.
    yield Rule("ended log-ins", "with their session", _ended_log_ins(now))
    yield Rule(
        "API tokens", "until they expire", ApiToken.objects.filter(expiry__lt=now)
    )
    yield Rule("batches", "30 days", expired_batches())
    yield Rule("idempotency keys", "24 hours", expired_keys())
    yield Rule("messages of webhooks", "30 days", expired_deliveries())
    yield Rule(
        "counts of limits",
        "until they start anew",
        Counter.objects.filter(resets_at__lt=now.timestamp()),
    )
    yield _by_age(
        "nightly checks", CHECKS_DAYS, GoldenCheck.objects.all(), "checked_at", now
    )


def _by_age(what: str, days: int, rows: QuerySet, column: str, now: datetime) -> Rule:
    if not days:
        return Rule(what, "for ever", None)
    before = now - timedelta(days=days)
    return Rule(what, f"{days} days", rows.filter(**{f"{column}__lt": before}))


def _ended_log_ins(now: datetime) -> QuerySet:
    alive = Session.objects.filter(expire_date__gte=now).values("session_key")
    return UserSession.objects.exclude(session_key__in=alive)


def _apply(rule: Rule, *, dry_run: bool) -> int:
    if rule.rows is None:
        return 0
    return rule.rows.count() if dry_run else delete_in_batches(rule.rows)
