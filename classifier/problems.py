"""What went wrong → HTTP status, code and sentence: the one place."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import singledispatch

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classifier.callers import MissingScope
from classifier.capacity import Overloaded
from classifier.idempotency_errors import KeyRefused
from classifier.inference import images
from classifier.inference.errors import ImageRejected, ModelError
from classifier.remote import AddressRefused
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
# Not 502 or 504: this site works, and what failed is the address that was sent.
STATUS_BY_ADDRESS_CODE = {"bad_address": 400, "address_off": 404}
MODEL_DETAIL = _(
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
    detail = gettext(error.sentence) % error.values
    return Problem(STATUS_BY_CODE[error.code], error.code, detail)


@problem_of.register
def _(error: UploadRefused) -> Problem:
    return Problem(400, error.code, error.detail)


@problem_of.register
def _(error: AddressRefused) -> Problem:
    status = STATUS_BY_ADDRESS_CODE.get(error.code, 422)
    return Problem(status, error.code, error.detail)


@problem_of.register
def _(error: ModelError) -> Problem:
    # The message names files of the server, so visitors don't get it.
    logger.error("The detector cannot answer: %s", error)
    return Problem(503, "model_unavailable", str(MODEL_DETAIL))


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
        gettext(
            "The request broke off or is no valid multipart/form-data. Send it again."
        ),
    )


@problem_of.register
def _(error: Http404) -> Problem:
    return Problem(404, "not_found", gettext("There is nothing at this address."))


@problem_of.register
def _(error: KeyRefused) -> Problem:
    return Problem(error.status, error.code, error.detail, error.retry_after)


def batch_too_large() -> Problem:
    """The problem of a batch whose files are too large together."""
    return Problem(
        413,
        "batch_too_large",
        f"The files of a batch may have {settings.MAX_BATCH_BYTES / 2**20:g} MiB "
        "together. Send fewer in one request.",
    )


def too_large() -> Problem:
    """The problem of a request body over the limit."""
    return problem_of(images.too_large(settings.MAX_UPLOAD_BYTES))


# Everything above that a request can cause; `except EXPECTED_ERRORS` is what views use.
EXPECTED_ERRORS: tuple[type[Exception], ...] = (
    ImageRejected,
    UploadRefused,
    AddressRefused,
    ModelError,
    Overloaded,
    TooManyRequests,
    KeyRefused,
    MissingScope,
    RequestDataTooBig,
    TooManyFilesSent,
    UnreadablePostError,
    MultiPartParserError,
    Http404,
)
