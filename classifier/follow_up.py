"""What a result page offers after the verdict: copies, appeal, link, receipt."""

from __future__ import annotations

from typing import Any

from classifier.copies import copies_of
from classifier.disputes import MAX_EVIDENCE, can_dispute
from classifier.models import Submission
from classifier.receipts import receipts_are_on
from classifier.sharing import share_link_of


def follow_up(submission: Submission) -> dict[str, Any]:
    """The context of the partials of `templates/classifier/submission.html`."""
    context: dict[str, Any] = {
        "receipts_are_on": receipts_are_on(),
        "correction": submission.correction,
        "flipped_from": submission.flipped_from,
    }
    if submission.owner_id:
        context |= {
            "copies": copies_of(submission=submission),
            "disputes": list(submission.disputes.prefetch_related("evidence")),
            "can_dispute": can_dispute(submission=submission),
            "max_evidence": MAX_EVIDENCE,
            "share_link": share_link_of(submission=submission),
        }
    return context
