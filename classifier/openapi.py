"""What the OpenAPI document says about operations beyond their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ERROR_DESCRIPTIONS = {
    400: "No file, an empty one, or several; or a request that broke off",
    401: "The bearer token is not valid; it never counts as anonymous",
    403: "The CSRF check failed (session cookie only)",
    404: "Nothing there, or nothing of yours",
    405: "The method is not allowed here",
    413: "Too many bytes or too many pixels",
    415: "Not a picture in a format that is read",
    422: "A picture that is damaged or incomplete",
    429: "Too many requests; see Retry-After",
    503: "The detector, the database or the disk is not available, or too many wait",
}
ERROR_CODES = {
    400: ("no_file", "several_files", "empty_file", "malformed_request"),
    401: ("invalid_token",),
    403: ("csrf_failed",),
    404: ("not_found",),
    405: ("method_not_allowed",),
    413: ("file_too_large", "too_many_pixels"),
    415: ("unsupported_format",),
    422: ("broken_image",),
    429: ("too_many_requests",),
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
    for status in {429, 503} & described.keys():
        described[status]["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait, where waiting helps",
                "schema": {"type": "integer"},
            }
        }
    return described
