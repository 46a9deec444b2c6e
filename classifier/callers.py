"""Who sends a request, as the API's authentication found out, and what they may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import TextChoices
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classifier.selectors import submission_visible_to

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest

    from classifier.models import Source, Submission

SESSION_KEY = "anonymous_submissions"
REMEMBERED = 50


class Scope(TextChoices):
    """What a token may do."""

    PREDICT = "predict", gettext_lazy("Send pictures")
    HISTORY = "history", gettext_lazy("Read, dispute and delete results")


class MissingScope(Exception):  # noqa: N818 - an outcome, not a fault
    """The token may not do this; `detail` says which scope is needed."""

    code = "missing_scope"

    def __init__(self, needed: Scope) -> None:
        self.detail = _(
            "This token lacks the scope “%(scope)s”. "
            "Make a token with it on your account's page."
        ) % {"scope": needed.value}
        super().__init__(self.detail)


def require_scope(granted: Collection[str] | None, needed: Scope) -> None:
    """Raise `MissingScope` unless it is granted; None is a caller without a token."""
    if granted is not None and needed not in granted:
        raise MissingScope(needed)


@dataclass(frozen=True)
class Caller:
    """`user` is None for somebody anonymous; `source` is the door they came through.

    `token_id` and `scopes` are those of the token, or None where there is none.
    """

    user: AbstractBaseUser | None
    source: Source
    token_id: str | None = None
    scopes: tuple[str, ...] | None = None

    def require(self, needed: Scope) -> None:
        """Raise `MissingScope` for a token that may not do this."""
        require_scope(self.scopes, needed)


def remember_submission(request: HttpRequest, submission: Submission) -> None:
    """Let this browser session see an anonymous result again."""
    ids = [*remembered_ids(request), str(submission.pk)]
    request.session[SESSION_KEY] = ids[-REMEMBERED:]


def remembered_ids(request: HttpRequest) -> list[str]:
    """Ids of the anonymous submissions of this browser session, oldest first."""
    return request.session.get(SESSION_KEY, [])


def visible_submission(request: HttpRequest, submission_id: UUID) -> Submission:
    """For its owner, and for the session of the visitor who sent it; else `Http404`."""
    found = submission_visible_to(
        user=request.user,
        session_ids=remembered_ids(request),
        submission_id=submission_id,
    )
    if found is None:
        raise Http404
    return found
