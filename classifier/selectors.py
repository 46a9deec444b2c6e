"""Reads: named queries that never show a person what belongs to another."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from classifier.models import Submission, SubmissionQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def submissions_of(*, user: AbstractBaseUser | AnonymousUser) -> SubmissionQuerySet:
    """A person's submissions, newest first, with their predictions."""
    if not user.is_authenticated:
        return Submission.objects.none()
    mine = Submission.objects.filter(owner_id=user.pk)
    return mine.with_predictions()


def submission_visible_to(
    *,
    user: AbstractBaseUser | AnonymousUser,
    session_ids: Collection[str],
    submission_id: UUID,
) -> Submission | None:
    """The submission, if it is the person's own or an anonymous one of the session."""
    mine = Q(owner__isnull=True, pk__in=session_ids)
    if user.is_authenticated:
        mine |= Q(owner_id=user.pk)
    found = Submission.objects.filter(mine, pk=submission_id)
    return found.with_predictions().first()
