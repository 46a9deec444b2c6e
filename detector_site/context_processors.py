"""What every page may show."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """The version for the footer, and the root of absolute addresses in cards."""
    return {
        "app_version": settings.APP_VERSION,
        "site_root": f"{request.scheme}://{request.get_host()}",
    }
