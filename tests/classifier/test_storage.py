"""Rows and files live and die together."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.db.models.signals import pre_save
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from classifier.detector_provider import get_detector, override
from classifier.inference.detector import Detector
from classifier.inference.errors import ImageRejected
from classifier.inference.types import Detection
from classifier.models import Prediction, Source, Submission, Verdict
from classifier.selectors import submissions_of
from classifier.services import Answer, submission_create, submission_delete
from tests.bundles import tiny_bundle
from tests.images import encode, jpeg, picture, plain

Commit = Callable[..., object]


def submit(
    owner: User | None, data: bytes | None = None, name: str = "a.jpg"
) -> Answer:
    return submission_create(
        owner=owner, data=data or jpeg(), name=name, source=Source.PAGE
    )


def stored_files(settings: Settings) -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_submission_stores_its_facts_and_its_prediction(user: User) -> None:
    data = encode(plain("red", 64, 48))

    submit(user, data, "red.png")

    submission, prediction = Submission.objects.get(), Prediction.objects.get()
    assert prediction.submission == submission
    assert submission.original_name == "red.png"
    assert submission.byte_size == len(data)
    assert (submission.width, submission.height) == (64, 48)
    assert prediction.verdict == Verdict.AI
    assert (prediction.model_name, prediction.model_version) == ("tiny", "1.0")
    assert prediction.engine == "onnx"
    assert prediction.elapsed_ms > 0


def test_the_preview_is_small_and_without_metadata(user: User) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    data = encode(picture(2000, 1000), "JPEG", exif=exif.tobytes())

    preview = submit(user, data).submission.preview

    content = default_storage.open(preview.name).read()
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size) == ("WEBP", (1024, 512))
    assert b"Camera of somebody" not in content


def test_file_names_say_nothing_about_the_upload(
    user: User, settings: Settings
) -> None:
    submission = submit(user, name="secret.jpg").submission

    for file in stored_files(settings):
        assert "secret" not in file.name
        assert submission.sha256[:8] not in file.name


def test_names_lose_control_characters_and_excess(user: User) -> None:
    submission = submit(user, name="a\x00\nb" + "c" * 300).submission

    assert submission.original_name == "ab" + "c" * 253


def test_no_file_stays_when_a_row_cannot_be_written(
    user: User, settings: Settings
) -> None:
    def fail(**_: object) -> None:
        raise DatabaseError("disk full")

    pre_save.connect(fail, sender=Prediction)
    try:
        with pytest.raises(DatabaseError, match="disk full"):
            submit(user)
    finally:
        pre_save.disconnect(fail, sender=Prediction)

    assert not Submission.objects.exists()
    assert stored_files(settings) == []


def test_a_rejected_picture_leaves_nothing(user: User, settings: Settings) -> None:
    with pytest.raises(ImageRejected):
        submit(user, b"no picture")

    assert not Submission.objects.exists()
    assert stored_files(settings) == []


class Overtaken(Detector):
    """While it judges a picture for the first time, the same request comes again."""

    def __init__(self, detector: Detector, user: User) -> None:
        super().__init__(detector.engine, detector.card, detector.limits)
        self.user = user
        self.twin: Answer | None = None
        self.busy = False

    def detect(self, data: bytes) -> Detection:
        if not self.busy:
            self.busy = True
            self.twin = submit(self.user, data)
        return super().detect(data)


def test_of_two_equal_requests_at_once_the_faster_wins(
    user: User, settings: Settings
) -> None:
    settings.DETECTOR_CONCURRENCY = 2
    with override(Overtaken(get_detector(), user)) as detector:
        answer = submit(user)

    assert answer.cached
    assert answer.submission == detector.twin.submission
    assert Submission.objects.count() == 1
    assert len(stored_files(settings)) == 2


def test_a_new_model_adds_a_prediction_to_the_submission(
    user: User, settings: Settings, tmp_path: Path
) -> None:
    before = submit(user)
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "new", version="2.0")

    after = submit(user)

    assert not after.cached
    assert after.submission == before.submission
    newest = submissions_of(user=user).get().latest_prediction
    assert newest.model_version == "2.0"
    assert Prediction.objects.count() == 2


def test_deleting_removes_rows_and_files_after_the_commit(
    user: User, settings: Settings, django_capture_on_commit_callbacks: Commit
) -> None:
    submission = submit(user).submission
    assert len(stored_files(settings)) == 2

    with django_capture_on_commit_callbacks(execute=True):
        submission_delete(submission=submission)

    assert not Submission.objects.exists()
    assert not Prediction.objects.exists()
    assert stored_files(settings) == []


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_is_rolled_back_keeps_its_files(settings: Settings) -> None:
    from tests.factories import UserFactory

    submission = submit(UserFactory.create()).submission

    def delete_too_late() -> None:
        with transaction.atomic():
            submission_delete(submission=submission)
            raise DatabaseError("too late")

    with pytest.raises(DatabaseError, match="too late"):
        delete_too_late()

    assert Submission.objects.exists()
    assert len(stored_files(settings)) == 2


def test_files_go_with_their_owner(
    user: User, settings: Settings, django_capture_on_commit_callbacks: Commit
) -> None:
    submit(user)

    with django_capture_on_commit_callbacks(execute=True):
        user.delete()

    assert stored_files(settings) == []


def test_a_history_needs_two_queries_whatever_its_length(
    user: User, stranger: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for colour in ("red", "blue", "grey"):
        submit(user, encode(plain(colour)))
    submit(stranger)

    with django_assert_num_queries(2):
        verdicts = [
            submission.latest_prediction.verdict
            for submission in submissions_of(user=user)
        ]

    assert verdicts == ["uncertain", "human", "ai"]


def test_a_history_can_be_filtered_by_its_newest_verdict(
    user: User, settings: Settings, tmp_path: Path
) -> None:
    submit(user, encode(plain("grey")))
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "new", version="2", bias=9.0)
    submit(user, encode(plain("grey")))

    assert submissions_of(user=user).filter(verdict="ai").count() == 1
    assert submissions_of(user=user).filter(verdict="uncertain").count() == 0
