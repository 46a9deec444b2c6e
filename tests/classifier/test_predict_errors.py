"""POST /predict: every way to be refused, with its status, code and sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from classifier.models import Submission
from tests.images import huge_png_header, jpeg

pytestmark = pytest.mark.django_db


def send(client: Client, data: bytes, name: str = "photo.jpg") -> HttpResponse:
    return client.post("/predict", {"file": SimpleUploadedFile(name, data)})


def assert_refused(response: HttpResponse, status: int, code: str) -> None:
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert set(body) == {"detail", "code"}
    assert body["detail"].endswith(".")
    assert not Submission.objects.exists()


def test_a_request_without_a_file(client: Client) -> None:
    assert_refused(client.post("/predict"), 400, "no_file")


def test_a_picture_as_the_bare_body(client: Client) -> None:
    response = client.post("/predict", jpeg(), content_type="image/jpeg")

    assert_refused(response, 400, "no_file")


def test_a_file_in_another_field(client: Client) -> None:
    response = client.post("/predict", {"image": SimpleUploadedFile("a", jpeg())})

    assert_refused(response, 400, "no_file")


def test_several_files(client: Client) -> None:
    files = [SimpleUploadedFile(name, jpeg()) for name in ("a.jpg", "b.jpg")]

    assert_refused(client.post("/predict", {"file": files}), 400, "several_files")


def test_an_empty_file(client: Client) -> None:
    assert_refused(send(client, b""), 400, "empty_file")


def test_a_broken_multipart_body(client: Client) -> None:
    response = client.post("/predict", b"--", content_type="multipart/form-data")

    assert_refused(response, 400, "malformed_request")


def test_text_that_is_named_like_a_picture(client: Client) -> None:
    assert_refused(send(client, b"no picture"), 415, "unsupported_format")


def test_a_picture_that_ends_too_early(client: Client) -> None:
    data = jpeg()

    assert_refused(send(client, data[: len(data) // 2]), 422, "broken_image")


def test_a_small_file_that_unpacks_to_400_megapixels(client: Client) -> None:
    bomb = huge_png_header(20_000, 20_000)
    assert len(bomb) < 1000

    assert_refused(send(client, bomb), 413, "too_many_pixels")


def test_a_file_just_over_the_limit(client: Client, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = len(jpeg()) - 1

    assert_refused(send(client, jpeg()), 413, "file_too_large")


def test_a_file_just_at_the_limit(client: Client, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = len(jpeg())

    assert send(client, jpeg()).status_code == 200


class Wire(io.BytesIO):
    """A body that knows how much of it was read."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_a_body_of_100_mb_is_refused_before_any_of_it_is_read(client: Client) -> None:
    wire = Wire(b"x" * 1000)

    response = client.generic(
        "POST",
        "/predict",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(100 * 1024**2),
        **{"wsgi.input": wire},
    )

    assert_refused(response, 413, "file_too_large")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_other_methods(client: Client, method: str) -> None:
    response = getattr(client, method)("/predict")

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    if method != "head":
        assert response.json()["code"] == "method_not_allowed"


def test_no_model(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "nothing"

    response = send(client, jpeg())

    assert_refused(response, 503, "model_unavailable")
    assert str(tmp_path) not in response.json()["detail"]


def test_a_model_whose_file_was_changed(
    client: Client, settings: Settings, tmp_path: Path, bundle_folder: Path
) -> None:
    for file in bundle_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"something else")
    settings.DETECTOR_BUNDLE = tmp_path

    assert_refused(send(client, jpeg()), 503, "model_unavailable")
