"""The files of a multipart request, and the limit on the request's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest

# Boundaries, part headers and the CSRF token around the file itself.
ENVELOPE_BYTES = 64 * 1024
BATCH_PATH = "/predict/batch"
MAX_BATCH_FILES = 20
MAX_EXTERNAL_ID = 100

Refusal = Literal[
    "no_file",
    "several_files",
    "too_many_files",
    "external_ids_mismatch",
    "bad_external_id",
]


class UploadRefused(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The request does not carry what it should."""

    def __init__(self, code: Refusal, detail: str) -> None:
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


def uploaded_batch(request: HttpRequest) -> list[tuple[UploadedFile, str]]:
    """The files of the field `files`, each with its external id or "".

    Raises `UploadRefused` unless there are 1 to MAX_BATCH_FILES, and as many external
    ids as files or none.
    """
    files = request.FILES.getlist("files")
    if not files:
        raise UploadRefused(
            "no_file",
            "No picture arrived. Send 1 to 20 as multipart/form-data, each in the "
            "field named files.",
        )
    if len(files) > MAX_BATCH_FILES:
        raise UploadRefused(
            "too_many_files",
            f"Send at most {MAX_BATCH_FILES} pictures in a batch; there were "
            f"{len(files)}. Divide them among several requests.",
        )
    ids = request.POST.getlist("external_id") or [""] * len(files)
    if len(ids) != len(files):
        raise UploadRefused(
            "external_ids_mismatch",
            f"Send one external_id for each file, or none; there were {len(ids)} for "
            f"{len(files)} files.",
        )
    return list(zip(files, map(_checked_external_id, ids), strict=True))


def external_id_of(request: HttpRequest) -> str:
    """What the sender calls the picture, in the form or the query; "" for nothing."""
    given = request.POST.get("external_id") or request.GET.get("external_id") or ""
    return _checked_external_id(given)


def _checked_external_id(given: str) -> str:
    if len(given) > MAX_EXTERNAL_ID or not given.isprintable():
        raise UploadRefused(
            "bad_external_id",
            f"An external_id has at most {MAX_EXTERNAL_ID} printable characters.",
        )
    return given


def max_body_bytes(path: str = "") -> int:
    """The largest request body that can hold what is allowed at this path."""
    largest = settings.MAX_UPLOAD_BYTES
    if path == BATCH_PATH:
        largest = max(largest, settings.MAX_BATCH_BYTES)
    return largest + ENVELOPE_BYTES
