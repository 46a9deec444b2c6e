"""The OpenAPI document of the history API, held against real answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from accounts.models import User
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import decided

pytestmark = pytest.mark.django_db

URL = "/api/v1/history/"


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").json()


def validator(
    document: dict[str, Any], path: str, method: str = "get", status: str = "200"
) -> Draft202012Validator:
    operation = document["paths"][path][method]
    content = operation["responses"][status]["content"]["application/json"]
    return Draft202012Validator(
        {**content["schema"], "components": document["components"]}
    )


def examples(document: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Every example of the document with its schema."""
    bodies = [
        body
        for path in document["paths"].values()
        for operation in path.values()
        for part in (operation.get("requestBody", {}), *operation["responses"].values())
        for body in part.get("content", {}).values()
    ]
    return [
        (body["schema"], example["value"])
        for body in bodies
        for example in body.get("examples", {}).values()
    ]


def test_it_covers_every_address_of_the_history(document: dict[str, Any]) -> None:
    one = f"{URL}{{id}}/"
    assert set(document["paths"]) == {
        *(URL, one, f"{one}feedback/", f"{one}receipt/"),
    }
    assert set(document["paths"][one]) == {"get", "delete"}


def test_it_names_every_filter(document: dict[str, Any]) -> None:
    named = {each["name"] for each in document["paths"][URL]["get"]["parameters"]}

    assert named == {
        *("search", "verdict", "label", "source", "model", "feedback", "external_id"),
        *("date_from", "date_to", "sort", "limit", "cursor"),
    }


def test_answers_are_as_it_says(
    user: User, stranger: User, user_client: Client, document: dict[str, Any]
) -> None:
    make_submission(owner=user)
    submission = make_submission(owner=user, verdict="ai")
    decided(submission, stranger, label="human", outcome="corrected")
    one = f"{URL}{submission.pk}/"

    for path, address in (
        (URL, f"{URL}?limit=1"),
        (f"{URL}{{id}}/", one),
        (f"{URL}{{id}}/feedback/", f"{one}feedback/"),
        (f"{URL}{{id}}/receipt/", f"{one}receipt/"),
    ):
        validator(document, path).validate(user_client.get(address).json())


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("label=cat", "bad_label"),
        ("verdict=cat", "bad_filter"),
        ("date_from=yesterday", "bad_filter"),
        ("limit=0", "bad_filter"),
        ("limit=201", "bad_filter"),
        ("search=%00", "bad_filter"),
        ("cursor=nonsense", "bad_cursor"),
        ("cursor=WzEsMiwzXQ", "bad_cursor"),
    ],
)
def test_a_wrong_parameter_is_a_400_that_names_it(
    user_client: Client, document: dict[str, Any], query: str, code: str
) -> None:
    response = user_client.get(f"{URL}?{query}")

    assert response.status_code == 400
    validator(document, URL, status="400").validate(response.json())
    assert response.json()["code"] == code


def test_its_examples_fit_its_schemas(document: dict[str, Any]) -> None:
    found = examples(document)

    assert len(found) > 10
    for schema, value in found:
        whole = {**schema, "components": document["components"]}
        Draft202012Validator(whole).validate(value)


def test_it_is_readable_in_a_browser_with_files_of_the_site_alone(
    client: Client,
) -> None:
    html = client.get("/api/v1/docs").content.decode()

    assert "/api/v1/openapi.json" in html
    assert "https://" not in html
