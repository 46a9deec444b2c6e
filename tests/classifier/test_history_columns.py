"""What histories are filtered by follows whatever changes it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from classifier.inference.detector import load_detector
from classifier.models import Prediction, Submission
from classifier.rescoring import rescore
from classifier.services import submission_create
from tests.accounts.submissions import make_submission
from tests.bundles import tiny_bundle
from tests.classifier.appeals import decided, kept_submission, make_dispute
from tests.images import encode, plain

pytestmark = pytest.mark.django_db

COLUMNS = ("verdict", "final_verdict", "ai_probability", "model", "feedback")


def columns(submission: Submission) -> dict[str, object]:
    return Submission.objects.values(*COLUMNS, "name_key").get(pk=submission.pk)


@pytest.mark.parametrize("is_owned", [True, False])
def test_a_new_submission_has_them(user: User, is_owned: bool) -> None:
    owner = user if is_owned else None
    submission = submission_create(
        owner=owner, data=encode(plain("red")), name="Été.PNG", source="page"
    ).submission

    found = columns(submission)
    assert found["verdict"] == found["final_verdict"] == "ai"
    assert found["ai_probability"] == submission.latest_prediction.ai_probability
    assert (found["model"], found["feedback"]) == ("tiny 1.0", "none")
    assert found["name_key"] == ("été.png" if is_owned else "")


def test_a_new_model_changes_them(user: User, tmp_path: Path) -> None:
    submission = kept_submission(user, "human", "grey")
    detector = load_detector(tiny_bundle(tmp_path / "new", version="2.0", bias=9.0))

    rescore(detector=detector)

    found = columns(submission)
    assert (found["verdict"], found["model"]) == ("ai", "tiny 2.0")


def test_an_appeal_and_its_decision_change_them(user: User, stranger: User) -> None:
    open_one, corrected = make_submission(owner=user), make_submission(owner=user)
    make_dispute(open_one)
    dispute = decided(corrected, stranger, label="human", outcome="corrected")

    assert columns(open_one)["feedback"] == "open"
    found = columns(corrected)
    assert (found["verdict"], found["final_verdict"]) == ("ai", "human")
    assert found["feedback"] == "corrected"

    dispute.delete()
    found = columns(corrected)
    assert (found["final_verdict"], found["feedback"]) == ("ai", "none")


def test_a_correction_outlives_a_new_answer(
    user: User, stranger: User, tmp_path: Path
) -> None:
    submission = kept_submission(user, "ai", "grey")
    decided(submission, stranger, label="human", outcome="corrected")

    rescore(detector=load_detector(tiny_bundle(tmp_path / "new", version="2.0")))

    found = columns(submission)
    assert (found["model"], found["final_verdict"]) == ("tiny 2.0", "human")


def test_rows_of_an_older_release_are_put_right(user: User) -> None:
    """It knows nothing of the columns: it leaves the defaults of the database."""
    right = make_submission(owner=user, verdict="human")
    wrong = make_submission(owner=user, verdict="human", name="Été.jpg")
    expected = columns(wrong)
    Submission.objects.filter(pk=wrong.pk).update(
        verdict="", final_verdict="", ai_probability=0.5, model="", name_key=""
    )
    output = io.StringIO()

    call_command("index_history", stdout=output, no_color=True)

    assert columns(wrong) == expected
    assert "1 of 2 rows corrected." in output.getvalue()
    assert columns(right)["verdict"] == "human"


def test_a_row_shows_its_verdict_before_it_is_put_right(user: User) -> None:
    submission = make_submission(owner=user, verdict="human")
    Submission.objects.update(verdict="", final_verdict="")

    submission.refresh_from_db()

    assert submission.shown_verdict == "human"


def test_of_a_submission_without_an_answer_nothing_is_said(user: User) -> None:
    submission = make_submission(owner=user)
    Prediction.objects.all().delete()

    call_command("index_history", stdout=io.StringIO())

    assert columns(submission)["verdict"] == ""
