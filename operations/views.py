"""What machines ask a running site."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from operations.metrics import exposition


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' figures, for whoever has METRICS_TOKEN; to others nothing is here."""
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not secrets.compare_digest(given, expected):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
