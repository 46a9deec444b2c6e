"""Which ground decides about a real, signed file, on the page and in the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from classifier.models import Prediction
from classifier.provenance import TrustSettings
from tests.images import encode, plain
from tests.provenance.files import WEBUI_PARAMETERS, png_with
from tests.provenance.signing import Authority, created, make_authority, opened, sign

pytestmark = pytest.mark.django_db

RED_IS_AI = encode(plain("red"), "JPEG")
BLUE_IS_HUMAN = encode(plain("blue"), "JPEG")
GENERATED, CAPTURED = "trainedAlgorithmicMedia", "digitalCapture"
PART = "compositeWithTrainedAlgorithmicMedia"


@pytest.fixture(autouse=True)
def _trust_list(settings: Settings, trust: TrustSettings) -> None:
    settings.C2PA_TRUST_ANCHORS = trust.anchors


def predict(client: Client, data: bytes) -> dict[str, Any]:
    response = client.post("/predict", {"file": SimpleUploadedFile("a.jpg", data)})
    assert response.status_code == 200, response.content
    return response.json()


def result_page(client: Client, data: bytes) -> str:
    file = SimpleUploadedFile("a.jpg", data)
    return client.post("/", {"file": file}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("picture", "term", "label", "score"),
    [
        (BLUE_IS_HUMAN, GENERATED, "ai", "human"),
        (RED_IS_AI, CAPTURED, "human", "ai"),
        (RED_IS_AI, PART, "uncertain", "ai"),
        (BLUE_IS_HUMAN, PART, "uncertain", "human"),
    ],
)
def test_a_trusted_signature_decides_and_the_score_stays_visible(
    client: Client,
    authority: Authority,
    picture: bytes,
    term: str,
    label: str,
    score: str,
) -> None:
    answer = predict(client, sign(picture, authority, actions=[created(term)]))

    assert (answer["label"], answer["ground"]) == (label, "credential")
    assert answer["score_label"] == score
    assert (answer["ai_probability"] > 0.5) is (score == "ai")
    assert "trusted signature" in answer["reason"]


@pytest.mark.parametrize("term", [GENERATED, CAPTURED, PART])
def test_a_strangers_signature_decides_nothing(client: Client, term: str) -> None:
    signed = sign(RED_IS_AI, make_authority("Stranger"), actions=[created(term)])

    answer = predict(client, signed)

    assert (answer["label"], answer["ground"]) == ("ai", "score")


def test_settings_of_a_generator_decide_nothing(client: Client) -> None:
    answer = predict(client, png_with(parameters=WEBUI_PARAMETERS))

    assert answer["ground"] == "score"
    assert answer["label"] == answer["score_label"]
    assert answer["provenance"][0]["claim"] == "ai"


@pytest.mark.parametrize(
    "edit",
    [
        {"action": "c2pa.unknown"},
        {"action": "c2pa.edited", "softwareAgent": "Adobe Firefly"},
    ],
    ids=["an unnamed change", "an edit by a generator"],
)
def test_a_capture_with_parts_from_elsewhere_is_left_to_the_score(
    client: Client, authority: Authority, edit: dict[str, object]
) -> None:
    signed = sign(RED_IS_AI, authority, actions=[created(CAPTURED), edit])

    assert predict(client, signed)["ground"] == "score"


def test_a_capture_that_was_only_cropped_stays_a_capture(
    client: Client, authority: Authority
) -> None:
    captured = sign(BLUE_IS_HUMAN, authority, actions=[created(CAPTURED)])
    edits = [opened(), {"action": "c2pa.cropped"}]

    answer = predict(client, sign(RED_IS_AI, authority, actions=edits, parent=captured))

    assert (answer["label"], answer["ground"]) == ("human", "credential")


def test_a_generated_edit_of_a_capture_is_a_part(
    client: Client, authority: Authority
) -> None:
    edit = created(GENERATED) | {"action": "c2pa.edited"}
    signed = sign(RED_IS_AI, authority, actions=[created(CAPTURED), edit])

    answer = predict(client, signed)

    assert (answer["label"], answer["ground"]) == ("uncertain", "credential")


def test_the_page_says_which_ground_decided(
    client: Client, authority: Authority
) -> None:
    signed = sign(BLUE_IS_HUMAN, authority, actions=[created(GENERATED)])

    page = result_page(client, signed)

    assert "Signed as AI\u2011generated" in page
    assert "Decided by: trusted signature in the file" in page
    assert "by the estimate alone" in page


def test_the_page_points_to_a_strangers_signature(client: Client) -> None:
    page = result_page(client, sign(BLUE_IS_HUMAN, make_authority("Stranger")))

    assert "Decided by: estimate from the picture" in page
    assert "A valid signature in the file says that AI made it." in page


def test_a_stored_credential_decides_again_for_the_next_caller(
    client: Client, authority: Authority
) -> None:
    signed = sign(BLUE_IS_HUMAN, authority, actions=[created(GENERATED)])
    first = predict(client, signed)

    response = Client().post(
        "/predict?stability=1", {"file": SimpleUploadedFile("a.jpg", signed)}
    )

    second = response.json()
    assert second["cached"] is True
    assert (second["label"], second["ground"]) == (first["label"], "credential")
    assert second["stability"]["flips"] is False
    assert set(Prediction.objects.values_list("rule", flat=True)) == {"signed_ai"}
