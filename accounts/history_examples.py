"""The examples of the history API's document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

_ID = "f14c53dd-9a46-42a1-9eac-22ec2278b373"
_MODEL = {"name": "detector", "version": "1.0.0"}
_SUBMISSION: dict[str, Any] = {
    "id": _ID,
    "created_at": "2026-11-24T09:30:00Z",
    "source": "api",
    "name": "fox.png",
    "external_id": "article-17",
    "label": "ai",
    "final_label": "human",
    "feedback": "corrected",
    "ground": "score",
    "reason": "This verdict rests on the estimate from the picture alone.",
    "score_label": "ai",
    "ai_probability": 0.93,
    "confidence": 0.93,
    "model": _MODEL,
    "provenance": [
        {
            "source": "exif",
            "claim": "camera",
            "detail": "Names a camera.",
            "strength": "unsigned",
            "data": {"camera": "Example 100"},
        }
    ],
    "stability": None,
    "image": {
        "width": 1024,
        "height": 1024,
        "format": "PNG",
        "sha256": "0b6300e604c5c5dd36a25522eea24d3bb3e4aa1d027140831324d62f830e2192",
        "byte_size": 1500000,
    },
    "elapsed_ms": 54.2,
    "page": f"https://detector.example.org/submissions/{_ID}/",
    "scored_on": "upload",
    "correction": {
        "label": "human",
        "note": "The RAW file shows it.",
        "decided_at": "2026-11-25T10:00:00Z",
    },
    "flipped_from": None,
}
SUBMISSION = OpenApiExample(
    "A picture whose label was corrected", value=_SUBMISSION, response_only=True
)

FEEDBACK_REQUEST = OpenApiExample(
    "An appeal",
    value={
        "truth": "human",
        "reason": "I took it on my way home.",
        "link": "https://example.org/raw",
        "training_consent": False,
    },
    request_only=True,
)
FEEDBACK = OpenApiExample(
    "An appeal that waits for a reviewer",
    value={
        "id": "0d6cbd6a-9f0b-4f0e-8f5c-0f5f8d8f0f55",
        "status": "open",
        "created_at": "2026-11-24T09:45:00Z",
        "truth": "human",
        "reason": "I took it on my way home.",
        "link": "https://example.org/raw",
        "training_consent": False,
        "evidence": [],
        "disputed": {"label": "ai", "model": _MODEL},
        "reviewed_at": None,
        "decided_at": None,
        "decision_note": "",
        "correction": None,
    },
    response_only=True,
)


def error_example(detail: str, code: str) -> OpenApiExample:
    """An error under the name of its code."""
    value = {"detail": detail, "code": code}
    return OpenApiExample(code, value=value, response_only=True)
