"""How gunicorn serves the site; every value can be overridden by its variable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

wsgi_app = "detector_site.wsgi:application"
bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or '8000'}"

# Each worker holds a model of its own. Threads serve pages while one of them computes:
# ONNX Runtime releases the interpreter lock.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# More than may compute and wait (DETECTOR_CONCURRENCY, DETECTOR_QUEUE): somebody has to
# be free to refuse the rest, and to serve pages meanwhile.
threads = int(os.environ.get("WEB_THREADS") or 24)
# A model loaded before the fork hangs in the child, so each worker loads its own.
preload_app = False

# Loading a model can take a minute on a slow disk.
timeout = 120
graceful_timeout = 30
keepalive = 5
# Workers are replaced now and then, never all at once, so that no leak grows for ever.
max_requests = 2000
max_requests_jitter = 200

# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# Nothing administers the server while it runs.
control_socket_disable = True
accesslog = "-" if os.environ.get("ACCESS_LOG") else None


def on_starting(server: Any) -> None:  # noqa: ANN401 - gunicorn has no types
    """With MIGRATE_ON_START, bring the database up to date before anything serves.

    It saves a start of Python, and the workers inherit what it has imported. No model
    is among that.
    """
    if os.environ.get("MIGRATE_ON_START"):
        from detector_site.workers import prepare_master

        prepare_master()


def post_worker_init(worker: Any) -> None:  # noqa: ANN401 - gunicorn has no types
    """Load the model in the background, so that the first visitor need not wait."""
    from detector_site.workers import prepare_worker

    prepare_worker()
