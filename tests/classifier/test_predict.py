"""POST /predict: what a picture gets as its answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.images import (
    corners,
    encode,
    exif_with_orientation,
    jpeg,
    picture,
    plain,
    rgb16_png,
    stored_turned,
)

pytestmark = pytest.mark.django_db


def predict(client: Client, data: bytes, name: str = "photo.jpg") -> dict[str, Any]:
    """The JSON of a prediction that succeeds."""
    response = client.post("/predict", {"file": SimpleUploadedFile(name, data)})
    assert response.status_code == 200, response.content
    return response.json()


def animated_gif() -> bytes:
    frames = [plain("red"), plain("blue"), plain("green")]
    return encode(frames[0], "GIF", save_all=True, append_images=frames[1:])


def grey16_png() -> bytes:
    ramp = np.linspace(0, 65535, 64 * 48, dtype=np.uint16).reshape(48, 64)
    return encode(Image.fromarray(ramp))


UPLOADS = {
    "JPEG": (lambda: jpeg(64, 48), "JPEG"),
    "PNG": (lambda: encode(plain("red")), "PNG"),
    "WebP": (lambda: encode(plain("red"), "WEBP"), "WEBP"),
    "AVIF": (lambda: encode(plain("red"), "AVIF"), "AVIF"),
    "HEIC": (lambda: encode(plain("red"), "HEIF"), "HEIF"),
    "an animated GIF": (animated_gif, "GIF"),
    "BMP": (lambda: encode(plain("red"), "BMP"), "BMP"),
    "TIFF": (lambda: encode(plain("red"), "TIFF"), "TIFF"),
    "a CMYK JPEG": (lambda: encode(plain("red").convert("CMYK"), "JPEG"), "JPEG"),
    "a 16-bit grey PNG": (grey16_png, "PNG"),
    "a 16-bit RGB PNG": (lambda: rgb16_png((65535, 0, 0), 64, 48), "PNG"),
    "a transparent PNG": (lambda: encode(plain("red").convert("RGBA")), "PNG"),
}


@pytest.mark.parametrize(("draw", "file_format"), UPLOADS.values(), ids=UPLOADS)
def test_every_format_is_read(
    client: Client, draw: Callable[[], bytes], file_format: str
) -> None:
    data = draw()

    answer = predict(client, data, "named.wrongly")

    assert answer["image"] == {
        "width": 64,
        "height": 48,
        "format": file_format,
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def test_the_answer_holds_what_the_document_promises(client: Client) -> None:
    answer = predict(client, encode(plain("red")))

    assert set(answer) == {
        "id",
        "external_id",
        "label",
        "ground",
        "reason",
        "score_label",
        "ai_probability",
        "confidence",
        "model",
        "provenance",
        "image",
        "heatmap",
        "elapsed_ms",
        "cached",
        "operating_point",
        "correction",
        "stability",
    }
    assert answer["model"] == {"name": "tiny", "version": "1.0"}
    assert answer["elapsed_ms"] > 0
    assert answer["cached"] is False
    assert answer["operating_point"]["ai_threshold"] == 0.7
    assert answer["operating_point"]["human_threshold"] == 0.3


@pytest.mark.parametrize(
    ("colour", "label"), [("red", "ai"), ("blue", "human"), ("grey", "uncertain")]
)
def test_the_label_follows_from_the_probability(
    client: Client, colour: str, label: str
) -> None:
    answer = predict(client, encode(plain(colour)))

    probability = answer["ai_probability"]
    assert answer["label"] == label
    assert answer["confidence"] == max(probability, 1 - probability)


def test_only_the_first_frame_of_an_animation_counts(client: Client) -> None:
    assert predict(client, animated_gif())["label"] == "ai"


def test_a_single_pixel_is_a_picture(client: Client) -> None:
    answer = predict(client, encode(plain("red", 1, 1)))

    assert (answer["image"]["width"], answer["image"]["height"]) == (1, 1)


def test_a_turned_photograph_has_its_upright_size(client: Client) -> None:
    turned = stored_turned(corners(96, 64), 6)
    data = encode(turned, "JPEG", exif=exif_with_orientation(6))
    assert turned.size == (64, 96)

    answer = predict(client, data)

    assert (answer["image"]["width"], answer["image"]["height"]) == (96, 64)


def test_what_the_file_says_of_itself_comes_with_the_answer(client: Client) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS R5"

    answer = predict(client, encode(picture(), "JPEG", exif=exif.tobytes()))

    [finding] = answer["provenance"]
    assert set(finding) == {"source", "claim", "detail", "strength", "data"}
    assert (finding["source"], finding["claim"]) == ("exif", "camera")


def test_an_owner_who_sends_a_file_again_gets_the_same_submission(
    user_client: Client,
) -> None:
    first = predict(user_client, jpeg(), "first.jpg")
    second = predict(user_client, jpeg(), "second.jpg")

    assert second == first | {"cached": True}


def test_strangers_share_no_submission(
    user_client: Client, stranger_client: Client
) -> None:
    mine = predict(user_client, jpeg())
    theirs = predict(stranger_client, jpeg())

    assert theirs["id"] != mine["id"]
    assert theirs["cached"] is False


def test_anonymous_results_are_reused_under_an_id_of_their_own(client: Client) -> None:
    first = predict(client, jpeg())
    second = predict(Client(), jpeg())

    assert second["cached"] is True
    assert second["id"] != first["id"]
    assert second["ai_probability"] == first["ai_probability"]
