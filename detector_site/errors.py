"""The answer to an exception that nothing else handled."""

from __future__ import annotations

import errno
import sys
from smtplib import SMTPException

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from operations.request_ids import current_request_id

RETRY_AFTER_SECONDS = 10
# A full disk, a used-up quota, a disk that went read-only.
STORAGE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

UNAVAILABLE = {
    "detail": "The site cannot work at the moment; nothing was stored. "
    f"Send the picture again in {RETRY_AFTER_SECONDS} seconds.",
    "code": "unavailable",
}
BROKEN = {
    "detail": "Something broke on our side and was written to the log. "
    "Try again in a moment.",
    "code": "server_error",
}


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while database, disk or mail server is out of order, 500 for a fault of ours.

    A page for browsers, JSON for programs; neither needs the database.
    """
    passing = _will_pass(sys.exc_info()[1])
    status = 503 if passing else 500
    response: HttpResponse
    if "text/html" in request.headers.get("Accept", ""):
        context = {"reference": current_request_id()}
        page = render_to_string(f"{status}.html", context)
        response = HttpResponse(page, status=status)
    else:
        response = JsonResponse(UNAVAILABLE if passing else BROKEN, status=status)
    if passing:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _will_pass(error: BaseException | None) -> bool:
    if isinstance(error, SMTPException):  # the mail server's, and an OSError too
        return True
    if isinstance(error, OSError):
        return error.errno in STORAGE_ERRORS
    return isinstance(error, OperationalError | InterfaceError)
