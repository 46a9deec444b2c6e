"""The document of the API with examples and limits in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from classifier.openapi_examples import ANSWERS, SENTENCES

Node = dict[str, Any]

ERROR = {"$ref": "#/components/schemas/ErrorOut"}
JSON = "application/json"


def _header(description: str, **schema: object) -> Node:
    return {"description": description, "schema": schema}


LIMIT_HEADERS = {
    "X-RateLimit-Limit": _header("What the nearest limit allows", type="integer"),
    "X-RateLimit-Remaining": _header("What is left of it", type="integer"),
    "X-RateLimit-Reset": _header(
        "When it starts anew, in seconds since 1970", type="integer"
    ),
    "X-RateLimit-Resource": _header(
        "Which limit that is: of the address, account or token, or the pictures a day",
        type="string",
        enum=["address", "account", "token", "day"],
    ),
}


class DocumentedApi(NinjaAPI):
    """Adds to each operation what would be the same words everywhere."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The document, for `/api/openapi.json` and `/api/docs`."""
        document = super().get_openapi_schema(**options)
        for operation in _operations(document):
            is_limited = 429 in operation["responses"]
            for status, response in operation["responses"].items():
                _add_examples(operation["operationId"], response)
                if is_limited and int(status) in (200, 429):
                    response.setdefault("headers", {}).update(LIMIT_HEADERS)
        return document


def _operations(document: Node) -> Iterator[Node]:
    for path in document["paths"].values():
        yield from path.values()


def _add_examples(operation_id: str, response: Node) -> None:
    content = response.get("content", {}).get(JSON)
    if content is None:
        return
    if content.get("schema") != ERROR:
        if operation_id in ANSWERS:
            content["example"] = ANSWERS[operation_id]
        return
    # `describe_errors` lists the codes in the description.
    codes = re.findall(r"`(\w+)`", response["description"])
    content["examples"] = {
        code: {"value": {"detail": SENTENCES[code], "code": code}}
        for code in codes
        if code in SENTENCES
    }
