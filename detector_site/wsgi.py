"""The WSGI entry point; it refuses to serve an unsafe configuration."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "detector_site.settings")
application = get_wsgi_application()

# These need the set-up above.
from classifier.uploads import max_body_bytes  # noqa: E402
from detector_site.checks import refuse_unsafe_start  # noqa: E402
from detector_site.chunked import ChunkedBodies  # noqa: E402

refuse_unsafe_start()
application = ChunkedBodies(application, max_body_bytes)
