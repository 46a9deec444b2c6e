"""Stability in answers and on pages: asked for, stored, completed, decisive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from classifier.models import Prediction, Submission
from tests.bundles import tiny_bundle
from tests.images import encode, framed, plain

pytestmark = pytest.mark.django_db

FIRM = encode(plain("red", 300, 300))
FICKLE = encode(framed("red", "blue"))


def predict(client: Client, data: bytes, query: str = "") -> dict[str, Any]:
    file = SimpleUploadedFile("a.png", data)
    response = client.post(f"/predict{query}", {"file": file})
    assert response.status_code == 200, response.content
    return response.json()


def page_of(client: Client, data: bytes) -> str:
    file = SimpleUploadedFile("a.png", data)
    return client.post("/", {"file": file}, follow=True).content.decode()


def test_a_program_gets_no_stability_unless_it_asks(client: Client) -> None:
    assert predict(client, FIRM)["stability"] is None


def test_a_program_that_asks_gets_the_range_and_each_verdict(client: Client) -> None:
    stability = predict(client, FIRM, "?stability=1")["stability"]

    assert set(stability) == {"min", "max", "flips", "verdicts", "probabilities"}
    assert 0.5 < stability["min"] <= stability["max"] <= 1
    assert stability["verdicts"] == dict.fromkeys(
        ["flip", "jpeg", "half", "crop"], "ai"
    )
    assert stability["flips"] is False


def test_a_verdict_that_flips_becomes_uncertain(client: Client) -> None:
    plain_answer = predict(client, FICKLE)
    answer = predict(client, FICKLE, "?stability=1")

    assert plain_answer["label"] == "ai"
    assert (answer["label"], answer["score_label"]) == ("uncertain", "ai")
    assert answer["ground"] == "score"
    assert answer["ai_probability"] == plain_answer["ai_probability"]
    assert "small changes overturn" in answer["reason"]


def test_a_stored_result_is_completed_for_its_owner(user_client: Client) -> None:
    predict(user_client, FICKLE)

    completed = predict(user_client, FICKLE, "?stability=1")
    later = predict(user_client, FICKLE)

    assert completed["cached"] is True
    assert later["stability"] == completed["stability"]
    assert later["label"] == "uncertain"
    assert Prediction.objects.count() == 1


def test_a_stored_anonymous_result_is_completed_too(client: Client) -> None:
    predict(client, FICKLE)

    completed = predict(Client(), FICKLE, "?stability=1")
    later = predict(Client(), FICKLE)

    assert completed["cached"] is True
    assert completed["stability"] is not None
    assert later["stability"] == completed["stability"]


def test_a_stored_result_keeps_the_stability_it_has(user_client: Client) -> None:
    predict(user_client, FIRM)
    marked = {"min": 0.1, "max": 0.2, "flips": False}
    marked |= {"verdicts": {}, "probabilities": {}}
    Prediction.objects.update(stability=marked)

    assert predict(user_client, FIRM, "?stability=1")["stability"] == marked


def test_the_page_measures_stability_by_itself(user_client: Client) -> None:
    page = page_of(user_client, FIRM)

    assert "All get the same verdict" in page
    assert "Saved as JPEG again" in page
    assert Submission.objects.get().latest_prediction.stability is not None


def test_the_page_says_that_a_verdict_did_not_hold(client: Client) -> None:
    page = page_of(client, FICKLE)

    assert '<h1 id="verdict">Uncertain</h1>' in page
    assert "would be called “AI-generated”" in page
    assert "the copies contradict that" in page


def test_the_queue_of_the_page_asks_for_it(client: Client) -> None:
    assert 'data-predict-url="/predict?stability=1"' in client.get("/").content.decode()


def test_the_history_tells_it_as_well(user_client: Client) -> None:
    predict(user_client, FICKLE, "?stability=1")

    [entry] = user_client.get("/api/v1/history/").json()["results"]

    assert (entry["label"], entry["score_label"]) == ("uncertain", "ai")
    assert entry["ground"] == "score"
    assert entry["stability"]["flips"] is True


def test_an_older_models_result_is_not_completed_by_a_newer_one(
    user_client: Client, settings: Settings, tmp_path: Path
) -> None:
    predict(user_client, FIRM)
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "new", version="2.0")

    predict(user_client, FIRM, "?stability=1")

    old, new = Prediction.objects.order_by("model_version")
    assert old.stability is None
    assert new.stability is not None


def test_a_value_that_is_no_yes_or_no_is_refused(client: Client) -> None:
    response = client.post(
        "/predict?stability=perhaps", {"file": SimpleUploadedFile("a.png", FIRM)}
    )

    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request"
