"""What the OpenAPI document says about operations beyond their types."""

from __future__ import annotations

from typing import Any

ERROR_DESCRIPTIONS = {
    400: "No file, an empty one, or several; or a request that broke off",
    401: "The bearer token is not valid; it never counts as anonymous",
    403: "The token lacks a scope, or the CSRF check of a session failed",
    404: "Nothing there, or nothing of yours",
    405: "The method is not allowed here",
    413: "Too many bytes or too many pixels",
    415: "Not a picture in a format that is read",
    422: "A picture that is damaged or incomplete",
    429: "Too many requests, or the day's quota is used up; see Retry-After",
    503: "The detector, the database or the disk is not available, or too many wait",
}
ERROR_CODES = {
    400: ("no_file", "several_files", "empty_file", "malformed_request"),
    401: ("invalid_token",),
    403: ("csrf_failed", "missing_scope"),
    404: ("not_found",),
    405: ("method_not_allowed",),
    413: ("file_too_large", "too_many_pixels"),
    415: ("unsupported_format",),
    422: ("broken_image",),
    429: ("too_many_requests", "quota_exceeded"),
    503: ("model_unavailable", "unavailable", "overloaded"),
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
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}


def describe_errors(*statuses: int) -> dict[int, dict[str, Any]]:
    """Descriptions and codes of error responses, to merge into an operation."""
    described: dict[int, dict[str, Any]] = {}
    for status in statuses:
        codes = ", ".join(f"`{code}`" for code in ERROR_CODES[status])
        text = f"{ERROR_DESCRIPTIONS[status]}. Codes: {codes}."
        described[status] = {"description": text}
    for status in {429, 503} & described.keys():
        described[status]["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait, where waiting helps",
                "schema": {"type": "integer"},
            }
        }
    return described
