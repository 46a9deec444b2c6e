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


def gettext_noop(text: str) -> str:
    """Mark a sentence for the site's catalogue; this package itself speaks English."""
    return text


class ImageRejected(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The bytes are not an image that can be judged.

    `code` is stable and machine readable; `str(error)` is a sentence for people
    that says what to do next. It is made of `sentence`, a template that a site may
    translate, and of `values` for its named placeholders.
    """

    def __init__(self, code: RejectionCode, sentence: str, **values: object) -> None:
        self.code = code
        self.sentence = sentence
        self.values = values
        self.detail = sentence % values
        super().__init__(self.detail)


class ModelError(Exception):
    """The model cannot answer; the message says why and what to do."""


class ModelUnavailable(ModelError):  # noqa: N818
    """There is no model bundle, or no engine installed that can run it."""


class ModelCorrupt(ModelError):  # noqa: N818
    """A file of the bundle does not match its card (hash, or unreadable content)."""


class ModelIncompatible(ModelError):  # noqa: N818
    """The bundle was written in a format that this version does not read."""
