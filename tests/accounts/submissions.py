"""Submissions with an answer, without asking a network."""

from __future__ import annotations

import hashlib
import itertools

from accounts.models import User
from classifier.history_columns import history_refresh, name_key
from classifier.models import Prediction, Source, Submission

_numbers = itertools.count()
_FACTS = ("source", "byte_size", "width", "height", "format")


def make_submission(
    *, owner: User | None, verdict: str = "ai", name: str = "photo.jpg"
) -> Submission:
    """A submission and its one prediction; each has a content of its own."""
    digest = hashlib.sha256(str(next(_numbers)).encode()).hexdigest()
    submission = Submission.objects.create(
        owner=owner,
        source=Source.PAGE,
        original_name=name,
        sha256=digest,
        byte_size=1234,
        width=640,
        height=480,
        format="JPEG",
    )
    Prediction.objects.create(
        submission=submission,
        model_name="tiny",
        model_version="1",
        engine="onnx",
        ai_probability={"ai": 0.9, "human": 0.1, "uncertain": 0.5}[verdict],
        logit=0.0,
        verdict=verdict,
        ai_threshold=0.7,
        human_threshold=0.3,
        elapsed_ms=12.5,
    )
    Submission.objects.filter(pk=submission.pk).update(name_key=name_key(name))
    history_refresh(submission_id=submission.pk)
    submission.refresh_from_db()
    return submission


def make_many(*, owner: User, number: int) -> None:
    """A long history, quickly: alike pictures that are all `ai`."""
    first = make_submission(owner=owner)
    answer = first.predictions.get().answer()
    columns = ("verdict", "final_verdict", "ai_probability", "model", "name_key")
    rows = [
        Submission(
            owner=owner,
            original_name=first.original_name,
            sha256=hashlib.sha256(str(next(_numbers)).encode()).hexdigest(),
            **{name: getattr(first, name) for name in (*_FACTS, *columns)},
        )
        for _ in range(number - 1)
    ]
    Submission.objects.bulk_create(rows)
    Prediction.objects.bulk_create(Prediction(submission=r, **answer) for r in rows)
