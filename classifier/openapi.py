"""What the OpenAPI document says about operations beyond their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ERROR_DESCRIPTIONS = {
    400: "No file, an empty one, or several; a parameter that is too long; or a "
    "request that broke off",
    401: "The bearer token is not valid; it never counts as anonymous",
    403: "The token lacks a scope, or the CSRF check of a session failed",
    404: "Nothing there, or nothing of yours",
    405: "The method is not allowed here",
    409: "A request with the same Idempotency-Key is being answered",
    413: "Too many bytes or too many pixels",
    415: "Not a picture in a format that is read",
    422: "A picture that is damaged or incomplete, or a key of another request",
    429: "Too many requests, or the day's quota is used up; see Retry-After",
    503: "The detector, the database or the disk is not available, or too many wait",
}
ERROR_CODES = {
    400: (
        *("no_file", "several_files", "empty_file", "malformed_request"),
        *("bad_external_id", "bad_idempotency_key"),
    ),
    401: ("invalid_token",),
    403: ("csrf_failed", "missing_scope"),
    404: ("not_found",),
    405: ("method_not_allowed",),
    409: ("idempotency_in_progress",),
    413: ("file_too_large", "too_many_pixels"),
    415: ("unsupported_format",),
    422: ("broken_image", "idempotency_key_reused"),
    429: ("too_many_requests", "quota_exceeded"),
    503: ("model_unavailable", "unavailable", "overloaded"),
}
# Besides these, what `POST /predict/address` has of its own.
ADDRESS_CODES = {
    400: ("bad_address", "empty_file", "refused"),
    404: ("address_off",),
    422: (
        "address_unreachable",
        "address_untrusted",
        "address_timeout",
        "address_no_picture",
        "broken_image",
        "invalid_request",
    ),
}
ADDRESS_DESCRIPTIONS = {
    400: "No https address, nothing at it, or a body that is no JSON",
    404: "This site fetches nothing by address",
    422: "Nothing could be fetched, or a picture that is damaged",
}
# What a whole batch may be refused for; each of its files has errors of its own.
BATCH_ERROR_CODES = ERROR_CODES | {
    400: (
        *("no_file", "too_many_files", "external_ids_mismatch", "malformed_request"),
        *("bad_external_id", "bad_idempotency_key"),
    ),
    401: ("account_needed", "invalid_token"),
    413: ("batch_too_large",),
    422: ("idempotency_key_reused",),
    503: ("unavailable",),
}
BATCH_ERROR_DESCRIPTIONS = ERROR_DESCRIPTIONS | {
    400: "No file or too many; or a request that broke off",
    401: "No token and no session, or a token that is not valid",
    413: "Too many bytes together",
    422: "An Idempotency-Key of another request",
    503: "The database or the disk is not available",
}
# Bearer token, or session cookie, or nothing.
OPTIONAL_SECURITY: list[dict[str, list[str]]] = [{}]

UPLOAD_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "external_id": {"type": "string", "maxLength": 100},
                },
            }
        }
    },
}
BATCH_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "minItems": 1,
                        "maxItems": 20,
                    },
                    "external_id": {
                        "type": "array",
                        "items": {"type": "string", "maxLength": 100},
                        "description": "One for each file, in their order, or none",
                    },
                },
            }
        }
    },
}
IDEMPOTENCY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "With an account: the same key and request within 24 hours get the "
    "same answer, and nothing is done twice",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def describe_batch_errors(*statuses: int) -> dict[int, dict[str, Any]]:
    """The errors of a batch as a whole, described in the same way."""
    return describe_errors(
        *statuses, descriptions=BATCH_ERROR_DESCRIPTIONS, codes=BATCH_ERROR_CODES
    )


def describe_errors(
    *statuses: int,
    descriptions: Mapping[int, str] = ERROR_DESCRIPTIONS,
    codes: Mapping[int, tuple[str, ...]] = ERROR_CODES,
) -> dict[int, dict[str, Any]]:
    """Descriptions and codes of error responses, to merge into an operation."""
    described: dict[int, dict[str, Any]] = {}
    for status in statuses:
        named = ", ".join(f"`{code}`" for code in codes[status])
        text = f"{descriptions[status]}. Codes: {named}."
        described[status] = {"description": text}
    for status in {409, 429, 503} & described.keys():
        described[status]["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait, where waiting helps",
                "schema": {"type": "integer"},
            }
        }
    return described
