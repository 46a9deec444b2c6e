"""How gunicorn serves the site.

What has no variable here can be set by gunicorn's own, GUNICORN_CMD_ARGS.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

wsgi_app = "detector_site.wsgi:application"
bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or '8000'}"

# Each worker holds a model of its own. Threads serve pages while one of them computes:
# ONNX Runtime releases the interpreter lock.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# More than may compute and wait (DETECTOR_CONCURRENCY, DETECTOR_QUEUE): somebody has to
# be free to refuse the rest, and to serve pages meanwhile.
threads = int(os.environ.get("WEB_THREADS") or 24)
# A model loaded before the fork hangs in the child, so each worker loads its own. All
# else is imported once by the master (`on_starting`).
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


def on_starting(server: Arbiter) -> None:
    """Import the site once, so that the workers share the memory of its code.

    With MIGRATE_ON_START the database is brought up to date first. No model is loaded.
    """
    from detector_site.workers import prepare_master

    prepare_master(migrate=bool(os.environ.get("MIGRATE_ON_START")))


def post_worker_init(worker: Worker) -> None:
    """Load the model in the background, so that the first visitor need not wait."""
    from detector_site.workers import prepare_worker

    prepare_worker()


# --- Figures of /metrics -------------------------------------------------------------
# All workers write into one folder. Each worker has a seat, which its successor takes:
# the files are named by it and don't pile up.
_own_folder = None
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    _own_folder = tempfile.mkdtemp(prefix="detector-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _own_folder
_seats: dict[int, int] = {}


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Give the worker the lowest free seat; by its age, since it has no pid yet."""
    alive = {other.age for other in server.WORKERS.values()}
    for age in set(_seats) - alive:
        del _seats[age]
    taken = set(_seats.values())
    _seats[worker.age] = next(n for n in range(len(taken) + 1) if n not in taken)


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Tell the worker's metrics their seat, before they are imported."""
    os.environ["WORKER_SEAT"] = str(_seats[worker.age])


def child_exit(server: Arbiter, worker: Worker) -> None:
    """What only living workers have goes with them."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(_seats.get(worker.age, -1))


def on_exit(server: Arbiter) -> None:
    """Remove the folder that was made above."""
    if _own_folder:
        shutil.rmtree(_own_folder, ignore_errors=True)


if os.environ.get("LOG_FORMAT", "").lower() == "json":
    logconfig_dict = {
        "formatters": {
            "generic": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(process)d",
                "rename_fields": {
                    "asctime": "time",
                    "levelname": "level",
                    "name": "logger",
                },
            }
        },
        # Not to the root as well, where Django's handler would write them again.
        "loggers": {
            "gunicorn.error": {"handlers": ["error_console"], "propagate": False},
            "gunicorn.access": {
                "handlers": ["console"] if accesslog else [],
                "propagate": False,
            },
        },
    }
