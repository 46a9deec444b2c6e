"""What went wrong → HTTP status, code and sentence: the one place."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import singledispatch

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from classifier.callers import MissingScope
from classifier.capacity import Overloaded
from classifier.inference.errors import ImageRejected, ModelError
from classifier.inference.images import too_large_detail
from classifier.throttling import TooManyRequests
from classifier.uploads import UploadRefused

logger = logging.getLogger(__name__)

STATUS_BY_CODE = {
    "empty_file": 400,
    "file_too_large": 413,
    "too_many_pixels": 413,
    "unsupported_format": 415,
    "broken_image": 422,
}
MODEL_DETAIL = (
    "The detector is not available right now. Try again later; "
    "the site's log holds the reason."
)


@dataclass(frozen=True)
class Problem:
    """An error as a client sees it; `retry_after` is in seconds."""

    status: int
    code: str
    detail: str
    retry_after: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The response headers that belong to it."""
        if self.retry_after is None:
            return {}
        return {"Retry-After": str(self.retry_after)}


@singledispatch
def problem_of(error: Exception) -> Problem:
    """The problem of one of `EXPECTED_ERRORS`; any other error is raised again."""
    raise error


@problem_of.register
def _(error: ImageRejected) -> Problem:
    return Problem(STATUS_BY_CODE[error.code], error.code, error.detail)


@problem_of.register
def _(error: UploadRefused) -> Problem:
    return Problem(400, error.code, error.detail)


@problem_of.register
def _(error: ModelError) -> Problem:
    # The message names files of the server, so visitors don't get it.
    logger.error("The detector cannot answer: %s", error)
    return Problem(503, "model_unavailable", MODEL_DETAIL)


@problem_of.register
def _(error: Overloaded) -> Problem:
    return Problem(503, "overloaded", error.detail, error.retry_after)


@problem_of.register
def _(error: TooManyRequests) -> Problem:
    return Problem(429, error.code, error.detail, error.retry_after)


@problem_of.register
def _(error: MissingScope) -> Problem:
    return Problem(403, error.code, error.detail)


@problem_of.register
def _(error: RequestDataTooBig) -> Problem:
    return too_large()


@problem_of.register(MultiPartParserError)
@problem_of.register(TooManyFilesSent)
@problem_of.register(UnreadablePostError)
def _(error: Exception) -> Problem:
    return Problem(
        400,
        "malformed_request",
        "The request broke off or is no valid multipart/form-data. Send it again.",
    )


@problem_of.register
def _(error: Http404) -> Problem:
    return Problem(404, "not_found", "There is nothing at this address.")


def too_large() -> Problem:
    """The problem of a request body over the limit."""
    return Problem(413, "file_too_large", too_large_detail(settings.MAX_UPLOAD_BYTES))


# Everything above that a request can cause; `except EXPECTED_ERRORS` is what views use.
EXPECTED_ERRORS: tuple[type[Exception], ...] = (
    ImageRejected,
    UploadRefused,
    ModelError,
    Overloaded,
    TooManyRequests,
    MissingScope,
    RequestDataTooBig,
    TooManyFilesSent,
    UnreadablePostError,
    MultiPartParserError,
    Http404,
)
