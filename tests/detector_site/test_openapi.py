"""The OpenAPI document and its page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from classifier.api import PREDICT_ERRORS
from classifier.openapi_examples import HEALTH, PREDICTION, SENTENCES
from classifier.schemas import PredictionOut
from detector_site.health import HealthOut
from detector_site.openapi import LIMIT_HEADERS


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    return client.get("/api/openapi.json").json()


def test_the_document_lists_every_error_of_a_prediction(
    document: dict[str, Any],
) -> None:
    responses = document["paths"]["/predict"]["post"]["responses"]

    expected = {"200"} | {str(code) for code in PREDICT_ERRORS}
    assert set(responses) == expected
    for status in expected - {"200"}:
        schema = responses[status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorOut"}
        assert "Code" in responses[status]["description"]


def test_a_prediction_takes_one_file_and_needs_no_account(
    document: dict[str, Any],
) -> None:
    operation = document["paths"]["/predict"]["post"]

    schema = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert schema["properties"]["file"] == {"type": "string", "format": "binary"}
    assert operation["security"] == [{"BearerToken": []}, {"SessionCookie": []}, {}]


def test_every_reference_and_operation_id_of_the_document_resolves(
    document: dict[str, Any],
) -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [r for value in node.values() for r in references(value)]
        if isinstance(node, list):
            return [r for value in node for r in references(value)]
        return []

    schemas = document["components"]["schemas"]
    assert all(
        r.removeprefix("#/components/schemas/") in schemas for r in references(document)
    )
    ids = [
        op["operationId"] for path in document["paths"].values() for op in path.values()
    ]
    assert sorted(ids) == [
        *("batch", "health", "heatmap", "predict", "predictAddress", "predict_batch"),
        "preview",
    ]


def test_every_code_of_an_error_has_an_example(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                codes = set(re.findall(r"`(\w+)`", response.get("description", "")))
                examples = response.get("content", {}).get("application/json", {})
                missing = codes - examples.get("examples", {}).keys()
                assert not missing, (
                    f"{path} {status}: add a sentence for {missing} to SENTENCES in "
                    "classifier/openapi_examples.py."
                )


def test_the_examples_of_answers_are_valid() -> None:
    assert PredictionOut(**PREDICTION).model_dump(mode="json") == PREDICTION
    assert HealthOut(**HEALTH).model_dump(mode="json") == HEALTH


@pytest.mark.django_db
def test_the_examples_of_errors_are_what_the_site_says(client: Client) -> None:
    said = client.post("/predict").json()

    assert said["detail"] == SENTENCES[said["code"]]


@pytest.mark.parametrize("status", ["200", "429"])
def test_limited_operations_tell_their_headers(
    document: dict[str, Any], status: str
) -> None:
    headers = document["paths"]["/predict"]["post"]["responses"][status]["headers"]

    assert headers.keys() >= LIMIT_HEADERS.keys()


def test_the_document_is_readable_in_a_browser(client: Client) -> None:
    page = client.get("/api/docs")

    assert page.status_code == 200
    assert "/api/openapi.json" in page.content.decode()
