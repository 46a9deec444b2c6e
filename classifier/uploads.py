"""The one file of a multipart request, and the limit on the request's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest

# Boundaries, part headers and the CSRF token around the file itself.
ENVELOPE_BYTES = 64 * 1024


class UploadRefused(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The request does not carry exactly one file."""

    def __init__(self, code: Literal["no_file", "several_files"], detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def uploaded_file(request: HttpRequest) -> UploadedFile:
    """The file in the field `file`. Raises `UploadRefused` unless there is one."""
    files = request.FILES.getlist("file")
    if not files:
        raise UploadRefused(
            "no_file",
            gettext(
                "No picture arrived. Choose one; a program sends it as "
                "multipart/form-data in the field named file."
            ),
        )
    if len(files) > 1:
        raise UploadRefused(
            "several_files",
            gettext("Send one picture per request; several were sent."),
        )
    return files[0]


def max_body_bytes() -> int:
    """The largest request body that can hold an allowed file."""
    return settings.MAX_UPLOAD_BYTES + ENVELOPE_BYTES
