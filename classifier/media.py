"""Stored pictures on their way to the owner."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase

CONTENT_TYPE = "image/webp"


def media_response(file: FieldFile | None) -> HttpResponseBase:
    """The file for one person's eyes; raises `Http404` when there is none.

    With MEDIA_ACCEL_PREFIX the web server in front sends the bytes.
    """
    if not file:
        raise Http404
    response: HttpResponseBase
    if settings.MEDIA_ACCEL_PREFIX:
        prefix = settings.MEDIA_ACCEL_PREFIX.rstrip("/")
        response = HttpResponse(content_type=CONTENT_TYPE)
        response["X-Accel-Redirect"] = f"{prefix}/{quote(file.name)}"
    else:
        try:
            response = FileResponse(file.open("rb"), content_type=CONTENT_TYPE)
        except FileNotFoundError as error:
            raise Http404 from error
    response["Cache-Control"] = "private, max-age=300"
    response["X-Content-Type-Options"] = "nosniff"
    # A picture runs nothing and loads nothing, even when it is opened by itself.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = 'inline; filename="picture.webp"'
    return response
