"""What can go wrong between the bytes of an upload and a verdict."""

from __future__ import annotations

from typing import Literal

RejectionCode = Literal[
    "empty_file",
    "file_too_large",
    "too_many_pixels",
    "unsupported_format",
    "broken_image",
]


class ImageRejected(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The bytes are not an image that can be judged.

    `code` is stable and machine readable; `str(error)` is a sentence for people
    that says what to do next.
    """

    def __init__(self, code: RejectionCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class ModelError(Exception):
    """The model cannot answer; the message says why and what to do."""


class ModelUnavailable(ModelError):  # noqa: N818
    """There is no model bundle, or no engine installed that can run it."""


class ModelCorrupt(ModelError):  # noqa: N818
    """A file of the bundle does not match its card (hash, or unreadable content)."""


class ModelIncompatible(ModelError):  # noqa: N818
    """The bundle was written in a format that this version does not read."""
