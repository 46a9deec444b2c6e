"""What answers look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from classifier import idempotency_errors, remote

_ID = "f14c53dd-9a46-42a1-9eac-22ec2278b373"

PREDICTION = {
    "id": _ID,
    "external_id": "article-17",
    "label": "ai",
    "ground": "score",
    "reason": "This verdict rests on the estimate from the picture alone.",
    "score_label": "ai",
    "ai_probability": 0.93,
    "confidence": 0.93,
    "model": {"name": "detector", "version": "1.0.0"},
    "provenance": [
        {
            "source": "png",
            "claim": "ai",
            "detail": "Holds settings of an image generator.",
            "strength": "unsigned",
            "data": {"generator": "a Stable Diffusion web UI"},
        }
    ],
    "image": {"width": 1024, "height": 1024, "format": "PNG", "sha256": "0b63" * 16},
    "heatmap": f"https://detector.example.org/submissions/{_ID}/heatmap",
    "elapsed_ms": 54.2,
    "cached": False,
    "operating_point": {
        "ai_threshold": 0.7,
        "human_threshold": 0.3,
        "false_positive_rate": 0.01,
        "recall": 0.8,
    },
    "stability": None,
    "correction": None,
}
HEALTH = {
    "status": "ok",
    "model": {
        "name": "detector",
        "version": "1.0.0",
        "engine": "onnx",
        "loaded": True,
    },
    "database": "ok",
    "version": "0.1.0",
}
# The operation's id → its answer 200.
ANSWERS: dict[str, dict[str, Any]] = {"predict": PREDICTION, "health": HEALTH}

# The code of an error → its sentence.
SENTENCES = {
    "no_file": "No picture arrived. Choose one; a program sends it as "
    "multipart/form-data in the field named file.",
    "several_files": "Send one picture per request; several were sent.",
    "empty_file": "The file is empty. Choose another one.",
    "malformed_request": "The request broke off or is no valid multipart/form-data. "
    "Send it again.",
    "invalid_token": "The token is not valid. Send Authorization: Bearer TOKEN with a "
    "token from your account's page, or no Authorization header.",
    "csrf_failed": "The security check failed. Reload the page and try again.",
    "missing_scope": "This token lacks the scope “predict”. "
    "Make a token with it on your account's page.",
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "Use POST here.",
    "file_too_large": "The file is larger than 20 MB. Choose a smaller copy.",
    "too_many_pixels": "The picture has too many pixels. Choose a smaller copy.",
    "unsupported_format": "This is not a picture in a format that is read.",
    "broken_image": "The picture is damaged or incomplete. Choose another copy.",
    "too_many_requests": "Too many requests in a short time. Try again in 12 s.",
    "quota_exceeded": "You may send 200 pictures a day, and 0 are left. "
    "The day ends at 00:00 UTC.",
    "model_unavailable": "The detector is not available right now. Try again later; "
    "the site's log holds the reason.",
    "unavailable": "The site is not available right now. Try again in a minute.",
    "overloaded": "Too many pictures wait already. Try again in 5 s.",
    "too_many_files": "Send at most 20 pictures in a batch; there were 25. Divide them "
    "among several requests.",
    "external_ids_mismatch": "Send one external_id for each file, or none; there were "
    "2 for 3 files.",
    "bad_external_id": "An external_id has at most 100 printable characters.",
    "batch_too_large": "The files of a batch may have 400 MiB together. Send fewer in "
    "one request.",
    "account_needed": "Batches need an account. Log in, or send Authorization: Bearer "
    "TOKEN with a token from your account's page.",
    "invalid_request": "Correct the request: address: Field required.",
    "refused": "Cannot parse request body.",
    **idempotency_errors.DETAILS,
    # The document is in English, whoever reads it.
    **{code: str(detail) for code, detail in remote.DETAILS.items()},
}
