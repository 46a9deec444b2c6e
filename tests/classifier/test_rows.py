"""Rows that are inserted without the ORM are the rows that it would have stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from classifier.models import Prediction, Submission
from classifier.rows import bytes_are_known, insert_row
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

FACTS = {"source": "api", "byte_size": 9, "width": 4, "height": 3, "format": "PNG"}
KNOWN = "a" * 64
UNKNOWN = "b" * 64


def submission(**changes: Any) -> Submission:
    return Submission(**{"sha256": KNOWN, **FACTS, **changes})


def prediction(of: Submission) -> Prediction:
    return Prediction(
        submission=of,
        model_name="detector",
        model_version="1",
        engine="onnx",
        ai_probability=0.75,
        logit=1.1,
        verdict="uncertain",
        ai_threshold=0.8,
        human_threshold=0.3,
        elapsed_ms=12.5,
        provenance=[{"source": "exif", "claim": "camera", "data": {"ä": "✓"}}],
    )


def stored(row: Submission | Prediction) -> dict[str, Any]:
    """All columns as the database has them, but for keys and times."""
    own = {"id", "submission", "created_at"}
    found = type(row).objects.get(pk=row.pk)
    fields = [f.name for f in row._meta.concrete_fields if f.name not in own]
    return {name: getattr(found, name) for name in fields}


def test_an_inserted_row_holds_what_save_would_store() -> None:
    saved, inserted = submission(), submission()
    saved.save()
    insert_row(inserted)
    saved_answer, inserted_answer = prediction(saved), prediction(inserted)
    saved_answer.save()
    insert_row(inserted_answer)

    assert stored(inserted) == stored(saved)
    assert stored(inserted_answer) == stored(saved_answer)
    assert inserted.predictions.get() == inserted_answer


def test_an_inserted_row_can_be_saved_again() -> None:
    row = submission()
    insert_row(row)
    row.external_id = "mine"
    row.save()

    assert Submission.objects.get().external_id == "mine"


def test_a_row_against_a_constraint_is_refused() -> None:
    owner = UserFactory()
    insert_row(submission(owner=owner))

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_row(submission(owner=owner))


def test_bytes_are_known_whoever_sent_them() -> None:
    submission(owner=UserFactory()).save()

    assert bytes_are_known(sha256=KNOWN)
    assert not bytes_are_known(sha256=UNKNOWN)
