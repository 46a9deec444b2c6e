"""The one NinjaAPI of the project."""

from __future__ import annotations

from csp.decorators import csp_update
from ninja import NinjaAPI

from detector_site import APP_VERSION

api = NinjaAPI(
    title="AI image detector",
    version=APP_VERSION,
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
    # Swagger UI writes style attributes.
    docs_decorator=csp_update({"style-src": ["'self'", "'unsafe-inline'"]}),
)
