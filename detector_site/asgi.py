"""The ASGI entry point; it refuses to serve an unsafe configuration."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "detector_site.settings")
application = get_asgi_application()

from detector_site.checks import refuse_unsafe_start  # noqa: E402 - after the set-up

refuse_unsafe_start()
