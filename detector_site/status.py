"""The public page that says whether the site works as it should."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from detector_site.health import health_report
from operations.models import GoldenCheck

# The check runs nightly; one that is older than this has stopped running.
STALE_AFTER = timedelta(hours=50)


@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Health now, and what the last nightly check found; 503 while degraded."""
    health = health_report(warm=False)
    check = GoldenCheck.objects.first() if health.database == "ok" else None
    stale = check is not None and check.checked_at < timezone.now() - STALE_AFTER
    return render(
        request,
        "operations/status.html",
        {"health": health, "check": check, "stale": stale},
        status=200 if health.status == "ok" else 503,
    )
