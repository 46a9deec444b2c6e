"""Links by which an owner shows a result to others, made and revoked."""

from __future__ import annotations

from classifier.models import ShareLink, Submission
from classifier.sharing_models import new_token


def share_create(*, submission: Submission, with_picture: bool) -> ShareLink:
    """A new link; the one before, if any, stops working."""
    link, _ = ShareLink.objects.update_or_create(
        submission=submission,
        defaults={"token": new_token(), "with_picture": with_picture},
    )
    return link


def share_revoke(*, submission: Submission) -> bool:
    """Make the link worthless; False when there was none."""
    deleted, _ = ShareLink.objects.filter(submission=submission).delete()
    return bool(deleted)


def share_link_of(*, submission: Submission) -> ShareLink | None:
    """The link of a submission, if it is shared."""
    return ShareLink.objects.filter(submission=submission).first()


def shared_submission(*, token: str) -> tuple[Submission, ShareLink] | None:
    """What the link shows; None for one that is unknown or revoked."""
    link = ShareLink.objects.filter(token=token).first()
    if link is None:
        return None
    found = Submission.objects.filter(pk=link.submission_id).with_predictions().first()
    return (found, link) if found else None
