"""`manage.py export_feedback`: what reviewers confirmed, as training data."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from classifier.disputes import dispute_consent
from classifier.feedback_export import COLUMNS
from classifier.models import Source, Submission
from classifier.services import submission_create
from mltrain.layouts import read_dataset
from mltrain.manifest import COLUMNS as COLUMNS_READ
from tests.classifier.appeals import decided, file, kept_submission, make_dispute
from tests.images import encode, plain

pytestmark = pytest.mark.django_db

CONSENT = {"training_consent": True}


def export(folder: Path, *arguments: str) -> str:
    output = io.StringIO()
    call_command(
        "export_feedback", str(folder), *arguments, stdout=output, no_color=True
    )
    return output.getvalue()


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="") as opened:
        return list(csv.DictReader(opened))


def corrected(owner: User, reviewer: User, **values: object) -> Submission:
    """A picture that was called AI and is human-made."""
    submission = kept_submission(owner, "ai")
    decided(submission, reviewer, label="human", outcome="corrected", **values)
    return submission


def test_training_reads_what_is_exported(
    user: User, stranger: User, tmp_path: Path
) -> None:
    corrected(user, stranger, **CONSENT)
    upheld = kept_submission(stranger, "ai", "blue")
    decided(upheld, user, label="ai", outcome="upheld", **CONSENT)

    output = export(tmp_path / "feedback")

    assert "1 AI and 1 human-made pictures exported" in output
    dataset = read_dataset(tmp_path / "feedback")
    assert dataset.problems == []
    assert sorted(sample.label for sample in dataset.samples) == ["ai", "human"]
    assert {sample.source for sample in dataset.samples} == {"feedback"}


def test_the_columns_are_those_that_training_reads() -> None:
    assert COLUMNS == COLUMNS_READ


def test_without_consent_nothing_leaves(
    user: User, stranger: User, tmp_path: Path
) -> None:
    corrected(user, stranger)
    taken_back = corrected(user, stranger, **CONSENT)
    dispute_consent(dispute=taken_back.disputes.get(), training_consent=False)

    export(tmp_path / "feedback")

    assert rows(tmp_path / "feedback") == []


def test_what_was_not_settled_is_left_out(
    user: User, stranger: User, tmp_path: Path
) -> None:
    decided(
        kept_submission(user),
        stranger,
        label="uncertain",
        outcome="corrected",
        **CONSENT,
    )
    decided(kept_submission(user), stranger, label="human", outcome="upheld", **CONSENT)
    make_dispute(kept_submission(user), **CONSENT)

    output = export(tmp_path / "feedback")

    assert "2 left out: the review did not settle what is true." in output
    assert rows(tmp_path / "feedback") == []


def test_the_original_is_taken_where_it_was_attached(
    user: User, stranger: User, tmp_path: Path
) -> None:
    data = encode(plain("red"))
    submission = submission_create(
        owner=user, data=data, name="a.png", source=Source.PAGE
    ).submission
    evidence = {"evidence": file(data, "a.png"), **CONSENT}
    decided(submission, stranger, label="human", outcome="corrected", **evidence)

    export(tmp_path / "best")
    export(tmp_path / "previews", "--previews-only")

    (best,) = rows(tmp_path / "best")
    assert best["path"] == f"human/{submission.sha256}.png"
    assert (tmp_path / "best" / best["path"]).read_bytes() == data
    (preview,) = rows(tmp_path / "previews")
    assert preview["path"].endswith(".webp")


def test_other_evidence_is_never_exported(
    user: User, stranger: User, tmp_path: Path
) -> None:
    corrected(user, stranger, evidence=file(b"private"), **CONSENT)

    export(tmp_path / "feedback")

    (row,) = rows(tmp_path / "feedback")
    assert row["path"].endswith(".webp")
    exported = list((tmp_path / "feedback").rglob("*"))
    assert not any(
        b"private" in path.read_bytes() for path in exported if path.is_file()
    )


def test_pictures_of_one_owner_share_a_group_that_names_nobody(
    user: User, stranger: User, admin_user: User, tmp_path: Path
) -> None:
    corrected(user, admin_user, **CONSENT)
    corrected(user, admin_user, **CONSENT)
    corrected(stranger, admin_user, **CONSENT)

    export(tmp_path / "feedback")

    groups = [row["group"] for row in rows(tmp_path / "feedback")]
    assert groups[0] == groups[1] != groups[2]
    assert user.username not in groups[0]


def test_a_picture_that_is_gone_is_named(
    user: User, stranger: User, tmp_path: Path
) -> None:
    submission = corrected(user, stranger, **CONSENT)
    submission.preview.storage.delete(submission.preview.name)

    assert "1 left out: no file is left." in export(tmp_path / "feedback")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")

    with pytest.raises(CommandError, match=r"is not empty\. Name a new folder"):
        export(tmp_path)
