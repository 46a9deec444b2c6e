"""Who sends a request, as the API's authentication found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest

    from classifier.models import Source, Submission

SESSION_KEY = "anonymous_submissions"
REMEMBERED = 50


@dataclass(frozen=True)
class Caller:
    """`user` is None for somebody anonymous; `source` is the door they came through."""

    user: AbstractBaseUser | None
    source: Source


def remember_submission(request: HttpRequest, submission: Submission) -> None:
    """Let this browser session see an anonymous result again."""
    ids = [*remembered_ids(request), str(submission.pk)]
    request.session[SESSION_KEY] = ids[-REMEMBERED:]


def remembered_ids(request: HttpRequest) -> list[str]:
    """Ids of the anonymous submissions of this browser session, oldest first."""
    return request.session.get(SESSION_KEY, [])
