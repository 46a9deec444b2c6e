"""What is kept of an owner's picture, by the owner's choice."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import User
from classifier.keeping import Keeps
from classifier.models import Original, Source, StoredPrint, Submission
from classifier.originals import render_clean
from classifier.services import Answer, submission_create, submission_delete
from tests.bundles import tiny_bundle
from tests.images import corners, encode, jpeg, stored_turned

pytestmark = pytest.mark.django_db

PROMPT = "a red fox in the snow"


def located_jpeg(orientation: int = 1) -> bytes:
    """A photograph that tells its place and its camera."""
    exif = Image.Exif()
    exif[Base.Make] = "Canon"
    exif[Base.Orientation] = orientation
    gps = exif.get_ifd(IFD.GPSInfo)
    gps[GPS.GPSLatitudeRef] = "N"
    gps[GPS.GPSLatitude] = (48.0, 51.0, 29.0)
    return encode(stored_turned(corners(), orientation), "JPEG", quality=95, exif=exif)


def chooses(user: User, keeps: Keeps) -> User:
    user.keeps = keeps
    user.save()
    return user


def submit(owner: User, data: bytes, name: str = "fox.jpg") -> Answer:
    return submission_create(owner=owner, data=data, name=name, source=Source.PAGE)


def stored_files(settings: Settings) -> set[str]:
    root = Path(settings.MEDIA_ROOT)
    return {path.parent.name for path in root.rglob("*") if path.is_file()}


def test_without_a_choice_a_preview_is_kept_and_no_original(
    user: User, settings: Settings
) -> None:
    submit(user, located_jpeg())

    assert stored_files(settings) == {"previews", "heatmaps"}


def test_the_sizes_of_preview_and_heat_map_are_noted(user: User) -> None:
    answer = submit(user, jpeg())

    submission, prediction = answer.submission, answer.prediction
    assert submission.preview_bytes == default_storage.size(submission.preview.name)
    assert prediction.heatmap_bytes == default_storage.size(prediction.heatmap.name)


def test_with_hash_only_nothing_is_kept_that_shows_or_names_the_picture(
    user: User, settings: Settings
) -> None:
    parameters = {"pnginfo": _prompt()}
    submit(chooses(user, Keeps.HASH), encode(corners(), **parameters), "secret.png")

    submission = Submission.objects.get()
    assert stored_files(settings) == set()
    assert submission.original_name == ""
    assert not StoredPrint.objects.exists()
    assert PROMPT not in str(submission.latest_prediction.provenance)
    assert len(submission.sha256) == 64
    assert submission.latest_prediction.verdict


def test_a_hash_only_result_is_found_again_without_judging_twice(user: User) -> None:
    chooses(user, Keeps.HASH)
    submit(user, jpeg())

    assert submit(user, jpeg()).cached


def test_the_page_of_a_hash_only_result_opens(user: User, user_client: Client) -> None:
    answer = submit(chooses(user, Keeps.HASH), jpeg())

    page = user_client.get(answer.submission.get_absolute_url())

    assert page.status_code == 200
    assert b"/preview" not in page.content


def test_a_new_model_adds_to_a_hash_only_result(
    user: User, tmp_path: Path, settings: Settings
) -> None:
    submit(chooses(user, Keeps.HASH), jpeg())
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path, version="2.0")

    submit(user, jpeg())

    versions = Submission.objects.get().predictions.values_list("model_version")
    assert sorted(versions) == [("1.0",), ("2.0",)]
    assert stored_files(settings) == set()


def test_the_original_is_kept_byte_for_byte_on_request(user: User) -> None:
    data = located_jpeg()

    submit(chooses(user, Keeps.ORIGINAL), data)

    original = Original.objects.get()
    assert original.file.read() == data
    assert original.byte_size == len(data)


def test_a_file_that_is_sent_again_gains_its_original(user: User) -> None:
    data = located_jpeg()
    submit(user, data)

    submit(chooses(user, Keeps.ORIGINAL), data)
    submit(user, data)

    assert Original.objects.get().file.read() == data


def test_no_address_of_the_site_sends_the_original(
    user: User, user_client: Client
) -> None:
    data = located_jpeg()
    submission = submit(chooses(user, Keeps.ORIGINAL), data).submission

    page = user_client.get(submission.get_absolute_url()).content.decode()
    preview = user_client.get(submission.preview_url)

    assert "originals/" not in page
    assert b"".join(preview.streaming_content) != data
    for address in ("original", "originals", "file"):
        url = f"{submission.get_absolute_url()}{address}"
        assert user_client.get(url).status_code == 404


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_clean_copy_has_the_size_and_turn_and_no_metadata(
    user: User, orientation: int
) -> None:
    submit(chooses(user, Keeps.ORIGINAL), located_jpeg(orientation))

    ending, content = render_clean(Original.objects.get())

    copy = Image.open(io.BytesIO(content))
    assert ending == "jpg"
    assert copy.size == corners().size
    red, green, blue = copy.convert("RGB").getpixel((5, 5))
    assert red > 200
    assert max(green, blue) < 60
    assert dict(copy.getexif()) == {}
    assert b"Exif" not in content
    assert b"Canon" not in content


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "GIF", "BMP", "HEIF"])
def test_other_formats_become_a_clean_png_in_full_size(
    user: User, file_format: str
) -> None:
    data = encode(corners(1600, 1200), file_format)
    submit(chooses(user, Keeps.ORIGINAL), data)

    ending, content = render_clean(Original.objects.get())

    assert ending == "png"
    assert Image.open(io.BytesIO(content)).size == (1600, 1200)


def test_a_lost_original_has_no_copy(user: User) -> None:
    submit(chooses(user, Keeps.ORIGINAL), jpeg())
    original = Original.objects.get()
    original.file.storage.delete(original.file.name)

    assert render_clean(original) is None


def test_the_original_goes_with_the_result(
    user: User,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    submission = submit(chooses(user, Keeps.ORIGINAL), jpeg()).submission

    with django_capture_on_commit_callbacks(execute=True):
        submission_delete(submission=submission)

    assert stored_files(settings) == set()


def _prompt() -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", f"{PROMPT}\nSteps: 20, Sampler: Euler a, Seed: 1")
    return info
