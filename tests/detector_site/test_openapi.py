"""The OpenAPI document and its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from classifier.api import PREDICT_ERRORS


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
        *("batch", "health", "heatmap", "predict", "predict_batch", "preview")
    ]


def test_the_document_is_readable_in_a_browser(client: Client) -> None:
    page = client.get("/api/docs")

    assert page.status_code == 200
    assert "/api/openapi.json" in page.content.decode()
