"""Appeals for tests, at any of their stages."""

from __future__ import annotations

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from classifier.disputes import dispute_decide, dispute_open, dispute_review
from classifier.models import Dispute, Submission
from classifier.previews import render_preview
from tests.accounts.submissions import make_submission
from tests.images import plain

PAGE = "https://detector.example.org/submissions/1/"


def with_preview(submission: Submission, image: Image.Image) -> Submission:
    """Give the submission a stored preview."""
    content = ContentFile(render_preview(np.asarray(image)))
    submission.preview.save("preview.webp", content)
    return submission


def kept_submission(
    owner: User, verdict: str = "ai", colour: str = "red"
) -> Submission:
    """A judged picture with its preview, as an owner's history has it."""
    return with_preview(make_submission(owner=owner, verdict=verdict), plain(colour))


def make_dispute(submission: Submission, **values: object) -> Dispute:
    """An open appeal; by default it says the opposite of the verdict."""
    opposite = "ai" if submission.latest_prediction.verdict == "human" else "human"
    defaults = {"truth": opposite, "reason": "I was there."}
    return dispute_open(submission=submission, **{**defaults, **values})


def decided(
    submission: Submission,
    reviewer: User,
    *,
    label: str,
    outcome: str,
    **values: object,
) -> Dispute:
    """An appeal that a reviewer labelled and decided."""
    dispute = make_dispute(submission, **values)
    dispute_review(dispute=dispute, reviewer=reviewer, label=label)
    return dispute_decide(
        dispute=dispute,
        reviewer=reviewer,
        outcome=outcome,
        note="The RAW file shows it.",
        page_url=PAGE,
    )


def file(content: bytes = b"raw bytes", name: str = "photo.nef") -> SimpleUploadedFile:
    """What a form sends as evidence."""
    return SimpleUploadedFile(name, content)
