"""Whatever the documents allow is answered as the documents say, and never by 5xx."""

from __future__ import annotations

from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from classifier.models import Submission
from tests.api.requests import bearer
from tests.classifier.appeals import kept_submission
from tests.images import encode, plain

pytestmark = pytest.mark.django_db

EXAMPLES = 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
HISTORY = "/api/v1/openapi.json"
DOCUMENTS = ("/api/openapi.json", HISTORY)
PICTURES = [
    encode(plain("red")),
    encode(plain("blue"), "JPEG"),
    encode(plain("grey"), "WEBP"),
    encode(plain("red"))[:60],
    b"no picture",
]


@pytest.fixture
def submission(user: User) -> Submission:
    kept = kept_submission(user)
    kept.latest_prediction.heatmap.save("heatmap.webp", kept.preview)
    return kept


@pytest.fixture
def headers(caller: str, user: User) -> dict[str, str]:
    """Those of a caller: nobody, a token, or a token that is not valid."""
    return {
        "anonymous": {},
        "owner": {"Authorization": bearer(user)["HTTP_AUTHORIZATION"]},
        "unknown": {"Authorization": "Bearer aid_unknown"},
    }[caller]


def cases(
    operation: Any,  # noqa: ANN401 - schemathesis' own
    submission: Submission,
) -> st.SearchStrategy[Any]:
    """Requests that the document allows, half of them for something that is there."""
    ours = {
        name: str(submission.pk)
        for name in ("submission_id", "id")
        if f"{{{name}}}" in operation.path
    }
    anything = operation.as_strategy()
    if not ours:
        return anything
    return anything | operation.as_strategy(path_parameters=ours)


def _closing(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """The application itself, without `detector_site.wsgi`, which checks the machine.

    Servers close an answer (PEP 3333), and Django the request's files with it;
    schemathesis does not, so that files which were moved were missed much later.
    """
    response = WSGIHandler()(environ, start_response)
    try:
        return [b"".join(response)]
    finally:
        response.close()


@pytest.fixture(autouse=True)
def _pictures() -> None:
    """Files are pictures, broken ones, or none."""
    schemathesis.openapi.format("binary", st.sampled_from(PICTURES))


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("caller", ["anonymous", "owner", "unknown"])
def test_answers_are_what_the_document_says(
    document: str, caller: str, headers: dict[str, str], submission: Submission
) -> None:
    schema = schemathesis.openapi.from_wsgi(document, _closing)
    operations = [found.ok() for found in schema.get_all_operations()]
    seen: set[int] = set()

    for operation in operations:

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=cases(operation, submission))
        def ask(case: schemathesis.Case) -> None:
            response = case.call(headers=headers)
            seen.add(response.status_code)
            case.validate_response(response, checks=CHECKS, headers=headers)

        ask()

    # Otherwise nothing but refusals would have been compared. A history is private.
    assert seen == {401} if document == HISTORY and caller != "owner" else 200 in seen
