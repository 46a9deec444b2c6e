"""Stored pictures on their way to the owner."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

CONTENT_TYPE = "image/webp"
# Bytes that a browser only ever saves.
UNKNOWN_TYPE = "application/octet-stream"


def download_response(file: FieldFile | None, name: str) -> HttpResponseBase:
    """A stranger's file to save under `name`, never to show or to run."""
    response = media_response(file, UNKNOWN_TYPE)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def media_response(
    file: FieldFile | None, content_type: str = CONTENT_TYPE
) -> HttpResponseBase:
    """The file for one person's eyes; raises `Http404` when there is none.

    With MEDIA_ACCEL_PREFIX the web server in front sends the bytes.
    """
    if not file:
        raise Http404
    response: HttpResponseBase
    if settings.MEDIA_ACCEL_PREFIX:
        prefix = settings.MEDIA_ACCEL_PREFIX.rstrip("/")
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{prefix}/{quote(file.name)}"
    else:
        try:
            response = FileResponse(file.open("rb"), content_type=content_type)
        except FileNotFoundError as error:
            raise Http404 from error
    response["Cache-Control"] = "private, max-age=300"
    response["X-Content-Type-Options"] = "nosniff"
    # A picture runs nothing and loads nothing, even when it is opened by itself.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = 'inline; filename="picture.webp"'
    return response
