"""What is done with many of a person's pictures at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.history_selectors import selected
from classifier.capacity import Overloaded
from classifier.detector_provider import get_detector
from classifier.inference.errors import ModelError
from classifier.models import Submission
from classifier.problems import problem_of
from classifier.rescoring import Outcome, Rechecked, is_judged_by, rescore_one
from classifier.throttling import TooManyRequests

if TYPE_CHECKING:
    from accounts.models import User

# What one request does within a few seconds; the network is everybody's.
MAX_RECHECKS = 20


@dataclass(frozen=True)
class RecheckLine:
    """One picture, and what happened to it; `verdicts` are (before, now) if judged."""

    submission: Submission
    sentence: str
    verdicts: tuple[str, str] | None = None

    @property
    def is_flip(self) -> bool:
        """Whether the picture has another verdict now."""
        return self.verdicts is not None and self.verdicts[0] != self.verdicts[1]


def submissions_delete(*, user: User, ids: Sequence[UUID]) -> int:
    """Delete those that are the person's own, with their files; returns how many."""
    mine = Submission.objects.filter(owner_id=user.pk, pk__in=ids)
    with transaction.atomic():
        _total, counts = mine.delete()
    return counts.get(Submission._meta.label, 0)


def submissions_recheck(
    *, user: User, ids: Sequence[UUID], count: Callable[[], None]
) -> list[RecheckLine]:
    """Let the model in use judge the stored previews of the person's pictures.

    At most `MAX_RECHECKS` are judged; `count` is called before each and may raise
    `TooManyRequests`. What stops one picture stops no other; what stops all, such as
    the limit, is told in each line that is left. Raises a `ModelError` when there is no
    usable model to begin with.
    """
    detector = get_detector()
    lines: list[RecheckLine] = []
    left, refusal = MAX_RECHECKS, ""
    for submission in selected(user=user, ids=ids):
        is_judged = is_judged_by(submission=submission, card=detector.card)
        if submission.preview and not is_judged:
            refusal = refusal or _refusal(left, count)
            if refusal:
                lines.append(RecheckLine(submission, refusal))
                continue
            left -= 1
        try:
            done = rescore_one(submission_id=submission.pk, detector=detector)
        except (Overloaded, ModelError) as error:
            refusal = problem_of(error).detail
            lines.append(RecheckLine(submission, refusal))
        else:
            lines.append(_line(submission, done))
    return lines


def _refusal(left: int, count: Callable[[], None]) -> str:
    """Why no more pictures are judged; empty where one more may be."""
    if left == 0:
        return _(
            "Not judged: %(limit)s pictures are the most at once. Select it again."
        ) % {"limit": MAX_RECHECKS}
    try:
        count()
    except TooManyRequests as error:
        return error.detail
    return ""


def _line(submission: Submission, done: Rechecked) -> RecheckLine:
    if done.before and done.after:
        verdicts = (done.before.verdict, done.after.verdict)
        return RecheckLine(submission, _judged_sentence(verdicts), verdicts)
    sentences = {
        Outcome.SAME_MODEL: _("The model in use has judged it already."),
        Outcome.NO_PREVIEW: _(
            "There is no stored preview to judge. Send the file again instead."
        ),
        Outcome.GONE: _("It was deleted meanwhile."),
    }
    return RecheckLine(submission, sentences[done.outcome])


def _judged_sentence(verdicts: tuple[str, str]) -> str:
    if verdicts[0] == verdicts[1]:
        return _("Judged again on its preview; the verdict is the same.")
    return _("Judged again on its preview; the verdict is another one now.")
